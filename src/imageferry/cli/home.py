"""`imageferry home`: backup, restore, upgrade and prune what is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from imageferry import settings
from imageferry.assembly import upkeep
from imageferry.assembly.senses import RealClock
from imageferry.assembly.upkeep import HomeInUse, NotOurDatabase
from imageferry.cli.display.rendering import clean, counted, indented, show_moment, table
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, screen_flags, yes_option
from imageferry.cli.logs import begin
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.screens import Screen
from imageferry.model.diagnostics import error
from imageferry.model.upkeep import Backup, BackupRefused, Pruned
from imageferry.settings import Settings

_DAY: Final = 86_400.0
_KEEP: Final = 90


def _begin(flags: Flags) -> tuple[Settings, Screen]:
    screen = begin(flags)
    return settings.resolve({}, os.environ), screen


@click.group("home")
def home_command() -> None:
    """Back up, restore, upgrade and prune what imageferry keeps.

    The home is the folder IMAGEFERRY_HOME, with the database in it or where
    IMAGEFERRY_DATABASE_URL says.
    """


@home_command.command(
    "backup",
    short_help="Copy what is kept into a new folder.",
    epilog="""\b
Examples:
  imageferry home backup /backups/imageferry-monday
  imageferry home backup /backups/imageferry-monday --without-key

\b
May be done while stacks are worked on. The backup holds the key that NoEcho values are encrypted
with, unless --without-key is given: then keep the key apart, since nothing opens them without it.
""",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--without-key", is_flag=True, help="Leave the key out.")
@screen_flags
def backup_command(folder: Path, without_key: bool, flags: Flags) -> None:
    """Copy the home's databases and key into the new folder FOLDER, as they are at one moment."""
    chosen, screen = _begin(flags)
    try:
        made = upkeep.backup_home(chosen, folder, RealClock(), with_key=not without_key)
    except NotOurDatabase:
        raise _kept_elsewhere("backed up", "pg_dump") from None
    except BackupRefused as fault:
        raise _refused(fault) from None
    screen.say(f'the home "{chosen.home}" is backed up in "{made.folder}":')
    screen.say(*indented(_files(made)))
    screen.give(_document(made))


@home_command.command(
    "restore",
    short_help="Bring the home back to a backup.",
    epilog="""\b
Examples:
  imageferry home restore /backups/imageferry-monday
  imageferry home restore /backups/imageferry-monday --yes

\b
What was done since the backup is not in the record then, though it is in the cloud: see it with
"imageferry orphans", and take it in again with "imageferry adopt --lineage".
""",
)
@click.argument("folder", type=click.Path(path_type=Path))
@yes_option
@screen_flags
def restore_command(folder: Path, yes: bool, flags: Flags) -> None:
    """Bring the home back to the backup in FOLDER. Nothing may run on the home meanwhile."""
    chosen, screen = _begin(flags)
    need_answerer(yes=yes, deed="home restore")
    try:
        backup = upkeep.look_at_backup(folder)
    except BackupRefused as fault:
        raise _refused(fault) from None
    screen.say(
        f"the backup of {show_moment(backup.made_at)}, made by imageferry {clean(backup.version)}, "
        f"installation {clean(backup.installation) or 'unknown'}:",
        *indented(_files(backup)),
    )
    question = f'bring "{chosen.home}" back to it? What was recorded since is lost'
    if not yes and not agrees(screen, question):
        screen.warn(["nothing was done"])
        click.get_current_context().exit(ExitCode.FAILED)
    try:
        restored = upkeep.restore_home(chosen, backup)
    except NotOurDatabase:
        raise _kept_elsewhere("restored", "pg_restore") from None
    except BackupRefused as fault:
        raise _refused(fault) from None
    except HomeInUse as fault:
        raise _in_use(fault) from None
    screen.say(f"restored: {', '.join(restored)}")
    screen.say('see with "imageferry orphans" what was made since the backup')
    screen.give({**_document(backup), "restored": restored})


@home_command.command(
    "upgrade",
    short_help="Bring the tables to this version.",
    epilog="""\b
Examples:
  imageferry home upgrade --check
  imageferry home upgrade
""",
)
@click.option("--check", is_flag=True, help="Only look; exit 1 where there is something to do.")
@screen_flags
def upgrade_command(check: bool, flags: Flags) -> None:
    """Bring the tables of the database to the version of this imageferry.

    A home on SQLite is upgraded by the first command that needs it, too. Older imageferries
    cannot use the database afterwards: back it up first.
    """
    chosen, screen = _begin(flags)
    found = upkeep.look_at_upgrade(chosen) if check else upkeep.upgrade_home(chosen)
    is_current = found.found == found.known
    if is_current:
        screen.say(f"the tables have version {found.known}, there is nothing to do")
    elif not found.found:
        said = "there are no tables yet; the first command makes them" if check else "made"
        screen.say(f"version {found.known}: {said}")
    else:
        deed = "are to be brought" if check else "were brought"
        screen.say(f"the tables {deed} from version {found.found} to version {found.known}")
    screen.give({**asdict(found), "is_current": is_current or not check})
    if check and not is_current:
        click.get_current_context().exit(ExitCode.FAILED)


