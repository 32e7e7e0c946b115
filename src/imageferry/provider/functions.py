"""The local function server: a type as a function that contract tests invoke over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Invoke = Callable[[Any], Awaitable[dict[str, Any]]]
"""Gives the answer to one request; raises nothing."""

_PATH: Final = "/2015-03-31/functions/{name}/invocations"
_MOST_BYTES: Final = 6 * 1024 * 1024
"""What the service that this stands for takes of one synchronous invocation."""


def function_server(names: tuple[str, ...], invoke: Invoke) -> Starlette:
    """The application: each of `names` is a function that is answered by `invoke`."""

    async def invocation(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in names:
            known = ", ".join(names)
            return _refused(404, "ResourceNotFoundException", f'no function "{name}": {known}')
        body = b""
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > _MOST_BYTES:
                    words = f"the request has more than {_MOST_BYTES:,} bytes"
                    return _refused(413, "RequestTooLargeException", words)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            words = "the request body is not JSON"
            return _refused(400, "InvalidRequestContentException", words)
        return JSONResponse(await invoke(document))

    return Starlette(routes=[Route(_PATH, invocation, methods=["POST"])])


def _refused(status: int, kind: str, message: str) -> Response:
    return JSONResponse(
        {"Type": "User", "Message": message}, status, headers={"x-amzn-errortype": kind}
    )
