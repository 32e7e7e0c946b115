"""Templates without their places, so that two of them can be compared."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from imageferry.assembly.catalogs import open_catalog
from imageferry.control.conversion import Conversion, ConversionRequest, convert
from imageferry.conversion.documents import Form
from imageferry.conversion.writing import Spelling
from imageferry.dialects.reader import read
from imageferry.model.diagnostics import Span

_PLACES = frozenset(
    ("span", "type_span", "condition_span", "default_span", "property_spans", "key_spans",
     "mapping_spans", "source_name", "written")
)  # fmt: skip
CATALOG = open_catalog()


def bare(value: Any) -> Any:
    """A model value as plain data: no places, and how a function was spelt does not count."""
    if isinstance(value, (Span, Enum)):
        return repr(value) if isinstance(value, Enum) else None
    if dataclasses.is_dataclass(value):
        return (
            type(value).__name__,
            {
                field.name: bare(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if field.name not in _PLACES
            },
        )
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [(bare(inner[0]) if is_place(inner) else bare(inner)) for inner in value]
    return (type(value).__name__, value)


def is_place(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Span)


def model(source: str) -> Any:
    """The model of a template, which must read without an error."""
    reading = read(source.encode(), "template")
    errors = [one for one in reading.diagnostics if one.is_error]
    assert not errors, errors
    return bare(reading.template)


def converted(
    source: str,
    *,
    dialect: str | None = None,
    form: Form | None = None,
    region: str | None = None,
    spelling: Spelling = Spelling.AS_WRITTEN,
    parameters: dict[str, Any] | None = None,
) -> Conversion:
    """What becomes of a template."""
    request = ConversionRequest(
        source.encode(), "template", form, dialect, region, spelling, parameters or {}
    )
    return convert(request, CATALOG)
