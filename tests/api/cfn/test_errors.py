"""Why a request is not admitted, and what goes wrong behind it, in the codes of CloudFormation."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.cfn.encoding import encode_error
from imageferry.api.cfn.errors import Wrong, answer_of, fault_of
from imageferry.api.cfn.model import NAMESPACE
from imageferry.control.requests import (
    ChangeSetExists,
    NothingToDo,
    RequestRefused,
    StackExists,
    StackNotFound,
    TokenInProgress,
    TokenMismatch,
)
from imageferry.model.diagnostics import TemplateError, error, warning
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import StoreError

DEMO = Stack(
    "0b1f0f3e-0000-4000-8000-000000000001",
    "demo",
    Place("emulator", "1", "cn-beijing"),
    "ros",
    StackStatus.CREATED,
)


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal.UNSIGNED, 403, "MissingAuthenticationToken"),
        (Refusal.INCOMPLETE, 400, "IncompleteSignature"),
        (Refusal.UNKNOWN_KEY, 403, "InvalidClientTokenId"),
        (Refusal.REVOKED_KEY, 403, "InvalidClientTokenId"),
        (Refusal.BAD_SIGNATURE, 403, "SignatureDoesNotMatch"),
        (Refusal.STALE, 403, "SignatureDoesNotMatch"),
        (Refusal.REPLAYED, 403, "SignatureDoesNotMatch"),
        (Refusal.FORBIDDEN, 403, "AccessDenied"),
        (Refusal.FOREIGN_ACCOUNT, 403, "AccessDenied"),
        (Refusal.THROTTLED, 400, "Throttling"),
        (Refusal.TOO_LARGE, 413, "RequestEntityTooLarge"),
        (Refusal.MALFORMED, 400, "MalformedInput"),
        (Refusal.UNSUPPORTED_METHOD, 405, "UnsupportedHttpVerb"),
        (Refusal.UNKNOWN_ACTION, 400, "InvalidAction"),
        (Refusal.UNKNOWN_VERSION, 400, "InvalidAction"),
        (Refusal.UNAVAILABLE, 503, "ServiceUnavailable"),
        (Refusal.INTERNAL, 500, "InternalFailure"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Refusal) else "",
)
def test_what_is_not_admitted_has_a_code(refusal: Refusal, status: int, code: str) -> None:
    fault = answer_of(Refused(refusal))
    assert (fault.status, fault.code) == (status, code)
    assert fault.message


def test_every_refusal_has_words() -> None:
    assert {answer_of(Refused(one)).status // 100 for one in Refusal} == {4, 5}


@pytest.mark.parametrize(
    ("wrong", "status", "code", "message"),
    [
        pytest.param(
            StackExists(DEMO),
            400,
            "AlreadyExistsException",
            "Stack [demo] already exists",
            id="a namesake",
        ),
        pytest.param(
            NothingToDo(DEMO),
            400,
            "ValidationError",
            "No updates are to be performed.",
            id="nothing to do",
        ),
        pytest.param(
            ChangeSetExists("one", DEMO),
            400,
            "AlreadyExistsException",
            "ChangeSet one already exists",
            id="a change set's namesake",
        ),
        pytest.param(
            TokenMismatch(),
            400,
            "TokenAlreadyExistsException",
            "Token t was already used for a request with other parameters",
            id="another request's token",
        ),
        pytest.param(
            TokenInProgress(),
            400,
            "TokenAlreadyExistsException",
            "A request with the token t is being carried out",
            id="the same request at once",
        ),
        pytest.param(StackNotFound("no stack"), 400, "ValidationError", "No stack", id="no stack"),
        pytest.param(
            RequestRefused("that cannot be", "imageferry cancel -s demo"),
            400,
            "ValidationError",
            "That cannot be.",
            id="no advice for a command line",
        ),
        pytest.param(
            StoreError("/home/secret/imageferry.db is locked"),
            503,
            "ServiceUnavailable",
            "The records cannot be read or written at the moment.",
            id="no path of the server",
        ),
        pytest.param(
            TemplateError(
                [
                    warning("IF217", "'P' is not used"),
                    error("IF604", "'a_b' cannot name a stack"),
                    error("IF503", "A: it is no number"),
                    error("IF503", "B: it is no number"),
                ]
            ),
            400,
            "ValidationError",
            "1 validation error detected: Value 'a_b' at 'stackName' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*;"
            " Template error: A: it is no number; B: it is no number",
            id="all faults, no warnings",
        ),
    ],
)
def test_what_the_core_refuses_is_told(wrong: Wrong, status: int, code: str, message: str) -> None:
    fault = fault_of(wrong, "t")
    assert (fault.status, fault.code, fault.message) == (status, code, message)


@pytest.mark.parametrize(("status", "blamed"), [(400, "Sender"), (503, "Receiver")])
def test_an_error_is_a_document_with_who_is_to_blame(status: int, blamed: str) -> None:
    response = encode_error(status, "Code", "a < b", "an-id")
    root = ElementTree.fromstring(response.body)
    names = {"c": NAMESPACE}
    assert root.tag == f"{{{NAMESPACE}}}ErrorResponse"
    assert root.findtext("c:Error/c:Type", namespaces=names) == blamed
    assert root.findtext("c:Error/c:Message", namespaces=names) == "a < b"
    assert root.findtext("c:RequestId", namespaces=names) == "an-id"
    assert response.headers["x-amzn-requestid"] == "an-id"
    assert "date" not in response.headers
