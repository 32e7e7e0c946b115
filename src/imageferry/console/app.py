"""Console, make_console: the pages and deeds as routes: who may pass, what is kept of a write, replies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, request_response

from imageferry.console.cookies import language_of, session_cookie, theme_of
from imageferry.console.desk import ConsoleDesk, Told
from imageferry.console.entrance import Entrance
from imageferry.console.faults import refusal_of
from imageferry.console.feeds import Full, Hub
from imageferry.console.forms import form_of
from imageferry.console.guards import HEADERS, turned_away
from imageferry.console.pages import DEEDS, PAGES, Deed, Page
from imageferry.console.rendering import (
    compile_templates,
    parts_of,
    render,
    static_files,
    static_path,
)
from imageferry.console.sessions import Session, SessionBook
from imageferry.console.visits import PREFIX, PageRefused, Visit
from imageferry.model.access import AuditRecord
from imageferry.ports.keeping import StoreError

_log = logging.getLogger(__name__)

_KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Console:
    """The console of one server; `close` ends the streams, which would be waited for otherwise."""

    routes: tuple[BaseRoute, ...]
    hub: Hub

    async def warm(self) -> None:
        """Make ready what the first page would wait for; meanwhile everything else goes on."""
        names = ("sign_in", "refused", *(page.name for page in PAGES))
        await asyncio.to_thread(compile_templates, names)

    async def close(self) -> None:
        """End every stream."""
        await self.hub.close()


def make_console(desk: ConsoleDesk) -> Console:
    """Pages, deeds, streams and files below PREFIX."""
    hub, book = Hub(desk), SessionBook(desk)
    front = _Front(desk, hub, book)
    entrance = Entrance(desk, book)
    routes: list[BaseRoute] = [
        Route(PREFIX, partial(_moved, to=f"{PREFIX}/")),
        Route(f"{PREFIX}/static/{{version}}/{{name}}", _static),
    ]
    routes += [
        Route(f"{PREFIX}{path}", front.guarded(name, view), methods=[method])
        for path, name, method, view in entrance.ways()
    ]
    for deed in DEEDS:
        routes.append(
            Route(
                f"{PREFIX}{deed.path}",
                front.guarded(deed.action, front.deed(deed)),
                methods=["POST"],
            )
        )
    for page in PAGES:
        view = front.guarded(page.name, front.page(page))
        routes.append(Route(f"{PREFIX}{page.path}", view, methods=["GET"]))
        if page.live:
            stream = front.guarded(f"{page.name} live", front.live(page))
            routes.append(Route(f"{PREFIX}/live{page.path}", stream, methods=["GET"]))
    # A mount takes every method: what is no page has the headers of pages all the same.
    nothing = request_response(front.guarded("nothing", front.nothing))
    routes.append(Mount(PREFIX, nothing))
    return Console(tuple(routes), hub)


View = Callable[[Request, str], Awaitable[tuple[Response, Session | None, str]]]
"""Answers a request under its id; gives who has asked, and what was refused or nothing."""


@dataclass(frozen=True, slots=True)
class _Front:
    """What stands between a request and its page."""

    desk: ConsoleDesk
    hub: Hub
    book: SessionBook

    def guarded(self, action: str, view: View) -> Callable[[Request], Awaitable[Response]]:
        """A view behind the guards, whose replies have their headers and are written down."""

        async def answer(request: Request) -> Response:
            desk = self.desk
            began = desk.clock.monotonic()
            request_id = desk.entropy.new_id()
            session: Session | None = None
            refusal = ""
            turned = turned_away(request, is_loopback=desk.is_loopback)
            if turned is not None:
                refusal = turned.word
                response: Response = PlainTextResponse(f"{turned.said}\n", turned.status)
            else:
                try:
                    response, session, refusal = await view(request, request_id)
                except Exception as fault:
                    # Not even a page of refusal could be made of it.
                    response, refusal = _barely(fault, request_id)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers.setdefault("cache-control", "no-store")
            response.headers["x-request-id"] = request_id
            desk.tell(
                Told(
                    request_id,
                    action,
                    session.key_id if session is not None else "",
                    session.account_id if session is not None else "",
                    request.method,
                    _told_path(request.scope["path"]),
                    response.status_code,
                    desk.clock.monotonic() - began,
                    _length(request.headers.get("content-length", "")),
                    len(response.body) if hasattr(response, "body") else 0,
                    request.client.host if request.client is not None else "",
                    refusal,
                )
            )
            return response

        return answer

    def page(self, page: Page) -> View:
        """A page, or its refusal."""

        async def view(visit: Visit) -> Response:
            _need_role(visit, page)
            found = await page.gather(visit)
            if isinstance(found, Response):
                return found
            values = dict(found) | ({"feed": _feed_of(visit)} if page.live else {})
            return render(visit, page.name, values)

        return partial(self._visited, view)

    def deed(self, deed: Deed) -> View:
        """A deed: nothing of it happens without the token of the session, or unrecorded."""

        async def view(request: Request, visit: Visit) -> Response:
            _need_role(visit, deed)
            visit = visit.with_form(await form_of(request, self.desk.body))
            if not visit.session.accepts(visit.form.text("csrf")):
                raise PageRefused(
                    403,
                    "the form does not belong to this session",
                    "go back, load the page again, and send it once more",
                )
            try:
                return await self._audited(visit, deed)
            finally:
                self.hub.stir()

        async def answered(
            request: Request, request_id: str
        ) -> tuple[Response, Session | None, str]:
            return await self._visited(partial(view, request), request, request_id)

        return answered

    def live(self, page: Page) -> View:
        """The stream of a page's parts."""

        async def view(visit: Visit) -> Response:
            _need_role(visit, page)
            if visit.method != "GET":
                # Whoever asks for the head alone would hold a seat without ever seeing anything.
                raise PageRefused(405, "a stream is read, and nothing else", "use GET")
            topic = (await visit.stack()).stack_id if "stack" in visit.parameters else ""

            async def make() -> Mapping[str, str]:
                found = await page.gather(_of_now(visit))
                if isinstance(found, Response):
                    return {}
                return parts_of(_of_now(visit), page.name, found, page.live)

            async def is_admitted() -> bool:
                found = await self.book.find(session.token)
                return found is not None and found.role is session.role

            session = visit.session
            key = (
                visit.path,
                visit.query.multi_items().__repr__(),
                visit.language.code,
                session.account_id,
                session.role,
                session.csrf if _WITH_FORMS in page.live else "",
            )
            try:
                events = await self.hub.stream(key, topic, visit.plane, make, is_admitted)
            except Full:
                raise PageRefused(503, "too many pages are looked at just now") from None
            return StreamingResponse(events, media_type="text/event-stream")

        return partial(self._visited, view)

    async def nothing(
        self, request: Request, request_id: str
    ) -> tuple[Response, Session | None, str]:
        """A path where there is nothing, or another method than it has."""
        if request.method not in {"GET", "HEAD"}:
            only = {"allow": "GET, HEAD"}
            return PlainTextResponse("nothing is done here\n", 405, headers=only), None, "no method"

        async def view(visit: Visit) -> Response:
            t = visit.language
            raise PageRefused(
                404, t("there is no such page"), t("the images are where all pages begin")
            )

        return await self._visited(view, request, request_id)

    async def _visited(
        self, view: Callable[[Visit], Awaitable[Response]], request: Request, request_id: str
    ) -> tuple[Response, Session | None, str]:
        """A view for somebody who has signed in; everybody else is shown the door."""
        try:
            session = await self.book.find(session_cookie(request))
        except StoreError:
            return _unavailable(), None, "unavailable"
        if session is None:
            return Entrance.shown_in(request), None, "not signed in"
        visit = self._visit(request, request_id, session)
        try:
            return await view(visit), session, ""
        except ClientDisconnect:
            raise
        except HTTPException as unreadable:
            refused = PageRefused(unreadable.status_code, unreadable.detail)
        except PageRefused as found:
            refused = found
        except Exception as fault:
            # Known faults become their words; whatever else there is is ours, and written down.
            known = refusal_of(fault)
            if known is None:
                _log.exception("a page failed")
                known = PageRefused(
                    500, "this page has failed", f"the server's log has it as {request_id}"
                )
            refused = known
        values = {"refused": refused, "title": "Refused", "request_id": request_id}
        return render(visit, "refused", values, refused.status), session, _word_of(refused)

    def _visit(self, request: Request, request_id: str, session: Session) -> Visit:
        return Visit(
            desk=self.desk,
            session=session,
            language=language_of(request),
            method=request.method,
            path=quote(request.scope["path"]),
            parameters=dict(request.path_params),
            query=request.query_params,
            request_id=request_id,
            source=request.client.host if request.client is not None else "",
            now=self.desk.clock.now(),
            theme=theme_of(request),
        )

    async def _audited(self, visit: Visit, deed: Deed) -> Response:
        """A deed between the two halves of its record."""
        session = visit.session
        record = AuditRecord(
            at=visit.now,
            account_id=session.account_id,
            key_id=session.key_id,
            role=session.role,
            api="console",
            action=deed.action,
            target=deed.target(visit)[:255],
            region="",
            request_id=visit.request_id,
            source=visit.source,
        )
        number = await self.desk.audit.begin(record, visit.request_id)
        outcome = "interrupted"
        try:
            response = await deed.perform(visit)
            outcome = "ok" if response.status_code < 400 else f"refused {response.status_code}"
            return response
        except Exception as fault:
            # The record says how it ended, and the fault goes on to whoever gives it words.
            known = fault if isinstance(fault, PageRefused) else refusal_of(fault)
            outcome = "internal" if known is None else f"refused {known.status}"
            raise
        finally:
            try:
                await self.desk.audit.end(number, outcome)
            except StoreError as away:
                _log.warning(
                    "how the audited deed %d ended (%s) was not kept: %s", number, outcome, away
                )


