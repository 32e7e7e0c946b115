"""Plans made from real templates over a type of things, and what would be there once carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from imageferry.control.templates import prepare, read_template
from imageferry.engine.execution import Patience, Site, begin
from imageferry.engine.steps import Step, Steps, closing_steps, making_steps
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.handlers import HandlerAction
from imageferry.model.journal import Standing
from imageferry.model.operations import StepRecord
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import StackStatus, StepStatus
from imageferry.model.templates import Bindings
from imageferry.model.values import Value
from imageferry.planning.planner import Intention, plan
from tests.scenarios.things import ThingCatalog, Things

PLACE = Place("emulator", "1", "cn-hangzhou")
CATALOG = ThingCatalog(Things())
STACK = Stack("s-1", "demo", PLACE, "ros", StackStatus.CREATED)

THINGS = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Names: {Type: CommaDelimitedList, Default: "a,b,c"}
  Size: {Type: Number, Default: 1}
  Material: {Type: String, Default: iron}
Resources:
  Each:
    Type: ALIYUN::TEST::Thing
    Count: !Length {Ref: Names}
    Properties:
      Name: !Select [{Ref: 'ALIYUN::Index'}, {Ref: Names}]
      Size: !Ref Size
      Parts: [!GetAtt [Base, Core]]
  Base:
    Type: ALIYUN::TEST::Thing
    Properties: {Name: base, Material: {Ref: Material}}
Outputs:
  Ids: {Value: !GetAtt [Each, Id]}
"""
"""A base that is declared after the counted things which need it."""


def planned(
    source: str,
    resources: Mapping[str, Resource] | None = None,
    *,
    replaces: bool = False,
    **parameters: Value,
) -> ChangeSet:
    """The change set that brings a stack of `resources` to a template."""
    template, _ = read_template(source.encode(), "t.yml")
    prepared = prepare(template, parameters, {}, PLACE, "s-1", "demo", CATALOG)
    kind = ChangeKind.UPDATE if resources else ChangeKind.CREATE
    stack = replace(STACK, template=source.encode())
    intention = Intention(
        "c-1", stack, kind, template, prepared.bindings, MANNERS["ros"], replaces, 1.0
    )
    return plan(intention, resources or {}, CATALOG)


def removal(resources: Mapping[str, Resource]) -> ChangeSet:
    """The change set that deletes everything."""
    intention = Intention(
        "c-2", STACK, ChangeKind.DELETE, None, Bindings({}, {}), MANNERS["ros"], False, 1.0
    )
    return plan(intention, resources, CATALOG)


_IDS = count(1)


def record_of(
    step: Step, change_set: ChangeSet, resources: Mapping[str, Resource], now: float
) -> StepRecord:
    """The record of a step that has succeeded."""
    site = Site(STACK, "o-1", "12345678", change_set, CATALOG, Patience())
    begun = begin(step, site, resources, 0, now)
    if step.action in {HandlerAction.DELETE, HandlerAction.CLEAN_UP}:
        return replace(begun, status=StepStatus.DONE, ended_at=now)
    thing_id = begun.physical_id or f"t-{next(_IDS)}"
    material = (begun.properties or {}).get("Material", "iron")
    return replace(
        begun,
        status=StepStatus.DONE,
        physical_id=thing_id,
        attributes={"Id": thing_id, "Core": f"{material}-core"},
        ended_at=now,
    )


def carried_out(
    change_set: ChangeSet, resources: Mapping[str, Resource] | None = None
) -> dict[str, Resource]:
    """What is there once every step of a change set has succeeded, in the order of its graph."""
    former = resources or {}
    standing = Standing(former, change_set)

    def walk(steps: Steps) -> None:
        for number, step_id in enumerate(steps.graph.order()):
            step = steps.by_id[step_id]
            standing.apply(record_of(step, change_set, standing.now, 100.0 + number))

    walk(making_steps(change_set, Standing(former, change_set).now))
    walk(closing_steps(change_set, dict(standing.now)))
    standing.forget_retained()
    return standing.now


def actions(change_set: ChangeSet) -> dict[str, str]:
    """The action of each address."""
    return {str(change.address): change.action.value for change in change_set.changes}
