"""ACTIONS: every action of the ROS API that is served, with its parameters and the role it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.api.ros.asked import Row

ACTIONS: Final[Mapping[str, Row]] = {}
