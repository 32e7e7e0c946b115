"""What a template asks of the world beside it, answered once for a whole operation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from imageferry.control.requests import ExecutionOptions, Planned, StackRequest
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Secret, Value
from imageferry.testing import START
from tests.scenarios.things import Things, play
from tests.scenarios.workshop import Workshop

ROS = "ROSTemplateFormatVersion: '2015-09-01'\n"
CFN = "AWSTemplateFormatVersion: '2010-09-09'\n"
THING = "Type: ALIYUN::TEST::Thing"


async def plan(shop: Workshop, source: str, name: str = "demo", **parameters: Value) -> Planned:
    return await shop.plane.plan(
        StackRequest(name, shop.region, source.encode(), "t.yml", parameters)
    )


async def refused(
    shop: Workshop, source: str, name: str = "demo", **parameters: Value
) -> list[Diagnostic]:
    with pytest.raises(TemplateError) as fault:
        await plan(shop, source, name, **parameters)
    return [one for one in fault.value.diagnostics if one.is_error]


def outputs(head: str = ROS, **values: str) -> str:
    said = "".join(f"  {name}: {{Value: {value}}}\n" for name, value in values.items())
    return f"{head}Resources: {{A: {{{THING}, Properties: {{Name: a}}}}}}\nOutputs:\n{said}"


# --- the time -------------------------------------------------------------------------------------


STAMPED = (
    ROS
    + """
Resources:
  A: {Type: ALIYUN::TEST::Thing, Properties: {Name: {Fn::FormatTime: '%H:%M:%S'}}}
  B:
    Type: ALIYUN::TEST::Thing
    DependsOn: A
    Properties: {Name: {Fn::Join: ['', [{Fn::FormatTime: '%H:%M:%S'}, {Fn::GetAtt: [A, Core]}]]}}
Outputs:
  At: {Value: {Fn::FormatTime: '%H:%M:%S'}}
"""
)


def test_the_time_is_the_same_for_the_whole_operation(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        planned = await plan(shop, STAMPED)
        assert planned.change_set.bindings.answers == {Inquiry(InquiryKind.NOW): START}
        operation = await shop.plane.execute(planned, ExecutionOptions())
        await shop.clock.sleep(100)
        await shop.run(operation.operation_id)
        at = (await shop.plane.view(operation.stack_id)).stack.outputs["At"]
        assert world.names() == [at, f"{at}iron-core"]
        # Another operation asks anew.
        later = (await shop.deploy(STAMPED)).stack.outputs["At"]
        assert later != at

    play(tmp_path, program, Things(slow=30.0))


def test_an_output_that_only_the_time_changes_is_a_change(tmp_path: Path) -> None:
    source = outputs(At="{Fn::FormatTime: '%H:%M:%S'}")

    async def program(shop: Workshop, world: Things) -> None:
        first = (await shop.deploy(source)).stack.outputs["At"]
        planned = await plan(shop, source)
        assert planned.change_set.is_empty
        assert not planned.is_current
        assert (await shop.deploy(source)).stack.outputs["At"] != first
        day = outputs(At="{Fn::FormatTime: '%Y'}")
        await shop.deploy(day)
        assert (await plan(shop, day)).is_current

    play(tmp_path, program)


def test_who_re_attaches_asks_nothing_again(tmp_path: Path) -> None:
    source = outputs(At="{Fn::FormatTime: '%H:%M:%S'}", Zones="{Fn::GetAZs: ''}")

    async def program(shop: Workshop, world: Things) -> None:
        operation = await shop.plane.execute(await plan(shop, source), ExecutionOptions())
        await shop.clock.sleep(50)
        again = await plan(shop, source)
        assert again.running is not None
        assert again.running.operation_id == operation.operation_id
        assert shop.regions.asked == ["cn-hangzhou"]

    play(tmp_path, program)


# --- zones ----------------------------------------------------------------------------------------


def test_zones_decide_how_many_there_are(tmp_path: Path) -> None:
    source = (
        ROS
        + """
Parameters: {Region: {Type: String, Default: ''}}
Conditions:
  Several: {Fn::Not: {Fn::Equals: [{Fn::Length: {Fn::GetAZs: {Ref: Region}}}, 1]}}
Resources:
  Each:
    Type: ALIYUN::TEST::Thing
    Count: {Fn::Length: {Fn::GetAZs: {Ref: Region}}}
    Properties: {Name: {Fn::Select: [{Ref: 'ALIYUN::Index'}, {Fn::GetAZs: {Ref: Region}}]}}
  More: {Type: ALIYUN::TEST::Thing, Condition: Several, Properties: {Name: more}}
