"""What is remembered for those who ask again and again, and when it is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from imageferry.api.cfn.recollection import Recollection
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus
from tests.api.cfn.visits import COPY, Visit, visited


def _stack(name: str) -> Stack:
    return Stack(
        name, name, Place("emulator", "1", "cn-beijing"), "cloudformation", StackStatus.CREATED
    )


def test_the_first_ones_are_forgotten_and_so_is_what_was_operated_on() -> None:
    kept = Recollection(most=2)
    one, two, three = (_stack(name) for name in ("one", "two", "three"))
    for stack in (one, two, three):
        kept.keep(stack, {"O": stack.name})
    assert [kept.find(stack) for stack in (one, two, three)] == [None, {"O": "two"}, {"O": "three"}]
    assert kept.find(replace(three, operation_id="next")) is None


def test_a_description_that_an_update_has_changed_is_told_anew(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        for _ in range(2):
            (output,) = (await visit.stack())["Outputs"]
            assert output["Description"] == "the new image"
        (listed,) = (await visit.call("DescribeStacks"))["Stacks"]
        assert listed["Outputs"] == [output]
        other = COPY.replace("the new image", "another one").replace("Name: carried", "Name: other")
        await visit.call("UpdateStack", StackName="demo", TemplateBody=other)
        (output,) = (await visit.settled())["Outputs"]
        assert output["Description"] == "another one"

    visited(tmp_path, story)


def test_the_change_set_that_was_executed_last_is_found_among_many(tmp_path: Path) -> None:
    async def story(visit: Visit) -> None:
        await visit.create()
        assert "ChangeSetId" not in await visit.stack()
        made = []
        for turn in range(12):
            given = [{"ParameterKey": "Suffix", "ParameterValue": f"turn-{turn}"}]
            proposed = await visit.call(
                "CreateChangeSet",
                StackName="demo",
                ChangeSetName=f"turn-{turn}",
                TemplateBody=COPY,
                Parameters=given,
            )
            made.append(proposed["Id"])
        await visit.call("ExecuteChangeSet", ChangeSetName=made[1])
        assert (await visit.settled())["ChangeSetId"] == made[1]

    visited(tmp_path, story)
