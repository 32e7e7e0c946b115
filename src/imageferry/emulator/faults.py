"""Faults on demand: throttling, server errors, lost replies, failing copies and their kin.

A fault is a row: what goes wrong, for which action, region and image, after how many calls (`skip`)
and how often (`remaining`, or for ever). The first fault that matches a call is spent by it; those
that change what a call makes may come together.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageferry.emulator.errors import EcsError, refusal
from imageferry.wire.alibaba_rpc import Parameter


@dataclass(frozen=True, slots=True)
class Fault:
    """One row; `action`, `region` and `image` may hold `*`; `details` depend on the kind."""

    kind: str
    action: str = "*"
    region: str | None = None
    image: str | None = None
    skip: int = 0
    remaining: int | None = 1
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


class DroppedConnection(Exception):
    """The connection ends without a reply."""


@dataclass(frozen=True, slots=True)
class RawReply:
    """A reply that the service never wrote: what proxies and broken servers send."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of fault does, and the details it takes, with their defaults."""

    meaning: str
    details: Mapping[str, object] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "throttle": Kind(
        "Throttling.User; with retry_after_ms the header x-acs-retry-after",
        {"status": 400, "code": "Throttling.User", "retry_after_ms": None},
    ),
    "unavailable": Kind("503 ServiceUnavailable"),
    "internal_error": Kind("500 InternalError"),
    "error": Kind("any code, status and message", {"code": None, "status": 400, "message": ""}),
    "quota": Kind("403 QuotaExceed.Image"),
    "copy_conflict": Kind("400 OperationDenied.ImageCopyConflict"),
    "kms_key_missing": Kind(
        "404 InvalidParameter.KMSKeyId.NotFound for calls with a KMSKeyId", {"key": None}
    ),
    "drop": Kind("the connection ends before the request is carried out"),
    "lost_reply": Kind("the request is carried out, then the connection ends"),
    "slow": Kind("the reply comes late", {"seconds": 1.0}),
    "empty_body": Kind("200 without a body; the request is not carried out"),
    "html": Kind("502 with a page in HTML"),
    "cut_body": Kind("the request is carried out, and half of the reply's body comes"),
    "ignored": Kind("an empty reply says that all is well; the request is not carried out"),
    "unlisted": Kind("images are left out of the reply, as if they were not there yet"),
    "shown": Kind(
        "images look otherwise in the reply: `word` for the status, `progress` as text, `usable`,"
        " `tags` false for none",
        {"word": None, "progress": None, "usable": None, "tags": None},
    ),
    "tagless": Kind("the new image never gets its tags"),
    "copy_fails": Kind(
        "the image, task or snapshot being made fails at this percentage", {"percent": 50}
    ),
    "hidden": Kind("the new image, task or snapshot is not listed for a while", {"seconds": 5.0}),
    "late_tags": Kind("the new image's tags are not shown for a while", {"seconds": 5.0}),
    "unusable": Kind("the new image stays unusable for a while when Available", {"seconds": 5.0}),
    "uncancellable": Kind("the new copy or task cannot be cancelled"),
    "altered": Kind(
        "the new copy is not what was asked for: `size` and `disks` as numbers, `encrypted`, the"
        " `key` of its snapshots, `architecture`, `boot_mode`, the `tag` that has another value",
        dict.fromkeys(
            ("size", "disks", "encrypted", "key", "architecture", "boot_mode", "tag"), None
        ),
    ),
}

MAKING_KINDS = frozenset(
    {"copy_fails", "hidden", "late_tags", "tagless", "unusable", "uncancellable", "altered"}
)
"""Kinds that change what a call makes."""
MAKING_ACTIONS = frozenset(
    {"CopyImage", "CreateImage", "ImportImage", "ExportImage", "CreateSnapshot"}
)
_OF_INSTANCES = frozenset({"hidden", "late_tags"})
"""Those of them that a new instance can meet."""


