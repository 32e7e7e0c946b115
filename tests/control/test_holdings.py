"""Holdings: what stacks and open operations hold and use, by every id that is said of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from imageferry.control.holdings import Holder, Holdings, find_holdings
from imageferry.model.statuses import StepStatus
from imageferry.ports.keeping import Batch
from tests.store.samples import (
    begin,
    ending,
    opened,
    operation_on,
    record_of,
    resource_of,
    stack_named,
)

KEPT = Holder("stack-kept", "kept", "Osaka")
AT_WORK = Holder("stack-busy", "busy", "Tokyo")


@pytest.fixture(scope="module")
def holdings(tmp_path_factory: pytest.TempPathFactory) -> Holdings:
    """Of a stack at rest, and of one whose operation is open."""

    async def look(home: Path) -> Holdings:
        async with opened(home) as store:
            kept = stack_named("kept")
            await begin(store, kept)
            osaka = resource_of(
                "Osaka",
                leftovers=({"image_id": "m-left", "region": "cn-beijing"},),
                context={"targets": ["cn-beijing/m-listed"]},
            )
            operation = operation_on(kept)
            opened_up = resource_of(
                "Opened",
                physical_id="m-shared",
                properties={"ImageId": "m-shared"},
                attributes={"ImageId": "m-shared"},
            )
            closing = ending(kept, resources=[osaka, opened_up])
            await store.close_operation(operation.operation_id, 1, closing)
            busy = operation_on(stack_named("busy"))
            await begin(store, stack_named("busy"), busy)
            tokyo = record_of("Tokyo", status=StepStatus.RUNNING, physical_id="cn-x/m-begun")
            await store.flush(busy.operation_id, 1, Batch([tokyo]))
            return await find_holdings(store)

    return asyncio.run(look(tmp_path_factory.mktemp("home")))


@pytest.mark.parametrize(
    ("thing_id", "holder"),
    [
        pytest.param("m-Osaka", KEPT, id="what a resource is"),
        pytest.param("m-left", KEPT, id="what it has left over"),
        pytest.param("m-listed", KEPT, id="what its notes name, with a place before it"),
        pytest.param("m-begun", AT_WORK, id="what an open operation has begun"),
        pytest.param("m-golden", None, id="what is only used"),
        pytest.param("m-shared", None, id="what a resource is that its properties name"),
        pytest.param("m-unknown", None, id="what nobody names"),
    ],
)
def test_who_holds_a_thing(holdings: Holdings, thing_id: str, holder: Holder | None) -> None:
    assert holdings.held.get(thing_id) == holder


def test_what_properties_name_is_used(holdings: Holdings) -> None:
    assert holdings.used["m-golden"] in {KEPT, AT_WORK}
    assert "m-Osaka" not in holdings.used
