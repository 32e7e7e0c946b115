"""Whatever is written into a picture comes back as text, and is never read as anything else."""

from __future__ import annotations

import pytest

from imageferry.drawing.graphs import draw_graph
from imageferry.drawing.lettering import breadth, fitted
from imageferry.drawing.maps import MapPlace, draw_map
from imageferry.drawing.nodes import Edge, Node
from imageferry.drawing.palette import StatusClass
from imageferry.drawing.pictures import Picture
from imageferry.drawing.routes import MapRoute
from imageferry.drawing.svg import element, letters, number
from imageferry.drawing.timelines import TimelineRow, TimelineSpan, draw_timeline
from tests.drawing.reading import NAME, every, parsed, words

HOSTILE = {
    "script": ("<script>alert(1)</script>", None),
    "end of cdata": ("]]><b>", None),
    "quotes": ("\" onload='x' \"", None),
    "entities": ("&lt; &amp;amp; &#x3c;", None),
    "formula": ("=1+1|'cmd'!A0", None),
    "right to left": ("צילום شعار", None),
    "chinese": ("镜像复制", None),
    "control characters": ("a\x00b\x1bc\x7f", "a\ufffdb\ufffdc\ufffd"),
    "turned round": ("a\u202etxt", "a\ufffdtxt"),
    "half a pair": ("a\ud800b", "a\ufffdb"),
    "no character": ("a\uffffb", "a\ufffdb"),
    "style": ("</style><style>*{}", None),
}


def graph(text: str) -> Picture:
    nodes = [
        Node(text, text, text, StatusClass.DONE, text, text, href=f"/{text}"),
        Node("other", "other", "", StatusClass.FAILED, ""),
    ]
    return draw_graph(nodes, [Edge(text, "other")], title=text, standalone=True)


def a_map(text: str) -> Picture:
    route = MapRoute(text, "cn-hangzhou", text, 50, StatusClass.RUNNING, text, text, "/x")
    place = MapPlace("cn-beijing", text, StatusClass.DONE, 1, text)
    return draw_map([place], [route], title=text, description=text, standalone=True)


def timeline(text: str) -> Picture:
    span = TimelineSpan(0, 10, StatusClass.DONE, text, text)
    return draw_timeline([TimelineRow(text, text, (span,))], now=10, title=text, standalone=True)


@pytest.mark.parametrize("draw", [graph, a_map, timeline])
@pytest.mark.parametrize(
    ("text", "shown"), [pytest.param(*pair, id=name) for name, pair in HOSTILE.items()]
)
def test_hostile_texts_come_back_as_text(draw: object, text: str, shown: str | None) -> None:
    assert callable(draw)
    root = parsed(draw(text).svg)
    assert (shown or text) in words(root)
    assert root[0].text == (shown or text)
    assert not every(root, "script")
    assert len(every(root, "style")) == 1
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]


LINKS = {
    "a page": ("/stacks/1", True),
    "a site": ("https://example.com/x", True),
    "a place in the page": ("#x", True),
    "a script": ("javascript:alert(1)", False),
    "data": ("data:text/html,x", False),
    "another host": ("//example.com", False),
    "another host, turned": ("/\\example.com", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(
    ("href", "is_link"), [pytest.param(*pair, id=name) for name, pair in LINKS.items()]
)
def test_only_addresses_are_links(href: str, is_link: bool) -> None:
    node = Node("Copy", "Copy", "T", StatusClass.DONE, "CREATE_COMPLETE", href=href)
    root = parsed(draw_graph([node], [], title="golden").svg)
    found = every(root, "a")
    assert [(one.get("href"), one.get("aria-label")) for one in found] == (
        [(href, "Copy: CREATE_COMPLETE")] if is_link else []
    )
    # What is inside an image is nothing to who listens, so a picture with links is a group.
    assert root.get("role") == ("group" if is_link else "img")


def test_a_picture_is_named_and_described() -> None:
    picture = draw_graph([Node("A", "A", "T", StatusClass.DONE, "done")], [], title="golden")
    root = parsed(picture.svg)
    by_id = {one.get("id"): one.text for one in root.iter() if one.get("id")}
    assert by_id[root.get("aria-labelledby")] == "golden"
    assert by_id[root.get("aria-describedby")] == "✓ done: 1"
    assert (root.get("width"), root.get("height")) == (
        number(picture.width),
        number(picture.height),
    )
    assert not every(root, "style")
    assert not [one for one in root.iter() if "style" in one.attrib]


def test_a_file_by_itself_has_both_sets_of_colours_and_nothing_from_elsewhere() -> None:
    svg = draw_graph([], [], title="golden", standalone=True).svg
    assert svg.startswith("<?xml")
    style = every(parsed(svg), "style")[0].text or ""
    assert "prefers-color-scheme: dark" in style
    assert "url(" not in style and "@import" not in style and "var(" not in style
    assert svg.count("http") == 1


def test_elements_leave_out_what_is_none() -> None:
    made = element("rect", {"x": 1.0, "y": -0.04, "class": None, "id": 'a"b'}, letters("<"))
    assert made == '<rect x="1" y="-0" id="a&quot;b">&lt;</rect>'
    assert parsed(f'<svg xmlns="{NAME[1:-1]}">{made}</svg>')[0].text == "<"


FITTED = [
    ("short", 100, "short"),
    ("A-very-long-logical-id-of-something", 60, "A-very-lo…"),
    ("two\nlines  of text", 200, "two lines of text"),
    ("镜像复制到北京", 36, "镜像…"),
    ("x" * 100_000, 30, "xxx…"),
    ("anything", 0, "…"),
]


@pytest.mark.parametrize(("text", "room", "shown"), FITTED)
def test_texts_are_cut_to_their_room(text: str, room: float, shown: str) -> None:
    assert fitted(text, room, 10) == shown
    assert breadth(shown, 10) <= max(room, breadth("…", 10))
