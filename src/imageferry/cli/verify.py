"""`imageferry verify`: made things beside what was asked for, and the receipt of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from imageferry.assembly.receipts import own_public_key, sign_receipt, signer_of_receipt
from imageferry.cli.comparing import code_of_unknown, comparing
from imageferry.cli.display.receipts import verification_lines
from imageferry.cli.display.rendering import clean
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.logs import begin
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.sessions import Session, run, settings_of
from imageferry.cli.stacks import find_stack
from imageferry.cli.whole_files import write_whole
from imageferry.control.receipts import RECEIPT, receipt_json
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.values import Json
from imageferry.model.verifications import StackVerification, VerificationStatus

_LARGEST: Final = 64 * 1024 * 1024


@click.command(
    "verify",
    epilog="""\b
Examples:
  imageferry verify golden
  imageferry verify golden --output receipts/golden.json
  imageferry verify golden --json
  imageferry verify --check receipts/golden.json

\b
Exits with 0 where everything is as asked, 7 where something differs or is missing, 1 where something
could not be looked at, 10 while the stack is being changed. --check needs neither a cloud nor the home
that has signed: 0 where the receipt is as it was written, 1 where it was altered.
""",
)
@click.argument("stack", metavar="[STACK]", required=False)
@click.option("--stack", "-s", "named", metavar="NAME", help="The stack's name or id, as STACK.")
@click.option(
    "--resource",
    "logical_ids",
    metavar="LOGICAL_ID",
    multiple=True,
    help="Only this resource, or this instance of it (`Name[0]`). May be repeated.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the receipt goes; by default NAME.receipt.json here, or nowhere with --json.",
)
@click.option(
    "--check",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Check a receipt that was written before, and look at nothing else.",
)
@house_flags
def verify_command(
    stack: str | None,
    named: str | None,
    logical_ids: tuple[str, ...],
    output: Path | None,
    check: Path | None,
    flags: Flags,
) -> None:
    """Compare everything that a stack has made with what was asked for, copies with their sources too.

    Of an image its size, disks, encryption and key, architecture, boot mode, tags and whether it can be
    used; of instances, snapshots, shares and families what counts of them; in all regions at once.
    What was found is written as a signed receipt.
    """
    name = stack or named
    if (name is None) == (check is None) or (stack and named and stack != named):
        raise misuse(
            "IF978",
            "verify takes one stack, or one receipt to check",
            remedy='write "imageferry verify NAME", or "imageferry verify --check FILE"',
        )
    if check is not None:
        _check(check, flags)
        return

    async def deed(session: Session) -> ExitCode:
        found = await find_stack(session, name or "")
        with comparing():
            verification = await session.house.plane.verify(found, logical_ids)
        receipt = sign_receipt(session.settings, receipt_json(found, verification))
        screen = session.screen
        screen.say(*verification_lines(found, verification, screen.paint))
        screen.diagnose(_unanswered(verification))
        path = output
        if path is None and not flags.as_json:
            path = Path(f"{_file_name(found.name)}.receipt.json")
        if path is not None:
            _write(path, receipt)
            screen.say(f"the receipt is in {clean(str(path))}")
        screen.give(receipt)
        return exit_code(verification)

    run(flags, deed)


def exit_code(verification: StackVerification) -> ExitCode:
    """What the command exits with: a difference before anything that could not be looked at."""
    match verification.status:
        case VerificationStatus.DIFFERS | VerificationStatus.MISSING:
            return ExitCode.DRIFT_FOUND
        case VerificationStatus.UNKNOWN:
            return code_of_unknown(one.error_code for one in verification.resources)
        case VerificationStatus.VERIFIED | VerificationStatus.NOT_VERIFIED:
            return ExitCode.DONE


def _unanswered(verification: StackVerification) -> list[Diagnostic]:
    return [
        error(
            "IF979",
            f"{one.address} could not be verified: {one.reason}",
            why="whether it is what was asked for is not known",
            remedy="give the command again; it changes nothing",
        )
        for one in verification.resources
        if one.status is VerificationStatus.UNKNOWN
    ]


def _file_name(stack_name: str) -> str:
    """A stack's name as a file's: nothing in it leads into another folder."""
    return (
        "".join(
            letter if letter.isalnum() or letter in "-_." else "_" for letter in stack_name
        ).lstrip(".")
        or "stack"
    )


def _write(path: Path, receipt: dict[str, Json]) -> None:
    try:
        write_whole(path, json.dumps(receipt, indent=2, ensure_ascii=False) + "\n")
    except OSError as fault:
        raise CommandRefused(
            ExitCode.FAILED,
            [
                error(
                    "IF975",
                    f'the receipt cannot be written to "{path}"',
                    why=str(fault.strerror).lower(),
                    remedy="name a file that may be written by --output, or take it from --json",
                )
            ],
        ) from None


# --- checking a receipt ---------------------------------------------------------------------------


def _check(path: Path, flags: Flags) -> None:
    screen = begin(flags)
    receipt = _read(path)
    signer = signer_of_receipt(receipt)
    if signer is None:
        raise CommandRefused(
            ExitCode.FAILED,
            [
                error(
                    "IF977",
                    f'the receipt "{path}" is not as it was written',
                    why="its signature does not fit what stands in it",
                    remedy="ask for the original, or verify the stack again",
                )
            ],
        )
    is_own = signer == own_public_key(settings_of(flags))
    whose = "this home" if is_own else "another home"
    screen.say(
        f"{clean(str(path))}: unaltered, signed by {whose} ({clean(signer)})",
        f'stack "{clean(str(receipt.get("stack_name")))}" of account'
        f" {clean(str(receipt.get('account_id')))} was {clean(str(receipt.get('verdict')))} at"
        f" {clean(str(receipt.get('verified_at')))}",
    )
    screen.give({"unaltered": True, "signed_by": signer, "own": is_own, "receipt": receipt})
    click.get_current_context().exit(ExitCode.DONE)


def _read(path: Path) -> dict[str, Json]:
    why = "it is no JSON object that verify has written"
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(why)
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.get("receipt") != RECEIPT:
            raise ValueError(why)
    except (OSError, ValueError, RecursionError) as fault:
        said = str(fault.strerror).lower() if isinstance(fault, OSError) else why
        raise misuse(
            "IF976",
            f'"{path}" cannot be read as a receipt',
            why=said,
            remedy='name a file that "imageferry verify" has written',
        ) from None
    return document
