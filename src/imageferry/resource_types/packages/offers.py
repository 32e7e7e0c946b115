"""OfferedTypes: the resource types that installed packages offer, each taken or told to be broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.schemas import ResourceSchema, schema_from_json
from imageferry.ports.types import BrokenType, Package, ResourceType, TypeOffer
from imageferry.resource_types.connected import Connected
from imageferry.resource_types.rooms import load

_ALSO_OFFERED: Final = "remove one of the packages, or one of the entry points"
_ASK_ITS_AUTHOR: Final = "install another version of the package, or remove it"


class Offered(NamedTuple):
    """One entry point: the name of a type, the package that declares it, and what is loaded."""

    type_name: str
    package: Package
    load: Callable[[], object]


class Unusable(Exception):
    """An offer cannot be taken; its diagnostic says why."""

    def __init__(self, fault: Diagnostic) -> None:
        self.fault = fault
        super().__init__(fault.message)


Offers = Callable[[], Sequence[Offered]]
"""Tells what installed packages offer; asked only where a type is not built in."""


def nothing_offered() -> Sequence[Offered]:
    """The Offers of whoever wants built-in types alone."""
    return ()


def take_offer(offer: TypeOffer, connected: Connected) -> ResourceType:
    """The type of an offer, with what it can do; raises OSError or ValueError for a schema that is none."""
    return ResourceType(_read_schema(offer), offer.check, route=offer.route, **connected._asdict())


def _read_schema(offer: TypeOffer) -> ResourceSchema:
    document = json.loads(offer.schema.read_text(encoding="utf-8"))
    faults: Sequence[str] = load("packages.schema_faults").schema_faults(document)
    if faults:
        raise ValueError("; ".join(faults))
    return schema_from_json(document)


class OfferedTypes:
    """The types that packages offer, each loaded when it is first asked for.

    `connect` gives what an offer's type can do; `built_in` are the names that no package may take.
    """

    def __init__(
        self,
        connect: Callable[[TypeOffer], Connected],
        built_in: Callable[[], Collection[str]],
        offers: Offers,
    ) -> None:
        self._connect = connect
        self._built_in = built_in
        self._offers = offers
        self._found: dict[str, ResourceType | BrokenType] = {}
        self._taken: list[tuple[TypeOffer, ResourceType]] = []

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if a package offers it and it can be used."""
        found = self._look(type_name)
        return found if isinstance(found, ResourceType) else None

    def names(self) -> Sequence[str]:
        """The names of the types that can be used, sorted, without aliases."""
        looked = {name: self._look(name) for name in self._offered()}
        return [
            name
            for name, one in looked.items()
            if isinstance(one, ResourceType) and one.schema.type_name == name
        ]

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        """The offers that cannot be used, by name; of one name alone, where it is given."""
        looked = [self._look(name) for name in self._offered() if type_name in {None, name}]
        return [one for one in looked if isinstance(one, BrokenType)]

    def _offered(self) -> Sequence[str]:
        return sorted({one.type_name for one in self._offers()})

    def _look(self, type_name: str) -> ResourceType | BrokenType | None:
        if type_name not in self._found:
            offered = [one for one in self._offers() if one.type_name == type_name]
            if not offered:
                return None
            self._found[type_name] = self._take(offered)
        return self._found[type_name]

    def _take(self, offered: Sequence[Offered]) -> ResourceType | BrokenType:
        first = offered[0]
        try:
            if first.type_name in self._built_in():
                raise Unusable(_of_ours(first))
            if len(offered) > 1:
                raise Unusable(_offered_twice(offered))
            return self._accept(first, _loaded(first))
        except Unusable as refused:
            return BrokenType(first.type_name, first.package, refused.fault)

    def _accept(self, one: Offered, offer: TypeOffer) -> ResourceType:
        """The type of an offer, the same under each of its names: an old name is no other type."""
        for taken, found in self._taken:
            if taken is offer:
                _require_name(one, found.schema)
                return found
        schema = _conformed(one, offer)
        connected = _connected(one, offer, self._connect)
        found = ResourceType(
            schema, offer.check, route=offer.route, package=one.package, **connected._asdict()
        )
        self._taken.append((offer, found))
        return found


def _where(one: Offered) -> str:
    return f'the package "{one.package}" declares the entry point "{one.package.entry_point}"'


def _of_ours(one: Offered) -> Diagnostic:
    return error(
        "IF953",
        f'the type "{one.type_name}" is built in, and "{one.package}" offers it again',
        why=f"{_where(one)}; a built-in type is never replaced",
        remedy="give the type of the package another name",
    )


def _offered_twice(offered: Sequence[Offered]) -> Diagnostic:
    packages = " and ".join(f'"{one.package}"' for one in offered)
    return error(
        "IF954",
        f'the type "{offered[0].type_name}" is offered by {packages}',
        why="; ".join(map(_where, offered)),
        remedy=_ALSO_OFFERED,
    )


def _loaded(one: Offered) -> TypeOffer:
    try:
        offer = one.load()
    # A package may raise whatever it likes, here and below: it breaks its own type, and no other.
    except Exception as fault:
        raise Unusable(
            error(
                "IF950",
                f'the type "{one.type_name}" cannot be loaded from "{one.package}"',
                why=f"{_where(one)}, and loading it ends with {_said(fault)}",
                remedy=_ASK_ITS_AUTHOR,
            )
        ) from fault
    if not isinstance(offer, TypeOffer):
        raise Unusable(
            error(
                "IF951",
                f'what "{one.package}" offers as the type "{one.type_name}" is no TypeOffer',
                why=f"{_where(one)}, and what stands there is of the class {type(offer).__name__}",
                remedy="let the entry point name an imageferry.TypeOffer",
            )
        )
    return offer


def _conformed(one: Offered, offer: TypeOffer) -> ResourceSchema:
    try:
        schema = _read_schema(offer)
    except Exception as fault:
        raise Unusable(
            error(
                "IF952",
                f'the schema of the type "{one.type_name}" from "{one.package}" cannot be used',
                why=f"{_where(one)}, and reading the schema ends with {_said(fault)}",
                remedy="mend the schema: docs/types.md tells what may stand in it",
            )
        ) from fault
    _require_name(one, schema)
    return schema


def _require_name(one: Offered, schema: ResourceSchema) -> None:
    names = (schema.type_name, *schema.aliases)
    if one.type_name not in names:
        raise Unusable(
            error(
                "IF955",
                f'"{one.package}" offers the type "{one.type_name}" with the schema of'
                f' "{schema.type_name}"',
                why=f"{_where(one)}, and its name is neither the schema's typeName nor an alias",
                remedy=f'name the entry point "{schema.type_name}"',
            )
        )


def _connected(
    one: Offered, offer: TypeOffer, connect: Callable[[TypeOffer], Connected]
) -> Connected:
    try:
        return connect(offer)
    except Exception as fault:
        raise Unusable(
            error(
                "IF956",
                f'the type "{one.type_name}" from "{one.package}" cannot be connected',
                why=f"{_where(one)}, and its connect ends with {_said(fault)}",
                remedy=_ASK_ITS_AUTHOR,
            )
        ) from fault


def _said(fault: Exception) -> str:
    return f"{type(fault).__name__}: {str(fault).strip() or 'nothing more is said'}"
