"""ConsoleDesk: what the pages work with; Told: what is written down of one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from imageferry.console.shelves import TemplateShelf
from imageferry.control.plane import ControlPlane
from imageferry.model.access import AccessKey
from imageferry.model.operations import StepProgress
from imageferry.model.values import Json
from imageferry.ports.access import AccessKeys, Audit
from imageferry.ports.documents import Documents
from imageferry.ports.senses import Clock, Entropy

Live = Callable[[str], Mapping[str, StepProgress] | None]
"""The progress of an operation by address; None where it is not run in this process."""

Sign = Callable[[Mapping[str, Json]], Mapping[str, Json]]
"""A receipt with the signature of this home's key; raises StoreError."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is written down of one request: neither its query nor its form nor its headers.

    `action` is the page or the deed; `key_id` is empty where nobody has signed in. `seconds` is the
    time to the reply, `sent` its bytes. `refusal` says why it was not carried out, else it is empty.
    """

    request_id: str
    action: str
    key_id: str
    account_id: str
    method: str
    path: str
    status: int
    seconds: float
    received: int
    sent: int
    source: str
    refusal: str = ""


def _unheard(_: Told) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class ConsoleDesk:
    """What the pages work with; one control plane for each account that is served.

    `built_in` are keys that need no database. `is_loopback`: nobody but this machine reaches the
    address, and only its own names are answered. `address` is where a reader finds the server, for
    command lines that name it. `body` is the most bytes of a form. `visibility`: for how many seconds
    a new thing in the cloud may stay invisible. `shelf` has the templates that were read.
    """

    planes: Mapping[str, ControlPlane]
    documents: Documents
    keys: AccessKeys
    audit: Audit
    clock: Clock
    entropy: Entropy
    live: Live
    sign: Sign
    built_in: Mapping[str, AccessKey] = field(default_factory=dict)
    is_loopback: bool = True
    address: str = ""
    body: int = 1_572_864
    tell: Callable[[Told], None] = _unheard
    visibility: float = 300.0
    shelf: TemplateShelf = field(default_factory=TemplateShelf)
