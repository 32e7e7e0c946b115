"""Every action that is served, in one table by version and name."""

from __future__ import annotations

from imageferry.emulator.calls import Action, Call, Reply
from imageferry.emulator.copies import cancel_copy_image, copy_image
from imageferry.emulator.disks import describe_disks, resize_disk
from imageferry.emulator.exports import export_image
from imageferry.emulator.image_making import create_image, import_image
from imageferry.emulator.images import (
    delete_image,
    describe_image_from_family,
    describe_images,
    modify_image_attribute,
)
from imageferry.emulator.instance_changes import (
    allocate_public_ip_address,
    attach_key_pair,
    describe_user_data,
    detach_key_pair,
    modify_instance_attribute,
)
from imageferry.emulator.instances import (
    delete_instance,
    describe_instance_status,
    describe_instances,
    replace_system_disk,
    start_instance,
    stop_instance,
)
from imageferry.emulator.launching import run_instances
from imageferry.emulator.regions import describe_regions, describe_zones
from imageferry.emulator.shares import (
    describe_image_share_permission,
    modify_image_share_permission,
)
from imageferry.emulator.snapshots import (
    create_snapshot,
    delete_snapshot,
    describe_snapshots,
    modify_snapshot_attribute,
)
from imageferry.emulator.tags import (
    describe_tags,
    join_resource_group,
    list_tag_resources,
    tag_resources,
    untag_resources,
)
from imageferry.emulator.tasks import cancel_task, describe_task_attribute, describe_tasks

ECS = "2014-05-26"
STS = "2015-04-01"
_REGION = ("RegionId",)
_IMAGE = ("ImageId", "RegionId")


def get_caller_identity(call: Call) -> Reply:
    """Who signs: STS reference, GetCallerIdentity."""
    return {
        "IdentityType": "Account",
        "AccountId": call.account,
        "UserId": call.account,
        "PrincipalId": call.account,
        "Arn": f"acs:ram::{call.account}:root",
    }


ACTIONS: dict[tuple[str, str], Action] = {
    (STS, "GetCallerIdentity"): Action(get_caller_identity, checks_region=False),
    (ECS, "DescribeRegions"): Action(describe_regions, checks_region=False),
    (ECS, "DescribeZones"): Action(describe_zones, required=_REGION),
    # images
    (ECS, "CopyImage"): Action(
        copy_image,
        writes=True,
        required=(*_IMAGE, "DestinationRegionId"),
        takes_token=True,
        takes_dry_run=True,
        checks_region=False,
    ),
    (ECS, "CancelCopyImage"): Action(cancel_copy_image, writes=True, required=_IMAGE),
    (ECS, "DescribeImages"): Action(describe_images, required=_REGION, takes_dry_run=True),
    (ECS, "DescribeImageFromFamily"): Action(
        describe_image_from_family, required=(*_REGION, "ImageFamily")
    ),
    (ECS, "ModifyImageAttribute"): Action(
        modify_image_attribute, writes=True, required=_IMAGE, takes_dry_run=True
    ),
    (ECS, "DeleteImage"): Action(delete_image, writes=True, required=_IMAGE, takes_dry_run=True),
    (ECS, "CreateImage"): Action(
        create_image, writes=True, required=_REGION, takes_token=True, takes_dry_run=True
    ),
    (ECS, "ImportImage"): Action(
        import_image,
        writes=True,
        required=_REGION,
        takes_token=True,
        takes_dry_run=True,
        unknown_region_status=400,
    ),
    (ECS, "ExportImage"): Action(
        export_image,
        writes=True,
        required=(*_IMAGE, "OSSBucket"),
        takes_dry_run=True,
        unknown_region_status=400,
    ),
    (ECS, "DescribeTasks"): Action(describe_tasks, required=_REGION, unknown_region_status=400),
    (ECS, "DescribeTaskAttribute"): Action(
        describe_task_attribute, required=(*_REGION, "TaskId"), unknown_region_status=400
    ),
    (ECS, "CancelTask"): Action(
        cancel_task, writes=True, required=(*_REGION, "TaskId"), unknown_region_status=400
    ),
    (ECS, "DescribeImageSharePermission"): Action(describe_image_share_permission, required=_IMAGE),
    (ECS, "ModifyImageSharePermission"): Action(
        modify_image_share_permission, writes=True, required=_IMAGE, takes_dry_run=True
    ),
    # tags and groups; TagResources and kin say themselves what is missing, with a 404
    (ECS, "TagResources"): Action(tag_resources, writes=True),
    (ECS, "UntagResources"): Action(untag_resources, writes=True),
    (ECS, "ListTagResources"): Action(list_tag_resources),
    (ECS, "DescribeTags"): Action(describe_tags, required=_REGION),
    (ECS, "JoinResourceGroup"): Action(join_resource_group, writes=True, required=_REGION),
    # instances; the calls that change one may come without a RegionId
    (ECS, "RunInstances"): Action(
        run_instances, writes=True, required=_REGION, takes_token=True, takes_dry_run=True
    ),
    (ECS, "DescribeInstances"): Action(describe_instances, required=_REGION, takes_dry_run=True),
    (ECS, "DescribeInstanceStatus"): Action(describe_instance_status, required=_REGION),
    (ECS, "StartInstance"): Action(
        start_instance, writes=True, required=("InstanceId",), takes_dry_run=True
    ),
    (ECS, "StopInstance"): Action(
        stop_instance, writes=True, required=("InstanceId",), takes_dry_run=True
    ),
    (ECS, "DeleteInstance"): Action(
        delete_instance, writes=True, required=("InstanceId",), takes_dry_run=True
    ),
    (ECS, "ReplaceSystemDisk"): Action(
        replace_system_disk, writes=True, required=("InstanceId", "ImageId"), takes_token=True
    ),
    (ECS, "ModifyInstanceAttribute"): Action(
        modify_instance_attribute, writes=True, required=("InstanceId",)
    ),
    (ECS, "DescribeUserData"): Action(describe_user_data, required=(*_REGION, "InstanceId")),
    (ECS, "AllocatePublicIpAddress"): Action(
        allocate_public_ip_address, writes=True, required=("InstanceId",)
    ),
    (ECS, "AttachKeyPair"): Action(
        attach_key_pair, writes=True, required=(*_REGION, "InstanceIds", "KeyPairName")
    ),
    (ECS, "DetachKeyPair"): Action(
        detach_key_pair, writes=True, required=(*_REGION, "InstanceIds", "KeyPairName")
    ),
    (ECS, "DescribeDisks"): Action(describe_disks, required=_REGION),
    (ECS, "ResizeDisk"): Action(
        resize_disk, writes=True, required=("DiskId", "NewSize"), takes_token=True
    ),
    # snapshots
    (ECS, "CreateSnapshot"): Action(
        create_snapshot, writes=True, required=("DiskId",), takes_token=True
    ),
    (ECS, "DescribeSnapshots"): Action(describe_snapshots, required=_REGION, takes_dry_run=True),
    (ECS, "ModifySnapshotAttribute"): Action(
        modify_snapshot_attribute, writes=True, required=("SnapshotId",)
    ),
    (ECS, "DeleteSnapshot"): Action(delete_snapshot, writes=True, required=("SnapshotId",)),
}
VERSIONS = frozenset(version for version, _ in ACTIONS)
NAMES = frozenset(name for _, name in ACTIONS)
