"""Sources: the images that copies were made from, as they were seen a moment ago."""

from __future__ import annotations

from typing import Final

from imageferry.cloud.images import Image, ImageLoader

_FRESH: Final = 60.0
"""Seconds for which a look at a source counts: the copies of one source end by the hundred."""
_MOST: Final = 1000


class Sources:
    """Looks at sources; those that ask within a minute share one look."""

    def __init__(self, loader: ImageLoader) -> None:
        self._loader = loader
        self._seen: dict[tuple[str, str], tuple[float, Image | None]] = {}

    async def look(self, region: str, image_id: str, now: float) -> Image | None:
        """The source as it is, or was less than a minute ago; None where it is gone.

        `now` is in seconds since 1970. Raises CloudError.
        """
        key = (region, image_id)
        seen = self._seen.get(key)
        if seen is not None and 0 <= now - seen[0] < _FRESH:
            return seen[1]
        image = await self._loader.look(region, image_id)
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[key] = (now, image)
        return image
