"""`imageferry graph`: what comes before what in a stack, and how each resource stands, as a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size

import click

from imageferry.cli.display.graphs.recorded import (
    ALL_FORMS,
    SVG,
    recorded,
    recorded_json,
    recorded_text,
)
from imageferry.cli.display.rendering import clean, plain
from imageferry.cli.exits import ExitCode
from imageferry.cli.files import write_file
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.refusals import misuse
from imageferry.cli.screens import beside
from imageferry.cli.sessions import Session, run
from imageferry.cli.stacks import find_stack


@click.command(
    "graph",
    epilog="""\b
Examples:
  imageferry graph golden
  imageferry graph golden --svg --output golden.svg
  imageferry graph golden --form dot | dot -Tpng > golden.png
  imageferry graph golden --form mermaid --region cn-hangzhou
  imageferry graph golden --json

\b
The picture is one file by itself: light and dark as its reader's system is, a sign and a word beside
every colour. Counted resources of a large stack are one box each, unless --expand is given.
""",
)
@click.argument("stack", metavar="[STACK]", required=False)
@click.option("--stack", "-s", "named", metavar="NAME", help="The stack's name or id, as STACK.")
@click.option("--form", type=click.Choice(ALL_FORMS), help="What it is drawn as; else text.")
@click.option("--svg", "wants_svg", is_flag=True, help="The same as --form svg.")
@click.option("--expand", is_flag=True, help="Draw each instance of a counted resource.")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it goes; else to stdout.",
)
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@house_flags
def graph_command(
    stack: str | None,
    named: str | None,
    form: str | None,
    wants_svg: bool,
    expand: bool,
    output: Path | None,
    force: bool,
    flags: Flags,
) -> None:
    """Draw the resources of a stack as they stand this moment: text, SVG, DOT or Mermaid.

    Arrows point in the order of making.
    """
    chosen = _form(form, wants_svg=wants_svg)
    name = _name(stack, named)

    async def deed(session: Session) -> ExitCode:
        # A form for other programs stands on stdout alone.
        is_words = chosen == "text" or output is not None
        screen = session.screen if is_words else beside(session.screen)
        found = await find_stack(replace(session, screen=screen), name)
        view = await session.house.plane.view(found.stack_id)
        graph = recorded(view)
        is_seen = screen.is_terminal and output is None and not flags.as_json
        columns = get_terminal_size().columns if is_seen else None
        paint = screen.paint if is_seen else plain
        text = recorded_text(graph, chosen, columns, paint, expand=expand)
        document = {**recorded_json(view, graph), "form": chosen}
        if output is not None:
            write_file(output, text, force=force)
            screen.say(f"written to {clean(str(output))}")
            screen.give({**document, "output": str(output), "graph": None})
        else:
            if not flags.as_json:
                click.echo(text, nl=False, file=session.screen.objects)
            screen.give({**document, "output": None, "graph": text})
        return ExitCode.DONE

    run(flags, deed)


def _form(form: str | None, *, wants_svg: bool) -> str:
    if wants_svg and form not in {None, SVG}:
        raise misuse(
            "IF860",
            f"--svg and --form {form} are given together",
            why="a graph is drawn in one form",
            remedy="leave one of them out",
        )
    return SVG if wants_svg else form or "text"


def _name(stack: str | None, named: str | None) -> str:
    name = stack or named
    if name is None or (stack and named and stack != named):
        raise misuse(
            "IF860",
            "graph draws one stack, and two are named" if name else "graph names no stack",
            remedy='write "imageferry graph NAME"; "imageferry list" shows the stacks',
        )
    return name