@home_command.command(
    "prune",
    epilog="""\b
Examples:
  imageferry home prune --dry-run
  imageferry home prune --older-than 30
  imageferry home prune --older-than 365 --events --yes

\b
Goes: stacks that were deleted, with their history; of other stacks the journals of ended operations
but the last, and change sets that nobody can execute any more; of the APIs old client tokens, drift
detections, named change sets, and records of the audit older than its last day. With --events the
history of those operations goes too. Nothing that a stack, a running operation, retry or continue-rollback needs is touched.
""",
)
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.IntRange(min=0),
    default=_KEEP,
    show_default=True,
    help="Only what ended so many days ago.",
)
@click.option("--events", is_flag=True, help="Also the history of ended operations but the last.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@yes_option
@screen_flags
def prune_command(older_than: int, events: bool, dry_run: bool, yes: bool, flags: Flags) -> None:
    """Remove what nobody needs any more, and give its room back."""
    chosen, screen = _begin(flags)
    if not dry_run:
        need_answerer(yes=yes, deed="home prune")
    before = RealClock().now() - older_than * _DAY
    foreseen, _ = upkeep.prune_home(chosen, before, events=events, only_look=True)
    if foreseen.is_empty:
        screen.say(f"nothing ended more than {counted(older_than, 'day')} ago that could go")
        screen.give({**asdict(foreseen), "bytes": 0})
        return
    screen.say("this goes:" if not dry_run else "this would go:", *indented(_amounts(foreseen)))
    if dry_run:
        screen.give({**asdict(foreseen), "bytes": 0})
        return
    if not yes and not agrees(screen, "remove it?"):
        screen.warn(["nothing was done"])
        click.get_current_context().exit(ExitCode.FAILED)
    pruned, room = upkeep.prune_home(chosen, before, events=events, only_look=False)
    smaller = f"; the database is {room // 1024} KiB smaller" if room >= 1024 else ""
    screen.say(f"it is gone{smaller}")
    screen.give({**asdict(pruned), "bytes": room})


_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "stacks": ("deleted stack", "with its history"),
    "operations": ("operation", "of deleted stacks"),
    "journals": ("journal", "of operations that ended"),
    "change_sets": ("change set", "that nobody can execute"),
    "events": ("event", ""),
    "documents": ("document", "of the APIs, such as client tokens"),
    "audit": ("audit record", "of requests to the APIs"),
}


def _amounts(pruned: Pruned) -> list[str]:
    amounts = asdict(pruned)
    return [
        " ".join(part for part in (counted(amounts[name], noun), rest) if part)
        for name, (noun, rest) in _KINDS.items()
        if amounts[name]
    ]


def _files(backup: Backup) -> Sequence[str]:
    return table([(clean(name), digest[:12]) for name, digest in backup.files.items()])


def _document(backup: Backup) -> dict[str, Any]:
    return {
        "folder": str(backup.folder),
        "version": backup.version,
        "made_at": backup.made_at,
        "installation": backup.installation,
        "schema": backup.schema,
        "files": dict(backup.files),
    }


def _kept_elsewhere(deed: str, tool: str) -> CommandRefused:
    return misuse(
        "IF865",
        f"this home cannot be {deed} by imageferry",
        why="IMAGEFERRY_DATABASE_URL names a database server, which keeps the records",
        remedy=f"use the server's own tools, such as {tool}, and keep IMAGEFERRY_SECRET_KEY "
        "or the file key of the home with it",
    )


def _refused(fault: BackupRefused) -> CommandRefused:
    said = error("IF867", fault.message, remedy=fault.remedy)
    return CommandRefused(ExitCode.FAILED, [said])


def _in_use(fault: HomeInUse) -> CommandRefused:
    return CommandRefused(
        ExitCode.FAILED,
        [
            error(
                "IF866",
                "the home is in use, and was not touched",
                why=f"{fault.by} runs on it, and would go on with what it knows",
                remedy="end that process, or cancel the operation, and restore again",
            )
        ],
    )
