"""WantedShare and ShareView: who is to have an image, as both types mean it, and one type's words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from imageferry.model.handlers import HandlerRequest
from imageferry.model.values import Value

FORMER_ACCOUNTS: Final = "FormerAccounts"
"""The attribute that remembers with whom an image was shared before, as marks."""
FORMERLY_PUBLIC: Final = "FormerlyPublic"
"""The attribute that remembers whether an image was public before."""
_DIGEST: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class WantedShare:
    """Who is to have one image. `accounts` and `is_public` None: nothing is said of it.

    `keeps`: what was granted stays when the resource goes. `secrets` are texts of properties that
    must not be shown.
    """

    image_id: str
    region: str
    accounts: tuple[str, ...] | None = None
    is_public: bool | None = None
    keeps: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """How an image stood before this resource: marks of accounts, and whether it was public.

    None of `is_public` where that was never looked at.
    """

    accounts: tuple[str, ...] = ()
    is_public: bool | None = None


class ShareView(NamedTuple):
    """How one type speaks of a share.

    `observed` gives properties as the cloud has them, from the accounts that have the image and from
    whether it is public (None: not told); None where the share itself is gone.
    `renews`: another image or account makes a new share behind the same physical id, and the old
    one is left over; otherwise accounts come and go in place.
    """

    wanted: Callable[[Mapping[str, Value], str], WantedShare]
    physical_id: Callable[[HandlerRequest, WantedShare], str]
    attributes: Callable[[HandlerRequest, WantedShare, Former], dict[str, Value]]
    observed: Callable[
        [WantedShare, tuple[str, ...] | None, bool | None, Former], dict[str, Value] | None
    ]
    renews: bool


def mark(account: str, secrets: tuple[str, ...]) -> str:
    """An account as notes and attributes have it: itself, or a digest of one that is secret."""
    if account not in secrets:
        return account
    return _DIGEST + hashlib.sha256(account.encode()).hexdigest()[:32]


def marks(accounts: Iterable[str], secrets: tuple[str, ...]) -> tuple[str, ...]:
    """The marks of accounts, each once and in order."""
    return tuple(dict.fromkeys(mark(account, secrets) for account in accounts))


def stands_for(marked: str, account: str) -> bool:
    """True where a mark is that of an account, whether or not that was a secret."""
    return marked in (account, mark(account, (account,)))


def recorded_former(attributes: Mapping[str, Value]) -> Former:
    """How an image stood before, as the record has it."""
    accounts, public = attributes.get(FORMER_ACCOUNTS), attributes.get(FORMERLY_PUBLIC)
    return Former(
        tuple(one for one in accounts if isinstance(one, str))
        if isinstance(accounts, list | tuple)
        else (),
        public if isinstance(public, bool) else None,
    )
