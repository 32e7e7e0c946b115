"""What a world may be told to do otherwise: speed, limits, and answers the reference leaves open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args, get_type_hints

DEFAULT_SPEED = 300.0
"""A 40 GiB copy lasts 40 minutes at speed 1, and eight seconds at this one."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of one world; they are rows in it, so that every process sees the same."""

    speed: float = DEFAULT_SPEED
    """Divides the duration of image making, and nothing else."""
    running_copies: int = 5
    """Copies that run at once in a region; the rest is Waiting."""
    queue_counts: Literal["destination", "source"] = "destination"
    copy_conflict: Literal["never", "same_route"] = "never"
    """`same_route`: a second copy of an image to a region is refused while the first one runs."""
    token_lifetime_seconds: float = 86_400.0
    clock_check: bool = True
    clock_window_seconds: float = 900.0
    nonce_check: bool = True
    unknown_key_status: Literal[404, 400] = 404
    delete_missing: Literal["remembered", "error", "success"] = "remembered"
    """Deleting what is not there; `remembered`: success for what once was, 404 for the rest."""
    page_size_over_limit: Literal["error", "cap"] = "error"
    inherit_source_tags: bool = False
    default_image_name: Literal["image_id", "source_name"] = "image_id"
    snapshot_ids_while_creating: bool = False
    cancel_leaves_snapshots: bool = False
    source_held_while_copying: bool = True
    """Whether the source of an unfinished copy cannot be deleted."""
    encrypt_when_unset: bool = False
    """The account's default encryption, for copies that do not say `Encrypted`."""
    encrypt_across_regions: bool = True
    closed_regions: Literal["refuse", "accept"] = "refuse"
    """Whether a copy may go to a region that is sold out for good."""
    dry_run_checks: Literal["everything", "parameters"] = "everything"
    """What a DryRun checks: all that the call itself would, or no more than the reference promises,
    the access key, the permission and the required parameters."""
    usable_delay_seconds: float = 0.0
    """How long after Available an image becomes Usable."""
    instance_seconds: float = 1.0
    """How long an instance takes to start or to stop."""
    buckets_have_regions: bool = False
    """Whether a bucket belongs to the region whose import or export named it first."""
    unfinished_snapshots_deletable: bool = True
    """Whether deleting a snapshot that is being made ends its making."""
    running_exports: int = 5
    """Exports that run at once in a region; one more is refused."""
    weekly_exports: int = 1_000
    """Exports that may begin in a region within seven days."""
    image_quota: int = 20_000
    snapshot_quota: int = 100_000
    share_quota: int = 50
    instance_quota: int = 1_000
    family_quota: int = 1_000
    """Image families of a region; of the images of each there may be `family_image_quota`."""
    family_image_quota: int = 1_000


def changed(choices: Choices, changes: Mapping[str, object]) -> Choices:
    """The choices with some of them changed; raises ValueError that names every bad one."""
    hints = get_type_hints(Choices)
    good: dict[str, object] = {}
    faults: list[str] = []
    for name, value in changes.items():
        if name not in hints:
            faults.append(f'"{name}" is no setting of the emulator; there are {", ".join(hints)}')
            continue
        try:
            good[name] = _fitted(hints[name], value)
            if name == "speed" and not good[name]:
                raise ValueError("takes a number above zero")
        except ValueError as error:
            faults.append(f'"{name}" {error}')
    if faults:
        raise ValueError("; ".join(faults))
    return replace(choices, **good)  # type: ignore[arg-type]


def _fitted(hint: object, value: object) -> object:
    allowed = get_args(hint)
    if allowed:
        if value in allowed:
            return value
        raise ValueError(f"takes one of {', '.join(map(str, allowed))}, not {value!r}")
    if hint is bool:
        if isinstance(value, bool):
            return value
        raise ValueError(f"takes true or false, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"takes a number that is not negative, not {value!r}")
    return int(value) if hint is int else float(value)


def encode_choices(choices: Choices) -> dict[str, str]:
    """Each choice as a row: name and JSON text."""
    return {one.name: json.dumps(getattr(choices, one.name)) for one in fields(choices)}


def decode_choices(rows: Mapping[str, str]) -> Choices:
    """Rows to choices; names of other versions are passed over."""
    known = {one.name for one in fields(Choices)}
    return replace(
        Choices(), **{name: json.loads(text) for name, text in rows.items() if name in known}
    )
