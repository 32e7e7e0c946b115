"""The standard chain, as far as it can be asked without a cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

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


ASK_THRICE = """
import asyncio
from imageferry.cloud.credential_chain import ChainCredentials
from imageferry.cloud.credentials import CredentialsMissing
from tests.cloud.stubs import CountedClock

async def ask():
    source = ChainCredentials(CountedClock())
    for _ in range(3):
        try:
            found = await source.current()
            print((await source.current()).access_key_id, found.security_token)
        except CredentialsMissing as missing:
            print("missing:", missing)
        source.forget()

asyncio.run(ask())
"""


class _Role(BaseHTTPRequestHandler):
    """Gives a key for a role, then another, and refuses the third."""

    given: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        number = len(self.given) + 1
        is_refused = number > 2
        key = {
            "Code": "Success",
            "AccessKeyId": f"id-{number}",
            "AccessKeySecret": "a-secret",
            "SecurityToken": f"token-{number}",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        self.send_response(403 if is_refused else 200)
        self.end_headers()
        refusal = {"Code": "NoPermission", "Message": "a-secret may not assume it"}
        self.wfile.write(json.dumps(refusal if is_refused else key).encode())
        self.given.append("refused" if is_refused else f"id-{number}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def asked(home: Path, script: str = ASK, **environ: str) -> str:
    """What the chain finds in a process that sees these variables alone."""
    base = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
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


def test_a_key_that_has_expired_is_fetched_anew_and_a_role_that_is_refused_is_told(
    tmp_path: Path,
) -> None:
    _Role.given.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Role) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/role"
        said = asked(tmp_path, ASK_THRICE, ALIBABA_CLOUD_CREDENTIALS_URI=address).splitlines()
        server.shutdown()
    assert said[:2] == ["id-1 token-1", "id-2 token-2"]
    assert "a role that may not be assumed" in said[2]
    assert "a-secret" not in said[2]
    assert _Role.given[:3] == ["id-1", "id-2", "refused"]


ASK_PROFILES = """
import asyncio
from imageferry.cloud.credential_chain import ChainCredentials
from imageferry.cloud.credentials import CredentialsMissing
from tests.cloud.stubs import CountedClock

async def ask():
    for name in ("team-a", "team-b", "team-c"):
        try:
            found = await ChainCredentials(CountedClock(), name).current()
            print(found.access_key_id, found.secret)
        except CredentialsMissing as missing:
            print("missing:", missing)

asyncio.run(ask())
"""


def test_profiles_of_the_credentials_file_and_of_the_vendors_command_line(tmp_path: Path) -> None:
    (tmp_path / "credentials.ini").write_text(
        "[team-a]\ntype = access_key\naccess_key_id = id-a\naccess_key_secret = secret-a\n"
    )
    (tmp_path / ".aliyun").mkdir()
    profile = {"name": "team-b", "mode": "AK", "access_key_id": "id-b", "access_key_secret": "sb"}
    (tmp_path / ".aliyun" / "config.json").write_text(
        json.dumps({"current": "team-b", "profiles": [profile]})
    )
    said = asked(
        tmp_path,
        ASK_PROFILES,
        ALIBABA_CLOUD_CREDENTIALS_FILE=str(tmp_path / "credentials.ini"),
        ALIBABA_CLOUD_ACCESS_KEY_ID="another",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="another",
    ).splitlines()
    assert said[:2] == ["id-a secret-a", "id-b sb"]
    assert said[2].startswith("missing:")
