"""Asking without doing: dry runs, and what their answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.cloud.ecs import CopyRequest
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.cloud.rehearsals import Undo, rehearse_copy
from imageferry.cloud.rehearsals import rehearse as rehearse_any
from imageferry.wire.http import HttpRequest
from tests.cloud.stubs import Answer, Line, client_of, refusal, reply

WANTED = CopyRequest("m-1", "cn-hangzhou", "cn-shanghai", "", name="web", tags=(("a", "b"),))


def sent(request: HttpRequest) -> dict[str, str]:
    return dict(request.query)


def rehearse(*answers: Answer) -> Line:
    line = Line(answers)
    asyncio.run(rehearse_copy(client_of(line), WANTED))
    return line


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refusal("DryRunOperation"), id="by its code"),
        pytest.param(
            refusal("Passed", 400, "Request validation has been passed with DryRun flag set."),
            id="by its words alone",
        ),
    ],
)
def test_a_dry_run_that_passes_is_answered_by_an_error(answer: Answer) -> None:
    line = rehearse(answer)
    (request,) = line.requests
    parameters = sent(request)
    assert parameters["DryRun"] == "true"
    assert parameters["DestinationImageName"] == "web"
    assert parameters["Tag.1.Key"] == "a"
    assert "ClientToken" not in parameters


def test_what_would_be_refused_is_raised_as_it_is() -> None:
    with pytest.raises(CloudError) as refused:
        rehearse(refusal("InvalidImageName.Duplicated"))
    assert refused.value.code == "InvalidImageName.Duplicated"


def test_a_lost_reply_is_not_asked_for_again() -> None:
    line = Line([ConnectionResetError()])
    with pytest.raises(CloudError):
        asyncio.run(rehearse_copy(client_of(line), WANTED))
    assert len(line.requests) == 1, "without a token a second one could begin a second copy"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(reply(RequestId="R-2"), "which was cancelled", id="cancelled"),
        pytest.param(
            refusal("CancelNotSupported"), "which could not be cancelled", id="not to be cancelled"
        ),
    ],
)
def test_an_address_that_knows_no_dry_run_is_found_out(answer: Answer, says: str) -> None:
    line = Line([reply(ImageId="m-oops"), answer])
    with pytest.raises(CloudError) as raised:
        asyncio.run(rehearse_copy(client_of(line), WANTED))
    assert raised.value.code == "DryRunIgnored"
    assert raised.value.kind is ErrorClass.UNCERTAIN
    assert "m-oops in cn-shanghai" in raised.value.message
    assert says in raised.value.message
    assert sent(line.requests[1])["ImageId"] == "m-oops"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("DryRunOperation", "Passed.", id="as most say it"),
        pytest.param("DRYRUN.SUCCESS", "Passed.", id="as ImportImage says it"),
    ],
)
def test_any_call_passes_as_a_dry_run_by_an_error(code: str, message: str) -> None:
    line = Line([refusal(code, 400, message)])
    asyncio.run(rehearse_any(client_of(line), "RunInstances", "cn-hangzhou", {"A": 1}, _undone))
    assert sent(line.requests[0])["DryRun"] == "true"


async def _undone(reply: Mapping[str, Any]) -> str:
    return f"{reply['InstanceId']} was released"


async def _stuck(reply: Mapping[str, Any]) -> str:
    raise CloudError("Denied", "No.", ErrorClass.REFUSED, action="X", region="Y")


@pytest.mark.parametrize(
    ("undo", "says"),
    [
        pytest.param(_undone, "i-oops was released", id="undone"),
        pytest.param(_stuck, "could not be undone (Denied)", id="not to be undone"),
    ],
)
def test_what_was_begun_all_the_same_is_undone_and_told(undo: Undo, says: str) -> None:
    line = Line([reply(InstanceId="i-oops")])
    with pytest.raises(CloudError) as raised:
        asyncio.run(rehearse_any(client_of(line), "RunInstances", "cn-hangzhou", {}, undo))
    assert (raised.value.code, raised.value.kind) == ("DryRunIgnored", ErrorClass.UNCERTAIN)
    assert says in raised.value.message
    assert len(line.requests) == 1
