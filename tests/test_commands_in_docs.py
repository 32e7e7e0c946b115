"""What the pages tell people to type exists: commands, flags, variables, links; each documented."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from imageferry.cli.group import imageferry
from imageferry.settings import VARIABLES

ROOT = Path(__file__).parent.parent
PAGES = (
    ROOT / "README.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
_ENDS = frozenset({"|", "||", "&&", "&", ";", ">", "2>", "2>&1", "<"})
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_WITHIN = re.compile(r"[$<]\(([^()]*)\)")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands(imageferry))


def typed_in(text: str) -> Iterator[list[str]]:
    """The words after `imageferry` of every command line in a shell's text."""
    for inner in _WITHIN.findall(text):
        yield from typed_in(inner)
    text = _WITHIN.sub("x", text)
    for line in re.sub(r" *\\\n *", " ", text).splitlines():
        if "imageferry " not in line or line.startswith("from "):
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            # An aside in words, with an apostrophe in it.
            words = line.split()
        for index, word in enumerate(words):
            if word in {"imageferry", "(imageferry"}:
                rest = words[index + 1 :]
                end = next((at for at, one in enumerate(rest) if one in _ENDS), len(rest))
                yield rest[:end]


def typed_on(page: str) -> Iterator[list[str]]:
    for block in _BLOCK.findall(page):
        yield from typed_in(block)
    for said in _INLINE.findall(_BLOCK.sub("", page)):
        if said.startswith("imageferry "):
            yield from typed_in(said)
        elif (said.split()[0],) in COMMANDS and " --" in said:
            yield from typed_in(f"imageferry {said}")


def faults_of(words: list[str]) -> list[str]:
    """What of a command line does not exist."""
    path: tuple[str, ...] = ()
    while words and (*path, words[0].strip("),")) in COMMANDS:
        path, words = (*path, words[0].strip("),")), words[1:]
    if not path:
        known = {"--version", "--help", "-h"}
        return (
            [] if not words or words[0] in known or "|" in words[0] else [f"no command {words[0]}"]
        )
    flags = {
        flag: option
        for option in COMMANDS[path].params
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }
    faults = []
    skips = False
    for word in words:
        flag = word.partition("=")[0] if word.startswith("--") else word
        if skips:
            skips = False
        elif re.fullmatch(r"--?[a-z][a-z-]*", flag) and flag not in {"--help", "-h"}:
            if flag not in flags:
                faults.append(f"{' '.join(path)} has no {flag}")
            else:
                skips = not flags[flag].is_flag and "=" not in word
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_flag_exists(page: Path) -> None:
    typed = list(typed_on(page.read_text(encoding="utf-8")))
    assert [fault for words in typed for fault in faults_of(words)] == []


def test_every_example_of_help_exists() -> None:
    said = [words for one in COMMANDS.values() for words in typed_in(one.epilog or "")]
    assert len(said) > 50
    assert [fault for words in said for fault in faults_of(words)] == []


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("imageferry show -s golden --json | jq .", []),
        ("imageferry emulator fault add drop --always", []),
        ("imageferry deploy t.yml -p --force=1 --yes", []),
        ("imageferry shew -s golden", ["no command shew"]),
        ("imageferry show --stak golden", ["show has no --stak"]),
        ("a && imageferry emulator fault add drop --ever", ["emulator fault add has no --ever"]),
    ],
)
def test_what_does_not_exist_is_found(line: str, faults: list[str]) -> None:
    assert [fault for words in typed_in(line) for fault in faults_of(words)] == faults


def test_every_command_has_its_place_on_the_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.split("## Commands")[1].split("\n## ")[0]
    named = {word for word in re.findall(r"`([a-z-]+)`", table) if (word,) in COMMANDS}
    assert sorted({path[0] for path in COMMANDS} - named) == []


def test_every_setting_has_a_row_and_no_other_variable_is_named() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.split("## Settings")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)
    assert sorted(rows) == sorted(VARIABLES.values())
    for one in PAGES:
        text = one.read_text(encoding="utf-8")
        assert set(re.findall(r"IMAGEFERRY_[A-Z_]+", text)) <= {*rows, "IMAGEFERRY_ACCEPT"}, one


def anchors_of(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / target) if target else page
        is_there = file.exists() and (not anchor or anchor in anchors_of(file))
        lost += [] if is_there else [f"{target}#{anchor}"]
    assert lost == []
