"""The whole way by hand: create, approve, look on, a server that is killed, retry, delete."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import pytest

from tests.api.serving import served
from tests.browser.conftest import Opened
from tests.browser.seeding import BAD, FAN_OUT
from tests.browser.windows import PHONE, WIDE, Window
from tests.cli.shop import Shop
from tests.e2e.processes import finish

SPEED: Final = 160.0
"""Of the emulated cloud: the copies of the example take a quarter of a minute."""
LOST: Final = (r"ERR_CONNECTION_REFUSED", r"ERR_INCOMPLETE_CHUNKED", r"ERR_CONNECTION_RESET")
"""What a browser writes down when a server is killed."""

STATUS: Final = "[data-live=stack_status]"


def command(home: Path, *arguments: str) -> str:
    """A command on the home that is served; what it prints."""
    code, out, said = finish(Shop(home.parent, speed=str(SPEED)).start(*arguments))
    assert code == 0, out + said
    return out


def propose(window: Window, stack: str) -> None:
    """The example as a stack, up to the change set that waits for a word."""
    page = window.page
    page.goto(f"{window.site.address}/console/create")
    page.fill("#template", FAN_OUT)
    window.must_fit()
    for name, value in (("stack", stack), ("region", "cn-hangzhou")):
        page.get_by_label(re.compile(name, re.IGNORECASE)).first.fill(value)
    page.click("button[value=fields]")
    page.wait_for_selector("button[value=propose]")
    window.must_fit()
    page.get_by_label("ImageName").fill(f"{stack}-2026-11")
    page.click("button[value=propose]")
    page.wait_for_selector("form[action$='/approve']")
    window.must_fit()


def approve(window: Window) -> None:
    """The change set that is open is carried out; what was made is kept where something fails."""
    window.page.fill("#comment", "as we said on Monday")
    window.page.select_option("#on-failure", "keep")
    window.page.click("form[action$='/approve'] button.main")
    window.page.wait_for_load_state()


def percents(window: Window, seconds: float) -> list[int]:
    """How far the copies were, look by look, as the page said without being loaded again."""
    seen: list[int] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and len(set(seen)) < 4:
        found = re.findall(r"(\d+) ?%", window.text("[data-live=matrix]"))
        if found and (not seen or max(map(int, found)) != seen[-1]):
            seen.append(max(map(int, found)))
        window.page.wait_for_timeout(200)
    return seen


def wait_for(window: Window, selector: str, pattern: str, seconds: float = 60) -> None:
    """Until what is shown there is so, without being loaded again."""
    window.page.wait_for_function(
        "([selector, pattern]) => { const one = document.querySelector(selector);"
        " return one && new RegExp(pattern).test(one.innerText); }",
        arg=[selector, pattern],
        timeout=seconds * 1000,
    )


def is_the_same_page(window: Window) -> bool:
    return bool(window.page.evaluate("() => window.mark === 1"))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "on a phone"])
def test_three_copies_arrive_although_the_server_is_killed(
    opened: Opened, tmp_path: Path, size: tuple[int, int]
) -> None:
    home = tmp_path / "home"
    with served(home, speed=SPEED) as first:
        window = opened(first, size=size)
        window.go("/console/")
        window.sign_in()
        propose(window, "golden")
        approve(window)
        window.go("/console/")
        window.must_fit()
        window.page.evaluate("() => { window.mark = 1 }")
        before = percents(window, 10)
        assert len(before) > 1 and before == sorted(before), before
        window.forgiven += LOST
        first.process.kill()
        first.process.wait()
        window.page.wait_for_selector(".connection:not([hidden])")
        port = str(first.port)
    with served(home, "--port", port, speed=SPEED) as second:
        window.site = second
        window.page.wait_for_selector(".connection", state="hidden", timeout=30_000)
        assert max(percents(window, 10), default=100) >= before[-1]
        wait_for(window, "[data-live=totals]", r"1 as (it|they) should be")
        assert len(re.findall(r"\bthere\b", window.text("[data-live=matrix]"))) >= 3
        assert is_the_same_page(window)
        # No copy was made twice: the cloud has three, and each of them once.
        images = command(home, "emulator", "images")
        assert images.count("golden-2026-11") == 3, images


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "on a phone"])
def test_a_region_that_fails_is_told_retried_and_deleted(
    opened: Opened, tmp_path: Path, size: tuple[int, int]
) -> None:
    home = tmp_path / "home"
    with served(home, speed=SPEED * 4) as site:
        command(home, "emulator", "settings", f"speed={SPEED * 4}")
        command(home, "emulator", "fault", "add", "copy_fails", "--region", BAD)
        window = opened(site, size=size)
        window.go("/console/")
        window.sign_in()
        propose(window, "broken")
        approve(window)
        page = window.page
        stack = "/".join(window.path.split("/")[:4])
        wait_for(window, STATUS, "CREATE_FAILED")
        window.go(stack)
        wait_for(window, "main", f"{BAD}.*CreateFailed")
        window.must_fit()
        page.click("main a[href$='/retry']")
        page.click("button[value=all]")
        page.wait_for_load_state()
        wait_for(window, STATUS, "CREATE_COMPLETE")
        page.click("main a[href$='/delete']")
        window.must_fit()
        button = page.locator("button[data-guarded]")
        assert button.is_disabled()
        page.fill("#name", "broke")
        assert button.is_disabled()
        page.fill("#name", "broken")
        button.click()
        page.wait_for_load_state()
        wait_for(window, STATUS, "DELETE_COMPLETE")
        window.go("/console/stacks")
        assert "broken" not in window.text()
