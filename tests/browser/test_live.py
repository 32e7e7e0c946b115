"""What moves while it is looked at: nothing that is read is pushed, and a server that was lost comes back."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests.api.serving import served
from tests.browser.conftest import Opened
from tests.browser.windows import PHONE, WIDE
from tests.cli.shop import GOLDEN
from tests.e2e.callers import Caller

REGIONS: Final = (
    "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-chengdu", "us-west-1", "eu-central-1",
)  # fmt: skip
_WATCH: Final = """() => {
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push(
      [one.value, ...one.sources.map(from => from.node && from.node.nodeType === 1
        ? from.node.outerHTML.slice(0, 100) : String(from.node && from.node.textContent))]);
  }).observe({ type: "layout-shift", buffered: true });
}"""


def _template(name: str, count: int = 3) -> str:
    return json.dumps(
        {
            "ROSTemplateFormatVersion": "2015-09-01",
            "Resources": {
                f"Copy{number}": {
                    "Type": "ALIYUN::ECS::CopyImage",
                    "Properties": {
                        "ImageId": GOLDEN,
                        "DestinationRegionId": region,
                        "DestinationImageName": f"{name}-{number}",
                    },
                }
                for number, region in enumerate(REGIONS[:count])
            },
        }
    )


def _begin(caller: Caller, name: str, count: int = 3) -> str:
    status, said = caller.ros("CreateStack", StackName=name, TemplateBody=_template(name, count))
    assert status == 200, said
    return str(said["StackId"])


def _ended(caller: Caller, stack_id: str) -> None:
    ends_at = time.monotonic() + 40
    while caller.ros("GetStack", StackId=stack_id)[1]["Status"] != "CREATE_COMPLETE":
        assert time.monotonic() < ends_at
        time.sleep(0.2)


def _shifted(page: Any) -> str:
    """What was pushed, where that is more than nothing of itself moves by."""
    shifts = page.evaluate("() => window.shifts")
    return "" if sum(one[0] for one in shifts) <= 0.01 else json.dumps(shifts, indent=1)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "on a phone"])
def test_copies_arrive_and_nothing_is_pushed(
    opened: Opened, tmp_path: Path, size: tuple[int, int]
) -> None:
    with served(tmp_path / "home", "--rate", "0", speed=400.0) as site:
        caller = Caller(site.authority)
        _ended(caller, _begin(caller, "first"))
        held = _begin(caller, "held", 6)
        windows = {}
        for name, path in {
            "home": "/console/",
            "stacks": "/console/stacks",
            "overview": f"/console/stacks/{held}",
            "events": f"/console/stacks/{held}/events",
            "resources": f"/console/stacks/{held}/resources",
            "copy": f"/console/stacks/{held}/copies/Copy4",
        }.items():
            window = windows[name] = opened(site, size=size)
            window.go(path)
            window.sign_in()
            window.go(path)
            window.page.evaluate(_WATCH)
        later = _begin(caller, "later", 6)
        _ended(caller, held)
        _ended(caller, later)
        windows["copy"].page.wait_for_function(
            "() => document.body.innerText.includes('CREATE_COMPLETE')"
        )
        windows["home"].page.wait_for_selector("button.fresh-rows:not([hidden])")
        windows["events"].page.wait_for_selector("button.fresh-rows:not([hidden])")
        time.sleep(1.5)
        pushed = {name: _shifted(one.page) for name, one in windows.items()}
        assert not any(pushed.values()), "\n".join(f"{key}: {pushed[key]}" for key in pushed)
        # What is new is there as soon as somebody asks.
        for name, text in (("home", "later"), ("stacks", "later"), ("events", "CREATE_COMPLETE")):
            page = windows[name].page
            page.click("button.fresh-rows")
            assert text in page.inner_text("table tr[data-key], table tbody[data-key]")


def test_a_server_that_was_killed_is_found_again(opened: Opened, tmp_path: Path) -> None:
    with served(tmp_path / "home", "--rate", "0", speed=1e6) as site:
        port = site.authority.rpartition(":")[2]
        window = opened(site)
        window.forgiven += [r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET|ERR_EMPTY"]
        window.go("/console/")
        window.sign_in()
        assert "Nothing is here yet" in window.text()
        _ended(Caller(site.authority), _begin(Caller(site.authority), "first"))
        window.page.wait_for_selector("tbody[data-key]")
        site.process.send_signal(signal.SIGKILL)
        window.page.wait_for_function(
            "() => document.querySelector('.connection').textContent.includes('lost')"
        )
    with served(tmp_path / "home", "--rate", "0", "--port", port, speed=1e6) as again:
        caller = Caller(again.authority)
        _ended(caller, _begin(caller, "after-the-fall"))
        window.page.wait_for_function(
            "() => !document.querySelector('.connection').textContent"
            " && document.querySelector('button.fresh-rows:not([hidden])')"
        )
