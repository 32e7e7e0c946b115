"""causes_of: why each property of a change set changes: a parameter, another resource, or an edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from imageferry.control.templates import read_template
from imageferry.evaluation.references import Mention, MentionKind, mentions
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeSet, Replacement, ResourceChange
from imageferry.model.diagnostics import TemplateError
from imageferry.model.expressions import Expression
from imageferry.model.templates import Template


class CauseKind(Enum):
    """What a changed value comes from."""

    EDIT = "edit"
    PARAMETER = "parameter"
    REFERENCE = "reference"
    ATTRIBUTE = "attribute"


class Cause(NamedTuple):
    """One thing that a changed value comes from.

    `name` is that of the parameter or resource, or `Resource.Attribute`. `is_certain`: the value
    changes for sure; otherwise that is only known once the other resource is done.
    """

    kind: CauseKind
    name: str = ""
    is_certain: bool = True


EDITED: Final = (Cause(CauseKind.EDIT),)

_MOVING: Final = frozenset({Action.UPDATE, Action.REPLACE})


def causes_of(
    change_set: ChangeSet,
    changed_parameters: frozenset[str],
    asked: Sequence[ResourceChange] | None = None,
) -> Mapping[tuple[ResourceAddress, str], tuple[Cause, ...]]:
    """The causes of each changed property, by address and property; those that are edits are left out.

    `changed_parameters` are those with another value than before; `asked` the changes that are
    meant, all where it is None. A template that cannot be read
    any longer tells nothing.
    """
    bindings = change_set.bindings
    try:
        template, _ = read_template(
            change_set.template,
            change_set.template_name,
            bindings.parameters,
            pseudo=bindings.pseudo,
        )
    except TemplateError:
        return {}
    by_name = {change.address.logical_id: change for change in change_set.changes}
    found = {}
    for change in change_set.changes if asked is None else asked:
        definition = template.resources.get(change.address.logical_id)
        if definition is None or change.action not in _MOVING:
            continue
        for name in dict.fromkeys(str(changed.path[0]) for changed in change.properties):
            expression = definition.properties.get(name)
            if expression is None:
                continue
            causes = tuple(
                dict.fromkeys(_causes(expression, template, by_name, changed_parameters))
            )
            if causes:
                found[change.address, name] = causes
    return found


def _causes(
    expression: Expression,
    template: Template,
    changes: Mapping[str, ResourceChange],
    changed_parameters: frozenset[str],
) -> Iterator[Cause]:
    asked: set[str] = set()
    pending: list[Mention] = [*mentions(expression)]
    while pending:
        mention = pending.pop(0)
        if mention.kind is MentionKind.CONDITION:
            condition = template.conditions.get(mention.name)
            if condition is not None and mention.name not in asked:
                asked.add(mention.name)
                pending += mentions(condition.expression)
        elif mention.kind is MentionKind.NAME and mention.name in changed_parameters:
            yield Cause(CauseKind.PARAMETER, mention.name)
        elif mention.kind is not MentionKind.PSEUDO:
            yield from _of_resource(mention, changes)


def _of_resource(mention: Mention, changes: Mapping[str, ResourceChange]) -> Iterator[Cause]:
    name = mention.name if mention.address is None else mention.address.logical_id
    change = changes.get(name)
    if change is None or change.action not in _MOVING:
        return
    is_certain = change.replacement is Replacement.YES
    if mention.kind is MentionKind.ATTRIBUTE:
        attribute = name if mention.attribute is None else f"{name}.{mention.attribute}"
        yield Cause(CauseKind.ATTRIBUTE, attribute, is_certain)
    elif change.replacement is not Replacement.NO:
        yield Cause(CauseKind.REFERENCE, name, is_certain)
