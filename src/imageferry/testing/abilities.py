"""What some types can do besides: set back, make anew, take in what exists, leave nothing behind."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.model.handlers import Context, Failed, HandlerAction
from imageferry.model.schemas import UpdateBehaviour
from imageferry.planning.differences import differences
from imageferry.planning.drifting import compare
from imageferry.ports.traces import Candidate, TraceTrouble
from imageferry.testing.lives import ended, make, read_as_wanted, remove, require_one
from imageferry.testing.subjects import Properties, Subject
from imageferry.testing.trials import INSTALLATION, Trial, trial_of


def is_restorable(trial: Trial, wanted: Properties) -> bool:
    """True for a change in place of something that, seen as drift, is to be set back in place.

    What the record leaves to the cloud, being unset, cannot drift.
    """
    changed = {str(one.path[0]) for one in differences(trial.schema, trial.properties, wanted)}
    known = [trial.schema.properties[name] for name in changed]
    in_place = all(one.update is UpdateBehaviour.IN_PLACE for one in known)
    unset = any(trial.properties.get(name) is None for name in changed)
    return in_place and not unset and any(one.restorable for one in known)


async def set_back(subject: Subject) -> None:
    """What somebody else has changed is drift, and an update sets it back."""
    for name in subject.changes:
        async with trial_of(subject) as trial:
            await make(trial)
            former, attributes, wanted = trial.properties, trial.attributes, trial.wanted(name)
            if is_restorable(trial, wanted):
                ended(trial, await trial.update(wanted), "update")
                # As if somebody else had made the change: the record is that of before.
                trial.properties, trial.attributes = former, attributes
                if not await _mend(trial, name):
                    trial.properties = wanted
            await remove(trial)
    for name, spoil in subject.spoils.items():
        async with trial_of(subject) as trial:
            await make(trial)
            for thing in trial.made():
                await spoil(trial.cloud, thing)
            await _mend(trial, name)
            await remove(trial)


async def _mend(trial: Trial, name: str) -> bool:
    """Set back what read shows as drift; False where the setting is gone altogether."""
    trial.next_operation()
    answers = await trial.read()
    if trial.subject.is_setting and isinstance(answers.outcome, Failed):
        return False
    seen = ended(trial, answers, "read").observed or {}
    drift = {str(one.path[0]) for one in compare(trial.schema, trial.properties, seen)}
    observed = {
        one: seen[one] for one in sorted(drift & seen.keys())
        if trial.schema.properties[one].restorable
    }  # fmt: skip
    trial.require(bool(observed), f"{name} was changed outside, and read shows no drift")
    answers = await trial.update(trial.properties, observed=observed)
    ended(trial, answers, "the update that sets back")
    require_one(trial)
    await read_as_wanted(trial)
    return True


async def make_anew(subject: Subject) -> None:
    """What somebody else removed is made anew behind the same physical id."""
    async with trial_of(subject) as trial:
        await make(trial)
        if trial.schema.renewed_attributes and not subject.is_setting:
            former = trial.physical_id
            for thing in trial.made():
                await subject.remove(trial.cloud, thing)
            trial.next_operation()
            answers = await trial.update(trial.properties, renews=True)
            ended(trial, answers, "the update that makes it anew")
            trial.require(
                trial.physical_id == former,
                f"made anew, its physical id is {trial.physical_id}, and it was {former}",
            )
            require_one(trial)
            await read_as_wanted(trial)
            await trial.clean_up()
        await remove(trial)


async def take_in(subject: Subject) -> None:
    """What exists and is as wanted is taken in, without another one; and given back as it was."""
    async with trial_of(subject) as trial:
        await make(trial)
        adopter = trial.adopter
        if adopter is not None:
            (thing,) = trial.made()
            ours = trial.physical_id, trial.attributes
            before = dict(subject.others(trial.cloud)).get(thing)
            trial.physical_id, trial.attributes = None, {}
            trial.next_operation()
            wanted = trial.properties
            candidate = Candidate(thing, wanted, subject.region, INSTALLATION)
            try:
                look = await adopter.inspect(candidate)
            except TraceTrouble as fault:
                raise trial.fail(f"{thing} is there, and inspect says: {fault}") from fault
            wrong = [one.message for one in look.problems] + [one[0] for one in look.changes]
            trial.require(not wrong, f"{thing} is as wanted, and inspect says: {wrong}")
            notes = {"adopts": dict(look.adopts)}
            answers = await trial.create(wanted, adopts=look.adopts, context=notes)
            ended(trial, answers, "the create that takes it in")
            require_one(trial)
            await read_as_wanted(trial)
            await _give_back(trial, notes)
            trial.require(trial.made() == [thing], f"{thing} was given back, and is gone")
            after = dict(subject.others(trial.cloud)).get(thing)
            trial.require(after == before, f"{thing} was {before}, and was given back as {after}")
            trial.physical_id, trial.attributes = ours
            trial.next_operation()
        await remove(trial)


async def _give_back(trial: Trial, notes: Mapping[str, Context]) -> None:
    trial.next_operation()
    request = trial.request(
        HandlerAction.DELETE, trial.properties, adopts=notes["adopts"], context=notes
    )
    ended(trial, await trial.perform(request), "the delete that gives it back")


async def leave_nothing(subject: Subject) -> None:
    """A delete that is told so takes what the cloud would keep as well, and nothing else of it."""
    async with trial_of(subject) as trial:
        assert subject.remains is not None
        before = frozenset(subject.remains(trial.cloud))
        await make(trial)
        ended(trial, await trial.delete(deletes_remains=True), "delete")
        after = frozenset(subject.remains(trial.cloud))
        trial.require(not after - before, f"the cloud keeps {sorted(after - before)}")
        trial.require(
            not before - after, f"{sorted(before - after)} was not made here, and is gone"
        )
        trial.require(not trial.made(), f"delete is Done, and {trial.made()} is still there")
