"""Every choice made where the clouds' documents leave a fact open, for `imageferry doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Choice:
    """What is not confirmed, what we do, and how somebody may choose otherwise."""

    subject: str
    open_fact: str
    chosen: str
    setting: str = ""


_OF_THE_APIS: Final[Sequence[Choice]] = (
    Choice(
        "serve",
        "how far a request's date may lie from the server's time",
        "15 minutes to either side, by all three signatures",
    ),
    Choice(
        "serve",
        "what becomes of a request that has no nonce and is signed alike within one second",
        "what reads may come again for 2 seconds; what writes is carried out once, and the second is"
        " Throttling, which clients sign anew",
    ),
    Choice(
        "ROS API",
        "the statuses of the gateway's refusals, which are the same for all products",
        "403 for a key that may not, 404 for an unknown key or action, 405 and 413 as HTTP has"
        " them, 400 for all else; never a 5xx for a client's mistake",
    ),
    Choice(
        "serve",
        "the code for a key whose role does not suffice",
        "Forbidden of ROS, AccessDenied of AWS, both 403",
    ),
    Choice(
        "ROS API",
        "how long a ClientToken counts, and which code has the same token with other parameters",
        "7 days, as for CloudFormation; InvalidIdempotenceParameter",
    ),
    Choice(
        "ROS API",
        "the code for deleting a stack that is protected",
        "400 NotSupported",
    ),
    Choice(
        "ROS API",
        "the code for a drift detection that is not there",
        "404 NotFound; CloudFormation's API says ValidationError",
    ),
    Choice(
        "ROS API",
        "whether ListStacks shows deleted stacks unasked",
        "it does not; a status or an id asks for them",
    ),
    Choice(
        "ROS API",
        "what DeleteStack does while the stack is still being created",
        "409 ActionInProgress; in CloudFormation's API the creation turns back, and the deletion"
        " follows",
    ),
    Choice(
        "ROS API",
        "which operations AllowedStackOperations of CancelStackOperation may name",
        "CreateStack, UpdateStack, DeleteStack and RollbackStack",
    ),
    Choice(
        "CloudFormation API",
        "the code for an operation that does not exist",
        "InvalidAction, 400; one that exists and is not carried out is a ValidationError",
    ),
    Choice(
        "CloudFormation API",
        "what stays when the last change set of a stack in REVIEW_IN_PROGRESS is deleted",
        "the stack, in REVIEW_IN_PROGRESS",
    ),
    Choice(
        "CloudFormation API",
        "how long a ClientRequestToken counts",
        "7 days",
    ),
    Choice(
        "registry type",
        "whether InvalidTypeConfiguration ends an operation for good",
        "it is answered at once, and nothing is tried again",
    ),
)

CHOICES: Final[Sequence[Choice]] = (
    Choice(
        "CopyImage",
        "how long the cloud remembers a ClientToken",
        "an intent without an id is repeated with its token for 10 minutes, then looked for first",
        "IMAGEFERRY_TOKEN_LIFETIME",
    ),
    Choice(
        "CopyImage",
        "how long a new image may stay out of the lists",
        "it is looked for during 5 minutes before the call is made again",
        "IMAGEFERRY_VISIBILITY",
    ),
    Choice(
        "CopyImage",
        'whether an unset "Encrypted" means false or the account\'s default',
        "ALIYUN::ECS::CopyImage does not send it, TF::Alicloud::ImageCopy sends false",
    ),
    Choice(
        "CopyImage",
        "the name of a copy that was given none",
        "the cloud's own choice is taken; the emulator uses the image id",
        "emulator setting default_image_name",
    ),
    Choice(
        "CopyImage",
        "whether a copy inherits the tags of its source",
        "only the tags of the call count; the emulator adds no others",
        "emulator setting inherit_source_tags",
    ),
    Choice(
        "DATASOURCE::ECS::Images",
        "when images are looked for again where RefreshOptions is not given",
        "by every deploy; ROS documents Never, which counts here where it is written",
    ),
    Choice(
        "DATASOURCE::ECS::Images",
        "in which order the images come",
        "the newest first by CreationTime; those of one second by their ids",
    ),
    Choice(
        "CopyImage",
        "which region's limit of five running copies counts",
        "the engine asks for all and waits; the emulator counts the destination's",
        "emulator setting queue_counts",
    ),
    Choice(
        "CopyImage",
        "whether a region runs five copies at once, or one",
        "five, until others are seen to run; only estimates depend on it",
        "IMAGEFERRY_COPY_QUEUE",
    ),
    Choice(
        "CopyImage",
        "what causes OperationDenied.ImageCopyConflict",
        "it means: look for my copy first; the emulator answers it on demand only",
        "emulator setting copy_conflict",
    ),
    Choice(
        "CopyImage",
        "whether a source with an unfinished copy can be deleted",
        "the emulator refuses that",
        "emulator setting source_held_while_copying",
    ),
    Choice(
        "CopyImage",
        "whether snapshot ids are shown while a copy is being made",
        "nothing depends on it; the emulator shows them at the end",
        "emulator setting snapshot_ids_while_creating",
    ),
    Choice(
        "CopyImage",
        "whether an encrypted copy to another region is open to every account",
        "it is tried; the cloud's refusal is shown as it is",
        "emulator setting encrypt_across_regions",
    ),
    Choice(
        "CopyImage",
        "the code for a key that does not exist",
        "the emulator answers 404",
        "emulator setting unknown_key_status",
    ),
    Choice(
        "CopyImage",
        "what a DryRun checks beside key, permission and required parameters",
        "a plan looks at names, sources, regions and the quota it is told itself, and shows what the"
        " DryRun refuses besides; the emulator's checks everything",
        "emulator setting dry_run_checks",
    ),
    Choice(
        "CopyImage",
        "whether a region that is closed to new customers refuses a copy",
        "a plan warns; the emulator refuses it",
        "emulator setting closed_regions",
    ),
    Choice(
        "CancelCopyImage",
        "whether a cancelled copy leaves snapshots behind",
        "the emulator leaves none",
        "emulator setting cancel_leaves_snapshots",
    ),
    Choice(
        "DeleteImage",
        "the answer for an image that is not there",
        "it counts as deleted; the emulator answers success for what once was, and 404 else",
        "emulator setting delete_missing",
    ),
    Choice(
        "DescribeImages",
        "whether a page size over 100 is an error or is cut",
        "100 is never exceeded; the emulator answers an error",
        "emulator setting page_size_over_limit",
    ),
    Choice(
        "quotas",
        "the number of custom images a region may hold",
        "none is assumed unless IMAGEFERRY_IMAGE_QUOTA says it; the emulator's is high",
        "IMAGEFERRY_IMAGE_QUOTA, emulator setting image_quota",
    ),
    Choice(
        "ROS update",
        "whether a replacement deletes or creates first",
        "the new image is made first, then the names are changed, then the old one is deleted",
    ),
    Choice(
        "ALIYUN::ECS::CopyImage",
        "equal regions without AllowCopyInSameRegion",
        "refused before the first call, unless the copy is encrypted",
    ),
    Choice(
        "ALIYUN::ECS::CopyImage",
        "the longest tag key: 64 in old documents, 128 in new ones",
        "128 characters are allowed",
    ),
    Choice(
        "TF::Alicloud::ImageCopy",
        "whether a removed description can be cleared in the cloud",
        "it cannot: the old text stays and the plan says so",
    ),
    Choice(
        "image shares",
        "what becomes of accounts that had the image before the resource",
        "they keep it, whatever becomes of the stack; publicity is set back only where it was set",
    ),
    Choice(
        "ALIYUN::ECS::ImageSharePermission",
        "whether RegionId, which the service's own templates use, is a property",
        "it is; without it the image is in the stack's region",
    ),
    Choice(
        "image families",
        "which of two images of one second a family launches",
        "nobody can tell, so the one that is not current is deprecated as well",
    ),
    Choice(
        "TF::Alicloud::ImageExport",
        "whether the exported objects go with the resource",
        "they stay, and are named: nobody knows who reads them",
    ),
    Choice(
        "ExportImage",
        "in which region a bucket is",
        "the cloud's refusal is shown as it is; the emulated cloud has each in every region",
        "emulator setting buckets_have_regions",
    ),
    Choice(
        "Fn::GetStackOutput",
        "what a CloudFormation template is given for a stack or an output that does not exist",
        "an error at its line; a ROS template is given null, as its reference says",
    ),
    Choice(
        "Fn::GetStackOutput",
        "where the three ROS stacks that may read one from the other are counted",
        "from the stack that is deployed downwards; a circle is refused as well",
    ),
    Choice(
        "Fn::GetAZs",
        "the order of the zones, and the region of an empty text",
        "sorted by id, so that nothing moves between two deploys; the stack's own region",
    ),
    Choice(
        "Export",
        "whether an imported value that will only be known later counts as changed",
        "it does: the update is refused before the first call",
    ),
    Choice(
        "Export",
        "whether a stack that could not be deleted still exports",
        "it does not: half of it may be gone, and a deploy that mends it exports again",
    ),
    Choice(
        "stack policy",
        "what a change asks for that may turn out to replace, and whether ROS judges as"
        " CloudFormation does",
        "both Update:Modify and Update:Replace; it is judged in both alike",
    ),
    Choice(
        "delete",
        "whether a ROS rollback keeps what has the DeletionPolicy Retain",
        "it does, once that was whole; --retain keeps a resource at any deletion in both languages",
    ),
    *_OF_THE_APIS,
)
"""The choices, by subject. The emulator's defaults stand in `imageferry emulator settings`."""
