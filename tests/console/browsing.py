"""browsing: a browser without a port: the console of a house in virtual time, its pages read as HTML."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from starlette.applications import Starlette

from imageferry.api.limits import Limits
from imageferry.api.metrics import Metrics
from imageferry.api.server import Site, make_site
from imageferry.assembly.receipts import sign_receipt
from imageferry.assembly.served import ServeChoices
from imageferry.console.app import Console, make_console
from imageferry.console.desk import ConsoleDesk, Told
from imageferry.model.access import AccessKey, Role
from tests.api.serving import HOST, Apis, house_of_api
from tests.console.patching import after

# --- pages ----------------------------------------------------------------------------------------

_EMPTY = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)  # fmt: skip


@dataclass(eq=False)
class Node:
    """An element; `parts` are its texts and elements in their order."""

    tag: str
    attributes: Mapping[str, str]
    parent: Node | None = None
    parts: list[Node | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Node]:
        """Every element below, in the order of the page."""
        for one in self.parts:
            if isinstance(one, Node):
                yield one
                yield from one

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    @property
    def text(self) -> str:
        """All its text, each run of white space as one blank."""
        return " ".join(self.raw.split())

    @property
    def raw(self) -> str:
        return "".join(one if isinstance(one, str) else one.raw for one in self.parts)

    def all(self, tag: str = "", **attributes: str) -> list[Node]:
        """The elements below of a tag whose attributes are these; `data_live` is `data-live`.

        A `class_` is one of the classes.
        """
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [one for one in self if one.tag == (tag or one.tag) and one._has(wanted)]

    def one(self, tag: str = "", **attributes: str) -> Node:
        """The first of them; there has to be one."""
        found = self.all(tag, **attributes)
        assert found, f"no <{tag or '*'}> with {attributes} in: {self.text[:500]}"
        return found[0]

    def by_id(self, name: str) -> Node:
        return self.one(id=name)

    def live(self, block: str) -> Node:
        """The element that a live block stands in."""
        return self.one(data_live=block)

    def _has(self, wanted: Mapping[str, str]) -> bool:
        return all(
            value in self.get(name).split()
            if name == "class"
            else self.attributes.get(name) == value
            for name, value in wanted.items()
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._here = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self._here)
        self._here.parts.append(node)
        if tag not in _EMPTY:
            self._here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self._here
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self._here = node.parent

    def handle_data(self, data: str) -> None:
        self._here.parts.append(data)


def read_markup(text: str) -> Node:
    """The root above all elements of a page, or of a part of one."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.root


