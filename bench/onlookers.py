"""So many browsers that look at the console: `onlookers.py ADDRESS STREAMS [WORD]`.

Signs in once with the emulator's key, opens the streams of the home page, says `ready`, and reads
until its input ends. Prints one JSON object: streams that were open to the end, events of each kind
that came on all of them, the bytes, and how many streams were told the word.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import urllib.request
from collections import Counter
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urlsplit

_AT_ONCE = 50


def signed_in(address: str) -> str:
    """The cookie of somebody who has signed in."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{address}/console/sign-in", timeout=30) as door:
        found = re.search(r'name="token" value="([^"]+)"', door.read().decode())
    if found is None:
        raise SystemExit("the console shows no door")
    form = {"token": found[1], "key": "emulator", "secret": "emulator", "to": ""}
    with browser.open(f"{address}/console/sign-in", urlencode(form).encode(), timeout=30):
        pass
    return "; ".join(f"{one.name}={one.value}" for one in jar)


class Crowd:
    """The streams, and what has come on them."""

    def __init__(self, address: str, cookie: str, word: bytes) -> None:
        self._place = urlsplit(address)
        self._request = (
            f"GET /console/live/ HTTP/1.1\r\nHost: {self._place.netloc}\r\nCookie: {cookie}\r\n"
            "Accept: text/event-stream\r\n\r\n"
        ).encode()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._word = word
        self.open = 0
        self.saw = 0
        self.events: Counter[str] = Counter()
        self.bytes = 0

    async def look(self) -> None:
        """One stream, until it ends or nobody wants it any more."""
        async with self._gate:
            reader, writer = await asyncio.open_connection(
                self._place.hostname, self._place.port, limit=1 << 24
            )
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"a stream was refused: {head[:200]!r}")
        self.open += 1
        has_seen = False
        try:
            while line := await reader.readline():
                self.bytes += len(line)
                if not has_seen and self._word and self._word in line:
                    has_seen = True
                    self.saw += 1
                if line.startswith(b"event: "):
                    self.events[line[7:].strip().decode()] += 1
            self.open -= 1
        finally:
            writer.close()


async def main(address: str, streams: int, word: str) -> None:
    """Look until the input ends."""
    crowd = Crowd(address, signed_in(address), word.encode())
    looking = [asyncio.create_task(crowd.look()) for _ in range(streams)]
    while crowd.open < streams:
        await asyncio.sleep(0.05)
        for one in looking:
            if one.done():
                one.result()
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    told = {
        "open": crowd.open,
        "events": dict(crowd.events),
        "bytes": crowd.bytes,
        "saw": crowd.saw,
    }
    for one in looking:
        one.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
