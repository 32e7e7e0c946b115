"""Small faults of a handler, each with the case of the contract suite that finds it and a life that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Outcome, Pending
from imageferry.ports.traces import Candidate, Inspection, TraceTrouble
from imageferry.testing import Case, ContractBroken, Subject, contract_cases, run_case
from tests.plugins.berths.harbour_types.berths import done, wanted
from tests.testing.test_contract import Broken
from tests.testing.yard import berth_subject

PLAIN = "create, read, delete"


async def makes_anew_by_updating(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.update(request)
    if isinstance(outcome, Failed) and request.context.get("phase") != "anew":
        return Pending(request.physical_id, 0.0, context={"phase": "anew"})
    if isinstance(outcome, Failed):
        return done(await self.yard.book(request.token, "anew", wanted(request)))
    return outcome


async def wants_it_to_be_there(self: Broken, request: HandlerRequest) -> Outcome:
    if request.physical_id and await self.yard.look(request.physical_id) is None:
        return Failed(ErrorCode.NOT_FOUND, "there is no such berth")
    return await self.good.delete(request)


async def takes_a_quay_once(self: Broken, request: HandlerRequest) -> Outcome:
    quay = wanted(request)["quay"]
    taken = [one for one in self.cloud.others["yard"].berths.values() if one.get("quay") == quay]
    if taken and not request.repeated:
        return Failed(ErrorCode.ALREADY_EXISTS, f"the quay {quay} had a berth")
    return await self.good.create(request)


async def tidies_up(self: Broken, request: HandlerRequest) -> Outcome:
    if request.physical_id is not None:
        return await self.good.delete(request)
    if request.context.get("phase") != "tidy":
        return Pending(None, 0.0, context={**request.context, "phase": "tidy"})
    await self.yard.free("b-0" if "b-0" in self.cloud.others["yard"].berths else "b-1")
    return Done(None)


async def keeps_the_gate(self: Broken, request: HandlerRequest) -> Outcome:
    if wanted(request)["gate"] is None:
        return Done(request.physical_id, {"Number": request.physical_id})
    return await self.good.update(request)


async def trusts_the_record(self: Broken, request: HandlerRequest) -> Outcome:
    if request.properties == request.previous:
        return Done(request.physical_id, {"Number": request.physical_id})
    return await self.good.update(request)


async def looks_for_nothing(self: Broken, request: HandlerRequest) -> Outcome:
    if request.uncertain:
        return Pending(None, 30.0, context={"waits": True})
    return await self.good.create(request)


async def gives_up_when_uncertain(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.create(replace(request, visible_by=0.0))
    if request.uncertain and request.now >= request.visible_by and isinstance(outcome, Done):
        return outcome
    if request.uncertain:
        return Failed(ErrorCode.NOT_STABILIZED, "nobody knows what became of it")
    return outcome


async def books_when_uncertain(self: Broken, request: HandlerRequest) -> Outcome:
    # The service has forgotten the token by then: the same words make another one.
    token = f"{request.token}-late" if request.uncertain else request.token
    return await self.good.create(replace(request, uncertain=False, token=token))


def fails_at_once(deed: str) -> Callable[[Broken, HandlerRequest], Any]:
    async def asked(self: Broken, request: HandlerRequest) -> Outcome:
        method: Callable[[HandlerRequest], Any] = getattr(self.good, deed)
        outcome: Outcome = await method(request)
        if isinstance(outcome, Pending) and outcome.status_says:
            return Failed(ErrorCode.NETWORK_FAILURE, "the yard is busy", context=request.context)
        return outcome

    return asked


async def remembers_the_phase(self: Broken, request: HandlerRequest) -> Outcome:
    if "leaving" in self.memory:
        return await self.good.delete(replace(request, context={"phase": "leaving"}))
    if request.context:
        return Failed(ErrorCode.INTERNAL_FAILURE, "it was not this process that began")
    self.memory["leaving"] = True
    return Pending(request.physical_id, 1.0, context={"begun": True})


async def notes_the_gate(self: Broken, request: HandlerRequest) -> Outcome:
    outcome = await self.good.create(request)
    if request.context or not isinstance(outcome, Done):
        return outcome
    return Pending(outcome.physical_id, 0.0, context={"gate": wanted(request)["gate"]})


async def says_more_when_slow(self: Broken, request: HandlerRequest) -> Outcome:
    is_slow = self.cloud.emulator.world.choices.speed == 1.0
    asked = int(str(request.context.get("asked", 0)))
    if is_slow and asked < 2:
        return Pending(None, 1.0, progress=50 - asked, context={"asked": asked + 1})
    return await self.good.create(request)


async def deletes_what_it_took_in(self: Broken, request: HandlerRequest) -> Outcome:
    return await self.good.delete(replace(request, adopts=None))


async def makes_what_it_takes_in(self: Broken, request: HandlerRequest) -> Outcome:
    return await self.good.create(replace(request, adopts=None))


FAULTS: Mapping[str, tuple[Mapping[str, Callable[..., Any]], tuple[str, ...]]] = {
    "update makes what is gone": (
        {"update": makes_anew_by_updating},
        ("update after delete", "what was removed by somebody else"),
    ),
    "delete wants it to be there": (
        {"delete": wants_it_to_be_there},
        ("delete after delete", "what was removed by somebody else", "delete: die after any call"),
    ),
    "a name is never free again": ({"create": takes_a_quay_once}, ("create after delete",)),
    "delete tidies up": ({"delete": tidies_up}, ("delete what was never made",)),
    "what is taken away is kept": ({"update": keeps_the_gate}, ("change gate, and back",)),
    "the record is trusted": (
        {"update": trusts_the_record},
        ("what somebody else changes is set back",),
    ),
    "nobody looks for what was begun": (
        {"create": looks_for_nothing},
        ("die after the first call, then delete",),
    ),
    "an old token is given up": (
        {"create": gives_up_when_uncertain},
        ("die before the first call, the token being forgotten",),
    ),
    "an old token is used again": (
        {"create": books_when_uncertain},
        ("die after the first call, the token being forgotten",),
    ),
    "create gives up at once": (
        {"create": fails_at_once("create")},
        tuple(
            f"create: any call {how}"
            for how in (
                "dropped on the way",
                "loses its reply",
                "is throttled",
                "meets a service that is unavailable",
            )
        ),
    ),
    "update gives up at once": (
        {"update": fails_at_once("update")},
        ("update length: any call dropped on the way", "update gate: any call is throttled"),
    ),
    "delete gives up at once": (
        {"delete": fails_at_once("delete")},
        ("delete: any call loses its reply", "looks is throttled", "looks dropped on the way"),
    ),
    "the phase is in memory": (
        {"delete": remembers_the_phase},
        ("a new process after everything that is recorded", "delete: die before any call"),
    ),
    "a secret in the context": ({"create": notes_the_gate}, ("secrets are kept",)),
    "progress falls where it is slow": (
        {"create": says_more_when_slow},
        ("create, read, delete at its own pace",),
    ),
    "what was taken in is deleted": (
        {"delete": deletes_what_it_took_in},
        ("what exists is taken in, and given back",),
    ),
    "another one is made": (
        {"create": makes_what_it_takes_in},
        ("what exists is taken in, and given back",),
    ),
}


def cases_of(subject: Subject) -> Mapping[str, Case]:
    return {case.name: case for case in contract_cases(subject)}


@pytest.mark.parametrize(("methods", "found_by"), FAULTS.values(), ids=FAULTS.keys())
def test_a_small_fault_is_found_by_the_case_that_is_meant_for_it(
    methods: Mapping[str, Callable[..., Any]], found_by: tuple[str, ...]
) -> None:
    cases = cases_of(berth_subject(lambda cloud: Broken(cloud, methods)))
    run_case(cases[PLAIN])
    for name in found_by:
        with pytest.raises(ContractBroken):
            run_case(cases[name])


class Blind:
    """An adopter that answers every look alike."""

    def __init__(self, answer: Inspection | TraceTrouble) -> None:
        self._answer = answer

    async def inspect(self, candidate: Candidate) -> Inspection:
        if isinstance(self._answer, TraceTrouble):
            raise self._answer
        return replace(self._answer, adopts={"id": candidate.thing_id})

    async def is_gone(self, resource: object, region: str) -> bool:
        return False


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Inspection({}, changes=(("Metres", 1, 12),)), "inspect says: ..Metres"),
        (TraceTrouble("not now"), "inspect says: not now"),
    ],
    ids=["differences where there are none", "a look that fails"],
)
def test_an_adopter_that_does_not_see_is_found(
    answer: Inspection | TraceTrouble, says: str
) -> None:
    subject = replace(berth_subject(), adopter=lambda cloud: Blind(answer))
    case = cases_of(subject)["what exists is taken in, and given back"]
    with pytest.raises(ContractBroken, match=says):
        run_case(case)


def test_a_delete_that_leaves_something_is_found() -> None:
    def numbers(cloud: Any) -> list[str]:
        return list(cloud.others["yard"].berths)

    case = cases_of(replace(berth_subject(), remains=numbers))["a delete that leaves nothing"]
    with pytest.raises(ContractBroken, match="the cloud keeps"):
        run_case(case)
