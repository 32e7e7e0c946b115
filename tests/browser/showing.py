"""shown_pages: an example, or several, of every page of the console on a seeded home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from imageferry.console.pages import PAGES
from imageferry.console.visits import PREFIX
from tests.api.serving import Site
from tests.e2e.callers import Caller, text

STACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("golden-web", "web-next", "one-region-failed", "hostile"),
    "overview": (
        "golden-web", "web-next", "one-region-failed", "hostile", "reviewed", "gold", "database",
        "update-rollback-failed", "delete-failed", "everywhere",
    ),
    "adopt": ("golden-web",),
    "cancel": ("web-next",),
    "change_set": ("golden-web", "reviewed"),
    "change_set_json": (),
    "change_set_template": ("golden-web",),
    "change_sets": ("golden-web", "reviewed", "everywhere"),
    "copy": ("golden-web", "web-next", "one-region-failed", "hostile", "drifted", "waiting-in-line"),
    "delete": ("golden-web", "hostile"),
    "drift": ("golden-web", "drifted"),
    "parameters": ("golden-web", "hostile", "database"),
    "protect": ("golden-web",),
    "resources": ("golden-web", "web-next", "one-region-failed", "hostile", "everywhere"),
    "retry": ("one-region-failed",),
    "rollback": ("update-rollback-failed",),
    "update": ("golden-web", "hostile"),
    "verification": ("golden-web", "everywhere"),
}  # fmt: skip
"""The stacks that a page is shown of, by the page's name; those of all others stand under no name.

What is not shown is no page to look at, but a file.
"""

ADDRESSES: Final[Mapping[str, str]] = {
    "hostile": "Golden",
    "one-region-failed": "Golden[2]",
    "drifted": "Golden[1]",
    "waiting-in-line": "Layer[7]",
}
"""The copy that is shown of a stack, where it is not the first of the example."""

QUERIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "stacks": (("searched", "search=web"), ("not-found", "search=no-such-stack")),
}
"""Further examples of a page, by its name: what they are called, and their queries."""


def shown_pages(site: Site) -> dict[str, str]:
    """The path of each example by its name."""
    caller = Caller(site.authority)
    _, listed = caller.ros("ListStacks", PageSize=50)
    ids = {str(one["StackName"]): str(one["StackId"]) for one in listed["Stacks"]}
    _, foreign = caller.aws("DescribeStacks", region="ap-southeast-1")
    ids["arrival"] = text(foreign, "StackId").rpartition("/")[2]
    return dict(_examples(ids, caller))


def _examples(ids: Mapping[str, str], caller: Caller) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if "{stack" not in page.path:
            path = PREFIX + _filled(page.path, {})
            yield page.name, path
            for name, query in QUERIES.get(page.name, ()):
                yield f"{page.name}-{name}", f"{path}?{query}"
            continue
        for stack in STACKS.get(page.name, STACKS[""]):
            values = {"stack": ids[stack], "address": ADDRESSES.get(stack, "Golden[0]")}
            if "{change_set" in page.path:
                _, waiting = caller.ros("ListChangeSets", StackId=ids[stack])
                values["change_set"] = waiting["ChangeSets"][0]["ChangeSetId"]
            yield f"{page.name}-{stack}", PREFIX + _filled(page.path, values)


def _filled(path: str, values: Mapping[str, str]) -> str:
    """A path with its parameters filled in; raises KeyError for one that nothing stands for."""
    return "/".join(
        quote(values[part.strip("{}").partition(":")[0]], safe="") if part[:1] == "{" else part
        for part in path.split("/")
    )
