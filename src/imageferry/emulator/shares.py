"""DescribeImageSharePermission and ModifyImageSharePermission."""

from __future__ import annotations

from imageferry.emulator.calls import Call, Reply, cloud_time
from imageferry.emulator.errors import refusal
from imageferry.emulator.image_records import ImageRecord, change_image, own_image

_PER_CALL = 10


def describe_image_share_permission(call: Call) -> Reply:
    """One page of the accounts with which an image is shared."""
    image = own_image(call, call.needed("ImageId"), call.region)
    number, size = call.page()
    accounts = list(image.shares.items())
    return {
        "ImageId": image.image_id,
        "RegionId": call.region,
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(accounts),
        "Accounts": {
            "Account": [
                {"AliyunId": account, "SharedTime": shared}
                for account, shared in accounts[(number - 1) * size : number * size]
            ]
        },
        "ShareGroups": {"ShareGroup": [{"Group": "all"}] if image.is_public else []},
    }


def modify_image_share_permission(call: Call) -> Reply:
    """Share with accounts, or no longer; over ten accounts a call are passed over."""
    image = own_image(call, call.needed("ImageId"), call.region)
    added, removed = call.texts("AddAccount")[:_PER_CALL], call.texts("RemoveAccount")[:_PER_CALL]
    is_public = call.flag("IsPublic")
    if added or is_public:
        _check_may_be_shared(call, image)
    for account in (*added, *removed):
        if not (account.isascii() and account.isdigit()):
            raise refusal("InvalidAccount.NotFound", f"It is {account}.")
        if account == call.account:
            raise refusal("InvalidAccount.Forbbiden")
    shares = {key: time for key, time in image.shares.items() if key not in removed}
    shares |= {key: cloud_time(call.now) for key in added if key not in shares}
    if len(shares) > call.choices.share_quota:
        raise refusal("QuotaExceed.ShareImageUser")
    if is_public is not None and is_public == bool(image.is_public):
        raise refusal("Image.Public" if is_public else "Image.NotPublic")
    public = image.is_public if is_public is None else int(is_public)
    change_image(call, image.image_id, shares=shares, is_public=public)
    return {}


def _check_may_be_shared(call: Call, image: ImageRecord) -> None:
    if image.status(call.now) != "Available":
        raise refusal("OperationDenied.InvalidImageStatus")
    # Under the region's own service key nobody else could read it.
    if image.encrypted and not image.kms_key_id:
        raise refusal("InvalidOperation.ServiceKeyEncryptedImageUnsupported")
