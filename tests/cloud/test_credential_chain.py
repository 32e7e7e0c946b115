"""The standard chain, as far as it can be asked without a cloud."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ASK = """
import asyncio
from imageferry.cloud.credential_chain import ChainCredentials
from imageferry.cloud.credentials import CredentialsMissing
from tests.cloud.stubs import CountedClock

async def ask():
    source = ChainCredentials(CountedClock())
    try:
        found = await source.current()
        source.forget()
        again = await source.current()
        assert found == again
        print(found.access_key_id, found.secret, found.security_token)
    except CredentialsMissing as missing:
        print("missing:", missing)

asyncio.run(ask())
"""
ROOT = Path(__file__).parents[2]


def asked(home: Path, **environ: str) -> str:
    """What the chain finds in a process that sees these variables alone."""
    base = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=base | environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_a_pair_from_the_environment(tmp_path: Path) -> None:
    pair = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "an-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret"}
    assert asked(tmp_path, **pair) == "an-id a-secret None"
    token = {"ALIBABA_CLOUD_SECURITY_TOKEN": "a-token"}
    assert asked(tmp_path, **pair, **token) == "an-id a-secret a-token"


def test_without_any_key_the_way_to_give_one_is_told(tmp_path: Path) -> None:
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in asked(tmp_path)