def decode_fault(row: tuple[Any, ...]) -> Fault:
    """A row of the table `faults` as a value."""
    fault_id, kind, action, region, image, skip, remaining, details = row
    return Fault(kind, action, region, image, skip, remaining, json.loads(details), fault_id)


def read_fault(wanted: Mapping[str, Any]) -> Fault:
    """A fault from a JSON map: `kind`, `action`, `region`, `image`, `skip`, `count` (null: for
    ever) and the kind's details. Raises ValueError that says all that is wrong.
    """
    rest = dict(wanted)
    kind = rest.pop("kind", None)
    if kind not in KINDS:
        raise ValueError(f'"{kind}" is no kind of fault; there are {", ".join(KINDS)}')
    faults: list[str] = []
    usual = "CopyImage" if kind in MAKING_KINDS else "*"
    words = {name: rest.pop(name, None) for name in ("action", "region", "image")}
    faults += [
        f'"{name}" is text, not {value!r}'
        for name, value in words.items()
        if value is not None and not isinstance(value, str)
    ]
    skip, remaining = rest.pop("skip", 0), rest.pop("count", 1)
    if not isinstance(skip, int) or skip < 0:
        faults.append(f'"skip" is a number of calls, not {skip!r}')
    if remaining is not None and (not isinstance(remaining, int) or remaining < 1):
        faults.append(f'"count" is a number of calls or null, not {remaining!r}')
    known = KINDS[kind].details
    faults += [
        f'"{name}" is nothing that a fault "{kind}" takes; it takes {", ".join(known) or "nothing"}'
        for name in rest
        if name not in known
    ]
    details = {**known, **{name: value for name, value in rest.items() if name in known}}
    faults += [text for name, value in details.items() if (text := _mistake(name, value))]
    if kind == "error" and not details["code"]:
        faults.append('a fault "error" needs a "code"')
    if faults:
        raise ValueError("; ".join(faults))
    return Fault(
        kind, words["action"] or usual, words["region"], words["image"], skip, remaining, details
    )


