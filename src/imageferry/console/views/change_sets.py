"""The change sets of a stack, and one of them: what it would do, its template and its JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.responses import Response

from imageferry.console.languages import Language
from imageferry.console.views.frames import frame
from imageferry.console.views.plans import LOOKS, Counted, plan_shown
from imageferry.console.views.template_changes import template_changes
from imageferry.console.visits import PageRefused, Visit, stack_path, uuid_of
from imageferry.control.named_changes import find_named, named_of
from imageferry.control.reviews import LONGEST_COMMENT, Decision, review_of
from imageferry.model.changes import ChangeSet
from imageferry.model.command_lines import OptionValue, command_line, of_place
from imageferry.model.fates import FATES, summary_of
from imageferry.model.forecasts import Lookahead
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet
from imageferry.model.operations import OnFailure
from imageferry.model.plan_json import NOT_LOOKED, change_set_json
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Value, holds_secret

_ON_A_PAGE: Final = 20
_MOST_JSON: Final = 200
"""So many changes are shown as JSON; more are in the file."""

_EXECUTIONS: Final[Mapping[ExecutionStatus, tuple[str, str]]] = {
    ExecutionStatus.AVAILABLE: ("waiting", "waits for a decision"),
    ExecutionStatus.UNAVAILABLE: ("failed", "cannot be carried out"),
    ExecutionStatus.EXECUTE_IN_PROGRESS: ("copying", "is being carried out"),
    ExecutionStatus.EXECUTE_COMPLETE: ("there", "carried out"),
    ExecutionStatus.EXECUTE_FAILED: ("failed", "has failed"),
    ExecutionStatus.OBSOLETE: ("deleted", "out of date"),
}
_SECTIONS: Final = (("", "Overview"), ("template", "Template"), ("json", "JSON"))
_ON_FAILURE: Final[Mapping[OnFailure, str]] = {
    OnFailure.ROLLBACK: "roll back to what was before",
    OnFailure.KEEP: "keep what was made, and wait",
    OnFailure.DELETE: "delete the stack",
}


class ShownStanding(NamedTuple):
    """Where a change set stands: its class, its words, and those of both APIs."""

    look: str
    word: str
    api_words: str


@dataclass(frozen=True, slots=True)
class ChangeSetLine:
    """One change set of the list; `counts` are of what it changes, None where that is not kept."""

    named: NamedChangeSet
    path: str
    standing: ShownStanding
    made_by: str
    decided_by: str
    comment: str
    counts: Sequence[Counted] | None


class ParameterLine(NamedTuple):
    """A parameter as it is and as it shall be."""

    name: str
    before: Value
    after: Value
    is_new: bool
    is_changed: bool


async def change_sets(visit: Visit) -> Mapping[str, object]:
    """The list, newest first."""
    stack = await visit.stack()
    found = await named_of(visit.core, stack.stack_id)
    pages = max(1, -(-len(found) // _ON_A_PAGE))
    page = min(visit.page_number, pages)
    shown = found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
    return {
        **await frame(visit, "change-sets", stack),
        "change_sets": [await _line(visit, one) for one in shown],
        "page": page,
        "pages": pages,
    }


async def undecided_of(visit: Visit, stack: Stack) -> list[tuple[NamedChangeSet, str]]:
    """The change sets of a stack that wait for a decision, newest first, each with its path."""
    found = await named_of(visit.core, stack.stack_id)
    return [(one, path_of(one)) for one in found if one.execution is ExecutionStatus.AVAILABLE]


async def _line(visit: Visit, named: NamedChangeSet) -> ChangeSetLine:
    kept = await planned_of(visit, named)
    review = review_of(named)
    counts = None
    if kept is not None:
        met = summary_of(kept)
        counts = [
            Counted(fate, met[fate], LOOKS[fate], visit.language(words))
            for fate, words in FATES
            if met[fate]
        ]
    return ChangeSetLine(
        named,
        path_of(named),
        standing_of(visit.language, named),
        made_by(named),
        "" if review is None else review.by,
        "" if review is None else review.comment,
        counts,
    )


def path_of(named: NamedChangeSet, *parts: str) -> str:
    """The path of a change set's page, or of what is below it."""
    return stack_path(named.stack_id, "change-sets", named.change_set_id, *parts)


