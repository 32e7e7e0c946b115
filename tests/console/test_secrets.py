"""No secret anywhere: what is typed into forms is on no page, stream or file, in no log, and in no database in clear."""

from __future__ import annotations

import base64
import html
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pytest

from imageferry.cloud.client import Action
from imageferry.control.chronicles import read_chronicle
from imageferry.control.named_changes import named_of
from imageferry.drawing.pages.report import report_page
from imageferry.emulator import controls
from imageferry.model.access import Role
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Reply, browsing
from tests.console.standing import deployed, ended, fault, mended

_FIRST: Final = 'Kiel&Korfu"77<x>'
_SECOND: Final = "Lübeck'Lagos%2F88 \\n"
_PIN: Final = "730194628"
_WRONG: Final = "not-a-pin-but-a-password"

_TEMPLATE: Final = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Word: {Type: String, NoEcho: true, MinLength: 8, AllowedPattern: '[^^]+'}
  Pin: {Type: Number, NoEcho: true, MaxValue: 999999999}
  Regions: {Type: Json, Default: [cn-shanghai, eu-central-1]}
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: !Length {Ref: Regions}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: !Select [!Ref 'ALIYUN::Index', !Ref Regions]
      DestinationImageName: carried
      DestinationDescription: !Sub '${Word} and ${Pin} of it'
      Tag: [{Key: owner, Value: !Ref Word}]
Outputs:
  Said: {Description: what was said, Value: !Sub '${Word}/${Pin}'}
