"""Rules for the names that a template gives: alphabet, length, clashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imageferry.dialects.desk import Desk
from imageferry.model.diagnostics import Span


def check_name(desk: Desk, name: str, span: Span, what: str) -> None:
    """Note a name outside the language's alphabet, or one that is a pseudo parameter's."""
    if name in desk.dialect.pseudo:
        desk.error(
            "IF140",
            f"'{name}' is a pseudo parameter and cannot be the name of a {what}",
            span,
            remedy="choose another name",
        )
    elif desk.is_open and "{" in name:
        # What a loop would make that cannot run yet.
        return
    elif not desk.dialect.logical_id.match(name):
        shown = name if len(name) <= 60 else name[:57] + "…"
        is_made = desk.told is not None and desk.dialect.manners.loops
        desk.error(
            "IF140",
            f"'{shown}' cannot be the name of a {what}",
            span,
            why=f"in {desk.dialect.title} a name has {desk.dialect.logical_id_says}",
            remedy="choose another name"
            + ("; in a loop, '&{Identifier}' leaves out all other characters" if is_made else ""),
        )


def check_clashes(
    desk: Desk, spans: Mapping[str, Span], others: Mapping[str, Span], what: str, other: str
) -> None:
    """Note a name that `Ref` could find twice: as `what`, and as `other`."""
    for name in spans.keys() & others.keys():
        desk.error(
            "IF141",
            f"'{name}' is the name of a {what} and of a {other}",
            others[name],
            why=f"'Ref' could mean both; the {what} is on line {spans[name].line}, column "
            f"{spans[name].column}",
            remedy="rename one of them",
        )


def warn_alike(desk: Desk, spans: Mapping[str, Span], what: str) -> None:
    """Note names that differ only by case."""
    first: dict[str, str] = {}
    for name in _with_twins(spans):
        earlier = first.setdefault(name.casefold(), name)
        if earlier != name:
            desk.warning(
                "IF142",
                f"the {what}s '{earlier}' and '{name}' differ only by case",
                spans[name],
                why=f"'{earlier}' stands on line {spans[earlier].line}; they are two different "
                f"{what}s and easily taken for one",
                remedy="rename one of them",
            )


def _with_twins(names: Iterable[str]) -> list[str]:
    listed = list(names)
    return listed if len({name.casefold() for name in listed}) < len(listed) else []
