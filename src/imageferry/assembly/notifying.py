"""NotifyChoices, notifier_on: who may be told of stacks' changes, and who tells them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from imageferry.api.ros.notices import notice_of
from imageferry.assembly.house import House
from imageferry.cloud.outlets import Outlet
from imageferry.cloud.posting import HttpPoster
from imageferry.control.notifier import Notifier, Say
from imageferry.ports.posting import Poster


@dataclass(frozen=True, slots=True)
class NotifyChoices:
    """Where notices may be posted: rules of hosts, schemes, and private networks; nowhere at first."""

    hosts: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ("https",)
    private: tuple[str, ...] = ()


NO_NOTICES: Final = NotifyChoices()


def poster_of(choices: NotifyChoices) -> HttpPoster | None:
    """Who posts; None where nothing is posted to anybody."""
    if not choices.hosts:
        return None
    return HttpPoster(Outlet(choices.hosts, choices.schemes, choices.private, os.environ))


def notifier_on(house: House, choices: NotifyChoices, say: Say) -> Notifier | None:
    """Who tells the receivers of a house's stacks; None where nothing is posted to anybody."""
    return notifier_by(house, poster_of(choices), say)


def notifier_by(house: House, poster: Poster | None, say: Say) -> Notifier | None:
    """Who tells them by a poster, in ROS's words."""
    return None if poster is None else Notifier(house.plane.desk, poster, notice_of, say)