def standing_of(t: Language, named: NamedChangeSet) -> ShownStanding:
    """Where a change set stands, in words for people."""
    look, word = _EXECUTIONS[named.execution]
    review = review_of(named)
    if named.is_empty:
        look, word = "unknown", "there is nothing to change"
    elif (
        named.execution is ExecutionStatus.UNAVAILABLE
        and review is not None
        and review.decision is Decision.REJECTED
    ):
        look, word = "cancelled", "rejected"
    return ShownStanding(look, t(word), f"{named.status.value}, {named.execution.value}")


def made_by(named: NamedChangeSet) -> str:
    """The key of whoever has made it by a form of ours; empty for what came by an API."""
    by = named.details.get("by")
    return by if isinstance(by, str) else ""


async def planned_of(visit: Visit, named: NamedChangeSet) -> ChangeSet | None:
    """What a change set would do; it is never written anew, so that it is read once."""
    return await visit.core.plans.find(visit.core.store, named.planned_id)


async def named_meant(visit: Visit) -> tuple[Stack, NamedChangeSet]:
    """The stack and the change set that a path means; one of another stack is not there."""
    stack = await visit.stack()
    named = await find_named(visit.core, visit.parameters["change_set"])
    if named is None or uuid_of(named.stack_id) != uuid_of(stack.stack_id):
        raise PageRefused(
            404,
            visit.language("this stack has no such change set"),
            visit.language("it may have been deleted; look at the list of them"),
        )
    return stack, named


# --- one of them ----------------------------------------------------------------------------------


async def change_set(visit: Visit) -> Mapping[str, object]:
    """What a change set would do; no cloud is asked for it."""
    return await change_set_shown(visit, NOT_LOOKED)


async def change_set_shown(visit: Visit, lookahead: Lookahead) -> Mapping[str, object]:
    """The page, with what the cloud has said where it was asked."""
    stack, named = await named_meant(visit)
    kept = await planned_of(visit, named)
    parameters = _parameters(stack, named, kept)
    changed = frozenset(one.name for one in parameters if one.is_changed)
    others = await named_of(visit.core, stack.stack_id)
    is_last = not any(
        one.execution is ExecutionStatus.AVAILABLE
        for one in others
        if one.change_set_id != named.change_set_id
    )
    return {
        **await _about(visit, stack, named, ""),
        "change_set": kept,
        "plan": None if kept is None else await plan_shown(visit, kept, changed, lookahead),
        "parameters": parameters,
        "is_alone_under_review": is_last and stack.status is StackStatus.REVIEWING,
        "on_failures": _on_failures(visit.language, stack, named),
        "commands": [] if kept is None else _commands(visit, stack, named, kept),
        "longest_comment": LONGEST_COMMENT,
    }


async def change_set_template(visit: Visit) -> Mapping[str, object]:
    """The template that a change set brings, beside the one that the stack was made from."""
    stack, named = await named_meant(visit)
    kept = await planned_of(visit, named)
    about = await _about(visit, stack, named, "template")
    if kept is None:
        return {**about, "template": None}
    changes = await visit.core.asides(
        kept.template + stack.template, lambda: template_changes(stack, kept)
    )
    return {**about, "template": changes}


