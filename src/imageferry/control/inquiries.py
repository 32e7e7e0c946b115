"""Answers to what a template asks of the world beside it, before anything is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imageferry.control.desk import Desk
from imageferry.control.neighbours import Neighbour, exports_of, neighbours_of
from imageferry.control.stack_outputs import Unanswered, output_of_stack
from imageferry.evaluation.inquiries import asking_parts, inquiries, written_at
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Stack
from imageferry.model.suggestions import did_you_mean
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value
from imageferry.validation.bindings import bind

MOST_ROUNDS = 100
"""How often it is asked anew with what an answer has brought up."""


@dataclass(frozen=True, slots=True)
class Question:
    """A template that meets its parameters in a stack: who asks.

    `given`, `kept` and `pseudo` are what `bind` takes; `known` are answers of the stack's open
    operation, which are not asked for again.
    """

    stack: Stack
    template: Template
    given: Mapping[str, Value]
    kept: Mapping[str, Value]
    pseudo: Mapping[str, Value]
    known: Mapping[Inquiry, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """Every answer that there is, and at which lines there is none and why."""

    answers: Mapping[Inquiry, Value] = field(default_factory=dict)
    faults: tuple[Diagnostic, ...] = ()


async def answer_inquiries(desk: Desk, question: Question) -> Answered:
    """Ask, answer, and ask again with what the answers bring up, until nothing new is asked.

    Raises whatever goes wrong with a call of the cloud.
    """
    parts = asking_parts(question.template)
    if parts is None:
        return Answered()
    faults: list[Diagnostic] = []
    answers = dict(question.known)
    refused: set[Inquiry] = set()
    manners = MANNERS[question.template.dialect]
    sources = _Sources(desk, question.stack, {})
    for _ in range(MOST_ROUNDS):
        bound = bind(
            question.template, question.given, question.pseudo, question.kept, answers, partly=True
        )
        if bound.bindings is None:
            # What is wrong is told with everything else; nobody needs an answer.
            return Answered(answers, tuple(faults))
        asked = inquiries(parts, bound.bindings, manners)
        new = [one for one in asked if one not in answers and one not in refused]
        if not new:
            return Answered({one: answers[one] for one in answers if one in asked}, tuple(faults))
        for inquiry in sorted(new, key=lambda one: (one.kind.name, one.arguments)):
            try:
                answers[inquiry] = await _answer(inquiry, sources)
            except Unanswered as reason:
                refused.add(inquiry)
                faults.append(_placed(reason, inquiry, parts, bound.bindings))
    faults.append(
        error(
            "IF373",
            f"the template asks for more after {MOST_ROUNDS} rounds of answers",
            why="each answer leads to another question",
            remedy="give some of the values as parameters",
        )
    )
    return Answered(answers, tuple(faults))


def _placed(
    reason: Unanswered, inquiry: Inquiry, parts: Template, bindings: Bindings
) -> Diagnostic:
    span = written_at(inquiry, parts, bindings, MANNERS[parts.dialect])
    return error(reason.code, reason.message, why=reason.why, remedy=reason.remedy, span=span)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where answers come from; the neighbours are looked up when the first export is asked for."""

    desk: Desk
    stack: Stack
    seen: dict[str, Sequence[Neighbour]]

    async def neighbours(self) -> Sequence[Neighbour]:
        region = self.stack.place.region
        if region not in self.seen:
            self.seen[region] = await neighbours_of(self.desk.store, self.stack)
        return self.seen[region]


async def _answer(inquiry: Inquiry, sources: _Sources) -> Value:
    """The answer to one question; raises Unanswered."""
    match inquiry.kind:
        case InquiryKind.NOW:
            return sources.desk.clock.now()
        case InquiryKind.ZONES:
            return await _zones(inquiry.arguments[0], sources)
        case InquiryKind.EXPORT:
            return _export(inquiry.arguments[0], sources.stack, await sources.neighbours())
        case InquiryKind.STACK_OUTPUT:
            return await output_of_stack(sources.desk.store, sources.stack, inquiry.arguments)
        case InquiryKind.MARKETPLACE_IMAGE:
            raise Unanswered(
                "IF372",
                f"the image of the marketplace product '{inquiry.arguments[0]}' cannot be told",
                why="the marketplace has no interface here that would be asked for it",
                remedy="write the image's id, or take it from a parameter",
            )


async def _zones(region: str, sources: _Sources) -> Value:
    try:
        return list(await sources.desk.regions.zones(region or sources.stack.place.region))
    except LookupError:
        near = sources.desk.regions.nearest(region)
        raise Unanswered(
            "IF371",
            f"there is no region '{region}' whose zones could be told",
            remedy=f"did you mean '{near}'?" if near else "write a region id such as 'cn-hangzhou'",
        ) from None


def _export(name: str, stack: Stack, neighbours: Sequence[Neighbour]) -> Value:
    exports = exports_of(neighbours)
    found = exports.get(name)
    if found is None:
        is_own = any(export.name == name for export in stack.exports)
        place = stack.place
        raise Unanswered(
            "IF365",
            f"no export is called '{name}'",
            why="it is this stack's own, and only others can import it"
            if is_own
            else f"no stack of this account in '{place.region}' exports it;"
            f" CloudFormation says: No export named {name} found",
            remedy=did_you_mean(name, exports, "deploy the stack that exports it first"),
        )
    neighbour, export = found
    if not neighbour.keeps(export):
        raise _changing(name, neighbour)
    return export.value


def _changing(name: str, neighbour: Neighbour) -> Unanswered:
    if neighbour.change_set is not None:
        return Unanswered(
            "IF366",
            f"the export '{name}' is being changed or deleted",
            why=f"an operation on the stack '{neighbour.stack.name}' is not finished",
            remedy="give the command again once that operation has ended",
        )
    return Unanswered(
        "IF366",
        f"the export '{name}' is no longer what its stack has",
        why=f"the last update of the stack '{neighbour.stack.name}' failed half way",
        remedy="deploy that stack first, until it succeeds",
    )
