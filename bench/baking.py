"""What whole pipelines cost, and looks at many images: a query, and a verification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures import Figure, fresh_home
from imageferry.model.verifications import VerificationStatus
from imageferry.testing import run_virtually
from templates import copies, pipelines, query
from virtual import Spending, carry_out, deploy, spending, spent_figure, virtual_house

PIPELINES = 20
"""Each is an instance, an image of it, two copies of that, and a share of one: 100 resources."""
IMAGES = 1000
FOUND = 500
"""As many as one query may find."""
_PLACE = "cn-shanghai"


def measure() -> Iterator[Figure]:
    """Pipelines made and unmade, then hundreds of images of one region looked at."""
    with fresh_home() as home:
        baked, gone = run_virtually(_baked(home))
    each = f"of {PIPELINES} pipelines, 100 resources"
    yield spent_figure(f"deploy {each}, virtual time", baked)
    yield spent_figure(f"delete {each}, virtual time", gone)
    with fresh_home() as home:
        asked, verified = run_virtually(_looked(home))
    yield spent_figure(f"deploy of a query that finds {FOUND} images", asked)
    yield spent_figure(f"verify of {IMAGES:,} copies in one region", verified)


async def _baked(home: Path) -> tuple[Spending, Spending]:
    async with virtual_house(home) as house:
        with spending(house) as baked:
            await deploy(house, pipelines(PIPELINES))
        with spending(house) as gone:
            stack = await house.plane.find("bench")
            await carry_out(house, await house.plane.plan_delete(stack))
    return baked, gone


async def _looked(home: Path) -> tuple[Spending, Spending]:
    async with virtual_house(home, 0.01) as house:
        await deploy(house, copies(FOUND, (_PLACE,)), "few")
        with spending(house) as asked:
            await deploy(house, query("few-*"), "query", _PLACE)
        await deploy(house, copies(IMAGES, (_PLACE,)), "many")
        with spending(house) as verified:
            found = await house.plane.verify(await house.plane.find("many"))
        if found.status is not VerificationStatus.VERIFIED or len(found.resources) != IMAGES:
            raise RuntimeError(f"{len(found.resources)} were looked at: {found.status}")
    return asked, verified
