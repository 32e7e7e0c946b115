"""Visit: one admitted request for a page or a deed, with all that its view may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.datastructures import QueryParams

from imageferry.console.desk import ConsoleDesk
from imageferry.console.languages import Language
from imageferry.console.sessions import Session
from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.control.requests import StackNotFound
from imageferry.model.access import Role
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.stacks import Stack

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PREFIX = "/console"
"""Below what path everything of the console stands."""


class PageRefused(Exception):
    """What is asked for cannot be shown or done: an HTTP status, why, and how to mend it."""

    def __init__(
        self, status: int, said: str, remedy: str = "", diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        self.status = status
        self.said = said
        self.remedy = remedy
        self.diagnostics = tuple(diagnostics)
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent with a form: texts by name in their order, and uploaded files."""

    fields: Sequence[tuple[str, str]] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The last text of a name."""
        return next((value for key, value in reversed(self.fields) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every text of a name."""
        return [value for key, value in self.fields if key == name]

    def under(self, prefix: str) -> dict[str, str]:
        """The texts whose names begin so, by the rest of the name."""
        return {
            key.removeprefix(prefix): value for key, value in self.fields if key.startswith(prefix)
        }


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted request. `path` begins with PREFIX, and is percent-encoded; `parameters` are what
    it says, decoded.
    """

    desk: ConsoleDesk
    session: Session
    language: Language
    method: str
    path: str
    parameters: Mapping[str, str]
    query: QueryParams
    request_id: str
    source: str
    now: float
    theme: str = "auto"
    form: Form = field(default_factory=Form)

    @property
    def plane(self) -> ControlPlane:
        """The control plane of the account."""
        return self.desk.planes[self.session.account_id]

    @property
    def core(self) -> Desk:
        """What the rooms of `control` work with."""
        return self.plane.desk

    @property
    def may_write(self) -> bool:
        """Whether stacks may be changed."""
        return self.session.role.covers(Role.OPERATOR)

    @property
    def page_number(self) -> int:
        """Which page of a list is asked for, from 1."""
        asked = self.query.get("page", "1")
        return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1

    async def stack(self) -> Stack:
        """The stack that the path names by its UUID; raises StackNotFound."""
        uuid = self.parameters["stack"]
        is_one = _UUID.fullmatch(uuid) is not None
        stack = await self.core.store.stack_of_uuid(uuid) if is_one else None
        place = self.plane.place
        if stack is None or (stack.place.cloud, stack.place.account_id) != (
            place.cloud,
            place.account_id,
        ):
            raise StackNotFound(f'no stack of this account has the id "{uuid[:64]}"')
        return stack

    def at(self, now: float) -> Visit:
        """The same visit at another moment."""
        return replace(self, now=now)

    def with_form(self, form: Form) -> Visit:
        """The same visit with what was sent."""
        return replace(self, form=form)


def uuid_of(stack_id: str) -> str:
    """What stands for a stack in paths: of an ARN its last part."""
    return stack_id.rpartition("/")[2]


def stack_path(stack_id: str, *parts: str) -> str:
    """The path of a stack's page, or of what is below it."""
    return "/".join((PREFIX, "stacks", uuid_of(stack_id), *parts))
