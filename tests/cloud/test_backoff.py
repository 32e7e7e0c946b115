"""Backoff and classes of errors: pure, and bounded."""

from __future__ import annotations

import pytest

from imageferry.cloud.backoff import MAX_TRIES, later, next_delay
from imageferry.cloud.errors import CloudError, ErrorClass, classify, handler_code
from imageferry.model.handlers import ErrorCode


def error(kind: ErrorClass, code: str = "X", status: int = 400, **more: float) -> CloudError:
    return CloudError(code, "m", kind, http_status=status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(ErrorClass), ids=lambda kind: kind.value)
@pytest.mark.parametrize("repeatable", [True, False])
def test_delays_grow_and_end(kind: ErrorClass, repeatable: bool) -> None:
    delays = [
        next_delay(error(kind), tries, 0.0, repeatable=repeatable, jitter=0.5)
        for tries in range(1, MAX_TRIES + 1)
    ]
    final = kind in {ErrorClass.REFUSED, ErrorClass.DENIED}
    if final or (kind is ErrorClass.UNCERTAIN and not repeatable):
        assert delays == [None] * MAX_TRIES
    else:
        assert delays[-1] is None
        given = [delay for delay in delays if delay is not None]
        assert len(given) == MAX_TRIES - 1
        assert given == sorted(given)


def test_patience_counts_all_waits_together() -> None:
    assert next_delay(error(ErrorClass.THROTTLED), 2, 2.9, repeatable=True, jitter=0.5) is None


@pytest.mark.parametrize(
    ("elapsed", "retry_after", "low", "high"),
    [(0.0, None, 0.75, 1.25), (40.0, None, 7.5, 12.5), (1e6, None, 22.5, 37.5), (5, 90.0, 90, 99)],
)
def test_a_step_tries_again_later_and_later(
    elapsed: float, retry_after: float | None, low: float, high: float
) -> None:
    assert low <= later(elapsed, retry_after, 0.0) <= later(elapsed, retry_after, 0.999) <= high


@pytest.mark.parametrize(
    ("code", "status", "kind", "expected"),
    [
        ("Throttling.Api", 400, ErrorClass.THROTTLED, ErrorCode.THROTTLING),
        ("ServiceUnavailable.RegionMaintaining", 503, ErrorClass.TRANSIENT,
         ErrorCode.SERVICE_INTERNAL_ERROR),
        ("InternalError", 500, ErrorClass.UNCERTAIN, ErrorCode.SERVICE_INTERNAL_ERROR),
        ("InvalidImageName.Duplicated", 400, ErrorClass.REFUSED, ErrorCode.ALREADY_EXISTS),
        ("InvalidImageId.NotFound", 404, ErrorClass.REFUSED, ErrorCode.NOT_FOUND),
        ("QuotaExceed.Image", 403, ErrorClass.REFUSED, ErrorCode.SERVICE_LIMIT_EXCEEDED),
        ("OperationDenied.ImageCopying", 403, ErrorClass.REFUSED, ErrorCode.RESOURCE_CONFLICT),
        ("InvalidOperation.Conflict", 409, ErrorClass.REFUSED, ErrorCode.RESOURCE_CONFLICT),
        ("Forbidden.RAM", 403, ErrorClass.DENIED, ErrorCode.ACCESS_DENIED),
        ("Forbbiden", 403, ErrorClass.DENIED, ErrorCode.ACCESS_DENIED),
        ("Forbidden", 403, ErrorClass.DENIED, ErrorCode.ACCESS_DENIED),
        ("InvalidAccessKeyId.Inactive", 400, ErrorClass.DENIED, ErrorCode.INVALID_CREDENTIALS),
        ("InvalidSecurityToken.Expired", 400, ErrorClass.DENIED, ErrorCode.INVALID_CREDENTIALS),
        ("SignatureDoesNotMatch", 400, ErrorClass.DENIED, ErrorCode.INVALID_CREDENTIALS),
        ("InvalidAliUid.IsNull", 401, ErrorClass.DENIED, ErrorCode.INVALID_CREDENTIALS),
        ("MissingParameter", 400, ErrorClass.REFUSED, ErrorCode.INVALID_REQUEST),
    ],
)  # fmt: skip
def test_codes_mean_a_class_and_a_handler_code(
    code: str, status: int, kind: ErrorClass, expected: ErrorCode
) -> None:
    assert classify(code, status) is kind
    assert handler_code(error(kind, code, status)) is expected


def test_no_reply_is_a_network_failure() -> None:
    assert handler_code(error(ErrorClass.UNCERTAIN, "NoReply", 0)) is ErrorCode.NETWORK_FAILURE
