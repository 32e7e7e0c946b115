"""`imageferry convert`: a template in the other form, in the other dialect, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.diagnostics import tally
from imageferry.cli.display.rendering import clean, counted
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, parameters_option, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.parameters import read_parameters
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.regions import check_region, doubts_of_region
from imageferry.cli.screens import Screen, beside
from imageferry.cli.sources import STANDARD_INPUT, SourceUnreadable, read_source, source_name
from imageferry.control.conversion import Conversion, ConversionRequest, convert
from imageferry.conversion.documents import Form
from imageferry.conversion.writing import Spelling
from imageferry.model.plan_json import diagnostic_json

_FORMS: Final = {"yaml": Form.YAML, "json": Form.JSON}
_SUFFIXES: Final = {".yml": Form.YAML, ".yaml": Form.YAML, ".json": Form.JSON}
_ENDINGS: Final = {".ros": "ros", ".cfn": "cloudformation"}
_SPELLINGS: Final = {"short": Spelling.SHORT, "long": Spelling.LONG, None: Spelling.AS_WRITTEN}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the flags say; `output` is None where nothing is to be written to a file."""

    template: str
    form: str | None
    dialect: str | None
    region: str | None
    spelling: str | None
    output: str | None
    force: bool


@click.command(
    "convert",
    epilog="""\b
Examples:
  imageferry convert copy.yml --to json
  imageferry convert copy.json --to yaml --functions short -o copy.yml
  imageferry convert copy.ros.yml --dialect cloudformation --region cn-hangzhou -o copy.cfn.yml
  imageferry convert fan-out.ros.yml --dialect cloudformation -p Regions=cn-beijing,cn-shanghai -o out/
  cat copy.cfn.yml | imageferry convert - --dialect ros --region cn-shanghai

\b
What is not carried over is told at its line, and is a warning (exit 0). What cannot be said in the
other language, and would change the meaning, is an error: exit 2, and nothing is written.
""",
)
@click.argument("template", type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--to",
    "form",
    type=click.Choice(list(_FORMS)),
    help="The form to write; else that of -o's suffix, else that of the template.",
)
@click.option(
    "--dialect",
    type=click.Choice(["ros", "cloudformation"]),
    help="The language to write; else that of the template.",
)
@click.option(
    "--region",
    metavar="REGION",
    help="The region of the template's own stack: the source in ROS, the destination in "
    "CloudFormation. Without it a new parameter asks for it where the other side needs it.",
)
@click.option(
    "-p",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter by which counts and regions are settled. May be repeated.",
)
@parameters_option
@click.option(
    "--functions",
    "spelling",
    type=click.Choice(["short", "long"]),
    help="Write functions in YAML as short tags or in long form; else as they were written.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="The file to write, or '-'; a folder where there is a template for each region.",
)
@click.option("--force", is_flag=True, help="Write over files that exist.")
@screen_flags
def convert_command(
    template: str,
    form: str | None,
    dialect: str | None,
    region: str | None,
    pairs: tuple[str, ...],
    parameter_file: str | None,
    spelling: str | None,
    output: str | None,
    force: bool,
    flags: Flags,
) -> None:
    """Convert a template between YAML and JSON, and between ROS and CloudFormation."""
    screen = beside(begin(flags))
    wanted = _Wanted(template, form, dialect, region, spelling, output, force)
    if region is not None:
        check_region(region)
        screen.diagnose(doubts_of_region(region))
    if template == STANDARD_INPUT and parameter_file == STANDARD_INPUT:
        raise misuse(
            "IF827",
            "the template and the parameters cannot both be standard input",
            remedy="name a file for one of them",
        )
    conversion = convert(_request(wanted, pairs, parameter_file), open_catalog())
    places = _places(wanted, conversion, as_json=flags.as_json)
    _refuse_existing(wanted, places)
    for place, one in zip(places, conversion.templates, strict=True):
        if place is not None:
            _write(place, one.text)
    _report(screen, flags, conversion, places)


