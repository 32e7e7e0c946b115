"""Regions as people give them: refused where they can be none, doubted where nobody knows them."""

from __future__ import annotations

from collections.abc import Iterator

from imageferry.cli.refusals import misuse
from imageferry.cloud.regions import ALIASES, is_region, is_well_formed, nearest_region
from imageferry.model.diagnostics import Diagnostic, warning


def check_region(region: str) -> None:
    """Refuse what cannot be a region; one that is only unknown may be new."""
    if is_region(region) or (is_well_formed(region) and region not in ALIASES):
        return
    near = nearest_region(region)
    raise misuse(
        "IF823",
        f'"{region}" is no region of Alibaba Cloud',
        why="a region id looks like cn-hangzhou or ap-southeast-1",
        remedy=f'did you mean "{near}"?' if near else '"imageferry doctor" counts the regions',
    )


def doubts_of_region(region: str) -> Iterator[Diagnostic]:
    """A word on a region that nobody knows."""
    if not region or is_region(region):
        return
    near = nearest_region(region)
    yield warning(
        "IF823",
        f'"{region}" is no region that is known here',
        why="the list of regions that comes with this version does not have it",
        remedy=f'did you mean "{near}"?' if near else "",
    )
