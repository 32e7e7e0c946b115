"""Connected: what one type can do on an account."""

from __future__ import annotations

from typing import NamedTuple

from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter
from imageferry.ports.types import Handler, Verifier


class Connected(NamedTuple):
    """What one type can do on an account."""

    handler: Handler
    adopter: Adopter | None = None
    foresight: Foresight | None = None
    verifier: Verifier | None = None
