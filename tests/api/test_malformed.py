"""Ten thousand malformed requests: each is answered or closed, none with a fault, and it serves on.

They are the same each time; with IMAGEFERRY_EXPLORE=1 they are others. Of what fails the least that
fails is shown, with the bytes that were sent.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import Counter
from pathlib import Path
from random import Random

from tests.api.gates import GENERATIONS
from tests.api.malformed import Wrong, malformed, smaller
from tests.api.serving import served
from tests.api.wires import BOUND, Peer, Reply

NUMBER = 10_000
AT_ONCE = 100
OUR_INSIDE = re.compile(rb'Traceback|File "|\.py\b|site-packages|sqlalchemy|sqlite|0x[0-9a-f]{12}')


_ONE = (
    ("StackName", "one"),
    (
        "TemplateBody",
        """
        ROSTemplateFormatVersion: '2015-09-01'
        Resources:
          Copy:
            Type: ALIYUN::ECS::CopyImage
            Properties:
              ImageId: m-golden0000000000001
              DestinationRegionId: cn-beijing
              DestinationImageName: one
        """,
    ),
)


def _drawn() -> list[Wrong]:
    chance = Random(None if os.environ.get("IMAGEFERRY_EXPLORE") == "1" else 6)
    return [malformed(chance) for _ in range(NUMBER)]


async def _exchange(peer: Peer, wrong: Wrong, stack_id: str) -> tuple[bytes, Reply]:
    name, _, port = peer.host.rpartition(":")
    async with asyncio.timeout(BOUND):
        reader, writer = await asyncio.open_connection(name, int(port), limit=1 << 24)
        sent = wrong.bytes_for(peer, stack_id)
        try:
            writer.write(sent)
            if not wrong.says_all:
                writer.write_eof()
            # What answers HEAD says how long a body would be, and sends none.
            return sent, await _reply(reader, has_body=not sent.startswith(b"HEAD "))
        except ConnectionError:
            return sent, Reply(0, [], b"")
        finally:
            writer.transport.abort()


async def _reply(reader: asyncio.StreamReader, *, has_body: bool) -> Reply:
    read = b""
    while True:
        part = await reader.read(1 << 16)
        read += part
        head, found, body = read.partition(b"\r\n\r\n")
        if found and head.startswith(b"HTTP/1.1 100"):
            read = body
            continue
        if found:
            lines = head.decode("latin-1").split("\r\n")
            headers = [(n.lower(), v.strip()) for n, _, v in (x.partition(":") for x in lines[1:])]
            length = dict(headers).get("content-length", "")
            if not (part and has_body) or (length.isdigit() and len(body) >= int(length)):
                return Reply(int(lines[0].split(" ")[1]), headers, body)
        elif not part:
            return Reply(0, [], read)


def _faults(wrong: Wrong, sent: bytes, reply: Reply) -> list[str]:
    """What is not as it must be, in words."""
    faults = []
    if reply.status >= 500 and reply.status != 501:
        faults.append(f"status {reply.status}")
    if OUR_INSIDE.search(reply.body) and not OUR_INSIDE.search(sent):
        faults.append("our inside")
    if reply.status and sum(name == "date" for name, _ in reply.headers) != 1:
        faults.append("not one Date")
    return [f"{fault}: {reply} to {sent[:3000]!r} ({wrong})" for fault in faults]


async def _what_is_wrong(peer: Peer, wrong: Wrong, stack_id: str) -> tuple[str, list[str]]:
    """How one request ended, and what is not as it must be."""
    try:
        sent, reply = await _exchange(peer, wrong, stack_id)
    except TimeoutError:
        return "stuck", [f"stuck: {wrong}"]
    return reply.code or str(reply.status), _faults(wrong, sent, reply)


async def _send_all(
    peer: Peer, all_wrong: list[Wrong], stack_id: str
) -> tuple[Counter[str], list[str]]:
    seen: Counter[str] = Counter()
    bad: list[Wrong] = []
    waiting = iter(all_wrong)

    async def send() -> None:
        for wrong in waiting:
            ended, faults = await _what_is_wrong(peer, wrong, stack_id)
            seen[ended] += 1
            bad.extend([wrong] if faults else [])

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return seen, [await _smallest(peer, wrong, stack_id) for wrong in bad[:3]]


async def _smallest(peer: Peer, wrong: Wrong, stack_id: str) -> str:
    """What is wrong with the least of it that still does harm."""
    for less in smaller(wrong):
        if (await _what_is_wrong(peer, less, stack_id))[1]:
            return await _smallest(peer, less, stack_id)
    _, faults = await _what_is_wrong(peer, wrong, stack_id)
    return faults[0] if faults else f"once, and not again: {wrong}"


def test_ten_thousand_malformed_requests(tmp_path: Path) -> None:
    options = ("--rate", "0", "--request-time", "1.5", "--body-limit", "300000")
    with served(tmp_path / "home", *options) as site:
        peer = Peer(site.authority)
        all_wrong = _drawn()
        assert len(all_wrong) == NUMBER
        made = peer.ask(GENERATIONS["v3"], "CreateStack", _ONE)
        assert made.status == 200, made
        stack_id = json.loads(made.body)["StackId"]
        seen, faults = asyncio.run(_send_all(peer, all_wrong, stack_id))
        log = site.log.read_text(encoding="utf-8")
        told = [line for line in log.splitlines() if "Traceback" in line]
        assert faults == [], (told[:2], seen)
        assert sum(seen.values()) == NUMBER
        # They came far enough in: refused for many reasons, and few were good nevertheless.
        assert len(seen) >= 20, seen
        assert seen["200"] < NUMBER * 0.2, seen
        reply = peer.ask(GENERATIONS["v3"], "ListStacks")
        assert reply.status == 200, reply
        assert "Stacks" in json.loads(reply.body)
        assert peer.ask(GENERATIONS["v4"], "ListStacks").status == 200
        log = site.log.read_text(encoding="utf-8")
        assert "Traceback" not in log
        assert "internal fault" not in log
