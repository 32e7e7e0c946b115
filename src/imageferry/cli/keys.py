"""`imageferry keys`: access keys of the APIs made, listed and revoked, and what was written by them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

import click

from imageferry import settings
from imageferry.assembly.keys import Keyring, make_access_key, open_keys, own_account
from imageferry.assembly.senses import RealClock
from imageferry.cli.callers import MAY, check_account
from imageferry.cli.display.rendering import clean, counted, indented, show_moment, table
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, cloud_option, screen_flags
from imageferry.cli.key_links import link_command, unlink_command
from imageferry.cli.logs import begin
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.screens import Screen
from imageferry.model.access import AccessKey, AuditRecord, Role
from imageferry.model.diagnostics import error
from imageferry.model.suggestions import did_you_mean
from imageferry.settings import Settings

_LONGEST_NOTE: Final = 200
_MOST_RECORDS: Final = 10_000

_VARIABLES: Final = (
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)

_Deed = Callable[[Keyring, Screen], Awaitable[None]]


@click.group("keys")
def keys_command() -> None:
    """Make and revoke the access keys that clients of "imageferry serve" sign with.

    They are imageferry's own, and nothing of the cloud. Each counts for the stacks of one account.
    """


keys_command.add_command(link_command)
keys_command.add_command(unlink_command)


@keys_command.command(
    "create",
    short_help="Make a key, and show its secret this once.",
    epilog="""\b
Examples:
  imageferry keys create --role operator --note "nightly pipeline"
  imageferry keys create --role reader --json
  imageferry keys create --role admin --account 1234567890123456

\b
reader: look. operator: also make, change and delete stacks. admin: also what concerns all of an
account. Without --account the key counts for the account of this home.
""",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in reversed(Role)]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="What the key may do.",
)
@click.option("--account", metavar="ID", help="Whose stacks; else the account of this home.")
@click.option("--note", metavar="TEXT", default="", help="What it is for, to be told apart.")
@cloud_option
@screen_flags
def create_command(
    role: str, account: str | None, note: str, cloud: str | None, flags: Flags
) -> None:
    """Make a key. Its secret is shown this once, and kept encrypted."""
    _check(account, note)
    screen = begin(flags)
    chosen = settings.resolve({"cloud": cloud}, os.environ)

    async def make() -> AccessKey:
        account_id = account or await own_account(chosen)
        key = make_access_key(account_id, Role(role), note, RealClock())
        async with open_keys(chosen) as ring:
            await ring.keys.add(key)
        return key

    key = asyncio.run(make())
    if not screen.as_json:
        # With --json the words go to stderr, which others may keep: no secret goes there.
        screen.say(*_shown_once(key))
    screen.give({**_document(key), "secret": key.secret})


@keys_command.command(
    "list",
    short_help="List the keys, without their secrets.",
    epilog="""\b
Examples:
  imageferry keys list
  imageferry keys list --account 1234567890123456 --json
""",
)
@click.option("--account", metavar="ID", help="Only the keys of this account.")
@screen_flags
def list_command(account: str | None, flags: Flags) -> None:
    """List the keys, the newest first; no secret is shown again."""
    _check(account, "")

    async def deed(ring: Keyring, screen: Screen) -> None:
        keys = await ring.keys.list(account)
        rows = [_row(key) for key in keys]
        heading = ("KEY", "ROLE", "ACCOUNT", "MADE", "REVOKED", "NOTE")
        screen.say(*(table(rows, heading) if rows else [_NO_KEYS]))
        screen.give({"keys": [_document(key) for key in keys]})

    _run(flags, deed)


_NO_KEYS: Final = "there is no key; make one with: imageferry keys create"


@keys_command.command(
    "revoke",
    short_help="Let a key count no longer.",
    epilog="""\b
Examples:
  imageferry keys revoke IFAK0123456789ABCDEF

\b
Servers that run refuse it three seconds later at the latest. It stays in the list, and its audit
is kept.
""",
)
@click.argument("key_id", metavar="KEY_ID")
@screen_flags
def revoke_command(key_id: str, flags: Flags) -> None:
    """Let the key KEY_ID count no longer, for good."""

    async def deed(ring: Keyring, screen: Screen) -> None:
        keys = ring.keys
        now = RealClock().now()
        if not await keys.revoke(key_id, now):
            raise await _not_revoked(ring, key_id)
        screen.say(f"the key {clean(key_id)} is revoked")
        screen.give({"key_id": key_id, "revoked_at": now})

    _run(flags, deed)


@keys_command.command(
    "audit",
    short_help="Show who asked the APIs to change what.",
    epilog="""\b
