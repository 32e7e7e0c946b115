"""Who may call: each of the signatures, whole and altered, late and early."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.recognition import World
from imageferry.model.access import Role
from imageferry.wire.http import HttpRequest
from tests.api.gates import (
    ACCOUNT,
    BUILT_IN,
    EACH,
    FIELDS,
    FOREIGN,
    GENERATIONS,
    NOBODY,
    NOW,
    OPERATOR,
    PAIRS,
    READER,
    REVOKED,
    Generation,
    Place,
    alibaba_date,
    aws_date,
    refusal,
    signed,
)

# --- what is good ---------------------------------------------------------------------------------


@EACH
def test_a_signed_request_is_let_in(kind: Generation) -> None:
    place = Place()
    call = asyncio.run(place.admit(signed(kind), kind.world)).call
    assert (call.caller.key_id, call.caller.account_id) == (OPERATOR.key_id, ACCOUNT)
    assert call.caller.role is Role.OPERATOR
    assert set(PAIRS) | set(FIELDS) <= set(call.pairs)
    assert call.region == ("" if kind.world is World.ALIBABA else "eu-central-1")
    left = {name.lower() for name, _ in call.pairs}
    assert not left & {"signature", "accesskeyid", "signaturenonce", "timestamp"}
    assert not any(name.startswith("x-amz-") for name in left)


@EACH
def test_a_built_in_key_needs_no_database(kind: Generation) -> None:
    place = Place()
    place.keys.is_away = True
    call = asyncio.run(place.admit(signed(kind, BUILT_IN), kind.world)).call
    assert call.caller.role is Role.ADMIN
    assert place.keys.looks == 0


@EACH
def test_names_of_parameters_and_values_keep_their_case(kind: Generation) -> None:
    """Altered to another case they are other parameters."""
    request = signed(kind)
    shouted = replace(
        request,
        query=tuple((n, v.upper()) if n == "StackName" else (n, v) for n, v in request.query),
    )
    assert refusal(Place(), shouted, kind.world).refusal is Refusal.BAD_SIGNATURE


# --- what was altered on its way ------------------------------------------------------------------


def _other_form(request: HttpRequest) -> HttpRequest:
    form = tuple((n, f"{v}#") if n == "TemplateBody" else (n, v) for n, v in request.form)
    return replace(request, form=form, body=urlencode(form).encode())


def _longer_query(request: HttpRequest) -> HttpRequest:
    return replace(request, query=(*request.query, ("DisableRollback", "true")))


def _other_query(request: HttpRequest) -> HttpRequest:
    pairs = tuple((n, "demo2") if n == "StackName" else (n, v) for n, v in request.query)
    return replace(request, query=pairs)


def _other_method(request: HttpRequest) -> HttpRequest:
    return replace(request, method="GET")


ALTERED = {
    "body": _other_form,
    "query": _other_query,
    "query longer": _longer_query,
    "method": _other_method,
}


@EACH
@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_an_altered_request_is_refused(kind: Generation, alter) -> None:
    place = Place()
    refused = refusal(place, alter(signed(kind)), kind.world, "Change")
    assert refused.refusal is Refusal.BAD_SIGNATURE
    assert place.audit.kept == []
    # What was altered must not have used up what was signed.
    asyncio.run(place.admit(signed(kind), kind.world))


HEADERS = [
    ("v3", "x-acs-action", "Change"),
    ("v3", "x-acs-version", "2014-05-26"),
    ("v3", "x-acs-signature-nonce", "n-2"),
    ("v3", "x-acs-date", alibaba_date(NOW + 1)),
    ("v3", "x-acs-content-sha256", "0" * 64),
    ("v3", "x-acs-more", "1"),
    ("v3", "host", "elsewhere"),
    ("v4", "x-amz-date", aws_date(NOW + 1)),
    ("v4", "x-amz-more", "1"),
    ("v4", "x-amz-content-sha256", "0" * 64),
    ("v4", "host", "elsewhere"),
    ("v4", "content-type", "text/plain"),
    ("v4 in the query", "x-amz-more", "1"),
    ("v4 in the query", "host", "elsewhere"),
]


@pytest.mark.parametrize(("name", "header", "value"), HEADERS)
def test_an_altered_header_is_refused(name: str, header: str, value: str) -> None:
    kind = GENERATIONS[name]
    request = signed(kind)
    altered = replace(request, headers={**request.headers, header: value})
    assert refusal(Place(), altered, kind.world).refusal is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("name", "value"), [("Timestamp", alibaba_date(NOW + 1)), ("SignatureNonce", "n-2")]
)
def test_an_altered_parameter_of_the_signature_is_refused(name: str, value: str) -> None:
    kind = GENERATIONS["v1"]
    request = signed(kind)
    pairs = tuple((n, value) if n == name else (n, v) for n, v in request.query)
    refused = refusal(Place(), replace(request, query=pairs), kind.world)
    assert refused.refusal is Refusal.BAD_SIGNATURE


@EACH
def test_another_secret_is_refused(kind: Generation) -> None:
    request = signed(kind, replace(OPERATOR, secret="another"))
    refused = refusal(Place(), request, kind.world)
    assert refused.refusal is Refusal.BAD_SIGNATURE
    assert "TemplateBody" not in refused.detail


# --- missing, double, unknown ---------------------------------------------------------------------


@pytest.mark.parametrize("world", World)
def test_an_unsigned_request_is_refused(world: World) -> None:
    request = HttpRequest("POST", "http", "h", "/", (("Action", "Look"),))
    assert refusal(Place(), request, world).refusal is Refusal.UNSIGNED


V1_PARTS = [
    "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp",
]  # fmt: skip


@pytest.mark.parametrize("part", V1_PARTS)
def test_a_signature_in_parameters_without_a_part_is_refused(part: str) -> None:
    kind = GENERATIONS["v1"]
    request = signed(kind)
    query = tuple(pair for pair in request.query if pair[0] != part)
    refused = refusal(Place(), replace(request, query=query), kind.world)
    assert (refused.refusal, refused.subject) == (Refusal.INCOMPLETE, part)


@pytest.mark.parametrize("part", ["Signature", "Timestamp", "SignatureNonce", "AccessKeyId"])
def test_a_part_of_a_signature_that_is_given_twice_is_refused(part: str) -> None:
    kind = GENERATIONS["v1"]
    request = signed(kind)
    twice = next(pair for pair in request.query if pair[0] == part)
    refused = refusal(Place(), replace(request, query=(*request.query, twice)), kind.world)
    assert refused.refusal is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SignatureMethod", "HMAC-SHA256"),
        ("SignatureVersion", "2.0"),
        ("Timestamp", "2027-01-15 08:00:00"),
        ("Timestamp", "2027-02-30T08:00:00Z"),
        ("Timestamp", "٢027-01-15T08:00:00Z"),
        ("SignatureNonce", "n" * 513),
    ],
)
def test_a_part_of_a_signature_that_is_none_is_refused(name: str, value: str) -> None:
    kind = GENERATIONS["v1"]
    request = signed(kind)
    pairs = tuple((n, value) if n == name else (n, v) for n, v in request.query)
    refused = refusal(Place(), replace(request, query=pairs), kind.world)
    assert (refused.refusal, refused.subject) == (Refusal.INCOMPLETE, name)


V3_HEADERS = [
    "x-acs-action",
    "x-acs-version",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
]


@pytest.mark.parametrize("header", V3_HEADERS)
def test_a_signature_in_the_header_without_a_header_is_refused(header: str) -> None:
    kind = GENERATIONS["v3"]
    request = signed(kind)
    headers = {name: value for name, value in request.headers.items() if name != header}
    refused = refusal(Place(), replace(request, headers=headers), kind.world)
    assert (refused.refusal, refused.subject) == (Refusal.INCOMPLETE, header)


@pytest.mark.parametrize("header", [*V3_HEADERS, "host"])
def test_a_header_that_says_what_is_asked_must_be_signed(header: str) -> None:
    kind = GENERATIONS["v3"]
    request = signed(kind)
    words = request.headers["authorization"].replace(f"{header};", "").replace(f";{header},", ",")
    assert words != request.headers["authorization"]
    altered = replace(request, headers={**request.headers, "authorization": words})
    assert refusal(Place(), altered, kind.world).refusal is Refusal.BAD_SIGNATURE


AUTHORIZATIONS = {
    "empty": "ACS3-HMAC-SHA256",
    "no signature": "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host",
    "two signatures": ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=0,Signature=1"),
    "two headers": (
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=0,"
        "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=0"
    ),
    "another algorithm": "ACS3-RSA-SHA256 Credential=a,SignedHeaders=host,Signature=0",
    "in small letters": "acs3-hmac-sha256 Credential=a,SignedHeaders=host,Signature=0",
    "basic": "Basic dXNlcjpwYXNz",
}


@pytest.mark.parametrize("words", AUTHORIZATIONS.values(), ids=AUTHORIZATIONS)
@pytest.mark.parametrize("name", ["v3", "v4"])
def test_an_authorization_that_is_none_is_refused(name: str, words: str) -> None:
    kind = GENERATIONS[name]
    request = signed(kind)
    words = words if name == "v3" else words.replace("ACS3-", "AWS4-").replace("acs3-", "aws4-")
    altered = replace(request, headers={**request.headers, "authorization": words})
    assert refusal(Place(), altered, kind.world).refusal is Refusal.INCOMPLETE


@EACH
def test_an_unknown_key_is_refused_and_asked_for_once(kind: Generation) -> None:
    place = Place()
    for number in range(5):
        request = signed(kind, NOBODY, nonce=f"n-{number}")
        assert refusal(place, request, kind.world).refusal is Refusal.UNKNOWN_KEY
    assert place.keys.looks == 1


@pytest.mark.parametrize("key_id", ["", "a\0b", "a b", "é", "x" * 129, "a'--"])
def test_what_is_no_key_id_is_not_looked_up(key_id: str) -> None:
    place = Place()
    kind = GENERATIONS["v1"]
    request = signed(kind, replace(OPERATOR, key_id=key_id))
    refused = refusal(place, request, kind.world)
    assert refused.refusal in (Refusal.UNKNOWN_KEY, Refusal.INCOMPLETE)
    assert place.keys.looks == 0


@EACH
def test_a_revoked_key_is_refused(kind: Generation) -> None:
    assert refusal(Place(), signed(kind, REVOKED), kind.world).refusal is Refusal.REVOKED_KEY


@EACH
def test_that_a_key_is_revoked_only_its_owner_learns(kind: Generation) -> None:
    request = signed(kind, replace(REVOKED, secret="guessed"))
    assert refusal(Place(), request, kind.world).refusal is Refusal.BAD_SIGNATURE


@EACH
def test_that_a_key_is_revoked_counts_within_seconds(kind: Generation) -> None:
    async def run() -> None:
        place = Place()
        await place.admit(signed(kind, nonce="n-1"), kind.world)
        await place.keys.revoke(OPERATOR.key_id, place.time.wall)
        place.time.wall += 2.9
        await place.admit(signed(kind, nonce="n-2"), kind.world)
        place.time.wall += 0.2
        with pytest.raises(Refused) as caught:
            await place.admit(signed(kind, nonce="n-3"), kind.world)
        assert caught.value.refusal is Refusal.REVOKED_KEY
        assert place.keys.looks == 2

    asyncio.run(run())


@EACH
def test_a_key_of_another_account_is_refused(kind: Generation) -> None:
    refused = refusal(Place(), signed(kind, FOREIGN), kind.world)
    assert refused.refusal is Refusal.FOREIGN_ACCOUNT
    assert ACCOUNT not in refused.detail


@EACH
def test_a_security_token_is_refused_though_it_is_signed(kind: Generation) -> None:
    refused = refusal(Place(), signed(kind, token="of another account"), kind.world)
    assert refused.refusal is Refusal.UNKNOWN_KEY
    assert "security token" in refused.detail


@EACH
@pytest.mark.parametrize("action", ["Change", "Rule"])
def test_a_reader_changes_nothing(kind: Generation, action: str) -> None:
    place = Place()
    request = signed(kind, READER, action)
    assert refusal(place, request, kind.world, action).refusal is Refusal.FORBIDDEN
    assert place.audit.kept == []


def test_an_operator_does_not_rule() -> None:
    kind = GENERATIONS["v4"]
    request = signed(kind, OPERATOR, "Rule")
    assert refusal(Place(), request, kind.world, "Rule").refusal is Refusal.FORBIDDEN


@EACH
def test_an_action_that_there_is_not(kind: Generation) -> None:
    request = signed(kind, OPERATOR, "Fly")
    assert refusal(Place(), request, kind.world, "Fly").refusal is Refusal.UNKNOWN_ACTION


# --- time -----------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("off", [-901, 901, -86_400, 86_400, -10_000_000])
def test_a_stale_or_future_request_is_refused(kind: Generation, off: float) -> None:
    refused = refusal(Place(), signed(kind, now=NOW + off), kind.world)
    assert refused.refusal is Refusal.STALE


@EACH
@pytest.mark.parametrize("off", [-290, 890])
def test_a_clock_may_be_off_a_little(kind: Generation, off: float) -> None:
    asyncio.run(Place().admit(signed(kind, now=NOW + off), kind.world))


def test_a_query_is_good_for_as_long_as_it_says() -> None:
    kind = GENERATIONS["v4 in the query"]
    refused = refusal(Place(), signed(kind, now=NOW - 301), kind.world)
    assert refused.refusal is Refusal.STALE


SCOPES = {
    "another service": ("cloudformation", "sts", Refusal.BAD_SIGNATURE),
    "another region": ("eu-central-1", "us-east-1", Refusal.BAD_SIGNATURE),
    "no region at all": ("eu-central-1", "", Refusal.INCOMPLETE),
    "another day": (aws_date(NOW)[:8], aws_date(NOW - 86_400)[:8], Refusal.INCOMPLETE),
}


@pytest.mark.parametrize(("old", "new", "why"), SCOPES.values(), ids=SCOPES)
def test_another_scope_than_was_signed_for_is_refused(old: str, new: str, why: Refusal) -> None:
    kind = GENERATIONS["v4"]
    request = signed(kind)
    words = request.headers["authorization"].replace(f"/{old}/", f"/{new}/")
    altered = replace(request, headers={**request.headers, "authorization": words})
    assert refusal(Place(), altered, kind.world).refusal is why


def test_what_is_rightly_signed_for_another_service_is_refused() -> None:
    """What CloudFormation may be asked is not what another service was asked."""
    place = Place()
    kind = GENERATIONS["v4"]
    with pytest.raises(Refused) as caught:
        asyncio.run(place.admit(signed(kind), kind.world, service="sts"))
    assert caught.value.refusal is Refusal.BAD_SIGNATURE
