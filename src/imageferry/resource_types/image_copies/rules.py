"""The rules of image copies that no schema can say: checked before the first call, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from imageferry.cloud.regions import ALIASES, is_region, is_well_formed, nearest_region
from imageferry.model.addresses import PropertyPath
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.handling.tagging import LINEAGE_KEY, MOST_TAGS
from imageferry.resource_types.image_copies.words import Words

_RESERVED: Final = ("acs:", "aliyun")
_ADDRESSES: Final = ("http://", "https://")
_KEY_NAME: Final = "acs:kms:"
_DURATION: Final = (
    r"(?a)(?:(\d{1,6}(?:\.\d{1,6})?)h)?(?:(\d{1,6}(?:\.\d{1,6})?)m)?"
    r"(?:(\d{1,6}(?:\.\d{1,6})?)s)?\Z"
)
_LONGEST: Final = 30 * 24 * 3600.0


class _Given(NamedTuple):
    """A property's text with whether it may be shown."""

    text: str
    is_secret: bool

    def __str__(self) -> str:
        return "****" if self.is_secret else self.text


def _given(value: Value) -> _Given | None:
    """The text of a value that is known and not empty."""
    if type(value) is str:
        return _Given(value, False) if value else None
    is_secret = isinstance(value, Secret)
    opened = value.revealed if isinstance(value, Secret) else value
    return _Given(opened, is_secret) if isinstance(opened, str) and opened else None


def _opened(value: Value) -> Value:
    return value.revealed if isinstance(value, Secret) else value


def check_copy(
    words: Words, properties: Mapping[str, Value], *, stack_region: str, source_is_here: bool
) -> list[Problem]:
    """All problems of an image copy's conformed properties; what is not known yet passes.

    `source_is_here`: the stack's region is the source's where none is given; otherwise it is the
    destination.
    """
    problems: list[Problem] = []
    problems += image_problems(
        words.source_id,
        properties.get(words.source_id),
        deed="copied",
        remedy="give the id of a custom image, or make one of this image first",
    )
    for prop in (words.source_region, words.region):
        region = _given(properties.get(prop)) if prop else None
        if prop and region is not None:
            problems += _region(prop, region)
    name = _given(properties.get(words.name))
    if name is not None:
        problems += _name(words.name, name)
    description = _given(properties.get(words.description))
    if description is not None:
        problems += _description(words.description, description)
    if words.key_id in properties:
        problems += _encryption(words, properties)
        problems += _key(words, properties, stack_region)
    problems += _regions(words, properties, stack_region, source_is_here=source_is_here)
    problems += tag_problems(
        words.tags, properties.get(words.tags), key=words.tag_key, content=words.tag_value
    )
    limits = _opened(properties.get(words.timeouts)) if words.timeouts else None
    if isinstance(limits, Mapping):
        problems += _timeouts(words.timeouts, limits)
    return problems


def name_problems(prop: str, value: Value) -> list[Problem]:
    """What is wrong with the name of an image or a family that no schema says."""
    given = _given(value)
    return [] if given is None else list(_name(prop, given))


def region_problems(prop: str, value: Value) -> list[Problem]:
    """What is wrong, or doubtful, with a region's id."""
    given = _given(value)
    return [] if given is None else list(_region(prop, given))


def description_problems(prop: str, value: Value) -> list[Problem]:
    """What is wrong with a description that no schema says."""
    given = _given(value)
    return [] if given is None else list(_description(prop, given))


def tag_problems(
    prop: str, value: Value, *, key: str = "Key", content: str = "Value"
) -> list[Problem]:
    """What is wrong with tags that no schema says; `key` and `content` are a tag's members."""
    tags = _opened(value)
    return list(_tags(prop, key, content, tags)) if isinstance(tags, list | tuple) else []


def timeout_problems(prop: str, value: Value) -> list[Problem]:
    """What is wrong with time limits."""
    limits = _opened(value)
    return list(_timeouts(prop, limits)) if isinstance(limits, Mapping) else []


