"""`imageferry validate`: what can be known to be wrong with a template, without a cloud."""

from __future__ import annotations

import click

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.diagnostics import all_lines, diagnostic_json, tally
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.rendering import clean, counted
from imageferry.cli.sources import SourceUnreadable, read_source, source_name
from imageferry.control.examination import Examination, examine
from imageferry.ports.types import Catalog


def examine_file(path: str, catalog: Catalog) -> Examination:
    """What is wrong with one file; that it cannot be read is a diagnostic like any other."""
    try:
        source = read_source(path, "template")
    except SourceUnreadable as fault:
        return Examination(source_name(path), None, (fault.diagnostic,))
    return examine(source, source_name(path), catalog)


@click.command(
    "validate",
    epilog="""\b
Examples:
  imageferry validate copy.yml
  imageferry validate templates/*.yml --json
  cat copy.yml | imageferry validate -

\b
Exits with 2 where a template has errors; warnings alone are 0.
""",
)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@screen_flags
def validate_command(templates: tuple[str, ...], flags: Flags) -> None:
    """Check templates: language, names, functions, types, properties. Needs no cloud."""
    screen = begin(flags)
    catalog = open_catalog()
    examinations = [examine_file(path, catalog) for path in templates]
    for one in examinations:
        screen.warn(all_lines(one.diagnostics, screen.paint))
        found = tally(one.diagnostics)
        language = f" ({one.dialect})" if one.dialect else ""
        verdict = "valid" if one.is_valid else "not valid"
        screen.say(f"{clean(one.name)}: {verdict}{language}{f', {found}' if found else ''}")
    wrong = sum(1 for one in examinations if not one.is_valid)
    if len(examinations) > 1:
        screen.say(f"{counted(len(examinations), 'template')}, {wrong} not valid")
    screen.give(
        {
            "files": [
                {
                    "path": one.name,
                    "dialect": one.dialect,
                    "valid": one.is_valid,
                    "diagnostics": [diagnostic_json(found) for found in one.diagnostics],
                }
                for one in examinations
            ]
        }
    )
    click.get_current_context().exit(ExitCode.WRONG_USAGE if wrong else ExitCode.DONE)
