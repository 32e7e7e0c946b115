"""Every published region has a name in each language, and no two share one."""

from __future__ import annotations

from imageferry.cloud.region_names import region_names
from imageferry.cloud.regions import REGIONS


def test_each_region_has_its_own_names() -> None:
    names = region_names()
    assert tuple(one.region for one in names) == REGIONS
    for language in ("chinese", "english", "japanese"):
        words = [getattr(one, language) for one in names]
        assert all(words) and len(set(words)) == len(words)
