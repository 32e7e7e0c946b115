"""`imageferry serve`: the console and the ROS and CloudFormation APIs on one address."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import click

from imageferry.assembly.house import is_shared
from imageferry.assembly.notifying import NotifyChoices
from imageferry.assembly.served import CannotServe, Ready, ServeChoices
from imageferry.assembly.serving import serve
from imageferry.cli.display.rendering import clean, counted
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.interrupts import Interrupts
from imageferry.cli.logs import begin
from imageferry.cli.notifying import check_patterns, notify_flags
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.regions import check_region
from imageferry.cli.screens import Screen
from imageferry.cli.sessions import settings_of
from imageferry.model.diagnostics import error
from imageferry.ports.dispatching import OPERATIONS_AT_ONCE
from imageferry.settings import Settings

_SIZE: Final = re.compile(r"(\d{1,9})(?:\s?([KM])(?:i?B)?)?", re.ASCII | re.IGNORECASE)
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20}
_LEAST_BODY: Final = 1 << 10
_MOST_BODY: Final = 256 << 20


class _Size(click.ParamType[int]):
    """A number of bytes, such as 1536K or 2M (click knows kinds of values by class)."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """The bytes; tells what is wrong with the text."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        size = int(found[1]) * _UNITS[(found[2] or "").upper()] if found else 0
        if not _LEAST_BODY <= size <= _MOST_BODY:
            self.fail(
                f'"{clean(str(value))}" is no size from 1K to 256M, such as 1536K', param, ctx
            )
        return size


