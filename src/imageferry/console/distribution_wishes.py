"""Asked: the form of a distribution, its fields, and the wish and command line that it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.console.drafts import pair_faults, region_field
from imageferry.console.entries import age_of, count_of, pairs_of, words_in
from imageferry.console.fields import Fault, Field, as_fault, first_faults
from imageferry.console.languages import Language
from imageferry.console.visits import Visit
from imageferry.control.distributions.retention import Keeping
from imageferry.control.distributions.wishes import AS_THE_SOURCE, Wish
from imageferry.model.command_lines import command_line
from imageferry.model.diagnostics import Diagnostic

_MOST_NAMED: Final = 500
"""Regions or accounts that one wish names; there are far fewer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as it was typed. `once` marks one filling of the form."""

    once: str
    image: str = ""
    source_region: str = ""
    regions: tuple[str, ...] = ()
    is_everywhere: bool = False
    name: str = ""
    description: str = ""
    tags: str = ""
    keys: str = ""
    encrypts: bool = False
    accounts: str = ""
    family: str = ""
    keep_last: str = ""
    keep_for: str = ""
    stack_name: str = ""
    keeps_snapshots: bool = False
    replaces: bool = False

    @property
    def beside(self) -> tuple[str | bool, ...]:
        """What need not be given."""
        texts = (self.name, self.description, self.tags, self.keys, self.accounts, self.family)
        rest = (self.keep_last, self.keep_for, self.stack_name)
        return (*texts, *rest, self.encrypts, self.keeps_snapshots, self.replaces)


def read_asked(visit: Visit) -> Asked:
    """What the form says."""
    form = visit.form
    typed = words_in(form.text("others"))
    return Asked(
        form.text("once") or visit.request_id,
        form.text("image").strip(),
        form.text("from").strip(),
        tuple(dict.fromkeys((*form.all("to"), *typed))),
        bool(form.text("everywhere")),
        form.text("name").strip(),
        form.text("description").strip(),
        form.text("tags"),
        form.text("keys"),
        bool(form.text("encrypt")),
        form.text("accounts"),
        form.text("family").strip(),
        form.text("keep_last").strip(),
        form.text("keep_for").strip(),
        form.text("stack").strip(),
        bool(form.text("keep_snapshots")),
        bool(form.text("replace")),
    )


def asked_faults(visit: Visit, asked: Asked) -> list[Fault]:
    """What is wrong with it before anybody is asked."""
    t = visit.language
    faults: list[Fault] = []
    if not asked.image:
        faults.append(Fault("image", t("no image is named"), t("give the id of one, or a family")))
    if not asked.source_region:
        faults.append(Fault("from", t("the region of the image is not given")))
    if not asked.regions and not asked.is_everywhere:
        faults.append(Fault("regions-chosen", t("no region is ticked to distribute to")))
    if asked.regions and asked.is_everywhere:
        said = t("regions are ticked, and all regions as well")
        faults.append(Fault("regions-chosen", said, t("leave one of them out")))
    if len(asked.regions) > _MOST_NAMED:
        said = t("more than {most} regions are named", most=_MOST_NAMED)
        faults.append(Fault("regions-chosen", said, t("send fewer of them")))
    if len(words_in(asked.accounts)) > _MOST_NAMED:
        said = t("more than {most} accounts are named", most=_MOST_NAMED)
        faults.append(Fault("accounts", said, t("send fewer of them")))
    faults += pair_faults(visit, "tags", asked.tags)
    faults += pair_faults(visit, "keys", asked.keys)
    if asked.keep_last and not count_of(asked.keep_last):
        said = t('"{typed}" is no number above zero', typed=asked.keep_last[:40])
        faults.append(Fault("keep_last", said))
    if asked.keep_for and age_of(asked.keep_for) is None:
        said = t('"{typed}" is no age', typed=asked.keep_for[:40])
        faults.append(Fault("keep_for", said, t("write 90d, 2w or 36h")))
    return faults


def wish_of(asked: Asked) -> Wish:
    """The wish of a form without faults."""
    return Wish(
        image_id=asked.image,
        source_region=asked.source_region,
        regions=asked.regions,
        is_everywhere=asked.is_everywhere,
        stack_name=asked.stack_name,
        name=asked.name or AS_THE_SOURCE,
        description=asked.description,
        encrypted=True if asked.encrypts else None,
        keys=pairs_of(asked.keys).found,
        accounts=words_in(asked.accounts),
        family=asked.family,
        tags=tuple(pairs_of(asked.tags).found.items()),
        keeping=Keeping(count_of(asked.keep_last) or None, age_of(asked.keep_for)),
        replaces=asked.replaces,
    )


def distribute_line(visit: Visit, asked: Asked) -> str:
    """What to type for the same."""
    cloud = visit.plane.place.cloud
    return command_line(
        "distribute",
        {
            "from": asked.source_region or "REGION",
            "to": ",".join(asked.regions),
            "all_regions": asked.is_everywhere,
            "name": asked.name,
            "description": asked.description,
            "tags": pairs_of(asked.tags).found,
            "keys": pairs_of(asked.keys).found,
            "encrypt": asked.encrypts,
            "share": words_in(asked.accounts),
            "family": asked.family,
            "keep_last": asked.keep_last,
            "keep_for": asked.keep_for,
            "stack": asked.stack_name,
            "keep_snapshots": asked.keeps_snapshots,
            "replace": asked.replaces,
            "cloud": None if cloud == "emulator" else cloud,
        },
        asked.image,
    ).text


def as_faults(diagnostics: Sequence[Diagnostic], language: Language) -> list[Fault]:
    """What the core says against a wish, each at the field that it is about, in the form's words."""
    found = [
        Fault(_place(one), _plainly(fault.said), "" if "--" in fault.remedy else fault.remedy)
        for one in diagnostics
        for fault in (as_fault(one),)
    ]
    return first_faults(found, language)


