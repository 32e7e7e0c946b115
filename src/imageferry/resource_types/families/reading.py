"""Reading a family: which image launches from it, and which of its members are in it."""

from __future__ import annotations

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.cloud.families import launching
from imageferry.cloud.images import ImageLoader
from imageferry.model.handlers import Done, ErrorCode, Failed, HandlerRequest, Symptom
from imageferry.model.values import Value
from imageferry.resource_types.families.looking import look_at_family
from imageferry.resource_types.families.records import recorded_current
from imageferry.resource_types.families.wanted import read_wanted
from imageferry.resource_types.handling.faults import failed

_NONE = "none"


async def read_family(
    client: Client, loader: ImageLoader, request: HandlerRequest
) -> Done | Failed:
    """Look at a family: one page of its images, and those that are wanted and not in it.

    A member that is aside because it is shared counts as one that is in it. Where the newest is to
    be current, another one that launches is a symptom: no property names it.
    """
    wanted = read_wanted(request.properties, request.region)
    try:
        membership = await look_at_family(client, loader, wanted)
    except CloudError as error:
        return failed(error, request.context)
    if all(one.family != wanted.family for one in membership.members.values()):
        words = f'no image of the family "{wanted.family}" is in {wanted.region} any longer'
        return Failed(ErrorCode.NOT_FOUND, words)
    there = {**membership.strangers, **membership.members}
    found = launching(wanted.family, there.values(), wanted.members)
    launches = None if found is None else found.image_id
    observed: dict[str, Value] = {
        "ImageIds": [
            one
            for one, image in membership.members.items()
            if one in wanted.listed and image.family in {wanted.family, wanted.aside}
        ],
        "CurrentImageId": launches,
    }
    symptoms: tuple[Symptom, ...] = ()
    expected = recorded_current(request.attributes)
    if wanted.current is None and expected is not None and launches != expected:
        symptoms = (Symptom("current", expected, launches or _NONE, "CurrentImageId"),)
    return Done(request.physical_id, dict(request.attributes), observed=observed, symptoms=symptoms)
