"""imageferry.AsyncEngine in virtual time, and that its twin has the same in the same words."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import imageferry
from imageferry.assembly.emulation import manage_emulator
from imageferry.settings import resolve
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually
from tests.homes import lay_database

FAN_OUT = Path(__file__).parents[2] / "examples/fan-out.ros.yml"
REGIONS = ["ap-southeast-1", "cn-shanghai", "eu-central-1"]

Program = Callable[[imageferry.AsyncEngine, Path, VirtualClock], Awaitable[None]]


def opened(
    home: Path, clock: VirtualClock, chance: SeededEntropy | None = None, **more: Any
) -> imageferry.AsyncEngine:
    given: dict[str, Any] = {"home": home, "region": "cn-hangzhou", "emulator_speed": 100.0}
    return imageferry.AsyncEngine(
        **{**given, **more}, environment={}, clock=clock, entropy=chance or SeededEntropy(1)
    )


def play(folder: Path, program: Program, **more: Any) -> None:
    async def main() -> None:
        home, clock = folder / "home", VirtualClock()
        lay_database(home)
        async with opened(home, clock, **more) as engine:
            await program(engine, home, clock)

    run_virtually(main())


def fault(home: Path, **wanted: object) -> None:
    settings = resolve({"home": str(home)}, {})
    manage_emulator(settings, "add_fault", wanted=wanted)


def test_a_life(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        plan = await engine.plan(FAN_OUT, stack="golden", parameters={"Team": "web"})
        assert plan.summary["Create"] == 3
        assert sorted(one.destination for one in plan.changes) == REGIONS
        assert {one.source for one in plan.changes} == {"cn-hangzhou"}
        assert not plan.is_empty
        assert json.loads(json.dumps(plan.to_json()))["version"] == 1
        run = await engine.execute(plan)
        seen = [(one.logical_id, one.status) async for one in run.events()]
        assert seen[0] == ("", "CREATE_IN_PROGRESS")
        assert seen[-1] == ("", "CREATE_COMPLETE")
        assert ("Golden[2]", "CREATE_COMPLETE") in seen
        result = (await run.wait(5)).raise_for_failure()
        assert result.ending is imageferry.Ending.SUCCEEDED
        assert sorted(result.regions) == REGIONS
        assert all(one.is_done for one in result.regions.values())
        assert len(result.outputs["ImageIds"]) == 3  # type: ignore[arg-type]
        assert json.loads(json.dumps(result.to_json()))["regions"]["cn-shanghai"]["failed"] == []
        assert [one.progress for one in await run.progress()] == [100, 100, 100]
        again = await engine.plan(FAN_OUT, stack="golden", parameters={"Team": "web"})
        assert again.is_empty
        assert [one.name for one in await engine.stacks()] == ["golden"]
        assert (await engine.drift("golden")).status == "IN_SYNC"
        attached = await engine.attach("golden")
        assert attached.operation_id == run.operation_id
        gone = await (await engine.delete("golden")).wait()
        assert gone.raise_for_failure().stack.status == "DELETE_COMPLETE"
        with pytest.raises(imageferry.StackNotFound, match="golden"):
            await engine.stack("golden")

    play(tmp_path, program)


def test_some_regions_done_and_some_failed(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        fault(home, kind="copy_fails", skip=2, count=1)
        run = await engine.deploy(FAN_OUT, stack="golden")
        result = await run.wait()
        assert not result.is_ok
        with pytest.raises(imageferry.PartialFailure, match="Golden") as partly:
            result.raise_for_failure()
        assert partly.value.result is result
        assert result.regions["eu-central-1"].failed == ("Golden[2]",)
        assert result.regions["cn-shanghai"].is_done
        assert [one.logical_id for one in result.failures] == ["Golden[2]"]
        mended = await (await engine.retry("golden")).wait()
        assert mended.raise_for_failure().stack.status == "CREATE_COMPLETE"

    play(tmp_path, program)


CAUSES: dict[str, tuple[dict[str, Any], type[imageferry.EngineError]]] = {
    "quota": ({"kind": "quota", "action": "CopyImage", "count": 3}, imageferry.QuotaError),
    "rights": (
        {"kind": "error", "code": "Forbidden.RAM", "status": 403, "message": "no", "count": None},
        imageferry.AuthError,
    ),
    "key": (
        {"kind": "error", "code": "InvalidAccessKeyId.NotFound", "status": 404, "count": None},
        imageferry.AuthError,
    ),
    "no answer": ({"kind": "unavailable", "count": None}, imageferry.CloudUnreachable),
    "a copy": ({"kind": "copy_fails", "count": 3}, imageferry.DeployError),
}


@pytest.mark.parametrize(
    ("cause", "on_failure"), [*((cause, "keep") for cause in CAUSES), ("quota", "rollback")]
)
def test_an_operation_that_fails_is_raised_by_its_cause(
    cause: str, on_failure: str, tmp_path: Path
) -> None:
    wanted, kind = CAUSES[cause]

    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        fault(home, **wanted)
        run = await engine.deploy(FAN_OUT, stack="golden", on_failure=on_failure)
        result = await run.wait()
        assert not result.is_ok
        with pytest.raises(kind) as raised:
            result.raise_for_failure()
        assert type(raised.value) is kind
        assert raised.value.result is result

    play(tmp_path, program)


def test_what_runs_is_taken_up_by_the_next_engine(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        run = await engine.deploy(FAN_OUT, stack="golden")
        with pytest.raises(TimeoutError, match="stays open"):
            await run.wait(5)
        with pytest.raises(imageferry.UnknownOutcome):
            (await run.result()).raise_for_failure()
        with pytest.raises(imageferry.LockedError) as held:
            await engine.plan(FAN_OUT, stack="golden", parameters={"Team": "other"})
        assert held.value.operation_id == run.operation_id
        assert (await engine.stack("golden")).is_running

    play(tmp_path, program, emulator_speed=1.0)

    async def later() -> None:
        clock = VirtualClock()
        async with opened(tmp_path / "home", clock, emulator_speed=1.0) as engine:
            run = await engine.attach("golden")
            assert (await run.wait()).is_ok
            assert (clock.now() - run.began_at.timestamp()) > 600

    run_virtually(later())


class Breaking(SeededEntropy):
    """Breaks off whoever asks for an id while it is told to: a fault that nobody has foreseen."""

    is_breaking = False

    def new_id(self) -> str:
        if self.is_breaking:
            raise ArithmeticError("no id")
        return super().new_id()


def test_whoever_attaches_tries_again_what_broke_off(tmp_path: Path) -> None:
    async def main() -> None:
        chance = Breaking(1)
        async with opened(tmp_path, VirtualClock(), chance=chance) as engine:
            run = await engine.deploy(FAN_OUT, stack="golden")
            chance.is_breaking = True
            with pytest.raises(ArithmeticError):
                await run.wait()
            chance.is_breaking = False
            assert (await (await engine.attach("golden")).wait()).is_ok
            assert (await run.wait()).is_ok

    lay_database(tmp_path)
    run_virtually(main())


def test_who_waits_is_told_that_the_engine_was_closed(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        async def follow() -> None:
            async for _ in run.events():
                pass

        run = await engine.deploy(FAN_OUT, stack="golden")
        waiting = [asyncio.ensure_future(one) for one in (run.wait(), follow())]
        await clock.sleep(5)
        await engine.__aexit__(None, None, None)
        ended = await asyncio.gather(*waiting, run.result(), return_exceptions=True)
        assert [type(one) for one in ended] == [imageferry.EngineError] * 3
        assert {str(one).partition(" (")[0] for one in ended} == {"the engine is not open"}

    play(tmp_path, program, emulator_speed=1.0)


def test_cancelling_undoes_what_was_made(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        run = await engine.deploy(FAN_OUT, stack="golden")
        await clock.sleep(30)
        await run.cancel()
        result = await run.wait()
        assert result.ending is imageferry.Ending.ROLLED_BACK
        with pytest.raises(imageferry.DeployError):
            result.raise_for_failure()
        with pytest.raises(imageferry.RequestError, match="nothing runs"):
            await run.cancel()

    play(tmp_path, program, emulator_speed=1.0)


SECRET = b"""
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Word: {Type: String, NoEcho: true}}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationDescription: {Ref: Word}
Outputs: {Word: {Value: {Ref: Word}}}
"""


def test_secrets_are_hidden_in_every_value(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        plan = await engine.plan(SECRET, stack="s", parameters={"Word": "hush-hush"})
        run = await engine.execute(plan)
        events = [one async for one in run.events()]
        result = await run.wait()
        assert result.is_ok
        for value in (plan, plan.to_json(), events, result, result.to_json(), run):
            assert "hush-hush" not in repr(value)
        assert result.outputs["Word"] == "****"

    play(tmp_path, program)


MISTAKES: dict[str, tuple[Callable[[imageferry.AsyncEngine], Awaitable[Any]], str, str]] = {
    "no template": (lambda e: e.plan(b"", stack="a"), "TemplateError", "empty"),
    "a file that is not there": (
        lambda e: e.plan("none.yml", stack="a"),
        "RequestError",
        "cannot be read",
    ),
    "a template as data": (
        lambda e: e.plan({"Resources": {}}, stack="a"),
        "TemplateError",
        "Resources",
    ),
    "an unknown parameter": (
        lambda e: e.plan(FAN_OUT, stack="a", parameters={"Nobody": "1"}),
        "TemplateError",
        "Nobody",
    ),
    "an unknown stack": (lambda e: e.stack("nobody"), "StackNotFound", "nobody"),
    "nothing to attach to": (lambda e: e.attach("nobody"), "StackNotFound", "nobody"),
    "a stack's name": (lambda e: e.plan(FAN_OUT, stack="a/b"), "TemplateError", "a/b"),
    "no such ending": (
        lambda e: e.deploy(FAN_OUT, stack="a", on_failure="explode"),
        "RequestError",
        "explode",
    ),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistakes_are_told_by_cause(tmp_path: Path, name: str) -> None:
    deed, kind, said = MISTAKES[name]

    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        with pytest.raises(getattr(imageferry, kind), match=said) as told:
            await deed(engine)
        assert isinstance(told.value, imageferry.EngineError)

    play(tmp_path, program)


def test_a_template_error_has_its_place(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        wrong = b"ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A: {Type: Nothing}\n"
        with pytest.raises(imageferry.TemplateError) as told:
            await engine.plan(wrong, stack="a")
        assert [one.span.line for one in told.value.diagnostics if one.span] == [3]
        assert [one.code for one in engine.validate(wrong)] == [
            one.code for one in told.value.diagnostics
        ]

    play(tmp_path, program)


def test_an_engine_that_is_not_open_says_so(tmp_path: Path) -> None:
    engine = imageferry.Engine(home=tmp_path)
    with pytest.raises(imageferry.EngineError, match="not open"):
        engine.stacks()
    with pytest.raises(imageferry.EngineError, match="not open"):
        print(engine.account_id)


def test_a_region_is_needed_where_a_stack_is_planned(tmp_path: Path) -> None:
    async def program(engine: imageferry.AsyncEngine, home: Path, clock: VirtualClock) -> None:
        with pytest.raises(imageferry.SettingError, match="region"):
            await engine.plan(FAN_OUT, stack="a")

    play(tmp_path, program, region=None)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"cloud": "aws"}, "aws"), ({"emulator_speed": -1.0}, "positive")],
    ids=["cloud", "speed"],
)
def test_settings_that_cannot_be_used(given: dict[str, Any], said: str) -> None:
    with pytest.raises(imageferry.SettingError, match=said):
        imageferry.Engine(**given)


@pytest.mark.parametrize(
    ("blocking", "other"),
    [(imageferry.Engine, imageferry.AsyncEngine), (imageferry.Run, imageferry.AsyncRun)],
    ids=["engine", "run"],
)
def test_both_say_the_same_in_the_same_words(blocking: type, other: type) -> None:
    def offered(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(one).parameters) if callable(one) else []
            for name, one in vars(kind).items()
            if not name.startswith("_")
        }

    assert offered(blocking) == offered(other)
