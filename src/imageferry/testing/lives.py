"""Whole lives of a resource: made, read, changed, replaced, removed, taken back; what must hold then."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imageferry.model.changes import Replacement
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerAction
from imageferry.model.schemas import UpdateBehaviour
from imageferry.model.values import Secret, reveal
from imageferry.planning.differences import differences, replacement_of
from imageferry.planning.drifting import compare
from imageferry.testing.lines import Death
from imageferry.testing.subjects import Properties, Subject, changed, given
from imageferry.testing.trials import Answers, Trial, trial_of

_MOST_STOPS: Final = 40


def ended(trial: Trial, answers: Answers, deed: str) -> Done:
    """The Done that a step ended with."""
    trial.require(isinstance(answers.outcome, Done), f"{deed} ended as {answers.outcome}")
    assert isinstance(answers.outcome, Done)
    return answers.outcome


async def make(trial: Trial, wanted: Properties | None = None) -> Done:
    """Make the resource, and hold that exactly one thing was made and is as wanted."""
    had = frozenset(trial.made()) if trial.subject.stays else frozenset()
    done = ended(trial, await trial.create(wanted), "create")
    count = 0 if trial.subject.only_reads else 1
    made = sorted(frozenset(trial.made()) - had)
    trial.require(len(made) == count, f"create made {made}, and {count} is what it is to make")
    return done


async def read_as_wanted(trial: Trial) -> None:
    """Hold that read finds the resource, with the attributes and properties of the record."""
    calls = len(trial.cloud.line.changes)
    answers = await trial.read()
    done = ended(trial, answers, "read")
    trial.require(len(trial.cloud.line.changes) == calls, "read changed something")
    trial.require(
        done.physical_id == trial.physical_id,
        f"read says the physical id is {done.physical_id}, and it was {trial.physical_id}",
    )
    trial.require(
        dict(done.attributes) == dict(trial.attributes),
        f"read says the attributes are {done.attributes}, and they were {trial.attributes}",
    )
    trial.require(not done.symptoms, f"read finds symptoms in what is sound: {done.symptoms}")
    if done.observed is not None:
        drift = compare(trial.schema, trial.properties, done.observed)
        trial.require(not drift, f"nobody changed anything, and read shows drift: {drift}")


async def remove(trial: Trial) -> None:
    """Remove the resource, and hold that nothing of it is left."""
    ended(trial, await trial.delete(), "delete")
    _require_none(trial)


def _require_none(trial: Trial) -> None:
    """Hold that nothing of ours is left, where it does not stay."""
    is_left = bool(trial.made()) and not trial.subject.stays
    trial.require(not is_left, f"delete is Done, and {trial.made()} is still there")


async def change(trial: Trial, wanted: Properties) -> None:
    """Bring the resource to other properties as the engine would: in place, or by a replacement."""
    former = trial.physical_id
    replaces = needs_replacement(trial, wanted)
    if replaces and not trial.schema.replaced_by_handler:
        await _replace_outside(trial, wanted)
        return
    more = {"replaces": True} if replaces else {}
    ended(trial, await trial.update(wanted, **more), "update")
    trial.require(
        replaces or trial.physical_id == former,
        f"update made the physical id {former} to {trial.physical_id} and was not to replace",
    )
    await trial.clean_up()


async def _replace_outside(trial: Trial, wanted: Properties) -> None:
    """A replacement by the engine: the new thing is made, and then the old one is removed."""
    old, old_properties, old_attributes = trial.physical_id, trial.properties, trial.attributes
    trial.properties = {}
    ended(trial, await trial.create(wanted), "create of the replacement")
    new = (trial.physical_id, trial.properties, trial.attributes)
    trial.physical_id, trial.properties, trial.attributes = old, old_properties, old_attributes
    ended(trial, await trial.delete(), "delete of what was replaced")
    trial.physical_id, trial.properties, trial.attributes = new


def needs_replacement(trial: Trial, wanted: Properties) -> bool:
    """True where a plan would replace the resource."""
    found = differences(trial.schema, trial.properties, wanted)
    return replacement_of(found) is Replacement.YES


def require_one(trial: Trial) -> None:
    """Hold that there is exactly one thing of ours; or one at least, of those that stay."""
    if trial.subject.stays:
        trial.require(bool(trial.made()), "there is to be one, and there is none")
        return
    count = 0 if trial.subject.only_reads else 1
    trial.require(
        len(trial.made()) == count, f"there is to be {count}, and there is {trial.made()}"
    )


async def live(subject: Subject) -> None:
    """Create, read, delete."""
    async with trial_of(subject) as trial:
        await make(trial)
        await read_as_wanted(trial)
        await remove(trial)


async def live_in_many_processes(subject: Subject) -> None:
    """The same and every change, with a new process after everything that is recorded."""
    async with trial_of(subject) as trial:
        trial.restarts_always = True
        await make(trial)
        await read_as_wanted(trial)
        for name in subject.changes:
            await change(trial, trial.wanted(name))
            await read_as_wanted(trial)
        await remove(trial)


async def live_slowly(subject: Subject) -> None:
    """The same where everything takes its time."""
    async with trial_of(subject) as trial:
        trial.cloud.choose(speed=1.0)
        await make(trial)
        await read_as_wanted(trial)
        await remove(trial)


async def live_unseen(subject: Subject) -> None:
    """The same where what is made becomes visible late."""
    async with trial_of(subject) as trial:
        assert subject.late is not None
        subject.late(trial.cloud)
        await make(trial)
        await read_as_wanted(trial)
        await remove(trial)


async def repeat_token(subject: Subject) -> None:
    """The same token twice makes one thing."""
    async with trial_of(subject) as trial:
        request = trial.request(HandlerAction.CREATE, trial.example)
        first = await trial.ask(request)
        trial.restart()
        second = await trial.ask(replace(request, repeated=True))
        names = [getattr(one, "physical_id", None) for one in (first, second)]
        trial.require(
            None in names or names[0] == names[1], f"the same token was answered with {names}"
        )
        answers = await trial.perform(replace(request, repeated=True))
        trial.take(answers, trial.example)
        ended(trial, answers, "create")
        require_one(trial)
        await remove(trial)


async def change_and_read(subject: Subject, name: str) -> None:
    """One change, there and back again."""
    async with trial_of(subject) as trial:
        await make(trial)
        former = trial.properties
        await change(trial, trial.wanted(name))
        require_one(trial)
        await read_as_wanted(trial)
        changed_to = trial.properties
        _require_taken_away(trial, former, ended(trial, await trial.read(), "read"))
        await change(trial, trial.conformed(former))
        require_one(trial)
        _require_taken_away(trial, changed_to, ended(trial, await trial.read(), "read"))
        await remove(trial)


def _require_taken_away(trial: Trial, before: Properties, read: Done) -> None:
    """Hold that a property which the last change has taken away is not as it was.

    A property that is unset is left to the cloud, so that its value is no drift. What a setting falls
    back to may be what it was.
    """
    if trial.subject.is_setting:
        return
    for name, one in trial.schema.properties.items():
        is_kept = one.update is not UpdateBehaviour.IN_PLACE or not one.updatable_to_nothing
        was, seen = reveal(before.get(name)), (read.observed or {}).get(name)
        if is_kept or trial.properties.get(name) is not None or was in (None, one.default):
            continue
        trial.require(seen != was, f'"{name}" was taken away, and read says it is still {was!r}')


async def take_back(subject: Subject, name: str) -> None:
    """A change that is left after any answer, and taken back; and one that is left and removed."""
    for deletes in (False, True):
        for stop in range(1, _MOST_STOPS):
            async with trial_of(subject) as trial:
                await make(trial)
                former = trial.properties
                wanted = trial.wanted(name)
                replaces = needs_replacement(trial, wanted)
                if replaces and not trial.schema.replaced_by_handler:
                    # The engine makes the new one before it removes the old: there is no update.
                    await remove(trial)
                    return
                trial.answers_allowed = stop
                more = {"replaces": True} if replaces else {}
                left = await trial.update(wanted, **more)
                trial.answers_allowed = None
                ends = isinstance(left.outcome, Done)
                trial.next_operation()
                if not deletes and not ends:
                    ended(trial, await trial.update(former), "the update that takes it back")
                    await trial.clean_up()
                    require_one(trial)
                    await read_as_wanted(trial)
                await _clear(trial)
            if ends:
                break


async def _clear(trial: Trial) -> None:
    """Remove the resource, and then what its updates left over."""
    leftovers = trial.leftovers
    answers = await trial.delete()
    ended(trial, answers, "delete")
    trial.leftovers = leftovers
    await trial.clean_up()
    _require_none(trial)


async def leave_and_remove(subject: Subject) -> None:
    """A create that is left after any answer, and removed by another operation."""
    for stop in range(1, _MOST_STOPS):
        async with trial_of(subject) as trial:
            trial.answers_allowed = stop
            left = await trial.create()
            trial.answers_allowed = None
            trial.next_operation()
            await remove(trial)
            if isinstance(left.outcome, Done):
                return


async def remove_twice(subject: Subject) -> None:
    """A second delete is Done, and calls nothing that the first one did not."""
    async with trial_of(subject) as trial:
        await make(trial)
        await remove(trial)
        trial.next_operation()
        await remove(trial)


async def remove_unmade(subject: Subject) -> None:
    """A delete of what was never made is Done and changes nothing."""
    async with trial_of(subject) as trial:
        trial.properties = trial.example
        before = list(trial.cloud.line.changes)
        await remove(trial)
        trial.require(
            trial.cloud.line.changes == before,
            f"nothing was made, and delete called {trial.cloud.line.changes}",
        )


async def remove_unknown(subject: Subject, when: Death) -> None:
    """A create that died at its first call: it is looked for, and what is there is removed."""
    async with trial_of(subject) as trial:
        wanted = trial.example
        request = trial.request(HandlerAction.CREATE, wanted)
        request = await trial.perform_to_death(request, when)
        # The engine resolves a create whose id nobody knows, looking only, before it deletes.
        trial.answers_allowed = 1
        answers = await trial.perform(replace(request, uncertain=True))
        trial.answers_allowed = None
        trial.take(answers, wanted)
        if not isinstance(answers.outcome, Done):
            trial.record_begun(answers, wanted)
        trial.next_operation()
        await remove(trial)


async def make_again(subject: Subject) -> None:
    """After a delete the same can be made again."""
    async with trial_of(subject) as trial:
        await make(trial)
        await remove(trial)
        trial.physical_id, trial.attributes, trial.properties = None, {}, {}
        trial.next_operation()
        await make(trial)
        await remove(trial)


async def read_removed(subject: Subject) -> None:
    """Read after delete is NotFound."""
    async with trial_of(subject) as trial:
        await make(trial)
        await remove(trial)
        if not subject.only_reads:
            await _require_unread(trial)


async def update_removed(subject: Subject) -> None:
    """Update after delete is NotFound, and makes nothing."""
    async with trial_of(subject) as trial:
        await make(trial)
        await remove(trial)
        await _update_missing(trial)


async def meet_dead(subject: Subject) -> None:
    """What was removed behind our back: read and update say NotFound, delete is Done."""
    async with trial_of(subject) as trial:
        await make(trial)
        for thing in trial.made():
            await subject.remove(trial.cloud, thing)
        trial.require(trial.made() == [], "the subject's remove does not remove")
        if not subject.only_reads:
            await _require_unread(trial)
        await _update_missing(trial)
        await remove(trial)


async def _require_unread(trial: Trial) -> None:
    """Hold that read misses what is gone; a setting that was taken back may also show as drift."""
    answers = await trial.read()
    outcome = answers.outcome
    if trial.subject.is_setting and isinstance(outcome, Done):
        found = compare(trial.schema, trial.properties, outcome.observed or {})
        trial.require(bool(found), f"the setting was taken back, and read sees it: {outcome}")
        return
    _require_missing(trial, answers, "read")


async def _update_missing(trial: Trial) -> None:
    for name in trial.subject.changes:
        wanted = trial.wanted(name)
        found = differences(trial.schema, trial.properties, wanted)
        calls_something = any(
            trial.schema.properties[str(one.path[0])].update.value == "in_place" for one in found
        )
        if trial.subject.is_setting or trial.subject.only_reads:
            return
        if calls_something:
            request = trial.request(HandlerAction.UPDATE, wanted)
            _require_missing(trial, await trial.perform(request), f'the update "{name}"')
            trial.require(trial.made() == [], f"an update of what is gone made {trial.made()}")


def _require_missing(trial: Trial, answers: Answers, deed: str) -> None:
    outcome = answers.outcome
    trial.require(
        isinstance(outcome, Failed) and outcome.code is ErrorCode.NOT_FOUND,
        f"the thing is gone, and {deed} ended as {outcome} instead of NotFound",
    )


async def keep_secrets(subject: Subject) -> None:
    """A property that is a secret is in no message, note or context."""
    async with trial_of(subject) as trial:
        first = given(trial.cloud, subject.properties)
        hidden = {name: Secret(first[name]) for name in subject.secrets if name in first}
        trial.require(bool(hidden), f"the example has none of the secrets {subject.secrets}")
        await make(trial, trial.conformed(changed(first, hidden)))
        await read_as_wanted(trial)
        await remove(trial)
