"""Who a copy is: its tracking id, and the lineage by which it is found with nothing else in hand."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from imageferry.ports.traces import Trace
from imageferry.provider.envelope import Call

_IDS: Final = uuid.UUID("b7d9c7f0-8f0d-5c38-9c0e-4d1f6a3f52e6")
_LONGEST_SOURCE: Final = 60
"""Characters of a source's region and id together: a tag's value has 128, and all must fit whole."""


class Source(NamedTuple):
    """What an image was copied from, as its lineage says."""

    image_id: str
    region: str


def installation_of(call: Call) -> str:
    """Whose things they are: one for each AWS account and region.

    Installations with a database have eight letters and digits, and no hyphen: none of them ever
    takes such a thing for its own orphan.
    """
    return "cfn-" + _digest(call.account, call.region)[:8]


def new_tracking_id(call: Call) -> str:
    """The primary identifier of what a CREATE makes: the same on every repeat of it."""
    words = (call.account, call.region, call.stack_id, call.logical_id, call.token)
    return str(uuid.uuid5(_IDS, "\n".join(words)))


def token_of(tracking_id: str, call: Call, deed: str) -> str:
    """The cloud's client token of one deed of an operation: 40 characters, the same on a repeat."""
    return "if" + _digest(tracking_id, call.token, call.action.value, deed)[:38]


def address_of(source: Source, token: str) -> str:
    """What a lineage says beside the tracking id: the source, and which operation it was."""
    return f"{source.region}/{source.image_id}/{token[-8:]}"


def source_fits(source: Source) -> bool:
    """True where the lineage can hold it, and give it back."""
    text = source.region + source.image_id
    return len(text) <= _LONGEST_SOURCE and text.isascii() and "/" not in text


def source_of(trace: Trace) -> Source | None:
    """The source that a lineage of ours tells."""
    parts = trace.address.split("/")
    return Source(parts[1], parts[0]) if len(parts) == 3 and all(parts) else None


def own(traces: Iterable[Trace], installation: str, tracking_id: str = "") -> list[Trace]:
    """Those of an installation, or of one copy."""
    return [
        trace
        for trace in traces
        if trace.installation == installation
        and source_of(trace) is not None
        and (not tracking_id or trace.operation_id == tracking_id)
    ]


def current(traces: Sequence[Trace], image_id: object = None) -> Trace:
    """Which of the images of one copy it is now: whole rather than not, then the youngest.

    While an image is made anew there are two; `image_id` is the one that is known to be it.
    """
    known = [trace for trace in traces if trace.thing_id == image_id]
    return max(known or traces, key=lambda one: (one.is_whole, one.created_at or 0.0, one.thing_id))


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
