"""Customs: what the owner of a dialect does with whole stacks, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Customs:
    """How stacks of one dialect are named, and what is allowed without asking.

    `identify(region, account_id, name, uuid)` is the stack's id as its owner would write it.
    `replaces` is True where a change that needs a new resource is carried out unasked.
    """

    language: str
    identify: Callable[[str, str, str, str], str]
    replaces: bool
    stack_name: re.Pattern[str]
    stack_name_says: str


def _plain(region: str, account_id: str, name: str, uuid: str) -> str:
    return uuid


def _resource_name(region: str, account_id: str, name: str, uuid: str) -> str:
    return f"arn:aws:cloudformation:{region}:{account_id}:stack/{name}/{uuid}"


CUSTOMS: Final[Mapping[str, Customs]] = {
    # ROS, CreateStack: up to 255 characters; UpdateStack: replacements are off unless asked for.
    "ros": Customs(
        "ROS",
        _plain,
        replaces=False,
        stack_name=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}"),
        stack_name_says="at most 255 letters, digits, hyphens and underscores,"
        " beginning with a letter or digit",
    ),
    # CloudFormation, CreateStack: StackName.
    "cloudformation": Customs(
        "CloudFormation",
        _resource_name,
        replaces=True,
        stack_name=re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}"),
        stack_name_says="at most 128 letters, digits and hyphens, beginning with a letter",
    ),
}
"""The customs of each dialect, by `Template.dialect`."""
