"""Session: a command with its house open, from flags to an exit code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import click

from imageferry import settings
from imageferry.assembly.house import House, open_house
from imageferry.cli.display.views import cloud_line
from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Flags
from imageferry.cli.logs import begin
from imageferry.cli.refusals import misuse
from imageferry.cli.regions import check_region, doubts_of_region
from imageferry.cli.screens import Screen
from imageferry.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with: the open house, its settings, and the screen.

    `flagged_region` is the region of `--region`, None where only the environment names one.
    """

    house: House
    settings: Settings
    screen: Screen
    flagged_region: str | None = None

    def greet(self, region: str = "") -> None:
        """The first line: which cloud it is; and a word on a region that nobody knows."""
        place = self.house.plane.place
        self.screen.say(
            cloud_line(place.cloud, place.account_id, region, self.settings.ecs_endpoint or "")
        )
        self.screen.diagnose(doubts_of_region(region))


SessionDeed = Callable[[Session], Awaitable[ExitCode]]


def settings_of(flags: Flags) -> Settings:
    """The settings as flags, environment and defaults say."""
    return settings.resolve({"cloud": flags.cloud, "region": flags.region}, os.environ)


def need_region(chosen: Settings) -> str:
    """The region of the settings; without one there is no place for a stack."""
    if not chosen.region:
        raise misuse(
            "IF809",
            "no region is given",
            why="a stack belongs to a cloud, an account and a region",
            remedy="give --region cn-hangzhou, or set ALIBABA_CLOUD_REGION_ID",
        )
    check_region(chosen.region)
    return chosen.region


def run(flags: Flags, deed: SessionDeed) -> None:
    """Open the house, do the deed, close the house, and exit with the deed's code."""
    screen = begin(flags)
    chosen = settings_of(flags)
    code = asyncio.run(_in_house(chosen, screen, flags.region, deed))
    click.get_current_context().exit(code)


async def _in_house(
    chosen: Settings, screen: Screen, region: str | None, deed: SessionDeed
) -> ExitCode:
    async with open_house(chosen) as house:
        return await deed(Session(house, chosen, screen, region))