"""
    )

    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(source)
        assert world.names() == ["cn-hangzhou-b", "cn-hangzhou-k", "more"]
        assert shop.regions.asked == ["cn-hangzhou"]
        assert (await plan(shop, source)).is_current
        await shop.deploy(source, name="other", Region="cn-beijing")
        assert world.names()[0] == "cn-beijing-l"
        assert len(world.names()) == 4

    play(tmp_path, program)


def test_a_region_that_does_not_exist(tmp_path: Path) -> None:
    source = outputs(A="{Fn::GetAZs: beijing}", B="{Fn::GetAZs: nowhere}")

    async def program(shop: Workshop, world: Things) -> None:
        first, second = await refused(shop, source)
        assert (first.code, second.code) == ("IF371", "IF371")
        assert first.message == "there is no region 'beijing' whose zones could be told"
        assert first.remedy == "did you mean 'cn-beijing'?"
        assert first.span is not None
        assert first.span.line == 4
        assert second.span is not None
        assert second.span.line == 5

    play(tmp_path, program)


# --- outputs of other stacks ----------------------------------------------------------------------


def reading(*arguments: str) -> str:
    return f"{{Fn::GetStackOutput: [{', '.join(arguments)}]}}"


def test_an_output_of_another_stack(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        base = (await shop.deploy(outputs(Id="{Ref: A}"), name="base")).stack
        source = outputs(
            ByName=reading("base", "Id"),
            ById=reading(base.stack_id, "Id"),
            Here=reading("base", "Id", "cn-hangzhou"),
            Elsewhere=reading("base", "Id", "cn-beijing"),
            Missing=reading("base", "Nothing"),
            Nobody=reading("nobody", "Id"),
            Itself=reading("demo", "ByName"),
        )
        for _ in range(2):
            view = await shop.deploy(source)
            assert view.stack.outputs == {
                "ByName": "t-1", "ById": "t-1", "Here": "t-1", "Elsewhere": None,
                "Missing": None, "Nobody": None, "Itself": None,
            }  # fmt: skip
        await shop.delete("base")
        assert (await shop.deploy(source)).stack.outputs["ByName"] is None

    play(tmp_path, program)


def test_a_secret_output_of_another_stack_stays_one(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        base = outputs().rstrip() + "\n  P: {Value: {Ref: Password}, NoEcho: true}\n"
        base += "Parameters: {Password: {Type: String, NoEcho: true}}\n"
        await shop.deploy(base, name="base", Password="correct horse")
        view = await shop.deploy(outputs(P=reading("base", "P")))
        assert view.stack.outputs == {"P": Secret("correct horse")}
        await shop.store.close()
        kept = b"".join(one.read_bytes() for one in (tmp_path / "home").iterdir())
        assert b"correct horse" not in kept

    play(tmp_path, program)


def test_a_stack_that_is_worked_on_gives_null(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        base = await plan(shop, outputs(Id="{Ref: A}"), "base")
        operation = await shop.plane.execute(base, ExecutionOptions())
        asked = (await plan(shop, outputs(B=reading("base", "Id")))).change_set.bindings.answers
        assert list(asked.values()) == [None]
        await shop.run(operation.operation_id)
        world.stuck.add("a")
        view = await shop.delete("base")
        assert view.stack.status is StackStatus.DELETE_FAILED
        asked = (await plan(shop, outputs(B=reading("base", "Id")))).change_set.bindings.answers
        assert list(asked.values()) == [None]

    play(tmp_path, program)


def test_three_stacks_may_read_in_a_row_and_none_in_a_circle(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(outputs(V="{Ref: A}"), name="c")
        await shop.deploy(outputs(V=reading("c", "V")), name="b")
        assert (await shop.deploy(outputs(V=reading("b", "V")), name="a")).stack.outputs[
            "V"
        ] == "t-1"
        (fault,) = await refused(shop, outputs(V=reading("a", "V")), "z")
        assert fault.code == "IF370"
        assert fault.message.endswith(": z -> a -> b -> c")
        (fault,) = await refused(shop, outputs(V=reading("a", "V")), "c")
        assert fault.code == "IF370"
        assert fault.message.endswith("in a circle: c -> a -> b -> c")
        # There is no protection: what is read may go.
        await shop.delete("c")

    play(tmp_path, program)


def cfn_reading(stack: str, output: str) -> str:
    return f"{{'Fn::GetStackOutput': {{StackName: {stack}, OutputName: {output}}}}}"


@pytest.mark.parametrize(
    ("stack", "output", "code", "remedy"),
    [
        pytest.param("nobody", "Id", "IF367", "deploy that stack first", id="no stack"),
        pytest.param("base", "Idd", "IF368", "did you mean 'Id'?", id="no output"),
        pytest.param("demo", "Id", "IF367", "", id="no stack yet: itself"),
        pytest.param("slow", "Id", "IF369", "once it is complete", id="worked on"),
    ],
)
def test_cloudformation_is_refused_what_is_not_there(
    tmp_path: Path, stack: str, output: str, code: str, remedy: str
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(outputs(Id="{Ref: A}"), name="base")
        await shop.plane.execute(await plan(shop, outputs(), "slow"), ExecutionOptions())
        found = await shop.deploy(outputs(CFN, V=cfn_reading("base", "Id")), name="good")
        assert found.stack.outputs == {"V": "t-1"}
        (fault,) = await refused(shop, outputs(CFN, V=cfn_reading(stack, output)))
        assert fault.code == code
        assert remedy in fault.remedy
        assert fault.span is not None
        assert fault.span.line == 4

    play(tmp_path, program)


# --- what cannot be answered ----------------------------------------------------------------------


def test_everything_that_has_no_answer_is_told_at_once(tmp_path: Path) -> None:
    source = (
        ROS
        + """
