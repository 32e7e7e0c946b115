"""What each page of the console costs on a home of 1,000 stacks of 20 resources."""

from __future__ import annotations

import asyncio
import http.client
import re
import statistics
import time
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from emulating import IMMEDIATE
from figures import Figure, at_most, environment, fresh_home, quantity
from fleets import fill
from imageferry.console.pages import PAGES
from imageferry.console.visits import PREFIX
from onlookers import signed_in
from servers import served

LIMIT: Final = 100.0
"""Milliseconds in which every page is to be there."""

TIMES: Final = 9
OPEN: Final = "fleet-0003"
STANDING: Final = "fleet-0004"
FAILED: Final = "fleet-0011"
OF: Final[Mapping[str, str]] = {"retry": FAILED, "cancel": OPEN, "rollback": FAILED}
"""The stack that a page is asked for of, by the page's name; where it says nothing, one that stands."""

FURTHER: Final[Mapping[str, str]] = {
    "home, page 20": "/?page=20",
    "home, nothing found": "/?q=no-such-stack",
    "home, what has failed": "/?status=failed",
    "stacks, page 20": "/stacks?page=20",
    "stacks, nothing found": "/stacks?search=no-such-stack",
}


def measure() -> Iterator[Figure]:
    """Each page from its request to its last byte; the first one of a server by itself."""
    with fresh_home() as home:
        asyncio.run(fill(home))
        settings = environment(home, IMAGEFERRY_EMULATOR_SPEED=IMMEDIATE)
        with served(home, settings) as (address, _):
            reader = _Reader(address)
            # What a server makes ready beside, nobody waits for.
            time.sleep(1.0)
            first, _ = reader.spent(f"{PREFIX}/")
            yield at_most("the console's first page after a start", first, LIMIT, "ms")
            for name, path in _paths(reader):
                spent = sorted(reader.spent(path)[0] for _ in range(TIMES))
                late, size = spent[len(spent) * 95 // 100], reader.spent(path)[1]
                yield at_most(
                    f"console, {name}", statistics.median(spent), LIMIT, "ms",
                    f"p95 {quantity(late, 'ms')}, {quantity(size / 1000, 'kB')}",
                )  # fmt: skip


def _paths(reader: _Reader) -> Iterator[tuple[str, str]]:
    """An example of every page that there is of a fleet, by its name."""
    ids = {name: reader.stack_id(name) for name in (OPEN, STANDING, FAILED)}
    for page in PAGES:
        if "{change_set}" in page.path:
            continue
        stack = ids[OF.get(page.name, STANDING)]
        path = page.path.replace("{stack}", stack).replace("{address:path}", "UsWest1")
        yield page.name, PREFIX + path
        if page.name == "overview":
            yield "overview of what is open", f"{PREFIX}/stacks/{ids[OPEN]}"
    for name, path in FURTHER.items():
        yield name, PREFIX + path


class _Reader:
    """Somebody who has signed in, on one connection."""

    def __init__(self, address: str) -> None:
        self._cookie = signed_in(address)
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc)

    def read(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        self._connection.request("GET", path, headers={"Cookie": self._cookie})
        reply = self._connection.getresponse()
        return reply.status, reply.read().decode()

    def spent(self, path: str) -> tuple[float, int]:
        """Milliseconds and bytes of a page; refusals in due form are pages as well."""
        began = time.perf_counter()
        status, said = self.read(path)
        took = (time.perf_counter() - began) * 1000
        if status not in {200, 409}:
            raise RuntimeError(f"{path} answers {status}")
        return took, len(said.encode())

    def stack_id(self, name: str) -> str:
        """What stands for a stack in paths."""
        _, said = self.read(f"{PREFIX}/stacks?search={name}")
        found = re.search(rf'{PREFIX}/stacks/([0-9a-f-]{{36}})"[^>]*>{name}<', said)
        if found is None:
            raise RuntimeError(f"{name} is not listed")
        return found[1]


if __name__ == "__main__":
    from figures import line

    for figure in measure():
        print(line(figure), flush=True)