async def change_set_document(visit: Visit) -> Mapping[str, object] | Response:
    """What a change set would do as `plan --json` gives it; `?format=file` as a file."""
    stack, named = await named_meant(visit)
    kept = await planned_of(visit, named)
    about = await _about(visit, stack, named, "json")
    if kept is None:
        return {**about, "document": None, "is_too_long": False}
    is_file = visit.query.get("format") == "file"
    is_too_long = len(kept.changes) > _MOST_JSON
    if is_too_long and not is_file:
        return {**about, "document": None, "is_too_long": True}
    document = change_set_json(kept, stack.place.cloud)
    text = await visit.core.asides(
        kept.template, lambda: json.dumps(document, ensure_ascii=False, indent=2)
    )
    if is_file:
        name = f"change-set-{named.change_set_id}.json"
        return Response(
            text + "\n",
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
    return {**about, "document": text, "is_too_long": False}


async def _about(
    visit: Visit, stack: Stack, named: NamedChangeSet, section: str
) -> dict[str, object]:
    """What every page about one change set shows."""
    t = visit.language
    return {
        **await frame(visit, "change-sets", stack),
        "title": f"{named.name} · {stack.name}",
        "named": named,
        "standing": standing_of(t, named),
        "review": review_of(named),
        "made_by": made_by(named),
        "change_set_path": path_of(named),
        "sections": [
            (path_of(named, *([path] if path else [])), t(label), path == section)
            for path, label in _SECTIONS
        ],
    }


def _parameters(stack: Stack, named: NamedChangeSet, kept: ChangeSet | None) -> list[ParameterLine]:
    """The parameters that change, before those that stay; what was is not known any more later."""
    if kept is None:
        return []
    told = named.details.get("changed_parameters")
    names = frozenset(map(str, told)) if isinstance(told, Sequence) else frozenset()
    is_new = stack.status is StackStatus.REVIEWING
    is_ahead = named.operation_id is None and named.execution is not ExecutionStatus.OBSOLETE
    lines = []
    for name, value in kept.bindings.parameters.items():
        is_known = is_ahead and name in stack.parameters
        before = stack.parameters.get(name) if is_known else None
        is_changed = is_new or ((not is_known or before != value) if is_ahead else name in names)
        lines.append(ParameterLine(name, before, value, not is_known, is_changed))
    return sorted(lines, key=lambda one: not one.is_changed)


def _on_failures(t: Language, stack: Stack, named: NamedChangeSet) -> list[tuple[str, str, bool]]:
    """What may follow a failure, that which was asked for with the change set chosen."""
    fit = [one for one in OnFailure if one is not OnFailure.DELETE or named.kind == "CREATE"]
    return [
        (one.value, t(_ON_FAILURE[one]), one is named.waiting.on_failure)
        for one in sorted(fit, key=list(_ON_FAILURE).index)
    ]


def _commands(visit: Visit, stack: Stack, named: NamedChangeSet, kept: ChangeSet) -> list[str]:
    """The lines that do the same: of the owner's own tool at this server, and of ours."""
    values = kept.bindings.parameters
    is_plain = all(isinstance(one, str | int) and not holds_secret(one) for one in values.values())
    is_file = bool(kept.template_name) and not kept.template_name.startswith("<")
    template = kept.template_name if is_file else "TEMPLATE"
    options: dict[str, OptionValue] = {
        "stack": stack.name,
        "parameters": {name: str(value) for name, value in values.items()} if is_plain else None,
        "on_failure": named.waiting.on_failure.value,
        **of_place(stack.place),
    }
    if kept.adoptions:
        pairs = [f"{address}={thing}" for address, thing in kept.adoptions.items()]
        ours = command_line("adopt", options, template, *pairs)
    else:
        options["replace"] = kept.replacement_allowed
        ours = command_line("deploy", options, template)
    # Whoever has filled in a form was told the line that does the same.
    told = named.details.get("command")
    line = told if isinstance(told, str) and told else ours.text
    if stack.dialect != "cloudformation":
        return [line]
    own = [
        "aws",
        "cloudformation",
        "execute-change-set",
        *("--endpoint-url", visit.desk.address),
        *("--region", stack.place.region),
        *("--stack-name", stack.name),
        *("--change-set-name", named.name),
    ]
    return [shlex.join(own), line]