@dataclass(frozen=True)
class Reply:
    """What the console has answered; `path` is where it was found, after redirections."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    path: str
    cookies: Sequence[str] = ()

    @property
    def source(self) -> str:
        return self.body.decode()

    @cached_property
    def page(self) -> Node:
        return read_markup(self.source)

    @property
    def text(self) -> str:
        """What a reader sees, and the texts of hidden parts."""
        return self.page.text

    @property
    def links(self) -> list[str]:
        return [one.get("href") for one in self.page.all("a")]

    @property
    def forms(self) -> list[Node]:
        return self.page.all("form")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


# --- a browser ------------------------------------------------------------------------------------


@dataclass
class Browser:
    """One browser with its cookies. `last` is the page that it shows."""

    app: Starlette
    apis: Apis
    desk: ConsoleDesk
    console: Console
    told: list[Told]
    language: str = "en"
    scheme: str = "http"
    cookies: dict[str, str] = field(default_factory=dict)
    last: Reply | None = None
    _csrf: str = ""

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Reply:
        """A page; redirections are followed."""
        reply = await self.ask("GET", path, headers=_named(headers))
        for _ in range(5):
            if not (follow and reply.status in {301, 302, 303, 307, 308}):
                break
            reply = await self.ask("GET", urljoin(path, reply.location))
        self._shown(reply)
        return reply

    async def send(
        self,
        path: str,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        *,
        follow: bool = True,
        **fields: str | Sequence[str],
    ) -> Reply:
        """What a form sends, with the token of this session; a trailing `_` of a name is not sent.

        Names that no argument can have come as `fields={"parameter.A": "1"}` through `send_pairs`.
        """
        pairs: list[tuple[str, str]] = []
        for name, value in fields.items():
            values = [value] if isinstance(value, str) else value
            pairs += [(name.rstrip("_"), one) for one in values]
        return await self.send_pairs(path, pairs, files, follow=follow)

    async def send_pairs(
        self,
        path: str,
        pairs: Sequence[tuple[str, str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
        *,
        follow: bool = True,
    ) -> Reply:
        """The same with any names."""
        pairs = list(pairs)
        if "csrf" not in dict(pairs):
            pairs.append(("csrf", await self.csrf()))
        body, kind = _multipart(pairs, files) if files else (urlencode(pairs).encode(), _FORM)
        headers = {
            "content-type": kind,
            "origin": f"{self.scheme}://{HOST}",
            "sec-fetch-site": "same-origin",
        }
        reply = await self.ask("POST", path, headers=headers, body=body)
        if follow and reply.status == 303:
            return await self.get(urljoin(path, reply.location))
        self._shown(reply)
        return reply

    async def csrf(self) -> str:
        """The token of the session's forms."""
        if not self._csrf:
            await self.get("/console/no-such-page")
        assert self._csrf, "nobody has signed in"
        return self._csrf

    async def sign_in(self, key: str, secret: str, to: str = "") -> Reply:
        """Sign in as people do."""
        door = await self.get("/console/sign-in" + (f"?to={quote(to)}" if to else ""))
        token = door.page.one("input", name="token").get("value")
        self._csrf = ""
        return await self.send(
            "/console/sign-in", token=token, key=key, secret=secret, to=to, csrf="-"
        )

    def another(self, language: str = "en") -> Browser:
        """A second browser, which has not signed in."""
        return Browser(self.app, self.apis, self.desk, self.console, self.told, language)

    async def as_role(self, role: Role, account_id: str = "", note: str = "") -> Browser:
        """A second browser, signed in with a new key of that role."""
        browser = self.another(self.language)
        await browser._enter(role, account_id, note)
        return browser

    async def _enter(self, role: Role, account_id: str = "", note: str = "") -> AccessKey:
        account = account_id or self.apis.house.plane.place.account_id
        key_id = f"IFAK{role.name}{self.apis.house.entropy.nonce()[:8].upper()}"
        made = AccessKey(key_id, account, role, f"secret of {key_id}", self.apis.clock.now(), note)
        await self.apis.house.keys.add(made)
        reply = await self.sign_in(key_id, made.secret)
        assert self._csrf or reply.status == 404, reply.text
        return made

    def _shown(self, reply: Reply) -> None:
        self.last = reply
        if reply.headers.get("content-type", "").startswith("text/html"):
            tokens = [one.get("value") for one in reply.page.all("input", name="csrf")]
            self._csrf = tokens[0] if tokens else self._csrf

    # --- requests ---------------------------------------------------------------------------------

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        source: str = "127.0.0.1",
        parts: Sequence[bytes] | None = None,
    ) -> Reply:
        """One request as it is, with the cookies of this browser."""
        sent: list[Mapping[str, Any]] = []
        left = list(parts if parts is not None else [body])

        async def receive() -> Mapping[str, Any]:
            if not left and parts == []:
                return {"type": "http.disconnect"}
            if not left:
                # Whoever has asked stays until all of the reply is there.
                await asyncio.Event().wait()
            part = left.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(left)}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        scope = self._scope(method, path, headers or {}, body, source)
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        found = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        whole = b"".join(one.get("body", b"") for one in sent)
        set_cookies = [value for name, value in found if name == "set-cookie"]
        self._keep(set_cookies)
        return Reply(sent[0]["status"], dict(found), whole, path, set_cookies)

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[Stream]:
        """The open stream of a page, such as `/console/live/stacks`; it is left at the end."""
        arrived: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        gone = asyncio.Event()
        is_asked = False

        async def receive() -> Mapping[str, Any]:
            nonlocal is_asked
            if not is_asked:
                is_asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        given = {"accept": "text/event-stream", **_named(headers)}
        scope = self._scope("GET", path, given, b"", "127.0.0.1")
        running = asyncio.create_task(self.app(scope, receive, arrived.put))  # type: ignore[arg-type]
        try:
            first = await arrived.get()
            yield Stream(first["status"], arrived)
        finally:
            gone.set()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def _scope(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, source: str
    ) -> dict[str, Any]:
        where = urlsplit(path)
        usual = {"host": HOST, "accept-language": self.language}
        if self.cookies:
            usual["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method not in {"GET", "HEAD"}:
            usual["content-length"] = str(len(body))
        return {
            "type": "http",
            "method": method,
            "path": unquote(where.path),
            "raw_path": where.path.encode(),
            "scheme": self.scheme,
            "query_string": where.query.encode(),
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in (usual | dict(headers)).items()
            ],
            "client": (source, 50_000),
            "server": ("127.0.0.1", 8787),
            "root_path": "",
            "state": {},
            "http_version": "1.1",
        }

    def _keep(self, set_cookies: Sequence[str]) -> None:
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


