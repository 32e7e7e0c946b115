"""What a refused call means for a step: the sentence for people, and the Failed or Pending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.cloud.backoff import later
from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError, handler_code
from imageferry.model.handlers import Context, ErrorCode, Failed, Pending
from imageferry.model.values import Json

GIVE_UP: Final = 3600.0
"""Seconds for which a call that gets no good answer is tried again."""

CONFLICTS: Final = frozenset(
    {"OperationConflict", "Operation.Conflict", "InvalidOperation.Conflict"}
)
"""Another call works on the same thing, which ends by itself."""

STILL_RUNNING: Final = frozenset({"IdempotentProcessing", "LastTokenProcessing"}) | CONFLICTS
"""An earlier call is not through, perhaps the one with the same token."""

TOKEN_FORGOTTEN: Final = frozenset(
    {
        "IdempotentParameterMismatch",
        "IdempotenceParamNotMatch",
        "InvalidIdempotenceParameter.Mismatch",
        "InvalidParamter.Conflict",
    }
)
"""The token stands for another call by now, so what it once made may be there: look first."""

REMEDIES: Final = {
    "InvalidImageName.Duplicated": "choose another name, or delete or rename the image that has it",
    "InvalidImageId.NotFound": "give the id of a custom image of this account in that region",
    "IncorrectDestinationRegion": "copy to another region, or encrypt the copy",
    "OperationDeined.EncryptedSnapshot": "set Encrypted to true: a copy of an encrypted image "
    "is encrypted as well",
    "InvalidParameter.KMSKeyId.NotFound": "give a key of the destination region",
    "InvalidEncrypted.NotMatchKmsKeyId": "set Encrypted to true, or leave the key out",
    "QuotaExceed.Image": "delete images that are not needed, or have the quota raised",
    "QuotaExceed.Snapshot": "delete snapshots that are not needed, or have the quota raised",
    "OperationDenied.CommunityImage": "community images cannot be copied",
    "OperationDenied.SameRegionOnly": "a shared image can be copied by its owner only",
    "OperationDenied.EncryptSnapshotAcrossRegion": "copy without encryption, or encrypt in the "
    "destination region in a second step",
    "DestinationRegion.NotFound": "check the destination region's id and that the account may "
    "use it",
    "SourceRegion.NotFound": "check the source region's id",
    "InvalidAccount.NotFound": "give the ids of Alibaba Cloud accounts, which are long numbers",
    "InvalidAccount.Forbbiden": "leave the own account out: it has the image already",
    "InvalidOperation.ServiceKeyEncryptedImageUnsupported": "share an image that is encrypted with "
    "a key of your own, or not at all: nobody else can read what a service key encrypts",
    "OperationDenied.InvalidImageStatus": "make the image Available first; a deprecated one cannot "
    "be shared or published",
    "QuotaExceed.ShareImage": "stop sharing other images first, or have the quota raised",
    "QuotaExceed.ShareImageUser": "stop sharing it with others first, or have the quota raised",
    "ImageIsPublic": "unpublish the image first",
    "InvalidInstanceId.NotFound": "give the id of an instance of this account in that region",
    "IncorrectInstanceStatus": "start the instance, or stop it, and wait until it is so",
    "InvalidSnapshotId.NotFound": "give the id of a snapshot of this account in that region",
    "InvalidSize.ValueNotSupported": "give each disk at least the size of its snapshot",
    "InvalidOSSObject.NotFound": "upload the object first, or correct its key",
    "InvalidOSS.NotAuthorized": "give the role AliyunECSImageImportDefaultRole leave to read the "
    "bucket",
    "OperationDenied.NoStock": "choose another zone or another instance type",
    "InvalidInstanceType.ValueNotSupported": "give an instance type of that region and zone",
    "QuotaExceed.ElasticQuota": "release instances that are not needed, or have the quota raised",
    "InvalidDiskId.NotFound": "give a disk of this account in that region",
    "ImageNotSupported": "export a plain image with 4 data disks of 500 GiB at most",
    "InvalidOSSBucket.NotFound": "give a bucket of this account in that region",
    "InvalidOSSBucket.NotMatched": "give a bucket of the image's region",
    "NoSetRoletoECSServiceAcount": "make the role AliyunECSImageExportDefaultRole, which lets ECS "
    "write to OSS, or AliyunECSImageImportDefaultRole, which lets it read there",
    "WeeklyQuotaExceed.ExportImage": "wait for another week, or have the quota raised",
    "NotTrusted": "name the CA bundle in SSL_CERT_FILE",
}


def says(error: CloudError) -> str:
    """What the cloud has refused, why, and how to mend it."""
    sentence = f"{error.action} in {error.region}: {error.message.rstrip('. ')} ({error.code})"
    remedy = REMEDIES.get(error.code)
    return f"{sentence}; {remedy}" if remedy else sentence


def failed(error: CloudError, context: Context, *, message: str = "") -> Failed:
    """The step's end by a call that was refused for good, or for too long."""
    return Failed(
        handler_code(error),
        message or says(error),
        request_id=error.request_id,
        retriable=error.is_passing,
        context=context,
        cloud_code=error.code,
        retry_after=error.retry_after,
    )


def again(
    client: Client,
    error: CloudError,
    physical_id: str | None,
    context: Mapping[str, Json],
    trouble: float,
    *,
    observes: bool = False,
    progress: int | None = None,
) -> Pending:
    """The same once more, later the longer the trouble has lasted (seconds)."""
    return Pending(
        physical_id,
        later(trouble, error.retry_after, client.entropy.jitter()),
        progress=progress,
        context=context,
        observes=observes,
        status_says=f"trying {error.action} again: {error.code}",
    )


def verdict_note(refusal: CloudError, message: str) -> dict[str, Json]:
    """A refusal for good, as notes keep it while an earlier call's outcome is looked for.

    `message` is what is said of it, without secrets.
    """
    return {
        "code": handler_code(refusal).value,
        "message": message,
        "request_id": refusal.request_id,
        "cloud_code": refusal.code,
    }


def sentenced(verdict: Mapping[str, Json], context: Context) -> Failed:
    """The step's end by a refusal that was noted, once nothing was found."""
    return Failed(
        ErrorCode(verdict["code"]),
        str(verdict["message"]),
        request_id=str(verdict["request_id"]),
        context=context,
        cloud_code=str(verdict["cloud_code"]),
    )
