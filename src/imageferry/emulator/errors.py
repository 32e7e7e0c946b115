"""The error answers of ECS: code, HTTP status and text, in one table."""

from __future__ import annotations


class EcsError(Exception):
    """A call that ECS refuses; `retry_after_ms` goes out as the header `x-acs-retry-after`."""

    def __init__(
        self, code: str, status: int, message: str, retry_after_ms: int | None = None
    ) -> None:
        """Keep what the reply says."""
        super().__init__(f"{status} {code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.retry_after_ms = retry_after_ms


# Codes and statuses from the ECS API reference; the wrong spellings are the cloud's own.
ERRORS: dict[str, tuple[int, str]] = {
    # gateway
    "InvalidApi.NotFound": (404, "The action is not one of this product and version."),
    "NoSuchVersion": (400, "The version is not one that is served."),
    "UnsupportedHTTPMethod": (400, "The HTTP method is neither GET nor POST."),
    "MissingParameter": (400, "A parameter that this call needs is missing."),
    "InvalidParameter": (400, "A parameter has a value that it cannot take."),
    "InvalidParameter.Format": (400, "The Format is neither JSON nor XML."),
    "InvalidSignatureMethod": (400, "The SignatureMethod is not HMAC-SHA1."),
    "InvalidTimeStamp.Format": (400, "The time is not written as yyyy-MM-ddTHH:mm:ssZ in UTC."),
    "InvalidTimeStamp.Expired": (
        400,
        "The time differs by more than the window from the server's.",
    ),
    "SignatureNonceUsed": (400, "The signature nonce was used before."),
    "InvalidAccessKeyId.NotFound": (404, "The access key id is not known."),
    "InvalidAccessKeyId.Inactive": (400, "The access key is disabled."),
    "IncompleteSignature": (
        400,
        "The signature is incomplete: a part of Authorization is missing.",
    ),
    "SignatureDoesNotMatch": (400, "The signature is not the one that the secret gives."),
    "MissingSecurityToken": (400, "The access key is temporary and its security token is missing."),
    "InvalidSecurityToken.Malformed": (400, "The security token is not one."),
    "InvalidSecurityToken.MismatchWithAccessKey": (400, "The security token is another key's."),
    "Forbidden.RAM": (403, "User not authorized to operate on the specified resource."),
    "Throttling": (400, "Request was denied due to request throttling."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "Throttling.Api": (400, "Request was denied due to api flow control."),
    "ServiceUnavailable": (503, "The service is unavailable for the moment; try again later."),
    "InternalError": (500, "The request failed for an unknown reason inside the service."),
    "InvalidOperation.Conflict": (
        409,
        "The operation is in conflict with another; try again later.",
    ),
    # shared rules
    "InvalidRegionId.NotFound": (404, "The RegionId is not one that is known."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    "InvalidClientToken.ValueNotSupported": (
        400,
        "The ClientToken is not ASCII or has over 64 characters.",
    ),
    "IdempotentParameterMismatch": (400, "The ClientToken was used before with other parameters."),
    "IdempotenceParamNotMatch": (400, "The ClientToken was used before with other parameters."),
    "InvalidImageName.Malformed": (400, "The image name breaks the rules for names."),
    "InvalidImageName.Duplicated": (400, "The image name is taken in this region."),
    "InvalidDescription.Malformed": (400, "The description breaks the rules for descriptions."),
    "InvalidImageFamily.Malformed": (400, "The image family breaks the rules for names."),
    "ImageFamilyQuotaFull": (400, "The quota of image families in this region is used up."),
    "ImageQuotaFull.ImageFamily": (400, "The quota of images in the image family is used up."),
    "InvalidResourceGroup.NotFound": (404, "The resource group does not exist."),
    "InvalidTag.Mismatch": (400, "A tag has a value and no key."),
    "InvalidTagCount": (400, "More than 20 tags were given."),
    "InvalidTagKey.Malformed": (400, "A tag key breaks the rules for tag keys."),
    "InvalidTagValue.Malformed": (400, "A tag value breaks the rules for tag values."),
    "Duplicate.TagKey": (400, "A tag key was given twice."),
    "TagKey.Duplication": (403, "Two tag keys differ only in the case of letters."),
    "QuotaExceed.Tags": (403, "A resource can have 20 tags at most."),
    "NumberExceed.Tags": (400, "More than 20 tags were given."),
    "NumberExceed.ResourceIds": (400, "More than 50 resource ids were given."),
    "InvalidResourceType.NotFound": (404, "The resource type is not known."),
    "InvalidResourceId.NotFound": (404, "A resource with this id does not exist here."),
    "MissingParameter.ResourceIds": (404, "No ResourceId was given."),
    "MissingParameter.ResourceType": (404, "No ResourceType was given."),
    "MissingParameter.Tags": (404, "No Tag was given."),
    "MissingParameter.RegionId": (404, "No RegionId was given."),
    # images
    "InvalidImageId.NotFound": (404, "The image does not exist in this region."),
    "IncorrectImageStatus": (400, "The status of the image does not allow this."),
    "SourceRegion.NotFound": (400, "The source region does not exist."),
    "DestinationRegion.NotFound": (400, "The destination region does not exist."),
    "IncorrectDestinationRegion": (
        403,
        "A plain copy needs a destination that is not the source region.",
    ),
    "RegionNotSupportCopy": (403, "Images cannot be copied to or from this region."),
    "OperationDenied": (403, "The operation is denied for this image."),
    "OperationDenied.SameRegionOnly": (403, "A shared image can be copied within its region only."),
    "OperationDenied.CommunityImage": (400, "A community image cannot be copied."),
    "OperationDenied.ImageCopyConflict": (
        400,
        "The image is being copied; try again when that copy has ended.",
    ),
    "OperationDenied.ImageCopying": (403, "The image is being copied."),
    "OperationDenied.EncryptSnapshotAcrossRegion": (
        403,
        "A plain image cannot be encrypted on its way to another region.",
    ),
    "OperationDeined.EncryptedSnapshot": (
        403,
        "An encrypted image cannot be copied to a plain one, nor shared under a service key.",
    ),
    "InvalidEncrypted.NotMatchKmsKeyId": (400, "A KMSKeyId was given and Encrypted is not true."),
    "InvalidEncryptAlgorithm": (400, "The encryption algorithm is not served."),
    "InvalidParameter.KMSKeyId.NotFound": (
        404,
        "The KMS key does not exist in the destination region.",
    ),
    "QuotaExceed.Image": (403, "The quota of custom images in this region is used up."),
    "QuotaExceed.Snapshot": (403, "The quota of snapshots in this region is used up."),
    "SizeExceed.Image": (403, "The image is larger than 2 TiB."),
    "ImageCreatedNotFromCopy": (400, "The image is not the product of a copy."),
    "CancelNotSupported": (400, "This copy cannot be cancelled."),
    "ImageUsingByInstance": (403, "Instances use the image; Force deletes it all the same."),
    "ImageUseShared": (403, "The image is shared with other accounts."),
    "ImageIsImporting": (403, "The image is being imported."),
    "ImageIsCreating": (403, "The image is being created."),
    "ImageIsPublic": (403, "The image is public."),
    "InvalidStatus.ImageIsCreating": (403, "The image is being created."),
    "ImageStatus.NotAvailable": (403, "Only an Available image can be deprecated."),
    "ImageStatus.NotDeprecated": (403, "Only a Deprecated image can be restored."),
    "InvalidDevice.InUse": (400, "The device is given to another disk."),
    "InvalidBootMode.NotSupport": (400, "The boot mode is none of BIOS, UEFI, UEFI-Preferred."),
    "InvalidLicenseType.NotSupported": (400, "The license type is none of Auto, Aliyun, BYOL."),
    "InvalidParameter.FeaturesImdsSupport": (400, "Features.ImdsSupport is neither v1 nor v2."),
    "InvalidParamter": (400, "A parameter has a value that it cannot take."),
    "InvalidImageOwnerAlias.ValueNotSupported": (
        400,
        "The owner alias is none of system, self, others, marketplace.",
    ),
    "InvalidImageOwnerAlias.PublicImageUnsupported": (
        400,
        "Community images are found with the owner alias others only.",
    ),
    "InvalidOperation.ImageOwnerIdUnsupported": (
        400,
        "An owner id goes with own, shared and community images only.",
    ),
    "InvalidFilterValue.NetworkType": (400, "The network type is neither vpc nor classic."),
    "InvalidFilterKey.NotFound": (404, "The filter key is not known."),
    "InvalidFilterValue": (404, "The filter value is not one."),
    "InvalidUsage": (404, "Usage is neither instance nor none."),
    "InvalidOSType": (404, "OSType is neither linux nor windows."),
    "InvalidArchitecture": (404, "Architecture is none of i386, x86_64, arm64."),
    "InvalidSize.ValueNotSupported": (400, "The size of a disk is out of bounds."),
    "InvalidDevice.Malformed": (400, "The device name is not one."),
    "InvalidImageFormat.Malformed": (400, "The format is none of RAW, VHD, QCOW2."),
    "InvalidOSSBucket.NotFound": (400, "The OSS bucket does not exist."),
    "InvalidOSSObject.NotFound": (400, "The OSS object does not exist."),
    "InvalidOSSBucket.NotMatched": (400, "The OSS bucket is in another region."),
    "InvalidOSSPrefix.Malformed": (400, "The OSS prefix is not 1 to 30 letters and digits."),
    "ImageNotSupported": (400, "An image of this kind cannot be exported."),
    "ImageIsExporting": (403, "The image is being exported."),
    "NoSetRoletoECSServiceAcount": (403, "ECS has no role that lets it write to OSS."),
    "ConcurrentQuotaExceed.ExportImage": (403, "As many exports run as may run at once."),
    "WeeklyQuotaExceed.ExportImage": (403, "The exports of this week are used up."),
    "InvalidTaskId.NotFound": (400, "The task does not exist."),
    "InvalidTaskId.IncorrectTaskStatus": (403, "The task does not run any more."),
    "CancelTaskFailed": (403, "The task cannot be cancelled."),
    # shares
    "InvalidAccount.NotFound": (404, "The account does not exist."),
    "InvalidAccount.Forbbiden": (404, "An image cannot be shared with its own account."),
    "QuotaExceed.ShareImageUser": (403, "An image can be shared with 50 accounts at most."),
    "OperationDenied.InvalidImageStatus": (403, "The status of the image does not allow sharing."),
    "InvalidOperation.ServiceKeyEncryptedImageUnsupported": (
        403,
        "An image under a service key cannot be shared.",
    ),
    "Image.Public": (403, "The image is public already."),
    "Image.NotPublic": (403, "The image is not public."),
    # instances
    "InvalidInstanceId.NotFound": (404, "The instance does not exist."),
    "InvalidInstanceType.ValueNotSupported": (400, "The instance type is not one."),
    "IncorrectInstanceStatus": (403, "The status of the instance does not allow this."),
    "IncorrectInstanceStatus.Initializing": (
        403,
        "The instance is being prepared; try again later.",
    ),
    "InvalidOperation.DeletionProtection": (403, "The instance is protected from deletion."),
    "OperationDenied.ImageNotValid": (403, "The image cannot start an instance in its status."),
    "InvalidParameter.Conflict": (400, "Two of the parameters exclude each other."),
    "InvalidZoneId.NotFound": (404, "The zone does not exist in this region."),
    "InvalidSystemDiskSize.LessThanImageSize": (404, "The system disk is smaller than the image."),
    "InvalidLaunchTemplate.NotFound": (404, "The launch template does not exist."),
    "QuotaExceed.ElasticQuota": (403, "The quota of instances in this region is used up."),
    "InvalidInstanceName.Malformed": (400, "The instance name breaks the rules for names."),
    "InvalidHostName.Malformed": (400, "The host name breaks the rules for host names."),
    "InvalidPassword.Malformed": (400, "The password breaks the rules for passwords."),
    "InvalidKeyPair.NotFound": (404, "The key pair does not exist."),
    "InvalidKeyPair.NotSupported": (400, "Windows instances take no key pairs."),
    "InvalidUserData.Base64FormatInvalid": (400, "The user data is not in base64."),
    "InvalidUserData.SizeExceeded": (400, "The user data has over 32 KB."),
    "InvalidPrivateIpAddress.Malformed": (400, "The private address is not one."),
    "InvalidSystemDiskCategory.ValueNotSupported": (400, "The system disk category is not one."),
    "InvalidDataDiskCategory.ValueNotSupported": (400, "The data disk category is not one."),
    "InvalidDiskSize.NotSupported": (400, "The size is out of bounds for the disk's category."),
    "InvalidDiskSize.TooSmall": (403, "A disk can be made larger only."),
    "DiskCreatingSnapshot": (403, "A snapshot is being made of the disk."),
    "ChargeTypeViolation": (403, "A prepaid instance is released with TerminateSubscription only."),
    "AllocatedAlready": (400, "The instance has a public address already."),
    # snapshots
    "InvalidSnapshotId.NotFound": (404, "The snapshot does not exist."),
    "InvalidSnapshotId.NotReady": (403, "The snapshot is not finished."),
    "InvalidSnapshotName.Malformed": (400, "The snapshot name breaks the rules for names."),
    "SnapshotCreatedDisk": (403, "Disks were made from the snapshot; say Force to delete it."),
    "SnapshotCreatedImage": (403, "An image uses the snapshot; delete the image first."),
    "InvalidOperation.RelatedSnapshotNotFinished": (403, "The snapshot is not finished."),
    "IncorrectDiskStatus.CreatingSnapshot": (
        403,
        "A snapshot of the disk is being made; try again when it is finished.",
    ),
    "InvalidDiskId.NotFound": (404, "The disk does not exist."),
    # regions
    "InvalidAcceptLanguage.NotFound": (404, "The language is not one that is served."),
}


def refusal(code: str, detail: str = "", *, status: int | None = None) -> EcsError:
    """The error of this code, with its status and text from the table; `detail` follows the text."""
    usual, text = ERRORS[code]
    return EcsError(code, status or usual, f"{text} {detail}".strip())


def missing(name: str) -> EcsError:
    """The answer to a call without a mandatory parameter."""
    return refusal("MissingParameter", f"Its name is {name}.")
