"""Metrics: what is counted of requests and operations, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from imageferry.api.calls import Refusal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of one server.

    Labels have few values: APIs, their actions, statuses, reasons. No label holds what a caller
    chooses: an action that there is none of is `unknown`.
    """

    def __init__(self) -> None:
        # The library can only leave those out of a process as a whole. A series beside each other
        # one that says when that began is of no use: Prometheus sees a counter's restart itself.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        make = self._registry
        self._requests = Counter(
            "imageferry_requests", "Requests answered.", ("api", "action", "status"), registry=make
        )
        self._durations = Histogram(
            "imageferry_request_seconds",
            "Time from a request's arrival to its reply.",
            ("api",),
            buckets=_BUCKETS,
            registry=make,
        )
        self._in_flight = Gauge(
            "imageferry_requests_in_flight", "Requests that are being answered.", registry=make
        )
        self._refusals = Counter(
            "imageferry_refusals", "Requests that were not admitted.", ("reason",), registry=make
        )
        self._open = Gauge(
            "imageferry_operations_open", "Operations that are open.", ("status",), registry=make
        )
        self._ended = Counter(
            "imageferry_operations_ended",
            "Operations that this process has run to their end.",
            ("status",),
            registry=make,
        )
        self._notices = Counter(
            "imageferry_notices",
            "Posts of notices of stacks to their receivers, by what became of them.",
            ("outcome",),
            registry=make,
        )
        self._workers = Gauge(
            "imageferry_workers",
            "Workers known to live, this process among them where it runs operations.",
            registry=make,
        )
        self._database = Gauge(
            "imageferry_database_up", "1 where the database answers, else 0.", registry=make
        )
        for reason in Refusal:
            self._refusals.labels(_word(reason))

    def begin(self) -> None:
        """A request has arrived."""
        self._in_flight.inc()

    def end(self, api: str, action: str, status: int, seconds: float) -> None:
        """A request is answered."""
        self._in_flight.dec()
        self._requests.labels(api, action, str(status)).inc()
        self._durations.labels(api).observe(seconds)

    def refused(self, reason: Refusal) -> None:
        """A request was not admitted."""
        self._refusals.labels(_word(reason)).inc()

    def ended(self, status: str) -> None:
        """An operation that was run here came to an end."""
        self._ended.labels(status).inc()

    def notice(self, outcome: str) -> None:
        """A notice was told, is to be tried again, or was given up."""
        self._notices.labels(outcome.replace(" ", "_")).inc()

    def show_operations(self, open_by_status: Mapping[str, int], workers: int) -> None:
        """What the database says at the moment of a look."""
        self._open.clear()
        for status, number in open_by_status.items():
            self._open.labels(status).set(number)
        self._workers.set(workers)

    def show_database(self, *, is_up: bool) -> None:
        """Whether the database answered at the moment of a look."""
        self._database.set(1 if is_up else 0)

    def page(self) -> bytes:
        """All figures in the text format."""
        return generate_latest(self._registry)


def _word(reason: Refusal) -> str:
    return reason.value.replace(" ", "_")
