"""validate, types, emulator and doctor, by commands."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from imageferry.assembly.served import LIBRARIES, libraries_missing
from imageferry.cli.choices import CHOICES
from tests.cli.shop import ARRIVAL, FAN_OUT, GOLDEN, REGION, Shop

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_validating_several_files(shop: Shop) -> None:
    good, other = shop.path("good.yml", FAN_OUT), shop.path("other.yml", ARRIVAL)
    bad = shop.path("bad.yml", FAN_OUT.replace("Ref: Prefix", "Ref: Prefex"))
    shop.run("validate", good, other)
    found = shop.object("validate", good, other, bad, str(shop.folder / "none.yml"), code=2)
    files = {Path(one["path"]).name: one for one in found["files"]}
    assert [one["valid"] for one in files.values()] == [True, True, False, False]
    assert files["other.yml"]["dialect"] == "cloudformation"
    (fault,) = files["bad.yml"]["diagnostics"]
    assert set(fault) >= {"code", "severity", "message", "why", "remedy", "line", "column"}
    assert (fault["severity"], fault["line"]) == ("error", 20)
    assert files["none.yml"]["diagnostics"][0]["code"] == "IF801"


def test_validating_standard_input(shop: Shop) -> None:
    assert "<stdin>: valid (ros)" in shop.run("validate", "-", text=FAN_OUT).stdout
    assert "<stdin>:1:1" in shop.run("validate", "-", text="", code=2).stderr


def test_validate_loads_neither_database_nor_drawing(shop: Shop) -> None:
    code = (
        "import sys\n"
        "from imageferry.cli.group import imageferry\n"
        f"try:\n    imageferry(['validate', {shop.path('good.yml', FAN_OUT)!r}])\n"
        "except SystemExit as ended:\n    print(ended.code)\n"
        "print([m for m in ('rich', 'sqlalchemy', 'aiohttp', 'cryptography')"
        " if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said.endswith("0\n[]\n")


def test_types(shop: Shop) -> None:
    names = [one["type"] for one in shop.object("types", "list")["types"]]
    assert {"ALIYUN::ECS::CopyImage", "TF::Alicloud::ImageCopy"} <= set(names)
    page = shop.run("types", "show", "ALIYUN::ECS::CopyImage").stdout
    for part in ("Syntax in JSON", "Syntax in YAML", "Editable:", "Fn::GetAtt ImageId", "Notes"):
        assert part in page
    near = shop.run("types", "show", "ALIYUN::ECS::CopyImages", code=2)
    assert 'did you mean "ALIYUN::ECS::CopyImage"?' in near.stderr


def test_a_page_for_each_type(shop: Shop) -> None:
    folder = shop.folder / "pages" / "types"
    written = shop.object("types", "docs", "--output", str(folder))["pages"]
    names = [one["type"] for one in shop.object("types", "list")["types"]]
    assert sorted(path.name for path in folder.iterdir()) == written
    assert len(written) == len(names) + 1
    page = (folder / "TF-Alicloud-ImageCopy.md").read_text()
    for heading in ("## Syntax", "## Properties", "## Return values", "## Parts", "### Timeouts"):
        assert heading in page
    blocked = shop.path("file", "")
    shop.run("types", "docs", "--output", f"{blocked}/x", code=1)


def test_the_emulated_cloud_is_managed(shop: Shop) -> None:
    assert "m-golden0000000000001" in shop.run("emulator", "images").stdout
    found = shop.object("emulator", "images", "--region", REGION, "--snapshots")
    assert [one["image_id"] for one in found["images"]] == ["m-golden0000000000001"]
    assert {one["region"] for one in found["snapshots"]} == {REGION}
    added = shop.object(
        "emulator", "fault", "add", "copy_fails", "--region", "eu-*", "--set", "percent=40"
    )
    assert (added["kind"], added["percent"], added["count"]) == ("copy_fails", 40, 1)
    assert len(shop.object("emulator", "fault", "list")["faults"]) == 1
    assert "copy_fails" in shop.run("emulator", "fault", "list").stdout
    assert shop.object("emulator", "fault", "clear", str(added["id"])) == {"removed": 1}
    assert "there are no faults" in shop.run("emulator", "fault", "list").stdout
    assert "lost_reply" in shop.run("emulator", "fault", "kinds").stdout
    assert shop.object("emulator", "settings", "running_copies=2")["running_copies"] == 2
    assert shop.object("emulator", "settings")["running_copies"] == 2
    shop.run(*shop.deploy())
    assert len(shop.object("emulator", "reset", "--yes")["images"]) == 2
    assert shop.object("emulator", "settings")["running_copies"] == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["fault", "add", "earthquake"], "earthquake", id="no such fault"),
        pytest.param(["fault", "add", "slow", "--set", "seconds=-1"], "seconds", id="bad detail"),
        pytest.param(["fault", "add", "slow", "--set", "seconds"], "no setting", id="no value"),
        pytest.param(["settings", "colour=blue"], "colour", id="no such setting"),
        pytest.param(["settings", "speed=0"], "speed", id="bad setting"),
    ],
)
def test_what_the_emulated_cloud_refuses(shop: Shop, arguments: list[str], said: str) -> None:
    assert said in shop.run("emulator", *arguments, code=2).stderr


def test_somebody_else_calls_the_emulated_cloud(shop: Shop) -> None:
    named = f"ImageId={GOLDEN}"
    call = ("emulator", "call")
    assert shop.run(*call, "ModifyImageAttribute", named, "ImageName=renamed").stdout == "done\n"
    found = shop.object(*call, "DescribeImages", f"RegionId={REGION}", named)
    assert [image["ImageName"] for image in found["Images"]["Image"]] == ["renamed"]
    given = ("DescribeImages", f"RegionId={REGION}", "ImageOwnerAlias=others")
    neighbour = (*call, "--account", "1000000000000002")
    assert shop.object(*neighbour, *given)["TotalCount"] == 0
    shop.run(*call, "ModifyImageSharePermission", named, "AddAccount.1=1000000000000002")
    assert shop.object(*neighbour, *given)["TotalCount"] == 1
    assert shop.object(*call, *given)["TotalCount"] == 0
    shop.run(*call, "ModifyImageSharePermission", named, "RemoveAccount.1=1000000000000002")
    shop.run("emulator", "fault", "add", "quota", "--always")
    assert shop.object(*call, "DeleteImage", named) == {}, "faults are for imageferry alone"
    assert GOLDEN not in shop.run("emulator", "images").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["Nope"], "InvalidApi.NotFound", id="action"),
        pytest.param(["DeleteImage", "x"], '"x" is no parameter', id="parameter"),
        pytest.param(["--account", "ann", "DeleteImage"], "no account id", id="account"),
        pytest.param(["DeleteImage", "ImageId=m-none"], "RegionId", id="no-region"),
        pytest.param(
            ["DeleteImage", "ImageId=m-golden0000000000002"], "ImageUsingByInstance", id="in-use"
        ),
    ],
)
def test_a_call_that_the_emulated_cloud_refuses(
    shop: Shop, arguments: list[str], said: str
) -> None:
    assert said in shop.run("emulator", "call", *arguments, code=2).stderr


def test_the_emulator_is_served_until_interrupted(shop: Shop) -> None:
    process = shop.start("emulator", "serve")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "http://127.0.0.1:" in line
    port = line.split("127.0.0.1:")[1].split(";")[0]
    second = shop.start("emulator", "serve", "--port", port)
    assert second.communicate(timeout=20)[1].startswith(
        f"error: the emulator cannot listen on port {port}"
    )
    assert second.returncode == 1
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_doctor(shop: Shop) -> None:
    found = shop.object("doctor", "--region", REGION)
    assert {one["subject"] for one in found["findings"]} == {
        "database", "workers", "serve", "access key", "account", "regions", "clock",
    }  # fmt: skip
    assert {one["verdict"] for one in found["findings"]} == {"ok"}
    settings = {one["name"]: one for one in found["settings"]}
    assert settings["home"]["origin"] == "IMAGEFERRY_HOME"
    assert settings["region"]["origin"] == "--region"
    assert settings["cloud"]["origin"] == "default"
    assert len(found["choices"]) == len(CHOICES)
    assert "every" not in json.dumps(found["settings"])
    shop.run("keys", "create", "--role", "reader")
    words = shop.run("doctor", "--region", REGION).stdout
    assert '1 access key of "imageferry keys" for this account' in words
    assert words.startswith("cloud emulator, account ")
    shop.run("doctor", "--region", "moon-base-1", code=2)


def test_the_extra_of_the_server_is_known_by_its_libraries() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"]["server"]
    names = {re.split(r"[<>=\[]", one)[0].replace("-", "_") for one in wanted}
    assert names == set(LIBRARIES)
    assert libraries_missing() == ()


def test_doctor_shows_no_secret(shop: Shop) -> None:
    hidden = {
        "IMAGEFERRY_SECRET_KEY": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyISE=",
        "IMAGEFERRY_DATABASE_URL": "postgresql://ferry:pass-word@127.0.0.1:1/x",
    }
    process = subprocess.run(
        [sys.executable, "-m", "imageferry", "doctor", "--json"],
        env={**shop.environment(), **hidden, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    for secret in ("c2VjcmV0", "pass-word"):
        assert secret not in process.stdout + process.stderr
    settings = {one["name"]: one["value"] for one in json.loads(process.stdout)["settings"]}
    assert settings["secret_key"] == "****"
    assert settings["database_url"] == "postgresql://ferry:****@127.0.0.1:1/x"
