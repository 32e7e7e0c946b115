"""Preview: what a planned change means for the images of the cloud, as far as it is known; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from imageferry.model.changes import Action
from imageferry.model.forecasts import Proposal
from imageferry.model.handlers import HandlerAction, HandlerRequest
from imageferry.model.stacks import Resource
from imageferry.model.values import is_known
from imageferry.resource_types.image_copies.lineage import identity_of
from imageferry.resource_types.image_copies.wanted import View, WantedCopy
from imageferry.resource_types.image_copies.words import Words


class Deed(Enum):
    """What becomes of images: one is made, made anew in another's place, renamed, removed."""

    MAKE = "make"
    RENEW = "renew"
    RENAME = "rename"
    REMOVE = "remove"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Preview:
    """A proposal understood. `unknown` are the names of properties that are known only later.

    `wanted` is read from the known ones, so a part of it counts only where its property is known;
    `former` and `former_id` are the image that is recorded at present.
    """

    proposal: Proposal
    deed: Deed
    wanted: WantedCopy | None = None
    unknown: frozenset[str] = frozenset()
    former: WantedCopy | None = None
    former_id: str | None = None

    def knows(self, *names: str | None) -> bool:
        """True where none of these properties is known only later."""
        return not any(name in self.unknown for name in names if name is not None)

    @property
    def copies(self) -> bool:
        """True where a copy is made."""
        makes = self.deed in {Deed.MAKE, Deed.RENEW}
        return makes and self.wanted is not None and not self.wanted.copies_nothing

    @property
    def removes(self) -> str | None:
        """The id of the image that goes, where it is known and one of ours."""
        is_own = self.former is not None and not self.former.copies_nothing
        goes = self.deed in {Deed.REMOVE, Deed.RENEW} or self.proposal.repairs
        return self.former_id if is_own and goes else None


def understood(view: View, proposal: Proposal) -> Preview:
    """What a proposal means for the images of the cloud."""
    resource = proposal.resource
    former: WantedCopy | None = None
    former_id: str | None = None
    if resource is not None:
        former = view.wanted(resource.properties, proposal.region)
        former_id = recorded_image(view, proposal.region, resource)
    if proposal.action is Action.DELETE:
        return Preview(proposal, Deed.REMOVE, former=former, former_id=former_id)
    known = {name: value for name, value in proposal.properties.items() if is_known(value)}
    unknown = frozenset(proposal.properties.keys() - known.keys())
    wanted = view.wanted(known, proposal.region)
    deed = _deed(view, proposal, wanted, former, unknown)
    return Preview(proposal, deed, wanted, unknown, former, former_id)


def _deed(
    view: View,
    proposal: Proposal,
    wanted: WantedCopy,
    former: WantedCopy | None,
    unknown: frozenset[str],
) -> Deed:
    match proposal.action:
        case Action.CREATE:
            return Deed.MAKE
        case Action.REPLACE:
            return Deed.MAKE if proposal.repairs or former is None else Deed.RENEW
        case Action.UPDATE:
            if former is None:
                return Deed.NOTHING
            words = view.words
            made_of = {words.source_id, words.source_region, words.encrypted, words.key_id}
            if view.renews and not unknown & made_of and identity_of(wanted) != identity_of(former):
                return Deed.RENEW
            return Deed.RENAME if wanted.name not in {None, former.name} else Deed.NOTHING
        case Action.DELETE | Action.MOVE | Action.ADOPT | Action.NONE:
            return Deed.NOTHING


def recorded_image(view: View, region: str, resource: Resource) -> str | None:
    """The id of the image that a resource of a stack in `region` stands for."""
    return view.recorded_id(
        HandlerRequest(
            action=HandlerAction.READ,
            type_name=resource.type_name,
            address=str(resource.address),
            stack_id="",
            stack_name="",
            region=region,
            installation="",
            operation_id="",
            token="",
            now=0.0,
            intended_at=0.0,
            physical_id=resource.physical_id,
            properties=resource.properties,
            attributes=resource.attributes,
        )
    )


def calls_in_place(view: View, preview: Preview) -> int:
    """Calls that an image takes to be brought in line as it is: a look before each, and one first.

    What is known only later counts as changed.
    """
    before, wanted = preview.former, preview.wanted
    if preview.proposal.action is not Action.UPDATE or before is None or wanted is None:
        return 0
    words = view.words
    former, coming = dict(before.tags), dict(wanted.tags)
    is_open = not preview.knows(words.tags)
    changes = (
        "tags" in view.editable and bool(former.keys() - coming.keys()) and not is_open,
        "tags" in view.editable and (is_open or bool(coming.items() - former.items())),
        any(
            part in view.editable and (not preview.knows(word) or new not in {None, old})
            for part, word, old, new in (
                ("name", words.name, before.name, wanted.name),
                ("description", words.description, before.description, wanted.description),
            )
        ),
        not preview.knows(words.resource_group)
        or wanted.resource_group not in {None, before.resource_group},
    )
    return 1 + 2 * sum(changes) if any(changes) else 0


def property_word(words: Words, cloud_code: str) -> str:
    """The property that a refusal of CopyImage is about, empty where that cannot be told."""
    found = next((part for part in _PARTS if part in cloud_code), None)
    return (getattr(words, _PARTS[found]) or "") if found is not None else ""


# Parts of the codes that ECS documents for CopyImage; the first that fits counts.
_PARTS: Mapping[str, str] = {
    "SourceRegion": "source_region",
    "DestinationRegion": "region",
    "RegionNotSupportCopy": "region",
    "KMS": "key_id",
    "Kms": "key_id",
    "Encrypt": "encrypted",
    "ImageName": "name",
    "Description": "description",
    "Tag": "tags",
    "InvalidImageId": "source_id",
    "ImageStatus": "source_id",
    "SizeExceed": "source_id",
    "SameRegionOnly": "source_id",
    "CommunityImage": "source_id",
}


NAMED: Final = frozenset({Deed.MAKE, Deed.RENEW, Deed.RENAME})
"""What changes need their wanted name."""


def own_images(preview: Preview) -> tuple[str | None, ...]:
    """The images whose names fall free for this change before it needs them."""
    takes_over = preview.deed in {Deed.RENAME, Deed.RENEW} or preview.proposal.repairs
    return (preview.former_id,) if takes_over else ()
