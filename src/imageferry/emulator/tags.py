"""TagResources, UntagResources, ListTagResources, DescribeTags and JoinResourceGroup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import missing, refusal
from imageferry.emulator.rules import check_group, merged_tags, read_tag_filter, read_tags

_TABLES: dict[str, tuple[str, str]] = {
    "image": ("images", "image_id"),
    "instance": ("instances", "instance_id"),
    "snapshot": ("snapshots", "snapshot_id"),
}
_OTHER_TYPES = frozenset(
    [
        "disk",
        "securitygroup",
        "volume",
        "eni",
        "ddh",
        "ddhcluster",
        "keypair",
        "launchtemplate",
        "reservedinstance",
        "snapshotpolicy",
        "elasticityassurance",
        "capacityreservation",
        "command",
        "invocation",
        "activation",
        "managedinstance",
    ]
)
_MAX_IDS = 50
_ROWS_PER_PAGE = 50


def _resource_type(call: Call) -> str:
    kind = call.text("ResourceType")
    if not kind:
        raise refusal("MissingParameter.ResourceType")
    if kind not in _TABLES and kind not in _OTHER_TYPES:
        raise refusal("InvalidResourceType.NotFound", f"It is {kind}.")
    return kind


def _ids(call: Call) -> tuple[str, ...]:
    ids = call.texts("ResourceId")
    if len(ids) > _MAX_IDS:
        raise refusal("NumberExceed.ResourceIds")
    return ids


def _check_region(call: Call) -> None:
    if not call.region:
        raise refusal("MissingParameter.RegionId")


def _tags_of(call: Call, kind: str, resource_id: str) -> dict[str, str]:
    """The tags of a resource that is there; others are 404 InvalidResourceId.NotFound."""
    table, column = _TABLES.get(kind, ("", ""))
    row = table and call.world.row(
        f"SELECT tags FROM {table} WHERE {column} = ? AND region = ? AND owner = ?",  # noqa: S608
        resource_id,
        call.region,
        call.account,
    )
    if not row:
        raise refusal("InvalidResourceId.NotFound", f"It is {resource_id}.")
    tags: dict[str, str] = json.loads(row[0])
    return tags


def _save(call: Call, kind: str, resource_id: str, tags: Mapping[str, str]) -> None:
    table, column = _TABLES[kind]
    call.world.sql.execute(
        f"UPDATE {table} SET tags = ? WHERE {column} = ?",  # noqa: S608 - names of the table above
        (json.dumps(tags), resource_id),
    )


def tag_resources(call: Call) -> Reply:
    """Add tags to up to 50 resources; a key that is there gets the new value."""
    _check_region(call)
    kind, ids = _resource_type(call), _ids(call)
    if not ids:
        raise refusal("MissingParameter.ResourceIds")
    tags = read_tags(call, too_many="NumberExceed.Tags")
    if not tags:
        raise refusal("MissingParameter.Tags")
    for resource_id in ids:
        _save(call, kind, resource_id, merged_tags(_tags_of(call, kind, resource_id), tags))
    return {}


def untag_resources(call: Call) -> Reply:
    """Take tags away: those named, or all."""
    _check_region(call)
    kind, ids = _resource_type(call), _ids(call)
    keys = call.texts("TagKey")
    if not ids:
        raise refusal("MissingParameter.ResourceIds")
    if len(keys) > 20:
        raise refusal("NumberExceed.Tags")
    is_all = call.flag("All") and not keys
    for resource_id in ids:
        old = _tags_of(call, kind, resource_id)
        left = {} if is_all else {key: old[key] for key in old if key not in keys}
        _save(call, kind, resource_id, left)
    return {}


def _tagged(call: Call, kinds: tuple[str, ...]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for kind in kinds:
        table, column = _TABLES[kind]
        shown = " AND tags_visible_at <= ? AND visible_at <= ?" if kind == "image" else ""
        values = (call.region, call.account, *((call.now, call.now) if shown else ()))
        for resource_id, tags in call.world.rows(
            f"SELECT {column}, tags FROM {table} WHERE region = ? AND owner = ? AND tags != '{{}}'"  # noqa: S608
            f"{shown} ORDER BY sequence",
            *values,
        ):
            yield kind, resource_id, json.loads(tags)


def list_tag_resources(call: Call) -> Reply:
    """One row a tag, of the resources asked for or of those that have the tags asked for."""
    _check_region(call)
    kind, ids = _resource_type(call), _ids(call)
    wanted = read_tag_filter(call)
    if not (ids or wanted):
        raise refusal("MissingParameter.ResourceIds")
    rows = [
        {"ResourceId": resource_id, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for _, resource_id, tags in (_tagged(call, (kind,)) if kind in _TABLES else ())
        if (not ids or resource_id in ids)
        and all(key in tags and value in (None, tags[key]) for key, value in wanted)
        for key, value in tags.items()
    ]
    token = call.text("NextToken")
    start = int(token) if token.isascii() and token.isdigit() and len(token) < 10 else 0
    following = start + _ROWS_PER_PAGE
    return {
        "NextToken": str(following) if following < len(rows) else "",
        "TagResources": {"TagResource": rows[start:following]},
    }


def describe_tags(call: Call) -> Reply:
    """The older action: distinct tags, and how many resources of each type have them."""
    number, size = call.page()
    kind, resource_id = call.text("ResourceType"), call.text("ResourceId")
    if kind and kind not in _TABLES and kind not in _OTHER_TYPES:
        raise refusal("InvalidResourceType.NotFound")
    wanted = read_tag_filter(call)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    kinds = (kind,) if kind in _TABLES else () if kind else tuple(_TABLES)
    for of_kind, of_id, tags in _tagged(call, kinds):
        if resource_id and of_id != resource_id:
            continue
        for key, value in tags.items():
            if all(key == name and text in (None, value) for name, text in wanted):
                count = counts.setdefault((key, value), {})
                count[of_kind] = count.get(of_kind, 0) + 1
    page = list(counts.items())[(number - 1) * size : number * size]
    return {
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(counts),
        "Tags": {
            "Tag": [
                {
                    "TagKey": key,
                    "TagValue": value,
                    "ResourceTypeCount": {
                        of_kind.capitalize(): count for of_kind, count in by_type.items()
                    },
                }
                for (key, value), by_type in page
            ]
        },
    }


def join_resource_group(call: Call) -> Reply:
    """Move a resource to another resource group."""
    for name in ("ResourceId", "ResourceType", "ResourceGroupId"):
        if not call.text(name):
            error = missing(name)
            # This action lists MissingParameter under 403.
            raise type(error)(error.code, 403, error.message)
    kind = call.text("ResourceType")
    if kind not in _TABLES:
        raise refusal("InvalidResourceType.NotFound", f"It is {kind}.")
    _tags_of(call, kind, call.text("ResourceId"))
    table, column = _TABLES[kind]
    call.world.sql.execute(
        f"UPDATE {table} SET resource_group = ? WHERE {column} = ?",  # noqa: S608
        (check_group(call), call.text("ResourceId")),
    )
    return {}
