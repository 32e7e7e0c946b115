"""`imageferry keys`: made and shown once, listed without secrets, revoked; and the audit."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from imageferry.dispatch.locks import LOCK_FOLDER, SERVERS, Presence
from imageferry.model.access import AuditRecord, Role
from imageferry.store.encryption import AesGcmBox
from imageferry.store.keys import read_or_make_key
from imageferry.store.sql_store import open_store
from tests.cli.shop import Shop
from tests.store.samples import CountingEntropy, url_of

OWN = "1000000000000001"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_key_is_shown_once_with_how_to_use_it(shop: Shop) -> None:
    shown = shop.run("keys", "create", "--note", "nightly").output
    (key_id,) = set(re.findall(r"IFAK[A-Z0-9]{16}\b", shown))
    (secret,) = set(re.findall(r"\b[A-Za-z0-9]{40}\b", shown))
    for line in (
        f"export ALIBABA_CLOUD_ACCESS_KEY_ID={key_id}",
        f"export ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}",
        f"export AWS_ACCESS_KEY_ID={key_id}",
        f"export AWS_SECRET_ACCESS_KEY={secret}",
    ):
        assert line in shown
    assert f"account {OWN}: operator" in shown
    listed = shop.run("keys", "list").output
    assert key_id in listed
    assert "nightly" in listed
    assert secret not in listed + shop.run("keys", "list", "--json").output
    home = shop.folder / "home"
    assert all(
        secret.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file()
    )


def test_as_json_the_secret_stands_in_the_object_alone(shop: Shop) -> None:
    made = shop.run("keys", "create", "--role", "admin", "--account", "42", "--json")
    key = shop.object("keys", "list", "--account", "42")["keys"][0]
    assert (key["role"], key["account_id"], key["revoked_at"]) == ("admin", "42", None)
    assert key["key_id"] in made.stdout
    assert made.stderr == ""
    assert shop.object("keys", "list", "--account", OWN) == {"keys": []}


def test_two_keys_have_nothing_in_common(shop: Shop) -> None:
    first, second = (shop.object("keys", "create", "--account", "42") for _ in range(2))
    assert first["key_id"] != second["key_id"]
    assert first["secret"] != second["secret"]
    assert len(shop.object("keys", "list")["keys"]) == 2


def test_keys_go_with_a_backup(shop: Shop) -> None:
    made = shop.object("keys", "create", "--account", "42")
    folder = shop.folder / "kept"
    shop.run("home", "backup", str(folder))
    shop.run("keys", "revoke", made["key_id"])
    shop.run("home", "restore", str(folder), "--yes")
    (key,) = shop.object("keys", "list")["keys"]
    assert (key["key_id"], key["revoked_at"]) == (made["key_id"], None)


def test_a_key_is_revoked_once(shop: Shop) -> None:
    key_id = shop.object("keys", "create", "--account", "42")["key_id"]
    revoked = shop.object("keys", "revoke", key_id)
    assert revoked["key_id"] == key_id
    (key,) = shop.object("keys", "list")["keys"]
    assert key["revoked_at"] == revoked["revoked_at"]
    assert "IF982" in shop.run("keys", "revoke", key_id, code=1).output


def test_a_link_is_shown_once_and_names_where_the_server_is(shop: Shop) -> None:
    made = shop.object("keys", "link", "--role", "reader", "--lifetime", "8h")
    base, _, token = made["url"].rpartition("/")
    assert base == "http://127.0.0.1:8787/console/link"
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert (made["account_id"], made["role"]) == (OWN, "reader")
    shown = shop.run("keys", "link", "--account", "42", "--address", "https://[::1]:9/").output
    assert shown.startswith("https://[::1]:9/console/link/")
    assert "account 42, operator, may look, and make, change" in shown
    home = shop.folder / "home"
    # Only what is made of the token is kept.
    assert all(token.encode() not in one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert shop.object("keys", "unlink", "--account", "42") == {"links": 1, "sessions": 0}
    assert "1 link not used yet, 0 sessions" in shop.run("keys", "unlink").output
    presence = Presence(home / LOCK_FOLDER, SERVERS)
    presence.announce("http://127.0.0.1:9123")
    assert shop.object("keys", "link")["url"].startswith("http://127.0.0.1:9123/console/link/")
    presence.withdraw()
    assert shop.object("keys", "link")["url"].startswith("http://127.0.0.1:8787/")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(("unlink", "--account", "x"), 2, "IF980", id="links of no account"),
        pytest.param(("link", "--lifetime", "169h"), 2, "IF984", id="a link for too long"),
        pytest.param(("link", "--lifetime", "0"), 2, "no duration", id="a link for no time"),
        pytest.param(("link", "--role", "root"), 2, "not one of", id="a link of no role"),
        pytest.param(("link", "--account", "x"), 2, "IF980", id="a link of no account"),
        pytest.param(("link", "--address", "a.example"), 2, "IF984", id="an address alone"),
        pytest.param(("link", "--address", "http://a/b"), 2, "IF984", id="a path in an address"),
        pytest.param(("link", "--address", "http://a@b"), 2, "IF984", id="a user in an address"),
        pytest.param(("create", "--account", "abc"), 2, "IF980", id="letters as an account"),
        pytest.param(("create", "--account", "4" * 33), 2, "IF980", id="too long an account"),
        pytest.param(("create", "--account", ""), 2, "IF980", id="no account"),
        pytest.param(("create", "--account", "٤٢"), 2, "IF980", id="digits of another script"),
        pytest.param(("create", "--note", "n" * 201), 2, "IF980", id="too long a note"),
        pytest.param(("create", "--note", "a\nb"), 2, "IF980", id="a note of two lines"),
        pytest.param(("create", "--role", "owner"), 2, "'owner' is not one of", id="no such role"),
        pytest.param(("list", "--account", "abc"), 2, "IF980", id="a list of no account"),
        pytest.param(("revoke", "IFAK0"), 1, "IF981", id="no such key"),
        pytest.param(("audit", "--limit", "0"), 2, "--limit", id="no records"),
        pytest.param(("audit", "--account", "x"), 2, "IF980", id="the audit of no account"),
    ],
)
def test_what_cannot_be_is_refused(
    shop: Shop, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in shop.run("keys", *arguments, code=code).output
    assert shop.object("keys", "list") == {"keys": []}


def test_a_near_miss_is_said(shop: Shop) -> None:
    key_id = shop.object("keys", "create", "--account", "42")["key_id"]
    refused = shop.run("keys", "revoke", key_id[:-1], code=1).output
    assert f"did you mean '{key_id}'?" in refused


def test_the_audit_is_shown_newest_first_and_in_pages(shop: Shop) -> None:
    assert "nothing was asked" in shop.run("keys", "audit").output
    home = shop.folder / "home"

    async def write() -> None:
        box = AesGcmBox(read_or_make_key(home, lambda: b"k" * 32))
        store = open_store(url_of(home), entropy=CountingEntropy(), box=lambda: box)
        for number, action in enumerate(("CreateStack", "UpdateStack", "DeleteStack")):
            record = AuditRecord(
                1.0, OWN, "IFAK1", Role.ADMIN, "ros", action, "", "cn-hangzhou", "R", "::1"
            )
            kept = await store.audit.begin(record, f"mark {number}")
            if number < 2:
                await store.audit.end(kept, "ok", "stack\x1b[31m/demo")
        await store.close()

    asyncio.run(write())
    shown = shop.run("keys", "audit").output.splitlines()
    assert [line.split()[5] for line in shown[1:]] == ["DeleteStack", "UpdateStack", "CreateStack"]
    assert shown[1].rstrip().endswith("-")
    assert "\x1b" not in "".join(shown)
    newest = shop.object("keys", "audit", "--limit", "1")["records"]
    assert [(one["action"], one["outcome"]) for one in newest] == [("DeleteStack", "")]
    older = shop.object("keys", "audit", "--before", str(newest[0]["number"]))["records"]
    assert [one["action"] for one in older] == ["UpdateStack", "CreateStack"]
    assert shop.object("keys", "audit", "--account", "42") == {"records": []}
