"""The JSON object of `imageferry report`: stacks with their images, spans, verifications and events."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cli.display.documents import events_json, outputs_json
from imageferry.cli.display.rendering import show_moment
from imageferry.control.receipts import resource_verdict_json
from imageferry.model.chronicles import Chronicle, Span
from imageferry.model.matrix import MatrixCell, MatrixLine
from imageferry.model.values import Json, mask


def report_json(chronicles: Sequence[Chronicle], as_of: float, cloud: str) -> dict[str, Json]:
    """The whole object; `as_of` is in seconds since 1970."""
    return {
        "cloud": cloud,
        "as_of": show_moment(as_of),
        "stacks": [_stack_json(one) for one in chronicles],
    }


def _stack_json(chronicle: Chronicle) -> Json:
    row = chronicle.row
    told = outputs_json(row.stack)
    return {
        **told,
        "parameters": mask(row.stack.parameters),
        "counts": {status.value: count for status, count in row.counts.items()},
        "lines": [_line_json(line) for line in row.lines],
        "beside": [_cell_json(cell) for cell in row.beside],
        "spans": [_span_json(span) for span in chronicle.spans],
        "verifications": [
            {**resource_verdict_json(found), "verified_at": show_moment(chronicle.verified_at[key])}
            for key, found in chronicle.verifications.items()
        ],
        "events": events_json(row.stack, chronicle.events)["events"],
        "events_before": chronicle.events_before,
    }


def _line_json(line: MatrixLine) -> Json:
    return {
        "kind": line.kind.value,
        "label": line.label,
        "source_image_id": line.source_id or None,
        "source_region": line.source_region or None,
        "cells": [_cell_json(cell) for cells in line.cells.values() for cell in cells],
    }


def _cell_json(cell: MatrixCell) -> Json:
    return {
        "logical_id": cell.address,
        "type": cell.type_name,
        "region": cell.region,
        "status": cell.status.value,
        "image_id": cell.image_id or None,
        "name": cell.name,
        "progress": cell.percent,
        "remaining": None if cell.remaining is None else round(cell.remaining, 3),
        "queue": None if cell.queue is None else {"place": cell.queue[0], "of": cell.queue[1]},
        "cause": cell.cause,
    }


def _span_json(span: Span) -> Json:
    return {
        "logical_id": span.address,
        "region": span.region,
        "began_at": show_moment(span.began_at),
        "ended_at": None if span.ended_at is None else show_moment(span.ended_at),
        "failed": span.has_failed,
    }