@click.command(
    "serve",
    epilog="""\b
Examples:
  imageferry serve
  imageferry serve --port 0 --json
  imageferry serve --cloud alibaba --account team-a --account team-b
  imageferry serve --host 0.0.0.0 --allow-remote --tls-certificate site.pem --tls-key site.key

\b
Clients sign with keys of "imageferry keys create". With the emulator and on this machine alone
the access key emulator, with the secret emulator, is there without. SIGTERM and Ctrl-C answer
what was asked, record the calls in flight, and leave the operations to whoever comes next.
""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="The port; 0 for a free one.",
)
@click.option(
    "--tls-certificate",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Speak https with this certificate (PEM, with its chain).",
)
@click.option(
    "--tls-key",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The certificate's key (PEM, without a passphrase).",
)
@click.option(
    "--allow-remote", is_flag=True, help="Listen on an address that other machines reach."
)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="A proxy stands before, which speaks TLS and says who calls.",
)
@click.option("--no-work", is_flag=True, help='Leave operations to "imageferry worker".')
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(min=1),
    default=OPERATIONS_AT_ONCE,
    show_default=True,
    help="At most so many operations at once.",
)
@click.option(
    "--account",
    "accounts",
    metavar="NAME",
    multiple=True,
    help="An account to serve: a key of the emulator, or a profile of the credentials file.",
)
@click.option(
    "--destination-region",
    metavar="REGION",
    default="",
    help="The region of every CloudFormation stack, whatever was signed for.",
)
@click.option(
    "--region-map",
    "region_map",
    metavar="A=B",
    multiple=True,
    help="The stack's region for a region that CloudFormation's clients sign for.",
)
@click.option(
    "--template-host",
    "template_hosts",
    metavar="PATTERN",
    multiple=True,
    help="A host that templates are fetched from, such as *.example.com; none is allowed else.",
)
@click.option(
    "--template-scheme",
    "template_schemes",
    type=click.Choice(["https", "http"]),
    multiple=True,
    help="How they are fetched; https where nothing is said.",
)
@click.option(
    "--template-private",
    "template_private",
    metavar="NETWORK",
    multiple=True,
    help="A private address or network that templates are fetched from nevertheless.",
)
@click.option(
    "--body-limit",
    type=_Size(),
    default=1_572_864,
    show_default="1536K",
    metavar="SIZE",
    help="The largest body of a request.",
)
@click.option(
    "--request-time",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1, max=600),
    default=30.0,
    show_default=True,
    help="The time in which a whole request has to arrive.",
)
@click.option(
    "--rate",
    metavar="N",
    type=click.FloatRange(min=0),
    default=200.0,
    show_default=True,
    help="Requests a second of one access key; 0 for no limit.",
)
@click.option(
    "--reply-wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0, max=600),
    default=0.0,
    help="Answer a write only when what it began has ended, or after so long; for clients that"
    " look seldom.",
)
@click.option("--no-console", is_flag=True, help="Serve the APIs alone, and no pages at /console.")
@click.option("--no-emulator-key", is_flag=True, help="Do not admit the emulator's own key.")
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    help="How a line of the log on stderr looks.",
)
@notify_flags
@house_flags
def serve_command(
    flags: Flags,
    notify: NotifyChoices,
    host: str,
    port: int,
    tls_certificate: Path | None,
    tls_key: Path | None,
    allow_remote: bool,
    behind_proxy: bool,
    no_work: bool,
    concurrency: int,
    accounts: tuple[str, ...],
    destination_region: str,
    region_map: tuple[str, ...],
    template_hosts: tuple[str, ...],
    template_schemes: tuple[str, ...],
    template_private: tuple[str, ...],
    body_limit: int,
    request_time: float,
    rate: float,
    reply_wait: float,
    no_console: bool,
    no_emulator_key: bool,
    log_format: Literal["json", "text"],
) -> None:
    """Serve the console and the APIs of ROS and CloudFormation on one address, until Ctrl-C."""
    screen = begin(flags)
    chosen = settings_of(flags)
    if destination_region:
        check_region(destination_region)
    choices = ServeChoices(
        host=host,
        port=port,
        certificate=tls_certificate,
        certificate_key=tls_key,
        is_behind_proxy=behind_proxy,
        works=not no_work,
        parallel=concurrency,
        accounts=_accounts(accounts),
        destination_region=destination_region,
        regions=_regions(region_map),
        template_hosts=template_hosts,
        template_schemes=template_schemes or ("https",),
        template_private=template_private,
        notify=notify,
        body=body_limit,
        request_time=request_time,
        rate=rate,
        reply_wait=reply_wait,
        has_emulator_key=not no_emulator_key,
        has_console=not no_console,
        log_form=log_format,
    )
    _check_work(choices, chosen)
    _check_sources(choices)
    _check_reach(choices, allow_remote=allow_remote)
    asyncio.run(_serve(chosen, choices, screen))


def _check_work(choices: ServeChoices, chosen: Settings) -> None:
    """Refuse to leave operations to workers that could not run them."""
    is_hidden = chosen.cloud == "emulator" and not chosen.ecs_endpoint
    if not choices.works and is_shared(chosen) and is_hidden:
        raise misuse(
            "IF989",
            "no worker could run what is left to it",
            why="the emulator inside this process is one that no other machine sees",
            remedy="set IMAGEFERRY_ECS_ENDPOINT to an emulator that is served, or leave out --no-work",
        )


def _check_sources(choices: ServeChoices) -> None:
    check_patterns(
        choices.template_hosts,
        choices.template_private,
        why="templates are fetched from nowhere that is not named",
        remedy="write --template-host templates.example.com or *.example.com, and"
        " --template-private 10.1.2.0/24",
    )


def _check_reach(choices: ServeChoices, *, allow_remote: bool) -> None:
    """Refuse what would let others in unasked, or let keys travel readable."""
    if (choices.certificate is None) is not (choices.certificate_key is None):
        raise misuse(
            "IF986",
            "a certificate and its key belong together",
            remedy="give both --tls-certificate and --tls-key",
        )
    bare = ServeChoices(host=choices.host)
    if bare.is_loopback:
        return
    if not allow_remote:
        raise misuse(
            "IF987",
            f'"{clean(choices.host)}" is an address that other machines reach',
            why="whoever has a key could change stacks from there",
            remedy="add --allow-remote, or listen on 127.0.0.1",
        )
    if choices.certificate is None and not choices.is_behind_proxy:
        raise misuse(
            "IF987",
            f'"{clean(choices.host)}" is reached by other machines, and nothing would be encrypted',
            why="templates and parameters, secrets among them, would travel readable",
            remedy="give --tls-certificate and --tls-key, or say --behind-proxy where a proxy"
            " before it speaks TLS",
        )


def _accounts(names: Sequence[str]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or "" in names:
        raise misuse(
            "IF988",
            f'--account "{clean(twice or "")}" is given twice' if twice else "--account is empty",
            remedy="name each key or profile once",
        )
    return tuple(names)


def _regions(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        signed, equals, region = pair.partition("=")
        if not (signed and equals and region) or found.get(signed, region) != region:
            raise misuse(
                "IF988",
                f'"{clean(pair)}" maps no region to another',
                why="one region stands for one",
                remedy="write --region-map us-east-1=cn-hangzhou, each region once",
            )
        check_region(region)
        found[signed] = region
    return found


async def _serve(chosen: Settings, choices: ServeChoices, screen: Screen) -> None:
    asked = asyncio.Event()

    def ready(found: Ready) -> None:
        # With --json the words go to stderr, which others may keep: no link that lets them in.
        shown = replace(found, link="") if screen.as_json else found
        screen.say(*_greeting(shown, choices))
        screen.warn(_warnings(found))
        screen.give(
            {
                "address": found.address,
                "pid": os.getpid(),
                "cloud": found.cloud,
                "accounts": list(found.accounts),
                "works": found.works,
                "console": _console(found, choices),
            }
        )
        screen.flush()

    with Interrupts(asked.set):
        try:
            await serve(chosen, choices, on_ready=ready, asked_to_stop=asked)
        except CannotServe as fault:
            raise _refusal(fault, choices) from None


def _refusal(fault: CannotServe, choices: ServeChoices) -> CommandRefused:
    match fault.what:
        case "address":
            found = error(
                "IF985",
                f'nothing can be served on "{clean(choices.host)}", port {choices.port}',
                why=fault.why,
                remedy="give another --port, or 0 for a free one, and a --host of this machine",
            )
        case "certificate":
            found = error(
                "IF986",
                f'the certificate "{choices.certificate}" cannot be used with its key',
                why=fault.why,
                remedy="give a certificate in PEM and its key without a passphrase",
            )
        case "accounts":
            found = error(
                "IF988",
                "two of the accounts are one and the same",
                why=fault.why,
                remedy="give --account once for each account",
            )
    return CommandRefused(ExitCode.FAILED, [found])


def _greeting(found: Ready, choices: ServeChoices) -> list[str]:
    accounts = ", ".join(map(clean, found.accounts))
    authority = found.address.partition("://")[2]
    scheme = found.address.partition("://")[0]
    key = found.keys[0] if found.keys else ""
    keys = (
        [f"  access key  {key} / {key}"]
        if key
        else ['  access key  one of "imageferry keys create"']
    )
    if found.works:
        who = f"run here, {counted(choices.parallel, 'operation')} at once"
    else:
        who = 'left to "imageferry worker"'
    return [
        f"serving {found.address} · cloud: {found.cloud} · account {accounts}",
        f"  operations  {who}",
        *keys,
        *([f"  console     {_console(found, choices)}"] if choices.has_console else []),
        f"  ROS SDK     Config(endpoint='{authority}', protocol='{scheme}', …)",
        f"  aws, boto3  --endpoint-url {found.address}, or AWS_ENDPOINT_URL={found.address}",
        f"  also        {found.address}/healthz, /readyz, /metrics",
    ]


def _console(found: Ready, choices: ServeChoices) -> str:
    """Where the console is: by a link that signs one browser in, once, where there is one."""
    if not choices.has_console:
        return ""
    below = f"link/{found.link}" if found.link else ""
    return f"{found.address}/console/{below}"


def _warnings(found: Ready) -> list[str]:
    if found.works or found.workers:
        return []
    return [
        "operations are left to workers, and none lives yet: nothing is done before"
        ' "imageferry worker" runs on this database'
    ]
