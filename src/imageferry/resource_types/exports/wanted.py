"""WantedExport: an export as its type's properties mean it, and their rules that no schema says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Json, Secret, Value
from imageferry.resource_types.handling.properties import masked, plain, text_of
from imageferry.resource_types.image_copies.rules import parse_duration, timeout_problems

WISH: Final = ("image", "bucket", "prefix")
"""The notes that say what is exported, and to where."""


@dataclass(frozen=True, slots=True)
class WantedExport:
    """One export; an empty prefix is None. `create_timeout` in seconds, None where there is none.

    `secrets` are texts of properties that must not be shown.
    """

    image_id: str
    bucket: str
    prefix: str | None = None
    create_timeout: float | None = None
    secrets: tuple[str, ...] = ()

    @property
    def is_same_as(self) -> tuple[str, str, str | None]:
        """What makes the objects in the bucket: two wishes with the same are met by one export."""
        return self.image_id, self.bucket, self.prefix

    def notes(self) -> dict[str, Json]:
        """The wish as a step's notes keep it; nothing of it where a part is a secret."""
        noted = dict(zip(WISH, (self.image_id, self.bucket, self.prefix), strict=True))
        if any(text and masked(text, self.secrets) != text for text in noted.values()):
            return {}
        return {name: text for name, text in noted.items() if text}

    def says_objects(self) -> str:
        """Where the exported objects are, in words and without secrets."""
        head = f"{self.prefix}_{self.image_id}" if self.prefix else self.image_id
        return masked(f'"{head}_*" in the bucket "{self.bucket}"', self.secrets)


def read_wanted(properties: Mapping[str, Value]) -> WantedExport:
    """The export that conformed properties want."""
    secrets: list[str] = []
    timeouts = plain(properties.get("Timeouts"), secrets)
    limits = timeouts if isinstance(timeouts, Mapping) else {}
    return WantedExport(
        image_id=text_of(properties.get("ImageId"), secrets) or "",
        bucket=text_of(properties.get("OssBucket"), secrets) or "",
        prefix=text_of(properties.get("OssPrefix"), secrets),
        create_timeout=parse_duration(text_of(limits.get("Create"), secrets) or ""),
        secrets=tuple(secrets),
    )


def check_export(properties: Mapping[str, Value]) -> list[Problem]:
    """All problems of an export's conformed properties; what is not known yet passes."""
    return [
        *_image(properties.get("ImageId")),
        *timeout_problems("Timeouts", properties.get("Timeouts")),
    ]


def _image(value: Value) -> Iterator[Problem]:
    text = value.revealed if isinstance(value, Secret) else value
    if isinstance(text, str) and text and not text.startswith("m-"):
        shown = "****" if isinstance(value, Secret) else text
        yield Problem(
            "IF541", ("ImageId",), f"'{shown}' does not look like a custom image",
            why="only custom images of the own account can be exported; their ids begin with m-",
            remedy="give the id of a custom image, or make one of this image first",
            severity=Severity.WARNING,
        )  # fmt: skip
