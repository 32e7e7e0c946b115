"""Every page: nobody is shut out by how it is made, it fits, and it complains of nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.serving import Site
from tests.browser.conftest import Opened
from tests.browser.seeding import HOSTILE, HOSTILE_TEMPLATE, QUOTES
from tests.browser.showing import shown_pages
from tests.browser.windows import NARROWEST, PHONE, TABLET, WIDE, Window, violations

OUTSIDE = "/console/sign-in"


def pages(window: Window) -> dict[str, str]:
    """The path of every example by its name; the window is signed in."""
    window.go("/console/")
    window.sign_in()
    found = shown_pages(window.site)
    assert len(found) > 30
    return found


@pytest.mark.parametrize(
    ("scheme", "size"),
    [("light", WIDE), ("dark", WIDE), ("light", PHONE)],
    ids=["light and wide", "dark and wide", "on a phone"],
)
def test_everybody_can_use_it(
    seeded: Site, opened: Opened, axe: None, scheme: str, size: tuple[int, int]
) -> None:
    window = opened(seeded, scheme=scheme, size=size, without_policy=True, is_still=True)
    window.go(OUTSIDE)
    found = {key: [OUTSIDE, said] for key, said in violations(window).items()}
    for path in pages(window).values():
        window.go(path)
        # No policy stands before it here: what came in as a script would run.
        window.must_be_plain()
        for key, said in violations(window).items():
            found.setdefault(key, [path, said])
    told = [f"{rule} {path}: {html} — {said}" for (rule, html), (path, said) in found.items()]
    assert not told, f"{len(told)} in all\n" + "\n".join(told)


@pytest.mark.parametrize(
    ("size", "language"),
    [(NARROWEST, "en-GB"), (PHONE, "zh-CN"), (TABLET, "en-GB"), (WIDE, "zh-CN")],
    ids=["narrowest", "phone, in Chinese", "tablet", "wide, in Chinese"],
)
def test_it_fits_and_is_found_and_complains_of_nothing(
    seeded: Site, opened: Opened, size: tuple[int, int], language: str
) -> None:
    window = opened(seeded, size=size, language=language)
    wrong = []
    for path in pages(window).values():
        reply = window.go(path)
        if reply.status != 200:
            wrong.append(f"{path} answers {reply.status}")
        window.page.wait_for_timeout(30)
        window.must_be_plain()
        over = window.overflow()
        if over:
            wrong.append(f"{path}: {over}")
        if not window.text("h1"):
            wrong.append(f"{path} has no heading")
    assert not wrong, "\n".join(wrong)


def test_what_is_typed_comes_back_as_text(seeded: Site, opened: Opened) -> None:
    window = opened(seeded, without_policy=True)
    window.forgiven.append(r"status of 4\d\d")
    window.go("/console/")
    window.sign_in()
    page = window.page
    for path in (
        f"/console/stacks?search={quote(HOSTILE)}",
        f"/console/?search={quote(HOSTILE)}",
        f"/console/stacks/{quote(HOSTILE, safe='')}",
        f"/console/{quote(QUOTES)}",
    ):
        window.go(path)
        window.must_be_plain()
    window.go("/console/create")
    page.fill("#template", HOSTILE_TEMPLATE.replace("ALIYUN::ECS::CopyImage", HOSTILE))
    page.get_by_label("stack").first.fill(HOSTILE)
    page.get_by_label("region").first.fill("cn-hangzhou")
    page.click("button[value=fields]")
    page.wait_for_selector("#faults")
    window.must_be_plain()
    assert HOSTILE in window.text("main")
    page.get_by_label("stack").first.fill("hostile-too")
    page.click("button[value=fields]")
    page.wait_for_selector("#faults")
    window.must_be_plain()
    assert HOSTILE in window.text("#faults")


def test_nothing_shifts_while_it_is_looked_at(seeded: Site, opened: Opened) -> None:
    window = opened(seeded)
    watching = (
        "() => { window.shifts = []; new PerformanceObserver(list => { for (const one of"
        " list.getEntries()) if (!one.hadRecentInput) window.shifts.push(one.value); })"
        ".observe({type: 'layout-shift', buffered: true}); }"
    )
    shifted = []
    for name, path in pages(window).items():
        if "web-next" not in name and name not in {"home", "stacks"}:
            continue
        window.go(path)
        window.page.evaluate(watching)
        window.page.wait_for_timeout(2_500)
        moved = sum(window.page.evaluate("() => window.shifts"))
        # A tenth is what is held to be good; nothing that moves of itself is better.
        if moved > 0.01:
            shifted.append(f"{name} by {moved:.3f}")
    assert not shifted, "\n".join(shifted)
