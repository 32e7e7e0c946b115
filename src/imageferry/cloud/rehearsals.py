"""rehearse_copy(client, wanted): CopyImage as a dry run, which begins nothing."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.client import Action, Client
from imageferry.cloud.ecs import CopyRequest, cancel_copy_image, copy_parameters
from imageferry.cloud.errors import CloudError, ErrorClass

# Without a token a second one could begin a second copy where dry runs are not known.
_COPY_IMAGE: Final = Action("CopyImage", repeatable=False)

# ECS reference, CopyImage, DryRun: a request that would succeed is answered by an error as well.
_PASSED: Final = "DryRunOperation"
_PASSED_SAYS: Final = "validation has been passed with dryrun flag set"


async def rehearse_copy(client: Client, wanted: CopyRequest) -> None:
    """Ask whether a copy would be begun, without its token, and begin none.

    Raises the CloudError with which it would be refused, or UNCERTAIN `DryRunIgnored` where the
    address that was asked knows no dry run; what it has begun instead is cancelled at once.
    """
    try:
        parameters = {**copy_parameters(wanted), "DryRun": True}
        reply = await client.call(_COPY_IMAGE, wanted.source_region, parameters)
    except CloudError as error:
        if error.code == _PASSED or _PASSED_SAYS in error.message.lower():
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
    raise CloudError(
        "DryRunIgnored",
        said,
        ErrorClass.UNCERTAIN,
        action=_COPY_IMAGE.name,
        region=wanted.source_region,
    )
