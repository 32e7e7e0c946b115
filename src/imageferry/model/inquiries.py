"""Inquiry: what an expression asks of the world beside its template."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class InquiryKind(Enum):
    """What is asked for, and with which arguments."""

    NOW = "the time, in seconds since 1970; no arguments"
    ZONES = "the zones of a region; its id"
    EXPORT = "what another stack exports; the export's name"
    STACK_OUTPUT = "an output of another stack; stack, output, region (may be empty)"
    MARKETPLACE_IMAGE = "the image of a marketplace product; its code"


class Inquiry(NamedTuple):
    """One question. It is answered before anything is planned, and once for an operation."""

    kind: InquiryKind
    arguments: tuple[str, ...] = ()
