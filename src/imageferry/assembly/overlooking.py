"""console_desk_of: what the console works with, on the houses of the accounts that are served."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from functools import partial

from imageferry.api.logs import RequestLine, log_request
from imageferry.api.metrics import Metrics
from imageferry.assembly.receipts import sign_receipt
from imageferry.assembly.served import ServeChoices
from imageferry.assembly.working import Working
from imageferry.console.desk import ConsoleDesk, Told
from imageferry.model.access import AccessKey
from imageferry.model.operations import StepProgress


def console_desk_of(
    houses: Sequence[Working],
    choices: ServeChoices,
    built_in: Mapping[str, AccessKey],
    metrics: Metrics,
    listener: socket.socket,
) -> ConsoleDesk:
    """What the pages work with."""
    first = houses[0].house

    def live(operation_id: str) -> Mapping[str, StepProgress] | None:
        found = (one.house.board.progress(operation_id) for one in houses)
        return next((one for one in found if one is not None), None)

    def tell(told: Told) -> None:
        metrics.begin()
        metrics.end("console", told.action, told.status, told.seconds)
        log_request(
            RequestLine(
                told.request_id,
                "console",
                told.action,
                told.key_id,
                told.account_id,
                "",
                told.method,
                told.path,
                told.status,
                round(told.seconds * 1000, 2),
                told.received,
                told.sent,
                told.source,
                told.refusal,
            )
        )

    return ConsoleDesk(
        {one.account_id: one.house.plane for one in houses},
        first.documents,
        first.keys,
        first.audit,
        first.clock,
        first.entropy,
        live,
        partial(sign_receipt, first.settings),
        built_in,
        choices.is_loopback,
        address_of(listener, choices),
        choices.body,
        tell,
        first.settings.visibility,
    )


def address_of(listener: socket.socket, choices: ServeChoices) -> str:
    """Where the server is found."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if choices.certificate is not None else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
