"""What goes wrong on the way: deaths at any call, lost replies, refusals for now, forgotten tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from imageferry.model.handlers import HandlerAction
from imageferry.testing.lines import Death, Trouble
from imageferry.testing.lives import (
    change,
    ended,
    make,
    read_as_wanted,
    remove,
    require_one,
)
from imageferry.testing.subjects import Subject
from imageferry.testing.trials import Trial, trial_of

Deed = Callable[[Trial], Awaitable[None]]
_FORGOTTEN = 1_200.0
_LIFETIME = 60.0


async def _create(trial: Trial) -> None:
    await make(trial)


async def _delete(trial: Trial) -> None:
    await remove(trial)


def _change(name: str) -> Deed:
    async def deed(trial: Trial) -> None:
        await change(trial, trial.wanted(name))

    return deed


def deeds(subject: Subject) -> dict[str, Deed]:
    """What a resource goes through, by name: create, each change, delete."""
    changes = {f"update {name}": _change(name) for name in subject.changes}
    return {"create": _create, **changes, "delete": _delete}


async def _play(subject: Subject, deed: str, arm: Callable[[Trial], None] | None) -> int:
    """A life in which one deed is disturbed; how many changing calls the deed took."""
    async with trial_of(subject) as trial:
        if deed != "create":
            await make(trial)
        before = len(trial.cloud.line.changes)
        if arm is not None:
            arm(trial)
        await deeds(subject)[deed](trial)
        count = len(trial.cloud.line.changes) - before
        trial.require(trial.cloud.line.is_calm, f"what was to go wrong in {deed} was not reached")
        if deed != "delete":
            require_one(trial)
            await read_as_wanted(trial)
            await remove(trial)
        return count


async def die(subject: Subject, deed: str, when: Death) -> None:
    """The process dies at each changing call of a deed, before it is carried out or after."""
    for number in range(1, await _play(subject, deed, None) + 1):

        def arm(trial: Trial, number: int = number) -> None:
            trial.cloud.line.die(number, when)

        await _play(subject, deed, arm)


async def disturb(subject: Subject, deed: str, trouble: Trouble) -> None:
    """Each changing call of a deed meets a trouble once, and the first looks of the deed as well."""
    for number in range(1, await _play(subject, deed, None) + 1):

        def arm(trial: Trial, number: int = number) -> None:
            trial.cloud.line.disturb(number, trouble)

        await _play(subject, deed, arm)


async def disturb_looks(subject: Subject, trouble: Trouble) -> None:
    """The first looks of create and of delete meet a trouble."""
    async with trial_of(subject) as trial:
        for number in (1, 3):
            trial.cloud.line.disturb(number, trouble, changing=False)
        await make(trial)
        trial.cloud.line.disturb(1, trouble, changing=False)
        await remove(trial)


async def forget(subject: Subject, when: Death) -> None:
    """The process died at the call that makes, and the cloud has forgotten the token since.

    BEFORE: nothing was made, which is seen once `visible_by` has passed. AFTER: it was, and is
    found.
    """
    async with trial_of(subject) as trial:
        trial.cloud.choose(token_lifetime_seconds=_LIFETIME)
        wanted = trial.example
        request = trial.request(HandlerAction.CREATE, wanted)
        request = await trial.perform_to_death(request, when)
        await trial.cloud.clock.sleep(_FORGOTTEN)
        trial.restart()
        answers = await trial.perform(request)
        trial.take(answers, wanted)
        ended(trial, answers, "create after a forgotten token")
        require_one(trial)
        await remove(trial)
