"""Receivers: whoever is told of stacks in virtual time, as willing as a test wants them."""

from __future__ import annotations

import asyncio
import json
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
