"""Looking: what no page of ours may have in it, and what every page must have for whoever cannot see it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.console.browsing import Node, Reply

_ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
        html head meta title link script body a header nav ul ol li main footer p h1 h2 h3 h4 div span
        section article aside details summary form fieldset legend button input label select option
        optgroup textarea table caption colgroup col thead tbody tfoot tr th td img time code pre kbd
        strong em small b i dl dt dd br hr progress meter output template datalist figure figcaption
        mark del ins abbr search dialog wbr samp bdi
        svg g path rect circle ellipse line polyline polygon text tspan defs marker use symbol
        lineargradient stop clippath pattern desc filter fegaussianblur animatemotion animate mpath
        """,
    )
)
"""What pages and pictures of ours are made of; anything else was put there by somebody else."""

_LINKS = ("/console/", "#", "?", "")
_HEADINGS = ("h1", "h2", "h3", "h4")
_TYPED = frozenset(
    {"text", "password", "search", "number", "email", "url", "file", "checkbox", "radio", ""}
)


def injected(page: Node) -> Iterator[str]:
    """What somebody's text has become that is none: elements, handlers, styles, foreign addresses."""
    for one in page:
        if one.tag not in _ELEMENTS:
            yield f"an element <{one.tag}>"
        if one.tag == "script" and (one.raw or not one.get("src").startswith("/console/static/")):
            yield f"a script {one.get('src')} {one.raw[:40]}"
        if one.tag == "img" and not one.get("src").startswith("/console/static/"):
            yield f"an image {one.get('src')}"
        for name, value in one.attributes.items():
            if name.startswith("on") or name == "style":
                yield f"<{one.tag} {name}={value[:40]}>"
            if name in {"href", "action", "formaction"} and not value.startswith(_LINKS):
                yield f"<{one.tag} {name}={value[:60]}>"


def blemishes(page: Node) -> Iterator[str]:
    """What is in the way of whoever uses a page by keyboard or screen reader, or has it read aloud."""
    html = page.one("html")
    if html.get("lang") not in {"en", "zh-CN"}:
        yield f"the language is {html.get('lang')!r}"
    if not page.all("title") or not page.one("title").text.removesuffix("imageferry").strip(" ·"):
        yield "no title"
    for tag in ("main", "header", "footer"):
        if len([one for one in page.all(tag) if not _is_within(one, "article", "section")]) != 1:
            yield f"not one <{tag}>"
    for nav in page.all("nav"):
        if not nav.get("aria-label") and not nav.get("aria-labelledby"):
            yield "a <nav> without a name"
    levels = [int(one.tag[1]) for one in page if one.tag in _HEADINGS]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"headings begin with {levels[:3]}"
    yield from (f"a heading of level {b} after {a}" for a, b in pairwise(levels) if b > a + 1)
    for name, number in Counter(one.get("id") for one in page if one.get("id")).items():
        if number > 1:
            yield f"{number} elements have the id {name!r}"
    yield from _nameless(page)
    for table in page.all("table"):
        if not table.all("caption") and not _named_region(table):
            yield f"a table without a name: {table.text[:60]}"
        yield from (
            f"a heading of a table without scope: {one.text[:40]}"
            for one in table.all("th")
            if not one.get("scope")
        )
    for one in page:
        if one.get("tabindex", "0") not in {"0", "-1"}:
            yield f"<{one.tag} tabindex={one.get('tabindex')}>"
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            for wanted in one.get(name).split():
                if not page.all(id=wanted):
                    yield f"{name}={wanted} names nothing"
        if one.get("aria-live") == "assertive":
            yield f"<{one.tag}> is shouted"


def _nameless(page: Node) -> Iterator[str]:
    """Whatever is used or looked at has a name."""
    labelled = {one.get("for") for one in page.all("label")}
    for one in page:
        has_name = bool(one.get("aria-label") or one.get("aria-labelledby"))
        match one.tag:
            case "button" | "summary" | "a" | "legend" | "label" | "th" | "caption" if (
                not one.text and not has_name and not _has_picture_text(one)
            ):
                if one.tag != "th" or one.get("scope"):
                    yield f"<{one.tag}> without a text: {dict(one.attributes)}"
            case "input" | "select" | "textarea" if one.get("type") in _TYPED and not has_name:
                if one.get("id") not in labelled and not _is_within(one, "label"):
                    yield f"<{one.tag} name={one.get('name')}> without a label"
            case "img" if "alt" not in one.attributes:
                yield f"<img src={one.get('src')}> without a text"
            case "progress" if not has_name:
                yield "a bar without a name"
            case "svg" if not has_name and one.get("aria-hidden") != "true":
                # A picture inside another one is a part of that.
                if not one.all("title") and not _is_within(one, "svg"):
                    yield "a picture without a name"


def _has_picture_text(node: Node) -> bool:
    return any(one.get("alt") or one.get("aria-label") for one in node)


def _named_region(table: Node) -> bool:
    if table.get("aria-label") or table.get("aria-labelledby"):
        return True
    parent = table.parent
    while parent is not None and parent.tag in {"div", "section", "figure"}:
        if parent.get("role") in {"region", "group"} and (
            parent.get("aria-label") or parent.get("aria-labelledby")
        ):
            return True
        parent = parent.parent
    return False


def _is_within(node: Node, *tags: str) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in tags:
            return True
        parent = parent.parent
    return False


def look_over(reply: Reply) -> list[str]:
    """Everything that is wrong with a page, each said once."""
    page = reply.page
    return sorted({*injected(page), *blemishes(page)})
