"""Golden files: what people see, kept beside the tests; IMAGEFERRY_ACCEPT=1 rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"
FOLDER = GOLDEN / "cli"


def check(name: str, text: str, folder: Path = FOLDER) -> None:
    """Compare a text with its golden file, or make it the golden file."""
    path = folder / name
    if os.environ.get("IMAGEFERRY_ACCEPT"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{name} is missing; IMAGEFERRY_ACCEPT=1 makes it"
    assert text == path.read_text(encoding="utf-8")
