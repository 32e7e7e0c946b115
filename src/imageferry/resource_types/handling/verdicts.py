"""ReadingVerifier: tells by a type's own READ whether what it has made is as it was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Outcome, Pending
from imageferry.model.values import Value
from imageferry.model.verdicts import Against, Comparison, Verdict
from imageferry.resource_types.handling.properties import masked, plain, tags_of

_NOT_SET: Final = "not set"
_MISSING: Final = "missing"


class Where(NamedTuple):
    """Which thing was looked at, and where."""

    thing_id: str
    region: str


class Look(NamedTuple):
    """What more was found by a look of its own: values compared, and remarks for people."""

    comparisons: tuple[Comparison, ...] = ()
    remarks: tuple[str, ...] = ()


async def nothing_more(request: HandlerRequest, done: Done) -> Look | Failed:
    """The look of a type whose READ tells everything."""
    return Look()


@dataclass(frozen=True, slots=True)
class ReadingVerifier:
    """The `ports.Verifier` of a type that reads its properties back.

    `kind` is one word for people. `named` are the properties that count, by what people call them; `health` is what is told of a
    thing that READ shows no symptom of. `tags` is the property that has tags. `more` finds what READ
    does not tell in properties. A property that is not given is not compared, nor one that READ says nothing of.
    """

    kind: str
    read: Callable[[HandlerRequest], Awaitable[Outcome]]
    where: Callable[[HandlerRequest], Where]
    named: Mapping[str, str]
    health: Mapping[str, str]
    tags: str = ""
    more: Callable[[HandlerRequest, Done], Awaitable[Look | Failed]] = nothing_more

    async def __call__(self, request: HandlerRequest) -> Verdict | Failed:
        """Read the thing, and compare what was found with what is recorded as asked."""
        done = await self.read(request)
        match done:
            case Failed():
                return done
            case Pending():
                return Failed(ErrorCode.INTERNAL_FAILURE, "it could not be read at once")
            case Done():
                more = await self.more(request, done)
        if isinstance(more, Failed):
            return more
        secrets: list[str] = []
        found = [
            *self._health(done),
            *self._asked(request, done, secrets),
            *self._tags(request, done, secrets),
            *more.comparisons,
        ]
        where = self.where(request)
        return Verdict(
            where.thing_id,
            where.region,
            comparisons=tuple(hidden(one, tuple(secrets)) for one in found),
            remarks=tuple(masked(one, tuple(secrets)) for one in more.remarks),
            kind=self.kind,
        )

    def _health(self, done: Done) -> Sequence[Comparison]:
        signs = [
            Comparison(one.name, one.healthy, one.actual, Against.HEALTH) for one in done.symptoms
        ]
        told = {one.what for one in signs}
        well = [
            Comparison(name, good, good, Against.HEALTH)
            for name, good in self.health.items()
            if name not in told
        ]
        return [*signs, *well]

    def _asked(
        self, request: HandlerRequest, done: Done, secrets: list[str]
    ) -> Sequence[Comparison]:
        observed = done.observed or {}
        return [
            Comparison(
                called,
                said(request.properties[name], secrets),
                said(observed[name], secrets),
                Against.ASKED,
            )
            for name, called in self.named.items()
            if request.properties.get(name) is not None and name in observed
        ]

    def _tags(
        self, request: HandlerRequest, done: Done, secrets: list[str]
    ) -> Sequence[Comparison]:
        """The tags that were asked for; more of them are no difference."""
        shown = _tags(plain((done.observed or {}).get(self.tags), secrets), secrets)
        return [
            Comparison(
                f'tag "{key}"',
                f'"{value}"',
                f'"{shown[key]}"' if key in shown else _MISSING,
                Against.ASKED,
            )
            for key, value in _tags(
                plain(request.properties.get(self.tags), secrets), secrets
            ).items()
        ]


def _tags(value: Value, secrets: list[str]) -> dict[str, str]:
    return dict(tags_of(value, "Key", "Value", secrets))


def said(value: Value, secrets: list[str]) -> str:
    """A value as a comparison shows it; a list in the order of its texts, for the cloud promises none."""
    opened = plain(value, secrets)
    match opened:
        case None | "":
            return _NOT_SET
        case bool():
            return str(opened).lower()
        case list() | tuple():
            return ", ".join(sorted(said(one, secrets) for one in opened)) or "none"
        case _:
            return str(opened)


def hidden(one: Comparison, secrets: tuple[str, ...]) -> Comparison:
    """The comparison without a secret: two that differ must not look alike."""
    expected, actual = masked(one.expected, secrets), masked(one.actual, secrets)
    if expected == actual and not one.is_equal:
        actual = f"not {expected}"
    return Comparison(masked(one.what, secrets), expected, actual, one.against)
