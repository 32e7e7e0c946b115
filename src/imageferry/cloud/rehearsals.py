"""Calls as dry runs, which begin nothing: CopyImage, and any other that has one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from imageferry.cloud.client import Action, Client
from imageferry.cloud.ecs import CopyRequest, cancel_copy_image, copy_parameters
from imageferry.cloud.errors import CloudError, ErrorClass

# Without a token a second one could begin a second copy where dry runs are not known.
_COPY_IMAGE: Final = Action("CopyImage", repeatable=False)

# ECS reference, CopyImage, DryRun: a request that would succeed is answered by an error as well.
# ImportImage has a code of its own.
_PASSED: Final = frozenset({"DryRunOperation", "DRYRUN.SUCCESS"})
_PASSED_SAYS: Final = "validation has been passed with dryrun flag set"


IGNORED: Final = "DryRunIgnored"
"""The code of what was carried out although it was to be a dry run."""


async def rehearse_copy(client: Client, wanted: CopyRequest) -> None:
    """Ask whether a copy would be begun, without its token, and begin none.

    Raises the CloudError with which it would be refused, or UNCERTAIN `DryRunIgnored` where the
    address that was asked knows no dry run; what it has begun instead is cancelled at once.
    """
    try:
        parameters = {**copy_parameters(wanted), "DryRun": True}
        reply = await client.call(_COPY_IMAGE, wanted.source_region, parameters)
    except CloudError as error:
        if _has_passed(error):
            return
        raise
    image_id = reply.get("ImageId")
    said = "the address that was asked knows no dry run"
    if isinstance(image_id, str) and image_id:
        region = wanted.destination_region
        said += f", and began {image_id} in {region}"
        try:
            await cancel_copy_image(client, region, image_id)
            said += ", which was cancelled"
        except CloudError as error:
            said += f", which could not be cancelled ({error.code})"
    raise _ignored(_COPY_IMAGE, wanted.source_region, said)


Undo = Callable[[Mapping[str, Any]], Awaitable[str]]
"""Takes back, by the reply to it, what a call has begun that was to be a dry run; what it tells is for
people. Raises CloudError."""


async def rehearse(
    client: Client, name: str, region: str, parameters: Mapping[str, Any], undo: Undo
) -> None:
    """Ask whether a call of ECS would be carried out, without its token, and carry out none.

    Raises as `rehearse_copy` does; what was begun all the same is undone at once.
    """
    # Without a token a second one could begin a second thing where dry runs are not known.
    action = Action(name, repeatable=False)
    try:
        reply = await client.call(action, region, {**parameters, "DryRun": True})
    except CloudError as error:
        if _has_passed(error):
            return
        raise
    said = "the address that was asked knows no dry run, and carried the call out"
    try:
        said += f"; {await undo(reply)}"
    except CloudError as error:
        said += f", which could not be undone ({error.code})"
    raise _ignored(action, region, said)


def _has_passed(error: CloudError) -> bool:
    return error.code in _PASSED or _PASSED_SAYS in error.message.lower()


def _ignored(action: Action, region: str, said: str) -> CloudError:
    return CloudError(IGNORED, said, ErrorClass.UNCERTAIN, action=action.name, region=region)
