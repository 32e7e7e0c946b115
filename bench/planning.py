"""How long deciding takes: plans of 1,000 and 10,000 resources."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from figures import Figure, at_most, quantity
from imageferry.assembly.catalogs import open_catalog
from imageferry.control.templates import prepare, read_template
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.stacks import Place, Resource, Stack
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.planning.planner import Intention, plan
from templates import copies, counted_copies

PLACE = Place("emulator", "1000000000000001", "cn-hangzhou")


def measure() -> Iterator[Figure]:
    """Planning something new, the same counted, and something that exists already."""
    first = {number: _planned(copies(number)) for number in (1000, 10_000)}
    yield Figure("plan 1,000 new resources", quantity(first[1000][0], "s"))
    yield at_most("plan 10,000 new resources", first[10_000][0], 1.0, "s")
    yield at_most(
        "plan 10,000 new resources beside 1,000", first[10_000][0] / first[1000][0], 12.0, "times"
    )
    yield Figure("read, validate and bind 10,000 resources", quantity(first[10_000][1], "s"))
    counted = {number: _planned(counted_copies(number))[0] for number in (1000, 10_000)}
    yield at_most("plan 10,000 new resources of one Count", counted[10_000], 1.0, "s")
    yield at_most(
        "plan 10,000 of one Count beside 1,000", counted[10_000] / counted[1000], 12.0, "times"
    )
    again = {}
    for number in (1000, 10_000):
        source = counted_copies(number)
        again[number] = _planned(source, _existing(_planned(source)[2]))[0]
    yield at_most("plan 10,000 existing resources of one Count", again[10_000], 1.0, "s")
    yield at_most(
        "plan 10,000 existing of one Count beside 1,000", again[10_000] / again[1000], 12.0, "times"
    )


def _planned(
    source: bytes, resources: Mapping[str, Resource] | None = None
) -> tuple[float, float, ChangeSet]:
    """Seconds to plan, seconds to come that far, and the change set."""
    catalog = open_catalog()
    began = time.process_time()
    template, _ = read_template(source, "bench.json")
    stack = Stack("bench", "bench", PLACE, template.dialect, StackStatus.CREATED)
    prepared = prepare(template, {}, {}, PLACE, stack.stack_id, stack.name, catalog)
    came = time.process_time()
    change_set = plan(
        Intention(
            change_set_id="bench",
            stack=stack,
            kind=ChangeKind.UPDATE if resources else ChangeKind.CREATE,
            template=prepared.template,
            bindings=prepared.bindings,
            manners=MANNERS[template.dialect],
            replacement_allowed=False,
            now=0.0,
        ),
        resources or {},
        catalog,
    )
    return time.process_time() - came, came - began, change_set


def _existing(change_set: ChangeSet) -> dict[str, Resource]:
    """The resources as if the change set had been carried out."""
    return {
        str(change.address): Resource(
            address=change.address,
            type_name=change.type_name,
            status=ResourceStatus.CREATED,
            physical_id=f"m-{number:020d}",
            properties={changed.path[0]: changed.after for changed in change.properties},
            attributes={"ImageId": f"m-{number:020d}"},
        )
        for number, change in enumerate(change_set.changes)
    }
