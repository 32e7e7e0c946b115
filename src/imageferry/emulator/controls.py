"""Managing a world: its images, faults and settings, by functions and by a small JSON API.

The functions work on an open world, be it the emulator's own or the same file opened by a command;
the API answers under `/_emulator/` on the emulator's address and is not signed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from imageferry.emulator.calls import cloud_time
from imageferry.emulator.faults import KINDS, encode_fault, read_fault
from imageferry.emulator.image_records import COLUMNS, SYSTEM, ImageRecord, decode_image
from imageferry.emulator.progress import percent, remaining_seconds
from imageferry.emulator.world import World
from imageferry.wire.http import HttpRequest, HttpResponse

CONTROL_PATH = "/_emulator/"


def list_images(world: World, region: str | None = None) -> list[dict[str, Any]]:
    """Every image but system ones, in order of making: where it is, what it is, how far it is."""
    now = world.now()
    with world.reading():
        rows = world.rows(
            f"SELECT {COLUMNS} FROM images WHERE owner != ? AND ? IN (region, '')"  # noqa: S608
            " ORDER BY sequence",
            SYSTEM,
            region or "",
        )
    return [_shown(decode_image(row), now) for row in rows]


def _shown(image: ImageRecord, now: float) -> dict[str, Any]:
    return {
        "image_id": image.image_id,
        "region": image.region,
        "name": image.name,
        "status": image.status(now),
        "family": image.family,
        "progress": percent(image.span, now),
        "remaining_seconds": remaining_seconds(image.span, now),
        "size": image.size,
        "origin": image.origin,
        "source_image_id": image.source_image_id,
        "source_region": image.source_region,
        "encrypted": bool(image.encrypted),
        "kms_key_id": image.kms_key_id,
        "created": cloud_time(image.created_at),
        "owner": image.owner,
        "public": bool(image.is_public),
        "shared_with": list(image.shares),
        "tags": dict(image.tags),
        "snapshot_ids": [disk["snapshot_id"] for disk in image.disks],
    }


def list_snapshots(world: World) -> list[dict[str, Any]]:
    """Every snapshot, with the id of the image that it was made for, and whether that is there."""
    with world.reading():
        rows = world.rows(
            "SELECT snapshots.snapshot_id, snapshots.region, snapshots.image_id,"
            " images.image_id IS NOT NULL, snapshots.size FROM snapshots LEFT JOIN images"
            " ON images.image_id = snapshots.image_id ORDER BY snapshots.sequence"
        )
    names = ("snapshot_id", "region", "image_id", "image_exists", "size")
    return [{**dict(zip(names, row, strict=True)), "image_exists": bool(row[3])} for row in rows]


def add_fault(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Add a fault from a JSON map and return it with its number; raises ValueError."""
    fault = read_fault(wanted)
    with world.writing():
        number = world.add_fault(fault)
    return {**encode_fault(fault), "id": number}


def list_faults(world: World) -> list[dict[str, Any]]:
    """The faults that are still to come, in the order in which they are tried."""
    with world.reading():
        return [encode_fault(fault) for fault in world.faults]


def clear_faults(world: World, number: int | None = None) -> int:
    """Remove one fault, or all; returns how many were there."""
    with world.writing():
        return world.remove_faults(number)


def fault_kinds() -> dict[str, dict[str, Any]]:
    """Every kind of fault: its meaning, and the details it takes with their defaults."""
    return {
        name: {"meaning": kind.meaning, "details": dict(kind.details)}
        for name, kind in KINDS.items()
    }


def read_settings(world: World) -> dict[str, Any]:
    """Every setting."""
    with world.reading():
        return asdict(world.choices)


def change_settings(world: World, changes: Mapping[str, object]) -> dict[str, Any]:
    """Change settings and return them all; raises ValueError that names every bad one."""
    return asdict(world.choose(dict(changes)))


def reset(world: World, *, keep_settings: bool = False) -> None:
    """Make the world fresh again."""
    world.reset(keep_settings=keep_settings)


# --- over HTTP --------------------------------------------------------------------------------------

_Answered = tuple[int, Any]


def _get_images(world: World, request: HttpRequest, _: str) -> _Answered:
    return 200, {"images": list_images(world, dict(request.query).get("region"))}


def _get_snapshots(world: World, _: HttpRequest, __: str) -> _Answered:
    return 200, {"snapshots": list_snapshots(world)}


def _post_reset(world: World, request: HttpRequest, _: str) -> _Answered:
    reset(world, keep_settings=bool(_json_map(request).get("keep_settings", False)))
    return 200, {"images": list_images(world)}


def _get_faults(world: World, _: HttpRequest, __: str) -> _Answered:
    return 200, {"faults": list_faults(world), "kinds": fault_kinds()}


def _post_fault(world: World, request: HttpRequest, _: str) -> _Answered:
    return 201, add_fault(world, _json_map(request))


def _delete_faults(world: World, _: HttpRequest, rest: str) -> _Answered:
    if rest and not (rest.isascii() and rest.isdigit() and len(rest) < 18):
        return 404, {"error": f'"{rest}" is no number of a fault'}
    return 200, {"removed": clear_faults(world, int(rest) if rest else None)}


def _get_settings(world: World, _: HttpRequest, __: str) -> _Answered:
    return 200, read_settings(world)


def _post_settings(world: World, request: HttpRequest, _: str) -> _Answered:
    return 200, change_settings(world, _json_map(request))


def _json_map(request: HttpRequest) -> dict[str, Any]:
    try:
        wanted = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ValueError(f"the body is not JSON: {error}") from None
    if not isinstance(wanted, dict):
        raise ValueError("the body is not a JSON object")
    return wanted


_CONTROLS: dict[tuple[str, str], Callable[[World, HttpRequest, str], _Answered]] = {
    ("GET", "images"): _get_images,
    ("GET", "snapshots"): _get_snapshots,
    ("POST", "reset"): _post_reset,
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _post_fault,
    ("DELETE", "faults"): _delete_faults,
    ("GET", "settings"): _get_settings,
    ("POST", "settings"): _post_settings,
}


def answer_control(world: World, request: HttpRequest) -> HttpResponse:
    """Answer a request under `/_emulator/`; always JSON, with `error` where it is refused."""
    subject, _, rest = request.path.removeprefix(CONTROL_PATH).partition("/")
    control = _CONTROLS.get((request.method, subject))
    if "origin" in request.headers:
        # No page of a browser has business here, and it could not sign a call either.
        status, reply = 403, {"error": "the control API answers no browser"}
    elif control is None:
        known = ", ".join(f"{method} {CONTROL_PATH}{name}" for method, name in _CONTROLS)
        status, reply = 404, {"error": f"there are {known}"}
    else:
        try:
            status, reply = control(world, request, rest)
        except ValueError as error:
            status, reply = 400, {"error": str(error)}
    body = json.dumps(reply, ensure_ascii=False).encode()
    return HttpResponse(status, {"content-type": "application/json;charset=utf-8"}, body)
