"""`imageferry home`: backup while stacks are worked on, restore, upgrade, prune."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from imageferry.assembly.emulation import serve_emulator
from imageferry.assembly.upkeep import HomeInUse, look_at_backup, restore_home
from imageferry.dispatch.locks import SERVERS, OperationLock, Presence
from imageferry.settings import resolve
from tests.cli.shop import SECRET, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_backup_brings_everything_back(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    folder = shop.folder / "kept" / "monday"
    backup = shop.object("home", "backup", str(folder))
    assert sorted(backup["files"]) == ["emulator.db", "imageferry.db", "key"]
    assert len(backup["installation"]) == 8
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.parent.iterdir()] == ["monday"]

    shop.run("delete", "-s", "golden", "--yes")
    shop.run("show", "-s", "golden", code=6)
    restored = shop.object("home", "restore", str(folder), "--yes")
    assert sorted(restored["restored"]) == ["emulator.db", "imageferry.db", "key"]
    again = shop.object("show", "-s", "golden")
    assert again["status"] == "CREATE_COMPLETE"
    assert again["outputs"] == made["outputs"]
    # The NoEcho parameter is opened with the restored key.
    assert shop.object(*shop.deploy())["status"] == "CREATE_COMPLETE"
    assert "nothing to do" not in shop.run("delete", "-s", "golden", "--yes").output


def test_a_home_of_another_place_is_brought_back_from_a_backup(shop: Shop) -> None:
    shop.run(*shop.deploy())
    folder = shop.folder / "backup"
    shop.run("home", "backup", str(folder))
    (shop.folder / "elsewhere").mkdir()
    other = Shop(shop.folder / "elsewhere")
    other.run("home", "restore", str(folder), "--yes")
    assert other.object("list")["stacks"][0]["stack_name"] == "golden"
    assert stat.S_IMODE((other.folder / "home" / "key").stat().st_mode) == 0o600


def test_the_key_may_be_left_out(shop: Shop) -> None:
    shop.run(*shop.deploy())
    folder = shop.folder / "backup"
    assert "key" not in shop.object("home", "backup", str(folder), "--without-key")["files"]
    assert not (folder / "key").exists()
    assert SECRET.encode() not in (folder / "imageferry.db").read_bytes()


def spoil_file(folder: Path) -> None:
    path = folder / "imageferry.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def spoil_list(folder: Path) -> None:
    (folder / "backup.json").write_text("[]")


def cut_list(folder: Path) -> None:
    (folder / "backup.json").write_text('{"form": 1')


def empty_list(folder: Path) -> None:
    (folder / "backup.json").write_text('{"form": 1}')


def remove_file(folder: Path) -> None:
    (folder / "imageferry.db").unlink()


def come_from_the_future(folder: Path) -> None:
    path = folder / "backup.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 999}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_file, "is damaged"),
        (spoil_list, "has a form that is not known here"),
        (cut_list, "cannot be read"),
        (empty_list, "cannot be read"),
        (remove_file, 'has no file "imageferry.db"'),
        (come_from_the_future, "whose tables have version 999"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_spoilt_backup_changes_nothing(shop: Shop, spoil: object, says: str) -> None:
    shop.run(*shop.deploy())
    folder = shop.folder / "backup"
    shop.run("home", "backup", str(folder))
    assert callable(spoil)
    spoil(folder)
    refused = shop.run("home", "restore", str(folder), "--yes", code=1)
    assert says in refused.output
    assert "IF867" in refused.output
    assert shop.object("show", "-s", "golden")["status"] == "CREATE_COMPLETE"


def test_nothing_is_restored_under_a_running_operation(shop: Shop) -> None:
    shop.run(*shop.deploy())
    folder = shop.folder / "backup"
    shop.run("home", "backup", str(folder))
    locks = shop.folder / "home" / "locks"
    lock = OperationLock(locks, "some-operation")
    assert lock.try_acquire()
    try:
        refused = shop.run("home", "restore", str(folder), "--yes", code=1)
        assert 'operation "some-operation" runs on it' in refused.output
    finally:
        lock.release()
    for presence, who in ((Presence(locks), "a worker"), (Presence(locks, SERVERS), "a server")):
        presence.announce()
        try:
            refused = shop.run("home", "restore", str(folder), "--yes", code=1)
            assert f"{who} runs on it" in refused.output
        finally:
            presence.withdraw()
    shop.run("home", "restore", str(folder), "--yes")


def test_nothing_is_restored_under_a_served_world(shop: Shop) -> None:
    folder = shop.folder / "backup"
    shop.run("list")
    shop.run("home", "backup", str(folder))
    settings = resolve({}, {"IMAGEFERRY_HOME": str(shop.folder / "home")})

    async def program() -> None:
        ready = asyncio.Event()
        serving = asyncio.ensure_future(
            serve_emulator(settings, host="127.0.0.1", port=0, on_ready=lambda _: ready.set())
        )
        await ready.wait()
        try:
            with pytest.raises(HomeInUse, match="a server"):
                restore_home(settings, look_at_backup(folder))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(program())
    shop.run("home", "restore", str(folder), "--yes")


def test_a_backup_needs_something_to_copy_and_a_new_folder(shop: Shop) -> None:
    folder = shop.folder / "backup"
    assert "has no database yet" in shop.run("home", "backup", str(folder), code=1).output
    assert not folder.exists()
    shop.run("list")
    shop.run("home", "backup", str(folder))
    assert "exists already" in shop.run("home", "backup", str(folder), code=1).output
    blocked = shop.folder / "stack.yml"
    blocked.write_text("")
    assert "cannot be written" in shop.run("home", "backup", f"{blocked}/x", code=1).output


def test_restore_asks_first(shop: Shop) -> None:
    shop.run("list")
    folder = shop.folder / "backup"
    shop.run("home", "backup", str(folder))
    assert "IF813" in shop.run("home", "restore", str(folder), code=2).output


def test_upgrade_says_what_there_is_to_do(shop: Shop) -> None:
    assert shop.object("home", "upgrade", "--check", code=1)["found"] == 0
    assert not (shop.folder / "home").exists()
    made = shop.object("home", "upgrade")
    assert made["is_current"]
    looked = shop.object("home", "upgrade", "--check")
    assert looked == {"found": made["known"], "known": made["known"], "is_current": True}


def test_prune_tells_asks_and_removes(shop: Shop) -> None:
    shop.run(*shop.deploy())
    shop.run("delete", "-s", "golden", "--yes")
    assert "nothing ended more than 90 days ago" in shop.run("home", "prune", "--yes").output
    assert "IF813" in shop.run("home", "prune", "--older-than", "0", code=2).output
    foreseen = shop.object("home", "prune", "--older-than", "0", "--dry-run")
    assert (foreseen["stacks"], foreseen["operations"]) == (1, 2)
    assert len(shop.object("list", "--deleted")["stacks"]) == 1
    pruned = shop.object("home", "prune", "--older-than", "0", "--yes")
    assert {**pruned, "bytes": 0} == foreseen
    assert shop.object("list", "--deleted")["stacks"] == []
    shop.run("home", "prune", "--older-than", "-1", code=2)
