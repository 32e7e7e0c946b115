"""`distribute` as people and scripts give it: words, JSON, exit codes, and what is refused at once."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.golden import check
from tests.cli.shop import GOLDEN, REGION, Shop

FROM = ("--from", REGION)
TO = ("--to", "cn-shanghai,cn-beijing")
BAKED = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  First:
    Type: ALIYUN::ECS::CustomImage
    Properties: {ImageName: web-2026-10, SnapshotId: s-golden0000000000001}
  Second:
    Type: ALIYUN::ECS::CustomImage
    Properties: {ImageName: web-2026-11, SnapshotId: s-golden0000000000001}
Outputs:
  First: {Value: {'Fn::GetAtt': [First, ImageId]}}
  Second: {Value: {'Fn::GetAtt': [Second, ImageId]}}
"""
USED = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {ImageId: {Type: String}}
Resources:
  Onward:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: {Ref: ImageId}, DestinationRegionId: eu-west-1}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A home whose cloud has two versions of one golden image, and their ids, older first."""
    shop = Shop(tmp_path_factory.mktemp("bakery"))
    outputs = shop.object(*shop.deploy(template=BAKED, name="baked"))["outputs"]
    return shop.folder / "home", outputs["First"], outputs["Second"]


@pytest.fixture
def baked(shop: Shop, bakery: tuple[Path, str, str]) -> tuple[str, str]:
    """Two versions of one golden image in the shop's own cloud, older first."""
    home, first, second = bakery
    shutil.copytree(home, shop.folder / "home")
    return first, second


def sources(shop: Shop) -> dict[str, list[str]]:
    """The sources of the copies of each region, oldest first."""
    found: dict[str, list[str]] = {}
    for one in shop.object("emulator", "images")["images"]:
        if one["source_image_id"]:
            found.setdefault(one["region"], []).append(one["source_image_id"])
    return found


def settled(text: str, *ids: str) -> str:
    """The text without what differs from run to run."""
    for number, one in enumerate(ids):
        tail = one[-8:]
        text = text.replace(one, f"(version {number})")
        text = re.sub(rf"V\d{{8}}{tail[0].upper()}{tail[1:]}", f"V(day)({number})", text)
    text = re.sub(r"\bm-[0-9a-z]{20}\b", "(image)", text)
    # The columns are as wide as what stands in them.
    return re.sub(r" {3,}(?=\S)", "   ", text)


def test_versions_come_and_go(shop: Shop, baked: tuple[str, str]) -> None:
    first, second = baked
    told = shop.object("distribute", first, *FROM, *TO, "--keep-last", "1", "--yes")
    assert told["stack_name"] == "web"
    assert told["distribution"]["newest"] == first
    assert [one["region"] for one in told["distribution"]["arriving"]] == [
        "cn-shanghai",
        "cn-beijing",
    ]
    newest = told["outputs"]["NewestImageIds"]
    given = ("distribute", second, *FROM, *TO, "--keep-last", "1")
    shown = shop.run(*given, "--dry-run").stdout
    check("distribute-dry-run.txt", settled(shown, first, second))
    assert sources(shop) == {"cn-shanghai": [first], "cn-beijing": [first]}
    dry = shop.object(*given, "--dry-run")
    assert {one["image_id"] for one in dry["distribution"]["retiring"]} == set(newest.values())
    assert dry["change_set"]["summary"]["delete"] == 2
    done = shop.object(*given, "--yes")
    assert done["status"] == "UPDATE_COMPLETE"
    assert sources(shop) == {"cn-shanghai": [second], "cn-beijing": [second]}
    snapshots = shop.object("emulator", "images", "--snapshots")["snapshots"]
    assert not [one for one in snapshots if not one["image_exists"]]
    again = shop.run(*given, "--yes").stdout
    assert 'stack "web" is as the template wants it' in again
    shop.run("delete", "-s", "web", "--yes")
    assert sources(shop) == {}


