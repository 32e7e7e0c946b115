"""A Send that answers from a list, and a clock that only counts what was waited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import StaticCredentials
from imageferry.cloud.endpoints import Endpoints
from imageferry.model.paces import Limit
from imageferry.testing import SeededEntropy
from imageferry.wire.alibaba_signing import Credentials
from imageferry.wire.http import HttpRequest, HttpResponse, Send

Answer = HttpResponse | BaseException


def reply(**body: Any) -> HttpResponse:
    return HttpResponse(200, {}, json.dumps(body).encode())


def refusal(
    code: str, status: int = 400, message: str = "no", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    body = {"Code": code, "Message": message, "RequestId": "R-1"}
    return HttpResponse(status, headers or {}, json.dumps(body).encode())


class CountedClock:
    """A clock that stands still but for sleeping."""

    def __init__(self) -> None:
        self.seconds = 1_760_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Line:
    """Answers from a list, then with the last of them for ever."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def client_of(
    line: Line,
    clock: CountedClock | None = None,
    limits: Mapping[str, Limit] | None = None,
    credentials: Any = None,
    send: Send | None = None,
) -> Client:
    return Client(
        send or line.send,
        credentials or StaticCredentials(Credentials("LTAI5tSecretKeyId001", "s3cr3t-of-the-key")),
        Endpoints(),
        clock or CountedClock(),
        SeededEntropy(),
        limits or {},
    )
