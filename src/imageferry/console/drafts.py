"""Draft: a stack as a form asks for it, carried from step to step; proposed as a change set."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from imageferry.console.entries import lines_of, minutes_of, pairs_of
from imageferry.console.fields import Fault, Field, first_faults, region_label
from imageferry.console.visits import Visit
from imageferry.control.named_changes import Naming, propose
from imageferry.control.requests import StackRequest
from imageferry.model.command_lines import command_line, of_place
from imageferry.model.named_changes import NamedChangeSet, Waiting
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Place, Stack

_NAMELESS: Final = "template.yml"
_NOT_IN_NAMES: Final = re.compile(r"[^\w.()+ -]+")
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of a stack holds besides its parameters; texts are as they were typed.

    `upload` are the bytes of a file that is no text. `once` marks one filling of the form: whoever
    sends it twice proposes one change set. `keeps_tags`: the tags are as they stood in the field.
    """

    once: str
    template: str = ""
    template_name: str = _NAMELESS
    stack_name: str = ""
    region: str = ""
    on_failure: OnFailure = OnFailure.ROLLBACK
    minutes: str = ""
    tags: str = ""
    replaces: bool = False
    is_protected: bool = False
    keeps_tags: bool = False
    upload: bytes = field(default=b"", repr=False)

    @property
    def source(self) -> bytes:
        """The template as it is read."""
        return self.upload or self.template.encode("utf-8", "surrogatepass")

    @property
    def carried(self) -> Mapping[str, str]:
        """What a later step sends again without showing it."""
        texts = {
            "once": self.once,
            "template": self.template,
            "template_name": self.template_name,
            "name": self.stack_name,
            "region": self.region,
            "on_failure": self.on_failure.value,
            "minutes": self.minutes,
            "tags": self.tags,
            "replace": "on" if self.replaces else "",
            "protect": "on" if self.is_protected else "",
        }
        return {name: text for name, text in texts.items() if text}


def read_draft(visit: Visit, stack: Stack | None = None) -> Draft:
    """What the form says; the name and the region are the stack's where there is one."""
    form = visit.form
    name, content = form.files.get("file", ("", b""))
    template, upload = form.text("template"), b""
    if content:
        try:
            template = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            template, upload = "", content
    given = form.text("on_failure")
    return Draft(
        once=form.text("once") or visit.request_id,
        template=template,
        template_name=_file_name(name if content else form.text("template_name")),
        stack_name=form.text("name").strip() if stack is None else stack.name,
        region=form.text("region").strip() if stack is None else stack.place.region,
        on_failure=OnFailure(given) if given in _CHOICES else OnFailure.ROLLBACK,
        minutes=form.text("minutes").strip(),
        tags=form.text("tags"),
        replaces=bool(form.text("replace")),
        is_protected=bool(form.text("protect")),
        keeps_tags=stack is not None and _keeps_tags(form.text("tags"), stack),
        upload=upload,
    )


def _keeps_tags(typed: str, stack: Stack) -> bool:
    """Whether nobody has touched the tags: some that an API has given cannot be written in lines."""
    shown = lines_of(dict(stack.tags))
    return typed.splitlines() == shown.splitlines()


def draft_of(visit: Visit, stack: Stack) -> Draft:
    """The form for a stack as it stands."""
    return Draft(
        once=visit.request_id,
        template=stack.template.decode("utf-8", "replace"),
        template_name=stack.template_name or _NAMELESS,
        stack_name=stack.name,
        region=stack.place.region,
        tags=lines_of(dict(stack.tags)),
    )


def draft_faults(visit: Visit, draft: Draft) -> list[Fault]:
    """Everything that is wrong with a draft before its template is read."""
    t = visit.language
    faults: list[Fault] = []
    if not draft.source.strip():
        faults.append(
            Fault("template", t("no template is given"), t("paste one, or choose a file"))
        )
    if not draft.stack_name:
        faults.append(Fault("name", t("the stack needs a name")))
    if not draft.region:
        faults.append(Fault("region", t("the stack needs a region"), t("choose one of the list")))
    elif draft.region not in {one.region for one in visit.core.regions.published()}:
        near = visit.core.regions.nearest(draft.region)
        said = t('there is no region "{region}"', region=draft.region)
        faults.append(Fault("region", said, t('did you mean "{name}"?', name=near) if near else ""))
    if draft.minutes and minutes_of(draft.minutes) is None:
        said = t('"{typed}" is no number of minutes above zero', typed=draft.minutes[:40])
        faults.append(Fault("minutes", said, t("write a whole number, or leave it empty")))
    if not draft.keeps_tags:
        faults += pair_faults(visit, "tags", draft.tags)
    return faults


def pair_faults(visit: Visit, place: str, text: str) -> list[Fault]:
    """What is wrong with lines that are to be pairs."""
    t = visit.language
    found = [
        Fault(
            place,
            t('"{line}" is no pair, or says its key again', line=line[:80]),
            t("write KEY=VALUE, each on a line of its own"),
        )
        for line in pairs_of(text).wrong
    ]
    return first_faults(found, t)


