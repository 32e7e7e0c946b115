"""CHINESE: the console's words in Chinese, by what they are in English."""

from __future__ import annotations

from typing import Final

from imageferry.console.languages.chinese.changes import CHANGES
from imageferry.console.languages.chinese.deeds import DEEDS
from imageferry.console.languages.chinese.frame import FRAME
from imageferry.console.languages.chinese.images import IMAGES
from imageferry.console.languages.chinese.stacks import STACKS

CHINESE: Final[dict[str, str]] = {
    **FRAME,
    **IMAGES,
    **STACKS,
    **DEEDS,
    **CHANGES,
}
