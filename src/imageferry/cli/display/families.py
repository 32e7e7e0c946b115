"""Image families as people see them, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cli.display.painting import Paint
from imageferry.cli.display.rendering import clean, plain, show_duration, show_moment, table
from imageferry.cli.families import FamilyThere
from imageferry.cloud.images import Image
from imageferry.model.families import FamilyRecord
from imageferry.model.values import Json

_LIST: tuple[str, ...] = ("FAMILY", "REGION", "CURRENT", "IMAGES", "BACK TO", "STACK")
