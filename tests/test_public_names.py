"""What imageferry promises to authors of resource types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

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


def test_the_types_of_the_public_names_are_told() -> None:
    """A checker of types reads `__init__.pyi`: each name from the room that it is loaded from."""
    stub = Path(imageferry.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    told = {
        name: room for room, name in re.findall(r"from (imageferry\.[\w.]+) import (\w+)", stub)
    }
    assert sorted(told) == sorted(set(imageferry.__all__) - {"__version__"})
    for name, room in told.items():
        assert imageferry._PUBLIC[name] == room.removeprefix("imageferry."), name


def test_what_is_loaded_when_types_are_checked_is_there() -> None:
    assert Path(imageferry.__file__).with_name("py.typed").exists()
