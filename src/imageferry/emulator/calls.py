"""One call of an action: who asks, for what, when; and how its parameters are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from imageferry.emulator.choices import Choices
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.faults import Fault
from imageferry.emulator.world import World
from imageferry.wire.alibaba_rpc import Parameter, decode_boolean, decode_list

Reply = dict[str, Any]
"""The JSON object of an answer, without its RequestId."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `account` is the caller's, `now` the moment at which all of it happens."""

    action: str
    parameters: Mapping[str, Parameter]
    account: str
    now: float
    world: World
    faults: tuple[Fault, ...] = ()

    @property
    def choices(self) -> Choices:
        """The world's settings."""
        return self.world.choices

    @property
    def region(self) -> str:
        """The RegionId; it was checked before the action ran."""
        return self.text("RegionId")

    def text(self, name: str, default: str = "") -> str:
        """A text; a structure counts as absent."""
        value = self.parameters.get(name, default)
        return value if isinstance(value, str) else default

    def needed(self, name: str) -> str:
        """A text that must not be empty; 400 MissingParameter."""
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool | None:
        """A boolean in any case; None if absent or empty; 400 InvalidParameter."""
        text = self.text(name)
        if not text:
            return None
        value = decode_boolean(text)
        if value is None:
            raise refusal("InvalidParameter", f"{name} is true or false, not {text}.")
        return value

    def number(
        self, name: str, default: int, least: int, most: int, *, code: str = "InvalidParameter"
    ) -> int:
        """An integer within bounds."""
        text = self.text(name)
        if not text:
            return default
        if not (
            text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most
        ):
            raise refusal(code, f"{name} is a number from {least} to {most}, not {text}.")
        return int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of `Name.N`."""
        return decode_list(self.parameters.get(name))

    def id_array(self, name: str) -> tuple[str, ...] | None:
        """Ids in one text that is a JSON array, up to 100; None if absent."""
        text = self.text(name)
        if not text:
            return None
        try:
            ids = json.loads(text)
        except ValueError:
            ids = None
        if not isinstance(ids, list) or len(ids) > 100 or not all(isinstance(x, str) for x in ids):
            raise refusal("InvalidParameter", f"{name} is a JSON array of up to 100 ids.")
        return tuple(ids)

    def page(self, most: int = 100) -> tuple[int, int]:
        """PageNumber and PageSize."""
        number = self.number("PageNumber", 1, 1, 10**8)
        if self.choices.page_size_over_limit == "cap":
            return number, min(self.number("PageSize", 10, 1, 10**8), most)
        return number, self.number("PageSize", 10, 1, most)

    def fault(self, kind: str) -> Fault | None:
        """The fault of this kind that changes what the call makes."""
        return next((fault for fault in self.faults if fault.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Action:
    """An action as the gateway sees it."""

    perform: Callable[[Call], Reply]
    writes: bool = False
    required: tuple[str, ...] = ()
    takes_token: bool = False
    takes_dry_run: bool = False
    checks_region: bool = True
    unknown_region_status: int = 404


def cloud_time(seconds: float) -> str:
    """Seconds since 1970 as ECS writes a time."""
    return _whole_seconds(int(seconds))


@lru_cache(maxsize=1024)
def _whole_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cloud_minute(seconds: float) -> str:
    """Seconds since 1970 as ECS writes the times of instances and import tasks."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def tag_reply(tags: Mapping[str, str]) -> Reply:
    """Tags as every Describe action shows them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}
