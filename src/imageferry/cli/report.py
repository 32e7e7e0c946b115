"""`imageferry report`: stacks as one HTML file that can be mailed, or as one JSON object."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from imageferry.cli.display.rendering import clean
from imageferry.cli.display.reports import report_json
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.screens import beside
from imageferry.cli.sessions import Session, run
from imageferry.cli.stacks import seek_stack
from imageferry.cli.whole_files import write_whole
from imageferry.control.chronicles import read_chronicle
from imageferry.drawing.pages.report import report_page
from imageferry.model.diagnostics import error
from imageferry.model.stacks import Stack

_STDOUT: Final = "-"


@click.command(
    "report",
    epilog="""\b
Examples:
  imageferry report golden --html
  imageferry report golden --html --output golden.html
  imageferry report golden base web --output - > stacks.html
  imageferry report golden --json

\b
It asks no cloud: what is told of drift and of verdicts is what the last `drift` and `verify` have found.
""",
)
@click.argument("stacks", metavar="STACK...", nargs=-1, required=True)
@click.option(
    "--html", "as_html", is_flag=True, help="Write the HTML file; so it is without --json."
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Where it goes, - for stdout; by default STACK.report.html here.",
)
@house_flags
def report_command(
    stacks: tuple[str, ...], as_html: bool, output: str | None, flags: Flags
) -> None:
    """Write what is known of stacks into one HTML file that needs nothing else, to be kept or mailed.

    A map and a table of images by region, a timeline, verdicts, outputs, parameters and events; NoEcho
    values are masked.
    """

    async def deed(session: Session) -> ExitCode:
        is_bare = output == _STDOUT and not flags.as_json
        screen = beside(session.screen) if is_bare else session.screen
        replace(session, screen=screen).greet()
        plane = session.house.plane
        found: dict[str, Stack] = {}
        for name in stacks:
            stack = await seek_stack(session, name)
            found[stack.stack_id] = stack
        live = session.house.board.progress
        told = [await read_chronicle(plane.desk, stack, live) for stack in found.values()]
        now = session.house.clock.now()
        if flags.as_json:
            screen.give(report_json(told, now, plane.place.cloud))
        if as_html or not flags.as_json or output not in {None, _STDOUT}:
            page = report_page(told, now)
            if is_bare:
                _print(page)
                return ExitCode.DONE
            path = Path(output if output not in {None, _STDOUT} else _name(list(found.values())))
            _write(path, page)
            screen.say(f"the report is in {clean(str(path))}")
        return ExitCode.DONE

    run(flags, deed)


def _name(stacks: list[Stack]) -> str:
    """The file's name where none is given: nothing in a stack's name leads into another folder."""
    if len(stacks) > 1:
        return "stacks.report.html"
    name = "".join(
        letter if letter.isalnum() or letter in "-_." else "_" for letter in stacks[0].name
    )
    return f"{name.lstrip('.') or 'stack'}.report.html"


def _print(page: str) -> None:
    """The page's bytes, whatever the terminal's own encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(page.encode("utf-8"))
    sys.stdout.buffer.flush()


def _write(path: Path, page: str) -> None:
    try:
        write_whole(path, page)
    except OSError as fault:
        raise CommandRefused(
            ExitCode.FAILED,
            [
                error(
                    "IF983",
                    f'the report cannot be written to "{path}"',
                    why=str(fault.strerror).lower(),
                    remedy="name a file that may be written by --output",
                )
            ],
        ) from None
