"""The rules of image shares that no schema can say: ids of images and accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from imageferry.model.addresses import PropertyPath
from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.handling.properties import text_of
from imageferry.resource_types.image_copies.rules import image_problems

MOST_ACCOUNTS: Final = 10
"""With more the service passes over the property (ROS reference, ImageSharePermission)."""


def _shown(value: Value, text: str) -> str:
    return "****" if isinstance(value, Secret) else text


def shared_image_problems(prop: str, value: Value) -> Iterator[Problem]:
    """What is wrong with the id of an image that is to be shared, as far as it is known."""
    return image_problems(
        prop, value, deed="shared", remedy="give the id of a custom image of this account"
    )


def account_problems(path: PropertyPath, value: Value) -> Iterator[Problem]:
    """What is wrong with the id of an account, as far as it is known."""
    text = text_of(value, [])
    if text is not None and not (text.isascii() and text.isdigit()):
        yield Problem(
            "IF551", path, f"'{_shown(value, text)}' is no account id",
            why="an image is shared with the number of an Alibaba Cloud account, not with a name",
            remedy="give the account's id, a number of up to 16 digits such as 1234567890123456",
        )  # fmt: skip


def number_problems(prop: str, accounts: Sequence[Value]) -> Iterator[Problem]:
    """Too many accounts in one resource: none of them counts."""
    if len(accounts) > MOST_ACCOUNTS:
        yield Problem(
            "IF550", (prop,), f"{len(accounts)} accounts are given, so '{prop}' is ignored",
            why=f"with more than {MOST_ACCOUNTS} accounts the service passes over the property, and "
            "the image is shared with none of them",
            remedy=f"give {MOST_ACCOUNTS} accounts at most, and the others in a resource of their own",
            severity=Severity.WARNING,
        )  # fmt: skip