"""


def _forms(secret: str) -> Iterator[str]:
    """How a text may be written where it should not be."""
    yield from (secret, html.escape(secret), quote(secret), quote_plus(secret))
    yield from (html.escape(secret, quote=False), json.dumps(secret)[1:-1], repr(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode()
    # The way in which templates of pages escape.
    yield html.escape(secret, quote=False).replace('"', "&#34;").replace("'", "&#39;")


_SOUGHT: Final = {form for secret in (_FIRST, _SECOND, _PIN, _WRONG) for form in _forms(secret)}


def _told(text: str) -> list[str]:
    return sorted(form for form in _SOUGHT if form in text)


_BELOW: Final = (
    "", "/adopt", "/cancel", "/change-sets", "/copies/Copy%5B0%5D", "/copies/Copy%5B1%5D", "/delete",
    "/drift", "/events", "/events?format=csv", "/events?format=jsonl", "/outputs", "/parameters",
    "/protect", "/resources", "/resources?view=graph", "/retry", "/rollback", "/template",
    "/template?file", "/update", "/update?step=template", "/verify", "/verify?format=receipt",
)  # fmt: skip


_STREAMS: Final = ("", "/events", "/resources", "/copies/Copy%5B1%5D", "/outputs", "/drift")


async def _look_everywhere(browser: Browser, uuid: str, streams: Sequence[str] = ()) -> list[Reply]:
    """Every page there is, as it stands, and what comes first on the streams of some."""
    plane = browser.apis.house.plane
    stack = await plane.desk.store.stack_of_uuid(uuid)
    assert stack is not None
    paths = [f"/console/stacks/{uuid}{below}" for below in _BELOW]
    for named in await named_of(plane.desk, stack.stack_id):
        path = f"/console/stacks/{uuid}/change-sets/{named.change_set_id}"
        paths += [path, f"{path}/template", f"{path}/json", f"{path}/json?format=file"]
    above = ("/", "/stacks", "/audit", "/orphans", "/create", "/distribute", "/stacks?q=fan")
    replies = [await browser.get(path) for path in [*paths, *(f"/console{one}" for one in above)]]
    assert {one.status for one in replies} <= {200, 403, 404, 409}, [
        (one.path, one.status) for one in replies
    ]
    for below in streams:
        async with browser.stream(f"/console/live/stacks/{uuid}{below}") as stream:
            parts = await stream.parts()
            replies.append(Reply(200, {}, json.dumps(dict(parts)).encode(), f"live{below}"))
    chronicle = await read_chronicle(plane.desk, stack, browser.desk.live)
    page = report_page([chronicle], browser.apis.clock.now())
    return [*replies, Reply(200, {}, page.encode(), "the report")]


def _unmasked(replies: list[Reply]) -> list[tuple[str, int, list[str]]]:
    return [(one.path, one.status, _told(one.source)) for one in replies if _told(one.source)]


def _pairs(step: str, word: str, pin: str, **more: str) -> list[tuple[str, str]]:
    given = {"name": "hiding", "region": "cn-hangzhou", "template": _TEMPLATE, "once": "first"}
    given |= {"step": step, "p.Word": word, "p.Pin": pin, "on_failure": "keep", **more}
    return list(given.items())


async def _described(browser: Browser, name: str, text: str) -> None:
    """Somebody describes an image anew in the cloud."""
    found = controls.list_images(browser.apis.cloud.world, "cn-shanghai")
    (image,) = [one["image_id"] for one in found if one["name"] == name]
    asked = {"RegionId": "cn-shanghai", "ImageId": image, "Description": text}
    client = browser.apis.house.voice.client
    await client.call(Action("ModifyImageAttribute", repeatable=False), "cn-shanghai", asked)


async def _refused(browser: Browser) -> list[Reply]:
    """The form with everything that may be wrong with a secret."""
    sent = [
        _pairs("fields", _FIRST, _PIN),
        _pairs("template", _FIRST, _PIN),
        _pairs("propose", _FIRST, _WRONG),
        _pairs("propose", f"^{_FIRST}", _PIN),
        _pairs("propose", _FIRST, _PIN * 2),
        _pairs("propose", _FIRST, _PIN, **{"p.Regions": "[1"}),
        _pairs("propose", _FIRST, _PIN, minutes="none"),
        _pairs("propose", _FIRST, _PIN, csrf="0"),
    ]
    return [await browser.send_pairs("/console/create", one, follow=False) for one in sent]


async def _kept(browser: Browser, home: Path) -> None:
    """What of it all is in the files of the home, the log and the audit."""
    records = await browser.desk.audit.records(limit=500)
    assert records and not _told(repr(records)) and not _told(repr(browser.told))
    keys = [key for key in await browser.apis.house.keys.list() if key.secret]
    assert keys and len(browser.cookies) > 1
    own = [*browser.cookies.values(), *(key.secret for key in keys)]
    forms = {one.encode() for one in (*_SOUGHT, *own)}
    for path in home.rglob("*"):
        # The emulator is the cloud, which has to know.
        if path.is_file() and not path.name.startswith("emulator.db"):
            content = path.read_bytes()
            assert not [one for one in forms if one in content], path


def test_what_is_typed_into_a_form_is_nowhere_to_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="imageferry")

    async def main() -> None:
        async with browsing(tmp_path, speed=60) as browser:
            seen = await _refused(browser)
            assert {one.status for one in seen} == {200, 400, 403}
            proposed = await browser.send_pairs(
                "/console/create", _pairs("propose", _FIRST, _PIN), follow=False
            )
            path = proposed.location.partition("?")[0]
            uuid = path.split("/")[3]
            seen += [proposed, await browser.send(f"{path}/look")]
            # The cloud repeats what it was sent.
            said = f"the description {_FIRST} and {_PIN} of it is not allowed"
            fault(browser, "error", action="CopyImage", code="Forbidden", message=said, count=2)
            seen += [await browser.send(f"{path}/approve", comment="go", on_failure="keep")]
            stack = await browser.apis.house.plane.desk.store.stack_of_uuid(uuid)
            assert stack is not None
            stack = await ended(browser, stack.stack_id)
            assert stack.status is StackStatus.CREATE_FAILED
            seen += await _look_everywhere(browser, uuid, _STREAMS)
            assert any("the description **** is not allowed" in one.text for one in seen)
            mended(browser)
            # One copy differs from what was asked for, so that both sides are shown.
            fault(browser, "altered", tag="owner", count=1)
            seen += [await browser.send(f"/console/stacks/{uuid}/retry", what="all")]
            await ended(browser, stack.stack_id)
            for below in ("", "/events", "/copies/Copy%5B0%5D", "/copies/Copy%5B1%5D"):
                seen += [await browser.get(f"/console/stacks/{uuid}{below}")]
            mended(browser)
            seen += [await browser.send(f"/console/stacks/{uuid}/retry", what="all", replace="on")]
            assert (await ended(browser, stack.stack_id)).status is StackStatus.CREATED
            fields = _pairs("propose", _SECOND, "", once="second", replace="on")
            fields.append(("keep.Pin", "on"))
            update = f"/console/stacks/{uuid}/update"
            for step in ("fields", "template"):
                seen += [await browser.send_pairs(update, [*fields, ("step", step)])]
            seen += [await browser.send_pairs(update, [*fields, ("p.Regions", "[")])]
            updated = await browser.send_pairs(update, fields, follow=False)
            assert updated.status == 303, updated.text
            seen += [await browser.send(f"{updated.location.partition('?')[0]}/approve")]
            assert (await ended(browser, stack.stack_id)).status is StackStatus.UPDATED
            await _described(browser, "carried", "another description")
            for below in ("verify", "drift"):
                seen += [await browser.send(f"/console/stacks/{uuid}/{below}")]
                await browser.apis.clock.sleep(30)
            reader = await browser.as_role(Role.READER)
            seen += await _look_everywhere(reader, uuid, _STREAMS)
            seen += [await browser.send(f"/console/stacks/{uuid}/delete", name="hiding")]
            assert (await ended(browser, stack.stack_id)).status is StackStatus.DELETED
            seen += await _look_everywhere(browser, uuid)
            assert not _unmasked(seen)
            assert len(seen) > 120
            await _kept(browser, tmp_path / "home")

    run_virtually(main())
    assert not _told(caplog.text)


def test_another_template_does_not_show_what_was_hidden(tmp_path: Path) -> None:
    """Whoever may change a stack need not know its secrets, and does not learn them by that."""

    async def main() -> None:
        async with browsing(tmp_path, Role.OPERATOR, speed=60) as browser:
            stack = await deployed(browser, template=_TEMPLATE.encode(), Word=_FIRST, Pin=_PIN)
            bare = _TEMPLATE.replace("NoEcho: true, ", "").replace("of it", "of them")
            bare += "  Coded: {Value: {'Fn::Base64Encode': !Ref Word}}\n"
            update = f"/console/stacks/{stack.stack_id}/update"
            given = [("template", bare), ("replace", "on"), ("keep.Word", "on"), ("keep.Pin", "on")]
            seen = [
                await browser.send_pairs(update, [*given, ("step", word)])
                for word in ("fields", "propose")
            ]
            path = seen[-1].path.partition("?")[0]
            assert "/change-sets/" in path, seen[-1].text
            seen += [await browser.send(f"{path}/approve")]
            assert (await ended(browser, stack.stack_id)).status is StackStatus.UPDATED
            for below in (
                "/outputs",
                "/parameters",
                "/resources",
                "/copies/Copy%5B0%5D",
                "/events",
            ):
                seen += [await browser.get(f"/console/stacks/{stack.stack_id}{below}")]
            seen += [await browser.get(f"{path}/json")]
            seen += [await browser.send_pairs(update, [*given, ("step", "fields")])]
            assert not _unmasked(seen)

    run_virtually(main())
