"""What a wish names, read: the region, the template's bytes, the parameters, or all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from imageferry.cli.exits import ExitCode
from imageferry.cli.flags import Wish
from imageferry.cli.parameters import read_parameters
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.sources import SourceUnreadable, read_source, source_name
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.values import Value


class Named(NamedTuple):
    """What the command line names; `template_name` is what diagnostics call the template."""

    region: str
    template: bytes
    template_name: str
    parameters: Mapping[str, Value]


def read_wish(wish: Wish, find_region: Callable[[], str]) -> Named:
    """Everything that a wish names; `find_region` raises CommandRefused where it cannot be had.

    Raises CommandRefused with all that is wrong, not with the first fault only.
    """
    faults: list[Diagnostic] = []
    region, template = "", b""
    parameters: Mapping[str, Value] = {}
    try:
        region = find_region()
    except CommandRefused as fault:
        faults += fault.diagnostics
    try:
        template = read_source(wish.template, "template")
    except SourceUnreadable as fault:
        faults.append(fault.diagnostic)
    try:
        parameters = read_parameters(wish.pairs, wish.parameter_file)
    except CommandRefused as fault:
        faults += fault.diagnostics
    if faults:
        raise CommandRefused(ExitCode.WRONG_USAGE, faults)
    return Named(region, template, source_name(wish.template), parameters)