@dataclass
class Stream:
    """What comes on an open stream."""

    status: int
    arrived: asyncio.Queue[Mapping[str, Any]]
    _rest: str = ""
    _known: dict[str, str] = field(default_factory=dict)

    async def event(self, seconds: float = 120.0) -> tuple[str, str]:
        """The name and the text of the next event; `("", "")` once the stream has ended."""
        async with asyncio.timeout(seconds):
            while True:
                block, found, rest = self._rest.partition("\n\n")
                if found:
                    self._rest = rest
                    lines = block.split("\n")
                    name = [one.removeprefix("event: ") for one in lines if one.startswith("event")]
                    if name and name != ["beat"]:
                        said = [one.removeprefix("data: ") for one in lines if one[:5] == "data:"]
                        return name[0], "\n".join(said)
                    continue
                message = await self.arrived.get()
                self._rest += message.get("body", b"").decode()
                if not message.get("more_body", False):
                    return "", ""

    async def parts(self, seconds: float = 120.0) -> Mapping[str, str]:
        """The markup of the parts that come next, by the names of their blocks."""
        name, text = await self.event(seconds)
        assert name == "parts", (name, text)
        found = after(self._known, json.loads(text))
        self._known |= found
        return found


_FORM = "application/x-www-form-urlencoded"


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _multipart(
    pairs: Sequence[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    mark = "a-line-between-parts"
    lines = [
        f'--{mark}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in pairs
    ]
    lines += [
        f'--{mark}\r\ncontent-disposition: form-data; name="{name}"; filename="{title}"\r\n'
        "content-type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, (title, content) in files.items()
    ]
    return b"".join(lines) + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


# --- the house behind it --------------------------------------------------------------------------


@asynccontextmanager
async def browsing(
    folder: Path,
    role: Role | str = Role.ADMIN,
    *,
    language: str = "en",
    speed: float = 1.0,
    trouble: bool = False,
    choices: ServeChoices | None = None,
    is_signed_in: bool = True,
    **settings: str,
) -> AsyncIterator[Browser]:
    """A browser that has signed in to the console of a home in the folder; use in `run_virtually`.

    `browser.apis` is the house behind it (`.house.plane`, `.cloud`, `.ros`, `.aws`, `.clock`).
    `trouble` has the emulator make the faults of the scenarios.
    """
    choices = choices or ServeChoices()
    opening = house_of_api(
        folder, speed=speed, trouble=trouble, choices=choices, environment=settings
    )
    async with opening as apis:
        told: list[Told] = []
        house = apis.house
        desk = ConsoleDesk(
            planes=apis.desk.planes,
            documents=house.documents,
            keys=house.keys,
            audit=house.audit,
            clock=house.clock,
            entropy=house.entropy,
            live=house.board.progress,
            sign=partial(sign_receipt, house.settings),
            built_in=_built_in(apis),
            is_loopback=choices.is_loopback,
            address=f"http://{HOST}",
            body=choices.body,
            tell=told.append,
        )
        console = make_console(desk)
        app = make_site(Site(apis.door, Metrics(), apis.clock, Limits(), beside=console.routes))
        browser = Browser(app, apis, desk, console, told, language)
        try:
            if is_signed_in:
                await browser._enter(Role(role))
            yield browser
        finally:
            await console.close()


def _built_in(apis: Apis) -> dict[str, AccessKey]:
    account = apis.house.plane.place.account_id
    return {"emulator": AccessKey("emulator", account, Role.ADMIN, "emulator", 0.0, "its own")}
