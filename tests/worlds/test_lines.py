"""Stacks that bake, share, launch, import and export: told by hand, struck everywhere, and broken."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from imageferry.model.handlers import Context, Done, HandlerRequest, Outcome
from tests.worlds.charts import draw_voyage
from tests.worlds.kinds import OURS, THEIRS
from tests.worlds.language import World, source_of, world_of
from tests.worlds.pipelines import REST, SHARE
from tests.worlds.sailing import sail
from tests.worlds.ships import Fate, Sabotage
from tests.worlds.test_breaking import ForgetsIds, MakesTwice, Passing, TellsSecrets

QUICK = {"speed": 4000.0, "instance_seconds": 2.0}
BUILDER = {"kind": "instance", "image": "ubuntu_22", "name": "builder", "tags": {"use": "SECRET"}}
BAKED = {"kind": "image", "of": "Builder", "name": "baked-1", "description": "SECRET"}
CARRIED = {"kind": "copy", "of": "Baked", "region": "cn-shanghai", "name": "baked-1"}
FURTHER = {"kind": "copy", "of": "Baked", "region": "cn-beijing", "name": "baked-1"}
SHARED = {"kind": "share", "of": "Baked", "accounts": [*OURS]}
LENT = {"kind": "share", "of": "golden", "accounts": [OURS[0], THEIRS]}
SNAP = {"kind": "snapshot", "name": "SECRET", "tags": {"team": "a"}}
WEB = {"kind": "family", "of": ["Carried"], "family": "web"}
FOUND = {"kind": "query", "name": "golden-*"}
IMAGE = {"kind": "image", "of": "instance", "name": "image-1"}
IMPORT = {"kind": "import", "name": "import-1", "description": "SECRET"}
EXPORT = {"kind": "export", "of": "Image", "prefix": "SECRET"}
WHOLE = World(settings=QUICK).line(
    Found=FOUND, Builder=BUILDER, Baked=BAKED, Carried=CARRIED, Further=FURTHER, Shared=SHARED,
    Lent=LENT, Snap=SNAP, Web=WEB,
)  # fmt: skip
TRACKED = World(language="cfn", settings=QUICK).line(
    Image=IMAGE, Import=IMPORT, Export=EXPORT, Lent={**LENT, "accounts": [OURS[0]]}
)
CHANGED_BUILDER = {**BUILDER, "image": "golden", "size": 60, "data": "SECRET"}
CHANGES = {
    "Found": FOUND,
    "Builder": CHANGED_BUILDER,
    "Baked": {**BAKED, "name": "baked-2"},
    "Carried": CARRIED,
    "Shared": {**SHARED, "accounts": [OURS[1]]},
    "Snap": {**SNAP, "description": "SECRET"},
    "Web": {**WEB, "current": "Carried"},
}
CHANGED = WHOLE.line(**CHANGES).options(replaces=True)
CHANGED_TRACKED = TRACKED.line(
    Image={**IMAGE, "name": "image-2"},
    Import={**IMPORT, "object": "other.qcow2"},
    Export={**EXPORT, "bucket": "other-images"},
    Lent={**LENT, "accounts": [OURS[1]]},
)

STORIES = {
    "made": WHOLE.expect(status="CREATED", copies=3),
    "changed": CHANGED.expect(status="UPDATED", copies=2),
    "removed": WHOLE.delete().expect(status="DELETED", copies=0),
    "tracked, made": TRACKED.expect(status="CREATED", copies=2),
    "tracked, changed": CHANGED_TRACKED.expect(status="UPDATED", copies=2),
    "tracked, removed": TRACKED.delete().expect(status="DELETED", copies=0),
    "turned back": (
        WHOLE.options("rollback")
        .fault("copy_fails", region="cn-beijing", percent=50)
        .expect(status="CREATE_ROLLED_BACK", copies=0)
    ),
    "an update turned back": (
        WHOLE.line(**CHANGES, Failing={**FURTHER, "region": "us-west-1"})
        .options("rollback", replaces=True)
        .fault("copy_fails", region="us-west-1", percent=50, count=None)
        .expect(status="UPDATE_ROLLED_BACK", copies=3)
    ),
    "a tracked update turned back": (
        CHANGED_TRACKED.options("rollback")
        .fault("error", "ImportImage", code="Forbidden.RAM", status=403, count=None)
        .expect(status="UPDATE_ROLLED_BACK", copies=2)
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_in_calm_weather_it_ends_as_it_must(name: str) -> None:
    STORIES[name].must_hold()


def test_a_line_is_told_as_python_that_gives_it_again() -> None:
    for world in STORIES.values():
        assert eval(source_of(world), {"World": World}) == world
        assert world_of(world.voyage()).voyage() == world.voyage()


STRIDE = int(os.environ.get("STRIDE", "45"))
"""One step of so many is struck; each kind and end begins at another. With 1 every step is."""
ENDS = (
    ("crash", 0.0, 60.0),
    ("crash and nobody for long", 0.0, 4000.0),
    ("pause", 300.0, 0.0),
)


@pytest.mark.parametrize("name", STORIES)
def test_struck_at_some_steps(name: str) -> None:
    story, wrongs, points = STORIES[name], [], 0
    for number, (kind, (end, pause, away)) in enumerate(product(("call", "write"), ENDS)):
        for at in range(1 + number * 2 % STRIDE, 400, STRIDE):
            fate = Fate(kind, at, number % 2 == 0, pause)
            last = replace(story.legs[-1], fates=(fate,), absences=(away,))
            passage = replace(story, legs=(*story.legs[:-1], last)).sail()
            wrongs += [f"{end} {fate.name} {at}: {wrong}" for wrong in passage.wrongs]
            if not passage.met[fate.name]:
                break
            points += 1
    assert not wrongs, "\n".join(wrongs)
    assert points >= 3


MAKERS = {
    "RunInstances": World(settings=QUICK).line(Builder=BUILDER),
    "CreateSnapshot": World(settings=QUICK).line(Snap=SNAP),
    "CreateImage": World(language="cfn", settings=QUICK).line(Image=IMAGE),
    "ImportImage": World(language="cfn", settings=QUICK).line(Import=IMPORT),
    "ExportImage": World(language="cfn", settings=QUICK).line(Export={**EXPORT, "of": "golden"}),
    "ModifyImageSharePermission": World(settings=QUICK).line(Lent=LENT),
}
FORGETFUL = {**QUICK, "token_lifetime_seconds": 900.0}


def _at_once(world: World, action: str) -> dict[str, World]:
    return {
        "a lost reply, then throttling and 503": world.fault("lost_reply", action)
        .fault("throttle", action, count=4)
        .fault("unavailable", action, count=3),
        "half a reply of what is not shown for minutes": world.fault("cut_body", action)
        .fault("hidden", action, seconds=200.0)
        .fault("late_tags", action, seconds=250.0),
        "throttled, then killed behind the call": world.fault("throttle", action, count=2).crash(
            after_call=4, away=30.0
        ),
        "a lost reply, killed, and the token forgotten": replace(world, settings=FORGETFUL)
        .fault("lost_reply", action)
        .crash(after_call=2, away=2000.0),
        "a refusal for good behind a lost reply": world.fault("lost_reply", action).fault(
            "error", action, code="Forbidden.RAM", status=403, count=1
        ),
    }


@pytest.mark.parametrize("action", MAKERS)
def test_two_faults_at_once_make_one_thing(action: str) -> None:
    for name, world in _at_once(MAKERS[action], action).items():
        passage = world.expect(status="CREATED").sail()
        assert not passage.wrongs, "\n".join([name, *passage.wrongs, *passage.lines])


WAYS_OUT = {
    "what failed is tried again, without the rest": (
        WHOLE.fault("error", "CreateSnapshot", code="QuotaExceed.Snapshot", status=400)
        .fault("error", "RunInstances", code="OperationDenied.NoStock", status=403)
        .expect(status="CREATE_FAILED")
        .retry("Snap")
        .crash(after_call=1, away=60.0)
        .retry()
        .expect(status="CREATED", copies=3)
    ),
    "a rollback that failed goes on without what cannot be taken back": (
        CHANGED_TRACKED.options("rollback")
        .fault("error", "ImportImage", code="Forbidden.RAM", status=403, count=1)
        .fault("error", "DeleteImage", code="Forbidden.RAM", status=403, count=None)
        .continue_rollback("Import")
        .crash(after_call=1, away=60.0)
    ),
    "cancelled while it is made": WHOLE.cancel(at=0.5).expect(
        status="CREATE_ROLLED_BACK", copies=0
    ),
    "cancelled while it is changed": CHANGED.cancel(at=0.5).expect(status="UPDATE_ROLLED_BACK"),
    "deleted, and the image stays with its shares": (
        WHOLE.delete("Baked", "Shared").crash(after_call=3, away=60.0)
    ),
    "a newer member that is shared is put aside, and has not drifted": (
        World(settings=QUICK)
        .line(
            Older={"kind": "copy", "region": "cn-shanghai", "name": "web-a"},
            Newer={"kind": "copy", "region": "cn-shanghai", "name": "web-b"},
            Shared={**SHARED, "of": "Newer"},
            Web={"kind": "family", "of": ["Older", "Newer"], "current": "Older"},
        )
        .fault("throttle", "ModifyImageAttribute", count=3)
        .compare()
        .expect(status="CREATED", copies=2)
    ),
    "protected, and what is retained stays": (
        World(settings=QUICK)
        .line(
            Builder=BUILDER, Baked={**BAKED, "policy": "Retain"}, Snap={**SNAP, "policy": "Retain"}
        )
        .protect()
        .delete()
        .expect(status="DELETED", copies=1)
    ),
}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_every_way_out_ends_well(name: str) -> None:
    WAYS_OUT[name].must_hold()


# --- the judges can fail --------------------------------------------------------------------------


class _OfType(Passing):
    """A catalog in which one type's handler is another."""

    type_name = ""
    kept: object = None

    def find(self, type_name: str):  # type: ignore[no-untyped-def]
        found = self.inner.find(type_name)
        if type_name != self.type_name:
            return found
        if self.kept is None:
            self.kept = self.broken(found.handler)
        return found._replace(handler=self.kept)

    def broken(self, handler: object) -> object:
        raise AssertionError(f"nothing breaks {handler}")


