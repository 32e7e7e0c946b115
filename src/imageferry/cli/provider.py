"""`imageferry provider`: package the registry type, and serve it as a function for its tests."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import click

from imageferry.assembly import provider
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags, screen_flags
from imageferry.cli.interrupts import until_interrupted
from imageferry.cli.logs import begin
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.regions import check_region
from imageferry.cli.screens import Screen
from imageferry.cli.sessions import settings_of
from imageferry.model.diagnostics import error
from imageferry.settings import Settings

_TYPE: Final = "TF::Alicloud::ImageCopy"

type_option = click.option(
    "--type",
    "type_name",
    type=click.Choice([_TYPE]),
    default=_TYPE,
    show_default=True,
    help="Which type.",
)
schema_option = click.option(
    "--schema",
    "schema",
    type=click.Choice(provider.SCHEMAS),
    default=provider.SCHEMAS[0],
    show_default=True,
    help="The schema with what is true of this type, or as it was once published.",
)


@click.group("provider")
def provider_command() -> None:
    """Package an image copy as a type of CloudFormation's registry, and try it.

    docs/provider.md tells how such a type is registered, configured and tested.
    """


@provider_command.command(
    "package",
    epilog="""\b
Examples:
  imageferry provider package --output imagecopy
  imageferry provider package --output imagecopy --schema published --force
""",
)
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder of the project; it is made where there is none.",
)
@click.option("--force", is_flag=True, help="Write over files that exist.")
@type_option
@schema_option
@screen_flags
def package_command(output: Path, force: bool, type_name: str, schema: str, flags: Flags) -> None:
    """Write a project that CloudFormation's own command line accepts."""
    screen = begin(flags)
    try:
        files = provider.package(output, schema, force=force)
    except FileExistsError as fault:
        raise misuse(
            "IF991",
            f'"{fault}" exists',
            why="a file is written over only where that is asked for",
            remedy="give --force, or another folder by --output",
        ) from None
    except OSError as fault:
        raise misuse(
            "IF992",
            f'the project cannot be written to "{output}"',
            why=str(fault.strerror or fault).lower(),
            remedy="name a folder that may be written to by --output",
        ) from None
    screen.say(
        f"{type_name} is written to {output}, with the schema {schema}:",
        *(f"  {path}" for path in files),
    )
    screen.give({"type": type_name, "schema": schema, "output": str(output), "files": [*files]})


@provider_command.command(
    "serve",
    epilog="""\b
Examples:
  imageferry provider serve --region cn-beijing --port 3001
  cfn test --endpoint http://127.0.0.1:3001 --function-name TypeFunction

\b
The destination region and the access key come with each request, as the type's configuration.
Where it has none, --region and the key of the chosen cloud count.
""",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="a free one",
    help="The port on the loopback address.",
)
@type_option
@schema_option
@house_flags
def serve_command(port: int, type_name: str, schema: str, flags: Flags) -> None:
    """Serve the type as a function on the loopback address, until Ctrl-C."""
    screen = begin(flags)
    chosen = settings_of(flags)
    if chosen.region:
        check_region(chosen.region)
    asyncio.run(_serve(chosen, screen, schema, port, type_name))


async def _serve(chosen: Settings, screen: Screen, schema: str, port: int, type_name: str) -> None:
    function = provider.FUNCTIONS[0]

    def ready(found: int) -> None:
        address = f"http://{provider.HOST}:{found}"
        screen.say(f"{type_name} is served on {address} as {function}; cloud {chosen.cloud}")
        if not chosen.region:
            screen.warn(["no --region is given: each request's type configuration must say it"])
        screen.give(
            {"endpoint": address, "port": found, "function": function, "type": type_name,
             "schema": schema, "cloud": chosen.cloud, "region": chosen.region or None}
        )  # fmt: skip
        screen.flush()

    try:
        await until_interrupted(provider.serve_function(chosen, schema, port=port, on_ready=ready))
    except OSError as fault:
        raise CommandRefused(ExitCode.FAILED, [_taken(port, fault)]) from None
    screen.warn(["stopped serving"])


def _taken(port: int, fault: OSError) -> Any:
    return error(
        "IF990",
        f"the function server cannot listen on port {port}",
        why=str(fault.strerror or fault).lower(),
        remedy="give another --port, or 0 for a free one",
    )
