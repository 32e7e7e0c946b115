"""The contract suite: every case that a resource type is run through, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from imageferry.testing import abilities, breaks, lives
from imageferry.testing.lines import Death, Trouble
from imageferry.testing.subjects import Subject
from imageferry.testing.virtual_time import run_virtually


class Case(NamedTuple):
    """One case for one subject. `published` names the tests of CloudFormation that it stands for."""

    subject: Subject
    name: str
    play: Callable[[Subject], Awaitable[None]]
    published: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject.type_name}: {self.name}"


def contract_cases(subject: Subject) -> Sequence[Case]:
    """Every case for a subject, for `pytest.mark.parametrize(…, ids=str)`."""
    return [Case(subject, *one) for one in _cases(subject)]


def run_case(case: Case) -> None:
    """Play a case in virtual time; raises ContractBroken that says which promise is broken."""

    async def played() -> None:
        await case.play(case.subject)

    run_virtually(played())


_Row = tuple[str, Callable[[Subject], Awaitable[None]], tuple[str, ...]]


def _cases(subject: Subject) -> Iterator[_Row]:
    yield from _lives(subject)
    for name in subject.changes:
        published = ("contract_update_read", "contract_update_list")
        yield f"change {name}, and back", partial(lives.change_and_read, name=name), published
    if subject.only_reads:
        yield from _looks(subject)
        return
    for name in subject.changes:
        yield f"leave the change {name} at any answer", partial(lives.take_back, name=name), ()
    for when in Death:
        named = f"die {when.value} the first call, then delete"
        yield named, partial(lives.remove_unknown, when=when), ()
        named = f"die {when.value} the first call, the token being forgotten"
        yield named, partial(breaks.forget, when=when), ()
    for deed in breaks.deeds(subject):
        for when in Death:
            play = partial(breaks.die, deed=deed, when=when)
            yield f"{deed}: die {when.value} any call", play, ()
        for trouble in Trouble:
            disturbed = partial(breaks.disturb, deed=deed, trouble=trouble)
            yield f"{deed}: any call {_WORDS[trouble]}", disturbed, ()
    yield from _abilities(subject)
    yield from _looks(subject)


def _abilities(subject: Subject) -> Iterator[_Row]:
    yield "what somebody else changes is set back", abilities.set_back, ()
    if not subject.stays:
        yield "what is gone is made anew", abilities.make_anew, ()
        yield "what exists is taken in, and given back", abilities.take_in, ()
    if subject.remains is not None:
        yield "a delete that leaves nothing", abilities.leave_nothing, ()


def _lives(subject: Subject) -> Iterator[_Row]:
    yield (
        "create, read, delete",
        lives.live,
        ("contract_create_delete", "contract_create_read", "contract_create_list"),
    )
    yield "create, read, delete at its own pace", lives.live_slowly, ()
    yield "a new process after everything that is recorded", lives.live_in_many_processes, ()
    if not subject.stays:
        published = ("contract_delete_read", "contract_delete_list")
        yield "read after delete", lives.read_removed, published
        yield "what was removed by somebody else", lives.meet_dead, ()
    yield (
        "update after delete",
        lives.update_removed,
        ("contract_delete_update", "contract_update_without_create"),
    )
    yield "delete after delete", lives.remove_twice, ("contract_delete_delete",)
    yield "create after delete", lives.make_again, ("contract_delete_create",)
    yield "delete what was never made", lives.remove_unmade, ()
    if not subject.only_reads:
        yield "the same token twice", lives.repeat_token, ("contract_create_create",)
        yield "leave a create at any answer", lives.leave_and_remove, ()
    if subject.late is not None:
        yield "what is made becomes visible late", lives.live_unseen, ()
    if subject.secrets:
        yield "secrets are kept", lives.keep_secrets, ()


def _looks(subject: Subject) -> Iterator[_Row]:
    for trouble in Trouble:
        yield f"looks {_WORDS[trouble]}", partial(breaks.disturb_looks, trouble=trouble), ()


_WORDS = {
    Trouble.DROPPED: "dropped on the way",
    Trouble.LOST: "loses its reply",
    Trouble.THROTTLED: "is throttled",
    Trouble.UNAVAILABLE: "meets a service that is unavailable",
}
