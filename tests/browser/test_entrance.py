"""Signing in: by a key with its role, by a link that counts once, and out again; who is refused."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Site, served
from tests.browser.conftest import Opened
from tests.browser.windows import NARROWEST, PHONE
from tests.e2e.processes import COMMAND, environment

REFUSED = (r"status of 40[13]",)
"""The browser itself writes down that a page came with such a status."""


@pytest.fixture(scope="module")
def site(playwright: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("served") / "home") as found:
        yield found


def run(site: Site, *arguments: str) -> dict[str, str]:
    """A command on the home that is served; what it prints as JSON."""
    done = subprocess.run(
        [*COMMAND, *arguments, "--json"],
        env=environment(site.home),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def key_of(site: Site, role: str) -> tuple[str, str]:
    made = run(site, "keys", "create", "--role", role, "--note", f"a {role}")
    return made["key_id"], made["secret"]


@pytest.mark.parametrize("size", [PHONE, NARROWEST], ids=["phone", "narrowest"])
def test_whoever_asks_for_a_page_signs_in_and_comes_to_it(
    site: Site, opened: Opened, size: tuple[int, int]
) -> None:
    window = opened(site, size=size)
    window.go("/console/audit")
    assert window.path == "/console/sign-in"
    window.must_fit()
    window.sign_in()
    assert window.path == "/console/audit"
    window.must_fit()


def test_a_wrong_secret_is_refused_and_says_nothing_of_the_key(site: Site, opened: Opened) -> None:
    window = opened(site)
    window.forgiven += REFUSED
    window.go("/console/sign-in")
    said = []
    for key in ("emulator", "nobody"):
        window.sign_in(key, "wrong")
        assert window.path == "/console/sign-in"
        said.append(window.text("[role=alert]"))
    assert said[0] == said[1]
    window.go("/console/")
    assert window.path == "/console/sign-in"


def test_a_link_signs_in_one_browser_once(site: Site, opened: Opened) -> None:
    path = site.console.removeprefix(site.address)
    assert path.startswith("/console/link/")
    # It lets anybody in: it is in no log.
    assert path not in site.log.read_text()
    first, second = opened(site), opened(site)
    second.forgiven += REFUSED
    first.go(path)
    # Whoever only looks at the link, as previews do, does not spend it.
    assert first.path == path
    first.page.click("main button")
    first.page.wait_for_url("**/console/")
    second.go(path)
    if second.page.query_selector("main button"):
        second.page.click("main button")
    assert second.path != "/console/"
    second.go("/console/")
    assert second.path == "/console/sign-in"


def test_who_signs_out_is_out_in_every_window(site: Site, opened: Opened) -> None:
    window = opened(site)
    window.go("/console/")
    window.sign_in()
    cookies = window.page.context.cookies()
    session = next(one for one in cookies if "session" in one["name"])
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    window.page.click("details.menu summary")
    window.page.click("form[action$='/sign-out'] button")
    window.page.wait_for_url("**/console/sign-in")
    # Nor does the cookie count that somebody may have kept.
    window.page.context.add_cookies([session])
    window.go("/console/")
    assert window.path == "/console/sign-in"


def test_a_reader_sees_pages_and_no_deeds(site: Site, opened: Opened) -> None:
    window = opened(site)
    window.forgiven += REFUSED
    window.go("/console/")
    window.sign_in(*key_of(site, "reader"))
    assert window.path == "/console/"
    deeds = window.page.query_selector_all("main form[method=post]")
    assert not deeds
    reply = window.go("/console/audit")
    assert reply.status == 403
    assert "admin" in window.text()


def test_pages_are_read_and_signed_in_to_without_script(site: Site, opened: Opened) -> None:
    window = opened(site, has_script=False)
    window.go("/console/")
    window.sign_in()
    assert window.path == "/console/"
    assert "Images" in window.text("h1")
    for name in ("stacks", "orphans", "audit"):
        window.page.click(f"header a[href$='/{name}']")
        assert window.path == f"/console/{name}"
        assert window.text("h1")


def test_it_is_chinese_for_whoever_reads_chinese_and_for_whoever_asks(
    site: Site, opened: Opened
) -> None:
    chinese, english = opened(site, language="zh-CN"), opened(site)
    chinese.go("/console/sign-in")
    assert chinese.page.get_attribute("html", "lang") == "zh-CN"
    assert re.search("[\u4e00-\u9fff]", chinese.text("h1"))
    english.go("/console/")
    english.sign_in()
    english.page.click("details.menu summary")
    english.page.click("details.menu button[name=language][value=zh]")
    english.page.wait_for_selector("html[lang=zh-CN]")
    assert re.search("[\u4e00-\u9fff]", english.text("h1"))


def test_dark_is_kept_for_whoever_asks(site: Site, opened: Opened) -> None:
    window = opened(site)
    window.go("/console/")
    window.sign_in()
    colour = "() => getComputedStyle(document.body).backgroundColor"
    light = window.page.evaluate(colour)
    window.page.click("details.menu summary")
    window.page.click("details.menu button[name=theme][value=dark]")
    window.page.wait_for_selector("html[data-theme=dark]")
    assert window.page.evaluate(colour) != light
    window.go("/console/stacks")
    assert window.page.evaluate(colour) != light


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Host": "evil.example:80"}, 421, id="another name that points here"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="a form of another site"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="as the browser says"),
    ],
)
def test_pages_of_others_reach_nothing(
    site: Site, headers: dict[str, str], status: int, tmp_path: Path
) -> None:
    request = urllib.request.Request(
        f"{site.address}/console/sign-in", data=b"key=emulator&secret=emulator", headers=headers
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value:
        assert refused.value.code == status
        assert "set-cookie" not in refused.value.headers
