"""What a plan knows before the first copy: refusals, what is there already, the estimate, the calls."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from imageferry.assembly.house import open_house
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.emulator import controls
from imageferry.model.forecasts import Doubt, Forecast, Lookahead
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value
from imageferry.testing import SeededEntropy, run_virtually
from tests.scenarios.emulated import REGIONS, Emulated, emulated, play

GOLDEN = "m-golden0000000000001"
KEY = "acs:kms:cn-shanghai:1:key/k-1"

ONE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    DeletionPolicy: {policy}
    Properties:
      ImageId: {image}
      DestinationRegionId: {region}
      {more}
"""

FAN_OUT = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Destinations: {Type: Json}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Destinations}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', !Ref Destinations]
      DestinationImageName: !Sub 'c-${ALIYUN::Index}'
"""

ARRIVAL = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Source: {Type: String, Default: m-golden0000000000001}
  Name: {Type: String, Default: arrived}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !Ref Source
      SourceRegionId: cn-hangzhou
      ImageName: !Ref Name
"""


def one(
    *more: str, image: str = GOLDEN, region: str = "cn-shanghai", policy: str = "Delete"
) -> bytes:
    lines = "\n      ".join(more)
    return ONE.format(image=image, region=region, more=lines, policy=policy).encode()


async def look(
    sea: Emulated,
    template: bytes,
    *,
    name: str = "demo",
    region: str = "cn-hangzhou",
    replace: bool | None = None,
    parameters: Mapping[str, Value] | None = None,
) -> Lookahead:
    request = StackRequest(name, region, template, "t.yml", parameters or {}, replace)
    before = len(sea.images())
    planned = await sea.house.plane.plan(request, save=False)
    found = await sea.house.plane.look_ahead(planned)
    assert len(sea.images()) == before, "looking has made an image"
    return found


def says(forecast: Forecast) -> list[tuple[Doubt, str]]:
    return [(objection.doubt, objection.cloud_code) for objection in forecast.objections]


async def make(sea: Emulated, template: bytes, **more: Any) -> None:
    view = await sea.deploy(template, **more)
    assert view.stack.status in {StackStatus.CREATED, StackStatus.UPDATED}, view.stack.status_reason


# --- each kind of refusal -------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A template, what is wrong in the world, and what is foreseen, asked with either dry run."""

    template: bytes
    doubt: Doubt
    code: str
    says: str
    fault: Mapping[str, object] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    needs_full_dry_run: bool = False


async def _deprecate(sea: Emulated) -> None:
    sea.cloud.world.sql.execute(
        "UPDATE images SET word = 'Deprecated' WHERE image_id = ?", [GOLDEN]
    )


async def _enlarge(sea: Emulated) -> None:
    sea.cloud.world.sql.execute(
        "UPDATE images SET size = 3000, disks = replace(disks, '40', '3000') WHERE image_id = ?",
        [GOLDEN],
    )


async def _encrypt(sea: Emulated) -> None:
    sea.cloud.world.sql.execute("UPDATE images SET encrypted = 1 WHERE image_id = ?", [GOLDEN])


async def _give_away(sea: Emulated) -> None:
    sea.cloud.world.sql.execute(
        "UPDATE images SET owner = '2000000000000002', shares = ? WHERE image_id = ?",
        ['{"1000000000000001": "2025-01-01T00:00:00Z"}', GOLDEN],
    )


async def _still_made(sea: Emulated) -> None:
    sea.cloud.world.sql.execute(
        "UPDATE images SET ends_at = ? WHERE image_id = ?",
        [sea.house.clock.now() + 600, GOLDEN],
    )


async def _name_taken(sea: Emulated) -> None:
    sea.cloud.world.sql.execute(
        "UPDATE images SET name = 'web', region = 'cn-shanghai'"
        " WHERE image_id = 'm-golden0000000000002'"
    )


