"""Objections to a copy that is planned, from what its source and destination look like now; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.cloud.images import Image
from imageferry.cloud.shelves import Seen
from imageferry.model.forecasts import Doubt, Objection
from imageferry.resource_types.handling.faults import CONFLICTS, REMEDIES
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, origin_of
from imageferry.resource_types.image_copies.foresight.grounds import Ground
from imageferry.resource_types.image_copies.foresight.previews import (
    NAMED,
    Deed,
    Preview,
    own_images,
    property_word,
)
from imageferry.resource_types.image_copies.wanted import WantedCopy
from imageferry.resource_types.image_copies.words import Words

LARGEST_GIB: Final = 2048
"""ECS guide, copying images: above 2 TiB another way is needed."""

# The deploy waits for what these codes speak of, so they are no refusal for good.
_PASSING: Final = CONFLICTS | {
    "OperationDenied.ImageCopyConflict",
    "OperationDenied.ImageCopying",
    "IncorrectImageStatus",
}
_NOT_ASKED: Final = frozenset({"NotTrusted", "MissingParameter", "Throttling.Local"})
NAME_TAKEN: Final = "InvalidImageName.Duplicated"


def of_place(region: str, prop: str, fault: CloudError, what: str) -> Objection:
    """What it means that a region gave no list of its images."""
    if fault.code.startswith("InvalidRegionId") and fault.kind is ErrorClass.REFUSED:
        return Objection(
            Doubt.REFUSED,
            f"the {what} region {region} does not exist, is closed, or is not open to this account",
            why=f"the cloud answers {fault.code} there",
            remedy="choose another region, or have this one opened to the account",
            property_name=prop,
            cloud_code=fault.code,
        )
    return Objection(
        Doubt.UNCHECKED,
        f"the {what} region {region} could not be looked at ({fault.code})",
        why=fault.message.rstrip(". "),
        remedy="plan again once it answers; the copy itself waits for it",
        property_name=prop,
        cloud_code=fault.code,
    )


def of_listing(region: str, prop: str, words: Mapping[str, str]) -> Objection | None:
    """What the account's own list of regions says of a destination."""
    if not words or words.get(region, "gone") in {"", "available"}:
        return None
    is_listed = region in words
    said = f"is {words[region]}" if is_listed else "is not among the account's regions"
    return Objection(
        Doubt.POSSIBLE,
        f"the destination region {region} {said}",
        why="a region that is closed takes no new images, and some need an entitlement",
        remedy="choose another region unless copies are known to work there",
        property_name=prop,
        cloud_code="RegionNotSupportCopy",
    )


def of_source(wanted: WantedCopy, seen: Seen | None, words: Words) -> list[Objection]:
    """What is wrong with the source image of a copy: every fault."""
    called = f"the source image {wanted.source_id} in {wanted.source_region}"
    if seen is None:
        return [
            _refused(
                f"there is no image {wanted.source_id} in {wanted.source_region}"
                " that this account can see",
                "InvalidImageId.NotFound",
                words.source_id,
            )
        ]
    image = seen.image
    found = [*_of_owner(image, called, words), *_of_status(image, called, words)]
    if image.is_encrypted and wanted.encrypted is False:
        found.append(
            _refused(f"{called} is encrypted, and the copy shall not be",
                     "OperationDeined.EncryptedSnapshot", words.encrypted)
        )  # fmt: skip
    if seen.gib is not None and seen.gib > LARGEST_GIB:
        found.append(
            _refused(
                f"{called} has {seen.gib} GiB, and {LARGEST_GIB} GiB is the most that is copied",
                "SizeExceed.Image",
                words.source_id,
                "copy its snapshots instead",
            )
        )
    return found


def _of_owner(image: Image, called: str, words: Words) -> list[Objection]:
    if image.owner == "system":
        remedy = "make a custom image of it first"
        message = f"{called} is the cloud's own"
        return [_refused(message, "OperationDenied", words.source_id, remedy)]
    if image.owner not in {"others", "marketplace"}:
        return []
    return [
        Objection(
            Doubt.POSSIBLE,
            f"{called} belongs to another account",
            why="only custom images of the own account are sure to be copied",
            remedy="let its owner copy it, and share the copy",
            property_name=words.source_id,
            cloud_code="OperationDenied.SameRegionOnly",
        )
    ]


def _of_status(image: Image, called: str, words: Words) -> list[Objection]:
    code = "IncorrectImageStatus"
    if image.status == "Available":
        return []
    if image.status in {"Creating", "Waiting"}:
        return [
            Objection(
                Doubt.POSSIBLE,
                f"{called} is {image.status}",
                why="only an Available image can be copied; the deploy waits up to six hours for it",
                property_name=words.source_id,
                cloud_code=code,
            )
        ]
    remedy = "only an Available image can be copied: give the id of one that is"
    return [_refused(f"{called} is {image.status}", code, words.source_id, remedy)]


def _refused(message: str, code: str, prop: str, remedy: str = "") -> Objection:
    return Objection(
        Doubt.REFUSED,
        message,
        why=f"the cloud answers {code}",
        remedy=remedy or REMEDIES.get(code, ""),
        property_name=prop,
        cloud_code=code,
    )


