"""`--notify-host --notify-scheme --notify-private`: to whom notices of stacks may be posted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from imageferry.assembly.notifying import NotifyChoices
from imageferry.cli.display.rendering import clean
from imageferry.cli.flags import Deed, gathered
from imageferry.cli.refusals import misuse
from imageferry.cloud.targets import parse_network, parse_rule

_OPTIONS: Final[tuple[Callable[[Deed], Deed], ...]] = (
    click.option(
        "--notify-host",
        "notify_hosts",
        metavar="PATTERN",
        multiple=True,
        help="A host that a stack's NotificationURLs may name, such as *.example.com; else none.",
    ),
    click.option(
        "--notify-scheme",
        "notify_schemes",
        type=click.Choice(["https", "http"]),
        multiple=True,
        help="How notices are posted; https where nothing is said.",
    ),
    click.option(
        "--notify-private",
        "notify_private",
        metavar="NETWORK",
        multiple=True,
        help="A private address or network that notices are posted to nevertheless.",
    ),
)
_NAMES: Final = ("notify_hosts", "notify_schemes", "notify_private")


def notify_flags(function: Deed) -> Deed:
    """The three options, handed over as `notify`; refuses what names no host and no network."""

    def chosen(**given: Any) -> dict[str, Any]:
        check_patterns(
            given["notify_hosts"],
            given["notify_private"],
            why="nothing is posted to anybody who is not named",
            remedy="write --notify-host hooks.example.com or *.example.com, and"
            " --notify-private 10.1.2.0/24",
        )
        choices = NotifyChoices(
            given["notify_hosts"], given["notify_schemes"] or ("https",), given["notify_private"]
        )
        return {"notify": choices}

    return gathered(function, _OPTIONS, _NAMES, chosen)


def check_patterns(
    hosts: tuple[str, ...], networks: tuple[str, ...], *, why: str, remedy: str
) -> None:
    """Refuse patterns of hosts and networks that are none (IF988)."""
    for texts, parse in ((hosts, parse_rule), (networks, parse_network)):
        for text in texts:
            try:
                parse(text)
            except ValueError as fault:
                raise misuse("IF988", clean(str(fault)), why=why, remedy=remedy) from None