def test_what_comes_into_use_in_between_is_kept_and_the_stack_is_whole(
    shop: Shop, baked: tuple[str, str]
) -> None:
    first, second = baked
    told = shop.object("distribute", first, *FROM, *TO, "--yes")
    used = told["outputs"]["NewestImageIds"]["cn-beijing"]
    given = ("distribute", second, *FROM, *TO, "--keep-last", "1", "--yes")
    shop.run(*given, "--no-wait")
    held = shop.run("distribute", first, *FROM, *TO, "--yes", code=10)
    assert "IF810" in held.output
    shop.run("emulator", "fault", "add", "error", "--action", "DeleteImage", "--region",
             "cn-beijing", "--set", 'code="ImageUsingByInstance"', "--set", "status=403")  # fmt: skip
    shop.run(*shop.deploy("-p", f"ImageId={used}", "--region", "cn-beijing", template=USED,
                          name="onward"))  # fmt: skip
    done = shop.object(*given)
    assert done["status"] == "UPDATE_COMPLETE"
    (kept,) = done["distribution"]["kept"]
    assert kept["image_id"] == used
    assert kept["reasons"] == ['used by "Onward" of stack "onward"']
    assert sources(shop)["cn-beijing"] == [first, second]
    assert sources(shop)["cn-shanghai"] == [second]


def test_a_refusal_that_nobody_can_tell_the_cause_of_is_left_to_the_next_run(
    shop: Shop, baked: tuple[str, str]
) -> None:
    first, second = baked
    shop.run("distribute", first, *FROM, "--to", "cn-beijing", "--yes")
    shop.run("emulator", "fault", "add", "error", "--action", "DeleteImage", "--region",
             "cn-beijing", "--set", 'code="ImageUseShared"', "--set", "status=403")  # fmt: skip
    given = ("distribute", second, *FROM, "--to", "cn-beijing", "--keep-last", "1", "--yes")
    failed = shop.object(*given, code=4)
    assert failed["status"] == "UPDATE_FAILED"
    told = shop.object(*given, "--keep-snapshots")
    assert told["status"] == "UPDATE_COMPLETE"
    assert sources(shop) == {"cn-beijing": [second]}
    # This once they were to stay, and are named.
    (left,) = told["snapshots_left"]
    snapshots = shop.object("emulator", "images", "--snapshots")["snapshots"]
    assert [one["snapshot_id"] for one in snapshots if not one["image_exists"]] == left["ids"]


