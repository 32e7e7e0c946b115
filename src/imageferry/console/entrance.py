"""Entrance: signing in with an access key or by a one-time link, out again, and how pages look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from imageferry.console.cookies import (
    THEMES,
    drop_session,
    form_cookie,
    keep_form,
    keep_look,
    keep_session,
    language_of,
    session_cookie,
    theme_of,
)
from imageferry.console.desk import ConsoleDesk
from imageferry.console.forms import form_of
from imageferry.console.guards import is_same, is_token_of, mark_token, new_mark
from imageferry.console.languages import LANGUAGES
from imageferry.console.rendering import bare_page, static_path
from imageferry.console.sessions import LIFETIME, Session, SessionBook
from imageferry.console.visits import PREFIX, Form, PageRefused
from imageferry.control.links import BY_LINK, spend_link
from imageferry.control.rates import Rates, network_of
from imageferry.model.access import AccessKey, AuditRecord
from imageferry.ports.keeping import StoreError

_GUESSES: Final = 20.0
"""How often an address may be wrong at once, and then once in so many seconds:"""

_PAUSE: Final = 2.0

_MOST: Final = 64 * 1024
"""Bytes of a form here."""

_LONGEST_KEY: Final = 128

Answered = tuple[Response, Session | None, str]


def _guesses() -> Rates:
    return Rates(1 / _PAUSE, _GUESSES)


@dataclass(frozen=True, slots=True)
class Entrance:
    """The pages for those who have not signed in, and the deeds that every session has."""

    desk: ConsoleDesk
    book: SessionBook
    guesses: Rates = field(default_factory=_guesses, repr=False)

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
        accepted = request.headers.get("accept", "")
        if request.method == "POST" and "text/html" in accepted:
            return bare_page("ended", _bare(request), 401)
        if request.method != "GET" or "text/event-stream" in accepted:
            return Response("sign in first\n", 401, media_type="text/plain")
        if request.headers.get("sec-fetch-site") == "cross-site":
            # The cookie does not come with a click on another site; it does with one of ours.
            values = _bare(request) | {"to": _wanted(request)}
            return bare_page("again", values, 200)
        wanted = _wanted(request)
        return RedirectResponse(f"{PREFIX}/sign-in?to={_quoted(wanted)}", 303)

    async def door(self, request: Request, _: str) -> Answered:
        """The form to sign in with a key, or to use a link."""
        return self._door(request), None, ""

    def _door(self, request: Request, said: str = "", status: int = 200) -> Response:
        mark = form_cookie(request) or new_mark(self.desk.entropy)
        values = _bare(request) | {
            "token": mark_token(mark),
            "link": request.path_params.get("token", ""),
            "to": allowed(request.query_params.get("to", "")),
            "said": said,
            "emulator_key": next(iter(self.desk.built_in), ""),
            "is_loopback": self.desk.is_loopback,
        }
        response = bare_page("sign_in", values, status)
        keep_form(request, response, mark)
        if request.query_params.get("lang", "") in LANGUAGES:
            # Whoever chooses a language at the door has it inside.
            keep_look(request, response, "language", request.query_params["lang"])
        return response

    async def sign_in(self, request: Request, request_id: str) -> Answered:
        """Somebody gives an access key and its secret."""

        async def enter(form: Form) -> Session | _Shut:
            key_id, secret = form.text("key").strip(), form.text("secret").strip()
            key = await self._key(key_id)
            # For a key that there is not, as much is compared as for one that there is.
            is_right = is_same(key.secret if key is not None else "", secret)
            if key is None or not is_right or key.revoked_at is not None:
                return _Shut("there is no such access key with that secret", "wrong key")
            if key.account_id not in self.desk.planes:
                return _Shut("that key is of an account that is not served here", "foreign account")
            return await self.book.open(key.key_id, key.account_id, key.role)

        return await self._entering(request, request_id, "SignIn", enter)

    async def sign_in_by_link(self, request: Request, request_id: str) -> Answered:
        """Somebody uses a link, which counts once."""

        async def enter(_: Form) -> Session | _Shut:
            token, now = request.path_params["token"], self.desk.clock.now()
            link = await spend_link(self.desk.documents, token, now)
            if link is None or link.account_id not in self.desk.planes:
                return _Shut("this link was used before, or has grown too old", "spent link")
            return await self.book.open(BY_LINK, link.account_id, link.role)

        return await self._entering(request, request_id, "SignInByLink", enter)

    async def _entering(
        self,
        request: Request,
        request_id: str,
        action: str,
        enter: Callable[[Form], Awaitable[Session | _Shut]],
    ) -> Answered:
        """What both ways in have in common; whoever guesses is made to wait."""
        network = network_of(request.client.host if request.client is not None else "")
        if not self.guesses.has_some(network, self.desk.clock.monotonic()):
            return self._shut(request, _GUESSED, 429)
        try:
            form = await form_of(request, _MOST)
        except PageRefused as refused:
            return self._door(request, refused.said, refused.status), None, "malformed"
        if not is_token_of(form_cookie(request), form.text("token")):
            return self._shut(request, _OLD, 403)
        try:
            session = await enter(form)
            if isinstance(session, _Shut):
                self.guesses.take(network, self.desk.clock.monotonic())
                return self._shut(request, session, 403)
            former = await self.book.find(session_cookie(request))
            if former is not None:
                await self.book.end(former)
            await self._note(request, request_id, session, action)
        except StoreError:
            return self._shut(request, _AWAY, 503)
        response = RedirectResponse(allowed(form.text("to")) or f"{PREFIX}/", 303)
        keep_session(request, response, session.token, int(LIFETIME))
        return response, session, ""

    async def _key(self, key_id: str) -> AccessKey | None:
        if not (key_id.isascii() and key_id.isprintable() and 0 < len(key_id) <= _LONGEST_KEY):
            return None
        return self.desk.built_in.get(key_id) or await self.desk.keys.get(key_id)

    def _shut(self, request: Request, shut: _Shut, status: int) -> Answered:
        """The door again, with the reason why it does not open."""
        response = self._door(request, language_of(request)(shut.said), status)
        if status == 429:
            response.headers["retry-after"] = f"{_PAUSE:.0f}"
        return response, None, shut.word

    async def sign_out(self, request: Request, request_id: str) -> Answered:
        """Somebody leaves."""
        session = await self.book.find(session_cookie(request))
        response = RedirectResponse(f"{PREFIX}/sign-in", 303)
        if session is None:
            return response, None, ""
        form = await form_of(request, _MOST)
        if not session.accepts(form.text("csrf")):
            return Response("the form does not belong to this session\n", 403), session, "token"
        await self.book.end(session)
        drop_session(request, response)
        return response, session, ""

    async def appearance(self, request: Request, _: str) -> Answered:
        """Somebody chooses a language, or light or dark."""
        session = await self.book.find(session_cookie(request))
        if session is None:
            return Entrance.shown_in(request), None, "not signed in"
        form = await form_of(request, _MOST)
        if not session.accepts(form.text("csrf")):
            return Response("the form does not belong to this session\n", 403), session, "token"
        response = RedirectResponse(allowed(form.text("to")) or f"{PREFIX}/", 303)
        if form.text("language") in LANGUAGES:
            keep_look(request, response, "language", form.text("language"))
        if form.text("theme") in THEMES:
            keep_look(request, response, "theme", form.text("theme"))
        return response, session, ""

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


class _Shut(NamedTuple):
    """Why the door stays shut, as it is said and as it is written down."""

    said: str
    word: str


_GUESSED: Final = _Shut("this was wrong too often: wait a little, and try again", "guessing")
_OLD: Final = _Shut("the form has grown old: send it once more", "form token")
_AWAY: Final = _Shut("the database does not answer; try again a little later", "unavailable")


def _wanted(request: Request) -> str:
    path, query = quote(request.scope["path"]), request.url.query
    return f"{path}?{query}" if query else path


def allowed(to: str) -> str:
    """A page of ours to go to; anything else could lead elsewhere."""
    plain = to.startswith(f"{PREFIX}/") and "\\" not in to and to.isprintable()
    return to if plain and "//" not in to.partition("?")[0] and ".." not in to else ""


def _quoted(text: str) -> str:
    return quote(text, safe="/")
