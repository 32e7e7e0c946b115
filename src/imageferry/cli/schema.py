"""`imageferry schema`: a JSON Schema of templates, for editors that complete and check."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.files import write_file
from imageferry.cli.flags import Flags, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.screens import Screen
from imageferry.cli.types import all_schemas
from imageferry.control.editors.functions import custom_tags
from imageferry.control.editors.schemas import template_schema
from imageferry.dialects.recognition import DIALECTS
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.values import Json

_NAMES: Final = tuple(dialect.name for dialect in DIALECTS)


@click.command(
    "schema",
    epilog="""\b
Examples:
  imageferry schema --output imageferry.schema.json
  imageferry schema --dialect ros --allow-unknown-types > ros.schema.json
  imageferry schema --custom-tags

\b
docs/editors.md says how editors are told of the schema and of the short tags.
""",
)
@click.option(
    "--dialect",
    type=click.Choice(_NAMES),
    help="Only this language; else both, told apart by their version key.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it goes; else to stdout.",
)
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@click.option(
    "--allow-unknown-types",
    is_flag=True,
    help="Take resource types that are not installed, and what is not carried out here.",
)
@click.option(
    "--no-short-tags",
    is_flag=True,
    help="Check values more strictly: for templates that write functions in their long form only.",
)
@click.option(
    "--custom-tags",
    "wants_tags",
    is_flag=True,
    help="Print the short tags as YAML language servers want them, and no schema.",
)
@screen_flags
def schema_command(
    dialect: str | None,
    output: Path | None,
    force: bool,
    allow_unknown_types: bool,
    no_short_tags: bool,
    wants_tags: bool,
    flags: Flags,
) -> None:
    """Write a JSON Schema (draft-07) of templates with the installed resource types."""
    screen = begin(flags)
    chosen = [one for one in DIALECTS if dialect in {None, one.name}]
    document: Json = (
        _tags(chosen)
        if wants_tags
        else template_schema(
            chosen,
            all_schemas(open_catalog()),
            short_tags=not no_short_tags,
            unknown_types=allow_unknown_types,
        )
    )
    words = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        # What is asked for is an object itself: it stands on stdout with or without --json.
        click.echo(words, nl=False, file=screen.objects)
        return
    write_file(output, words, force=force)
    _tell(screen, output, chosen)


def _tags(dialects: Sequence[Dialect]) -> list[Json]:
    return list(dict.fromkeys(str(tag) for one in dialects for tag in custom_tags(one)))


def _tell(screen: Screen, output: Path, dialects: Sequence[Dialect]) -> None:
    screen.say(f"written to {output}")
    screen.give({"output": str(output), "dialects": [one.name for one in dialects]})
