"""The guards: what no request gets past, whoever sends it, and what every reply says of itself."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from imageferry.console.guards import HEADERS, is_from_elsewhere, is_own_name, is_same
from imageferry.console.pages import DEEDS, PAGES
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.api.serving import HOST
from tests.console.browsing import Browser, Reply, browsing

_FORM = "application/x-www-form-urlencoded"
_UUID = "0b0c8f7e-6f5d-4c3b-8a29-1817161514ff"


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1:8787", True),
        ("localhost", True),
        ("LocalHost:1", True),
        ("[::1]:8787", True),
        ("[::1]", True),
        ("127.0.0.2", True),
        ("localhost.", False),
        ("", False),
        ("evil.example", False),
        ("127.0.0.1.nip.io", False),
        ("127.0.0.1@evil.example", False),
        ("127.0.0.1:x@evil.example", False),
        ("[::1]evil.example", False),
        ("127.0.0.1:99999", False),
        ("127.0.0.1:", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost:80:80", False),
    ],
)
def test_names_of_this_machine(host: str, is_own: bool) -> None:
    assert is_own_name(host) is is_own


@pytest.mark.parametrize(
    ("headers", "is_elsewhere"),
    [
        pytest.param({}, False, id="no browser"),
        pytest.param({"sec-fetch-site": "same-origin"}, False, id="a page of ours"),
        pytest.param({"sec-fetch-site": "none"}, False, id="typed"),
        pytest.param({"sec-fetch-site": "same-site"}, True, id="another port"),
        pytest.param({"sec-fetch-site": "cross-site"}, True, id="another site"),
        pytest.param({"origin": f"http://{HOST}"}, False, id="our origin"),
        pytest.param({"origin": "http://127.0.0.1:9"}, True, id="the origin of another port"),
        pytest.param({"origin": "null"}, True, id="a frame without origin"),
        pytest.param({"origin": "http://[::1"}, True, id="no origin"),
        pytest.param(
            {"sec-fetch-site": "same-origin", "origin": "https://ops.example"},
            False,
            id="a proxy that calls us otherwise",
        ),
    ],
)
def test_who_sends_a_form(headers: dict[str, str], is_elsewhere: bool) -> None:
    assert is_from_elsewhere({"host": HOST, **headers}) is is_elsewhere


def test_texts_are_compared_whatever_they_are() -> None:
    assert is_same("secret", "secret")
    assert not is_same("secret", "secret ")
    assert not is_same("", "\ud800")


async def _post(browser: Browser, path: str, body: bytes, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.ask("POST", path, headers={"content-type": _FORM, **named}, body=body)


def test_every_reply_has_the_headers_and_none_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            replies = [
                await browser.ask("GET", "/console/"),
                await browser.ask("HEAD", "/console/"),
                await browser.ask("GET", "/console/sign-in"),
                await browser.ask("GET", "/console/nowhere"),
                await browser.another().ask("GET", "/console/"),
                await _post(browser, "/console/sign-out", b"csrf=0"),
                await _post(browser, "/console/appearance", b"x" * 70_000),
                await browser.ask("GET", "/console/", headers={"host": "evil.example"}),
                await browser.ask("GET", "/console/?q=%00"),
                await browser.ask("GET", "/console/?q=" + "a" * 9_000),
                await browser.ask("GET", f"/console/stacks/{_UUID}/nothing"),
                await browser.ask("HEAD", "/console/live/"),
                await browser.ask("GET", "/console"),
                await browser.ask("GET", "/console/static/0/nothing.js"),
                # Methods that nothing here has change nothing, and are told so.
                *[
                    await browser.ask(method, "/console/stacks")
                    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "SEARCH", "POST")
                ],
            ]
            assert [one.status for one in replies] == [
                200, 200, 200, 404, 303, 403, 413, 421, 400, 414, 404, 405, 308, 404, *[405] * 7,
            ]  # fmt: skip
            for one in replies:
                assert HEADERS.items() <= dict(one.headers).items()
                assert one.headers["cache-control"] == "no-store"
                assert "Traceback" not in one.source
            # Each is counted under a name of ours, never under one that a caller has chosen.
            names = {one.action for one in browser.told}
            known = {one.name for one in PAGES} | {f"{one.name} live" for one in PAGES}
            known |= {one.action for one in DEEDS}
            assert names <= known | {"sign_in", "SignIn", "SignOut", "Appearance", "nothing"}
            assert not any("evil" in one.refusal for one in browser.told)

    run_virtually(main())


def test_no_deed_is_done_for_anybody_else(tmp_path: Path) -> None:
    """Every deed, by everybody who may not: nothing is done, and nothing is in the audit."""

    async def main() -> None:
        async with browsing(tmp_path) as browser:
            reader = await browser.as_role(Role.READER)
            token, readers = await browser.csrf(), await reader.csrf()
            before = len(await browser.desk.audit.records(account_id=None, before=None, limit=500))
            for deed in DEEDS:
                path = "/console" + re.sub(r"\{\w+(:path)?\}", _UUID, deed.path)
                right = urlencode({"csrf": token}).encode()
                tried = {
                    "nobody": (browser.another(), right, {}),
                    "no token": (browser, b"a=b", {}),
                    "another session's": (browser, f"csrf={readers}".encode(), {}),
                    "another site": (browser, right, {"sec_fetch_site": "cross-site"}),
                    "another port": (browser, right, {"origin": "http://127.0.0.1:1"}),
                    "rebound": (browser, right, {"host": "evil.example"}),
                    "no form": (browser, right, {"content_type": "text/plain"}),
                }
                if not Role.READER.covers(deed.needs):
                    tried["reader"] = (reader, f"csrf={readers}".encode(), {})
                said = {
                    name: (await _post(who, path, body, **headers)).status
                    for name, (who, body, headers) in tried.items()
                }
                wanted = {"nobody": 401, "rebound": 421, "no form": 415}
                assert said == {name: wanted.get(name, 403) for name in tried}, deed.action
                # A link cannot do it either.
                assert (await browser.ask("GET", f"{path}?csrf={token}")).status in {
                    200,
                    404,
                    405,
                    409,
                }
            after = await browser.desk.audit.records(account_id=None, before=None, limit=500)
            assert len(after) == before

    run_virtually(main())


def test_forms_are_bounded_in_bytes_fields_and_files(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            csrf = await browser.csrf()
            path = "/console/appearance"
            boundary = {"content_type": "multipart/form-data; boundary=b"}
            part = b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'
            file = b'--b\r\ncontent-disposition: form-data; name="a"; filename="f"\r\n\r\n1\r\n'
            began = time.process_time()
            told = {
                "bytes": await _post(browser, path, b"a" * 65_537),
                "fields": await _post(browser, path, b"&".join([b"a=1"] * 2_001)),
                "parts": await _post(browser, path, part * 900 + b"--b--\r\n", **boundary),
                "files": await _post(browser, path, file * 5 + b"--b--\r\n", **boundary),
                "no boundary": await _post(browser, path, part, content_type="multipart/form-data"),
                "broken": await _post(browser, path, b"nothing of the kind", **boundary),
                "no text": await _post(browser, path, b"theme=%00"),
                "in pieces": await browser.ask(
                    "POST", path, headers={"content-type": _FORM}, parts=[b"a" * 40_000] * 2
                ),
                "left": await browser.ask("POST", path, headers={"content-type": _FORM}, parts=[]),
            }
            assert time.process_time() - began < 2
            assert {name: one.status for name, one in told.items()} == {
                "bytes": 413, "fields": 413, "parts": 403, "files": 400, "no boundary": 400,
                "broken": 400, "no text": 400, "in pieces": 413, "left": 499,
            }  # fmt: skip
            changed = await browser.send(path, theme="dark", to="//evil.example", follow=False)
            assert (changed.status, changed.location) == (303, "/console/")
            assert browser.cookies["imageferry_theme"] == "dark"
            assert await browser.csrf() == csrf

    run_virtually(main())


def test_a_database_that_is_away_is_said_and_no_fault_is_shown(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            await browser.apis.house.store.close()
            for method, path in (("GET", "/console/"), ("POST", "/console/sign-out")):
                browser.console.hub.stir()
                await browser.apis.clock.sleep(5)
                reply = await browser.ask(method, path, headers={"content-type": _FORM})
                assert reply.status == 503
                assert "database does not answer" in reply.source
                assert reply.headers["retry-after"] == "5"

    run_virtually(main())
