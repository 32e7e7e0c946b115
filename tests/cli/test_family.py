"""`imageferry family`, by commands, on the embedded emulator; and the page that tells of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shop import GOLDEN, REGION, Shop

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "families.md"
EXAMPLE = ROOT / "examples" / "families.ros.yml"
PLACES = ("cn-beijing", "cn-shanghai")

FAMILIES = "\n".join(
    [
        "AWSTemplateFormatVersion: '2010-09-09'",
        "Parameters:",
        *(f"  Current{place}: {{Type: String, Default: ''}}" for place in range(2)),
        "  Images{place}: {Type: CommaDelimitedList}".replace("{place}", "0"),
        "  Images{place}: {Type: CommaDelimitedList}".replace("{place}", "1"),
        "Resources:",
        *(
            f"""\
  Web{place}:
    Type: IMAGEFERRY::ECS::ImageFamily
    Properties:
      ImageFamily: web
      RegionId: {region}
      ImageIds: !Ref Images{place}
      CurrentImageId: !Ref Current{place}"""
            for place, region in enumerate(PLACES)
        ),
    ]
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def copied(shop: Shop, region: str, number: int) -> str:
    """An image in a region that somebody has copied there."""
    reply = shop.object(
        "emulator", "call", "CopyImage", f"ImageId={GOLDEN}", f"DestinationRegionId={region}",
        f"DestinationImageName=web-{number}",
    )  # fmt: skip
    return str(reply["ImageId"])


def begun(shop: Shop, name: str = "fam", template: str = FAMILIES) -> dict[str, list[str]]:
    """Two images in each of two regions, the first one older; and the stack of their families."""
    images = {region: [copied(shop, region, number) for number in (1, 2)] for region in PLACES}
    given = [f"Images{place}={','.join(images[region])}" for place, region in enumerate(PLACES)]
    shop.run(*shop.deploy("-p", given[0], "-p", given[1], template=template, name=name))
    return images


def current(shop: Shop, *more: str) -> dict[str, str]:
    found: list[dict[str, Any]] = shop.object("family", "list", *more)["families"]
    return {one["region"]: one["current"] for one in found}


def test_promote_and_roll_back_one_region_and_all(shop: Shop) -> None:
    images = begun(shop)
    newest = {region: ids[1] for region, ids in images.items()}
    oldest = {region: ids[0] for region, ids in images.items()}
    assert current(shop) == newest
    text = shop.run("family", "rollback", "web", "--region", "cn-beijing", "--yes").stdout
    assert f"cn-beijing: {images['cn-beijing'][1]} -> {images['cn-beijing'][0]}" in text
    assert "plan: 1 to update, 1 unchanged" in text
    assert current(shop) == {**newest, "cn-beijing": oldest["cn-beijing"]}
    shown = shop.run("family", "show", "web").stdout
    assert re.search(rf"{images['cn-beijing'][1]} +web-2 +Deprecated +\w+ +held back", shown)
    assert re.search(rf"{images['cn-beijing'][0]} +web-1 +Available +\w+ +current", shown)

    done = shop.run("family", "rollback", "web", "--all-regions", "--yes")
    assert "cannot be rolled back any further" in done.output and "IF973" in done.output
    assert current(shop) == oldest
    shop.run("family", "rollback", "web", "--all-regions", "--yes", code=1)
    view = shop.object("family", "promote", "web", "--all-regions", "--yes")
    assert view["status"] == "UPDATE_COMPLETE"
    assert current(shop) == newest
    one = ("--region", "cn-shanghai", "--image", oldest["cn-shanghai"], "--yes")
    shop.run("family", "promote", "web", *one)
    assert current(shop) == {**newest, "cn-shanghai": oldest["cn-shanghai"]}
    shop.run("family", "promote", "web", *one)
    assert current(shop, "--stack", "fam", "--region", "cn-beijing") == {
        "cn-beijing": newest["cn-beijing"]
    }


def test_what_the_cloud_holds_is_listed_and_shown(shop: Shop) -> None:
    begun(shop)
    shop.run("emulator", "call", "ModifyImageAttribute", f"ImageId={GOLDEN}", "ImageFamily=other")
    assert "other" not in shop.run("family", "list").stdout
    text = shop.run("family", "list", "--all").stdout
    assert re.search(rf"other +{REGION} +{GOLDEN} +- +1 +-", text)
    known = shop.object("family", "list", "--all", "--region", REGION)["families"]
    assert [(one["family"], one["stack_name"]) for one in known] == [("other", None)]
    shown = shop.object("family", "show", "other", "--region", REGION)
    assert [one["launches"] for one in shown["regions"]] == [GOLDEN]
    shop.run("family", "show", "other", code=6)


def test_another_image_that_launches_is_told(shop: Shop) -> None:
    images = begun(shop)["cn-beijing"]
    shop.run("family", "rollback", "web", "--region", "cn-beijing", "--yes")
    call = ("emulator", "call", "ModifyImageAttribute", f"ImageId={images[1]}", "Status=Available")
    shop.run(*call)
    shown = shop.run("family", "show", "web", "--region", "cn-beijing")
    assert f'in cn-beijing the family "web" launches {images[1]}' in shown.output
    drift = shop.run("drift", "-s", "fam", code=7).stdout
    assert f'CurrentImageId: "{images[0]}" is "{images[1]}" in the cloud' in drift


BAD = {
    "nobody_to_ask": (("rollback", "web"), 2, "IF813"),
    "unknown": (("rollback", "webb", "--yes"), 6, "did you mean 'web'?"),
    "unknown_shown": (("show", "nope"), 6, "imageferry family list --all"),
    "elsewhere": (("promote", "web", "--region", "eu-central-1", "--yes"), 6, "it is in"),
    "no_region": (("promote", "web", "--region", "Beijing", "--yes"), 2, "IF823"),
    "which_region": (("rollback", "web", "--yes"), 2, "IF970"),
    "both": (("promote", "web", "--all-regions", "--region", "cn-beijing", "--yes"), 2, "IF970"),
    "one_image": (("promote", "web", "--all-regions", "--image", "m-1", "--yes"), 2, "IF970"),
    "no_member": (
        ("promote", "web", "--region", "cn-beijing", "--image", "m-1", "--yes"),
        2,
        "add it to ImageIds",
    ),
    "no_stack": (("promote", "web", "--stack", "nope", "--yes"), 6, "IF805"),
    "all_of_a_stack": (("list", "--all", "--stack", "fam"), 2, "IF970"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_means_nothing_is_refused(shop: Shop, name: str) -> None:
    arguments, code, says = BAD[name]
    begun(shop)
    before = current(shop)
    assert says in shop.run("family", *arguments, code=code).output
    assert current(shop) == before


def test_two_stacks_of_one_family_are_told_apart(shop: Shop) -> None:
    images = begun(shop)
    everything = ",".join(images["cn-beijing"]), ",".join(images["cn-shanghai"])
    given = [f"Images{place}={ids}" for place, ids in enumerate(everything)]
    shop.run(*shop.deploy("-p", given[0], "-p", given[1], template=FAMILIES, name="other"))
    refused = shop.run("family", "promote", "web", "--all-regions", "--yes", code=2)
    assert "IF971" in refused.output
    shop.run("family", "promote", "web", "--all-regions", "--stack", "other", "--yes")


def test_a_template_that_leaves_no_choice(shop: Shop) -> None:
    begun(shop, template=FAMILIES.replace("!Ref Current0", "!Select [0, !Ref Images0]"))
    said = shop.run("family", "promote", "web", "--region", "cn-beijing", "--yes", code=1).output
    assert "IF974" in said and "a Ref to a parameter" in said


def test_the_page_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = PAGE.read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
    shop, commands = Shop(tmp_path), 0
    for line in page.split("<!-- try: families -->")[1].split("```")[1].strip().splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "imageferry"
        told = re.search(r"# exit (\d+)", line)
        shop.run(*arguments, code=int(told[1]) if told else 0)
        commands += 1
    assert commands == 9
