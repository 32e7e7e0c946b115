"""shown_pages: an example, or several, of every page of the console on a seeded home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.console.pages import PAGES
from imageferry.console.visits import PREFIX
from tests.cli.shop import Shop

FILLED: Final[Mapping[str, str]] = {"copy": "Golden%5B0%5D", "resource": "Golden%5B0%5D"}
"""What stands for the parameters of a path, but for the stack."""

STACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("golden-web", "web-next", "one-region-failed", "hostile"),
}
"""The stacks that a page is shown of, by the page's name; those of all others stand under no name."""

QUERIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {}
"""Further examples of a page, by its name: what they are called, and their queries."""


def shown_pages(shop: Shop) -> dict[str, str]:
    """The path of each example by its name."""
    listed = shop.object("list")["stacks"]
    ids = {str(one["stack_name"]): str(one["stack_id"]).rpartition("/")[2] for one in listed}
    return dict(_examples(ids))


def _examples(ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if "{stack" not in page.path:
            yield page.name, PREFIX + _filled(page.path, "")
            for name, query in QUERIES.get(page.name, ()):
                yield f"{page.name}-{name}", f"{PREFIX}{_filled(page.path, '')}?{query}"
            continue
        for stack in STACKS.get(page.name, STACKS[""]):
            yield f"{page.name}-{stack}", PREFIX + _filled(page.path, ids[stack])


def _filled(path: str, stack: str) -> str:
    """A path with its parameters filled in."""
    parts = []
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            part = stack if name == "stack" else FILLED[name]
        parts.append(part)
    return "/".join(parts)
