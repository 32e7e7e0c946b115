"""An emulated cloud on a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.clouds import Cloud, HandClock, Refused


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def open_cloud(clock: HandClock) -> Iterator[Callable[..., Cloud]]:
    """Opens clouds, and closes them at the end."""
    opened: list[Cloud] = []

    def open_one(path: Path | str = ":memory:", **options: Any) -> Cloud:
        opened.append(Cloud(path, clock, **options))
        return opened[-1]

    yield open_one
    for cloud in opened:
        cloud.emulator.close()


@pytest.fixture
def cloud(open_cloud: Callable[..., Cloud]) -> Cloud:
    """A fresh world in memory at speed 1, where a 40 GiB copy takes about 40 minutes."""
    return open_cloud()


@pytest.fixture
def refused(cloud: Cloud) -> Callable[..., tuple[int, str]]:
    """Calls that must be refused: status and code."""

    def call(action: str, version: str = "2014-05-26", /, **parameters: object) -> tuple[int, str]:
        with pytest.raises(Refused) as caught:
            cloud.call(action, version, **parameters)
        return caught.value.status, caught.value.code

    return call
