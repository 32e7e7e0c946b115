"""`imageferry emulator`: serve the emulated ECS, and manage its world."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from imageferry import settings
from imageferry.assembly import emulation
from imageferry.cli.display.rendering import (
    clean,
    clean_lines,
    counted,
    indented,
    show_duration,
    show_value,
    table,
)
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags, screen_flags, yes_option
from imageferry.cli.interrupts import until_interrupted
from imageferry.cli.logs import begin
from imageferry.cli.questions import agrees, need_answerer
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.cli.regions import check_region
from imageferry.cli.screens import Screen
from imageferry.model.diagnostics import error
from imageferry.settings import Settings

_HOST: Final = "127.0.0.1"
_DETAIL: Final = 'NAME=VALUE, the value as JSON, such as percent=50 or code="InvalidParameter"'


def _begin(flags: Flags) -> tuple[Settings, Screen]:
    screen = begin(flags)
    return settings.resolve({"cloud": "emulator"}, os.environ), screen


@click.group("emulator")
def emulator_command() -> None:
    """Serve the emulated ECS, and manage its world.

    The world is kept in IMAGEFERRY_HOME; every process on that home sees the same one.
    """


@emulator_command.command(
    "serve",
    short_help="Serve it on a loopback address.",
    epilog="""\b
Examples:
  imageferry emulator serve --port 8080
  IMAGEFERRY_ECS_ENDPOINT=127.0.0.1:8080 imageferry list
""",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="a free one",
    help="The port on the loopback address.",
)
@screen_flags
def serve_emulator(port: int, flags: Flags) -> None:
    """Serve every region of the emulated ECS on one loopback address, until Ctrl-C."""
    chosen, screen = _begin(flags)
    asyncio.run(_serve(chosen, screen, port))


async def _serve(chosen: Settings, screen: Screen, port: int) -> None:
    def ready(found: int) -> None:
        screen.say(
            f"the emulated ECS is served on http://{_HOST}:{found}; access key emulator/emulator"
        )
        screen.give({"endpoint": f"http://{_HOST}:{found}", "port": found})
        screen.flush()

    try:
        await until_interrupted(
            emulation.serve_emulator(chosen, host=_HOST, port=port, on_ready=ready)
        )
    except OSError as fault:
        raise CommandRefused(ExitCode.FAILED, [_taken(port, fault)]) from None
    screen.warn(["stopped serving; the world is kept"])


def _taken(port: int, fault: OSError) -> Any:
    return error(
        "IF821",
        f"the emulator cannot listen on port {port}",
        why=str(fault.strerror or fault).lower(),
        remedy="give another --port, or 0 for a free one",
    )


@emulator_command.command(
    "images",
    epilog="""\b
Examples:
  imageferry emulator images
  imageferry emulator images --region ap-southeast-1 --json
  imageferry emulator images --snapshots
""",
)
@click.option("--region", metavar="REGION", help="Only the images of this region.")
@click.option("--snapshots", is_flag=True, help="Show the snapshots as well.")
@screen_flags
def show_images(region: str | None, snapshots: bool, flags: Flags) -> None:
    """Show the images of the emulated cloud."""
    if region is not None:
        check_region(region)
    chosen, screen = _begin(flags)
    images = emulation.manage_emulator(chosen, "images", region=region)
    found = emulation.manage_emulator(chosen, "snapshots") if snapshots else []
    if region is not None:
        found = [one for one in found if one["region"] == region]
    screen.say(*(table(_image_rows(images), _IMAGE_HEADS) if images else ["there are no images"]))
    if snapshots:
        screen.say("", *(table(_snapshot_rows(found), _SNAPSHOT_HEADS) or []))
    screen.give({"images": images, **({"snapshots": found} if snapshots else {})})


@emulator_command.command(
    "call",
    short_help="Call an action, as somebody else would.",
    epilog="""\b
Examples:
  imageferry emulator call ModifyImageAttribute ImageId=m-golden0000000000001 ImageName=renamed
  imageferry emulator call TagResources ResourceType=image ResourceId.1=m-golden0000000000001 \\
      Tag.1.Key=team Tag.1.Value=blue
  imageferry emulator call DeleteImage ImageId=m-golden0000000000002 Force=true
  imageferry emulator call ModifyImageSharePermission ImageId=m-golden0000000000001 \\
      AddAccount.1=1000000000000002
  imageferry emulator call --account 1000000000000002 DescribeImages \\
      RegionId=cn-hangzhou ImageOwnerAlias=others

