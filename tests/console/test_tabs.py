"""The tabs of a stack: overview, events, resources, outputs, parameters and template."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from imageferry.console.rendering import told_apart
from imageferry.console.views.events import as_csv
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.cli.shop import GOLDEN
from tests.console.browsing import Browser, Node, Reply, browsing, read_markup
from tests.console.test_stacks import create, deny, review, rows

SECRET = "hunter2-and-more"

RICH = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Description: {{en: The shop's images., zh-cn: 商店镜像。}}
Metadata:
  ALIYUN::ROS::Interface:
    ParameterGroups:
      - Label: {{default: {{en: The image, zh-cn: 源镜像组}}}}
        Parameters: [Name]
    Hidden: [Quiet]
Parameters:
  Name:
    Type: String
    Label: {{en: Name of the copies, zh-cn: 副本名称}}
    Description: What they are called.
    Default: web
  Pass: {{Type: String, NoEcho: true}}
  Quiet: {{Type: Json, Default: {{a: 1}}}}
  Unused: {{Type: Number, Default: 3}}
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties: {{ImageId: {GOLDEN}, DestinationRegionId: cn-shanghai, DestinationImageName: !Ref Name}}
  Many:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: First
    Count: 3
    Properties:
      ImageId: {GOLDEN}
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', [cn-beijing, cn-qingdao, eu-central-1]]
      DestinationImageName: !Sub '${{Name}}-${{ALIYUN::Index}}'
Outputs:
  Id: {{Description: The first copy., Value: !Ref First}}
  All: {{Value: {{ids: !GetAtt [Many, ImageId]}}}}
  Hidden: {{NoEcho: true, Value: !Ref Pass}}
"""


def tab(stack_id: str, name: str = "", **query: str) -> str:
    path = "/".join(filter(None, ("/console/stacks", stack_id.rpartition("/")[2], name)))
    return f"{path}?{urlencode(query)}" if query else path


