"""What ROS leaves in templates that it made itself: transform_namespace, resource_facade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import bounded, kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.values import UNKNOWN, Value

_KINDS: Final = ("Condition", "DependsOn")


def check_namespace(arguments: Sequence[Value], manners: Manners) -> None:
    """What is renamed, and into which namespace, where they are written out."""
    kind, namespace, _ = arguments
    if kind is not UNKNOWN and kind not in _KINDS:
        raise Refusal("needs 'Condition' or 'DependsOn' as its first argument")
    if namespace is not UNKNOWN and not isinstance(namespace, (str, Mapping)):
        raise Refusal(f"needs a text as its namespace, not {kind_of(namespace)}")


def transform_namespace(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[Condition or DependsOn, namespace, value]`: a name of a module, as the name out here.

    A condition's truth stays as it is, and its name gives the truth of the condition so named.
    """
    check_namespace(arguments, scope.manners)
    kind, namespace, value = arguments
    if kind == "Condition":
        if value is None or isinstance(value, bool):
            return value
        return scope.bindings.conditions.get(_renamed(namespace, value), UNKNOWN)
    if isinstance(value, (list, tuple)):
        return [_renamed(namespace, one) for one in value if one is not None and one != ""]
    return value if value is None or value == "" else _renamed(namespace, value)


def _renamed(namespace: Value, name: Value) -> str:
    if not isinstance(name, str):
        raise Refusal(f"needs a name, not {kind_of(name)}")
    if isinstance(namespace, Mapping):
        table = namespace.get("Lookup")
        found = table.get(name) if isinstance(table, Mapping) else None
        if found is not None:
            if not isinstance(found, str):
                raise Refusal(f"needs names in 'Lookup', not {kind_of(found)}")
            return found
        prefix = namespace.get("Prefix", "")
    else:
        prefix = namespace
    if not isinstance(prefix, str):
        raise Refusal(f"needs a text as its namespace, not {kind_of(prefix)}")
    return bounded(f"{prefix}{name}" if not prefix or prefix.endswith(".") else f"{prefix}.{name}")


def resource_facade(arguments: Sequence[Value], scope: Scope) -> Value:
    """Only the template behind a type has a resource that it stands for."""
    raise Refusal(
        "has no meaning in a stack's own template",
        code="IF304",
        why="it stands only in the template that implements a type",
        remedy="write the value itself",
        discreet=True,
    )
