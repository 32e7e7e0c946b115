"""`imageferry keys link` and `unlink`: links that sign one browser in to the console, once."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Final

import click

from imageferry import settings
from imageferry.assembly.keys import (
    end_console_links,
    make_console_link,
    own_account,
    serving_address,
)
from imageferry.cli.callers import MAY, check_account
from imageferry.cli.display.rendering import clean, counted, show_moment
from imageferry.cli.durations import duration
from imageferry.cli.flags import Flags, cloud_option, screen_flags
from imageferry.cli.logs import begin
from imageferry.cli.refusals import misuse
from imageferry.model.access import Role

_LONGEST_LINK: Final = 7 * 24 * 3600.0
_USUAL: Final = "http://127.0.0.1:8787"
"""Where "imageferry serve" listens when nobody has said anything else."""

_ADDRESS: Final = re.compile(
    r"https?://(\[[0-9a-fA-F:.]{2,45}\]|[a-zA-Z0-9._-]{1,253})(:[0-9]{1,5})?/?", re.ASCII
)


@click.command(
    "link",
    short_help="Make a link that signs one browser in to the console, once.",
    epilog="""\b
Examples:
  imageferry keys link
  imageferry keys link --role reader --lifetime 8h
  imageferry keys link --address https://images.example.com --json

\b
Whoever has the link is signed in by it, so give it to one person alone. It counts once. What it
opens lasts for twelve hours, and counts for the account of this home where --account names none.
""",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in reversed(Role)]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="What may be done by whoever uses it.",
)
@click.option("--account", metavar="ID", help="Whose stacks; else the account of this home.")
@click.option(
    "--lifetime",
    metavar="DURATION",
    default="1h",
    show_default=True,
    callback=duration,
    help="For how long it may be used, 7 days (168h) at most.",
)
@click.option(
    "--address", metavar="URL", help="Where the server is found; else where one of this home is."
)
@cloud_option
@screen_flags
def link_command(
    role: str,
    account: str | None,
    lifetime: float,
    address: str | None,
    cloud: str | None,
    flags: Flags,
) -> None:
    """Make a link to the console of "imageferry serve" that signs one browser in, once."""
    check_account(account)
    _check_lifetime(lifetime)
    screen = begin(flags)
    chosen = settings.resolve({"cloud": cloud}, os.environ)
    base = _base(address) if address is not None else serving_address(chosen) or _USUAL

    async def make() -> tuple[str, str, float]:
        account_id = account or await own_account(chosen)
        return account_id, *await make_console_link(chosen, account_id, Role(role), lifetime)

    account_id, token, ends_at = asyncio.run(make())
    url = f"{base}/console/link/{token}"
    if not screen.as_json:
        screen.say(
            url,
            f"signs one browser in, once, until {show_moment(ends_at)}: account "
            f"{clean(account_id)}, {role}, {MAY[Role(role)]}",
        )
    screen.give({"url": url, "account_id": account_id, "role": role, "ends_at": ends_at})


@click.command(
    "unlink",
    short_help="End all that links to the console have opened.",
    epilog="""\b
Examples:
  imageferry keys unlink
  imageferry keys unlink --account 1234567890123456

\b
Servers that run refuse those sessions three seconds later at the latest. What access keys have
opened stays; "imageferry keys revoke" ends that.
""",
)
@click.option("--account", metavar="ID", help="Only the links of this account.")
@screen_flags
def unlink_command(account: str | None, flags: Flags) -> None:
    """Let no link to the console count any more, nor any session that one has opened."""
    check_account(account)
    screen = begin(flags)
    chosen = settings.resolve({}, os.environ)
    links, sessions = asyncio.run(end_console_links(chosen, account))
    screen.say(f"ended: {counted(links, 'link')} not used yet, {counted(sessions, 'session')}")
    screen.give({"links": links, "sessions": sessions})


def _check_lifetime(lifetime: float) -> None:
    if lifetime > _LONGEST_LINK:
        raise misuse(
            "IF984",
            "the link would count for too long",
            why="a link may be used within 7 days at most, since whoever finds it is let in",
            remedy="write --lifetime 168h or less; an access key counts until it is revoked",
        )


def _base(address: str) -> str:
    """The address without its last slash; raises CommandRefused for what is none."""
    if not _ADDRESS.fullmatch(address):
        raise misuse(
            "IF984",
            f'"{clean(address[:200])}" is no address of a server',
            why="it is a scheme, a host and perhaps a port",
            remedy="write --address http://127.0.0.1:8787",
        )
    return address.removesuffix("/")
