"""RosApi: the ROS API as one `Api`: finds the action, reads its parameters, answers or refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from imageferry.api.calls import Answer, ApiCall, Refused
from imageferry.api.desk import ApiDesk
from imageferry.api.ros.actions import ACTIONS
from imageferry.api.ros.asked import Asked, Reply, Row
from imageferry.api.ros.documented import NOT_CARRIED_OUT
from imageferry.api.ros.errors import RosError, not_supported, of_fault, of_refusal
from imageferry.api.ros.parameters import Given, read_parameters
from imageferry.control.client_tokens import once
from imageferry.model.access import Role
from imageferry.model.values import Json
from imageferry.wire.alibaba_rpc import ErrorReply, encode_error
from imageferry.wire.http import HttpResponse

_REPEATED_BY: Final = "ClientToken"
_TARGETS: Final = ("StackId", "StackName", "ChangeSetId", "TemplateId", "ResourceType")
"""What an audit record names, the first that a request or its answer has."""


class RosApi:
    """The ROS API, version 2019-09-10, over the control plane of the caller's account."""

    def __init__(self, desk: ApiDesk) -> None:
        """`desk` has a plane for every account that may call."""
        self._desk = desk

    @property
    def name(self) -> str:
        """The API in audit records and metrics."""
        return "ros"

    def needs(self, action: str) -> Role | None:
        """The least role that an action takes; a documented one that is not served takes a reader's."""
        row = ACTIONS.get(action)
        if row is not None:
            return row.needs
        return Role.READER if action in NOT_CARRIED_OUT else None

    async def answer(self, call: ApiCall) -> Answer:
        """Carry out an action; what the caller did wrong becomes an answer, faults of ours are raised."""
        given = Given()
        try:
            row = ACTIONS.get(call.action)
            if row is None:
                raise not_supported(f"The action {call.action}")
            given = read_parameters(row.fields, call.pairs)
            reply = await self._perform(row, call, given)
        except Exception as fault:
            refused = of_fault(fault, call.action)
            if refused is None:
                raise
            response = _refusal(refused, call.request_id, call.host)
            return Answer(response, _target(given, {}), refused.code)
        body = {"RequestId": call.request_id.upper(), **reply}
        return Answer(_response(200, body, call.request_id), _target(given, reply))

    async def _perform(self, row: Row, call: ApiCall, given: Given) -> Reply:
        asked = Asked(call, given, self._desk.planes[call.caller.account_id], self._desk)
        token = given.text(_REPEATED_BY)
        if not (row.is_once and token):
            return await row.perform(asked)
        wanted: dict[str, Json] = {
            name: value for name, value in call.pairs if name != _REPEATED_BY
        }

        async def perform() -> Reply:
            return await row.perform(asked)

        return await once(asked.desk, f"ros:{call.action}", token, wanted, perform)

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        """The gateway's refusal, before any action has seen the request."""
        return _refusal(of_refusal(refused, action), request_id, host)


def _target(given: Given, reply: Reply) -> str:
    for name in _TARGETS:
        found = reply.get(name) or given.text(name)
        if isinstance(found, str) and found:
            return found
    return ""


def _refusal(refused: RosError, request_id: str, host: str) -> HttpResponse:
    # ROS reference, error envelope: five members, all text.
    body = encode_error(ErrorReply(refused.code, refused.message, request_id.upper(), host))
    return HttpResponse(refused.status, _headers(request_id), body)


def _response(status: int, body: Mapping[str, Json], request_id: str) -> HttpResponse:
    written = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return HttpResponse(status, _headers(request_id), written)


def _headers(request_id: str) -> dict[str, str]:
    return {
        "content-type": "application/json;charset=utf-8",
        "x-acs-request-id": request_id.upper(),
    }
