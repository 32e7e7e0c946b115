"""Verification of a family: the image that launches from it, and its members."""

from __future__ import annotations

from imageferry.model.handlers import Done, Failed, HandlerRequest
from imageferry.model.verdicts import Against, Comparison
from imageferry.resource_types.families.handler import ImageFamilyHandler
from imageferry.resource_types.families.records import recorded_current
from imageferry.resource_types.families.wanted import read_wanted
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.handling.verdicts import Look, ReadingVerifier, Where

_CURRENT = "current"


def family_verifier(handler: ImageFamilyHandler) -> ReadingVerifier:
    """The `ports.Verifier` of families."""
    return ReadingVerifier(
        kind="family",
        read=handler.read,
        where=_where,
        named={"CurrentImageId": _CURRENT, "ImageIds": "members"},
        health={},
        more=_newest,
    )


def _where(request: HandlerRequest) -> Where:
    wanted = read_wanted(request.properties, request.region)
    return Where(masked(wanted.family, wanted.secrets), wanted.region)


async def _newest(request: HandlerRequest, done: Done) -> Look | Failed:
    """Where the newest is to be current, no property names it: what was found to be it does."""
    wanted = read_wanted(request.properties, request.region)
    expected = recorded_current(request.attributes)
    if wanted.current is not None or expected is None or done.symptoms:
        return Look()
    return Look((Comparison(_CURRENT, expected, expected, Against.HEALTH),))
