"""What is asked of the world beside the template: zones, exports, outputs of stacks, images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import UNKNOWN, Unknown, Value, holds_secret

_OUTPUT_KEYS: Final = ("StackName", "OutputName", "Region", "RoleArn")


def _word(value: Value, what: str) -> str | Unknown:
    """An argument that is asked with, as text; raises Refusal for a secret, which would be kept."""
    if holds_secret(value):
        raise Refusal(
            f"cannot ask with a secret as {what}",
            code="IF335",
            why="what a template asks for is written down",
            remedy="give it as a parameter without 'NoEcho'",
            discreet=True,
        )
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Refusal(f"needs a text as {what}, not {kind_of(value)}")
    return str(value)


def _ask(scope: Scope, kind: InquiryKind, *words: str) -> Value:
    """The answer, UNKNOWN before it is asked."""
    return scope.bindings.answers.get(Inquiry(kind, words), UNKNOWN)


def check_zones(arguments: Sequence[Value], manners: Manners) -> None:
    """The region, where it is written out."""
    (region,) = arguments
    if region is not None or not manners.null_is_empty:
        _word(region, "a region")


def get_azs(arguments: Sequence[Value], scope: Scope) -> Value:
    """A region's id, to the list of its zones; an empty text is the stack's own region."""
    check_zones(arguments, scope.manners)
    if arguments[0] is None:
        return None
    region: Value = _word(arguments[0], "a region")
    if region == "":
        region = scope.bindings.pseudo.get("region", UNKNOWN)
    return _ask(scope, InquiryKind.ZONES, region) if isinstance(region, str) else UNKNOWN


def check_export(arguments: Sequence[Value], manners: Manners) -> None:
    """The name, where it is written out."""
    if _word(arguments[0], "the name of an export") == "":
        raise Refusal("needs the name of an export, not an empty text")


def import_value(arguments: Sequence[Value], scope: Scope) -> Value:
    """An export's name, to what another stack exports under it."""
    check_export(arguments, scope.manners)
    name = _word(arguments[0], "the name of an export")
    if name is UNKNOWN:
        return UNKNOWN
    value = _ask(scope, InquiryKind.EXPORT, name)
    if value is None:
        raise Refusal(
            f"finds no export named '{name}'",
            code="IF365",
            why="no stack of this account and region exports it",
            remedy="deploy the stack that exports it first, or correct the name",
        )
    return value


def check_stack_output(arguments: Sequence[Value], manners: Manners) -> None:
    """Stack, output and region, as far as they are written out."""
    (given,) = arguments
    if given is UNKNOWN:
        return
    if manners.outputs_by_map:
        _check_map(given)
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of 2 to 3, not {kind_of(given)}", code="IF302")
    if not 2 <= len(given) <= 3:
        raise Refusal(f"needs a list of 2 to 3, not {len(given)}", code="IF302")
    for value, what in zip(given, ("a stack", "an output", "a region"), strict=False):
        if value is not None:
            _word(value, what)


def _check_map(given: Value) -> None:
    if not isinstance(given, Mapping):
        what = "a map of 'StackName', 'OutputName' and perhaps 'Region'"
        raise Refusal(f"needs {what}, not {kind_of(given)}", code="IF302")
    for key in given:
        if key not in _OUTPUT_KEYS:
            remedy = did_you_mean(key, _OUTPUT_KEYS) or f"it has {', '.join(_OUTPUT_KEYS)}"
            raise Refusal(f"has no '{key[:80]}'", code="IF302", remedy=remedy)
    for key in ("StackName", "OutputName"):
        if key not in given:
            raise Refusal(f"needs '{key}'", code="IF302")
        if _word(given[key], f"its '{key}'") == "":
            raise Refusal(f"needs '{key}', which is empty")
    if "Region" in given:
        _word(given["Region"], "its 'Region'")
    if "RoleArn" in given:
        raise Refusal(
            "cannot take on the role in 'RoleArn'",
            code="IF338",
            why="the outputs of other stacks are read from this installation's own record",
            remedy="leave 'RoleArn' out, and deploy the other stack from here",
            discreet=True,
        )


def get_stack_output(arguments: Sequence[Value], scope: Scope) -> Value:
    """An output of another stack: `[stack, output, region]`, or a map of these.

    In ROS null where an argument is null or empty, and where there is no such output; in
    CloudFormation that is an error.
    """
    check_stack_output(arguments, scope.manners)
    (given,) = arguments
    parts: Sequence[Value]
    if isinstance(given, Mapping):
        parts = [given["StackName"], given["OutputName"], given.get("Region", "")]
    elif isinstance(given, (list, tuple)):
        parts = given
        if any(part is None or part == "" for part in parts):
            return None
    else:
        return UNKNOWN
    words = [_word(part, "an argument") for part in parts]
    known = [word for word in words if isinstance(word, str)]
    if len(known) < len(words):
        return UNKNOWN
    stack, output, region = (*known, "")[:3]
    value = _ask(scope, InquiryKind.STACK_OUTPUT, stack, output, region)
    if value is None and scope.manners.outputs_by_map:
        raise Refusal(
            f"finds no output '{output}' of a stack '{stack}'",
            code="IF368",
            remedy="deploy that stack first, or correct the names",
        )
    return value


def check_product(arguments: Sequence[Value], manners: Manners) -> None:
    """The product's code, where it is written out."""
    if arguments[0] is not None:
        _word(arguments[0], "a product's code")


def marketplace_image(arguments: Sequence[Value], scope: Scope) -> Value:
    """A marketplace product's code, to its image in the stack's region, or null."""
    check_product(arguments, scope.manners)
    if arguments[0] is None:
        return None
    code = _word(arguments[0], "a product's code")
    return UNKNOWN if code is UNKNOWN else _ask(scope, InquiryKind.MARKETPLACE_IMAGE, code)


def elsewhere(arguments: Sequence[Value], scope: Scope) -> Value:
    """What only the owner of the language could look up, and what a diagnostic tells already."""
    return UNKNOWN
