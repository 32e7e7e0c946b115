"""The tables of a world, and what lives in a fresh one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from imageferry.emulator.choices import Choices, encode_choices

SCHEMA_VERSION = 2

GOLDEN_IMAGE = "m-golden0000000000001"
GOLDEN_IMAGE_IN_USE = "m-golden0000000000002"
GOLDEN_INSTANCE = "i-golden0000000000002"

DDL = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, action TEXT NOT NULL,
  region TEXT, image TEXT, skip INTEGER NOT NULL, remaining INTEGER, details TEXT NOT NULL);
CREATE TABLE tokens (
  account TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL,
  parameters TEXT NOT NULL, reply TEXT NOT NULL, created_at REAL NOT NULL,
  PRIMARY KEY (account, action, token)) WITHOUT ROWID;
CREATE INDEX tokens_by_age ON tokens (created_at);
CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE images (
  sequence INTEGER PRIMARY KEY, image_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, origin TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  family TEXT NOT NULL, version TEXT NOT NULL, word TEXT NOT NULL, size INTEGER NOT NULL,
  created_at REAL NOT NULL, starts_at REAL NOT NULL, ends_at REAL NOT NULL, fails_at REAL,
  seconds REAL NOT NULL, queue_region TEXT, usable_delay REAL NOT NULL,
  visible_at REAL NOT NULL, tags_visible_at REAL NOT NULL,
  source_image_id TEXT, source_region TEXT, can_cancel INTEGER NOT NULL,
  encrypted INTEGER NOT NULL, kms_key_id TEXT NOT NULL, resource_group TEXT NOT NULL,
  system TEXT NOT NULL, is_public INTEGER NOT NULL,
  disks TEXT NOT NULL, tags TEXT NOT NULL, shares TEXT NOT NULL);
CREATE INDEX images_by_name ON images (region, owner, name);
CREATE INDEX images_by_queue ON images (queue_region, ends_at) WHERE queue_region IS NOT NULL;
CREATE INDEX images_by_source ON images (source_image_id, ends_at)
  WHERE source_image_id IS NOT NULL;
CREATE TABLE tasks (
  sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, action TEXT NOT NULL,
  image_id TEXT NOT NULL, region TEXT NOT NULL, owner TEXT NOT NULL, created_at REAL NOT NULL,
  starts_at REAL NOT NULL, ends_at REAL NOT NULL, fails_at REAL, seconds REAL NOT NULL,
  cancelled_at REAL, can_cancel INTEGER NOT NULL, visible_at REAL NOT NULL, details TEXT NOT NULL);
CREATE INDEX tasks_by_image ON tasks (image_id, action);
CREATE TABLE snapshots (
  sequence INTEGER PRIMARY KEY, snapshot_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, image_id TEXT,
  created_at REAL NOT NULL, ready_at REAL NOT NULL, size INTEGER NOT NULL,
  disk_type TEXT NOT NULL, source_disk_id TEXT NOT NULL, source_snapshot_id TEXT NOT NULL,
  source_region TEXT NOT NULL, encrypted INTEGER NOT NULL, kms_key_id TEXT NOT NULL,
  resource_group TEXT NOT NULL, retention_days INTEGER, tags TEXT NOT NULL,
  starts_at REAL, fails_at REAL, seconds REAL NOT NULL DEFAULT 0, modified_at REAL,
  visible_at REAL NOT NULL DEFAULT 0, tags_visible_at REAL NOT NULL DEFAULT 0,
  category TEXT NOT NULL DEFAULT 'standard', instant_days INTEGER);
CREATE TABLE instances (
  sequence INTEGER PRIMARY KEY, instance_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, image_id TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL,
  phase_at REAL NOT NULL, created_at REAL NOT NULL, resource_group TEXT NOT NULL,
  tags TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX instances_by_image ON instances (image_id);
CREATE INDEX instances_by_region ON instances (region, owner);
"""

_SYSTEM_IMAGES = (
    ("aliyun_3_x64_20G_alibase_20240819.vhd", 20, "Alibaba Cloud Linux 3 64 bit", "Aliyun"),
    ("ubuntu_22_04_x64_20G_alibase_20240820.vhd", 20, "Ubuntu 22.04 64 bit", "Ubuntu"),
    ("win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd", 40, "Windows Server 2022", "Windows"),
)
LATER_SYSTEM_IMAGES = (
    ("centos_7_9_x64_20G_alibase_20240628.vhd", 20, "CentOS 7.9 64 bit", "CentOS"),
    ("centos_7_6_x64_20G_alibase_20211130.vhd", 20, "CentOS 7.6 64 bit", "CentOS"),
    ("centos_7_9_arm64_20G_alibase_20240705.vhd", 20, "CentOS 7.9 64 bit for ARM", "CentOS"),
    ("centos_stream_9_x64_20G_alibase_20240715.vhd", 20, "CentOS Stream 9 64 bit", "CentOS Stream"),
)
"""Those that worlds of version 1 did not have."""
_MONTH = 30 * 86_400.0


