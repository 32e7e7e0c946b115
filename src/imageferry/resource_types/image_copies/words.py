"""Words: the names that a type gives to the parts of an image."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """The names that a type gives to the parts of an image; None or empty where it has none.

    `old_name` is an older word for `name`. `tells_same_region`: the type has a property that allows
    equal regions. `made_of` are the properties that say what an image is made of that is no copy.
    """

    source_id: str
    source_region: str
    region: str | None
    name: str
    description: str
    encrypted: str
    key_id: str
    tags: str
    tag_key: str
    tag_value: str
    same_region: str = ""
    timeouts: str = ""
    tells_same_region: bool = False
    old_name: str = ""
    resource_group: str = ""
    family: str = ""
    boot_mode: str = ""
    made_of: tuple[str, ...] = ()
