"""What imageferry promises to authors of resource types."""

from __future__ import annotations

import subprocess
import sys

import pytest

import imageferry


@pytest.mark.parametrize("name", imageferry.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(imageferry, name) is not None
    assert name in dir(imageferry)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        imageferry.Nothing  # noqa: B018


def test_the_package_loads_no_room_until_it_is_used() -> None:
    code = "import sys, imageferry; print([m for m in sys.modules if m.startswith('imageferry.')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "['imageferry.version']"
