"""The official clients, unmodified, against an emulator in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from imageferry.emulator.errors import ERRORS
from tests.clients.apis import HERE, interpreter

pytestmark = pytest.mark.clients

# Codes of the API reference that the emulator gives only when a fault orders them.
OTHER_CODES = {
    "InvalidAction": 403,
    "InvalidProduct.NotFound": 404,
    "InvalidProtocol.NeedSsl": 400,
    "Forbidden.AccessKeyDisabled": 403,
    "Forbidden.Unauthorized": 403,
    "Forbidden": 403,
    "Forbbiden": 403,
    "UnknownError": 400,
    "ServiceUnavailable.RegionMaintaining": 503,
    "OperationConflict": 409,
    "Operation.Conflict": 403,
    "InvalidSecurityToken.Expired": 400,
    "InvalidAliUid.IsNull": 401,
    "Account.Arrearage": 400,
    "InsufficientBalance": 400,
    "RealNameAuthenticationError": 403,
    "InvalidParameter.IsNull": 400,
    "InvalidIdempotenceParameter.Mismatch": 403,
    "IdempotentProcessing": 403,
    "LastTokenProcessing": 403,
    "InvalidClientToken.Malformed": 400,
    "InvalidParamter.Conflict": 403,
    "InvalidParameter.EncryptedIllegal": 400,
    "InvalidParameter.KmsNotEnabled": 400,
    "InvalidEncrypted.NotMatchEncryptAlgorithm": 400,
    "RegionNotSupportCopy": 403,
    "OperationDenied.NotPublished": 403,
    "OperationDenied.NotAuthorized": 403,
    "OperationDenied.NonCompliantDestinationRegion": 403,
    "OperationDenied.KmsServiceUnauthorized": 403,
    "OperationDenied.QuotaExceed": 400,
    "InvalidEncrypted.NotMatchDiskDefaultEncryption": 403,
    "InvalidParameter.KMSKeyId.KMSUnauthorized": 403,
    "InvalidParameter.KMSKeyId.CMKNotEnabled": 403,
    "InvalidParameter.KMSKeyId.CMKUnauthorized": 403,
    "InvalidParameter.DataEncryptedKeyCreateFailed": 403,
    "InvalidRegion.NotSupport": 403,
    "InvalidRegionId.NotSupportEncryptAlgorithm": 403,
    "UserNotInTheWhiteList": 403,
    "InvalidSnapshot.TooOld": 403,
    "InvalidOperation.VhdImageUnsupported": 403,
    "InvalidOperation.CloudBoxImageCopyUnsupported": 403,
    "ImageIsExporting": 403,
    "ImageFamilyQuotaFull": 400,
    "ImageQuotaFull.ImageFamily": 400,
    "QuotaExceed.ShareImage": 403,
    "InvalidImageId.BidMismatch": 403,
    "AssumeRoleError": 403,
    "SnapshotCreatedDisk": 403,
    "SnapshotNotReady": 403,
    "OperationDenied.NoStock": 403,
    "InstanceLockedForSecurity": 403,
}
CODES = {**{code: status for code, (status, _) in ERRORS.items()}, **OTHER_CODES}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An emulator in another process."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "serve_emulator.py")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"127.0.0.1:{int(process.stdout.readline())}"
    process.terminate()
    process.wait(10)
    process.stdout.close()


def run_client(environment: str, script: str, *arguments: str) -> dict[str, Any]:
    """Run a script with the interpreter of a client's environment; returns what it printed."""
    orders = [{"code": code, "status": status} for code, status in CODES.items()]
    ran = subprocess.run(
        [str(interpreter(environment)), str(HERE / script), *arguments],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen: dict[str, Any] = json.loads(ran.stdout)
    return seen


@pytest.fixture(scope="module", params=["sync", "async"])
def current(request: pytest.FixtureRequest, address: str) -> dict[str, Any]:
    """What the current client saw, called in the one way and in the other."""
    return run_client("sdk", "sdk_current.py", address, request.param)


@pytest.fixture(scope="module")
def legacy(address: str) -> dict[str, Any]:
    """What the older client saw."""
    return run_client("sdk-legacy", "sdk_legacy.py", address)


def _client_error(code: str, status: int) -> dict[str, Any]:
    return {
        "class": "ClientException",
        "code": code,
        "status": status,
        "has_request_id": True,
        "retry_after": None,
    }


def _server_error(code: str, status: int) -> dict[str, Any]:
    return {"class": "ServerException", "code": code, "status": status, "has_request_id": True}


def test_current_copies(current: dict[str, Any]) -> None:
    assert current["copies"] == {
        "same_token": True,
        "creating": ["Creating", "0%", False, True],
        "name": "web:镜像_01",
        "description": "x*~/ y",
        "disk": ["40", "system", "0%", True],
        "tags": {"env": "test", "a b": ""},
        "hidden": [0, 0],
        "delete_while_creating": _client_error("OperationDenied.ImageCopying", 403),
        "done": ["Available", "100%", True],
        "size": 40,
        "self_shared": "False",
        "cancel_when_done": _client_error("IncorrectImageStatus", 400),
        "cancelled": 0,
    }


def test_current_queue_in_pages(current: dict[str, Any]) -> None:
    assert current["queue"] == {
        "totals": [7, 7, 7],
        "names": [f"many-{index}" for index in range(7)],
        "statuses": ["Creating"] * 5 + ["Waiting"] * 2,
    }


def test_current_tags(current: dict[str, Any]) -> None:
    golden = "m-golden0000000000001"
    assert current["tags"] == {"listed": [[golden, "k", "v"]], "found": [golden], "left": 0}


def test_current_searches(current: dict[str, Any]) -> None:
    golden = ["m-golden0000000000001"]
    arm = ["centos_7_9_arm64_20G_alibase_20240705.vhd"]
    assert current["searches"] == {
        "found": [golden, golden, [], arm, [], golden, [], golden],
        "public": _client_error("InvalidImageOwnerAlias.PublicImageUnsupported", 400),
    }


def test_current_instances(current: dict[str, Any]) -> None:
    assert current["instances"] == {
        "too_early": _client_error("OperationDenied.ImageNotValid", 403),
        "shown": ["Running", True, "ecs.g7.large"],
        "status": ["Running"],
        "in_use": _client_error("ImageUsingByInstance", 403),
        "disk": "d-",
        "golden_in_use": _client_error("ImageUsingByInstance", 403),
    }


def test_current_machines(current: dict[str, Any]) -> None:
    assert current["machines"] == {
        "disks": [["system", "cloud_essd", 40], ["data", "cloud_ssd", 100]],
        "shown": ["renamed", ["sg-1", "sg-2"]],
        "public": True,
        "interface": "Primary",
        "keys": ["0", "0", "true"],
        "user_data": "IyEvYmluL3No",
        "weak": _client_error("InvalidPassword.Malformed", 400),
    }


def test_current_families(current: dict[str, Any]) -> None:
    refused = current["families"].pop("twice")
    assert (refused["code"], refused["status"]) == ("ImageStatus.NotAvailable", 403)
    assert current["families"] == {
        "empty": [],
        "newest": [1, "Available"],
        "older": [0, "Available"],
        "members": [[0, "sdk", "Available"], [1, "sdk", "Deprecated"]],
        "again": [1, "Available"],
    }


def test_current_neighbours(current: dict[str, Any]) -> None:
    assert current["neighbours"] == {
        "regions": 35,
        "zone": "cn-hangzhou-b",
        "shared": ["1000000000000009"],
        "snapshots": ["s-golden0000000000001"],
        "import": ["ImportImage"],
        "dry_run": _client_error("DryRunOperation", 400),
    }


def test_current_made_images(current: dict[str, Any]) -> None:
    assert current["made_images"] == {
        "early": _client_error("ImageIsCreating", 403),
        "shown": ["baked", "UEFI", "v2"],
        "detected": "Finished",
        "disks": [["/dev/xvda", "60", "system"], ["/dev/xvdb", "100", "data"]],
        "tags": [["team", "images"]],
        "nothing": _client_error("MissingParameter", 400),
    }


def test_current_two_accounts(current: dict[str, Any]) -> None:
    golden = ["m-golden0000000000001", "others", 1000000000000001]
    assert current["two_accounts"] == {
        "private": [],
        "shared": [[*golden, False]],
        "copied_away": _client_error("OperationDenied.SameRegionOnly", 403),
        "deleted": _client_error("ImageUseShared", 403),
        "public": [[], [[*golden, True]]],
        "copied_public": _client_error("OperationDenied.CommunityImage", 400),
        "again": _client_error("Image.Public", 403),
        "deleted_public": _client_error("ImageIsPublic", 403),
    }


def test_current_exports_and_snapshots(current: dict[str, Any]) -> None:
    assert current["exports"] == {
        "running": ["Processing", "0%", "true"],
        "held": _client_error("ImageIsExporting", 403),
        "done": ["Finished", "100%", 1],
        "related": ["ImageId", "OSSBucket", "OSSObject"],
        "too_late": _client_error("InvalidTaskId.IncorrectTaskStatus", 403),
        "listed": ["Finished", "Failed"],
        "snapshot": ["sdk-2", "progressing", "0%"],
    }


def test_current_refusals(current: dict[str, Any]) -> None:
    seen = current["refusals"]
    assert seen["throttled"] == {
        "class": "ThrottlingException",
        "code": "Throttling.User",
        "status": 429,
        "has_request_id": True,
        "retry_after": 1500,
    }
    assert seen["html"]["class"] == "UnretryableException"
    assert (seen["lost"], seen["repeated"]) == (True, [True])
    assert seen["wrong_secret"] == _client_error("SignatureDoesNotMatch", 400)
    assert seen["unknown_key"] == _client_error("InvalidAccessKeyId.NotFound", 404)
    assert seen["no_right"] == _client_error("Forbidden.RAM", 403)
    assert (seen["temporary"], seen["older_signature"], seen["host_is_a_url"]) == (35, 35, 35)


def test_current_error_classes(current: dict[str, Any]) -> None:
    assert [(error["code"], error["status"]) for error in current["errors"]] == list(CODES.items())
    classes = {error["code"]: error["class"] for error in current["errors"]}
    assert classes == {
        code: "ClientException" if status < 500 else "ServerException"
        for code, status in CODES.items()
    }


def test_legacy_copies(legacy: dict[str, Any]) -> None:
    assert legacy["copies"] == {
        "same_token": True,
        "creating": ["Creating", "0%", True],
        "name": "web:镜像_01",
        "description": "x*~/ y",
        "tags": {"env": "test", "a b": ""},
        "hidden": 0,
        "delete_while_creating": _server_error("OperationDenied.ImageCopying", 403),
        "done": ["Available", "100%"],
        "cancel_when_done": _server_error("IncorrectImageStatus", 400),
        "cancelled": 0,
    }


def test_legacy_queue_in_pages(legacy: dict[str, Any]) -> None:
    assert legacy["queue"] == {
        "totals": [7, 7, 7],
        "statuses": ["Creating"] * 5 + ["Waiting"] * 2,
    }


def test_legacy_tags_and_instances(legacy: dict[str, Any]) -> None:
    assert legacy["tags"] == {"listed": [["k", "v"]], "left": []}
    assert legacy["instances"] == {
        "shown": ["Running", True],
        "in_use": _server_error("ImageUsingByInstance", 403),
    }


def test_legacy_refusals(legacy: dict[str, Any]) -> None:
    assert legacy["refusals"] == {
        # The client compares the server's string with its own, and says that the secret is wrong.
        "wrong_secret": _server_error("InvalidAccessKeySecret", 400),
        "unknown_key": _server_error("InvalidAccessKeyId.NotFound", 404),
        "no_right": _server_error("Forbidden.RAM", 403),
        "dry_run": _server_error("DryRunOperation", 400),
        "lost": "ClientException",
        "retried": 35,
        "temporary": 35,
    }


def test_legacy_error_classes(legacy: dict[str, Any]) -> None:
    assert legacy["errors"] == [_server_error(code, status) for code, status in CODES.items()]
