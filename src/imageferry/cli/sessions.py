"""Session: a command with its house open, from flags to an exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import click

from imageferry import assembly, settings
from imageferry.cli.exits import ExitCode
from imageferry.cli.faults import misuse
from imageferry.cli.flags import Flags
from imageferry.cli.screens import Screen, open_screen
from imageferry.cli.views import cloud_line
from imageferry.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with: the open house, its settings, and the screen."""

    house: assembly.House
    settings: Settings
    screen: Screen

    def greet(self, region: str = "") -> None:
        """The first line: which cloud it is."""
        place = self.house.plane.place
        self.screen.say(
            cloud_line(place.cloud, place.account_id, region, self.settings.ecs_endpoint or "")
        )


SessionDeed = Callable[[Session], Awaitable[ExitCode]]


def settings_of(flags: Flags) -> Settings:
    """The settings as flags, environment and defaults say."""
    return settings.resolve({"cloud": flags.cloud, "region": flags.region}, os.environ)


def screen_of(flags: Flags) -> Screen:
    """The screen as the flags ask for."""
    return open_screen(as_json=flags.as_json, no_color=flags.no_color, debug=flags.debug)


def open_log(flags: Flags) -> None:
    """Let the log go where the flags say: to a file, to stderr, or nowhere."""
    log = logging.getLogger("imageferry")
    log.handlers.clear()
    log.propagate = False
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.DEBUG)
    handlers: list[logging.Handler] = []
    if flags.log_file is not None:
        try:
            handlers.append(logging.FileHandler(flags.log_file, encoding="utf-8"))
        except OSError as fault:
            raise misuse(
                "IF814",
                f'the log file "{flags.log_file}" cannot be written',
                why=str(fault.strerror).lower(),
                remedy="name a file in a folder that exists and may be written to",
            ) from None
    if flags.debug:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)


def need_region(chosen: Settings) -> str:
    """The region of the settings; without one there is no place for a stack."""
    if not chosen.region:
        raise misuse(
            "IF809",
            "no region is given",
            why="a stack belongs to a cloud, an account and a region",
            remedy="give --region cn-hangzhou, or set ALIBABA_CLOUD_REGION_ID",
        )
    return chosen.region


def run(flags: Flags, deed: SessionDeed, *, region_needed: bool = False) -> None:
    """Open the house, do the deed, close the house, and exit with the deed's code."""
    open_log(flags)
    chosen = settings_of(flags)
    if region_needed:
        need_region(chosen)
    code = asyncio.run(_in_house(chosen, screen_of(flags), deed))
    click.get_current_context().exit(code)


async def _in_house(chosen: Settings, screen: Screen, deed: SessionDeed) -> ExitCode:
    async with assembly.open_house(chosen) as house:
        return await deed(Session(house, chosen, screen))
