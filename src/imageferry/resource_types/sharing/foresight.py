"""What plans of shares ask the cloud: the accounts to be added, as a dry run. Nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imageferry.cloud.client import Client
from imageferry.cloud.shares import PER_CALL, modify_shares
from imageferry.model.forecasts import Objection
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Attempt, Intended, Rehearsal
from imageferry.resource_types.sharing.wanted import ShareView

_PROPERTIES: Final = {"Account": "Accounts", "ShareImageUser": "Accounts", "Image": "ImageId"}


def foresight(client: Client, view: ShareView) -> Rehearsal:
    """The `Foresight` of a type of share."""

    async def attempt(intended: Intended) -> Attempt | Objection | None:
        wanted = view.wanted(intended.known, intended.proposal.region)
        accounts = (wanted.accounts or ())[:PER_CALL]
        image = Named("image", wanted.region, wanted.image_id, "ImageId")
        # Publicity is not tried out: an address that knows no dry run would publish the image.
        action = "ModifyImageSharePermission" if accounts else ""

        async def undo(reply: Mapping[str, Any]) -> str:
            await modify_shares(client, wanted.region, wanted.image_id, removed=accounts)
            return "what was shared was taken back"

        parameters = {
            "RegionId": wanted.region,
            "ImageId": wanted.image_id,
            "AddAccount": list(accounts),
        }
        named = {
            part: "AccountId" if name == "Accounts" and "AccountId" in intended.known else name
            for part, name in _PROPERTIES.items()
        }
        return Attempt(
            action, wanted.region, parameters, named, undo, wanted.secrets, named=(image,)
        )

    return Rehearsal(client, attempt, ("ImageId", "RegionId", "Accounts", "AccountId"), calls=3)
