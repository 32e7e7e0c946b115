"""Page, Deed and the two tables of them: everything that there is to look at, and to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from imageferry.console.views.audit import audit
from imageferry.console.views.home import home
from imageferry.console.visits import Visit
from imageferry.model.access import Role

Gather = Callable[[Visit], Awaitable[Mapping[str, object] | Response]]
"""What a page shows, for its template; or a whole reply, such as a redirection."""


@dataclass(frozen=True, slots=True)
class Page:
    """Something to look at: `path` below the console's, and the template of that `name`.

    `live` are the blocks of the template that are sent again as they change; each stands in the
    page in an element with the block's name as its `data-live`. A path that has `{stack}` (a UUID)
    is about that stack alone.
    """

    path: str
    name: str
    gather: Gather
    live: tuple[str, ...] = ()
    needs: Role = Role.READER


def stack_of_path(visit: Visit) -> str:
    """The id of the stack that a deed is about, as its path says it."""
    return visit.parameters.get("stack", "")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do, by a form that is sent to a path; it answers with a redirection or a page.

    `action` is its name in the audit, `target` what it is about there; the stack of the path where
    it says nothing.
    """

    path: str
    action: str
    perform: Callable[[Visit], Awaitable[Response]]
    needs: Role = Role.OPERATOR
    target: Callable[[Visit], str] = stack_of_path


PAGES: Final[tuple[Page, ...]] = (
    Page("/", "home", home, live=("totals", "map", "news", "matrix")),
    Page("/audit", "audit", audit, needs=Role.ADMIN),
)

DEEDS: Final[tuple[Deed, ...]] = ()
