"""The map of the regions: every region lies where it is, every copy is told, nothing is lost."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.cloud.regions import ALIASES, REGIONS
from imageferry.drawing.geography import REGION_COORDINATES
from imageferry.drawing.land import LAKES, LAND, Outline
from imageferry.drawing.maps import MapPlace, draw_map
from imageferry.drawing.palette import TONES, StatusClass
from imageferry.drawing.pictures import Words, key_id
from imageferry.drawing.projection import window_of
from imageferry.drawing.routes import MapRoute, bundled
from imageferry.drawing.spacing import Room, kept_apart
from tests.drawing.reading import classes, every, parsed, words

OUT_AT_SEA = 1.6
"""Degrees by which our coarse outlines may leave a city in the water."""


def place(region: str, status: StatusClass = StatusClass.DONE, count: int = 1) -> MapPlace:
    return MapPlace(region, region, status, count)


def route(
    source: str,
    destination: str,
    status: StatusClass = StatusClass.RUNNING,
    percent: float | None = 40,
    key: str = "Copy",
) -> MapRoute:
    return MapRoute(key, source, destination, percent, status, TONES[status].word)


def test_every_region_has_a_place() -> None:
    assert set(REGIONS) <= set(REGION_COORDINATES)
    assert set(ALIASES.values()) <= set(REGION_COORDINATES)
    for latitude, longitude in REGION_COORDINATES.values():
        assert -60 < latitude < 70 and -180 <= longitude < 180
        assert round(latitude, 1) == latitude and round(longitude, 1) == longitude


def is_on(outline: Outline, north: float, east: float) -> bool:
    is_inside = False
    for (a, b), (c, d) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (a > north) != (c > north) and east < (d - b) * (north - a) / (c - a) + b:
            is_inside = not is_inside
    return is_inside


@pytest.mark.parametrize("region", REGION_COORDINATES)
def test_every_region_is_on_land_or_at_the_coast(region: str) -> None:
    north, east = REGION_COORDINATES[region]
    around = [
        (north + OUT_AT_SEA * share * math.sin(turn), east + OUT_AT_SEA * share * math.cos(turn))
        for turn in (at * math.pi / 8 for at in range(16))
        for share in (0, 0.5, 1)
    ]
    assert any(is_on(outline, *spot) for outline in LAND for spot in around)


def test_the_outlines_are_coarse_and_whole() -> None:
    assert 300 <= sum(map(len, LAND)) <= 600
    for outline in (*LAND, *LAKES):
        assert len(outline) >= 3
        assert all(-60 <= north <= 84 and -180 <= east <= 190 for north, east in outline)


@settings(max_examples=80)
@given(
    st.lists(st.sampled_from(sorted(REGION_COORDINATES)), unique=True, max_size=12),
    st.sampled_from([(800.0, 400.0), (328.0, 240.0), (1200.0, 300.0)]),
)
def test_every_place_is_inside_and_nothing_is_out_of_shape(
    regions: list[str], size: tuple[float, float]
) -> None:
    window = window_of([REGION_COORDINATES[region] for region in regions], *size)
    assert 0.1 < window.scale <= size[0] / 60
    for region in regions:
        x, y = window.at(REGION_COORDINATES[region])
        assert 4 <= x <= size[0] - 4
        assert 4 <= y <= size[1] - 4


def test_neighbours_over_the_pacific_are_drawn_so() -> None:
    found = [REGION_COORDINATES[one] for one in ("ap-northeast-1", "us-west-1", "us-east-1")]
    window = window_of(found, 800, 400)
    xs = [window.at(one)[0] for one in found]
    assert xs == sorted(xs)
    europe = [REGION_COORDINATES[one] for one in ("us-east-1", "eu-west-1", "cn-beijing")]
    xs = [window_of(europe, 800, 400).at(one)[0] for one in europe]
    assert xs == sorted(xs)


def test_a_single_place_is_in_the_middle_of_something() -> None:
    window = window_of([REGION_COORDINATES["ap-southeast-1"]], 800, 400)
    x, y = window.at(REGION_COORDINATES["ap-southeast-1"])
    assert x == pytest.approx(400)
    assert 150 < y < 300
    root = parsed(draw_map([place("ap-southeast-1")], [], title="x").svg)
    assert len(every(root, "path", "land")[0].get("d", "")) > 100


def test_a_copy_is_a_way_with_the_part_that_is_done() -> None:
    picture = draw_map([place("cn-hangzhou")], [route("cn-hangzhou", "eu-central-1")], title="x")
    root = parsed(picture.svg)
    way = every(root, "g", "route")[0]
    assert classes(way) == ["route", "status-running"]
    assert way.get("id") == key_id("route", "Copy")
    track, part = every(way, "path", "track")[0], every(way, "path", "part")[0]
    assert track.get("d") == part.get("d")
    assert (part.get("pathLength"), part.get("stroke-dasharray")) == ("100", "40 200")
    badge = every(every(root, "g", "badge")[0], "text")[0]
    assert "".join(badge.itertext()) == "⟳ 40%"
    assert "cn-hangzhou → eu-central-1: running" in words(way)
    # The end of the way has a dot, and is named, though nobody has named it as a place.
    assert {one.get("data-region") for one in every(root, "g", "place")} == {
        "cn-hangzhou",
        "eu-central-1",
    }
    assert "eu-central-1" in ["".join(one.itertext()) for one in every(root, "text", "small")]


PARTS = {
    "done": (StatusClass.DONE, None, ["100 200"]),
    "failed on the way": (StatusClass.FAILED, 17, ["17 200"]),
    "not begun": (StatusClass.WAITING, None, []),
    "at its beginning": (StatusClass.RUNNING, 0, []),
    "beyond all": (StatusClass.RUNNING, 1e9, ["100 200"]),
}


@pytest.mark.parametrize(
    ("status", "percent", "parts"), [pytest.param(*case, id=name) for name, case in PARTS.items()]
)
def test_how_far_a_copy_is(status: StatusClass, percent: float | None, parts: list[str]) -> None:
    way = route("cn-hangzhou", "us-west-1", status, percent)
    root = parsed(draw_map([], [way], title="x").svg)
    assert [one.get("stroke-dasharray") for one in every(root, "path", "part")] == parts
    badge = every(every(root, "g", "badge")[0], "text")[0]
    assert "".join(badge.itertext()).startswith(TONES[status].sign)


def test_copies_of_the_same_ends_are_one_way() -> None:
    ways = [
        route("cn-hangzhou", "us-west-1", StatusClass.DONE, None, "A"),
        route("cn-hangzhou", "us-west-1", StatusClass.RUNNING, 50, "B"),
        route("us-west-1", "cn-hangzhou", StatusClass.DONE, None, "C"),
    ]
    found = bundled(ways)
    assert [(one.source, one.percent, one.status_class) for one in found] == [
        ("cn-hangzhou", 75, StatusClass.RUNNING),
        ("us-west-1", None, StatusClass.DONE),
    ]
    assert found[0].title.count("→") == 2
    root = parsed(draw_map([], ways, title="x").svg)
    there, back = (one.get("d") for one in every(root, "path", "track"))
    assert there != back
    assert "⟳ ×2 75%" in words(root)


def test_what_is_nowhere_is_told_below() -> None:
    ways = [route("cn-hangzhou", "mars-1"), route("cn-hangzhou", "cn-hangzhou", key="Same")]
    ways += [route("cn-hangzhou", f"moon-{at}", key=f"M{at}") for at in range(12)]
    said = Words(elsewhere="woanders:", more="noch {}")
    picture = draw_map([place("venus-1", count=2)], ways, title="x", words=said)
    root = parsed(picture.svg)
    told = words(root)
    assert "woanders:" in told and "venus-1" in told and "cn-hangzhou → mars-1 running" in told
    assert "noch 6" in told
    assert picture.height > 400 + 8 * 16
    assert len(every(root, "g", "route")) == 1


def test_a_crowd_is_kept_apart() -> None:
    places = [place(region, count=at % 3 + 1) for at, region in enumerate(REGIONS)]
    ways = [route("cn-hangzhou", region, key=region) for region in REGIONS[:30]]
    picture = draw_map(places, ways, title="x")
    assert picture == draw_map(places, ways, title="x")
    root = parsed(picture.svg)
    dots = [
        (float(one.get("cx", 0)), float(one.get("cy", 0))) for one in every(root, "circle", "state")
    ]
    assert len(dots) == len(REGIONS)
    near = [math.dist(one, other) for at, one in enumerate(dots) for other in dots[:at]]
    assert min(near) > 9
    labels = every(root, "text", "halo")
    assert len(labels) >= 20
    # Whatever has no room for a name tells it where a pointer rests.
    titles = [one.text for one in every(root, "title")]
    assert all(any(region in (title or "") for title in titles) for region in REGIONS)


def test_points_on_one_another_part() -> None:
    found = kept_apart([(50, 50)] * 5, 10, Room(0, 0, 100, 100))
    assert min(math.dist(a, b) for at, a in enumerate(found) for b in found[:at]) > 8
    assert kept_apart([(10, 10), (90, 90)], 10, Room(0, 0, 100, 100)) == [(10, 10), (90, 90)]


def test_a_map_of_nothing_is_the_world() -> None:
    picture = draw_map([], [], title="x")
    d = every(parsed(picture.svg), "path", "land")[0].get("d", "")
    xs = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", d)]
    assert min(xs) < 20 and max(xs) > 780


def test_a_map_on_a_narrow_screen_keeps_its_size() -> None:
    picture = draw_map([place("cn-beijing")], [], title="x", width=328, height=220)
    assert picture.width == 328
    assert 220 < picture.height < 270


CROWD = ("cn-hangzhou", "cn-shanghai", "cn-nanjing", "cn-qingdao", "ap-northeast-1", "us-west-1")


def test_badges_lie_above_all_ways() -> None:
    ways = [route("cn-hangzhou", one, key=one) for one in CROWD[1:]]
    root = parsed(draw_map([], ways, title="x").svg)
    order = [classes(one)[0] for one in root if one.get("class")]
    assert order.index("badge") > len(order) - 1 - order[::-1].index("route")


def test_no_name_is_led_beside_the_dot_of_another() -> None:
    root = parsed(draw_map([place(one) for one in REGION_COORDINATES], [], title="x").svg)
    dots = {
        (float(dot.get("cx", 0)), float(dot.get("cy", 0))) for dot in every(root, "circle", "state")
    }
    led = every(root, "line", "leader")
    assert len(dots) == len(REGION_COORDINATES) and led
    for line in led:
        x, y = float(line.get("x2", 0)), float(line.get("y2", 0))
        own = (float(line.get("x1", 0)), float(line.get("y1", 0)))
        near = [dot for dot in dots - {own} if abs(dot[0] - x) < 10 and abs(dot[1] - y) < 6]
        assert not near, (own, near)


@pytest.mark.parametrize("has_legend", [True, False], ids=["a legend", "none"])
def test_a_legend_is_there_where_it_is_wanted(has_legend: bool) -> None:
    picture = draw_map(
        [place("cn-hangzhou"), place("nowhere-1")], [], title="x", has_legend=has_legend
    )
    told = ["".join(one.itertext()) for one in every(parsed(picture.svg), "text")]
    assert ("done" in told) is has_legend
    assert "nowhere-1" in told