async def make_rich(browser: Browser, template: str = RICH, **parameters: str) -> str:
    given = {"Pass": SECRET, **parameters}
    status, made = await browser.apis.ros(
        "CreateStack",
        StackName="rich",
        TemplateBody=template,
        DisableRollback="true",
        Tags=[{"Key": "team", "Value": "shop"}],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    assert status == 200, made
    return str(made["StackId"])


def section(reply: Reply | Node, name: str) -> str:
    """The text of the section under a heading of that id."""
    page = reply.page if isinstance(reply, Reply) else reply
    return page.one(aria_labelledby=name).text


# --- overview -------------------------------------------------------------------------------------


def test_an_overview_from_beginning_to_failure(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            deny(browser, "<b>not yours</b>")
            stack_id = await create(browser, "golden", "cn-shanghai", "cn-beijing")
            await browser.apis.clock.sleep(30)
            running = await browser.get(tab(stack_id))
            # The second copy was refused while the first one goes on: that is told at once.
            assert "About" not in section(running, "cause")
            assert "To1" in section(running, "cause")
            assert "<b>not yours</b>" in section(running, "cause")
            now = section(running, "running-now")
            assert "0 of 2 resources" in now and "1 failed" in now
            assert "keep what was made" in now and "about" in now
            assert "undoes what runs" in section(running, "next")
            offered = [one.get("id") for one in running.page.all("a", class_="button")]
            assert offered == ["deed-cancel"], "what somebody works on is not tried again"
            await browser.apis.clock.sleep(3000)
            failed = await browser.get(tab(stack_id))
            facts = section(failed, "facts")
            assert "CREATE_FAILED" in facts and "1 of 2" in facts and "never compared" in facts
            assert stack_id in facts and "China (Hangzhou)" in facts and "emulator" in facts
            ways = failed.page.one(aria_labelledby="next").all("a")
            assert [one.get("href").rpartition("/")[2] for one in ways] == [
                "retry",
                "update",
                "delete",
            ]
            codes = [one.text for one in failed.page.one(aria_labelledby="cause").all("code")]
            assert any(len(one) == 36 and one.count("-") == 4 for one in codes), codes
            assert "imageferry show --stack golden --region cn-hangzhou" in failed.text
            reader = await browser.as_role(Role.READER)
            seen = await reader.get(tab(stack_id))
            assert not seen.page.one(aria_labelledby="next").all("a")
            assert "tries again what is missing" in section(seen, "next")
            assert not seen.page.all("a", class_="button")

    run_virtually(program())


def test_what_else_is_chosen_for_a_stack_is_told(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            await review(browser, "one", 1000.0)
            store = browser.apis.house.store
            [stack] = await store.find_stacks(None, "one")
            policy = json.dumps({"Statement": [{"Effect": "Deny"}]})
            await store.change_stack(
                stack.stack_id,
                is_protected=True,
                policy=policy,
                tags={"<i>team</i>": "shop"},
                options={"RamRoleName": "role & more"},
            )
            facts = section(await browser.get(tab(stack.stack_id)), "facts")
            assert "yes, it cannot be deleted" in facts and policy in facts
            assert "<i>team</i>: shop" in facts and "role & more" in facts
            assert "REVIEW_IN_PROGRESS" in facts

    run_virtually(program())


@pytest.mark.parametrize(
    "path",
    ["", "events", "resources", "outputs", "parameters", "template"],
    ids=lambda name: name or "overview",
)
def test_a_stack_of_nobody_is_not_found(tmp_path: Path, path: str) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            for unknown in ("00000000-0000-4000-8000-000000000000", "%3Cb%3E"):
                reply = await browser.get(
                    "/".join(filter(None, ("/console/stacks", unknown, path)))
                )
                assert reply.status == 404 and "no stack of this account" in reply.text

    run_virtually(program())


def test_the_tabs_of_a_stack_that_is_gone(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, speed=10.0) as browser:
            stack_id = await make_rich(browser)
            await browser.apis.clock.sleep(1000)
            assert (await browser.apis.ros("DeleteStack", StackId=stack_id))[0] == 200
            await browser.apis.clock.sleep(1000)
            told = {}
            for name in ("", "events", "resources", "outputs", "parameters", "template"):
                reply = await browser.get(tab(stack_id, name))
                assert reply.status == 200 and "DELETE_COMPLETE" in reply.text, name
                assert SECRET not in reply.source, name
                told[name] = reply.text
            assert "This stack has no resources." in told["resources"]
            assert "Deleted" in told[""] and "Last operation" in told[""]
            # A template that may hold a secret goes with its stack.
            assert "The template of this stack is not kept." in told["template"]
            assert "This stack has no outputs." in told["outputs"]

    run_virtually(program())


# --- events ---------------------------------------------------------------------------------------

SIEVED: dict[str, tuple[dict[str, str], set[str]]] = {
    "a resource": ({"resource": "To1"}, {"To1"}),
    "a region": ({"region": "cn-shanghai"}, {"To0"}),
    "the stack's region": ({"region": "cn-hangzhou"}, set()),
    "what failed": ({"status": "failed"}, {"To1", "the stack"}),
    "what is complete": ({"status": "complete"}, {"To0"}),
    "a text in a reason": ({"search": "NOT YOURS"}, {"To1", "the stack"}),
    "all together": ({"search": "not yours", "resource": "To1", "status": "failed"}, {"To1"}),
    "nothing": ({"search": "no such thing"}, set()),
    "words that mean nothing": ({"status": "<b>", "before": "x"}, {"To0", "To1", "the stack"}),
}


def test_events_are_sieved_and_the_cause_is_pinned(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            deny(browser, "=not yours")
            stack_id = await create(browser, "golden", "cn-shanghai", "cn-beijing")
            await browser.apis.clock.sleep(3000)
            for said, (query, wanted) in SIEVED.items():
                reply = await browser.get(tab(stack_id, "events", **query))
                found = {row[1].partition("m-")[0] for row in rows(reply)}
                assert found == wanted, said
                assert "=not yours" in section(reply, "cause"), said
            reply = await browser.get(tab(stack_id, "events"))
            assert "imageferry events --stack golden" in reply.text
            first, last = rows(reply)[0], rows(reply)[-1]
            assert first[1] == "the stack" and first[2] == "✕ CREATE_FAILED"
            assert last[2] == "⟳ CREATE_IN_PROGRESS" and "create requested" in last[4]
            lines = await browser.get(tab(stack_id, "events", format="jsonl", status="failed"))
            told = [json.loads(line) for line in lines.body.decode().splitlines()]
            assert [one["resource"] for one in told] == ["To1", ""]
            assert told[0]["status"] == "CREATE_FAILED" and told[0]["region"] == "cn-beijing"
            assert lines.headers["content-disposition"].startswith("attachment")
            table = await browser.get(tab(stack_id, "events", format="csv"))
            cells = list(csv.DictReader(io.StringIO(table.body.decode("utf-8-sig"))))
            events = await browser.apis.house.plane.events(stack_id)
            assert [int(one["sequence"]) for one in cells] == [one.sequence for one in events]

    run_virtually(program())


CELLS = {
    "a sum": ("=1+1", "'=1+1"),
    "a sign": ("+1", "'+1"),
    "a minus": ("-1", "'-1"),
    "an at": ("@SUM(A1)", "'@SUM(A1)"),
    "a tab": ("\t=1", "'\t=1"),
    "a return": ("\r=1", "'\r=1"),
    "after blanks": ("  =1", "'  =1"),
    "a wide sign": ("＝1+1", "'＝1+1"),
    "words": ("made = done", "made = done"),
    "a comma and a quote": ('a, "b"', 'a, "b"'),
}


@pytest.mark.parametrize(("text", "written"), CELLS.values(), ids=CELLS)
def test_no_spreadsheet_reckons_a_cell(text: str, written: str) -> None:
    row = dict.fromkeys(
        ("sequence", "time", "type", "status", "region", "physical_id", "operation_id"), "x"
    )
    table = as_csv([{**row, "resource": "To0", "reason": text}])
    [cells] = csv.reader(io.StringIO(table, newline=""))
    assert cells[7] == written


REASONS = {
    "in brackets": ("no [request 96355A41-3FC0] x", ["96355A41-3FC0"]),
    "at the end": ("refused, request 96355A41", ["96355A41"]),
    "a word": ("the request was refused", []),
    "two": ("[request aaaaaaaa]; [request bbbbbbbb]", ["aaaaaaaa", "bbbbbbbb"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "ids"), REASONS.values(), ids=REASONS)
def test_ids_of_requests_stand_by_themselves(text: str, ids: list[str]) -> None:
    pieces = told_apart(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, is_id in pieces if is_id] == ids


def test_a_long_history_is_paged(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, speed=1e6) as browser:
            regions = ("cn-shanghai", "cn-beijing", "cn-qingdao", "eu-central-1") * 7
            stack_id = await create(browser, "golden", *dict.fromkeys(regions))
            await browser.apis.clock.sleep(100)
            for again in range(6):
                regions_now = list(dict.fromkeys(regions))[: 1 + again % 2]
                status, said = await browser.apis.ros(
                    "UpdateStack",
                    StackId=stack_id,
                    TemplateBody=template_of(regions_now, f"n{again}"),
                )
                assert status == 200, said
                await browser.apis.clock.sleep(100)
            seen: list[int] = []
            path = tab(stack_id, "events")
            while path:
                reply = await browser.get(path)
                seen += [
                    int(one.get("id").removeprefix("event-"))
                    for one in reply.page.live("rows").all("tr")
                    if one.get("id")
                ]
                older = reply.page.all("a", rel="next")
                path = older[0].get("href") if older else ""
            last = await browser.apis.house.store.last_event_number(stack_id)
            assert last > 50 and seen == list(range(last, 0, -1))

    run_virtually(program())


def template_of(regions: list[str], name: str) -> str:
    """A template of copies by other names than before."""
    copies = {
        f"{name}{number}": {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {
                "ImageId": GOLDEN,
                "DestinationRegionId": region,
                "DestinationImageName": f"{name}-{number}",
            },
        }
        for number, region in enumerate(regions)
    }
    return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": copies})


# --- resources, outputs, parameters, template -------------------------------------------------------


def test_the_tabs_of_a_rich_stack(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, speed=10.0) as browser:
            stack_id = await make_rich(browser, Name="shop")
            await browser.apis.clock.sleep(20)
            waiting = await browser.get(tab(stack_id, "resources"))
            tree = waiting.page.one("ul", class_="tree")
            assert tree.one("summary").text.startswith("Many ALIYUN::ECS::CopyImage × 3 ○ 3")
            assert "Creating" in tree.text and "left" in tree.text
            graph = await browser.get(tab(stack_id, "resources", view="graph"))
            svg = graph.page.one("svg")
            edges = {(one.get("data-before"), one.get("data-after")) for one in svg.all("path")}
            # What was not begun yet has its arrows already.
            assert {("First", f"Many[{number}]") for number in range(3)} <= edges
            assert "Many[0]: after First" in graph.text
            await browser.apis.clock.sleep(1000)
            await _look_at_resources(browser, stack_id)
            await _look_at_outputs(browser, stack_id)
            await _look_at_parameters(browser, stack_id)
            await _look_at_template(browser, stack_id)

    run_virtually(program())


async def _look_at_resources(browser: Browser, stack_id: str) -> None:
    done = await browser.get(tab(stack_id, "resources"))
    assert "4 of 4 resources are there" in done.text
    leaves = [one for one in done.page.all("li", class_="leaf") if not one.get("aria-hidden")]
    told = {one.one("a").text: one for one in leaves}
    assert list(told) == ["First", "Many[0]", "Many[1]", "Many[2]"]
    assert told["Many[2]"].one("a").get("href") == f"{tab(stack_id)}/copies/Many%5B2%5D"
    assert "eu-central-1" in told["Many[2]"].text and "✓ CREATE_COMPLETE" in told["Many[2]"].text
    resources = await browser.apis.house.store.resources(stack_id)
    assert resources["First"].physical_id in told["First"].text
    graph = (await browser.get(tab(stack_id, "resources", view="graph"))).page.one("svg")
    assert {one.get("href") for one in graph.all("a")} == {
        one.one("a").get("href") for one in leaves
    }


async def _look_at_outputs(browser: Browser, stack_id: str) -> None:
    page = await browser.get(tab(stack_id, "outputs"))
    told = {row[0]: row for row in rows(page)}
    stack = await browser.apis.house.store.stack(stack_id)
    assert stack is not None
    assert told["Id"][1].startswith(str(stack.outputs["Id"])) and told["Id"][2] == "The first copy."
    assert told["Hidden"][1] == "**** hidden" and SECRET not in page.source
    copied = [one.get("data-copy") for one in page.page.live("outputs_shown").all("button")]
    assert copied[0] == stack.outputs["Id"] and json.loads(copied[1]) == stack.outputs["All"]
    assert len(copied) == 2


async def _look_at_parameters(browser: Browser, stack_id: str) -> None:
    page = await browser.get(tab(stack_id, "parameters"))
    headings = [one.text for one in page.page.live("parameters_shown").all("h2")]
    assert headings == ["The image", "Other parameters", "Hidden by the template"]
    told = {row[0]: row for row in rows(page)}
    assert told["Name of the copies Name String"][1:] == [
        "shop",
        "given default: web",
        "What they are called.",
    ]
    assert told["Pass String"][1:3] == ["**** hidden", "–"]
    assert told["Unused Number"][1:3] == ["3", "the template's default"]
    assert json.loads(told["Quiet Json"][1]) == {"a": 1}
    assert SECRET not in page.source
    chinese = browser.another("zh")
    await chinese.sign_in("emulator", "emulator")
    page = await chinese.get(tab(stack_id, "parameters"))
    assert "副本名称" in page.text and "源镜像组" in page.text


async def _look_at_template(browser: Browser, stack_id: str) -> None:
    page = await browser.get(tab(stack_id, "template"))
    lines = page.page.one("pre", class_="source").all("span")
    assert [one.raw for one in lines] == RICH.rstrip("\n").split("\n")
    [number] = [n for n, line in enumerate(RICH.split("\n"), 1) if line.startswith("  Unused")]
    assert lines[number - 1].get("class") == "marked"
    assert f"#line-{number}" in page.links and "parameter 'Unused' is never used" in page.text
    assert page.page.by_id(f"line-{number}") is not None
    given = await browser.get(f"{tab(stack_id, 'template')}?file=1")
    assert given.body == RICH.encode() and given.headers["content-type"].startswith("text/plain")
    assert given.headers["content-disposition"].startswith("attachment")


def test_a_long_template_is_shown_at_once_and_examined_beside(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path) as browser:
            long = RICH.replace("Outputs:", f"# {'x' * 60_000}\nOutputs:")
            stack_id = await make_rich(browser, long)
            before = await browser.get(tab(stack_id, "template"))
            assert "is being examined" in before.text
            assert (
                before.page.one("pre", class_="source").all("span")[-1].raw.startswith("  Hidden")
            )
            # By now a thread may have read it, however short the time was.
            at_once = await browser.get(tab(stack_id, "parameters"))
            assert "being read" in at_once.text or "Name of the copies" in at_once.text
            await browser.apis.clock.sleep(5)
            after = await browser.get(tab(stack_id, "template"))
            assert "parameter 'Unused' is never used" in after.text
            assert "Name of the copies" in (await browser.get(tab(stack_id, "parameters"))).text

    run_virtually(program())


def test_the_tabs_move(tmp_path: Path) -> None:
    async def program() -> None:
        async with browsing(tmp_path, speed=20.0) as browser:
            stack_id = await create(browser, "golden", "cn-shanghai", "cn-beijing")
            path = tab(stack_id, "resources").replace("/console/", "/console/live/")
            async with browser.stream(path) as live:
                seen: dict[str, str] = {}
                for _ in range(100):
                    for name, markup in (await live.parts(600.0)).items():
                        seen[name] = read_markup(markup).text
                    if "2 of 2 resources are there" in seen["resource_tally"]:
                        break
                assert (
                    "CREATE_COMPLETE" in seen["stack_status"] and "Update" in seen["deeds_offered"]
                )
                assert seen["resources_shown"].count("CREATE_COMPLETE") == 2

    run_virtually(program())
