"""Image families: how many a region may have, and how many images each."""

from __future__ import annotations

from imageferry.emulator.calls import Call
from imageferry.emulator.errors import refusal


def check_family(call: Call, region: str, family: str, image_id: str = "") -> None:
    """Refuse a family that is one too many, or an image that is one too many in it.

    An image that is in the family already takes no new place. ECS reference, ModifyImageAttribute.
    """
    rows = call.world.rows(
        "SELECT family, COUNT(*), SUM(image_id = ?) FROM images"
        " WHERE region = ? AND owner = ? AND family != '' GROUP BY family",
        image_id,
        region,
        call.account,
    )
    known = {name: (number, own) for name, number, own in rows}
    if family not in known:
        if len(known) >= call.choices.family_quota:
            raise refusal("ImageFamilyQuotaFull")
        return
    number, own = known[family]
    if not own and number >= call.choices.family_image_quota:
        raise refusal("ImageQuotaFull.ImageFamily", f"It is {family}.")
