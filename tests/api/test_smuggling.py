"""What nobody has signed changes nothing of what is asked: headers beside a signature, and two of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.testing import run_virtually
from tests.api.gates import BUILT_IN, GENERATIONS
from tests.api.serving import HOST, house_of_api

UNSIGNED = {
    "another action": ("v1", {"x-acs-action": "DeleteStack"}),
    "another version": ("v1", {"x-acs-version": "2014-05-26"}),
    "both of them": ("v1", {"x-acs-action": "DeleteStack", "x-acs-version": "2019-09-10"}),
    "any header of the kind": ("v1", {"x-acs-signature-nonce": "another"}),
    "another action beside a header's": ("v3", {"x-acs-action ": "DeleteStack"}),
    "another account": ("v3", {"x-acs-account": "2"}),
    "a token": ("v4", {"x-amz-security-token": "token"}),
    "a target": ("v4", {"x-amz-target": "DeleteStack"}),
    "a header of the other world": ("v4", {"x-acs-action": "DeleteStack"}),
    "a hash of the body": ("v4", {"x-amz-content-sha256": "0" * 64}),
    "an authorization of the other world": (
        "v4 in the query",
        {"authorization": "ACS3-HMAC-SHA256 x"},
    ),
}


@pytest.mark.parametrize(("kind", "headers"), UNSIGNED.values(), ids=UNSIGNED)
def test_headers_that_nobody_signed_never_say_what_is_asked(
    tmp_path: Path, kind: str, headers: dict[str, str]
) -> None:
    async def run() -> None:
        async with house_of_api(tmp_path) as apis:
            how = GENERATIONS[kind]
            pairs = (("RegionId", "cn-hangzhou"),) if how.has_nonce else ()
            signed = how.sign(BUILT_IN, "ListStacks", apis.clock.now(), "one", pairs, host=HOST)
            whole = {"host": HOST, **signed.headers}
            passage = await apis.knock(replace(signed, headers={**whole, **headers}))
            assert passage.action == "ListStacks"
            assert passage.api in {"ros", "cloudformation"}
            # Whatever else is sent in the names of a world is a part of what its signature covers.
            is_let_in = kind == "v1" or set(headers) == {"x-acs-action"}
            assert (passage.refusal is None) is is_let_in

    run_virtually(run())