_WITH_FORMS = "deeds"
"""A part with forms in it has the token of one session, and is made for that one alone."""


def _feed_of(visit: Visit) -> str:
    """Where the parts of a page come from: its own path and query, below another name."""
    path = f"{PREFIX}/live{visit.path.removeprefix(PREFIX)}"
    return f"{path}?{visit.query}" if visit.query else path


def _of_now(visit: Visit) -> Visit:
    """The visit of a stream as if its page were visited this moment."""
    path = f"{PREFIX}{visit.path.removeprefix(f'{PREFIX}/live')}"
    return replace(visit.at(visit.desk.clock.now()), path=path)


def _need_role(visit: Visit, wanted: Page | Deed) -> None:
    if not visit.session.role.covers(wanted.needs):
        raise PageRefused(
            403,
            visit.language(
                "this takes the role {needed}, and you have the role {role}",
                needed=wanted.needs.value,
                role=visit.session.role.value,
            ),
            visit.language("sign in with another access key"),
        )


def _told_path(path: str) -> str:
    """A path as it may be written down: that of a link would let whoever reads it in."""
    below = f"{PREFIX}/link/"
    return f"{below}****" if path.startswith(below) else path


def _length(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _word_of(refused: PageRefused) -> str:
    """A refusal in the log: what is said of it may quote what was sent."""
    return f"refused {refused.status}"


def _barely(fault: Exception, request_id: str) -> tuple[Response, str]:
    """The reply to what no page can be made of, and its word in the log."""
    match fault:
        case ClientDisconnect():
            # 499 is what log readers know for a client that left; nobody reads it.
            return PlainTextResponse("", 499), "gone"
        case HTTPException():
            return PlainTextResponse(f"{fault.detail}\n", fault.status_code), "malformed"
        case PageRefused():
            return PlainTextResponse(f"{fault.said}\n", fault.status), _word_of(fault)
        case StoreError():
            return _unavailable(), "unavailable"
        case _:
            _log.error("the console failed", exc_info=fault)
            said = f"this has failed; the server's log has it as {request_id}\n"
            return PlainTextResponse(said, 500), "internal"


def _unavailable() -> Response:
    return PlainTextResponse(
        "the database does not answer; load the page again a little later\n",
        503,
        headers={"retry-after": "5"},
    )


async def _moved(request: Request, to: str) -> Response:
    return RedirectResponse(to, 308, headers=dict(HEADERS))


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    found = static_files().get(name)
    if found is None:
        return PlainTextResponse("there is no such file\n", 404, headers=dict(HEADERS))
    kind, content = found
    is_current = static_path(name) == request.scope["path"]
    headers = dict(HEADERS) | ({"cache-control": _KEPT} if is_current else {})
    return Response(content, media_type=kind, headers=headers)
