"""Names and attributes as the other dialect says them: parameters, pseudo parameters, resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from imageferry.conversion.crossings import Crossing, Elsewhere, Instance
from imageferry.conversion.parts import (
    Leaf,
    Part,
    Table,
    call,
    function_name,
    items,
    listing,
    node_of,
    referred,
    table,
    text,
    value_of,
)
from imageferry.dialects.desk import Desk
from imageferry.dialects.expressions import read_expression
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.addresses import parse_address
from imageferry.model.values import UNKNOWN, Value, holds_secret, is_known

Cross: TypeAlias = Callable[[Crossing, Part], Part]


def cross_name(crossing: Crossing, name: str, like: Part, cross: Cross) -> Part:
    """What `Ref: name` is over there; `like` is where it stands."""
    canonical = crossing.here.pseudo.get(name)
    if canonical is not None:
        return _pseudo(crossing, name, canonical, like)
    if name in crossing.locals:
        return cross(crossing, crossing.locals[name])
    if name in crossing.template.parameters:
        return _parameter(crossing, name, like)
    return _resource(crossing, name, None, like, cross)


def cross_attribute(
    crossing: Crossing, resource: str, attribute: str, like: Part, cross: Cross
) -> Part:
    """What `Fn::GetAtt: [resource, attribute]` is over there."""
    return _resource(crossing, resource, attribute, like, cross)


def _pseudo(crossing: Crossing, name: str, canonical: str, like: Part) -> Part:
    if canonical == "region":
        return crossing.region_here(like)
    if canonical == "index" and crossing.index is not None:
        return Leaf(crossing.index, str(crossing.index), like.span)
    # ROS, pseudo parameters: the tenant is the account that the stack belongs to.
    word = crossing.pseudo("account_id" if canonical == "tenant_id" else canonical)
    if word is None:
        crossing.error(
            "IF917",
            f"{crossing.there.title} has no pseudo parameter like '{name}'",
            like.span,
            why=f"it has {', '.join(crossing.there.pseudo)}",
            remedy="give the value by a parameter before you convert",
        )
        return like
    return crossing.reference(word, like)


def _parameter(crossing: Crossing, name: str, like: Part) -> Part:
    if name == crossing.voyage.region_parameter:
        return crossing.region_there(like)
    value = written_out(crossing, crossing.reference(name, like))
    if value is not None:
        return value
    crossing.mentioned.add(name)
    if crossing.to_services() and crossing.template.parameters[name].kind == "json":
        crossing.error(
            "IF914",
            f"the parameter '{name}' gives lists or maps, and {crossing.there.title} has no such type",
            like.span,
            why="there a parameter gives text, a number, or a list of texts",
            remedy=f"give its value with -p {name}=…, by which it is written out, or declare it as "
            "String or CommaDelimitedList",
        )
    return crossing.reference(crossing.renamed("Parameters", name), like)


def _resource(
    crossing: Crossing, name: str, attribute: str | None, like: Part, cross: Cross
) -> Part:
    address = parse_address(name)
    logical_id = name if name in crossing.template.resources else address.logical_id
    known = crossing.types.get(logical_id)
    if known is None:
        # Its type is told of already, and so is a name that nothing has.
        return like
    definition = crossing.template.resources[logical_id]
    if definition.count is None:
        return _of_instance(crossing, crossing.made[logical_id][0], attribute, like, cross)
    if address.index is not None and name not in crossing.template.resources:
        return _of_instance(
            crossing, _instance(crossing, logical_id, address.index, like), attribute, like, cross
        )
    here = [one for one in crossing.made.get(logical_id, ()) if one in crossing.aboard]
    crossing.note(
        f"'{logical_id}' was the list of all copies; here is what this region has of it", like.span
    )
    parts = [_of_instance(crossing, one, attribute, like, cross) for one in here]
    return listing(parts, like.span)


def _instance(crossing: Crossing, logical_id: str, index: int, like: Part) -> Instance:
    for one in crossing.made.get(logical_id, ()):
        if one.index == index:
            return one
    raise Elsewhere(f"{logical_id}[{index}]", None, like.span)


def name_there(crossing: Crossing, one: Instance) -> str:
    """What an instance is called in its template: numbered where there are several."""
    name = crossing.renamed("Resources", one.logical_id)
    twins = [other for other in crossing.made[one.logical_id] if other.region == one.region]
    return f"{name}{one.index}" if one.index is not None and len(twins) > 1 else name


def _of_instance(
    crossing: Crossing, one: Instance, attribute: str | None, like: Part, cross: Cross
) -> Part:
    if one not in crossing.aboard:
        shown = one.logical_id if one.index is None else f"{one.logical_id}[{one.index}]"
        raise Elsewhere(shown, one.region, like.span)
    counterpart = crossing.types[one.logical_id].counterpart
    if attribute is None:
        told = counterpart.physical_id
        if told is None:
            return _untold(crossing, f"'Ref' of '{one.logical_id}'", like)
        crossing.note(f"'Ref' of '{one.logical_id}' is its attribute '{told}' there", like.span)
    elif attribute in counterpart.region_attributes:
        return _region_attribute(crossing, one, attribute, like, cross)
    else:
        found = counterpart.attributes.get(attribute)
        if found is None:
            return _untold(crossing, f"the attribute '{attribute}' of '{one.logical_id}'", like)
        told = found
    name = name_there(crossing, one)
    pair: list[Part] = [text(name, like.span), text(told, like.span)]
    return call("Fn::GetAtt", listing(pair, like.span), like)


def _untold(crossing: Crossing, what: str, like: Part) -> Part:
    crossing.error(
        "IF918",
        f"{what} has no counterpart in {crossing.there.title}",
        like.span,
        why="nothing there gives that value",
        remedy="take it out before you convert, or use the id of the image instead",
    )
    return like


def _region_attribute(
    crossing: Crossing, one: Instance, attribute: str, like: Part, cross: Cross
) -> Part:
    counterpart = crossing.types[one.logical_id].counterpart
    if attribute == counterpart.stack_region_there:
        return crossing.region_there(like)
    written = property_of(crossing, one.logical_id, attribute)
    return crossing.region_here(like) if written is None else cross(crossing, written)


def property_of(crossing: Crossing, logical_id: str, name: str) -> Part | None:
    """A property as it is written here; None where it is not, or is null."""
    definition = crossing.definitions.get(logical_id)
    properties = value_of(definition, "Properties") if isinstance(definition, Table) else None
    found = value_of(properties, name) if isinstance(properties, Table) else None
    return None if isinstance(found, Leaf) and found.value in (None, "") else found


def instances_of(crossing: Crossing, part: Part) -> str | None:
    """The counted resource that `Ref` or `Fn::GetAtt` gives a list of."""
    if not isinstance(part, Table):
        return None
    argument = part.members[0].value if part.members else part
    name = None
    match function_name(part):
        case "Ref" if isinstance(argument, Leaf):
            name = argument.text
        case "Fn::GetAtt":
            first = (items(argument) or [argument])[0]
            name = first.text if isinstance(first, Leaf) else None
        case _:
            return None
    definition = crossing.template.resources.get(name or "")
    return name if definition is not None and definition.count is not None else None


def pick_instance(
    crossing: Crossing, index: Part, source: Part, like: Part, cross: Cross
) -> Part | None:
    """One instance of a counted resource, selected by an index; None where it is no such thing."""
    name = instances_of(crossing, source)
    if name is None or name not in crossing.types or not isinstance(source, Table):
        return None
    number = _value(crossing, index)
    if isinstance(number, str) and number.lstrip("-").isdigit():
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    count = len(crossing.made.get(name, ()))
    chosen = _instance(crossing, name, number + count if number < 0 else number, like)
    attribute = None
    if function_name(source) == "Fn::GetAtt":
        second = (items(source.members[0].value) or [source])[-1]
        attribute = second.text if isinstance(second, Leaf) else ""
    return _of_instance(crossing, chosen, attribute, like, cross)


def settled(crossing: Crossing, part: Part) -> Part | None:
    """A value that follows from the index and from known parameters, written out."""
    value = _value(crossing, part)
    if value is UNKNOWN:
        return None
    if isinstance(value, str) and value == crossing.voyage.region:
        return crossing.region_there(part)
    crossing.note(f"the value of instance {crossing.index} is written out", part.span)
    return part_of(crossing, value, part)


def part_of(crossing: Crossing, value: Value, like: Part) -> Part:
    """A known value as it is written over there."""
    match value:
        case None:
            return crossing.reference(crossing.pseudo("no_value") or "", like)
        case bool():
            return Leaf(value, "true" if value else "false", like.span)
        case str() | int() | float():
            return Leaf(value, str(value), like.span)
        case Mapping():
            entries = {name: part_of(crossing, one, like) for name, one in value.items()}
            return table(entries, like.span, flow=True)
        case Sequence():
            return listing([part_of(crossing, one, like) for one in value], like.span)
        case _:
            return crossing.reference(crossing.pseudo("no_value") or "", like)


def written_out(crossing: Crossing, part: Part) -> Part | None:
    """Lists or maps that a parameter gives, where only the value itself can be written there."""
    declared = crossing.template.parameters.get(referred(part))
    if declared is None or declared.kind != "json" or not crossing.to_services():
        return None
    value = crossing.bindings.parameters.get(declared.name, UNKNOWN)
    if not is_known(value) or holds_secret(value):
        return None
    crossing.warning(
        "IF938",
        f"the value of the parameter '{declared.name}' is written out",
        part.span,
        why=f"it gives lists or maps, and {crossing.there.title} has no such parameters",
        remedy="convert again when it changes",
    )
    return part_of(crossing, value, part)


def _value(crossing: Crossing, part: Part) -> Value:
    """What a part comes to; UNKNOWN where that is not known, or must not be seen."""
    desk = Desk(crossing.here, frozenset(crossing.template.resources))
    expression = read_expression(desk, node_of(_inlined(crossing, part)))
    manners = MANNERS[crossing.template.dialect]
    scope = Scope(crossing.bindings, Unresolved(), manners, crossing.index)
    try:
        value = evaluate(expression, scope)
    except EvaluationError:
        return UNKNOWN
    return value if is_known(value) and not holds_secret(value) else UNKNOWN


def _inlined(crossing: Crossing, part: Part) -> Part:
    """The part with what its locals stand for; the reader has seen to it that this ends."""
    name = referred(part)
    if name in crossing.locals:
        return _inlined(crossing, crossing.locals[name])
    if isinstance(part, Leaf):
        return part
    members = tuple(
        replace(member, value=_inlined(crossing, member.value)) for member in part.members
    )
    return replace(part, members=members)
