"""Plans of templates whose data sources have been read, for the tests beside it."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.control.templates import prepare, read_template
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import ChangeKind, ChangeSet, ResourceChange
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value
from imageferry.planning.planner import Intention, plan
from imageferry.resource_types.installed import InstalledTypes
from tests.planning.plots import PLACE, STACK

CATALOG = InstalledTypes()
SEARCH = "DATASOURCE::ECS::Images"
EACH = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Each:
    Type: DATASOURCE::ECS::Images
    Count: !Length {Ref: Names}
    Properties: {ImageName: !Select [!Ref ALIYUN::Index, !Ref Names]}
"""


def planned(
    resources: Mapping[str, Resource],
    readings: Mapping[str, Mapping[str, Value]],
    source: str,
    **parameters: Value,
) -> ChangeSet:
    """The change set of a template, given what stands and what its searches find now."""
    template, _ = read_template(source.encode(), "t.yml")
    prepared = prepare(template, parameters, {}, PLACE, "s-1", "demo", CATALOG)
    intention = Intention(
        "c-1", STACK, ChangeKind.UPDATE, template, prepared.bindings, MANNERS["ros"], True, 1.0,
        readings=readings,
    )  # fmt: skip
    return plan(intention, resources, CATALOG)


def changes(change_set: ChangeSet) -> dict[str, ResourceChange]:
    """Every change, by address."""
    return {str(one.address): one for one in change_set.changes}


def each(found: Mapping[str, Mapping[str, Value]]) -> dict[str, Resource]:
    """The searches of EACH that stand: what was found, by the name that each looks for."""
    return {
        f"Each[{index}]": Resource(
            ResourceAddress("Each", index), SEARCH, ResourceStatus.CREATED,
            physical_id=f"read-{index}", properties={"ImageName": name},
            attributes=attributes, generation=1,
        )
        for index, (name, attributes) in enumerate(found.items())
    }  # fmt: skip
