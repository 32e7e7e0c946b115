"""Plain lines: what is said where there is no terminal, and how often."""

from __future__ import annotations

import io

from imageferry.cli.display.progress import Row
from imageferry.cli.following import HEARTBEAT, PlainLines
from imageferry.cli.screens import Screen
from imageferry.model.statuses import ResourceStatus


def test_a_heartbeat_at_most_once_a_minute_and_only_in_silence() -> None:
    stream = io.StringIO()
    screen = Screen(False, False, False, False, stream, stream, stream)
    now = [0.0]
    lines = PlainLines(screen, lambda: now[0])
    rows = [
        Row("Copy[0]", "a -> b", ResourceStatus.CREATING, percent=40),
        Row("Copy[1]", "a -> c", ResourceStatus.CREATING, percent=7),
    ]
    for second in range(0, 200, 5):
        now[0] = float(second)
        if second == 30:
            lines.say("Copy[2] is done")
        lines.draw(rows, f"summary at {second}", 0.0)
    said = stream.getvalue().splitlines()
    assert said == [
        "Copy[2] is done",
        "still running: summary at 90; slowest Copy[1] a -> c 7%",
        "still running: summary at 150; slowest Copy[1] a -> c 7%",
    ]
    assert HEARTBEAT == 60