def _place(one: Diagnostic) -> str:
    if one.code in _PLACES:
        return _PLACES[one.code]
    return next((place for words, place in _ABOUT if words in one.message), "")


def _plainly(said: str) -> str:
    for flag, words in _WORDS:
        said = said.replace(flag, words)
    return said


def asked_fields(visit: Visit, asked: Asked) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The fields that are needed, and those that need not be given."""
    t = visit.language
    plain: dict[str, str | int] = {"autocomplete": "off", "spellcheck": "false"}
    first = (
        Field("image", "image", t("Image"), value=asked.image, required=True,
              hint=t("Its id, or the name of an image family: then what the family launches."),
              attributes={**plain, "list": "images", "maxlength": 128}),
        region_field(visit, asked.source_region, t("Its region"), name="from"),
    )  # fmt: skip
    rest = (
        Field("name", "name", t("Name of the copies"), value=asked.name,
              hint=t("{braces} are those of the source; empty: its name.",
                     braces="{name}, {id}, {date}"),
              attributes={**plain, "maxlength": 128}),
        Field("description", "description", t("Description of the copies"),
              value=asked.description, attributes={"maxlength": 256}),
        Field("tags", "tags", t("Tags of the copies"), "lines", asked.tags,
              t("KEY=VALUE, each on a line of its own.")),
        Field("encrypt", "encrypt", t("Encrypt every copy"), "check",
              "on" if asked.encrypts else ""),
        Field("keys", "keys", t("Keys to encrypt with"), "lines", asked.keys,
              t("REGION=KEY, each on a line of its own.")),
        Field("accounts", "accounts", t("Share with these accounts"), value=asked.accounts,
              hint=t("Their ids, with commas between them."), attributes=plain),
        Field("family", "family", t("Image family of the copies"), value=asked.family,
              attributes={**plain, "maxlength": 128}),
        Field("keep_last", "keep_last", t("Keep so many of the newest in each region"), "number",
              asked.keep_last, t("Older versions go, unless something needs them."),
              attributes={"min": 1, "step": 1}),
        Field("keep_for", "keep_for", t("Keep what is younger than"), value=asked.keep_for,
              hint=t("Such as 90d, 2w or 36h."), attributes={**plain, "maxlength": 12}),
        Field("stack", "stack", t("Stack that holds it all"), value=asked.stack_name,
              hint=t("Empty: it is called after the family, or the image."),
              attributes={**plain, "maxlength": 255}),
        Field("keep_snapshots", "keep_snapshots", t("Leave the snapshots of retired copies"),
              "check", "on" if asked.keeps_snapshots else ""),
        Field("replace", "replace", t("Make the newest copies anew where options differ"),
              "check", "on" if asked.replaces else ""),
    )  # fmt: skip
    return first, rest


_PLACES: Final = {"IF960": "regions-chosen", "IF962": "image", "IF963": "name", "IF964": "stack"}
_ABOUT: Final = (
    ("--name", "name"),
    ("cannot name an image family", "family"),
    ("cannot name an image", "name"),
    ("description", "description"),
    ("tags are given", "tags"),
    ("--keep-last", "keep_last"),
    ("account", "accounts"),
    ("--share", "accounts"),
)
_WORDS: Final = (
    ("--keep-last", "the number that is kept"),
    ("--all-regions", "all regions"),
    ("--encrypt", "encryption"),
    ("--share", "the accounts"),
    ("--stack", "the stack"),
    ("--name", "the name"),
    ("--from", "the image's region"),
    ("--key", "a key"),
    ("--to", "the regions"),
)
