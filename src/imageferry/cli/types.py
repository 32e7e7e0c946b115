"""`imageferry types`: the installed resource types, their references, and pages of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.pages import LANGUAGES, constraint_of, markdown_page, text_page
from imageferry.cli.display.rendering import counted, table
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.model.diagnostics import error
from imageferry.model.schemas import PropertySchema, ResourceSchema
from imageferry.model.suggestions import nearest
from imageferry.model.values import Json, mask
from imageferry.ports.types import BrokenType, Catalog, Package, ResourceType
from imageferry.version import VERSION

_OURS: Final = Package("imageferry", VERSION)


@click.group("types")
def types_command() -> None:
    """Show the resource types and their references."""


@types_command.command(
    "list", epilog="\b\nExamples:\n  imageferry types list\n  imageferry types list --json"
)
@screen_flags
def list_types(flags: Flags) -> None:
    """List the installed types."""
    screen = begin(flags)
    catalog = open_catalog()
    types, broken = all_types(catalog), catalog.broken()
    rows = [
        (one.schema.type_name, ", ".join(one.schema.dialects), origin_of(one), one.schema.summary)
        for one in types
    ]
    rows += [(one.type_name, "", str(one.package), f"broken: {one.fault.code}") for one in broken]
    screen.say(*table(rows, ("TYPE", "LANGUAGE", "COMES WITH", "WHAT IT IS")))
    screen.diagnose([one.fault for one in broken])
    screen.give(
        {
            "types": [
                {
                    "type": one.schema.type_name,
                    "dialects": list(one.schema.dialects),
                    "aliases": list(one.schema.aliases),
                    "summary": one.schema.summary,
                    "package": package_json(one.package),
                }
                for one in types
            ],
            "broken": [_broken_json(one) for one in broken],
        }
    )


@types_command.command(
    "show",
    short_help="Show the reference of a type.",
    epilog="""\b
Examples:
  imageferry types show ALIYUN::ECS::CopyImage
  imageferry types show TF::Alicloud::ImageCopy --json
""",
)
@click.argument("type_name", metavar="TYPE")
@screen_flags
def show_type(type_name: str, flags: Flags) -> None:
    """Show a type's reference: syntax, properties, return values, parts, notes."""
    screen = begin(flags)
    catalog = open_catalog()
    found = catalog.find(type_name)
    if found is None:
        for one in catalog.broken(type_name):
            raise CommandRefused(ExitCode.FAILED, [one.fault])
        near = nearest(type_name, catalog.names())
        raise misuse(
            "IF816",
            f'there is no type "{type_name}"',
            remedy=f'did you mean "{near}"?' if near else 'see "imageferry types list"',
        )
    screen.say(*text_page(found.schema, screen.paint, origin=origin_of(found)))
    screen.give({**schema_json(found.schema), "package": package_json(found.package)})


@types_command.command(
    "docs", epilog="\b\nExamples:\n  imageferry types docs\n  imageferry types docs --output pages"
)
@click.option(
    "--output",
    metavar="FOLDER",
    default="docs/types",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the pages go; it is made where it is missing.",
)
@screen_flags
def write_docs(output: Path, flags: Flags) -> None:
    """Write one Markdown page a type, and an index of them."""
    screen = begin(flags)
    types = all_types(open_catalog())
    pages = {
        # Which version of imageferry a built-in type comes with changes with every one of them.
        page_name(one.schema): markdown_page(one.schema, str(one.package or ""))
        for one in types
    }
    pages["README.md"] = index_page([one.schema for one in types])
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, page in pages.items():
            (output / name).write_text(page, encoding="utf-8")
    except OSError as fault:
        raise CommandRefused(
            ExitCode.FAILED,
            [
                error(
                    "IF817",
                    f'the pages cannot be written to "{output}"',
                    why=str(fault.strerror).lower(),
                    remedy="name a folder that may be written to by --output",
                )
            ],
        ) from None
    screen.say(f"{counted(len(pages), 'page')} written to {output}")
    screen.give({"output": str(output), "pages": sorted(pages)})


def all_types(catalog: Catalog) -> list[ResourceType]:
    """Every installed type, by name."""
    found = [catalog.find(name) for name in catalog.names()]
    return [one for one in found if one is not None]


def all_schemas(catalog: Catalog) -> list[ResourceSchema]:
    """The schemas of every installed type, by name."""
    return [one.schema for one in all_types(catalog)]


def origin_of(one: ResourceType) -> str:
    """The package that a type comes with, and its version."""
    return str(one.package or _OURS)


def package_json(package: Package | None) -> dict[str, Json]:
    """The package of a type as a JSON object; a built-in type is of imageferry's own."""
    told = package or _OURS
    return {"name": told.name, "version": told.version, "entry_point": told.entry_point or None}


def _broken_json(one: BrokenType) -> dict[str, Json]:
    return {
        "type": one.type_name,
        "package": package_json(one.package),
        "code": one.fault.code,
        "message": one.fault.message,
        "why": one.fault.why,
        "remedy": one.fault.remedy,
    }


def page_name(schema: ResourceSchema) -> str:
    """The file of a type's page: `ALIYUN-ECS-CopyImage.md`."""
    return f"{schema.type_name.replace('::', '-')}.md"


def index_page(schemas: list[ResourceSchema]) -> str:
    """The page that names every other."""
    lines = ["# Resource types", "", "Written by `imageferry types docs` from the schemas.", ""]
    lines += ["| Type | Language | What it is |", "|---|---|---|"]
    for one in schemas:
        old = "".join(f" Old name: `{name}`." for name in one.aliases)
        languages = ", ".join(LANGUAGES.get(name, name) for name in one.dialects)
        lines.append(f"| [{one.type_name}]({page_name(one)}) | {languages} | {one.summary}{old} |")
    return "\n".join(lines) + "\n"


def schema_json(schema: ResourceSchema) -> dict[str, Json]:
    """The object of `types show --json`."""
    return {
        "type": schema.type_name,
        "summary": schema.summary,
        "dialects": list(schema.dialects),
        "aliases": list(schema.aliases),
        "properties": {name: _property_json(one) for name, one in schema.properties.items()},
        "ref": schema.physical_id_says,
        "attributes": {
            name: {"type": one.value_type.value, "description": one.description}
            for name, one in schema.attributes.items()
        },
        "renewed_attributes": list(schema.renewed_attributes),
        "parts": dict(schema.parts),
        "notes": list(schema.notes),
    }


def _property_json(one: PropertySchema) -> dict[str, Json]:
    return {
        "type": one.value_type.value,
        "required": one.required,
        "update": one.update.value,
        "constraint": constraint_of(one),
        "default": mask(one.default),
        "description": one.description,
        "allowed_values": None if one.allowed_values is None else mask(list(one.allowed_values)),
        "items": None if one.items is None else _property_json(one.items),
        "members": None
        if one.members is None
        else {name: _property_json(member) for name, member in one.members.items()},
    }
