"""Entrance: signing in with an access key or by a one-time link, out again, and how pages look."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from imageferry.console.desk import ConsoleDesk
from imageferry.console.forms import form_of
from imageferry.console.guards import is_token_of, mark_token, new_mark
from imageferry.console.languages import LANGUAGES, Language, choose
from imageferry.console.rendering import bare_page, static_path
from imageferry.console.sessions import LIFETIME, LINK, Session, SessionBook
from imageferry.console.visits import PREFIX, PageRefused
from imageferry.control.links import spend_link
from imageferry.model.access import AuditRecord
from imageferry.ports.keeping import StoreError

THEMES: Final = ("auto", "light", "dark")

_YEAR: Final = 365 * 24 * 3600

Answered = tuple[Response, Session | None, str]


def _cookie(request: Request, name: str) -> str:
    """The name of a cookie: two servers on one machine are told apart by their ports alone."""
    port = request.url.port or 0
    return f"imageferry_{name}_{port}"


def session_cookie(request: Request) -> str:
    """What the browser has of a session, or nothing."""
    return request.cookies.get(_cookie(request, "session"), "")


def language_of(request: Request) -> Language:
    """The language that was chosen, or that the browser asks for."""
    wished = request.query_params.get("lang", "") or request.cookies.get("imageferry_language", "")
    return choose(wished, request.headers.get("accept-language", ""))


def theme_of(request: Request) -> str:
    """Light or dark where that was chosen, else as the system is."""
    chosen = request.cookies.get("imageferry_theme", "")
    return chosen if chosen in THEMES else "auto"


@dataclass(frozen=True, slots=True)
class Entrance:
    """The pages for those who have not signed in, and the deeds that every session has."""

    desk: ConsoleDesk
    book: SessionBook

    def ways(
        self,
    ) -> tuple[tuple[str, str, str, Callable[[Request, str], Awaitable[Answered]]], ...]:
        """Paths below the console's, what they are called, methods and views."""
        return (
            ("/sign-in", "sign_in", "GET", self.door),
            ("/sign-in", "SignIn", "POST", self.sign_in),
            ("/link/{token}", "link", "GET", self.door),
            ("/link/{token}", "SignInByLink", "POST", self.sign_in_by_link),
            ("/sign-out", "SignOut", "POST", self.sign_out),
            ("/appearance", "Appearance", "POST", self.appearance),
        )

    @staticmethod
    def shown_in(request: Request) -> Response:
        """The reply to somebody who has not signed in, and would have to."""
        if request.method != "GET" or "text/event-stream" in request.headers.get("accept", ""):
            return Response("sign in first\n", 401, media_type="text/plain")
        if request.headers.get("sec-fetch-site") == "cross-site":
            # The cookie does not come with a click on another site; it does with one of ours.
            values = _bare(request) | {"to": _local(request.url.path, request.url.query)}
            return bare_page("again", values, 200)
        wanted = _local(request.url.path, request.url.query)
        return RedirectResponse(f"{PREFIX}/sign-in?to={_quoted(wanted)}", 303)

    async def door(self, request: Request, _: str) -> Answered:
        """The form to sign in with a key, or to use a link."""
        return self._door(request), None, ""

    def _door(self, request: Request, said: str = "", status: int = 200) -> Response:
        cookie = _cookie(request, "form")
        mark = request.cookies.get(cookie, "") or new_mark(self.desk.entropy)
        values = _bare(request) | {
            "token": mark_token(mark),
            "link": request.path_params.get("token", ""),
            "to": _allowed(request.query_params.get("to", "")),
            "said": said,
            "emulator_key": next(iter(self.desk.built_in), ""),
            "is_loopback": self.desk.is_loopback,
        }
        response = bare_page("sign_in", values, status)
        self._set(request, response, cookie, mark, _YEAR)
        return response

    async def sign_in(self, request: Request, request_id: str) -> Answered:
        """Somebody gives an access key and its secret."""
        try:
            form = await form_of(request, 64 * 1024)
        except PageRefused as refused:
            return self._door(request, refused.said, refused.status), None, refused.said
        if not is_token_of(request.cookies.get(_cookie(request, "form"), ""), form.text("token")):
            said = language_of(request)("the form has grown old: send it once more")
            return self._door(request, said, 403), None, "form token"
        key_id, secret = form.text("key").strip(), form.text("secret").strip()
        try:
            key = self.desk.built_in.get(key_id) or await self.desk.keys.get(key_id[:128])
            known = key.secret if key is not None else "no key has this secret"
            is_right = hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace"))
            if key is None or not is_right or key.revoked_at is not None:
                said = language_of(request)("there is no such access key with that secret")
                return self._door(request, said, 403), None, "wrong key"
            if key.account_id not in self.desk.planes:
                said = language_of(request)("that key is of an account that is not served here")
                return self._door(request, said, 403), None, "foreign account"
            session = await self.book.open(key.key_id, key.account_id, key.role)
            await self._note(request, request_id, session, "SignIn")
        except StoreError:
            said = language_of(request)("the database does not answer; try again a little later")
            return self._door(request, said, 503), None, "unavailable"
        return self._entered(request, session, form.text("to")), session, ""

    async def sign_in_by_link(self, request: Request, request_id: str) -> Answered:
        """Somebody uses a link, which counts once."""
        try:
            form = await form_of(request, 64 * 1024)
        except PageRefused as refused:
            return self._door(request, refused.said, refused.status), None, refused.said
        if not is_token_of(request.cookies.get(_cookie(request, "form"), ""), form.text("token")):
            said = language_of(request)("the form has grown old: send it once more")
            return self._door(request, said, 403), None, "form token"
        try:
            link = await spend_link(
                self.desk.documents, request.path_params["token"], self.desk.clock.now()
            )
            if link is None or link.account_id not in self.desk.planes:
                said = language_of(request)("this link was used before, or has grown too old")
                return self._door(request, said, 403), None, "spent link"
            session = await self.book.open(LINK, link.account_id, link.role)
            await self._note(request, request_id, session, "SignInByLink")
        except StoreError:
            said = language_of(request)("the database does not answer; try again a little later")
            return self._door(request, said, 503), None, "unavailable"
        return self._entered(request, session, form.text("to")), session, ""

    async def sign_out(self, request: Request, request_id: str) -> Answered:
        """Somebody leaves."""
        session = await self.book.find(session_cookie(request))
        response = RedirectResponse(f"{PREFIX}/sign-in", 303)
        if session is None:
            return response, None, ""
        form = await form_of(request, 64 * 1024)
        if not session.accepts(form.text("csrf")):
            return Response("the form does not belong to this session\n", 403), session, "token"
        await self.book.end(session)
        response.delete_cookie(_cookie(request, "session"), path=PREFIX)
        return response, session, ""

    async def appearance(self, request: Request, _: str) -> Answered:
        """Somebody chooses a language, or light or dark."""
        session = await self.book.find(session_cookie(request))
        form = await form_of(request, 64 * 1024)
        if session is None or not session.accepts(form.text("csrf")):
            return Response("the form does not belong to this session\n", 403), session, "token"
        response = RedirectResponse(_allowed(form.text("to")) or f"{PREFIX}/", 303)
        if form.text("language") in LANGUAGES:
            self._set(request, response, "imageferry_language", form.text("language"), _YEAR)
        if form.text("theme") in THEMES:
            self._set(request, response, "imageferry_theme", form.text("theme"), _YEAR)
        return response, session, ""

    def _entered(self, request: Request, session: Session, to: str) -> Response:
        response = RedirectResponse(_allowed(to) or f"{PREFIX}/", 303)
        cookie = _cookie(request, "session")
        self._set(request, response, cookie, session.token, int(LIFETIME))
        return response

    def _set(self, request: Request, response: Response, name: str, value: str, age: int) -> None:
        is_secure = request.url.scheme == "https"
        response.set_cookie(
            name,
            value,
            max_age=age,
            path=PREFIX,
            secure=is_secure,
            httponly=True,
            samesite="strict",
        )

    async def _note(self, request: Request, request_id: str, session: Session, action: str) -> None:
        """Who has come in is in the audit, as every write is."""
        source = request.client.host if request.client is not None else ""
        record = AuditRecord(
            self.desk.clock.now(),
            session.account_id,
            session.key_id,
            session.role,
            "console",
            action,
            "",
            "",
            request_id,
            source,
        )
        await self.desk.audit.end(await self.desk.audit.begin(record, request_id), "ok")


def _bare(request: Request) -> dict[str, object]:
    language = language_of(request)
    return {"t": language, "language": language, "theme": theme_of(request), "static": static_path}


def _local(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _allowed(to: str) -> str:
    """A page of ours to go to; anything else could lead elsewhere."""
    plain = to.startswith(f"{PREFIX}/") and "\\" not in to and to.isprintable()
    return to if plain and "//" not in to.partition("?")[0] and ".." not in to else ""


def _quoted(text: str) -> str:
    return quote(text, safe="/")