Parameters: {Size: {Type: Number}}
Conditions: {Odd: {Fn::Equals: [{Fn::Select: ['0', {Fn::GetAZs: nowhere}]}, x]}}
Resources:
  A: {Type: ALIYUN::TEST::Thing, Condition: Odd, Properties: {Name: a}}
  B: {Type: ALIYUN::TEST::Thing, Properties: {Nmae: b}}
Outputs:
  C: {Value: {Fn::MarketplaceImage: cmjj0001}}
  D: {Value: {Fn::GetStackOutput: [{Fn::GetAtt: [B, Id]}, Out]}}
"""
    )

    async def program(shop: Workshop, world: Things) -> None:
        faults = await refused(shop, source, Size=1)
        told = [(fault.code, fault.span.line) for fault in faults if fault.span is not None]
        assert ("IF371", 4) in told
        assert ("IF372", 9) in told
        assert ("IF333", 10) in told
        assert len(told) == 4, faults
        assert world.calls == []

    play(tmp_path, program)


# --- loops over parameters ------------------------------------------------------------------------


LOOP = (
    CFN
    + """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList}
  More: {Type: CommaDelimitedList, Default: 'x'}
Resources:
  Fn::ForEach::Each:
    - Name
    - !Ref Names
    - 'Thing${Name}': {Type: ALIYUN::TEST::Thing, Properties: {Name: !Ref Name}}
  Fn::ForEach::Further:
    - Name
    - !Ref More
    - 'More${Name}': {Type: ALIYUN::TEST::Thing, Properties: {Name: !Ref Name}}
"""
)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param({}, ["a", "b", "x"], id="no default: kept, a default: taken back"),
        pytest.param({"Names": "c"}, ["c", "x"], id="given anew"),
        pytest.param({"More": "y,z"}, ["a", "b", "y", "z"], id="the other one given anew"),
    ],
)
def test_loops_run_over_the_parameters(
    tmp_path: Path, later: Mapping[str, Value], expected: list[str]
) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        await shop.deploy(LOOP, Names="a,b", More="y")
        assert world.names() == ["a", "b", "y"]
        await shop.deploy(LOOP, **later)
        assert world.names() == expected

    play(tmp_path, program)


def test_a_retry_runs_its_loops_over_the_same_parameters(tmp_path: Path) -> None:
    async def program(shop: Workshop, world: Things) -> None:
        view = await shop.deploy(LOOP, Names="a,b", More="y")
        assert view.stack.status is StackStatus.CREATE_FAILED
        world.failing.clear()
        planned = await shop.plane.retry(view.stack)
        assert isinstance(planned, Planned)
        await shop.run((await shop.plane.execute(planned, ExecutionOptions())).operation_id)
        assert world.names() == ["a", "b", "y"]
        # While it is open, the same command re-attaches to it.
        await shop.plane.execute(await plan(shop, LOOP, Names="a,c", More="y"), ExecutionOptions())
        assert (await plan(shop, LOOP, Names="a,c", More="y")).running is not None

    play(tmp_path, program, Things(failing={"b"}))
