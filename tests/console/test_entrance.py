"""The entrance: who comes in, how, what of it is kept, and who does not come in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from imageferry.assembly.served import ServeChoices
from imageferry.console.entrance import allowed
from imageferry.console.sessions import SessionBook
from imageferry.control.links import end_links, make_link, spend_link
from imageferry.model.access import AccessKey, Role
from imageferry.ports.senses import Clock
from imageferry.testing import run_virtually
from tests.api.serving import HOST
from tests.console.browsing import Browser, browsing

_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class _Ago:
    """A clock that is late, so that what is made by it is old."""

    seconds: float
    clock: Clock

    def now(self) -> float:
        return self.clock.now() - self.seconds

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


async def _link(browser: Browser, role: Role = Role.OPERATOR, lifetime: float = 600.0) -> str:
    house = browser.apis.house
    account = house.plane.place.account_id
    return await make_link(house.documents, house.clock, house.entropy, account, role, lifetime)


async def _use(browser: Browser, token: str) -> int:
    door = await browser.get(f"/console/link/{token}")
    assert "signs this browser in, once" in door.text
    form = door.page.one("input", name="token").get("value")
    return (await browser.send(f"/console/link/{token}", follow=False, token=form, csrf="-")).status


def test_a_key_opens_the_door_and_leads_to_where_one_wanted(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            asked = await browser.get("/console/audit?page=2")
            assert asked.page.one("h1").text == "Sign in"
            assert asked.page.one("input", name="to").get("value") == "/console/audit?page=2"
            wrong = await browser.sign_in("emulator", "emulated")
            assert (wrong.status, browser.told[-1].refusal) == (403, "wrong key")
            assert "there is no such access key" in wrong.text
            inside = await browser.sign_in("emulator", "emulator", "/console/audit")
            assert (inside.status, inside.page.one("h1").text) == (200, "Audit")
            assert "SignIn" in inside.text
            reader = await browser.as_role(Role.READER)
            refused = await reader.get("/console/audit")
            assert (refused.status, reader.told[-1].refusal) == (403, "refused 403")
            # Whoever signs in again has one session, and another one than before.
            former = dict(browser.cookies)
            await browser.sign_in("emulator", "emulator", "/console/audit")
            assert browser.cookies != former
            browser.cookies = former
            assert (await browser.get("/console/audit")).page.one("h1").text == "Sign in"

    run_virtually(main())


def test_cookies_are_for_this_host_and_for_no_script(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            inside = await browser.sign_in("emulator", "emulator")
            assert inside.status in {200, 404}
            assert set(browser.cookies) == {"imageferry_form_8787", "imageferry_session_8787"}
            door = await browser.ask("GET", "/console/sign-in")
            (plain,) = door.cookies
            for word in ("HttpOnly", "SameSite=strict", "Path=/console"):
                assert word in plain
            # A mark that somebody has put there gets its own token, never that of another browser.
            other = browser.another()
            await other.get("/console/sign-in")
            token = other.last.page.one("input", name="token").get("value") if other.last else ""
            stolen = browser.another()
            reply = await stolen.ask(
                "POST",
                "/console/sign-in",
                headers=_FORM,
                body=urlencode({"token": token, "key": "emulator", "secret": "emulator"}).encode(),
            )
            assert (reply.status, stolen.told[-1].refusal) == (403, "form token")
            assert not any("session" in one for one in reply.cookies)

    run_virtually(main())


def test_over_tls_cookies_come_from_this_very_host_alone(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(is_behind_proxy=True)
        async with browsing(tmp_path, choices=choices, is_signed_in=False) as browser:
            browser.scheme = "https"
            # Behind a proxy the name is whatever the proxy is called.
            elsewhere = await browser.ask("GET", "/console/sign-in", headers={"host": "a.example"})
            assert elsewhere.status == 200
            assert (await browser.ask("GET", "/console/", headers={"host": "a b"})).status == 400
            await browser.sign_in("emulator", "emulator", "/console/audit")
            names = {one for one in browser.cookies if one.endswith("8787")}
            assert names == {"__Host-imageferry_form_8787", "__Host-imageferry_session_8787"}
            door = await browser.ask("GET", "/console/sign-in")
            for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/;"):
                assert word in door.cookies[0]
            assert "Domain" not in door.cookies[0]
            # One that a neighbour or a plain line has put there is none of them.
            value = browser.cookies["__Host-imageferry_session_8787"]
            browser.cookies = {"imageferry_session_8787": value}
            assert (await browser.get("/console/audit")).page.one("h1").text == "Sign in"
            browser.cookies = {"__Host-imageferry_session_8787": value}
            assert (await browser.get("/console/audit")).page.one("h1").text == "Audit"
            await browser.send("/console/sign-out")
            assert "__Host-imageferry_session_8787" not in browser.cookies

    run_virtually(main())


def test_a_link_counts_once_whoever_is_the_faster(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            token = await _link(browser, Role.READER)
            # Whoever only looks at it, as mail readers do, does not use it up.
            await browser.ask("HEAD", f"/console/link/{token}")
            assert await _use(browser, token) == 303
            assert (await browser.get("/console/audit")).status == 403
            assert await _use(browser.another(), token) == 403
            documents, now = browser.desk.documents, browser.apis.clock.now()
            raced = await _link(browser)
            spent = await asyncio.gather(*(spend_link(documents, raced, now) for _ in range(8)))
            assert sum(one is not None for one in spent) == 1
            old = await _link(browser, lifetime=60.0)
            await asyncio.sleep(61)
            assert await _use(browser.another(), old) == 403
            assert await _use(browser.another(), "f" * 64) == 403
            # What links have opened ends with them; what a key has opened stays.
            keyed = await browser.as_role(Role.ADMIN)
            assert (await browser.get("/console/")).status == 200
            await _link(browser)
            links, sessions = await end_links(documents, "42")
            assert (links, sessions) == (0, 0)
            assert await end_links(documents) == (1, 1)
            await asyncio.sleep(3.1)
            assert (await browser.get("/console/")).page.one("h1").text == "Sign in"
            assert (await keyed.get("/console/audit")).page.one("h1").text == "Audit"
            paths = [one.path for one in browser.told if "link" in one.path]
            assert set(paths) == {"/console/link/****"}

    run_virtually(main())


def test_guessing_is_slowed_down_by_address_and_nobody_else_waits(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            await browser.get("/console/sign-in")
            token = (
                browser.last.page.one("input", name="token").get("value") if browser.last else ""
            )

            async def guess(secret: str, source: str) -> int:
                pairs = {"token": token, "key": "emulator", "secret": secret}
                reply = await browser.ask(
                    "POST", "/console/sign-in", headers=_FORM, body=urlencode(pairs).encode(),
                    source=source,
                )  # fmt: skip
                return reply.status

            answers = [await guess(f"guess {number}", "127.0.0.1") for number in range(25)]
            assert answers == [403] * 20 + [429] * 5
            assert await guess("emulator", "127.0.0.1") == 429
            assert await guess("emulator", "10.0.0.7") == 303
            await asyncio.sleep(3)
            assert await guess("emulator", "127.0.0.1") == 303

    run_virtually(main())


@pytest.mark.parametrize("what", ["signed out", "revoked", "grown old"])
def test_a_session_ends_and_its_open_stream_with_it(what: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            house = browser.apis.house
            account = house.plane.place.account_id
            key = AccessKey("IFAKPASSING", account, Role.OPERATOR, "secret", house.clock.now())
            await house.keys.add(key)
            await browser.sign_in(key.key_id, key.secret)
            assert (await browser.get("/console/")).status == 200
            if what == "grown old":
                book = SessionBook(replace(browser.desk, clock=_Ago(12 * 3600 - 60, house.clock)))
                old = await book.open(key.key_id, account, key.role)
                browser.cookies["imageferry_session_8787"] = old.token
            async with browser.stream("/console/live/") as stream:
                assert stream.status == 200
                await stream.parts()
                match what:
                    case "signed out":
                        await browser.send("/console/sign-out")
                    case "revoked":
                        await house.keys.revoke(key.key_id, house.clock.now())
                    case _:
                        await asyncio.sleep(60)
                began = house.clock.now()
                name = "parts"
                while name == "parts":
                    name, _ = await stream.event(20.0)
                assert name == "over"
                assert house.clock.now() - began <= 9.0
            assert (await browser.get("/console/")).page.one("h1").text == "Sign in"

    run_virtually(main())


def test_keys_of_accounts_that_are_not_served_stay_outside(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            house = browser.apis.house
            for key in (
                AccessKey("IFAKELSEWHERE", "42", Role.ADMIN, "secret", 1.0),
                AccessKey("IFAKREVOKED", house.plane.place.account_id, Role.ADMIN, "secret", 1.0),
            ):
                await house.keys.add(key)
            await house.keys.revoke("IFAKREVOKED", 2.0)
            said = {}
            for key_id in ("IFAKELSEWHERE", "IFAKREVOKED", "IFAKNOBODY", "\0", "é" * 300, ""):
                reply = await browser.sign_in(key_id, "secret")
                said[key_id] = reply.status, browser.told[-1].refusal
            assert said == {
                "IFAKELSEWHERE": (403, "foreign account"),
                "IFAKREVOKED": (403, "wrong key"),
                "IFAKNOBODY": (403, "wrong key"),
                "\0": (400, "malformed"),
                "é" * 300: (403, "wrong key"),
                "": (403, "wrong key"),
            }
            # An unknown key has no secret, not even none.
            assert (await browser.sign_in("IFAKNOBODY", "")).status == 403

    run_virtually(main())


def test_an_account_sees_nothing_of_another_one(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(accounts=("emulator", "emulator-2"))
        async with browsing(tmp_path, choices=choices) as browser:
            first, second = browser.apis.desk.planes
            asked = {"StackName": "mine", "TemplateBody": _TEMPLATE}
            _, made = await browser.apis.ros("CreateStack", **asked)
            uuid = made["StackId"]
            other = await browser.as_role(Role.ADMIN, second)
            for path in (f"/console/stacks/{uuid}", f"/console/live/stacks/{uuid}"):
                # Ours is there: its page, and of its stream what it is asked with.
                assert (await browser.ask("HEAD", path)).status in {200, 405}
                assert (await other.get(path)).status == 404
            assert "mine" in (await browser.get("/console/stacks")).text
            assert "mine" not in (await other.get("/console/stacks")).text
            assert first in (await browser.get("/console/stacks")).text

    run_virtually(main())


_TEMPLATE = """{
  "ROSTemplateFormatVersion": "2015-09-01",
  "Resources": {"C": {"Type": "ALIYUN::ECS::CopyImage", "Properties": {
    "ImageId": "m-bp1source", "DestinationRegionId": "cn-beijing"}}}
}"""


@pytest.mark.parametrize(
    ("to", "is_allowed"),
    [
        ("/console/stacks?q=a%20b&page=2", True),
        ("/console/", True),
        ("", False),
        ("/", False),
        ("/consoles", False),
        ("//evil.example/console/", False),
        ("/console//evil.example", False),
        ("/console/../x", False),
        ("/console/\\evil.example", False),
        ("/console/\r\nset-cookie: a=b", False),
        ("https://evil.example/console/", False),
        ("javascript:alert(1)", False),
        ("\t/console/", False),
    ],
)
def test_one_is_led_to_pages_of_ours_alone(to: str, is_allowed: bool) -> None:
    assert allowed(to) == (to if is_allowed else "")


def test_a_deep_link_from_elsewhere_comes_in_by_a_page_of_ours(tmp_path: Path) -> None:
    """Strict cookies stay away from the first request; they come with the second."""

    async def main() -> None:
        async with browsing(tmp_path) as browser:
            stranger = browser.another()
            again = await stranger.ask(
                "GET",
                '/console/audit?x="><script>',
                headers={"host": HOST, "sec-fetch-site": "cross-site"},
            )
            (meta,) = again.page.all("meta", http_equiv="refresh")
            assert meta.get("content").startswith("0; url=/console/audit?x=")
            assert not again.page.all("script")
            assert (await browser.get("/console/audit")).page.one("h1").text == "Audit"

    run_virtually(main())


def test_a_form_that_comes_after_the_session_leads_to_the_door(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path, is_signed_in=False) as browser:
            headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
            asked = {"headers": headers, "body": b"name=x"}
            reply = await browser.ask("POST", "/console/create", **asked)
            assert reply.status == 401 and "You are not signed in" in reply.text
            assert reply.links == ["/console/sign-in"]
            stream = {"accept": "text/event-stream"}
            assert (
                await browser.ask("GET", "/console/live/", headers=stream)
            ).source == "sign in first\n"

    run_virtually(main())
