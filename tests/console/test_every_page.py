"""Every page: whatever texts are in it, they are texts; and it can be used without eyes or a mouse."""

from __future__ import annotations

import json
import re
from pathlib import Path

from imageferry.console.pages import DEEDS, PAGES
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.cli.shop import GOLDEN
from tests.console.browsing import Browser, browsing, read_markup
from tests.console.looking import injected, look_over
from tests.console.wording import ROOT

MARKUP = "<script>alert(1)</script>"
BREAKOUT = "\"'><img src=x onerror=alert(1)>"
BRACES = "{{7*7}}{% raw %}${7*7}"
FORMULA = '=HYPERLINK("http://evil.example","x")'
CLOSING = "</textarea></title></script><svg onload=alert(1)>"
TURNED = "safe\u202egnp.exe"
CONTROL = "bell\u0007 and\u2028line\u0085"
LONG = "W" * 10_000

_BODY = {
    "ROSTemplateFormatVersion": "2015-09-01",
    "Description": f"{MARKUP} {BREAKOUT} {BRACES} {FORMULA} {CLOSING} {TURNED}",
    "Parameters": {
        "Plain": {
            "Type": "String",
            "Label": BREAKOUT,
            "Description": f"{CLOSING} {MARKUP}",
            "Default": FORMULA,
            "AllowedValues": [FORMULA, MARKUP, CLOSING],
        },
        "Long": {"Type": "String", "Label": MARKUP, "Default": LONG},
        "Hidden": {"Type": "String", "NoEcho": True},
        "Turned": {"Type": "String", "Default": TURNED, "ConstraintDescription": MARKUP},
    },
    "Metadata": {
        "ALIYUN::ROS::Interface": {
            "ParameterGroups": [
                {"Parameters": ["Plain", "Long"], "Label": {"default": CLOSING, "zh-cn": MARKUP}}
            ]
        }
    },
    "Resources": {
        "Copy": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": "cn-shanghai",
                "DestinationImageName": "hostile",
                "DestinationDescription": BREAKOUT,
                "Tag": [{"Key": "x", "Value": MARKUP}],
            },
        },
        "Failing": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": "eu-central-1",
                "DestinationImageName": "failing",
            },
        },
    },
    "Outputs": {
        "Said": {"Description": CLOSING, "Value": {"Fn::Join": ["", [MARKUP, BRACES, FORMULA]]}},
        "Long": {"Description": TURNED, "Value": {"Ref": "Long"}},
    },
}

QUERIES = (
    "",
    "?q=%3Cscript%3Ealert(1)%3C/script%3E&status=%22%3E%3Cimg%20src=x%3E&page=%22%3E&before=%3C",
    "?q=%7B%7B7*7%7D%7D&lang=zh&region=%3Csvg%20onload=1%3E&to=%22&resource=%3Cb%3E&view=%3Cb%3E",
)


async def _lay(browser: Browser) -> dict[str, str]:
    """A stack that failed, whose every text is hostile; gives what the paths of pages need."""
    apis = browser.apis
    fault = {
        "kind": "error",
        "action": "CopyImage",
        "skip": 1,
        "count": 1,
        "code": "Forbidden.RAM",
        "message": f"{MARKUP} {BREAKOUT} {CONTROL}",
    }
    controls.add_fault(apis.cloud.world, fault)
    status, made = await apis.ros(
        "CreateStack",
        StackName="hostile",
        TemplateBody=json.dumps(_BODY),
        Tags=[{"Key": MARKUP, "Value": BREAKOUT}],
        DisableRollback="true",
        Parameters=[{"ParameterKey": "Hidden", "ParameterValue": "hunter2"}],
    )
    assert status == 200, made
    await apis.clock.sleep(4000)
    change = json.loads(json.dumps(_BODY).replace("hostile", "renamed"))
    status, second = await apis.ros(
        "CreateChangeSet",
        StackId=made["StackId"],
        ChangeSetName="renames",
        ChangeSetType="UPDATE",
        Description=BREAKOUT,
        Parameters=[{"ParameterKey": "Hidden", "ParameterValue": "hunter2"}],
        TemplateBody=json.dumps(change),
    )
    assert status == 200, second
    await apis.clock.sleep(20)
    return {
        "{stack}": made["StackId"],
        "{address:path}": "Copy",
        "{change_set}": second["ChangeSetId"],
        "{name}": "renames",
    }


def _path(path: str, named: dict[str, str]) -> str:
    for name, value in named.items():
        path = path.replace(name, value)
    assert "{" not in path, f"give the test a value for the parameter of {path}"
    return path


def test_hostile_texts_stay_texts_and_every_page_can_be_read_aloud(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            named = await _lay(browser)
            reader = await browser.as_role(Role.READER)
            shown, wrong = "", {}
            for page in PAGES:
                path = _path("/console" + page.path, named)
                for query in QUERIES:
                    reply = await browser.get(path + query)
                    assert reply.status in {200, 400, 404}, (path + query, reply.text[:600])
                    assert reply.status == 200 or query, (path, reply.text[:600])
                    if found := look_over(reply):
                        wrong[f"{path}{query}"] = found
                    assert "hunter2" not in reply.source, path
                    shown += reply.page.raw
                if page.needs is Role.READER and (found := look_over(await reader.get(path))):
                    wrong[f"reader {path}"] = found
            assert not wrong, json.dumps(wrong, indent=1)
            for text in (MARKUP, BREAKOUT, BRACES, FORMULA, CLOSING):
                assert text in shown, f"{text} is nowhere"

    run_virtually(main())


def test_what_is_sent_comes_back_as_text(tmp_path: Path) -> None:
    """Every deed with hostile values in all that a form of ours could have: refused, or done, in words."""

    async def main() -> None:
        async with browsing(tmp_path) as browser:
            named = await _lay(browser)
            fields = re.findall(r'name="([\w.-]+)"', "".join(_templates()))
            pairs = [(name, BREAKOUT) for name in {*fields, "parameter.Plain", "tag.x", "step"}]
            pairs = [one for one in pairs if one[0] != "csrf"]
            template = json.dumps(_BODY).replace("2015-09-01", MARKUP)
            wrong = {}
            for deed in DEEDS:
                path = _path("/console" + deed.path, named)
                for files in ({}, {"file": (BREAKOUT.replace('"', "%22"), template.encode())}):
                    reply = await browser.send_pairs(path, pairs, files)
                    assert reply.status < 500, (path, reply.text[:600])
                    is_page = reply.headers["content-type"].startswith("text/html")
                    if is_page and (found := look_over(reply)):
                        wrong[f"{deed.action} {len(files)}"] = found
                    assert "hunter2" not in reply.source
            assert not wrong, json.dumps(wrong, indent=1)
            audit = await browser.get("/console/audit")
            assert not look_over(audit)

    run_virtually(main())


def _templates() -> list[str]:
    return [one.read_text() for one in sorted((ROOT / "templates").glob("*.html"))]


def test_live_parts_stay_texts_and_stand_in_their_page(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            named = await _lay(browser)
            for page in PAGES:
                if not page.live:
                    continue
                path = _path(page.path, named)
                shown = (await browser.get(f"/console{path}")).page
                async with browser.stream(f"/console/live{path}") as stream:
                    assert stream.status == 200, path
                    parts = await stream.parts()
                assert set(parts) <= set(page.live)
                for name, markup in parts.items():
                    place = shown.live(name)
                    assert not list(injected(read_markup(markup))), (path, name)
                    # What the stream sends is what the page has already: nothing moves at once.
                    assert read_markup(markup).text == place.text, (path, name)

    run_virtually(main())
