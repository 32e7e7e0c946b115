"""The emulator's control API for scripts that run in other environments; standard library only."""

from __future__ import annotations

import json
import urllib.request


def control(address: str, method: str, path: str, body: object = None) -> dict:
    """One call of the control API at `host:port`."""
    request = urllib.request.Request(
        f"http://{address}/_emulator/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def settle(address: str) -> None:
    """Let every copy end, then go on at the slow speed."""
    control(address, "POST", "settings", {"speed": 1e9})
    control(address, "POST", "settings", {"speed": 1})
