"""ServeChoices, Ready, CannotServe: what is served on an address, and why it cannot be."""

from __future__ import annotations

import importlib.util
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from imageferry.assembly.notifying import NotifyChoices
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE

DRAIN: Final = 10.0
"""Seconds that requests in flight, and then calls in flight, have once the server is told to stop."""

LIBRARIES: Final = (
    "botocore",
    "httptools",
    "prometheus_client",
    "python_multipart",
    "starlette",
    "uvicorn",
)
"""What the extra `server` brings."""


def libraries_missing() -> tuple[str, ...]:
    """Which of them are not installed; none of them is loaded for it."""
    return tuple(name for name in LIBRARIES if importlib.util.find_spec(name) is None)


@dataclass(frozen=True, slots=True)
class ServeChoices:
    """What whoever serves has chosen; the defaults are those of the command.

    `accounts` are names of emulator keys, or profiles; none is the usual key alone. `regions` maps
    regions of CloudFormation's signing scope to stacks' regions. `body` is in bytes, `request_time`
    in seconds, `rate` in requests a second of one key. `reply_wait` are the seconds for
    which the reply to a write waits until what it began has ended.
    """

    host: str = "127.0.0.1"
    port: int = 8787
    certificate: Path | None = None
    certificate_key: Path | None = None
    is_behind_proxy: bool = False
    works: bool = True
    parallel: int = OPERATIONS_AT_ONCE
    accounts: tuple[str, ...] = ()
    destination_region: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    template_hosts: tuple[str, ...] = ()
    template_schemes: tuple[str, ...] = ("https",)
    template_private: tuple[str, ...] = ()
    notify: NotifyChoices = field(default_factory=NotifyChoices)
    body: int = 1_572_864
    request_time: float = 30.0
    rate: float = 200.0
    reply_wait: float = 0.0
    has_emulator_key: bool = True
    has_console: bool = True
    log_form: Literal["json", "text"] = "json"

    @property
    def is_loopback(self) -> bool:
        """True where nobody but this machine reaches the address."""
        if self.is_behind_proxy:
            return False
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


class CannotServe(Exception):
    """The address, the certificate or the accounts cannot be used: what of them, and why."""

    def __init__(self, what: Literal["address", "certificate", "accounts"], why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Ready:
    """What is served, for whoever says so: `keys` are those that need no `keys create`.

    `link` is the token that signs one browser in to the console, empty where there is none.
    """

    address: str
    cloud: str
    accounts: tuple[str, ...]
    keys: tuple[str, ...]
    works: bool
    workers: int
    link: str = field(default="", repr=False)
