"""`imageferry validate`: what can be known to be wrong with a template, without a cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.checking import Manner, code_of, document, examine_all, say
from imageferry.cli.display.sarif import sarif_log
from imageferry.cli.flags import Flags, parameters_option, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.parameters import read_parameters
from imageferry.cli.refusals import misuse
from imageferry.cli.regions import check_region
from imageferry.cli.sources import STANDARD_INPUT
from imageferry.model.values import Value


@click.command(
    "validate",
    epilog="""\b
Examples:
  imageferry validate copy.yml
  imageferry validate templates/ --allow-unknown-types
  imageferry validate copy.yml -p ImageId=m-golden0000000000001 --region cn-hangzhou
  imageferry validate templates/*.yml --sarif > found.sarif
  cat copy.yml | imageferry validate -

\b
Exits with 2 where a template has errors; warnings alone are 0.
""",
)
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE...")
@click.option(
    "--allow-unknown-types",
    is_flag=True,
    help="Check the language of templates whose resource types are not installed.",
)
@click.option(
    "-p",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter; with any, the templates are checked with their parameters.",
)
@parameters_option
@click.option("--region", metavar="REGION", default="", help="The region of the stack to be.")
@click.option("--strict", is_flag=True, help="Let warnings count: exit with 2 for them, too.")
@click.option("--sarif", "form", flag_value="sarif", help="The same as --format sarif.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    help="Words for people, one JSON object, or one SARIF 2.1.0 log on stdout.",
)
@screen_flags
def validate_command(
    templates: tuple[str, ...],
    allow_unknown_types: bool,
    pairs: tuple[str, ...],
    parameter_file: str | None,
    region: str,
    strict: bool,
    form: str | None,
    flags: Flags,
) -> None:
    """Check templates: language, names, functions, types, properties. Needs no cloud.

    A folder stands for every template below it.
    """
    chosen = _form(form, flags)
    screen = begin(replace(flags, as_json=chosen != "text"))
    if region:
        check_region(region)
    given = _given(templates, pairs, parameter_file)
    manner = Manner(allow_unknown_types, given, region)
    examined = examine_all(templates, open_catalog(), manner)
    found = examined.examinations
    code = code_of(examined, strict=strict)
    say(examined, screen)
    if chosen == "sarif":
        told = {one.name: one.diagnostics for one in found}
        screen.give(sarif_log(told, int(code), examined.faults))
    else:
        screen.give(document(examined))
    click.get_current_context().exit(code)


def _form(form: str | None, flags: Flags) -> str:
    """The form that is asked for; `--json` is one of them."""
    if flags.as_json and form not in (None, "json"):
        raise misuse(
            "IF827",
            f"--json and --format {form} cannot be given together",
            why="stdout is for one of them",
            remedy="give one of them",
        )
    return form or ("json" if flags.as_json else "text")


def _given(
    templates: Sequence[str], pairs: Sequence[str], path: str | None
) -> Mapping[str, Value] | None:
    """The parameters; None where none were meant to be given."""
    if path == STANDARD_INPUT and STANDARD_INPUT in templates:
        raise misuse(
            "IF827",
            "the template and the parameters cannot both be read from standard input",
            remedy="name a file for one of them",
        )
    return read_parameters(pairs, path) if pairs or path is not None else None
