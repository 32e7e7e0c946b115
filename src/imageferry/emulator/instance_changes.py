"""ModifyInstanceAttribute, user data, key pairs and public addresses of instances that are there."""

from __future__ import annotations

import json
from typing import Any

from imageferry.emulator.calls import Call, Reply
from imageferry.emulator.errors import refusal
from imageferry.emulator.instance_records import InstanceRecord, change_body, find_instance
from imageferry.emulator.instances import has_public_address, needed_instance, public_address
from imageferry.emulator.launching import (
    check_host_name,
    check_instance_name,
    check_key_pair,
    check_password,
    check_user_data,
)
from imageferry.emulator.rules import check_description

_SETTLED = ("Running", "Stopped")
_MOST_INSTANCES = 50


def modify_instance_attribute(call: Call) -> Reply:
    """Change what was given; an empty text leaves the old one, as the cloud cannot clear it."""
    instance, status = needed_instance(call)
    system = instance.body.get("os", {})
    changes: dict[str, Any] = {}
    if description := check_description(call.text("Description")):
        changes["description"] = description
    if host_name := check_host_name(call.text("HostName"), system):
        changes["host_name"] = host_name
    if check_password(call.text("Password"), system):
        if status not in _SETTLED:
            raise refusal("IncorrectInstanceStatus", f"It is {status}.")
        changes["has_password"] = True
    if user_data := check_user_data(call.text("UserData")):
        if status != "Stopped":
            raise refusal("IncorrectInstanceStatus", f"It is {status}.")
        changes["user_data"] = user_data
    protection = call.flag("DeletionProtection")
    if protection is not None:
        changes["deletion_protection"] = protection
    if groups := call.texts("SecurityGroupIds"):
        changes["security_groups"] = list(groups)
    if credit := call.text("CreditSpecification"):
        if credit not in ("Standard", "Unlimited"):
            raise refusal("InvalidParameter", "CreditSpecification is Standard or Unlimited.")
        changes["credit"] = credit
    if changes:
        change_body(call, instance, **changes)
    if name := check_instance_name(call.text("InstanceName")):
        call.world.sql.execute(
            "UPDATE instances SET name = ? WHERE instance_id = ?", (name, instance.instance_id)
        )
    return {}


def describe_user_data(call: Call) -> Reply:
    """The user data of one instance, in base64."""
    instance = find_instance(call, call.needed("InstanceId"))
    if instance is None or instance.region != call.region:
        raise refusal("InvalidInstanceId.NotFound")
    return {
        "InstanceId": instance.instance_id,
        "RegionId": instance.region,
        "UserData": instance.body.get("user_data", ""),
    }


def allocate_public_ip_address(call: Call) -> Reply:
    """Give an instance an address of the internet; one that has one is refused."""
    instance, status = needed_instance(call)
    if status not in _SETTLED:
        raise refusal("IncorrectInstanceStatus", f"It is {status}.")
    if has_public_address(instance):
        raise refusal("AllocatedAlready")
    change_body(call, instance, has_public=True)
    return {"IpAddress": public_address(instance)}


def attach_key_pair(call: Call) -> Reply:
    """Bind a key pair to instances, in the place of one that they have."""
    name = check_key_pair(call.needed("KeyPairName"))
    return _with_key_pair(call, name, [(one, name, "") for one in _named(call)])


def detach_key_pair(call: Call) -> Reply:
    """Take a key pair away from instances that have it."""
    name = check_key_pair(call.needed("KeyPairName"))
    results = [
        (one, "", "" if one.body.get("key_pair") == name else "InvalidOperation.NoKeyPair")
        for one in _named(call)
    ]
    return _with_key_pair(call, name, results)


def _named(call: Call) -> list[InstanceRecord]:
    ids = call.id_array("InstanceIds") or ()
    if len(ids) > _MOST_INSTANCES:
        raise refusal("InvalidParameter", f"InstanceIds holds {_MOST_INSTANCES} ids at most.")
    found = [find_instance(call, one) for one in ids]
    there = [one for one in found if one is not None and one.region == call.region]
    if not ids or len(there) < len(ids):
        raise refusal("InvalidInstanceId.NotFound")
    if any(one.body.get("os", {}).get("os_type") == "windows" for one in there):
        raise refusal("InvalidKeyPair.NotSupported")
    return there


def _with_key_pair(call: Call, name: str, wanted: list[tuple[InstanceRecord, str, str]]) -> Reply:
    results: list[Reply] = []
    for instance, key_pair, refused in wanted:
        if not refused:
            change_body(call, instance, key_pair=key_pair)
        results.append(
            {
                "InstanceId": instance.instance_id,
                "Success": "false" if refused else "true",
                "Code": refused or "200",
                "Message": "the key pair is not bound to it" if refused else "successful",
            }
        )
    return {
        "KeyPairName": name,
        "TotalCount": str(len(results)),
        "FailCount": str(sum(1 for _, _, refused in wanted if refused)),
        "Results": {"Result": json.loads(json.dumps(results))},
    }