class TakesOthersShares(_OfType):
    """Shares are taken back as if nobody else had given any."""

    type_name = "ALIYUN::ECS::ImageSharePermission"

    def broken(self, handler: object) -> object:
        return _Greedy(handler)


class _Greedy(Passing):
    async def delete(self, request: HandlerRequest) -> Outcome:
        context: Context = {key: value for key, value in request.context.items() if key != "before"}
        forgetful = replace(request, attributes={}, context={**context, "before": []})
        outcome: Outcome = await self.inner.delete(forgetful)
        return outcome


class SharesNothing(_OfType):
    """A share is finished before anything was shared."""

    type_name = "ALIYUN::ECS::ImageSharePermission"

    def broken(self, handler: object) -> object:
        return _Idle(handler)


class LaunchesNothing(_OfType):
    """A family is finished before anything is in it."""

    type_name = "IMAGEFERRY::ECS::ImageFamily"

    def broken(self, handler: object) -> object:
        return _Idle(handler)


class _Idle(Passing):
    async def create(self, request: HandlerRequest) -> Outcome:
        return Done("idle", {"ImageId": "m-none"})

    async def delete(self, request: HandlerRequest) -> Outcome:
        return Done("idle")


class ExportsAgain(_OfType):
    """An export that does not look what an earlier process has begun."""

    type_name = "TF::Alicloud::ImageExport"

    def broken(self, handler: object) -> object:
        return _Hasty(handler)