def create_world(sql: sqlite3.Connection, account: str, now: float, choices: Choices) -> None:
    """Make the tables and the first inhabitants, in the caller's transaction."""
    for statement in DDL.split(";"):
        if statement.strip():
            sql.execute(statement)
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    save_choices(sql, choices)
    add_system_images(sql, _SYSTEM_IMAGES)
    add_system_images(sql, LATER_SYSTEM_IMAGES)
    _add_golden(sql, account, GOLDEN_IMAGE, "cn-hangzhou", "golden-base", 40, now - _MONTH)
    _add_golden(sql, account, GOLDEN_IMAGE_IN_USE, "ap-southeast-1", "golden-web", 20, now - _MONTH)
    _add_instance(sql, account, now - _MONTH)


def add_system_images(sql: sqlite3.Connection, images: Sequence[tuple[str, int, str, str]]) -> None:
    """Add images of the cloud's own, made on the day that their ids end with; once each."""
    for image_id, size, os_name, platform in images:
        day = image_id.rpartition("_")[2].removesuffix(".vhd")
        made_at = datetime.strptime(f"{day}+0000", "%Y%m%d%z").timestamp()
        if sql.execute("SELECT 1 FROM images WHERE image_id = ?", (image_id,)).fetchone() is None:
            _add_image(sql, image_id, "*", "system", image_id, size, made_at, os_name, platform)


def save_choices(sql: sqlite3.Connection, choices: Choices) -> None:
    """Write every choice as a row."""
    sql.executemany(
        "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
        encode_choices(choices).items(),
    )


def _add_golden(
    sql: sqlite3.Connection,
    account: str,
    image_id: str,
    region: str,
    name: str,
    size: int,
    created_at: float,
) -> None:
    snapshot_id = image_id.replace("m-", "s-", 1)
    _add_image(
        sql, image_id, region, account, name, size, created_at, "Alibaba Cloud Linux 3 64 bit",
        "Aliyun", snapshot_id,
    )  # fmt: skip
    sql.execute(
        "INSERT INTO snapshots (snapshot_id, region, owner, name, description, image_id,"
        " created_at, ready_at, size, disk_type, source_disk_id, source_snapshot_id,"
        " source_region, encrypted, kms_key_id, resource_group, tags)"
        " VALUES (?, ?, ?, '', '', ?, ?, ?, ?, 'system', '', '', '', 0, '', '', '{}')",
        (snapshot_id, region, account, image_id, created_at, 0, size),
    )


def _add_image(
    sql: sqlite3.Connection,
    image_id: str,
    region: str,
    owner: str,
    name: str,
    size: int,
    created_at: float,
    os_name: str,
    platform: str,
    snapshot_id: str = "",
) -> None:
    system = {
        "os_name": os_name,
        "os_type": "windows" if platform == "Windows" else "linux",
        "platform": platform,
        "architecture": "arm64" if "_arm64_" in image_id else "x86_64",
        "boot_mode": "UEFI" if "_arm64_" in image_id else "BIOS",
    }
    disk = {"device": "/dev/xvda", "type": "system", "size": size, "snapshot_id": snapshot_id}
    disks = [disk] if snapshot_id else []
    sql.execute(
        # Their making ended at the beginning of time, so that no clock can be before it.
        "INSERT INTO images (image_id, region, owner, origin, name, description, family, version,"
        " word, size, created_at, starts_at, ends_at, seconds, usable_delay, visible_at,"
        " tags_visible_at, can_cancel, encrypted, kms_key_id, resource_group, system, is_public,"
        " disks, tags, shares) VALUES (?, ?, ?, 'first', ?, '', '', '', '', ?, ?, 0, 0, 0, 0, 0, 0,"
        " 0, 0, '', '', ?, ?, ?, '{}', '{}')",
        (image_id, region, owner, name, size, created_at,
         json.dumps(system), int(owner == "system"), json.dumps(disks)),
    )  # fmt: skip


def _add_instance(sql: sqlite3.Connection, account: str, created_at: float) -> None:
    body = {
        "zone": "ap-southeast-1a",
        "type": "ecs.g7.large",
        "host_name": "golden-web",
        "security_groups": ["sg-golden0000000000002"],
        "vswitch": "vsw-golden0000000000002",
        "private_ip": "172.16.0.2",
        "disks": [{"id": "d-golden0000000000002", "size": 20, "type": "system"}],
    }
    sql.execute(
        "INSERT INTO instances (instance_id, region, owner, image_id, name, phase, phase_at,"
        " created_at, resource_group, tags, body)"
        " VALUES (?, 'ap-southeast-1', ?, ?, 'golden-web', 'running', ?, ?, '', '{}', ?)",
        (GOLDEN_INSTANCE, account, GOLDEN_IMAGE_IN_USE, created_at, created_at, json.dumps(body)),
    )
