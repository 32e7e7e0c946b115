"""Serves an emulator for clients of other environments; prints the port when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from pathlib import Path

from imageferry.emulator.app import DEFAULT_KEYS, Emulator
from imageferry.emulator.gateway import AccessKey
from imageferry.emulator.server import serve

KEYS = {
    **DEFAULT_KEYS,
    "STS.one": AccessKey("secret-1", security_token="token/+="),
    "reader": AccessKey("secret-3", denied=frozenset({"CopyImage"})),
}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--world", default=":memory:")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    options = parser.parse_args()
    emulator = Emulator(
        options.world,
        now=time.time,
        entropy=os.urandom,
        sleep=asyncio.sleep,
        keys=KEYS,
        speed=options.speed,
    )
    serving = asyncio.ensure_future(
        serve(
            emulator,
            port=options.port,
            on_ready=lambda port: print(port, flush=True),
            certificate=options.certificate,
            certificate_key=options.key,
        )
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        emulator.close()


if __name__ == "__main__":
    asyncio.run(main())
