"""Installing a package of types into a folder, and commands that find it there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent


def install(package: Path, site: Path) -> None:
    """Build a package and put it into a folder, as pip does it, without any network."""
    # A build leaves its own files behind; they shall not lie among ours.
    sources = site.with_name(f"{site.name}-sources")
    shutil.copytree(package, sources, ignore=shutil.ignore_patterns("__pycache__", "build"))
    flags = ("--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--quiet")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *flags]
    said = subprocess.run(
        [*command, "--target", str(site), str(sources)], capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr


def declare(site: Path, name: str, entry_points: Mapping[str, str], **modules: str) -> None:
    """Put a package there by hand: what is declared of it, and its modules by name."""
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{one} = {value}" for one, value in entry_points.items()]
    text = "\n".join(["[imageferry.resource_types]", *lines, ""])
    (folder / "entry_points.txt").write_text(text)
    for module, source in modules.items():
        (site / f"{module}.py").write_text(source)


def run(site: Path, home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of this interpreter (`-m …`) that finds what is installed in a folder."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "IMAGEFERRY_HOME": str(home),
        "IMAGEFERRY_DATABASE_URL": "",
        "IMAGEFERRY_CLOUD": "",
        "IMAGEFERRY_EMULATOR_SPEED": "100000",
        "NO_COLOR": "1",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, cwd=home
    )


def imageferry(
    site: Path, home: Path, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """An imageferry command that finds what is installed in a folder."""
    home.mkdir(exist_ok=True)
    return run(site, home, "-m", "imageferry", *words, **variables)


class Said(NamedTuple):
    """How one of several commands ended, and what it said."""

    code: int
    stdout: str
    stderr: str


_ALL = """
import json, sys
from click.testing import CliRunner
from imageferry.cli.group import imageferry
for words in json.loads(sys.argv[1]):
    end = CliRunner().invoke(imageferry, words)
    print(json.dumps([end.exit_code, end.stdout, end.stderr]))
"""


def imageferry_each(
    site: Path, home: Path, *commands: tuple[str, ...], **variables: str
) -> list[Said]:
    """Several imageferry commands, one after the other in one process."""
    home.mkdir(exist_ok=True)
    said = run(site, home, "-c", _ALL, json.dumps(commands), **variables)
    assert said.returncode == 0, said.stderr
    return [Said(*json.loads(line)) for line in said.stdout.splitlines()]