\b
This is how drift is made by hand: the call is carried out as somebody else's in a console would
be, whatever faults are set. Without RegionId it is that of the image.
""",
)
@click.argument("action")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--account", metavar="ID", default="", help="The account that calls; else the own.")
@screen_flags
def call_action(action: str, parameters: tuple[str, ...], account: str, flags: Flags) -> None:
    """Call an ECS ACTION in the emulated cloud, as somebody beside imageferry."""
    chosen, screen = _begin(flags)
    pairs = [(name, value) for name, _, value in (text.partition("=") for text in parameters)]
    wrong = [text for text in parameters if "=" not in text]
    if wrong:
        raise misuse("IF822", f'"{wrong[0]}" is no parameter', remedy="write NAME=VALUE")
    if account and not (account.isascii() and account.isdigit()):
        raise misuse("IF822", f'"{account}" is no account id', remedy="give a number")
    try:
        reply = emulation.call_emulator(chosen, action, pairs, account)
    except ValueError as refused:
        raise misuse(
            "IF822",
            f"{action} was refused: {refused}",
            remedy="docs/emulator.md lists the actions",
        ) from None
    said = clean_lines(json.dumps(reply, ensure_ascii=False, indent=2)) if reply else "done"
    screen.say(said)
    screen.give(reply)


_IMAGE_HEADS: Final = ("IMAGE", "REGION", "NAME", "STATUS", "GIB", "COPY OF")
_SNAPSHOT_HEADS: Final = ("SNAPSHOT", "REGION", "GIB", "MADE FOR")


def _image_rows(images: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            clean(one["image_id"]),
            clean(one["region"]),
            clean(one["name"]),
            _status_words(one),
            str(one["size"]),
            clean(one["source_image_id"] or ""),
        )
        for one in images
    ]


def _status_words(image: Mapping[str, Any]) -> str:
    if image["status"] != "Creating":
        return clean(image["status"])
    left = show_duration(image["remaining_seconds"])
    return f"{image['status']} {image['progress']}%, {left} left"


def _snapshot_rows(snapshots: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            clean(one["snapshot_id"]),
            clean(one["region"]),
            str(one["size"]),
            clean(one["image_id"]) + ("" if one["image_exists"] else " (deleted)"),
        )
        for one in snapshots
    ]


@emulator_command.command(
    "reset",
    short_help="Make the world fresh again.",
    epilog="\b\nExamples:\n  imageferry emulator reset --yes",
)
@yes_option
@click.option("--keep-settings", is_flag=True, help="Keep the settings of the world.")
@screen_flags
def reset_world(yes: bool, keep_settings: bool, flags: Flags) -> None:
    """Make the emulated cloud fresh again: its first images, no copies, no faults."""
    chosen, screen = _begin(flags)
    need_answerer(yes=yes, deed="emulator reset")
    if not yes and not agrees(screen, "forget every image, copy and fault of the emulated cloud?"):
        screen.warn(["nothing was done"])
        click.get_current_context().exit(ExitCode.FAILED)
    emulation.manage_emulator(chosen, "reset", keep_settings=keep_settings)
    images = emulation.manage_emulator(chosen, "images")
    screen.say("the emulated cloud is fresh again:", *indented(table(_image_rows(images))))
    screen.give({"images": images})


@emulator_command.command(
    "settings",
    short_help="Show or change the settings of the world.",
    epilog="""\b
Examples:
  imageferry emulator settings
  imageferry emulator settings speed=1000 running_copies=2
""",
)
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
@screen_flags
def change_settings(changes: tuple[str, ...], flags: Flags) -> None:
    """Show the settings of the emulated cloud, or change some of them."""
    chosen, screen = _begin(flags)
    wanted = _details(changes)
    try:
        found = (
            emulation.manage_emulator(chosen, "change_settings", changes=wanted)
            if wanted
            else emulation.manage_emulator(chosen, "settings")
        )
    except ValueError as fault:
        raise misuse("IF822", str(fault)) from None
    screen.say(*table([(name, json.dumps(value)) for name, value in found.items()]))
    screen.give(found)


@emulator_command.group("fault")
def fault_group() -> None:
    """Let the emulated cloud fail on demand."""


@fault_group.command(
    "add",
    epilog="""\b
