"""Runs iact3, with nothing changed but where its clients send to.

Run by the tests with the interpreter of its own environment: `ros_iact3.py HOST:PORT ARGUMENT…`.
"""

from __future__ import annotations

import sys
from typing import Any

from iact3.main import sync_run
from iact3.plugin import base_plugin


def redirect(address: str) -> None:
    """Let every client that is made from now on talk to one address, without TLS."""
    usual = base_plugin.Config

    def config(**fields: Any) -> Any:
        return usual(**{**fields, "endpoint": address, "protocol": "http"})

    base_plugin.Config = config


if __name__ == "__main__":
    redirect(sys.argv[1])
    del sys.argv[1]
    sync_run()
