"""Command lines that pages show: each is read by its command as it was meant, whatever is in a name."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

import click
import pytest

from imageferry.cli.group import imageferry
from imageferry.cli.main import COMMANDS
from imageferry.model.command_lines import (
    FLAGS,
    PROGRAM,
    CommandLine,
    OptionValue,
    command_line,
    report_line,
    stack_line,
)
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus

NASTY = 'it\'s; $(rm -rf ~) `x` "q" --yes\n雪'
SPECIMENS: Mapping[str, OptionValue] = {
    "on_failure": "rollback",
    "parallel": 3,
    "timeout": "90m",
    "keep_last": 2,
    "keep_for": "90d",
    "last": 5,
    "parameters": {"Key": NASTY, "Other": "a=b"},
    "tags": {"team": NASTY},
    "keys": {"cn-shanghai": "key-1"},
    "only": ["First", NASTY],
    "retain": ["First"],
    "skip": ["First"],
    "share": ["123", "456"],
    "to": ["cn-beijing", "cn-shanghai"],
    "region": "cn-hangzhou",
    "cloud": "alibaba",
}
"""What an option is given; all others get a name that is hard to quote, and flags are raised."""
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "deploy": ("stack.yml",),
    "plan": ("stack.yml",),
    "adopt": ("stack.yml", "Golden=m-1"),
    "distribute": ("m-golden",),
    "report": (NASTY,),
    "graph": (NASTY,),
    "outputs": ("Ids",),
    "family promote": ("web",),
    "family show": ("web",),
    "family rollback": ("web",),
}


def parsed(line: CommandLine) -> tuple[click.Command, dict[str, Any]]:
    """The command that a shell and click make of the text, and what it is given."""
    program, *words = shlex.split(line.text)
    assert program == PROGRAM
    assert tuple(words) == line.words
    group: click.Command = imageferry
    context = click.Context(imageferry)
    while isinstance(group, click.Group):
        name, command, words = group.resolve_command(context, words)
        assert command is not None
        group, context = command, click.Context(command, info_name=name)
    with group.make_context(group.name, list(words)) as made:
        return group, dict(made.params)


def flags_of(command: click.Command) -> dict[str, click.Option]:
    return {
        flag: one
        for one in command.params
        if isinstance(one, click.Option)
        for flag in (*one.opts, *one.secondary_opts)
    }


def specimen(name: str, option: click.Option) -> OptionValue:
    if option.is_flag:
        return True
    return SPECIMENS.get(name, NASTY)


def texts_of(wanted: OptionValue) -> list[str]:
    match wanted:
        case str():
            return [wanted]
        case Mapping():
            return [f"{name}={value}" for name, value in wanted.items()]
        case _:
            assert isinstance(wanted, list)
            return wanted


def command_of(name: str) -> click.Command:
    first, *rest = name.split()
    found = imageferry.get_command(click.Context(imageferry), first)
    assert found is not None
    if rest:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), rest[0])
        assert found is not None
    return found


@pytest.mark.parametrize("name", list(FLAGS))
def test_every_option_of_the_table_is_read_by_its_command(name: str) -> None:
    command = command_of(name)
    known = flags_of(command)
    missing = [flag for flag in FLAGS[name].values() if flag not in known]
    assert missing == []
    options = {key: specimen(key, known[flag]) for key, flag in FLAGS[name].items()}
    line = command_line(name, options, *ARGUMENTS.get(name, ()))
    assert line.command == name
    _, given = parsed(line)
    for key, flag in FLAGS[name].items():
        told, option = given[str(known[flag].name)], known[flag]
        if option.is_flag:
            assert told is True, key
        elif option.multiple:
            assert list(told) == texts_of(options[key]), key
        elif key not in {"timeout", "keep_for"}:
            assert (told if isinstance(told, int) else str(told)) == options[key], key


@pytest.mark.parametrize("name", [name for name in COMMANDS if name in FLAGS])
def test_nothing_that_is_empty_is_written(name: str) -> None:
    empty: OptionValue
    for empty in (None, False, "", (), {}):
        line = command_line(name, dict.fromkeys(FLAGS[name], empty))
        assert line.words == tuple(name.split())


def test_what_begins_as_an_option_does_is_an_argument_all_the_same() -> None:
    line = command_line("report", {"html": True}, "-x", "--json")
    _, given = parsed(line)
    assert (given["stacks"], given["as_html"]) == (("-x", "--json"), True)


def test_an_option_that_a_command_has_not_is_refused() -> None:
    with pytest.raises(KeyError, match="retain"):
        command_line("show", {"retain": ["A"]})


@pytest.mark.parametrize(
    ("cloud", "ends"),
    [
        pytest.param("emulator", "--region cn-hangzhou", id="the usual cloud is not named"),
        pytest.param("alibaba", "--region cn-hangzhou --cloud alibaba", id="the real one is"),
    ],
)
def test_lines_about_a_stack_say_where_it_is(cloud: str, ends: str) -> None:
    stack = Stack("s-1", NASTY, Place(cloud, "1", "cn-hangzhou"), "ros", StackStatus.CREATED)
    for line in (
        stack_line("retry", stack, only=["First"]),
        stack_line("delete", stack, retain=["A", "B"]),
        report_line(stack),
    ):
        assert line.text.endswith(ends)
        _, given = parsed(line)
        assert NASTY in (given.get("stack_name"), *(given.get("stacks") or ()))
    assert str(stack_line("show", stack)) == stack_line("show", stack).text


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        pytest.param("a\x03\nrm -rf ~ #", r"$'Key=a\u0003\u000arm -rf ~ #'", id="ends the line"),
        pytest.param("it's\x1b[201~\\", r"$'Key=it\'s\u001b[201~\\'", id="ends a paste"),
        pytest.param("\u202etxt", r"$'Key=\u202etxt'", id="turned around"),
        pytest.param("a\tb\nc", "'Key=a\tb\nc'", id="lines"),
        pytest.param("plain", "Key=plain", id="plain"),
    ],
)
def test_no_terminal_obeys_a_value_that_is_pasted(value: str, typed: str) -> None:
    line = command_line("deploy", {"parameters": {"Key": value}}, "stack.yml").text
    assert line == f"imageferry deploy stack.yml -p {typed}"
    told = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    assert told.stdout.decode().split("\0")[-2] == f"Key={value}"
