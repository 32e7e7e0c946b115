"""Requests to a server as bytes, well made or not, and what comes back of them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from imageferry.model.access import AccessKey, Role
from imageferry.wire.http import HttpRequest, Pairs
from tests.api.gates import BUILT_IN, Generation
from tests.e2e.processes import COMMAND, environment

BOUND = 10.0
"""Seconds in which everything is answered or closed."""


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 is a connection that was closed without a word."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> str:
        """The error's code, in either world; empty where there is none."""
        found = re.search(rb'"Code": ?"([^"]*)"|<Code>([^<]*)</Code>', self.body)
        return (found[1] or found[2] or b"").decode() if found else ""


@dataclass
class Peer:
    """A server that others talk to, and a counter for nonces."""

    host: str
    count: int = 0

    def exchange(self, raw: bytes, *, half_close: bool = False) -> Reply:
        """Send bytes, read until the reply is whole or the connection ends; raises TimeoutError."""
        with self.connected() as wire:
            return self.talk(wire, raw, half_close=half_close)

    def connected(self) -> socket.socket:
        """A connection."""
        name, _, port = self.host.rpartition(":")
        return socket.create_connection((name, int(port)), timeout=BOUND)

    def talk(self, wire: socket.socket, raw: bytes, *, half_close: bool = False) -> Reply:
        """One exchange on a connection."""
        try:
            wire.sendall(raw)
            if half_close:
                wire.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_reply(wire)

    def send(self, request: HttpRequest) -> Reply:
        """Send a whole request."""
        return self.exchange(written(request))

    def signed(
        self,
        kind: Generation,
        action: str,
        pairs: Pairs = (),
        *,
        key: AccessKey = BUILT_IN,
        now: float | None = None,
        in_form: bool = True,
    ) -> HttpRequest:
        """A request that nobody has sent before."""
        self.count += 1
        if kind.world.value == "alibaba":
            pairs = (*pairs, ("RegionId", "cn-hangzhou"))
        query, form = ((), pairs) if in_form and "query" not in kind.name else (pairs, ())
        moment = time.time() if now is None else now
        nonce = f"nonce-{os.getpid()}-{self.count}"
        return kind.sign(key, action, moment, nonce, query, form, host=self.host)

    def ask(self, kind: Generation, action: str, pairs: Pairs = (), **more: object) -> Reply:
        """Send a signed request."""
        return self.send(self.signed(kind, action, pairs, **more))  # type: ignore[arg-type]


def written(request: HttpRequest) -> bytes:
    """The bytes of a request on a connection of its own."""
    query = urlencode(request.query, quote_via=quote)
    target = f"{request.path}?{query}" if query else request.path
    headers = {"host": request.host, "connection": "close", **request.headers}
    headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


def read_reply(wire: socket.socket) -> Reply:
    """One reply; raises TimeoutError where neither it nor the connection's end comes."""
    read = b""
    while True:
        try:
            part = wire.recv(65_536)
        except ConnectionResetError:
            part = b""
        read += part
        head, found, body = read.partition(b"\r\n\r\n")
        if found:
            lines = head.decode("latin-1").split("\r\n")
            headers = [(n.lower(), v.strip()) for n, _, v in (x.partition(":") for x in lines[1:])]
            length = dict(headers).get("content-length", "")
            if not part or (length.isdigit() and len(body) >= int(length)):
                return Reply(int(lines[0].split(" ")[1]), headers, body)
        elif not part:
            return Reply(0, [], read)


def make_key(home: Path, role: Role, account: str = "") -> AccessKey:
    """A key as `imageferry keys create` gives it."""
    account_option = ["--account", account] if account else []
    made = subprocess.run(
        [*COMMAND, "keys", "create", "--json", "--role", role.value, *account_option],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(made.stdout)
    return AccessKey(
        found["key_id"], found["account_id"], Role(found["role"]), found["secret"], 0.0
    )
