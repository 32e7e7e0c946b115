"""shown_pages: an example, or several, of every page of the console on a seeded home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from imageferry.console.pages import PAGES
from imageferry.console.visits import PREFIX
from tests.cli.shop import Shop

STACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("golden-web", "web-next", "one-region-failed", "hostile"),
    "overview": (
        "golden-web", "web-next", "one-region-failed", "hostile", "reviewed", "gold", "database",
        "update-rollback-failed", "delete-failed", "everywhere",
    ),
    "copy": ("golden-web", "web-next", "one-region-failed", "hostile", "drifted", "waiting-in-line"),
    "resources": ("golden-web", "web-next", "one-region-failed", "hostile", "everywhere"),
    "change_sets": ("golden-web", "reviewed"),
    "change_set": ("golden-web", "reviewed"),
    "drift": ("golden-web", "drifted"),
    "parameters": ("golden-web", "hostile", "database"),
}  # fmt: skip
"""The stacks that a page is shown of, by the page's name; those of all others stand under no name."""

ADDRESSES: Final[Mapping[str, str]] = {
    "hostile": "Golden",
    "one-region-failed": "Golden[2]",
    "drifted": "Golden[1]",
    "waiting-in-line": "Layer[7]",
}
"""The copy that is shown of a stack, where it is not the first of the example."""

NAMED: Final[Mapping[str, str]] = {"golden-web": "one-more-region", "reviewed": "first-look"}
"""The change set that waits on a stack."""

QUERIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "stacks": (("searched", "search=web"), ("not-found", "search=no-such-stack")),
}
"""Further examples of a page, by its name: what they are called, and their queries."""


def shown_pages(shop: Shop) -> dict[str, str]:
    """The path of each example by its name."""
    listed = shop.object("list")["stacks"]
    ids = {str(one["stack_name"]): str(one["stack_id"]).rpartition("/")[2] for one in listed}
    return dict(_examples(ids))


def _examples(ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if "{stack" not in page.path:
            path = PREFIX + _filled(page.path, {})
            yield page.name, path
            for name, query in QUERIES.get(page.name, ()):
                yield f"{page.name}-{name}", f"{path}?{query}"
            continue
        for stack in STACKS.get(page.name, STACKS[""]):
            values = {
                "stack": ids[stack],
                "address": ADDRESSES.get(stack, "Golden[0]"),
                "change_set": NAMED.get(stack, ""),
                "name": NAMED.get(stack, ""),
            }
            yield f"{page.name}-{stack}", PREFIX + _filled(page.path, values)


def _filled(path: str, values: Mapping[str, str]) -> str:
    """A path with its parameters filled in; raises KeyError for one that nothing stands for."""
    return "/".join(
        quote(values[part.strip("{}").partition(":")[0]], safe="") if part[:1] == "{" else part
        for part in path.split("/")
    )