def _mistake(name: str, value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    number = value if is_number and isinstance(value, int | float) else None
    match name:
        case "seconds" if number is None or number < 0:
            return f'"seconds" is a number that is not negative, not {value!r}'
        case "percent" if number is None or not 1 <= number <= 99:
            return f'"percent" is a number from 1 to 99, not {value!r}'
        case "status" if not (isinstance(value, int) and 400 <= value <= 599):
            return f'"status" is an HTTP status from 400 to 599, not {value!r}'
        case "retry_after_ms" if not (value is None or (isinstance(value, int) and value > 0)):
            return f'"retry_after_ms" is a number of milliseconds, not {value!r}'
        case "size" | "disks" if not (value is None or (isinstance(value, int) and value > 0)):
            return f'"{name}" is a number above 0 or null, not {value!r}'
        case "usable" | "tags" | "encrypted" if not (value is None or isinstance(value, bool)):
            return f'"{name}" is true, false or null, not {value!r}'
        case (
            "code" | "message" | "key" | "word" | "progress" | "architecture" | "boot_mode" | "tag"
        ) if not (value is None or isinstance(value, str)):
            return f'"{name}" is text, not {value!r}'
    return ""


def encode_fault(fault: Fault) -> dict[str, object]:
    """The JSON map that `read_fault` reads, and the fault's number."""
    return {
        "id": fault.id,
        "kind": fault.kind,
        "action": fault.action,
        "region": fault.region,
        "image": fault.image,
        "skip": fault.skip,
        "count": fault.remaining,
        **fault.details,
    }


# --- matching and doing ---------------------------------------------------------------------------


def matching(
    faults: tuple[Fault, ...], action: str, parameters: Mapping[str, Parameter]
) -> tuple[Fault, ...]:
    """The faults that a call meets: the first that answers in its place, and all that change what
    it makes; those that only count down (`skip`) are among them.
    """
    met: list[Fault] = []
    answered = False
    for fault in faults:
        if not _matches(fault, action, parameters):
            continue
        if fault.skip or fault.kind in MAKING_KINDS:
            met.append(fault)
        elif not answered:
            answered = True
            met.append(fault)
    return tuple(met)


def _matches(fault: Fault, action: str, parameters: Mapping[str, Parameter]) -> bool:
    if not fnmatch.fnmatchcase(action, fault.action):
        return False
    meets = action in MAKING_ACTIONS or (action == "RunInstances" and fault.kind in _OF_INSTANCES)
    if fault.kind in MAKING_KINDS and not meets:
        return False
    if fault.kind == "kms_key_missing":
        key = parameters.get("KMSKeyId")
        if not key or fault.details["key"] not in (None, key):
            return False
    return _any_is(fault.region, parameters, ("RegionId", "DestinationRegionId")) and _any_is(
        fault.image, parameters, ("ImageId", "DestinationImageName", "ImageName", "SourceImageId")
    )


def _any_is(
    pattern: str | None, parameters: Mapping[str, Parameter], names: tuple[str, ...]
) -> bool:
    if pattern is None:
        return True
    given = [value for name in names if isinstance(value := parameters.get(name), str)]
    return any(
        fnmatch.fnmatchcase(word, pattern) for value in given for word in (value, *value.split(","))
    )


def _throttled(fault: Fault) -> EcsError:
    details = fault.details
    return EcsError(
        details["code"],
        details["status"],
        "Request was denied due to user flow control.",
        details["retry_after_ms"],
    )


REFUSALS: dict[str, Callable[[Fault], EcsError]] = {
    "throttle": _throttled,
    "unavailable": lambda _: refusal("ServiceUnavailable"),
    "internal_error": lambda _: refusal("InternalError"),
    "error": lambda fault: EcsError(
        fault.details["code"],
        fault.details["status"],
        fault.details["message"] or "As a fault ordered: it fails.",
    ),
    "quota": lambda _: refusal("QuotaExceed.Image"),
    "copy_conflict": lambda _: refusal("OperationDenied.ImageCopyConflict"),
    "kms_key_missing": lambda _: refusal("InvalidParameter.KMSKeyId.NotFound"),
}

RAW_REPLIES: dict[str, RawReply] = {
    "empty_body": RawReply(200, "application/json;charset=utf-8", b""),
    "html": RawReply(
        502,
        "text/html",
        b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
    ),
}


# --- images that look otherwise ---------------------------------------------------------------------


def disguised(fault: Fault, reply: Mapping[str, Any]) -> dict[str, Any]:
    """A reply of DescribeImages as a fault `unlisted` or `shown` makes it look."""
    images = reply.get("Images")
    if not isinstance(images, dict):
        return dict(reply)
    shown = [_disguised_image(fault, image) for image in images["Image"] if _looks_at(fault, image)]
    others = [image for image in images["Image"] if not _looks_at(fault, image)]
    if fault.kind == "unlisted":
        shown = []
    count = len(shown) + len(others)
    left_out = len(images["Image"]) - count
    return {
        **reply,
        "TotalCount": reply["TotalCount"] - left_out,
        "Images": {"Image": [*others, *shown]},
    }


def _looks_at(fault: Fault, image: Mapping[str, Any]) -> bool:
    if not image["IsCopied"]:
        return False
    names = (image["ImageId"], image["ImageName"])
    return fault.image is None or any(fnmatch.fnmatchcase(name, fault.image) for name in names)


def _disguised_image(fault: Fault, image: Mapping[str, Any]) -> dict[str, Any]:
    details = fault.details
    looks: dict[str, Any] = dict(image)
    if details.get("word") is not None:
        looks["Status"] = details["word"]
    if details.get("progress") is not None:
        looks["Progress"] = details["progress"]
    if details.get("usable") is not None:
        looks["Usable"] = details["usable"]
    if details.get("tags") is False:
        looks["Tags"] = {"Tag": []}
    return looks
