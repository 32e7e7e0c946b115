"""What `drift` and `verify` have in common: why a stack is not looked at, and what that exits with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused, misuse
from imageferry.control.requests import OperationHolds, ResourceUnknown
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.handlers import ErrorCode

_NOT_AUTHORISED: Final = frozenset(
    {ErrorCode.ACCESS_DENIED.value, ErrorCode.INVALID_CREDENTIALS.value}
)


@contextmanager
def comparing() -> Iterator[None]:
    """Looks at a recorded stack inside; raises CommandRefused where that cannot be."""
    try:
        yield
    except OperationHolds as fault:
        raise CommandRefused(ExitCode.STACK_HELD, [_is_changing(fault)]) from fault
    except ResourceUnknown as fault:
        raise misuse("IF846", str(fault), remedy=fault.remedy) from fault


def code_of_unknown(error_codes: Iterable[str]) -> ExitCode:
    """What is exited with where something could not be looked at, by what the cloud has said."""
    denied = any(code in _NOT_AUTHORISED for code in error_codes)
    return ExitCode.NOT_AUTHORISED if denied else ExitCode.FAILED


def _is_changing(fault: OperationHolds) -> Diagnostic:
    operation, name = fault.operation, fault.stack.name
    return error(
        "IF845",
        f'stack "{name}" is being changed by operation "{operation.operation_id}"'
        f" ({operation.kind.value.lower()}), and is not compared",
        why="what is only half done is neither what was nor what shall be",
        remedy=f'wait for its end: "imageferry show --stack {name}"; or "imageferry cancel'
        f' --stack {name}"',
    )
