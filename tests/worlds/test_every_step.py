"""A crash or a pause at every single write and call of a few stories, one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worlds.language import World
from tests.worlds.ships import Fate

RENEWED = {"One": {"name": "golden", "encrypted": True}}
QUICK = {"speed": 4000.0}
"""So that few of the steps are looks at a copy under way."""
STORIES = {
    "create": World(settings=QUICK)
    .deploy("cn-shanghai", "cn-beijing")
    .expect(status="CREATED", copies=2),
    "turned back": (
        World(settings=QUICK)
        .deploy("cn-shanghai", "cn-beijing")
        .options("rollback")
        .fault("copy_fails", region="cn-beijing", percent=50)
        .expect(status="CREATE_ROLLED_BACK", copies=0)
    ),
    "renewed": (
        World(language="cfn", settings=QUICK)
        .deploy(singles={"One": {"name": "golden"}})
        .deploy(singles=RENEWED)
        .expect(status="UPDATED", copies=1)
    ),
    "replaced": (
        World(settings=QUICK)
        .deploy({"region": "cn-shanghai"}, "cn-beijing")
        .deploy({"region": "cn-shanghai", "encrypted": True}, "cn-beijing")
        .options(replaces=True)
        .expect(status="UPDATED", copies=2)
    ),
    "deleted": (
        World(settings=QUICK)
        .deploy("cn-shanghai", "cn-beijing")
        .delete()
        .expect(status="DELETED", copies=0)
    ),
}
ENDS = {"crash": (0.0, 60.0), "crash and nobody for long": (0.0, 4000.0), "pause": (300.0, 0.0)}
BEYOND = 400
"""No story has more writes or calls than this."""


def struck(story: World, fate: Fate, away: float) -> World:
    """The story with its last step struck."""
    last = replace(story.legs[-1], fates=(fate,), absences=(away,))
    return replace(story, legs=(*story.legs[:-1], last))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["call", "write"])
@pytest.mark.parametrize("name", STORIES)
def test_at_every_step(name: str, kind: str, end: str) -> None:
    pause, away = ENDS[end]
    wrongs: list[str] = []
    points = 0
    for at in range(1, BEYOND):
        met = 0
        for after in (False, True):
            fate = Fate(kind, at, after, pause)
            passage = struck(STORIES[name], fate, away).sail()
            met += passage.met[fate.name]
            wrongs += [f"{fate.name} {at}: {wrong}" for wrong in passage.wrongs]
        points += met
        if not met:
            break
    assert not wrongs, "\n".join(wrongs)
    assert points >= 6
