"""The older official Python client against an emulator; prints what it saw.

Run by the tests with the interpreter of the client's own environment: `sdk_legacy.py HOST:PORT`,
with the error answers to be tried on stdin as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from emulator_control import control, settle

GOLDEN = "m-golden0000000000001"
IN_USE = "m-golden0000000000002"
ADDRESS = ""


def call(client: AcsClient, action: str, **fields: Any) -> dict[str, Any]:
    module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    request.set_accept_format("json")
    request.set_endpoint(ADDRESS)
    for name, value in fields.items():
        if name == "RegionId":
            request.add_query_param("RegionId", value)
        else:
            getattr(request, f"set_{name}")(value)
    return json.loads(client.do_action_with_exception(request))


def refusal(client: AcsClient, action: str, **fields: Any) -> dict[str, Any]:
    try:
        call(client, action, **fields)
    except ServerException as error:
        return {
            "class": "ServerException",
            "code": error.get_error_code(),
            "status": error.get_http_status(),
            "has_request_id": bool(error.get_request_id()),
        }
    except ClientException as error:
        return {"class": "ClientException", "code": error.get_error_code()}
    return {"class": None}


def copy_fields(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ImageId": GOLDEN,
        "RegionId": "cn-hangzhou",
        "DestinationRegionId": "cn-shanghai",
        "DestinationImageName": name,
        **more,
    }


def copies(client: AcsClient) -> dict[str, Any]:
    tags = [{"Key": "env", "Value": "test"}, {"Key": "a b", "Value": ""}]
    fields = copy_fields(
        "web:镜像_01",
        Tags=tags,
        ClientToken="t-1",
        Encrypted=False,
        DestinationDescription="x*~/ y",
    )
    first = call(client, "CopyImage", **fields)["ImageId"]
    again = call(client, "CopyImage", **fields)["ImageId"]
    image = {"RegionId": "cn-shanghai", "ImageId": first}
    [creating] = call(client, "DescribeImages", **image, Status="Creating")["Images"]["Image"]
    hidden = call(client, "DescribeImages", **image)["TotalCount"]
    refused = refusal(client, "DeleteImage", **image)
    settle(ADDRESS)
    [done] = call(client, "DescribeImages", **image)["Images"]["Image"]
    too_late = refusal(client, "CancelCopyImage", **image)
    second = call(client, "CopyImage", **copy_fields("cancelled"))["ImageId"]
    call(client, "CancelCopyImage", RegionId="cn-shanghai", ImageId=second)
    gone = call(client, "DescribeImages", RegionId="cn-shanghai", ImageId=second, Status="ALL")[
        "TotalCount"
    ]
    return {
        "same_token": first == again,
        "creating": [creating["Status"], creating["Progress"], creating["IsCopied"]],
        "name": creating["ImageName"],
        "description": creating["Description"],
        "tags": {tag["TagKey"]: tag["TagValue"] for tag in creating["Tags"]["Tag"]},
        "hidden": hidden,
        "delete_while_creating": refused,
        "done": [done["Status"], done["Progress"]],
        "cancel_when_done": too_late,
        "cancelled": gone,
    }


def queue(client: AcsClient) -> dict[str, Any]:
    for index in range(7):
        call(client, "CopyImage", **copy_fields(f"many-{index}"))
    pages = [
        call(
            client,
            "DescribeImages",
            RegionId="cn-shanghai",
            ImageOwnerAlias="self",
            Status="Creating,Waiting",
            PageSize=3,
            PageNumber=number,
        )
        for number in (1, 2, 3)
    ]
    settle(ADDRESS)
    return {
        "totals": [page["TotalCount"] for page in pages],
        "statuses": [image["Status"] for page in pages for image in page["Images"]["Image"]],
    }


def tags(client: AcsClient) -> dict[str, Any]:
    image = {"RegionId": "cn-hangzhou", "ResourceType": "image", "ResourceIds": [GOLDEN]}
    call(client, "TagResources", **image, Tags=[{"Key": "k", "Value": "v"}])
    listed = call(client, "ListTagResources", **image)["TagResources"]["TagResource"]
    call(client, "UntagResources", **image, All=True)
    left = call(client, "ListTagResources", **image)["TagResources"]["TagResource"]
    return {"listed": [[row["TagKey"], row["TagValue"]] for row in listed], "left": left}


def instances(client: AcsClient) -> dict[str, Any]:
    copied = call(client, "CopyImage", **copy_fields("launch"))["ImageId"]
    settle(ADDRESS)
    control(ADDRESS, "POST", "settings", {"instance_seconds": 0})
    [instance] = call(
        client,
        "RunInstances",
        RegionId="cn-shanghai",
        ImageId=copied,
        InstanceType="ecs.g7.large",
        SecurityGroupId="sg-1",
        VSwitchId="vsw-1",
    )["InstanceIdSets"]["InstanceIdSet"]
    [shown] = call(
        client, "DescribeInstances", RegionId="cn-shanghai", InstanceIds=json.dumps([instance])
    )["Instances"]["Instance"]
    used = {"RegionId": "cn-shanghai", "ImageId": copied}
    in_use = refusal(client, "DeleteImage", **used)
    call(client, "DeleteImage", **used, Force=True)
    call(client, "StopInstance", InstanceId=instance)
    call(client, "DeleteInstance", InstanceId=instance)
    return {"shown": [shown["Status"], shown["ImageId"] == copied], "in_use": in_use}


def refusals(client: AcsClient) -> dict[str, Any]:
    def stranger(key: str, secret: str) -> AcsClient:
        return AcsClient(key, secret, "cn-hangzhou")

    seen: dict[str, Any] = {
        "wrong_secret": refusal(stranger("emulator", "wrong"), "CopyImage", **copy_fields("x")),
        "unknown_key": refusal(stranger("nobody", "x"), "CopyImage", **copy_fields("x")),
        "no_right": refusal(stranger("reader", "secret-3"), "CopyImage", **copy_fields("x")),
        "dry_run": refusal(client, "CopyImage", **copy_fields("dry", DryRun=True)),
    }
    control(ADDRESS, "POST", "faults", {"kind": "lost_reply", "action": "CopyImage"})
    seen["lost"] = refusal(client, "CopyImage", **copy_fields("lost"))["class"]
    control(ADDRESS, "POST", "faults", {"kind": "internal_error", "count": 2})
    seen["retried"] = len(call(client, "DescribeRegions")["Regions"]["Region"])
    temporary = AcsClient(
        region_id="cn-hangzhou", credential=StsTokenCredential("STS.one", "secret-1", "token/+=")
    )
    seen["temporary"] = len(call(temporary, "DescribeRegions")["Regions"]["Region"])
    return seen


def errors(client: AcsClient, wanted: list[dict[str, Any]]) -> list[Any]:
    seen = []
    for fault in wanted:
        control(ADDRESS, "POST", "faults", {"kind": "error", **fault})
        seen.append(refusal(client, "CopyImage", **copy_fields("refused")))
    return seen


def main() -> None:
    global ADDRESS
    ADDRESS = sys.argv[1]
    client = AcsClient("emulator", "emulator", "cn-hangzhou")
    control(ADDRESS, "POST", "reset")
    control(ADDRESS, "POST", "settings", {"speed": 1})
    seen = {
        "copies": copies(client),
        "queue": queue(client),
        "tags": tags(client),
        "instances": instances(client),
        "refusals": refusals(client),
        "errors": errors(client, json.load(sys.stdin)),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