def test_the_same_line_tries_again_and_another_one_needs_leave(shop: Shop) -> None:
    shop.run("emulator", "fault", "add", "copy_fails", "--region", "cn-beijing")
    given = ("distribute", GOLDEN, *FROM, *TO, "--yes")
    assert shop.object(*given, code=4)["stack_name"] == "golden-base"
    # Its template is in no file that deploy could be given.
    shown = shop.run("show", "-s", "golden-base").stdout
    assert "imageferry distribute IMAGE --from cn-hangzhou --to … --stack golden-base" in shown
    assert "deploy TEMPLATE" not in shown
    assert shop.object(*given)["status"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert sources(shop) == {"cn-shanghai": [GOLDEN], "cn-beijing": [GOLDEN]}
    assert "--replace" in shop.run(*given, "--encrypt", code=1).output
    planned = shop.object(*given, "--encrypt", "--replace", "--dry-run")
    assert planned["change_set"]["summary"]["replace"] == 2


@pytest.mark.parametrize("language", ["ros", "cloudformation"])
def test_the_template_is_printed_and_can_be_deployed(shop: Shop, language: str) -> None:
    printed = shop.run(
        "distribute", GOLDEN, *FROM, *TO, "--key", "cn-shanghai=key-1", "--share",
        "1234567890123456", "--print-template", language,
    ).stdout  # fmt: skip
    path = shop.path("printed.yml", printed)
    shop.run("validate", path)
    region = REGION if language == "ros" else "cn-shanghai"
    shop.run("plan", path, "-s", "printed", "--region", region)
    told = shop.object("distribute", GOLDEN, *FROM, *TO, "--print-template", language)
    assert told["dialect"] == language
    assert told["template"].startswith(("ROSTemplate", "AWSTemplate"))


def test_every_region_of_the_account(shop: Shop) -> None:
    told = shop.object("distribute", GOLDEN, *FROM, "--all-regions", "--dry-run")
    regions = told["distribution"]["regions"]
    assert REGION not in regions
    assert len(regions) > 20
    assert told["distribution"]["sold_out"] == ["ap-south-1", "ap-southeast-2"]
    assert not {"ap-south-1", "ap-southeast-2"} & set(regions)


WRONG = {
    "by itself": (
        ["--to", "cn-hangzhou", "--share", "x", "--keep-last", "-1", "--key", "cn-beijing=k"],
        ["IF960", "IF960", "IF961", "IF961"],
    ),
    "pairs": (["--to", "cn-beijing", "--key", "k", "--tag", "=x"], ["IF961", "IF961"]),
    "two keys for one region": (
        ["--to", "cn-beijing", "--key", "cn-beijing=a", "--key", "cn-beijing=b"],
        ["IF961"],
    ),
    "as the cloud shows it": (
        ["--to", "cn-nowhere,cn-beijing", "--name", "9{name}"],
        ["IF960", "IF961"],
    ),
    "the own account": (["--to", "cn-beijing", "--share", "1000000000000001"], ["IF961"]),
    "what a service key encrypts": (
        ["--to", "cn-beijing,cn-shanghai", "--key", "cn-beijing=k", "--encrypt", "--share", "123"],
        ["IF961"],
    ),
    "empty words": (
        ["--to", "cn-beijing", "--family", "", "--stack", " ", "--keep-tag", "=x"],
        ["IF961", "IF961", "IF961"],
    ),
    "a key for the source": (["--all-regions", "--key", "cn-hangzhou=key-1"], ["IF960"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_before_anything(shop: Shop, case: str) -> None:
    given, codes = WRONG[case]
    result = shop.run("distribute", GOLDEN, *FROM, *given, "--yes", "--json", code=2)
    told = json.loads(result.stdout)["error"]["diagnostics"]
    assert [one["code"] for one in told] == codes


def test_an_image_that_cannot_be_distributed(shop: Shop) -> None:
    absent = shop.run("distribute", "m-nope", *FROM, *TO, "--yes", code=2).output
    assert "there is no image m-nope in cn-hangzhou" in absent
    system = "aliyun_3_x64_20G_alibase_20260901.vhd"
    assert "IF962" in shop.run("distribute", system, *FROM, *TO, "--yes", code=2).output
    assert shop.run("distribute", GOLDEN, *FROM, *TO, "--keep-for", "soon", code=2)
    # Days are meant, and seconds would be understood.
    assert (
        "write 90d" in shop.run("distribute", GOLDEN, *FROM, *TO, "--keep-for", "90", code=2).output
    )
    assert "no image is named" in shop.run("distribute", "", *FROM, *TO, "--yes", code=2).output
    assert shop.run("distribute", GOLDEN, *TO, "--yes", code=2)
    assert "IF813" in shop.run("distribute", GOLDEN, *FROM, *TO, code=2).output


def test_a_stack_with_other_things_is_not_written_over(shop: Shop, baked: tuple[str, str]) -> None:
    refused = shop.run("distribute", GOLDEN, *FROM, *TO, "-s", "baked", "--yes", code=2).output
    assert "IF964" in refused
    printed = shop.run("distribute", GOLDEN, *FROM, *TO, "--print-template").stdout
    more = (
        "  Mine:\n    Type: ALIYUN::ECS::CustomImage\n    Properties: {SnapshotId: s-1}\nOutputs:"
    )
    shop.run(*shop.deploy(template=printed.replace("Outputs:", more), name="mixed"), code=4)
    refused = shop.run("distribute", GOLDEN, *FROM, *TO, "-s", "mixed", "--yes", code=2).output
    assert "has resources that distribute did not write: Mine" in refused


def test_no_ends_it_and_nothing_is_done(shop: Shop) -> None:
    code, said = shop.converse(
        "distribute", GOLDEN, *FROM, "--to", "cn-shanghai", question="carry out", answer="n"
    )
    assert code == 1
    assert "nothing was done" in said
    assert sources(shop) == {}


def test_the_page_can_be_followed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    page = (root / "docs" / "distribute.md").read_text(encoding="utf-8")
    text = page.split("<!-- try: distribute -->")[1].split("```")[1]
    ids: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        assigned = re.findall(r"(\w+)=\$\(imageferry ([^()]*)\)", line)
        if assigned:
            ids = {f"${name}": shop.run(*shlex.split(one)).stdout.strip() for name, one in assigned}
            continue
        program, *arguments = shlex.split(line, comments=True)
        assert program == "imageferry"
        said = shop.run(*(ids.get(one, one) for one in arguments)).stdout
        if "nothing to do" in line:
            assert "is as the template wants it" in said
    assert len(ids) == 2
    assert sources(shop) == {}
    snapshots = shop.object("emulator", "images", "--snapshots")["snapshots"]
    assert not [one for one in snapshots if one["region"] in {"cn-shanghai", "cn-beijing"}]