Examples:
  imageferry emulator fault add throttle --action CopyImage --count 3
  imageferry emulator fault add copy_fails --region ap-southeast-1 --set percent=40
  imageferry emulator fault add error --set 'code="InvalidParameter"' --set status=400
  imageferry emulator fault add lost_reply --action CopyImage --skip 2
""",
)
@click.argument("kind")
@click.option("--action", metavar="NAME", help="Only calls of this action; may hold *.")
@click.option("--region", metavar="REGION", help="Only calls to this region; may hold *.")
@click.option("--image", metavar="IMAGE", help="Only calls that name this image; may hold *.")
@click.option("--skip", type=click.IntRange(0), default=0, help="Let so many calls pass first.")
@click.option("--count", type=click.IntRange(1), default=1, show_default=True, help="How often.")
@click.option("--always", is_flag=True, help="For ever, until it is cleared.")
@click.option("--set", "details", multiple=True, metavar="NAME=VALUE", help=f"{_DETAIL}.")
@screen_flags
def add_fault(
    kind: str,
    action: str | None,
    region: str | None,
    image: str | None,
    skip: int,
    count: int,
    always: bool,
    details: tuple[str, ...],
    flags: Flags,
) -> None:
    """Add a fault of KIND; "fault kinds" lists them."""
    chosen, screen = _begin(flags)
    wanted = _details(details)
    wanted |= {"kind": kind, "skip": skip, "count": None if always else count}
    named = {"action": action, "region": region, "image": image}
    wanted |= {name: value for name, value in named.items() if value is not None}
    try:
        added = emulation.manage_emulator(chosen, "add_fault", wanted=wanted)
    except ValueError as fault:
        raise misuse("IF822", str(fault), remedy='see "imageferry emulator fault kinds"') from None
    screen.say(f"fault {added['id']} is added: {_fault_words(added)}")
    screen.give(added)


@fault_group.command("list", epilog="\b\nExamples:\n  imageferry emulator fault list")
@screen_flags
def list_faults(flags: Flags) -> None:
    """Show the faults that are still to come."""
    chosen, screen = _begin(flags)
    faults = emulation.manage_emulator(chosen, "faults")
    screen.say(
        *(f"{one['id']}  {_fault_words(one)}" for one in faults)
        if faults
        else ["there are no faults"]
    )
    screen.give({"faults": faults})


@fault_group.command(
    "clear",
    epilog="\b\nExamples:\n  imageferry emulator fault clear\n  imageferry emulator fault clear 1",
)
@click.argument("number", type=click.IntRange(1), required=False)
@screen_flags
def clear_faults(number: int | None, flags: Flags) -> None:
    """Remove the fault of that NUMBER, or all of them."""
    chosen, screen = _begin(flags)
    removed = emulation.manage_emulator(chosen, "clear_faults", number=number)
    screen.say(f"{counted(removed, 'fault')} removed")
    screen.give({"removed": removed})


@fault_group.command("kinds", epilog="\b\nExamples:\n  imageferry emulator fault kinds")
@screen_flags
def list_kinds(flags: Flags) -> None:
    """Show every kind of fault and the details it takes."""
    chosen, screen = _begin(flags)
    kinds = emulation.manage_emulator(chosen, "fault_kinds")
    rows = [
        (name, ", ".join(f"{key}={json.dumps(value)}" for key, value in kind["details"].items()),
         kind["meaning"])
        for name, kind in kinds.items()
    ]  # fmt: skip
    screen.say(*table(rows, ("KIND", "DETAILS", "WHAT HAPPENS")))
    screen.give({"kinds": kinds})


def _fault_words(fault: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {show_value(value)}"
        for name, value in fault.items()
        if name not in {"id", "kind"} and value not in (None, {}, [], "")
    ]
    return clean(f"{fault['kind']}: {', '.join(parts)}")


def _details(pairs: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE texts as a map; a value that is no JSON is text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise misuse("IF822", f'"{pair}" is no setting', remedy=f"write {_DETAIL}")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
