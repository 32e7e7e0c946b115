"""What scripts catch: one base, and an exception for each cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from imageferry.cloud.credentials import CredentialsMissing
from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.control import requests
from imageferry.model import diagnostics
from imageferry.model.diagnostics import Diagnostic
from imageferry.ports.keeping import StackBusy, StoreError
from imageferry.settings import ExtraMissing, SettingsError


class EngineError(Exception):
    """Everything that an engine raises by itself. `remedy` says how to mend it, where that is known.

    `result` is what an operation has come to, where one has ended.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        diagnostics: Sequence[Diagnostic] = (),
        result: Any = None,
    ) -> None:
        self.message = message
        self.remedy = remedy
        self.diagnostics = tuple(diagnostics)
        self.result = result
        super().__init__(f"{message} ({remedy})" if remedy else message)


class TemplateError(EngineError):
    """The template or its parameters are wrong: `diagnostics` say what, where and how to mend it."""


class RequestError(EngineError):
    """What is asked for cannot be done with the stack as it is."""


class StackNotFound(EngineError):
    """There is no such stack."""


class LockedError(EngineError):
    """Another operation holds the stack; `operation_id` is its id."""

    def __init__(self, message: str, operation_id: str) -> None:
        self.operation_id = operation_id
        super().__init__(message, "attach to it, cancel it, or wait for its end")


class AuthError(EngineError):
    """The cloud does not authorise what is asked, or there are no credentials."""


class QuotaError(EngineError):
    """A quota of the account is exhausted."""


class CloudUnreachable(EngineError):
    """The cloud gave no usable answer."""


class StorageError(EngineError):
    """The database cannot be opened, read or written."""


class SettingError(EngineError):
    """A setting cannot be used, or an optional part is not installed."""


class DeployError(EngineError):
    """An operation has failed; `result` tells of every resource."""


class PartialFailure(DeployError):
    """Some regions are done and others have failed; `result.regions` tells which."""


class UnknownOutcome(EngineError):
    """An operation has not come to its end: it was set aside, or nobody runs it."""


@contextmanager
def in_words_of_scripts() -> Iterator[None]:
    """What is raised inside becomes an EngineError; what is nobody's fault but a bug stays."""
    try:
        yield
    except diagnostics.TemplateError as fault:
        said = "; ".join(
            f"{one.span}: {one.message}" if one.span else one.message
            for one in fault.diagnostics
            if one.is_error
        )
        raise TemplateError(said, diagnostics=fault.diagnostics) from fault
    except (requests.OperationHolds, StackBusy) as fault:
        raise LockedError(str(fault), fault.operation.operation_id) from fault
    except (requests.StackNotFound, requests.StackAmbiguous, requests.ResourceUnknown) as fault:
        raise StackNotFound(str(fault)) from fault
    except requests.RequestRefused as fault:
        kind = AuthError if fault.is_denied else RequestError
        raise kind(fault.message, fault.remedy, diagnostics=fault.diagnostics) from fault
    except CredentialsMissing as fault:
        raise AuthError(str(fault)) from fault
    except CloudError as fault:
        denied = fault.kind is ErrorClass.DENIED
        raise (AuthError if denied else CloudUnreachable)(
            f"{fault.code}: {fault.message}"
        ) from fault
    except SettingsError as fault:
        raise SettingError(fault.message, fault.remedy) from fault
    except ExtraMissing as fault:
        remedy = f"pip install 'imageferry[{fault.extra}]'"
        raise SettingError(str(fault), remedy) from fault
    except StoreError as fault:
        raise StorageError(str(fault)) from fault