def image_problems(prop: str, value: Value, *, deed: str, remedy: str) -> Iterator[Problem]:
    """What is wrong, or doubtful, with the id of a custom image that is to be `deed`.

    `remedy` is for an id that looks like no custom image's.
    """
    given = _given(value)
    if given is None:
        return
    text = given.text
    if text.startswith("ami-"):
        yield Problem(
            "IF520", (prop,), f"'{given}' is an image id of another cloud",
            why="an image of Alibaba Cloud ECS has an id such as m-bp1abc",
            remedy="import the image into ECS first, and give its id there",
        )  # fmt: skip
    elif text.split() != [text]:
        yield Problem(
            "IF520", (prop,), f"'{given}' has spaces, which no image id has",
            remedy="write the id without them",
        )  # fmt: skip
    elif not text.startswith("m-"):
        what = "a public image" if text.endswith(".vhd") else "no custom image"
        yield Problem(
            "IF521", (prop,), f"'{given}' looks like {what}",
            why=f"only custom images of the own account can be {deed}; their ids begin with m-",
            remedy=remedy,
            severity=Severity.WARNING,
        )  # fmt: skip


def _region(prop: str, given: _Given) -> Iterator[Problem]:
    text = given.text
    if is_region(text):
        return
    near = nearest_region(text)
    remedy = f"did you mean '{near}'?" if near is not None and not given.is_secret else ""
    if text in ALIASES and is_well_formed(text):
        yield Problem(
            "IF522", (prop,), f"'{given}' is a region of another cloud",
            why="Alibaba Cloud has regions of its own",
            remedy=remedy,
        )  # fmt: skip
    elif not is_well_formed(text):
        yield Problem(
            "IF522", (prop,), f"'{given}' is not a region id",
            why="a region id is lower case, without spaces, such as cn-hangzhou",
            remedy=remedy,
        )  # fmt: skip
    else:
        yield Problem(
            "IF523", (prop,), f"'{given}' is no region that is known here",
            why="the list of regions that comes with this version does not have it",
            remedy=remedy or "correct it if it is a slip; it is tried all the same",
            severity=Severity.WARNING,
        )  # fmt: skip


def _name(prop: str, given: _Given) -> Iterator[Problem]:
    if given.text.lower().startswith(_RESERVED):
        yield Problem(
            "IF524", (prop,), f"the name '{given}' begins with a reserved word",
            why="names that begin with acs: or aliyun belong to the cloud",
            remedy="begin the name with another letter or word",
        )  # fmt: skip


def _description(prop: str, given: _Given) -> Iterator[Problem]:
    if given.text.lower().startswith(_ADDRESSES):
        yield Problem(
            "IF525", (prop,), "the description begins with http:// or https://",
            why="the cloud refuses descriptions that begin with an address",
            remedy="put a word before the address",
        )  # fmt: skip


def _encryption(words: Words, properties: Mapping[str, Value]) -> Iterator[Problem]:
    encrypted = _opened(properties.get(words.encrypted))
    if _given(properties.get(words.key_id)) is not None and encrypted in (None, False):
        yield Problem(
            "IF526", (words.key_id,),
            f"'{words.key_id}' is given, but '{words.encrypted}' is not true",
            why="a key needs encryption",
            remedy=f"set '{words.encrypted}' to true, or leave '{words.key_id}' out",
        )  # fmt: skip


def _key(words: Words, properties: Mapping[str, Value], stack_region: str) -> Iterator[Problem]:
    """A key's resource name tells its region; a plain id tells nothing."""
    key = _given(properties.get(words.key_id))
    destination = _opened(properties.get(words.region)) if words.region else stack_region
    if key is None or not key.text.startswith(_KEY_NAME) or not isinstance(destination, str):
        return
    region = key.text.removeprefix(_KEY_NAME).partition(":")[0]
    if region and destination and region != destination:
        shown = "another region" if key.is_secret else f"the region '{region}'"
        yield Problem(
            "IF533", (words.key_id,), f"the key belongs to {shown}",
            why=f"a copy is encrypted with a key of its destination, '{destination}'",
            remedy=f"give a key of '{destination}', or leave '{words.key_id}' out",
        )  # fmt: skip


