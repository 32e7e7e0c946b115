"""Verification of a share: the accounts that have the image, and whether everybody has it."""

from __future__ import annotations

from imageferry.model.handlers import HandlerRequest
from imageferry.resource_types.handling.properties import masked
from imageferry.resource_types.handling.verdicts import ReadingVerifier, Where
from imageferry.resource_types.sharing.handler import ShareHandler
from imageferry.resource_types.sharing.wanted import ShareView


def share_verifier(handler: ShareHandler, view: ShareView) -> ReadingVerifier:
    """The `ports.Verifier` of a type of share."""

    def where(request: HandlerRequest) -> Where:
        wanted = view.wanted(request.properties, request.region)
        return Where(masked(wanted.image_id, wanted.secrets), wanted.region)

    return ReadingVerifier(
        kind="share",
        read=handler.read,
        where=where,
        named={"Accounts": "accounts", "AccountId": "account", "IsPublic": "public"},
        health={},
    )
