"""So many stacks created at once by boto3: `throng.py ADDRESS STACKS CLIENTS`, run by its own Python.

The template comes on standard input; `{name}` in it is the stack's name. Prints one JSON object: seconds
of each call, seconds from the first call to the last stack's end, and the stacks by status.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from typing import Any

REGION = "us-west-1"
LIMIT = 120.0
_WORKING = "_IN_PROGRESS"


def client(address: str) -> Any:
    """A client of its own, with its own connections; it tries nothing twice."""
    # Only the environment of the peers has it; the room loads without.
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(
        "cloudformation",
        region_name=REGION,
        endpoint_url=address,
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
        config=Config(retries={"max_attempts": 0}, read_timeout=120),
    )


def create(
    address: str, names: list[str], template: str, spent: list[float], failures: list[str]
) -> None:
    """Create stacks one after the other, as one of many who do so; what fails is told."""
    one = client(address)
    for name in names:
        began = time.perf_counter()
        try:
            one.create_stack(StackName=name, TemplateBody=template.replace("{name}", name))
        except Exception as failed:
            failures.append(f"{type(failed).__name__}: {failed}"[:200])
        spent.append(time.perf_counter() - began)


def statuses(one: Any) -> Counter[str]:
    """How many stacks have each status."""
    pages = one.get_paginator("list_stacks").paginate()
    return Counter(stack["StackStatus"] for page in pages for stack in page["StackSummaries"])


def main(address: str, stacks: int, clients: int) -> None:
    """Create them, and wait until none is being made any more."""
    template = sys.stdin.read()
    names = [f"throng-{number:04d}" for number in range(stacks)]
    spent: list[float] = []
    failures: list[str] = []
    began = time.perf_counter()
    throng = [
        threading.Thread(
            target=create, args=(address, names[turn::clients], template, spent, failures)
        )
        for turn in range(clients)
    ]
    for each in throng:
        each.start()
    for each in throng:
        each.join()
    asked = time.perf_counter() - began
    looking = client(address)
    found = statuses(looking)
    while any(_WORKING in status for status in found) and time.perf_counter() - began < LIMIT:
        time.sleep(0.2)
        found = statuses(looking)
    ended = time.perf_counter() - began
    told = {"spent": spent, "asked": asked, "ended": ended, "statuses": found}
    print(json.dumps({**told, "failures": failures}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
