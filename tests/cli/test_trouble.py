"""What a user meets on a bad day: broken files, dead addresses, closed pipes, missing parts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imageferry.assembly.house import open_house
from imageferry.cloud.errors import CloudError
from imageferry.settings import resolve
from imageferry.testing import VirtualClock, run_virtually
from tests.cli.shop import ARRIVAL, SECRET, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def process(shop: Shop, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with more variables."""
    return subprocess.run(
        [sys.executable, "-m", "imageferry", *arguments],
        env={**os.environ, **shop.environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def in_shell(shop: Shop, line: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell in which `ferry` is the command."""
    line = line.replace("ferry", f"'{sys.executable}' -m imageferry")
    return subprocess.run(
        ["bash", "-c", line],
        env={**os.environ, **shop.environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param("imageferry.db", "not an SQLite database", id="stacks"),
        pytest.param("emulator.db", "not a world of the emulator", id="emulated cloud"),
    ],
)
def test_a_broken_file_in_the_home_is_named(shop: Shop, broken: str, says: str) -> None:
    home = shop.folder / "home"
    home.mkdir()
    (home / broken).write_bytes(b"no database " * 1000)
    said = shop.run("list", code=1).stderr
    assert says in said
    assert broken in said
    assert "[IF811]" in said
    if broken == "emulator.db":
        assert says in shop.run("emulator", "images", code=1).stderr


@pytest.mark.parametrize("below", ["", "further"])
def test_a_file_where_the_home_should_be(shop: Shop, below: str) -> None:
    blocking = shop.folder / "a-file"
    blocking.touch()
    done = process(shop, "list", IMAGEFERRY_HOME=str(blocking / below))
    assert done.returncode == 1
    assert "a file stands in its place; set IMAGEFERRY_HOME" in done.stderr


def test_an_unknown_region_of_good_form_is_a_word_beside_the_plan(shop: Shop) -> None:
    said = shop.run(*shop.plan("--region", "cn-atlantis"))
    assert "[IF823]" in said.stderr
    assert "cn-atlantis -> eu-central-1" in said.stdout


@pytest.fixture
def silence() -> Iterator[str]:
    """An address that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_an_address_that_says_nothing_is_given_up_soon(tmp_path: Path, silence: str) -> None:
    settings = resolve({}, {"IMAGEFERRY_HOME": str(tmp_path), "IMAGEFERRY_ECS_ENDPOINT": silence})
    clock = VirtualClock()

    async def ask() -> float:
        with pytest.raises(CloudError) as caught:
            async with open_house(settings, clock=clock):
                pass
        assert caught.value.code == "NoReply"
        return clock.monotonic()

    assert run_virtually(ask()) <= 10.5


def test_an_address_where_nobody_listens_is_told_with_what_to_do(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = process(shop, "list", IMAGEFERRY_ECS_ENDPOINT=f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be reached: connection refused [IF820]" in done.stderr
    assert "IMAGEFERRY_ECS_ENDPOINT" in done.stderr


def test_the_real_cloud_without_a_key_is_told_without_the_librarys_log(shop: Shop) -> None:
    nothing = {name: "" for name in os.environ if name.startswith(("ALIBABA_CLOUD_", "ALICLOUD_"))}
    done = process(
        shop, "list", "--cloud", "alibaba",
        **{**nothing, "HOME": str(shop.folder), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"},
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("error: no access key was found")
    assert len(done.stderr.splitlines()) == 3


def test_serving_without_its_extra_names_the_extra(shop: Shop) -> None:
    missing = shop.folder / "missing"
    missing.mkdir()
    (missing / "httptools.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'httptools'\", name='httptools')\n"
    )
    done = process(shop, "emulator", "serve", PYTHONPATH=str(missing))
    assert done.returncode == 1
    assert "pip install 'imageferry[server]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        pytest.param("ferry types show ALIYUN::ECS::CopyImage | head -1", 0, "", id="head"),
        pytest.param("ferry list | true; exit 0", 0, "", id="nobody reads"),
        pytest.param("ferry list >&-", 0, "", id="stdout closed"),
        pytest.param("ferry list >&- 2>&-", 0, "", id="stdout and stderr closed"),
        pytest.param("ferry validate - <&-", 2, "the template is empty", id="stdin closed"),
    ],
)
def test_closed_pipes(shop: Shop, line: str, code: int, said: str) -> None:
    done = in_shell(shop, line)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    for word in ("Traceback", "BrokenPipe", "IF899"):
        assert word not in done.stdout + done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_no_fault_of_ours(shop: Shop) -> None:
    done = in_shell(shop, "ferry list > /dev/full")
    assert done.returncode == 1
    assert "no space left on device [IF825]" in done.stderr


def test_misuse_is_an_object_too(shop: Shop) -> None:
    found = shop.object("deploy", shop.path("t.yml", ARRIVAL), "--yes", code=2)["error"]
    assert found["exit_code"] == 2
    assert "--stack" in found["message"]


def test_letters_that_the_terminal_has_not(shop: Shop) -> None:
    template = shop.path("t.yml", ARRIVAL.replace("golden-copy", "金色镜像"))
    done = process(
        shop, "plan", template, "-s", "x", "--region", "cn-beijing", PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0, done.stderr
    assert 'ImageName: "\\u91d1\\u8272\\u955c\\u50cf"' in done.stdout


def test_a_broken_parameter_file_is_not_called_a_template(shop: Shop) -> None:
    template = shop.path("t.yml", ARRIVAL)
    for name, content, says in (
        ("none.yml", "", "the parameter file is empty"),
        ("half.json", '{"a": [', "a parameter file that begins with '{'"),
    ):
        arguments = ("plan", template, "-s", "x", "--region", "cn-beijing", "--parameters")
        said = shop.run(*arguments, shop.path(name, content), code=2).stderr
        assert says in said
        assert "template" not in said


def test_a_plan_shows_of_further_instances_only_what_differs(shop: Shop) -> None:
    said = shop.run(*shop.plan()).stdout
    assert said.count("ImageId:") == 1
    assert said.count("DestinationRegionId:") == 2
    assert "further instances show only what differs" in said
    shop.run(*shop.deploy())
    said = shop.run("delete", "-s", "golden", "--yes").stdout
    assert said.count('ImageId: "m-golden') == 1
    assert said.count(" stays: the cloud keeps the snapshots") == 2
    assert SECRET not in said


def test_the_stacks_reason_does_not_repeat_everything(shop: Shop) -> None:
    said = shop.run(*shop.deploy("--region", "cn-atlantis"), code=1)
    (last,) = [
        line for line in said.stdout.splitlines() if "CREATE_FAILED" in line and "stack " in line
    ]
    assert len(last) < 220
