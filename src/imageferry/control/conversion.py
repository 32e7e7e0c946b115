"""Convert a template: into the other form, into the other dialect, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from imageferry.conversion.converter import cross_over
from imageferry.conversion.crossings import Note
from imageferry.conversion.documents import (
    Document,
    Form,
    open_document,
    simplifications,
    write_document,
)
from imageferry.conversion.loops import without_loops
from imageferry.conversion.writing import Spelling
from imageferry.dialects.reader import DIALECTS, read
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, TemplateError, error, warning
from imageferry.model.reports import ordered
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import UNKNOWN, Value
from imageferry.ports.types import Catalog
from imageferry.validation.bindings import settle_conditions, settle_counts
from imageferry.validation.parameters import bind_parameters
from imageferry.validation.validator import validate

# A type that is not installed is told of in the words of the other language, and a parameter
# without a value is none that conversion needs.
_NO_TYPE: Final = "IF509"
_NO_VALUE: Final = "IF401"


@dataclass(frozen=True, slots=True)
class ConversionRequest:
    """What is to become of a source. `form` and `dialect` (its name) are None to stay as they are.

    `region` is the region of the stack that the template is written for, `parameters` are values
    by which counts and regions are settled.
    """

    source: bytes
    name: str
    form: Form | None = None
    dialect: str | None = None
    region: str | None = None
    spelling: Spelling = Spelling.AS_WRITTEN
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConvertedTemplate:
    """One template that came of it; `region` is where its stack belongs, where that is known."""

    text: str
    region: str | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """The templates, in which form and dialect, and what was said on the way."""

    templates: tuple[ConvertedTemplate, ...]
    form: Form
    dialect: str
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[Note, ...]


def convert(request: ConversionRequest, catalog: Catalog) -> Conversion:
    """The converted templates; raises TemplateError where they cannot be made or be valid."""
    document = open_document(request.source, request.name)
    there = _dialect(request.dialect) or document.dialect
    form = request.form or document.form
    if there is document.dialect:
        return _other_form(request, document, form)
    return _other_dialect(request, document, form, there, catalog)


def _dialect(name: str | None) -> Dialect | None:
    return next((dialect for dialect in DIALECTS if dialect.name == name), None)


def _other_form(request: ConversionRequest, document: Document, form: Form) -> Conversion:
    rewrites = request.spelling is not Spelling.AS_WRITTEN and form is Form.YAML
    if form is document.form and not rewrites:
        raise TemplateError([_already(document)])
    written = write_document(document, form, request.spelling)
    faults = [one for one in read(request.source, request.name).diagnostics if one.is_error]
    said = list(written.diagnostics)
    if faults:
        said.insert(0, _faulty(faults))
    return Conversion(
        (ConvertedTemplate(written.text, None),),
        form,
        document.dialect.name,
        ordered(said),
        (),
    )


def _already(document: Document) -> Diagnostic:
    form, title = document.form.name, document.dialect.title
    other = "json" if document.form is Form.YAML else "yaml"
    language = next(one.name for one in DIALECTS if one is not document.dialect)
    return error(
        "IF902",
        f"the template is {form} of {title} already",
        why="there is nothing to convert",
        remedy=f"say --to {other}, or --dialect {language}",
        span=document.root.span,
    )


def _faulty(faults: list[Diagnostic]) -> Diagnostic:
    first = faults[0]
    count = len(faults)
    return warning(
        "IF905",
        "the template has an error" if count == 1 else f"the template has {count:,} errors",
        why=f"it is written down as it stands; the first is: {first.message}",
        remedy="see 'imageferry validate'",
        span=first.span,
    )


def _other_dialect(
    request: ConversionRequest, document: Document, form: Form, there: Dialect, catalog: Catalog
) -> Conversion:
    template = _valid(request, catalog)
    bindings = _known(template, request.parameters)
    said = simplifications(document)
    whole = without_loops(document, request.parameters or None, said)
    if any(one.is_error for one in said):
        raise TemplateError(said)
    crossed = cross_over(whole, template, bindings, there, catalog, request.region)
    said += crossed.diagnostics
    templates = []
    for landed in crossed.landed:
        arrived = landed.document
        written = write_document(arrived, form, request.spelling)
        said += written.diagnostics
        _check(written.text, request.name, there, catalog, said)
        templates.append(ConvertedTemplate(written.text, landed.region))
    return Conversion(tuple(templates), form, there.name, ordered(said), crossed.notes)


def _valid(request: ConversionRequest, catalog: Catalog) -> Template:
    reading = read(request.source, request.name, request.parameters or None)
    if reading.template is None or reading.has_errors:
        raise TemplateError(reading.diagnostics)
    installed = [
        one for one in validate(reading.template, catalog) if one.is_error and one.code != _NO_TYPE
    ]
    if installed:
        raise TemplateError(ordered(installed))
    return reading.template


def _known(template: Template, given: Mapping[str, Value]) -> Bindings:
    """What is known of the parameters: what is given, else defaults, else nothing."""
    bound = bind_parameters(template, given)
    faults = [one for one in bound.diagnostics if one.is_error and one.code != _NO_VALUE]
    if given and faults:
        raise TemplateError(faults)
    values: dict[str, Value] = {**dict.fromkeys(template.parameters, UNKNOWN), **bound.values}
    start = Bindings(values, {"index": UNKNOWN}, mappings=template.mappings)
    # What cannot be settled without values is no fault yet: who needs it tells of it.
    untold: list[Diagnostic] = []
    conditions = settle_conditions(template, start, untold)
    return settle_counts(template, replace(start, conditions=conditions), untold)


def _check(
    written: str, name: str, there: Dialect, catalog: Catalog, said: list[Diagnostic]
) -> None:
    """Refuse to give what would not be valid over there."""
    reading = read(written.encode(), f"{name} in {there.title}")
    faults = [one for one in reading.diagnostics if one.is_error]
    if reading.template is not None:
        faults += [one for one in validate(reading.template, catalog) if one.is_error]
    if not faults:
        return
    first = faults[0]
    raise TemplateError(
        [
            *said,
            error(
                "IF906",
                f"what it becomes is no valid template of {there.title}: {first.message}",
                why=first.why,
                remedy="change the part that cannot be said there, before you convert",
            ),
        ]
    )
