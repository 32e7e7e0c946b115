"""Values that parameters declare, as the other dialect reads them: defaults and what is allowed."""

from __future__ import annotations

import json
from dataclasses import replace

from imageferry.conversion.crossings import Crossing
from imageferry.conversion.parts import Leaf, Listing, Part, Style, items, plain, text
from imageferry.conversion.scalar_words import number_text
from imageferry.evaluation.conversions import number_of_text, truth_of_text


def cross_default(crossing: Crossing, name: str, part: Part) -> Part:
    """The default over there; what it is to whoever reads it does not change unless it is said."""
    kind = crossing.template.parameters[name].kind
    if isinstance(part, Leaf) and part.value is None:
        return _no_default(crossing, name, kind, part) if crossing.to_services() else part
    if kind == "json":
        if isinstance(part, Leaf) and isinstance(part.value, str):
            return part
        return text(json.dumps(plain(part), ensure_ascii=False), part.span)
    if kind in ("text_list", "number_list"):
        return _list(crossing, name, part)
    if not isinstance(part, Leaf):
        return text(json.dumps(plain(part), ensure_ascii=False), part.span)
    told = _word(crossing, name, part)
    _say_changed(crossing, name, part, told)
    return told


def _no_default(crossing: Crossing, name: str, kind: str, part: Leaf) -> Part:
    if kind == "number":
        crossing.error(
            "IF914",
            f"the parameter '{name}' may have no value, which a number cannot say there",
            part.span,
            why=f"{crossing.there.title} has no null",
            remedy="give it a default, or make it a String, before you convert",
        )
    else:
        crossing.warning(
            "IF920",
            f"the default null of '{name}' becomes an empty text",
            part.span,
            why=f"{crossing.there.title} has no null; a property that may not be empty counts "
            "as not given in both",
        )
    return text("", part.span)


def cross_allowed(crossing: Crossing, name: str, part: Part) -> Part:
    """The values that are allowed over there."""
    if not isinstance(part, Listing):
        return part
    members = tuple(
        replace(
            one,
            value=_word(crossing, name, one.value) if isinstance(one.value, Leaf) else one.value,
        )
        for one in part.members
        if not (isinstance(one.value, Leaf) and one.value.value is None and crossing.to_services())
    )
    return replace(part, members=members)


def _list(crossing: Crossing, name: str, part: Part) -> Part:
    """Several texts: CloudFormation takes away the blanks around each, ROS leaves them."""
    inner = items(part)
    if inner is None:
        words = part.text.split(",") if isinstance(part, Leaf) else []
    else:
        words = [_scalar(one) for one in inner if isinstance(one, Leaf)]
    bare = [word.strip() for word in words]
    if crossing.to_services() and bare != words:
        crossing.warning(
            "IF936",
            f"the items of '{name}' lose the blanks around them",
            part.span,
            why=f"{crossing.there.title} takes them away; here they are part of the texts",
        )
    joined = ",".join(bare)
    return part if isinstance(part, Leaf) and part.value == joined else text(joined, part.span)


def _word(crossing: Crossing, name: str, part: Leaf) -> Leaf:
    """A value of a parameter: one side reads it as it is written, the other by what it means."""
    if part.value is None:
        return part
    if name in crossing.flags:
        return _flag(crossing, part)
    is_number = crossing.template.parameters[name].kind == "number"
    return _written(part, is_number) if crossing.to_services() else _read(part, is_number)


def _flag(crossing: Crossing, part: Leaf) -> Leaf:
    truth = bool(truth_of_text(str(part.value)))
    word = "true" if truth else "false"
    if crossing.to_services():
        return Leaf(word, word, part.span, Style.SINGLE)
    return Leaf(truth, word, part.span)


def _written(part: Leaf, is_number: bool) -> Leaf:
    """A value as it must be written where only the text of it counts."""
    if is_number and isinstance(part.value, str):
        number = number_of_text(part.value)
        written = part.value if number is None else str(number)
    else:
        written = _scalar(part)
    if written == (part.text if isinstance(part.value, str) else number_text(part)):
        return replace(part, text=written)
    return text(written, part.span, part.style)


def _read(part: Leaf, is_number: bool) -> Leaf:
    """A text as it must be written where its value counts."""
    if is_number:
        number = number_of_text(part.text)
        return part if number is None else Leaf(number, str(number), part.span)
    # Written without quotes, and yet text: what reads values would take it for a number.
    return part if isinstance(part.value, str) else replace(part, value=part.text)


def _say_changed(crossing: Crossing, name: str, here: Leaf, there: Leaf) -> None:
    """Tell of a default whose text is another one over there, inside other texts, too."""
    if name in crossing.flags:
        return
    if isinstance(here.value, bool) and crossing.to_services():
        crossing.warning(
            "IF936",
            f"the default of '{name}' becomes the text '{there.text}'",
            here.span,
            why=f"it is true or false here, which inside a text is '{here.value}'",
            remedy="" if here.style is not Style.PLAIN else "put it in quotes where it is a text",
        )
    elif not crossing.to_services() and here.text != there.text:
        hidden = crossing.template.parameters[name].no_echo
        crossing.warning(
            "IF936",
            f"the default of '{name}' is written otherwise"
            if hidden
            else f"the default '{here.text}' of '{name}' becomes {there.text}",
            here.span,
            why=f"a number keeps its text here, and has none but its own in {crossing.there.title}",
        )


def _scalar(leaf: Leaf) -> str:
    """The text of a single value where a parameter is one text, or several."""
    match leaf.value:
        case None:
            return ""
        case bool() as truth:
            return "true" if truth else "false"
        case other:
            return str(other)
