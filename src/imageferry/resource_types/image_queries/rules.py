"""The rules of a query for images that no schema can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import UNKNOWN, Secret, Value, reveal

STATUSES: Final = (
    "Creating",
    "Waiting",
    "Available",
    "UnAvailable",
    "CreateFailed",
    "Deprecated",
)


def check_query(properties: Mapping[str, Value]) -> list[Problem]:
    """All problems of conformed properties; what is not known yet passes."""
    given = {name: reveal(value) for name, value in properties.items() if value is not UNKNOWN}
    owner = given.get("ImageOwnerAlias")
    is_open = properties.get("ImageOwnerAlias") is UNKNOWN
    problems: list[Problem] = []
    status = given.get("Status")
    words = [word.strip() for word in status.split(",")] if isinstance(status, str) else []
    wrong = [word for word in words if word not in STATUSES]
    if wrong:
        hides = isinstance(properties.get("Status"), Secret)
        told = "one of its words is" if hides else f"{', '.join(map(repr, wrong))} is"
        problems.append(
            Problem(
                "IF376",
                ("Status",),
                f"{told} no status of an image",
                why="ECS reference, DescribeImages: a list of statuses with commas between them",
                remedy=f"choose from {', '.join(STATUSES)}",
            )
        )
    if given.get("IsPublic") is True and owner != "others" and not is_open:
        problems.append(
            Problem(
                "IF375",
                ("IsPublic",),
                "published images of others are found with ImageOwnerAlias 'others' only",
                why="ECS reference, DescribeImages: IsPublic",
                remedy="set ImageOwnerAlias to others, or leave IsPublic out",
            )
        )
    if given.get("ResourceGroupId") and owner != "self" and not is_open:
        problems.append(
            Problem(
                "IF377",
                ("ResourceGroupId",),
                "the resource group counts for own images only",
                why="ROS reference: it is honoured where ImageOwnerAlias is self",
                remedy="set ImageOwnerAlias to self",
                severity=Severity.WARNING,
            )
        )
    return problems
