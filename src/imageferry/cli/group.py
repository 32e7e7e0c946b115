"""The command group: finds commands in the table, and turns every fault into words and a code."""

from __future__ import annotations

import difflib
import errno
import logging
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import click

from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags
from imageferry.cli.logs import open_log
from imageferry.cli.main import COMMANDS, load
from imageferry.cli.screens import open_screen
from imageferry.version import VERSION

HEADINGS: Final[Mapping[str, str]] = {
    "deploy": "Stacks",
    "distribute": "Golden images, and what is in the cloud",
    "cancel": "When something runs, hangs or has failed",
    "validate": "Templates and types",
    "doctor": "This installation",
}
"""The headings in the list of commands, by the first command that stands under each."""

_TYPED = "imageferry.cli.typed"
_FORMS = ("json", "sarif")


class LazyGroup(click.Group):
    """A group whose commands are loaded from the command table (click knows groups by class)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its room loaded now."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(load(cmd_name), f"{name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with; a near miss is said."""
        name = args[0] if args else ""
        if not name.startswith("-") and name not in COMMANDS and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            remedy = f'did you mean "{near[0]}"?' if near else 'see "imageferry --help"'
            raise click.UsageError(f'there is no command "{name}"; {remedy}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands and their lines, without loading any of them."""
        width = max(map(len, COMMANDS))
        heading = ""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, (_, line) in COMMANDS.items():
            heading = HEADINGS.get(name, heading)
            sections.setdefault(heading, []).append((name.ljust(width), line))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what was typed: a fault is shown as its flags ask for, parsed or not."""
        ctx.meta[_TYPED] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever is raised becomes words on stderr and an exit code."""
        open_log(Flags())
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as fault:
            if isinstance(fault, OSError) and fault.errno == errno.EPIPE:
                raise
            ctx.exit(tell(fault, ctx.meta[_TYPED]))


def tell(fault: BaseException, arguments: list[str]) -> ExitCode:
    """Show a fault as the flags ask for; these are looked up, as parsing them may have failed."""
    # Everything that goes wrong is 1 where 2 says that there are changes.
    detailed = "--detailed-exitcode" in arguments
    form = _form(arguments)
    screen = open_screen(
        as_json=form is not None,
        no_color="--no-color" in arguments,
        debug="--debug" in arguments,
    )
    if isinstance(fault, click.ClickException):
        fault.show()
        code = ExitCode.FAILED if detailed else ExitCode.WRONG_USAGE
        if form == "sarif":
            screen.give(load("sarif").refusal_log([], int(code), fault.format_message()))
        else:
            screen.give_error(code, fault.format_message())
        return code
    code, diagnostics = load("faults").explain(fault)
    logging.getLogger("imageferry").error(
        "exit %d: %s", code, "; ".join(diagnostic.message for diagnostic in diagnostics)
    )
    if form == "sarif":
        screen.fault(code, diagnostics, fault, load("sarif").refusal_log(diagnostics, int(code)))
    else:
        screen.fault(code, diagnostics, fault)
    return ExitCode.FAILED if detailed and code is ExitCode.WRONG_USAGE else code


def _form(arguments: list[str]) -> str | None:
    """The form in which stdout is wanted; None where it is for words."""
    if "--json" in arguments:
        return "json"
    if arguments[:1] != ["validate"]:
        return None
    if "--sarif" in arguments:
        return "sarif"
    values = [*pairwise(arguments)]
    values += [
        ("--format", one.partition("=")[2]) for one in arguments if one.startswith("--format=")
    ]
    return next((form for flag, form in values if flag == "--format" and form in _FORMS), None)


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  imageferry validate copy.yml
  imageferry plan copy.yml --stack golden --region cn-hangzhou -p ImageId=m-golden0000000000001
  imageferry deploy copy.yml --stack golden --region cn-hangzhou --parameters values.json
  imageferry distribute m-golden0000000000001 --from cn-hangzhou --to cn-shanghai --keep-last 3
  imageferry delete --stack golden

\b
Environment:
  IMAGEFERRY_CLOUD         emulator (the default) or alibaba
  IMAGEFERRY_HOME          where stacks and the emulated cloud are kept
  ALIBABA_CLOUD_REGION_ID  the region, where --region is not given

\b
Exit codes:
  0  done                                  6  no such stack
  1  failed                                7  drift found
  2  wrong usage or invalid template       8  interrupted
  3  not authorised                        9  stopped watching
  4  some regions done, some failed       10  another operation holds the stack
""",
)
@click.version_option(VERSION, prog_name="imageferry", message="%(prog)s %(version)s")
def imageferry() -> None:
    """Golden images, declared once, carried to every region.

    Runs Alibaba Cloud ROS and AWS CloudFormation templates that bake, copy, share and launch ECS
    images; `distribute` needs none. Nothing talks to the real cloud unless --cloud alibaba says so:
    the default is an emulated ECS on this machine.
    """
