"""The views of both types: their properties as a WantedShare, and what references to them give."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import Value
from imageferry.resource_types.handling.properties import flag_of, plain, text_of
from imageferry.resource_types.sharing.rules import MOST_ACCOUNTS
from imageferry.resource_types.sharing.wanted import (
    FORMER_ACCOUNTS,
    FORMERLY_PUBLIC,
    Former,
    ShareView,
    WantedShare,
    mark,
)

_IDS: Final = uuid.UUID("0b7f6a52-8f0e-5d0b-8e57-6d6a3b1f2c94")

# --- ALIYUN::ECS::ImageSharePermission -------------------------------------------------------------


def _wanted_of_many(properties: Mapping[str, Value], region: str) -> WantedShare:
    """What conformed properties want; more than ten accounts count as none being said."""
    secrets: list[str] = []
    given = plain(properties.get("Accounts"), secrets)
    accounts = None
    if isinstance(given, list | tuple) and len(given) <= MOST_ACCOUNTS:
        texts = (text_of(one, secrets) for one in given)
        accounts = tuple(dict.fromkeys(one for one in texts if one is not None))
    return WantedShare(
        image_id=text_of(properties.get("ImageId"), secrets) or "",
        region=text_of(properties.get("RegionId"), secrets) or region,
        accounts=accounts,
        is_public=flag_of(properties.get("IsPublic"), secrets),
        keeps=flag_of(properties.get("KeepPermission"), secrets) is not False,
        secrets=tuple(secrets),
    )


def _image_id(request: HandlerRequest, wanted: WantedShare) -> str:
    return wanted.image_id


def _attributes_of_many(
    request: HandlerRequest, wanted: WantedShare, former: Former
) -> dict[str, Value]:
    return {
        "ImageId": wanted.image_id,
        FORMER_ACCOUNTS: list(former.accounts),
        FORMERLY_PUBLIC: former.is_public,
    }


def _observed_of_many(
    wanted: WantedShare, shown: tuple[str, ...] | None, is_public: bool | None, former: Former
) -> dict[str, Value] | None:
    if _nothing_stands(wanted, shown, is_public):
        return None
    observed: dict[str, Value] = {"ImageId": wanted.image_id}
    if is_public is not None:
        observed["IsPublic"] = is_public
    if shown is not None and wanted.accounts is not None:
        # Who had the image before has it whatever becomes of this resource.
        observed["Accounts"] = [
            one
            for one in shown
            if one in wanted.accounts or mark(one, wanted.secrets) not in former.accounts
        ]
    return observed


def _nothing_stands(
    wanted: WantedShare, shown: tuple[str, ...] | None, is_public: bool | None
) -> bool:
    """True where all that was to be granted has been taken back, so that no share is left."""
    grants = bool(wanted.accounts) or wanted.is_public is True
    if not grants or shown is None or (wanted.is_public and is_public is not False):
        return False
    return not any(one in shown for one in wanted.accounts or ())


MANY: Final = ShareView(
    wanted=_wanted_of_many,
    physical_id=_image_id,
    attributes=_attributes_of_many,
    observed=_observed_of_many,
    renews=False,
)
"""Up to ten accounts and publicity, changed in place; `Ref` gives the image's id."""

# --- TF::Alicloud::ImageSharePermission ------------------------------------------------------------


def _wanted_of_one(properties: Mapping[str, Value], region: str) -> WantedShare:
    secrets: list[str] = []
    account = text_of(properties.get("AccountId"), secrets)
    return WantedShare(
        image_id=text_of(properties.get("ImageId"), secrets) or "",
        region=region,
        accounts=() if account is None else (account,),
        secrets=tuple(secrets),
    )


def _tracking_id(request: HandlerRequest, wanted: WantedShare) -> str:
    """A UUID that is known before the first call, the same on every repeat of it."""
    if request.physical_id is not None:
        return request.physical_id
    return str(uuid.uuid5(_IDS, f"{request.stack_id}\n{request.address}\n{request.token}"))


def _attributes_of_one(
    request: HandlerRequest, wanted: WantedShare, former: Former
) -> dict[str, Value]:
    own = {mark(account, wanted.secrets) for account in wanted.accounts or ()}
    return {
        "Id": ":".join((wanted.image_id, *(wanted.accounts or ()))),
        "tfcfnid": _tracking_id(request, wanted),
        FORMER_ACCOUNTS: [one for one in former.accounts if one in own],
    }


def _observed_of_one(
    wanted: WantedShare, shown: tuple[str, ...] | None, is_public: bool | None, former: Former
) -> dict[str, Value] | None:
    if shown is None:
        return {}
    found = [one for one in wanted.accounts or () if one in shown]
    return {"ImageId": wanted.image_id, "AccountId": found[0]} if found else None


ONE: Final = ShareView(
    wanted=_wanted_of_one,
    physical_id=_tracking_id,
    attributes=_attributes_of_one,
    observed=_observed_of_one,
    renews=True,
)
"""One account, made anew behind the same `Ref`, which is an id of its own."""