def draft_fields(visit: Visit, draft: Draft, *, is_new: bool) -> tuple[Field, ...]:
    """The fields beside the template."""
    t = visit.language
    named = (
        Field("name", "name", t("Name of the stack"), value=draft.stack_name, required=True,
              hint=t("Letters, digits and hyphens, beginning with a letter."),
              attributes={"maxlength": 255, "autocomplete": "off", "spellcheck": "false"}),
        region_field(visit, draft.region, t("Region of the stack"),
                     t("Of a ROS template the region the images come from,"
                       " of a CloudFormation template the one they go to.")),
    )  # fmt: skip
    wanted = [OnFailure.ROLLBACK, OnFailure.KEEP, *([OnFailure.DELETE] if is_new else [])]
    rest = (
        Field("on_failure", "on_failure", t("Where something fails"), "choice",
              draft.on_failure.value,
              options=tuple((one.value, t(_CHOICES[one.value])) for one in wanted)),
        Field("minutes", "minutes", t("Time limit in minutes"), "number", draft.minutes,
              t("Empty for none."), attributes={"min": 1, "step": 1}),
        Field("tags", "tags", t("Tags of the stack"), "lines", draft.tags,
              t("KEY=VALUE, each on a line of its own.")),
    )  # fmt: skip
    if is_new:
        last = Field("protect", "protect", t("Forbid that the stack is deleted"), "check",
                     "on" if draft.is_protected else "")  # fmt: skip
        return (*named, *rest, last)
    last = Field("replace", "replace", t("Allow changes that make a new image"), "check",
                 "on" if draft.replaces else "")  # fmt: skip
    return (*rest, last)


def region_field(
    visit: Visit, value: str, label: str, hint: str = "", name: str = "region"
) -> Field:
    """A field that proposes the published regions and takes any."""
    attributes: dict[str, str | int] = {"list": "regions", "autocomplete": "off"}
    attributes["spellcheck"] = "false"
    return Field(name, name, label, value=value, hint=hint, required=True, attributes=attributes)


def published_regions(visit: Visit) -> list[tuple[str, str]]:
    """Every published region with its name in the language of the page."""
    return [
        (one.region, region_label(visit.language, one.chinese, one.english))
        for one in visit.core.regions.published()
    ]


def stack_request(
    draft: Draft, given: Mapping[str, str], kept: frozenset[str] | None, *, is_new: bool
) -> StackRequest:
    """What is asked for; `kept` are parameters that keep what the stack has."""
    return StackRequest(
        draft.stack_name,
        draft.region,
        draft.source,
        draft.template_name,
        dict(given),
        replace=draft.replaces or None,
        is_protected=(draft.is_protected or None) if is_new else None,
        tags=None if draft.keeps_tags else pairs_of(draft.tags).found,
        kept=kept,
    )


async def propose_draft(
    visit: Visit, draft: Draft, request: StackRequest, kind: str, line: str
) -> NamedChangeSet:
    """The change set of a draft; raises what `propose` does."""
    minutes = minutes_of(draft.minutes)
    waiting = Waiting(draft.on_failure, timeout=None if minutes is None else minutes * 60.0)
    said = repr((request, waiting))
    naming = naming_of(visit, draft.once, kind, line, said, waiting)
    return await propose(visit.core, request, naming)


def naming_of(visit: Visit, once: str, kind: str, line: str, said: str, waiting: Waiting) -> Naming:
    """The name of a change set from one filling of a form: what is sent twice is proposed once.

    `said` is all that it asks for, with secrets: only a keyed digest is made of it.
    """
    whole = f"{len(once)}:{once}{said}".encode("utf-8", "surrogatepass")
    token = hmac.new(visit.session.token.encode(), whole, hashlib.sha256).hexdigest()[:32]
    details = {"by": visit.session.key_id, "command": line}
    return Naming(f"console-{token[:10]}", kind, "", waiting, details, token)


def deploy_line(visit: Visit, draft: Draft, shown: Mapping[str, str]) -> str:
    """What to type for the same, with the parameters that are `shown`."""
    place: Place = replace(visit.plane.place, region=draft.region)
    return command_line(
        "deploy",
        {
            "stack": draft.stack_name or "NAME",
            "parameters": shown,
            "on_failure": draft.on_failure.value,
            "replace": draft.replaces,
            "protect": draft.is_protected,
            "timeout": f"{draft.minutes}m" if minutes_of(draft.minutes) else None,
            **of_place(place),
        },
        draft.template_name,
    ).text


def _file_name(given: str) -> str:
    """A file's own name, as it may stand in a command line and before line numbers."""
    bare = given.replace("\\", "/").rpartition("/")[2]
    return _NOT_IN_NAMES.sub("_", bare).strip()[:_LONGEST_NAME] or _NAMELESS


_CHOICES: Final[Mapping[str, str]] = {
    OnFailure.ROLLBACK.value: "take back what was done",
    OnFailure.KEEP.value: "keep what was made, and stop",
    OnFailure.DELETE.value: "delete the stack",
}