Examples:
  imageferry keys audit
  imageferry keys audit --limit 1000 --json
  imageferry keys audit --before 4711

\b
A record is kept before anything is changed. One without an outcome is being carried out, or its
server was ended in the middle. Requests that only look leave none.
""",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1, max=_MOST_RECORDS),
    default=100,
    show_default=True,
    help="At most so many records.",
)
@click.option("--before", metavar="NUMBER", type=click.IntRange(min=1), help="Only older ones.")
@click.option("--account", metavar="ID", help="Only the records of this account.")
@screen_flags
def audit_command(limit: int, before: int | None, account: str | None, flags: Flags) -> None:
    """Show who asked the APIs to change what, and how it ended, the newest first."""
    _check(account, "")

    async def deed(ring: Keyring, screen: Screen) -> None:
        found = await ring.audit.records(account_id=account, before=before, limit=limit)
        heading = ("NUMBER", "WHEN", "KEY", "ROLE", "ACTION", "TARGET", "REGION", "FROM", "OUTCOME")
        rows = [_record_row(record) for record in found]
        screen.say(*(table(rows, heading) if rows else ["nothing was asked to be changed"]))
        if len(found) == limit:
            screen.say(
                f"the newest {counted(limit, 'record')}; older ones with --before {found[-1].number}"
            )
        screen.give({"records": [_record_document(record) for record in found]})

    _run(flags, deed)


def _run(flags: Flags, deed: _Deed) -> None:
    screen = begin(flags)
    asyncio.run(_with_keys(settings.resolve({}, os.environ), screen, deed))


async def _with_keys(chosen: Settings, screen: Screen, deed: _Deed) -> None:
    async with open_keys(chosen) as ring:
        await deed(ring, screen)


def _check(account: str | None, note: str) -> None:
    check_account(account)
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        raise misuse(
            "IF980",
            "the note cannot be kept",
            why=f"a note is one line of {_LONGEST_NOTE} characters at most",
            remedy="say in fewer words what the key is for",
        )


async def _not_revoked(ring: Keyring, key_id: str) -> CommandRefused:
    """Why a key was not revoked: it was before, or there is none."""
    key = await ring.keys.get(key_id)
    if key is not None and key.revoked_at is not None:
        fault = error(
            "IF982",
            f'the key "{clean(key_id)}" was revoked before',
            why=f"that was on {show_moment(key.revoked_at)}",
            remedy="nothing needs to be done",
        )
    else:
        known = [one.key_id for one in await ring.keys.list()]
        fault = error(
            "IF981",
            f'there is no key "{clean(key_id[:64])}"',
            remedy=did_you_mean(key_id, known, 'see "imageferry keys list"'),
        )
    return CommandRefused(ExitCode.FAILED, [fault])


def _shown_once(key: AccessKey) -> list[str]:
    lines = [
        f"access key {key.key_id} of account {clean(key.account_id)}: {key.role.value}, "
        f"{MAY[key.role]}",
        f"secret     {key.secret}",
        "",
        "the secret is not shown again. Where the clients run, not where imageferry does, set",
    ]
    for id_name, secret_name in _VARIABLES:
        lines += indented([f"export {id_name}={key.key_id}", f"export {secret_name}={key.secret}"])
    return [*lines, 'and give them the address of "imageferry serve" as the endpoint']


def _row(key: AccessKey) -> tuple[str, ...]:
    revoked = "" if key.revoked_at is None else show_moment(key.revoked_at)
    made = show_moment(key.created_at)
    return (
        clean(key.key_id), key.role.value, clean(key.account_id), made, revoked, clean(key.note)
    )  # fmt: skip


def _document(key: AccessKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "role": key.role.value,
        "account_id": key.account_id,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "note": key.note,
    }


def _record_row(record: AuditRecord) -> tuple[str, ...]:
    return (
        str(record.number),
        show_moment(record.at),
        clean(record.key_id),
        record.role.value,
        clean(f"{record.api} {record.action}"),
        clean(record.target),
        clean(record.region),
        clean(record.source),
        clean(record.outcome) or "-",
    )


def _record_document(record: AuditRecord) -> dict[str, Any]:
    return {
        "number": record.number,
        "at": record.at,
        "account_id": record.account_id,
        "key_id": record.key_id,
        "role": record.role.value,
        "api": record.api,
        "action": record.action,
        "target": record.target,
        "region": record.region,
        "request_id": record.request_id,
        "source": record.source,
        "outcome": record.outcome,
    }
