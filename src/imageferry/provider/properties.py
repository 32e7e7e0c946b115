"""Properties on their way in and out: recast, checked, read from the cloud, told as a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from imageferry.evaluation.conformance import conform
from imageferry.model.addresses import render_path
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem, PropertySchema, ValueType
from imageferry.model.values import Json, Value, reveal
from imageferry.provider.account import Account
from imageferry.provider.identity import Source, source_fits

ID: Final = "tfcfnid"
IMAGE: Final = "Id"
READ_ONLY: Final = frozenset({ID, IMAGE})
SOURCE: Final = "SourceImageId"
SOURCE_REGION: Final = "SourceRegionId"
NAME: Final = "ImageName"
OLD_NAME: Final = "Name"
TAGS: Final = "Tags"
ENCRYPTED: Final = "Encrypted"
KEY: Final = "KmsKeyId"
MOST_TAGS: Final = 19
"""One fewer than the cloud takes: the lineage, which is all that this type remembers, is a tag."""
_UNTOLD: Final = ("Force", "Timeouts")
_ALIAS: Final = "alias/"
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


class Wanted(NamedTuple):
    """Properties that were asked for: `given` as they are told back, `values` as a handler takes them."""

    given: Mapping[str, Any]
    values: Mapping[str, Value]
    faults: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """What is to be copied."""
        return Source(str(self.values.get(SOURCE, "")), str(self.values.get(SOURCE_REGION, "")))


def read_wanted(account: Account, properties: Mapping[str, Any]) -> Wanted:
    """Properties as CloudFormation sends them, every primitive a text, with all that is wrong."""
    schema = account.kind.schema
    asked = {name: value for name, value in properties.items() if name not in READ_ONLY}
    given = {
        name: _recast(schema.properties[name], value) if name in schema.properties else value
        for name, value in asked.items()
    }
    conformed = conform(schema, given)
    problems = [*conformed.problems]
    if not problems:
        problems += account.kind.check(conformed.values, account.region)
    faults = [_says(one) for one in problems if one.severity is Severity.ERROR]
    wanted = Wanted(given, conformed.values)
    tags = conformed.values.get(TAGS)
    if isinstance(tags, Sequence) and len(tags) > MOST_TAGS:
        faults.append(f"'{TAGS}' has {len(tags)} tags; {MOST_TAGS} at most: one more is ours")
    if not faults and not source_fits(wanted.source):
        faults.append(f"'{SOURCE}' and '{SOURCE_REGION}' are no ids of an image and a region")
    return wanted._replace(faults=tuple(faults))


def _says(problem: Problem) -> str:
    path = render_path(problem.path)
    words = problem.message if path in problem.message else f"'{path}': {problem.message}"
    return "; ".join(part for part in (words, problem.why, problem.remedy) if part)


def _recast(schema: PropertySchema, value: Any) -> Any:
    """Texts as the schema's types, and numbers for texts: CloudFormation makes all primitives texts."""
    match schema.value_type:
        case ValueType.STRING if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        case ValueType.BOOLEAN if isinstance(value, str):
            return _TRUTHS.get(value.lower(), value)
        case ValueType.LIST if isinstance(value, list) and schema.items is not None:
            return [_recast(schema.items, one) for one in value]
        case ValueType.MAP if isinstance(value, Mapping) and schema.members is not None:
            known = schema.members
            return {
                name: _recast(known[name], one) if name in known else one
                for name, one in value.items()
            }
        case _:
            return value


def model_of(
    account: Account,
    tracking_id: str,
    image_id: str,
    source: Source,
    observed: Mapping[str, Value],
    known: Mapping[str, Any],
) -> dict[str, Json]:
    """A copy as it is in the cloud, without nulls and without what is write-only.

    `known` are properties that the caller has said: they give the order of the tags, the alias of a
    key, which the cloud tells by its id, and what no cloud can tell.
    """
    found: dict[str, Any] = {
        SOURCE: source.image_id,
        SOURCE_REGION: source.region,
        **{name: reveal(value) for name, value in observed.items() if value is not None},
    }
    # Whoever changes one of two words for the same, and sends both back, would contradict himself.
    unsaid = {NAME, OLD_NAME} - known.keys()
    for word in unsaid if len(unsaid) == 1 else (OLD_NAME,) if unsaid else ():
        found.pop(word, None)
    if TAGS in found:
        found[TAGS] = ordered(found[TAGS], known.get(TAGS))
    if KEY in found and str(known.get(KEY, "")).startswith(_ALIAS):
        found[KEY] = known[KEY]
    found |= {name: known[name] for name in _UNTOLD if name in known}
    return told(account, tracking_id, image_id, found)


def told(
    account: Account, tracking_id: str, image_id: str, properties: Mapping[str, Any]
) -> dict[str, Json]:
    """Properties as a model; an id that is not known yet is left out."""
    kept = {
        name: value
        for name, value in properties.items()
        if name not in account.write_only and name not in READ_ONLY
    }
    return {ID: tracking_id, **({IMAGE: image_id} if image_id else {}), **kept}


def ordered(tags: Sequence[Mapping[str, str]], known: object) -> list[Mapping[str, str]]:
    """Tags in the order in which they were said; those that were not come last, by their keys."""
    keys = (
        [one.get("MapKey") for one in known if isinstance(one, Mapping)]
        if isinstance(known, list)
        else []
    )
    places = {key: place for place, key in reversed(list(enumerate(keys)))}
    return sorted(tags, key=lambda tag: (places.get(tag["MapKey"], len(keys)), tag["MapKey"]))


def before_of(
    model: Mapping[str, Json], wanted: Mapping[str, Value], previous: Mapping[str, Any]
) -> dict[str, Json]:
    """What an update begins with: the copy as the cloud has it, in the words of what is wanted.

    The cloud is believed rather than the caller, whose last wish may have failed. Where it does not
    tell of encryption the caller is; a key that was never chosen is the service's own.
    """
    before = {name: value for name, value in model.items() if name not in READ_ONLY}
    if ENCRYPTED not in before:
        before[ENCRYPTED] = previous.get(ENCRYPTED, wanted.get(ENCRYPTED, False)) is True
    if KEY not in wanted and KEY not in previous:
        before.pop(KEY, None)
    alias = wanted.get(KEY)
    if isinstance(alias, str) and alias.startswith(_ALIAS) and previous.get(KEY) == alias:
        before[KEY] = alias
    return before
