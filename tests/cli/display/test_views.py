"""What `show` says of things that were left over."""

from __future__ import annotations

import pytest

from imageferry.cli.display.views import leftover_words
from imageferry.model.values import Json


@pytest.mark.parametrize(
    ("leftover", "says"),
    [
        ({"instance_id": "i-1", "identity": "1b49"}, "instance i-1"),
        ({"image_id": "m-1", "region": "cn-beijing", "given": True}, "image m-1 in cn-beijing"),
        ({"image_id": "m-\x1b[1m1"}, "image m-\\x1b[1m1"),
        ({"bucket": "b", "key": "k"}, '{"bucket": "b", "key": "k"}'),
        ({"image_id": None}, '{"image_id": null}'),
    ],
    ids=["an instance", "an image", "control characters", "a type without ids", "no id"],
)
def test_leftovers_are_told_by_their_ids(leftover: dict[str, Json], says: str) -> None:
    assert leftover_words(leftover) == says