def _request(
    wanted: _Wanted, pairs: tuple[str, ...], parameter_file: str | None
) -> ConversionRequest:
    try:
        source = read_source(wanted.template, "template")
    except SourceUnreadable as fault:
        raise CommandRefused(ExitCode.WRONG_USAGE, [fault.diagnostic]) from None
    form = _FORMS[wanted.form] if wanted.form is not None else None
    if form is None and wanted.output is not None:
        form = _SUFFIXES.get(Path(wanted.output).suffix.lower())
    return ConversionRequest(
        source=source,
        name=source_name(wanted.template),
        form=form,
        dialect=wanted.dialect,
        region=wanted.region,
        spelling=_SPELLINGS[wanted.spelling],
        parameters=read_parameters(pairs, parameter_file),
    )


def _places(wanted: _Wanted, conversion: Conversion, *, as_json: bool) -> list[Path | None]:
    """Where each template goes; None for standard output, or nowhere but into the report."""
    several = len(conversion.templates) > 1
    output = wanted.output
    if output is None or output == "-":
        if several and as_json:
            return [None] * len(conversion.templates)
        if several:
            raise misuse(
                "IF942",
                f"there are {len(conversion.templates)} templates, one for each region",
                why="they do not fit into one file",
                remedy="name a folder with -o, such as -o converted/",
            )
        return [None]
    folder = Path(output)
    if not several and not folder.is_dir() and not output.endswith("/"):
        return [folder]
    if several and folder.suffix.lower() in _SUFFIXES and not folder.is_dir():
        raise misuse(
            "IF942",
            f'"{output}" is one file, and there are {len(conversion.templates)} templates',
            why="there is one for each region",
            remedy="name a folder with -o, such as -o converted/",
        )
    suffix = ".json" if conversion.form is Form.JSON else ".yml"
    stem = "template" if wanted.template == STANDARD_INPUT else Path(wanted.template).stem
    if _ENDINGS.get(Path(stem).suffix, conversion.dialect) != conversion.dialect:
        # What is no ROS any more is not called 'copy.ros.yml'.
        stem = Path(stem).stem
    return [
        folder / (f"{stem}.{one.region}{suffix}" if several and one.region else f"{stem}{suffix}")
        for one in conversion.templates
    ]


def _refuse_existing(wanted: _Wanted, places: list[Path | None]) -> None:
    existing = [place for place in places if place is not None and place.exists()]
    if existing and not wanted.force:
        more = f", and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise misuse(
            "IF940",
            f'"{existing[0]}" exists already{more}',
            why="it is not written over unless you say so",
            remedy="give --force, or another -o",
        )


def _write(place: Path, text: str) -> None:
    try:
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise misuse(
            "IF941",
            f'"{place}" cannot be written',
            why=(fault.strerror or type(fault).__name__).lower(),
            remedy="name a file in a folder that may be written to",
        ) from None


def _report(
    screen: Screen, flags: Flags, conversion: Conversion, places: list[Path | None]
) -> None:
    screen.diagnose(conversion.diagnostics)
    for note in conversion.notes:
        screen.warn(
            [f"{clean(str(note.span))}: {screen.paint('note:', 'dim')} {clean(note.message)}"]
        )
    for place, one in zip(places, conversion.templates, strict=True):
        if place is not None:
            hint = f", for a stack in {one.region}" if one.region else ""
            screen.say(f"{clean(str(place))}: written{hint}")
        elif not flags.as_json:
            click.echo(one.text, nl=False)
    found = tally(conversion.diagnostics)
    screen.say(
        f"{counted(len(conversion.templates), 'template')} "
        f"({conversion.dialect}, {conversion.form.value}){f', {found}' if found else ''}"
    )
    screen.give(
        {
            "dialect": conversion.dialect,
            "form": conversion.form.value,
            "templates": [
                {
                    "path": None if place is None else str(place),
                    "region": one.region,
                    "text": one.text if place is None else None,
                }
                for place, one in zip(places, conversion.templates, strict=True)
            ],
            "diagnostics": [diagnostic_json(one) for one in conversion.diagnostics],
            "notes": [
                {
                    "message": note.message,
                    "source": note.span.source,
                    "line": note.span.line,
                    "column": note.span.column,
                }
                for note in conversion.notes
            ],
        }
    )