def _regions(
    words: Words, properties: Mapping[str, Value], stack_region: str, *, source_is_here: bool
) -> Iterator[Problem]:
    """A plain copy has to change region; an encrypted one may stay."""
    source = _opened(properties.get(words.source_region))
    if source is None and source_is_here:
        source = stack_region
    destination = _opened(properties.get(words.region)) if words.region else stack_region
    same = isinstance(source, str) and source != "" and source == destination
    encrypted = _opened(properties.get(words.encrypted))
    if not same or encrypted not in (None, False):
        return
    allowed = _opened(properties.get(words.same_region)) if words.tells_same_region else None
    if allowed in (None, False):
        remedy = "choose another region, or encrypt the copy"
        if words.tells_same_region:
            remedy += f", or set '{words.same_region}' to true, which copies nothing"
        prop = words.region or words.source_region
        yield Problem(
            "IF527", (prop,), "source and destination are the same region",
            why="the cloud copies inside a region only where the copy is encrypted",
            remedy=remedy,
        )  # fmt: skip


def _tags(
    prop: str, key_word: str, value_word: str, tags: list[Value] | tuple[Value, ...]
) -> Iterator[Problem]:
    if len(tags) == MOST_TAGS:
        yield Problem(
            "IF528", (prop,), f"{MOST_TAGS} tags leave no room for the tag '{LINEAGE_KEY}'",
            why="without it a copy whose reply was lost can be found by its name alone",
            remedy="use 19 tags at most",
            severity=Severity.WARNING,
        )  # fmt: skip
    seen: dict[str, tuple[str, int]] = {}
    for position, entry in enumerate(tags):
        opened = _opened(entry)
        if not isinstance(opened, Mapping):
            continue
        key, value = _given(opened.get(key_word)), _given(opened.get(value_word))
        if value is not None:
            yield from _tag_text((prop, position, value_word), "value", value)
        if key is None:
            continue
        path = (prop, position, key_word)
        yield from _tag_text(path, "key", key)
        if key.text == LINEAGE_KEY:
            yield Problem(
                "IF529", path, f"the tag '{LINEAGE_KEY}' is set by imageferry itself",
                remedy="choose another key",
            )  # fmt: skip
        former = seen.setdefault(key.text.lower(), (key.text, position))
        if former[1] != position:
            case = "" if former[0] == key.text else ", told apart only by case"
            yield Problem(
                "IF530", path, f"the tag key '{key}' is given twice{case}",
                why=f"tag {former[1] + 1} has it already; the cloud tells no case apart",
                remedy="give each key once",
            )  # fmt: skip


def _tag_text(path: PropertyPath, what: str, given: _Given) -> Iterator[Problem]:
    text = given.text.lower()
    if text.startswith(_RESERVED):
        yield Problem(
            "IF531", path, f"the tag {what} '{given}' begins with a reserved word",
            why="acs: and aliyun at the beginning belong to the cloud",
            remedy="begin it with another word",
        )  # fmt: skip
    if any(address in text for address in _ADDRESSES):
        yield Problem(
            "IF531", path, f"the tag {what} '{given}' holds http:// or https://",
            why="the cloud refuses tags with addresses in them",
            remedy="leave the part before the host's name out",
        )  # fmt: skip


# --- time limits ----------------------------------------------------------------------------------


def parse_duration(text: str) -> float | None:
    """Seconds of `10m`, `1h30m`, `90s`; None for anything else, zero and more than 30 days too."""
    found = re.match(_DURATION, text)
    if found is None or not text:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if 0 < total <= _LONGEST else None


def _timeouts(prop: str, limits: Mapping[str, Value]) -> Iterator[Problem]:
    for name in ("Create", "Delete"):
        given = _given(limits.get(name))
        if given is not None and parse_duration(given.text) is None:
            yield Problem(
                "IF532", (prop, name), f"'{given}' is not a length of time",
                why="a time limit is written with its units, from 1s to 720h",
                remedy="write it as 10m, 1h30m or 90s",
            )  # fmt: skip
