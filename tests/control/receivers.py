"""Receivers: whoever is told of stacks, in virtual time or on loopback, as willing as a test wants."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from imageferry.ports.posting import PostRefused
from imageferry.ports.senses import Clock

HERE = "https://hooks.example.com/here"
THERE = "https://hooks.example.com/there"


@dataclass
class Receivers:
    """Whoever is told, and notes it: when since the beginning, who, and what.

    `fails` is how often each refuses first; `hangs` are those that take a notice and never answer.
    """

    clock: Clock
    fails: dict[str, int] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    got: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    tried: list[tuple[float, str]] = field(default_factory=list)

    def check(self, url: str) -> str:
        if not url.startswith("https://hooks.example.com/"):
            raise PostRefused("that host is not allowed")
        return "hooks.example.com"

    async def post(self, url: str, body: bytes) -> None:
        self.tried.append((self.clock.now(), url))
        if self.fails.get(url, 0):
            self.fails[url] -= 1
            raise PostRefused("it answered with status 500")
        self.got.append((self.clock.now(), url, json.loads(body)))
        if url in self.hangs:
            await asyncio.Event().wait()

    def told(self, url: str = HERE) -> list[str]:
        return [body["Status"] for _, one, body in self.got if one == url]


@contextmanager
def receiver(*answers: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A receiver on loopback that gives these statuses, then 200: its port, and what came."""
    came: list[dict[str, Any]] = []
    left = [*answers]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = left.pop(0) if left else 200
            came.append({"answered": status, **json.loads(body)})
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *words: object) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1], came
        finally:
            server.shutdown()
            thread.join()


def allowing(port: int) -> tuple[str, ...]:
    """The options that let a process post to that receiver."""
    return (
        "--notify-host", f"127.0.0.1:{port}",
        "--notify-scheme", "http",
        "--notify-private", "127.0.0.1",
    )  # fmt: skip
