"""Outputs of a change set: what an exported one will be, as far as it can be foreseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.control.templates import prepare, read_template
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.changes import ChangeKind, WantedOutput
from imageferry.model.diagnostics import TemplateError
from imageferry.model.values import UNKNOWN, Secret, Value
from imageferry.planning.planner import Intention, plan
from tests.planning.plots import CATALOG, PLACE, STACK, carried_out

SOURCE = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Material: {Type: String, Default: iron}
  Size: {Type: Number, Default: 1}
  Name: {Type: String, Default: core}
  Password: {Type: String, Default: hidden, NoEcho: true}
Conditions: {Never: !Equals [a, b]}
Resources:
  Thing:
    Type: ALIYUN::TEST::Thing
    Properties: {Name: thing, Material: !Ref Material, Size: !Ref Size}
Outputs:
  Plain: {Value: !GetAtt Thing.Core}
  Core: {Value: !GetAtt Thing.Core, Export: {Name: !Sub '${AWS::StackName}-${Name}'}}
  Id: {Value: !Ref Thing, Export: {Name: id}}
  Word: {Value: !Ref Password, Export: {Name: word}}
  Never: {Condition: Never, Value: x, Export: {Name: id}}
"""


def outputs(former: dict[str, Value] | None = None, **parameters: Value) -> dict[str, WantedOutput]:
    """The outputs of an update from what `former` parameters have made, or of a creation."""
    resources = None
    for given, last in ((former, False), (parameters, True)):
        if given is None:
            continue
        template, _ = read_template(SOURCE.encode(), "t.yml")
        prepared = prepare(template, given, {}, PLACE, "s-1", "demo", CATALOG)
        kind = ChangeKind.UPDATE if resources else ChangeKind.CREATE
        stack = replace(STACK, dialect="cloudformation", template=SOURCE.encode())
        intention = Intention(
            "c-1", stack, kind, template, prepared.bindings, MANNERS["cloudformation"], True, 1.0
        )
        change_set = plan(intention, resources or {}, CATALOG)
        if last:
            return {output.name: output for output in change_set.outputs}
        resources = carried_out(change_set)
    raise AssertionError("nothing was planned")


def test_a_new_stack_foresees_little() -> None:
    found = outputs()
    assert list(found) == ["Plain", "Core", "Id", "Word"]
    assert [one.export_name for one in found.values()] == ["", "demo-core", "id", "word"]
    assert found["Core"].foreseen is UNKNOWN
    assert found["Word"].foreseen == Secret("hidden")


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        pytest.param({}, {"Core", "Id", "Word"}, id="nothing"),
        pytest.param({"Material": "gold"}, {"Id", "Word"}, id="renewed behind its reference"),
        pytest.param({"Size": 2}, {"Word"}, id="replaced"),
    ],
)
def test_an_update_foresees_what_it_leaves_alone(
    changed: dict[str, Value], known: set[str]
) -> None:
    found = outputs({}, **changed)
    exported = [one for one in found.values() if one.export_name]
    assert {one.name for one in exported if one.foreseen is not UNKNOWN} == known


def test_two_outputs_of_one_export_name() -> None:
    with pytest.raises(
        TemplateError, match="the outputs 'Core' and 'Id' have the same export"
    ) as f:
        outputs_named("id")
    assert [one.code for one in f.value.diagnostics] == ["IF361"]


def outputs_named(name: str) -> None:
    template, _ = read_template(
        SOURCE.replace("${AWS::StackName}-${Name}", "${Name}").encode(), "t.yml"
    )
    prepared = prepare(template, {"Name": name}, {}, PLACE, "s-1", "demo", CATALOG)
    stack = replace(STACK, dialect="cloudformation")
    plan(
        Intention(
            "c-1", stack, ChangeKind.CREATE, template, prepared.bindings,
            MANNERS["cloudformation"], True, 1.0,
        ),
        {},
        CATALOG,
    )  # fmt: skip
