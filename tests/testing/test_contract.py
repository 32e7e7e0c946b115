"""The contract suite passes a handler that keeps the contract, and names the promise that one breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Outcome,
    Pending,
)
from imageferry.testing import Case, ContractBroken, EmulatedCloud, contract_cases, run_case
from tests.plugins.berths.harbour_types.berths import BerthHandler, wanted
from tests.testing.yard import LinedYard, berth_handler, berth_subject


@pytest.mark.parametrize("case", contract_cases(berth_subject()), ids=str)
def test_a_handler_of_another_service_keeps_the_contract(case: Case) -> None:
    run_case(case)


class Broken:
    """A handler like that of berths, but for some methods."""

    def __init__(self, cloud: EmulatedCloud, methods: Mapping[str, Any]) -> None:
        self.cloud = cloud
        self.yard = LinedYard(cloud.others["yard"], cloud.line)
        self.good: BerthHandler = berth_handler(cloud)
        self.memory: dict[str, Any] = {}
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        if name not in {"create", "read", "update", "delete", "clean_up"}:
            raise AttributeError(name)
        other = self._methods.get(name)
        if other is None:
            return getattr(self.good, name)

        async def asked(request: HandlerRequest) -> Outcome:
            outcome: Outcome = await other(self, request)
            return outcome

        return asked


async def waits(self: Broken, request: HandlerRequest) -> Outcome:
    await self.cloud.clock.sleep(30.0)
    return await self.good.create(request)


async def books_twice(self: Broken, request: HandlerRequest) -> Outcome:
    await self.yard.book(request.token, "one", wanted(request))
    await self.yard.book(f"{request.token}-2", "two", wanted(request))
    return await self.good.create(request)


async def forgets_the_token(self: Broken, request: HandlerRequest) -> Outcome:
    self.memory["asked"] = self.memory.get("asked", 0) + 1
    other = f"{request.token}-{self.cloud.restarts}"
    return await self.good.create(replace(request, token=other))


async def hides_the_id(self: Broken, request: HandlerRequest) -> Outcome:
    if not request.context:
        number = await self.yard.book(request.token, "hidden", wanted(request))
        self.memory["number"] = number
        return Pending(None, 1.0, context={"step": 2}, observes=True)
    return await self.good.create(request)


async def tells_the_secret(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.create(request)
    if not isinstance(outcome, Done):
        return outcome
    return replace(outcome, notes=(f"the gate opens with {wanted(request)['gate']}",))


async def notes_an_object(self: Broken, request: HandlerRequest) -> Outcome:
    return Pending(None, 1.0, context={"yard": object()})  # type: ignore[dict-item]


async def notes_too_much(self: Broken, request: HandlerRequest) -> Outcome:
    return Pending(None, 1.0, context={"all": "x" * 3_000})


async def goes_back(self: Broken, request: HandlerRequest) -> Outcome:
    asked = int(str(request.context.get("asked", 0)))
    if asked < 2:
        progress = 50 - 20 * asked
        return Pending(None, 1.0, progress=progress, context={"asked": asked + 1})
    return await self.good.create(request)


async def has_other_attributes(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.create(request)
    if not isinstance(outcome, Done):
        return outcome
    return replace(outcome, attributes={"Nummer": outcome.physical_id})


async def makes_nothing(self: Broken, request: HandlerRequest) -> Outcome:
    return Done("b-9", {"Number": "b-9"})


async def sees_drift(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.read(request)
    if isinstance(outcome, Done):
        return replace(outcome, observed={"Metres": 1})
    return outcome


async def reads_what_is_gone(self: Broken, request: HandlerRequest) -> Outcome:
    number = request.physical_id or ""
    return Done(number, {"Number": number})


async def changes_by_reading(self: Broken, request: HandlerRequest) -> Outcome:
    await self.yard.change(request.physical_id or "", wanted(request))
    return await self.good.read(request)


async def changes_at_once(self: Broken, request: HandlerRequest) -> Outcome:
    await self.yard.change(request.physical_id or "", wanted(request))
    return Done(request.physical_id, {"Number": request.physical_id})


async def changes_nothing(self: Broken, request: HandlerRequest) -> Outcome:
    return Done(request.physical_id, {"Number": request.physical_id})


async def moves_by_updating(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.update(request)
    if isinstance(outcome, Done):
        return replace(outcome, physical_id="b-77", attributes={"Number": "b-77"})
    return outcome


async def announces_a_look(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.update(request)
    return replace(outcome, observes=True) if isinstance(outcome, Pending) else outcome


async def fails_without_words(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.update(request)
    return Failed(ErrorCode.NOT_FOUND, " ") if isinstance(outcome, Failed) else outcome


async def raises(self: Broken, request: HandlerRequest) -> Outcome:
    raise LookupError("no such berth")


async def deletes_nothing(self: Broken, request: HandlerRequest) -> Outcome:
    return Done(None)


async def misses_what_is_gone(self: Broken, request: HandlerRequest) -> Outcome:
    number = request.physical_id
    if number is not None and await self.yard.look(number) is None:
        return Failed(ErrorCode.NOT_FOUND, "it is not there")
    return await self.good.delete(request)


async def deletes_everything(self: Broken, request: HandlerRequest) -> Outcome:
    if request.context.get("phase") != "all":
        return Pending(request.physical_id, 0.0, context={"phase": "all"})
    if await self.yard.look("b-1") is not None:
        await self.yard.free("b-1")
        return Pending(request.physical_id, 0.0, context={"phase": "all"})
    return await self.good.delete(replace(request, context={"phase": "leaving"}))


async def remembers(self: Broken, request: HandlerRequest) -> Outcome:
    if "asked" in self.memory:
        return await self.good.delete(replace(request, context={"phase": "leaving"}))
    self.memory["asked"] = True
    # The next process is told that it was begun, and cannot tell how far.
    return Pending(request.physical_id, 1.0, context={"n": self.cloud.restarts})


BREAKS: Mapping[str, tuple[Mapping[str, Callable[..., Any]], str]] = {
    "it waits": ({"create": waits}, "it waited 30 s inside one call"),
    "two calls at once": ({"create": books_twice}, "one invocation made"),
    "another token in each process": ({"create": forgets_the_token}, "carries no token|to be 1"),
    "the id is not told": ({"create": hides_the_id}, "its id is not in the answer"),
    "a secret in a note": ({"create": tells_the_secret}, "a secret stands in a note"),
    "a context that is no JSON": ({"create": notes_an_object}, "is no JSON"),
    "a context that is too large": ({"create": notes_too_much}, "the context has 30"),
    "progress falls": ({"create": goes_back}, "progress fell from 50 to 30"),
    "other attributes": ({"create": has_other_attributes}, '"Number" of the schema is missing'),
    "nothing is made": ({"create": makes_nothing}, "create made \\[\\]"),
    "drift from the beginning": ({"read": sees_drift}, "read shows drift"),
    "read finds what is gone": ({"read": reads_what_is_gone}, "instead of NotFound"),
    "read changes": ({"read": changes_by_reading}, "read changed something: change"),
    "a change that is not announced": ({"update": changes_at_once}, "before its context was"),
    "a change that is not made": ({"update": changes_nothing}, "shows drift|instead of NotFound"),
    "another physical id": ({"update": moves_by_updating}, "was not to replace"),
    "a look that changes": ({"update": announces_a_look}, "said that it only observes"),
    "a failure without words": ({"update": fails_without_words}, "says why in its message"),
    "it raises": ({"delete": raises}, "delete raised LookupError"),
    "nothing is deleted": ({"delete": deletes_nothing}, "is still there"),
    "delete misses what is gone": ({"delete": misses_what_is_gone}, "delete ended as Failed"),
    "what is not ours goes": ({"delete": deletes_everything}, "is none of ours"),
    "it needs its memory": ({"delete": remembers}, "there is no end"),
}


@pytest.mark.parametrize(("methods", "says"), BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_promise_is_found_and_named(
    methods: Mapping[str, Callable[..., Any]], says: str
) -> None:
    subject = berth_subject(lambda cloud: Broken(cloud, methods))
    said = []
    for case in contract_cases(subject):
        try:
            run_case(case)
        except ContractBroken as broken:
            said.append(str(broken).partition("\n")[0])
            if re.search(says, said[-1]):
                return
    pytest.fail(f"nobody noticed; {said}")


def test_what_went_before_is_told() -> None:
    subject = berth_subject(lambda cloud: Broken(cloud, {"update": moves_by_updating}))
    case = next(one for one in contract_cases(subject) if one.name == "change length, and back")
    with pytest.raises(ContractBroken) as broken:
        run_case(case)
    lines = str(broken.value).splitlines()
    assert lines[1].startswith("  create called book")
    assert any("update → Pending" in line and "changing" in line for line in lines)


def test_an_example_that_is_wrong_is_told() -> None:
    subject = replace(berth_subject(), properties={"Metres": "long"})
    with pytest.raises(ContractBroken, match="the example"):
        run_case(contract_cases(subject)[0])


def test_cases_have_names_of_their_own() -> None:
    names = [str(case) for case in contract_cases(berth_subject())]
    assert len(names) == len(set(names)) > 40
