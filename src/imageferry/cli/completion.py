"""`imageferry completion`: the script that lets a shell complete commands, flags and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from imageferry.cli.main import load

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog="""\b
Examples:
  source <(imageferry completion bash)
  imageferry completion fish > ~/.config/fish/completions/imageferry.fish
""",
)
@click.argument("shell", type=click.Choice(_SHELLS))
def completion_command(shell: str) -> None:
    """Print the completion script of a shell."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"{shell} cannot be completed by this version of Click")
    group = load("group").imageferry
    click.echo(found(group, {}, "imageferry", "_IMAGEFERRY_COMPLETE").source())
