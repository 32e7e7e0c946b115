"""outlook_of(source): what a template would make, told without any stack, store or cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.control.examination import excused
from imageferry.control.surroundings import pseudo_parameters
from imageferry.dialects.reader import read
from imageferry.evaluation.scopes import written_names
from imageferry.model.diagnostics import TemplateError
from imageferry.model.outlooks import Outlook
from imageferry.model.reports import ordered
from imageferry.model.stacks import Place
from imageferry.model.values import UNKNOWN, Value
from imageferry.planning.outlook import foresee
from imageferry.ports.types import Catalog
from imageferry.validation.bindings import bind
from imageferry.validation.validator import validate_given

# These are the same for every stack; the others belong to one, and there is none.
_OF_NO_STACK: Final = ("resource_group_id", "notification_arns", "partition", "url_suffix")


def outlook_of(
    source: bytes,
    name: str,
    given: Mapping[str, Value],
    region: str,
    catalog: Catalog,
    *,
    allow_unknown_types: bool = False,
) -> Outlook:
    """What the template in `source` would make; `region` is empty where none is given.

    Parameters that have neither a value in `given` nor a default stay unknown, and so does all
    that follows from them. With `allow_unknown_types` the values of resources whose type is not
    installed are shown as they are. Raises TemplateError with every fault at once.
    """
    pseudo = _pseudo(region)
    reading = read(source, name, {**written_names(pseudo), **given})
    if reading.template is None:
        raise TemplateError(reading.diagnostics)
    template = reading.template
    bound = validate_given(template, catalog, given, pseudo, partly=True)
    found = ordered([*reading.diagnostics, *bound.diagnostics])
    if allow_unknown_types:
        found = ordered(excused(found, template, catalog))
        # What is excused now has forbidden the bindings before.
        bound = bind(template, given, pseudo, partly=True)
    if bound.bindings is None or any(one.is_error for one in found):
        raise TemplateError(found)
    return replace(foresee(template, bound.bindings, catalog), warnings=found)


def _pseudo(region: str) -> dict[str, Value]:
    """The pseudo parameters that are known without a stack."""
    everywhere = pseudo_parameters(Place("", "", region), "", "")
    pseudo: dict[str, Value] = {key: everywhere[key] for key in _OF_NO_STACK}
    # The index of a resource whose count is not known is not known either.
    pseudo["index"] = UNKNOWN
    if region:
        pseudo["region"] = region
    return pseudo
