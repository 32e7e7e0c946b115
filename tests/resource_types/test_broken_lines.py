"""A wait on a bad line: broken, late, missing and odd replies, the rest of the world untouched."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from imageferry.cloud.errors import NotSent, NotTrusted
from imageferry.model.handlers import Done, Failed
from imageferry.testing import START, run_virtually
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.resource_types.copying import REGION, ROS, TF, Cloud, Resource, properties

HOUR = 3600.0
Spoil = Callable[[float, HttpRequest, HttpResponse], HttpResponse]
"""What becomes of a reply to DescribeImages so many seconds after the copy was begun."""


class BadLine(Cloud):
    """A cloud whose answers to looks are spoilt on their way."""

    spoil: Spoil | None = None
    slowness = 0.0

    async def send(self, request: HttpRequest) -> HttpResponse:
        reply = await super().send(request)
        is_look = request.headers["x-acs-action"] == "DescribeImages"
        if self.spoil is None or not is_look:
            return reply
        await self.clock.sleep(self.slowness)
        return self.spoil(self.clock.now() - START, request, reply)


def raising(error: Exception, until: float) -> Spoil:
    def spoil(elapsed: float, request: HttpRequest, reply: HttpResponse) -> HttpResponse:
        if elapsed < until:
            raise error
        return reply

    return spoil


def answering(body: bytes, until: float, status: int = 200) -> Spoil:
    def spoil(elapsed: float, request: HttpRequest, reply: HttpResponse) -> HttpResponse:
        return HttpResponse(status, {}, body) if elapsed < until else reply

    return spoil


def truncated(elapsed: float, request: HttpRequest, reply: HttpResponse) -> HttpResponse:
    return replace(reply, body=reply.body[: len(reply.body) // 2]) if elapsed < 500 else reply


def changed(change: Callable[[float, dict[str, Any]], dict[str, Any] | None]) -> Spoil:
    """Each image of the reply made over; None leaves it out."""

    def spoil(elapsed: float, request: HttpRequest, reply: HttpResponse) -> HttpResponse:
        body = json.loads(reply.body)
        made_over = [change(elapsed, image) for image in body["Images"]["Image"]]
        body["Images"]["Image"] = [image for image in made_over if image is not None]
        return replace(reply, body=json.dumps(body).encode())

    return spoil


def coming_and_going(elapsed: float, image: dict[str, Any]) -> dict[str, Any] | None:
    return None if int(elapsed / 100) % 2 else image


def going_backwards(elapsed: float, image: dict[str, Any]) -> dict[str, Any]:
    return {**image, "Progress": f"{99 - int(elapsed / 10)}%"} if elapsed < 550 else image


def without_progress(elapsed: float, image: dict[str, Any]) -> dict[str, Any]:
    return {**image, "Progress": "", "DiskDeviceMappings": {}}


def not_a_number(elapsed: float, image: dict[str, Any]) -> dict[str, Any]:
    return {**image, "Progress": "soon", "DiskDeviceMappings": None}


def unheard_of(elapsed: float, image: dict[str, Any]) -> dict[str, Any]:
    return {**image, "Status": "Baking"} if elapsed < 400 else image


def stuck(elapsed: float, image: dict[str, Any]) -> dict[str, Any]:
    late = {"Status": "Creating", "Progress": "99%", "Usable": False, "DiskDeviceMappings": {}}
    return {**image, **late} if 500 < elapsed < 2 * HOUR else image


TROUBLES: dict[str, Spoil] = {
    "truncated JSON": truncated,
    "502 with HTML for ten minutes": answering(b"<html>bad gateway</html>", 600, 502),
    "200 with HTML": answering(b"<html>welcome</html>", 300),
    "200 with nothing": answering(b"", 300),
    "reset before sending": raising(NotSent("connection reset"), 300),
    "timeouts": raising(TimeoutError("no reply"), 300),
    "the name of one region is not known for an hour": raising(NotSent("no such host"), HOUR),
    "another certificate for ten minutes": raising(NotTrusted("self-signed"), 600),
    "a region down for an hour": answering(b"", HOUR, 503),
    "shown, not shown, shown": changed(coming_and_going),
    "progress going back": changed(going_backwards),
    "no progress told": changed(without_progress),
    "progress that is no number": changed(not_a_number),
    "an unknown status": changed(unheard_of),
    "99 % for two hours": changed(stuck),
}


def waited(type_name: str, spoil: Spoil, slowness: float = 0.0) -> tuple[Any, Cloud]:
    async def run() -> tuple[Any, Cloud]:
        cloud = BadLine()
        cloud.choose(speed=2400.0 / 600)
        cloud.spoil, cloud.slowness = spoil, slowness
        try:
            return await Resource(cloud, type_name).create(properties(type_name)), cloud
        finally:
            cloud.emulator.close()

    return run_virtually(run())


@pytest.mark.parametrize("type_name", [ROS, TF], ids=["ros", "tf"])
@pytest.mark.parametrize("spoil", TROUBLES.values(), ids=TROUBLES.keys())
def test_the_wait_goes_on_to_its_good_end(spoil: Spoil, type_name: str) -> None:
    made, cloud = waited(type_name, spoil)
    assert isinstance(made.outcome, Done), made.outcome
    assert cloud.changes == ["CopyImage"]
    # Whatever is wrong, nobody asks the cloud more than a few times a minute for long.
    assert cloud.client.counts["DescribeImages"] <= 150 + made.seconds / 5


def test_replies_a_hundred_times_slower_are_waited_for() -> None:
    made, cloud = waited(ROS, lambda elapsed, request, reply: reply, slowness=30.0)
    assert isinstance(made.outcome, Done)
    assert cloud.changes == ["CopyImage"]


def test_a_certificate_that_stays_wrong_fails_the_copy_in_words() -> None:
    made, _ = waited(TF, raising(NotTrusted("self-signed certificate"), 1e9))
    assert isinstance(made.outcome, Failed)
    assert "self-signed certificate" in made.outcome.message
    assert REGION in made.outcome.message
    assert made.outcome.context["image_id"]
