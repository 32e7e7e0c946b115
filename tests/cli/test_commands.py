"""The command table: bad usage of each command, help, completion, and what is loaded when."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageferry.cli.group import HEADINGS, imageferry
from imageferry.cli.main import COMMANDS, load
from imageferry.version import VERSION


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    return CliRunner(
        env={
            "IMAGEFERRY_HOME": str(tmp_path),
            "ALIBABA_CLOUD_REGION_ID": "",
            "IMAGEFERRY_CLOUD": "",
            "IMAGEFERRY_DATABASE_URL": "",
            "IMAGEFERRY_ECS_ENDPOINT": "",
        }
    )


WRONG_USAGE = [
    (["depoly"], 'did you mean "deploy"?'),
    (["--bogus"], "--bogus"),
    (["deploy"], "Missing argument"),
    (["deploy", "t.yml", "--yes"], "--stack"),
    (["deploy", "t.yml", "-s", "x"], "there is no terminal to ask at"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--region", "r"], "cannot be read"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--on-failure", "panic"], "panic"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--timeout", "10 minutes"], "no duration"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--wait-timeout", "0"], "no duration"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--parallel", "0"], "--parallel"),
    (["deploy", "none.yml", "-s", "x", "--yes", "--cloud", "aws"], "aws"),
    (["deploy", "t.yml", "-s", "x", "--yes", "--region", "r", "-p", "A"], "has no value"),
    (["deploy", "t.yml", "-s", "x", "--yes"], "no region is given"),
    (["deploy", "t.yml", "-s", "x", "--yes", "--region", "us-west-2"], 'did you mean "us-west-1"?'),
    (["deploy", "t.yml", "-s", "x", "--yes", "--region", "CN-HANGZHOU"], '"cn-hangzhou"'),
    (["deploy", "t.yml", "-s", "x", "--yes", "--region", "cn-hangzhou "], '"cn-hangzhou"'),
    (["deploy", ".", "-s", "x", "--yes"], "directory"),
    (["plan", "none.yml"], "cannot be read"),
    (["plan", "t.yml", "--graph", "svg"], "svg"),
    (["plan", "t.yml", "--graph", "dot", "-s", "x"], "leave --stack out"),
    (["plan", "t.yml", "-s", "x", "--allow-unknown-types"], "leave one of them out"),
    (["plan", "-", "--parameters", "-"], "standard input"),
    (["plan", "t.yml", "--expand"], "add --graph text"),
    (["plan", "t.yml", "--replace"], "add --stack NAME"),
    (["plan", "t.yml", "--cloud", "emulator"], "add --stack NAME"),
    (["plan", "t.yml", "--region", "us-west-2"], 'did you mean "us-west-1"?'),
    (["plan", "t.yml", "-p", "A"], "has no value"),
    (["plan", "t.yml", "-p", "Nothing=1"], "Nothing"),
    (["schema", "--dialect", "terraform"], "terraform"),
    (["schema", "t.yml"], "t.yml"),
    (["schema", "-o", "t.yml"], "give --force"),
    (["schema", "-o", "."], "directory"),
    (["plan", "t.yml", "-s", "x"], "no region is given"),
    (["plan", "none.yml", "-s", "x", "-p", "A"], "no region is given"),
    (["plan", "none.yml", "-s", "x", "-p", "A"], "cannot be read"),
    (["plan", "none.yml", "-s", "x", "-p", "A"], "has no value"),
    (["plan", "none.yml", "-s", "x", "--region", "r"], "cannot be read"),
    (["validate"], "Missing argument"),
    (["list", "--cloud", "moon"], "moon"),
    (["show"], "--stack"),
    (["events"], "--stack"),
    (["events", "-s", "x", "--last", "0"], "--last"),
    (["outputs"], "--stack"),
    (["delete", "--yes"], "--stack"),
    (["delete", "-s", "x"], "there is no terminal to ask at"),
    (["cancel"], "--stack"),
    (["retry", "-s", "x"], "there is no terminal to ask at"),
    (["types", "show"], "Missing argument"),
    (["types", "bogus"], "bogus"),
    (["emulator", "serve", "--port", "70000"], "70000"),
    (["emulator", "reset"], "there is no terminal to ask at"),
    (["emulator", "fault", "add"], "Missing argument"),
    (["emulator", "fault", "clear", "x"], "x"),
    (["completion", "tcsh"], "tcsh"),
    (["list", "--log-file", "/nowhere/at/all.log"], "cannot be written"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), [pytest.param(a, s, id=" ".join(a)) for a, s in WRONG_USAGE]
)
def test_wrong_usage_is_exit_2(
    runner: CliRunner, tmp_path: Path, arguments: list[str], said: str
) -> None:
    template = tmp_path / "t.yml"
    template.write_text("ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n")
    with contextlib.chdir(tmp_path):
        result = runner.invoke(imageferry, arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_under_detailed_exitcode_wrong_usage_is_1(runner: CliRunner) -> None:
    for arguments in (["plan", "none.yml", "-s", "x"], ["plan", "none.yml"]):
        result = runner.invoke(imageferry, [*arguments, "--detailed-exitcode"])
        assert result.exit_code == 1, result.output


def test_the_list_of_commands_has_each_under_its_heading(runner: CliRunner) -> None:
    shown = runner.invoke(imageferry, ["--help"]).output
    listed = shown.split("Examples:")[0].split("\n\n")
    sections = [part.splitlines() for part in listed if part.split(":")[0] in HEADINGS.values()]
    assert [lines[0].rstrip(":") for lines in sections] == list(HEADINGS.values())
    assert [lines[1].split()[0] for lines in sections] == list(HEADINGS)
    assert [line.split()[0] for lines in sections for line in lines[1:]] == list(COMMANDS)
    assert all(len(line) <= 80 for lines in sections for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(runner: CliRunner, name: str) -> None:
    result = runner.invoke(imageferry, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Examples:" in result.output or "Commands:" in result.output
    command = getattr(load(name), f"{name.replace('-', '_')}_command")
    assert command.name == name


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(runner: CliRunner, shell: str) -> None:
    result = runner.invoke(imageferry, ["completion", shell])
    assert result.exit_code == 0
    assert "_IMAGEFERRY_COMPLETE" in result.output


def test_regions_are_completed(runner: CliRunner) -> None:
    words = {"COMP_WORDS": "imageferry list --region cn-hang", "COMP_CWORD": "3"}
    result = runner.invoke(
        imageferry, [], prog_name="imageferry",
        env={**words, "_IMAGEFERRY_COMPLETE": "bash_complete"},
    )  # fmt: skip
    assert "plain,cn-hangzhou" in result.output


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_the_version_loads_no_library() -> None:
    said = run_python(
        "import sys; sys.argv = ['imageferry', '--version'];"
        "from imageferry.cli.main import main; main();"
        "print([m for m in ('click', 'rich', 'yaml', 'asyncio', 'sqlalchemy') if m in sys.modules])"
    )
    assert said == f"imageferry {VERSION}\n[]\n"


def test_help_loads_no_command() -> None:
    said = run_python(
        "import sys\n"
        "from imageferry.cli.group import imageferry\n"
        "try:\n    imageferry(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('rich', 'asyncio', 'sqlalchemy', 'aiohttp') if m in sys.modules])"
    )
    assert said.endswith("\n[]\n")
    assert all(name in said for name in COMMANDS)