class _Hasty(Passing):
    is_again = False

    async def create(self, request: HandlerRequest) -> Outcome:
        if request.context.get("phase") == "waiting" and not self.is_again:
            self.is_again = True
            request = replace(request, context={**request.context, "phase": "plan"})
        outcome: Outcome = await self.inner.create(request)
        return outcome


class LeavesInstances(_OfType):
    """Nothing that was launched is ever released."""

    type_name = "ALIYUN::ECS::Instance"

    def broken(self, handler: object) -> object:
        return _Lazy(handler)


class _Lazy(Passing):
    async def delete(self, request: HandlerRequest) -> Outcome:
        return Done(request.physical_id)


LAUNCHED = World(settings=QUICK).line(Builder=BUILDER)
EXPORTED = World(language="cfn", settings=QUICK).line(Export={"kind": "export", "of": "golden"})
BREAKS: Mapping[str, tuple[str, Sabotage, World]] = {
    "another token for every process": ("I1", Sabotage(catalog=MakesTwice), LAUNCHED.crash(after_call=2)),
    "ids that are not kept": ("I2", Sabotage(store=ForgetsIds), LAUNCHED),
    "a snapshot's id that is not kept": (
        "I2", Sabotage(store=ForgetsIds), World(settings=QUICK).line(Snap=SNAP)
    ),
    "instances that are left": ("I2", Sabotage(catalog=LeavesInstances), LAUNCHED.delete()),
    "somebody else's share taken back": ("I3", Sabotage(catalog=TakesOthersShares), World(settings=QUICK).line(Lent=LENT)),
    "a share that is none": ("I1", Sabotage(catalog=SharesNothing), World(settings=QUICK).line(Lent=LENT)),
    "a family that launches nothing": ("I1", Sabotage(catalog=LaunchesNothing), WHOLE),
    "a second export": ("I1", Sabotage(catalog=ExportsAgain), EXPORTED),
    "a secret in an event": ("I5", Sabotage(store=TellsSecrets), LAUNCHED),
}  # fmt: skip


@pytest.mark.parametrize(("invariant", "sabotage", "world"), BREAKS.values(), ids=BREAKS.keys())
def test_what_is_broken_is_found(invariant: str, sabotage: Sabotage, world: World) -> None:
    assert not world.sail().wrongs
    wrongs = sail(world.voyage(), sabotage=sabotage).wrongs
    assert any(wrong.startswith(invariant) for wrong in wrongs), wrongs


def test_one_seed_of_eight_has_a_line() -> None:
    lines = [seed for seed in range(1, 2001) if draw_voyage(seed).has_line]
    assert lines == [seed for seed in range(1, 2001) if seed % SHARE == REST]
    drawn = {
        part["kind"]
        for seed in lines
        for leg in draw_voyage(seed).legs
        for part in leg.wishes.line.values()
    }
    assert drawn == {
        "copy", "export", "family", "image", "import", "instance", "query", "share", "snapshot",
    }  # fmt: skip