def of_dry_run(fault: CloudError, words: Words) -> Objection:
    """What the answer to a dry run means."""
    prop = property_word(words, fault.code)
    said = f"{fault.message.rstrip('. ')} ({fault.code})"
    if fault.is_passing or fault.code in _NOT_ASKED or "DryRun" in fault.code:
        return Objection(
            Doubt.UNCHECKED,
            f"the copy could not be tried out in {fault.region}: {said}",
            remedy="plan again later, or deploy: the copy itself is tried until it gets an answer",
            cloud_code=fault.code,
        )
    doubt = Doubt.POSSIBLE if fault.code in _PASSING else Doubt.REFUSED
    return Objection(
        Doubt.NAME_TAKEN if fault.code == NAME_TAKEN else doubt,
        f"CopyImage in {fault.region}: {said}",
        why="so the cloud answers when it is asked to check the call and not to carry it out",
        remedy=REMEDIES.get(fault.code, ""),
        property_name=prop,
        cloud_code=fault.code,
    )


@dataclass(frozen=True, slots=True)
class Handovers:
    """What the other changes of the same plan do to names.

    `leaving` and `renamed` give the address that removes or renames an image by its id; `wishes`
    the address that wants a region's name first.
    """

    leaving: Mapping[str, str]
    renamed: Mapping[str, str]
    wishes: Mapping[tuple[str, str], str]


def handovers_of(previews: Sequence[Preview]) -> Handovers:
    """What all changes of a plan do to names."""
    leaving: dict[str, str] = {}
    renamed: dict[str, str] = {}
    wishes: dict[tuple[str, str], str] = {}
    for preview in previews:
        address, wanted, former = str(preview.proposal.address), preview.wanted, preview.former
        if preview.former_id is not None and preview.deed is Deed.REMOVE:
            leaving[preview.former_id] = address
        if preview.former_id is not None and wanted is not None and former is not None:
            gives_up = preview.deed in {Deed.RENAME, Deed.RENEW} and wanted.name != former.name
            if gives_up and wanted.region == former.region:
                renamed[preview.former_id] = address
        if wanted is not None and wanted.name is not None and preview.deed in NAMED:
            wishes.setdefault((wanted.region, wanted.name), address)
    return Handovers(leaving, renamed, wishes)


def of_name(
    preview: Preview, ground: Ground, handovers: Handovers, words: Words, installation: str
) -> list[Objection]:
    """Why the wanted name cannot be had, from what holds it now and who else wants it."""
    wanted = preview.wanted
    if wanted is None or wanted.name is None or preview.deed not in NAMED:
        return []
    if wanted.copies_nothing or not preview.knows(words.name, words.region):
        return []
    address, name, region = str(preview.proposal.address), wanted.name, wanted.region
    first = handovers.wishes.get((region, name), address)
    if first != address:
        return [_taken(f'the name "{name}" is wanted in {region} by "{first}", too', words)]
    if name in ground.unread:
        return [
            Objection(
                Doubt.UNCHECKED,
                f'whether the name "{name}" is taken in {region} could not be looked up',
                property_name=words.name,
            )
        ]
    holders = ground.holders(name, own_images(preview))
    if not holders:
        return []
    holder = holders[0].image
    taken = f'the name "{name}" is taken in {region} by {holder.image_id}'
    if holder.image_id in handovers.leaving:
        gone = handovers.leaving[holder.image_id]
        return [
            _taken(
                f'{taken}, the image of "{gone}" that this plan deletes',
                words,
                why="images are deleted last, once everything new is there",
                remedy="choose another name, or deploy without that image first",
            )
        ]
    if holder.image_id in handovers.renamed:
        other = handovers.renamed[holder.image_id]
        return [
            Objection(
                Doubt.POSSIBLE,
                f'{taken}, the image of "{other}" that this plan renames',
                why="which of the two changes comes first is not settled",
                remedy=f'let this one depend on "{other}", or deploy in two steps',
                property_name=words.name,
                cloud_code=NAME_TAKEN,
            )
        ]
    kin = kinship(holder.tags.get(LINEAGE_KEY), installation)
    return [_taken(f"{taken}, {kin}", words)]


def kinship(lineage: str | None, installation: str) -> str:
    """Whose image it is, as far as its lineage tells."""
    origin = origin_of(lineage or "")
    if origin is None:
        return "which imageferry did not make"
    if origin.installation == installation:
        return "which this installation has made"
    return "which another installation of imageferry has made"


def _taken(message: str, words: Words, *, why: str = "", remedy: str = "") -> Objection:
    return Objection(
        Doubt.NAME_TAKEN,
        message,
        why=why or "two images of one region cannot have the same name",
        remedy=remedy or REMEDIES[NAME_TAKEN],
        property_name=words.name,
        cloud_code=NAME_TAKEN,
    )


def of_quota(ground: Ground, coming: int, quota: int) -> Objection | None:
    """Whether one more image still fits under the quota that was given; `coming` before it."""
    if not quota or ground.total is None or ground.total + coming < quota:
        return None
    return Objection(
        Doubt.REFUSED,
        f"the quota of {quota} custom images in {ground.region} is used up: {ground.total} are there"
        + (f", and {coming} of this plan come first" if coming else ""),
        why="IMAGEFERRY_IMAGE_QUOTA says how many the account may have in a region",
        remedy=REMEDIES["QuotaExceed.Image"],
        cloud_code="QuotaExceed.Image",
    )
