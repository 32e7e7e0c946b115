"""The one tag of ours, and how many tags a thing may have: light, as rules need them, too."""

from __future__ import annotations

from typing import Final

LINEAGE_KEY: Final = "imageferry:lineage"
"""The one tag of ours, by which a thing is found again."""
KEEP_KEY: Final = "imageferry:keep"
"""The tag that others put on an image so that nothing retires it: no drift, and never taken off."""
MOST_TAGS: Final = 20