SETUPS = {
    "deprecate": _deprecate,
    "enlarge": _enlarge,
    "encrypt": _encrypt,
    "give away": _give_away,
    "still made": _still_made,
    "take name": _name_taken,
}

NAMED = "DestinationImageName: web"
CASES = {
    "no such source": Case(
        one(image="m-nothere"),
        Doubt.REFUSED,
        "InvalidImageId.NotFound",
        "there is no image m-nothere in cn-hangzhou",
    ),
    "source of the cloud": Case(
        one(image="aliyun_3_x64_20G_alibase_20240819.vhd"),
        Doubt.REFUSED,
        "OperationDenied",
        "is the cloud's own",
    ),
    "source of another account": Case(
        one(),
        Doubt.POSSIBLE,
        "OperationDenied.SameRegionOnly",
        "belongs to another account",
        setup=("give away",),
        settings={"dry_run_checks": "parameters"},
    ),
    "source of another account, and refused": Case(
        one(),
        Doubt.REFUSED,
        "OperationDenied.SameRegionOnly",
        "shared image",
        setup=("give away",),
        needs_full_dry_run=True,
    ),
    "source deprecated": Case(
        one(), Doubt.REFUSED, "IncorrectImageStatus", "is Deprecated", setup=("deprecate",)
    ),
    "source still being made": Case(
        one(), Doubt.POSSIBLE, "IncorrectImageStatus", "is Creating", setup=("still made",)
    ),
    "source too large": Case(
        one(), Doubt.REFUSED, "SizeExceed.Image", "has 3000 GiB", setup=("enlarge",)
    ),
    "source encrypted, copy plain": Case(
        one("Encrypted: false"),
        Doubt.REFUSED,
        "OperationDeined.EncryptedSnapshot",
        "is encrypted, and the copy shall not be",
        setup=("encrypt",),
    ),
    "source encrypted, copy silent": Case(
        one(),
        Doubt.REFUSED,
        "OperationDeined.EncryptedSnapshot",
        "encrypted image",
        setup=("encrypt",),
        needs_full_dry_run=True,
    ),
    "name taken": Case(
        one(NAMED),
        Doubt.NAME_TAKEN,
        "InvalidImageName.Duplicated",
        'the name "web" is taken in cn-shanghai by m-golden0000000000002,'
        " which imageferry did not make",
        setup=("take name",),
    ),
    "quota said by the cloud": Case(
        one(),
        Doubt.REFUSED,
        "QuotaExceed.Image",
        "quota of custom images",
        fault={"kind": "quota", "action": "CopyImage", "count": None},
    ),
    "quota counted by the dry run": Case(
        one(),
        Doubt.REFUSED,
        "QuotaExceed.Image",
        "quota of custom images",
        settings={"image_quota": 0},
        needs_full_dry_run=True,
    ),
    "closed region, known from the list": Case(
        one(region="ap-southeast-2"),
        Doubt.POSSIBLE,
        "RegionNotSupportCopy",
        "the destination region ap-southeast-2 is soldOut",
        settings={"dry_run_checks": "parameters"},
    ),
    "closed region, refused": Case(
        one(region="ap-southeast-2"),
        Doubt.REFUSED,
        "RegionNotSupportCopy",
        "cannot be copied to",
        needs_full_dry_run=True,
    ),
    "unknown region": Case(
        one(region="cn-atlantis-7"),
        Doubt.REFUSED,
        "InvalidRegionId.NotFound",
        "the destination region cn-atlantis-7 does not exist",
    ),
    "key missing": Case(
        one("Encrypted: true", f"KMSKeyId: {KEY}"),
        Doubt.REFUSED,
        "InvalidParameter.KMSKeyId.NotFound",
        "KMS key does not exist",
        fault={"kind": "kms_key_missing", "action": "CopyImage", "count": None},
    ),
    "key disabled": Case(
        one("Encrypted: true", f"KMSKeyId: {KEY}"),
        Doubt.REFUSED,
        "InvalidParameter.KMSKeyId.CMKNotEnabled",
        "CMKNotEnabled",
        fault={
            "kind": "error",
            "action": "CopyImage",
            "code": "InvalidParameter.KMSKeyId.CMKNotEnabled",
            "status": 403,
            "count": None,
        },
    ),
    "no right to copy": Case(
        one(),
        Doubt.REFUSED,
        "Forbidden.RAM",
        "Forbidden.RAM",
        fault={
            "kind": "error",
            "action": "CopyImage",
            "code": "Forbidden.RAM",
            "status": 403,
            "count": None,
        },
    ),
    "another copy under way": Case(
        one(),
        Doubt.POSSIBLE,
        "OperationDenied.ImageCopyConflict",
        "being copied",
        fault={"kind": "copy_conflict", "action": "CopyImage", "count": None},
    ),
    "throttled": Case(
        one(),
        Doubt.UNCHECKED,
        "Throttling.User",
        "could not be tried out",
        fault={"kind": "throttle", "action": "CopyImage", "count": None},
    ),
    "connection dropped": Case(
        one(),
        Doubt.UNCHECKED,
        "NoReply",
        "could not be tried out",
        fault={"kind": "drop", "action": "CopyImage", "count": None},
    ),
    "destination silent": Case(
        one(NAMED),
        Doubt.UNCHECKED,
        "InternalError",
        "the destination region cn-shanghai could not be looked at",
        fault={
            "kind": "internal_error",
            "action": "DescribeImages",
            "region": "cn-shanghai",
            "count": None,
        },
    ),
    "source region silent": Case(
        one(),
        Doubt.UNCHECKED,
        "ServiceUnavailable",
        "the source region cn-hangzhou could not be looked at",
        fault={
            "kind": "unavailable",
            "action": "DescribeImages",
            "region": "cn-hangzhou",
            "count": None,
        },
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_the_cloud_would_refuse_is_known_before(tmp_path: Path, case: Case) -> None:
    async def program(sea: Emulated) -> None:
        for name in case.setup:
            with sea.cloud.world.writing():
                await SETUPS[name](sea)
        if case.fault is not None:
            sea.fault(**case.fault)
        for checks in ("everything",) if case.needs_full_dry_run else ("everything", "parameters"):
            controls.change_settings(sea.cloud.world, {"dry_run_checks": checks, **case.settings})
            await check(sea)

    async def check(sea: Emulated) -> None:
        found = await look(sea, case.template)
        forecast = found.forecasts["Copy"]
        assert (case.doubt, case.code) in says(forecast), forecast.objections
        objection = next(one for one in forecast.objections if one.cloud_code == case.code)
        assert case.says in objection.message
        assert bool(found.refused) == case.doubt.is_certain
        told = found.diagnostics["Copy"]
        assert [diagnostic.span is not None for diagnostic in told] == [True] * len(told)
        assert len(says(forecast)) == 1, forecast.objections

    play(tmp_path, program, trouble=False)


def test_a_plan_without_fault_has_no_objection_in_all_the_usual_trouble(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        found = await look(sea, one(NAMED))
        assert says(found.forecasts["Copy"]) == []
        assert not found.refused

    play(tmp_path, program)


def test_the_quota_that_is_told_counts_every_copy_of_the_plan(tmp_path: Path) -> None:
    async def main() -> None:
        async with emulated(tmp_path / "home", environment={"IMAGEFERRY_IMAGE_QUOTA": "2"}) as sea:
            controls.change_settings(sea.cloud.world, {"dry_run_checks": "parameters"})
            destinations: dict[str, Value] = {"Destinations": ["cn-beijing"] * 3}
            found = await look(sea, FAN_OUT, parameters=destinations)
            assert found.refused == ("Golden[2]",)
            assert says(found.forecasts["Golden[2]"]) == [(Doubt.REFUSED, "QuotaExceed.Image")]

    run_virtually(main())


# --- names ----------------------------------------------------------------------------------------


def test_two_resources_of_one_plan_cannot_have_one_name(tmp_path: Path) -> None:
    template = FAN_OUT.replace(b"!Sub 'c-${ALIYUN::Index}'", b"same")

    async def program(sea: Emulated) -> None:
        places: dict[str, Value] = {"Destinations": ["cn-beijing", "cn-shanghai", "cn-beijing"]}
        found = await look(sea, template, parameters=places)
        assert found.refused == ("Golden[2]",)
        said = found.diagnostics["Golden[2]"]
        assert [one.code for one in said] == ["IF856"]
        assert said[0].message == 'the name "same" is wanted in cn-beijing by "Golden[0]", too'

    play(tmp_path, program)


def test_a_name_that_this_plan_frees_last_is_not_free(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, one(NAMED))
        renamed = one(NAMED).replace(b"  Copy:", b"  Other:")
        found = await look(sea, renamed)
        assert found.refused == ("Other",)
        assert 'the image of "Copy" that this plan deletes' in found.diagnostics["Other"][0].message
        view = await sea.deploy(renamed)
        assert view.stack.status is StackStatus.UPDATE_FAILED, "and the deploy says the same"

    play(tmp_path, program, trouble=False)


def test_the_own_name_is_no_clash_for_what_replaces_it(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, one(NAMED))
        found = await look(sea, one(NAMED, "Encrypted: true"), replace=True)
        assert says(found.forecasts["Copy"]) == []
        assert [(one.snapshots, one.gib) for one in found.forecasts["Copy"].remains] == [(1, 40)]
        await make(sea, one(NAMED, "Encrypted: true"), replace=True)

    play(tmp_path, program, trouble=False)


def test_a_new_name_in_place_is_looked_up_and_copies_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, ARRIVAL, region="cn-shanghai")
        await make(sea, ARRIVAL, region="cn-shanghai", name="two", parameters={"Name": "taken"})
        found = await look(sea, ARRIVAL, region="cn-shanghai", parameters={"Name": "taken"})
        assert found.refused == ("Golden",)
        assert 'it is "Golden" of the stack "two"' in found.diagnostics["Golden"][0].why
        assert found.backlogs == ()
        assert sea.house.voice.client.counts["CopyImage"] == 2, "nothing was tried out"
        free = await look(sea, ARRIVAL, region="cn-shanghai", parameters={"Name": "free"})
        assert free.refused == ()

    play(tmp_path, program, trouble=False)


def test_names_are_found_in_a_region_with_more_than_a_page(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        fill(sea, "cn-shanghai", 450)
        found = await look(sea, one("DestinationImageName: crowd-333"))
        assert found.refused == ("Copy",)
        assert "m-crowd333" in found.diagnostics["Copy"][0].message
        # The list of regions, the source, a page, the name, the queue, and the dry run.
        assert found.calls == 6
        fill(sea, "cn-beijing", 150)
        near = await look(sea, one("DestinationImageName: crowd-149", region="cn-beijing"))
        assert near.refused == ("Copy",)

    play(tmp_path, program, trouble=False)


def fill(sea: Emulated, region: str, number: int) -> None:
    """So many images of the account in a region, `crowd-0` and on."""
    world = sea.cloud.world
    columns = [row[1] for row in world.sql.execute("PRAGMA table_info(images)").fetchall()]
    kept = [name for name in columns if name not in {"sequence", "image_id", "name", "region"}]
    with world.writing():
        for index in range(number):
            world.sql.execute(
                f"INSERT INTO images (image_id, name, region, {', '.join(kept)})"
                f" SELECT ?, ?, ?, {', '.join(kept)} FROM images WHERE image_id = ?",
                [
                    f"m-crowd{index}{region[3:5] * (region != 'cn-shanghai')}",
                    f"crowd-{index}",
                    region,
                    GOLDEN,
                ],
            )


# --- already there --------------------------------------------------------------------------------


def test_an_image_of_ours_in_no_stack_can_be_taken_in(tmp_path: Path) -> None:
    kept = one(NAMED, "Tag: [{Key: a, Value: b}]", policy="Retain")

    async def program(sea: Emulated) -> None:
        await make(sea, kept)
        await sea.delete()
        image_id = sea.copies()[0]["image_id"]
        found = await look(sea, kept, name="again")
        lookalike = found.forecasts["Copy"].lookalike
        assert lookalike is not None
        assert (lookalike.physical_id, lookalike.is_ours, lookalike.fits) == (image_id, True, True)
        assert (
            f"imageferry adopt t.yml Copy={image_id} -s again;"
            in found.diagnostics["Copy"][0].remedy
        )
        other = await look(sea, kept.replace(b"Value: b", b"Value: c"), name="again")
        lookalike = other.forecasts["Copy"].lookalike
        assert lookalike is not None
        assert not lookalike.fits

    play(tmp_path, program)


def test_an_unnamed_image_of_ours_is_known_by_its_lineage(tmp_path: Path) -> None:
    kept = one(policy="Retain")

    async def program(sea: Emulated) -> None:
        await make(sea, kept)
        assert (await look(sea, kept, name="again")).forecasts["Copy"].lookalike is None, (
            "in a stack"
        )
        await sea.delete()
        found = await look(sea, kept, name="again")
        lookalike = found.forecasts["Copy"].lookalike
        assert lookalike is not None
        assert lookalike.fits
        assert lookalike.adoption == f"imageferry adopt t.yml Copy={lookalike.physical_id} -s again"
        assert not found.refused, "nothing stands in the way of a second one"
        # The cloud does not tell the source: the record of what made it does.
        other = await look(sea, one("Encrypted: false", policy="Retain"), name="again")
        assert other.forecasts["Copy"].lookalike is None

    play(tmp_path, program, trouble=False)


def test_an_image_that_an_open_operation_makes_is_not_offered(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, one(NAMED, policy="Retain"))
        await sea.delete()
        record = sea.cloud.world.row("SELECT tags FROM images WHERE source_image_id IS NOT NULL")
        assert record is not None
        request = StackRequest("open", "cn-hangzhou", one(region="cn-chengdu"), "t.yml")
        planned = await sea.house.plane.plan(request)
        operation = await sea.house.plane.execute(planned, ExecutionOptions())
        installation = await sea.house.store.installation()
        with sea.cloud.world.writing():
            sea.cloud.world.sql.execute(
                "UPDATE images SET tags = ? WHERE source_image_id IS NOT NULL",
                [
                    json.dumps(
                        {"imageferry:lineage": f"{installation}/{operation.operation_id}/Copy"}
                    )
                ],
            )
        found = await look(sea, one(NAMED), name="again")
        lookalike = found.forecasts["Copy"].lookalike
        assert lookalike is not None
        assert not lookalike.fits
        assert operation.operation_id in lookalike.holder

    play(tmp_path, program, trouble=False)


# --- what is known only later ---------------------------------------------------------------------

CHAIN = b"""
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: web
  Second:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !GetAtt [First, ImageId]
      SourceRegionId: cn-shanghai
      DestinationRegionId: cn-beijing
      DestinationImageName: web
"""


def test_what_is_known_only_later_is_passed_over_and_said(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        with sea.cloud.world.writing():
            await _name_taken(sea)
            sea.cloud.world.sql.execute(
                "UPDATE images SET region = 'cn-beijing' WHERE name = 'web'"
            )
        found = await look(sea, CHAIN)
        second = found.forecasts["Second"]
        assert second.notes == ("not checked, as it is known only later: ImageId",)
        assert second.gib is None
        assert says(second) == [(Doubt.NAME_TAKEN, "InvalidImageName.Duplicated")]
        assert says(found.forecasts["First"]) == []

    play(tmp_path, program)


# --- the estimate ---------------------------------------------------------------------------------


def test_the_end_of_a_plan_counts_gib_time_queue_and_snapshots(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        places: dict[str, Value] = {"Destinations": ["cn-beijing"] * 12 + ["cn-shanghai"]}
        found = await look(sea, FAN_OUT, parameters=places)
        backlogs = {backlog.region: backlog for backlog in found.backlogs}
        beijing, shanghai = backlogs["cn-beijing"], backlogs["cn-shanghai"]
        assert (beijing.copies, beijing.gib, beijing.waves, beijing.slots) == (12, 480, 3, 5)
        assert beijing.seconds == 3 * 600.0
        assert (shanghai.gib, shanghai.waves, shanghai.seconds) == (40, 1, 600.0)
        assert found.seconds == 1800.0
        assert not beijing.is_measured

    play(tmp_path, program, trouble=False)


def test_copies_that_are_in_the_queue_already_come_first(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        places: dict[str, Value] = {"Destinations": ["cn-beijing"] * 7}
        under_way = asyncio.ensure_future(sea.deploy(FAN_OUT, parameters=places))
        await sea.house.clock.sleep(60.0)
        found = await look(sea, one(region="cn-beijing"), name="late")
        (backlog,) = found.backlogs
        assert (backlog.copies, backlog.ahead, backlog.waves) == (1, 7, 2)
        assert backlog.seconds > 600.0
        await under_way
        # By now it is known how long a copy to there takes.
        later = await look(sea, one(region="cn-beijing"), name="late")
        assert later.backlogs[0].is_measured

    play(tmp_path, program, trouble=False)


def test_what_earlier_copies_took_is_known_to_another_process(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        places: dict[str, Value] = {"Destinations": ["cn-beijing"] * 7}
        await make(sea, FAN_OUT, parameters=places)
        async with open_house(
            sea.settings, clock=sea.house.clock, entropy=SeededEntropy(2)
        ) as another:
            request = StackRequest("late", "cn-hangzhou", one(region="cn-beijing"), "t.yml")
            planned = await another.plane.plan(request, save=False)
            found = await another.plane.look_ahead(planned)
        (backlog,) = found.backlogs
        assert backlog.is_measured
        # About 40 minutes at speed 1, as the fastest has taken; the seventh has waited as well.
        assert backlog.seconds == pytest.approx(2400.0, rel=0.2)

    play(tmp_path, program, trouble=False)


def test_what_is_deleted_leaves_its_snapshots_and_what_is_kept_does_not_count(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        places: dict[str, Value] = {"Destinations": ["cn-beijing", "cn-shanghai"]}
        await make(sea, FAN_OUT, parameters=places)
        stack = await sea.house.plane.find("demo")
        found = await sea.house.plane.look_ahead(await sea.house.plane.plan_delete(stack))
        remains = [one for forecast in found.forecasts.values() for one in forecast.remains]
        assert sorted((one.region, one.snapshots, one.gib) for one in remains) == [
            ("cn-beijing", 1, 40),
            ("cn-shanghai", 1, 40),
        ]
        assert found.calls == 2, "a page for each region, and nothing is tried out"

    play(tmp_path, program, trouble=False)


@pytest.mark.parametrize("by", ["the operation", "the resource"])
def test_snapshots_that_go_with_their_image_do_not_stay(tmp_path: Path, by: str) -> None:
    template = one(NAMED)
    if by == "the resource":
        wish = b"    Metadata: {imageferry: {DeleteSnapshots: true}}\n    Properties:"
        template = template.replace(b"    Properties:", wish)

    async def program(sea: Emulated) -> None:
        await make(sea, template)
        planned = await sea.house.plane.plan_delete(await sea.house.plane.find("demo"))
        found = await sea.house.plane.look_ahead(planned, deletes_remains=by == "the operation")
        assert [one.remains for one in found.forecasts.values()] == [()]

    play(tmp_path, program, trouble=False)


# --- what exists is changed -----------------------------------------------------------------------


def test_an_image_made_anew_behind_its_reference_is_a_copy_that_leaves_snapshots(
    tmp_path: Path,
) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, ARRIVAL, region="cn-shanghai")
        second = await sea.deploy(one(NAMED, region="cn-beijing"), name="source")
        source: dict[str, Value] = {"Source": second.resources[0].resource.physical_id}
        changed = ARRIVAL.replace(b"SourceRegionId: cn-hangzhou", b"SourceRegionId: cn-beijing")
        found = await look(sea, changed, region="cn-shanghai", parameters=source)
        forecast = found.forecasts["Golden"]
        assert says(forecast) == []
        assert (forecast.route, forecast.gib) == (("cn-beijing", "cn-shanghai"), 40)
        assert [(one.snapshots, one.gib) for one in forecast.remains] == [(1, 40)]
        absent = await look(sea, ARRIVAL, region="cn-shanghai", parameters={"Source": "m-gone"})
        assert absent.refused == ("Golden",)

    play(tmp_path, program, trouble=False)


def test_what_an_earlier_attempt_left_is_deleted_first_and_no_clash(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", count=1)
        view = await sea.deploy(one(NAMED))
        assert view.stack.status is StackStatus.CREATE_FAILED
        found = await look(sea, one(NAMED))
        assert says(found.forecasts["Copy"]) == []
        await make(sea, one(NAMED))

    play(tmp_path, program, trouble=False)


def test_what_stays_as_it_is_asks_nothing(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, one(NAMED, policy="Retain"))
        before = Counter(sea.house.voice.client.counts)
        assert not (await look(sea, one(NAMED, policy="Retain"))).is_looked
        planned = await sea.house.plane.plan_delete(await sea.house.plane.find("demo"))
        assert not (await sea.house.plane.look_ahead(planned)).is_looked, "it is left in the cloud"
        assert Counter(sea.house.voice.client.counts) == before

    play(tmp_path, program, trouble=False)


def test_a_name_that_another_change_gives_up_may_be_free_in_time(tmp_path: Path) -> None:
    two = (
        ARRIVAL
        + b"""
  Other:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: !Ref Source
      SourceRegionId: cn-hangzhou
      ImageName: arrived
"""
    )

    async def program(sea: Emulated) -> None:
        await make(sea, ARRIVAL, region="cn-shanghai")
        found = await look(sea, two, region="cn-shanghai", parameters={"Name": "moved-on"})
        assert says(found.forecasts["Other"]) == [(Doubt.POSSIBLE, "InvalidImageName.Duplicated")]
        assert says(found.forecasts["Golden"]) == []

    play(tmp_path, program, trouble=False)


def test_a_name_that_only_the_cloud_sees_is_taken_all_the_same(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        with sea.cloud.world.writing():
            await _name_taken(sea)
            sea.cloud.world.sql.execute("UPDATE images SET visible_at = 9e12 WHERE name = 'web'")
        found = await look(sea, one(NAMED))
        assert says(found.forecasts["Copy"]) == [(Doubt.NAME_TAKEN, "InvalidImageName.Duplicated")]

    play(tmp_path, program, trouble=False)


def test_an_instance_of_a_counted_resource_is_quoted_for_the_shell(tmp_path: Path) -> None:
    kept = FAN_OUT.replace(b"    Count:", b"    DeletionPolicy: Retain\n    Count:")
    places: dict[str, Value] = {"Destinations": ["cn-beijing"]}

    async def program(sea: Emulated) -> None:
        await make(sea, kept, parameters=places)
        await sea.delete()
        found = await look(sea, kept, name="again", parameters=places)
        lookalike = found.forecasts["Golden[0]"].lookalike
        assert lookalike is not None
        assert f"'Golden[0]={lookalike.physical_id}' -s again" in lookalike.adoption

    play(tmp_path, program, trouble=False)


# --- what it costs --------------------------------------------------------------------------------


def test_twenty_regions_cost_two_calls_each(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        counts = sea.house.voice.client.counts
        before = Counter(counts)
        found = await look(sea, FAN_OUT, parameters={"Destinations": [*REGIONS]})
        made = Counter(counts) - before
        assert made == {"DescribeImages": 21, "CopyImage": 20, "DescribeRegions": 1}
        assert found.calls == sum(made.values()) == 42
        assert not found.refused

    play(tmp_path, program, trouble=False)


def test_of_very_many_copies_one_for_each_route_is_tried_out(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        places: list[Value] = [*REGIONS] * 11
        found = await look(sea, FAN_OUT, parameters={"Destinations": places})
        assert found.calls == 42
        assert found.notes == ("20 of 220 copies were tried out, one for each route and key",)

    play(tmp_path, program, trouble=False)


def test_one_region_that_is_down_hides_no_other(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        sea.fault(kind="drop", action="*", region="cn-beijing", count=None)
        with sea.cloud.world.writing():
            await _name_taken(sea)
            sea.cloud.world.sql.execute("UPDATE images SET name = 'c-1' WHERE name = 'web'")
        places: dict[str, Value] = {"Destinations": ["cn-beijing", "cn-shanghai", "cn-chengdu"]}
        found = await look(sea, FAN_OUT, parameters=places)
        assert found.refused == ("Golden[1]",)
        assert {doubt for doubt, _ in says(found.forecasts["Golden[0]"])} == {Doubt.UNCHECKED}
        assert says(found.forecasts["Golden[2]"]) == []

    play(tmp_path, program, trouble=False)


def test_a_secret_is_in_no_objection(tmp_path: Path) -> None:
    template = ARRIVAL.replace(b"Name: {Type: String,", b"Name: {Type: String, NoEcho: true,")

    async def program(sea: Emulated) -> None:
        await make(sea, ARRIVAL, region="cn-shanghai", parameters={"Name": "hush-hush"})
        found = await look(
            sea, template, region="cn-shanghai", name="two", parameters={"Name": "hush-hush"}
        )
        assert found.refused == ("Golden",)
        assert "hush-hush" not in repr(found)

    play(tmp_path, program, trouble=False)


# --- changes in place -----------------------------------------------------------------------------

IN_PLACE = """
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: {name}
      Description: {description}
      Tags: [{{MapKey: {key}, MapValue: {value}}}]
"""
BEFORE = {"name": "first", "description": "one", "key": "team", "value": "a"}


@pytest.mark.parametrize(
    ("changed", "calls"),
    [
        ({}, 0),
        ({"name": "other"}, 3),
        ({"description": "two"}, 3),
        ({"name": "other", "description": "two"}, 3),
        ({"value": "b"}, 3),
        ({"key": "squad"}, 5),
        ({"key": "squad", "name": "other"}, 7),
    ],
    ids=["nothing", "name", "description", "both", "tag", "other_tag", "tag_and_name"],
)
def test_what_changes_in_place_is_counted_call_by_call(
    tmp_path: Path, changed: dict[str, str], calls: int
) -> None:
    async def program(sea: Emulated) -> None:
        await make(sea, IN_PLACE.format(**BEFORE).encode(), region="cn-beijing")
        wanted = IN_PLACE.format(**{**BEFORE, **changed}).encode()
        found = await look(sea, wanted, region="cn-beijing")
        assert found.calls_ahead == calls
        before = Counter(sea.house.voice.client.counts)
        await make(sea, wanted, region="cn-beijing")
        assert sum((Counter(sea.house.voice.client.counts) - before).values()) == calls

    play(tmp_path, program, trouble=False)
