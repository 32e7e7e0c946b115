"""Objections to a planned copy: what the source, the region, the quota and a dry run say against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.cloud.images import Image
from imageferry.cloud.shelves import Seen
from imageferry.model.forecasts import Doubt
from imageferry.resource_types.ecs.copy_image import WORDS
from imageferry.resource_types.image_copies.foresight.grounds import Ground
from imageferry.resource_types.image_copies.foresight.objections import (
    kinship,
    of_dry_run,
    of_listing,
    of_place,
    of_quota,
    of_source,
)
from imageferry.resource_types.image_copies.wanted import WantedCopy

WANTED = WantedCopy("m-1", "cn-hangzhou", "cn-beijing", encrypted=False)
WHOLE = Image("m-1", "golden", "Available", owner="self")


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        pytest.param(Seen(WHOLE, 40), [], id="nothing wrong"),
        pytest.param(None, [(Doubt.REFUSED, "InvalidImageId.NotFound")], id="not to be seen"),
        pytest.param(
            Seen(replace(WHOLE, owner="system"), 40),
            [(Doubt.REFUSED, "OperationDenied")],
            id="the cloud's own",
        ),
        pytest.param(
            Seen(replace(WHOLE, owner="others"), 40),
            [(Doubt.POSSIBLE, "OperationDenied.SameRegionOnly")],
            id="another account's",
        ),
        pytest.param(
            Seen(replace(WHOLE, status="Creating"), 40),
            [(Doubt.POSSIBLE, "IncorrectImageStatus")],
            id="in the making",
        ),
        pytest.param(
            Seen(replace(WHOLE, status="CreateFailed"), 40),
            [(Doubt.REFUSED, "IncorrectImageStatus")],
            id="never made",
        ),
        pytest.param(
            Seen(replace(WHOLE, is_encrypted=True), 4096),
            [
                (Doubt.REFUSED, "OperationDeined.EncryptedSnapshot"),
                (Doubt.REFUSED, "SizeExceed.Image"),
            ],
            id="two faults at once",
        ),
        pytest.param(Seen(WHOLE, 2048), [], id="the largest that is copied"),
        pytest.param(Seen(WHOLE, None), [], id="of unknown size"),
    ],
)
def test_what_is_wrong_with_a_source(seen: Seen | None, found: list[tuple[Doubt, str]]) -> None:
    told = of_source(WANTED, seen, WORDS)
    assert [(one.doubt, one.cloud_code) for one in told] == found
    assert all("m-1" in one.message for one in told)


@pytest.mark.parametrize(
    ("code", "kind", "doubt"),
    [
        pytest.param("InvalidRegionId.NotFound", ErrorClass.REFUSED, Doubt.REFUSED, id="no region"),
        pytest.param("InvalidRegionId", ErrorClass.UNCERTAIN, Doubt.UNCHECKED, id="no answer"),
        pytest.param("Throttling", ErrorClass.THROTTLED, Doubt.UNCHECKED, id="too fast"),
    ],
)
def test_a_region_that_gives_no_list(code: str, kind: ErrorClass, doubt: Doubt) -> None:
    told = of_place("cn-x", "DestinationRegionId", CloudError(code, "no", kind), "destination")
    assert (told.doubt, told.cloud_code) == (doubt, code)
    assert "destination region cn-x" in told.message


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param({}, None, id="no list"),
        pytest.param({"cn-x": "available"}, None, id="open"),
        pytest.param({"cn-x": ""}, None, id="nothing said"),
        pytest.param({"cn-x": "soldOut"}, "is soldOut", id="closed"),
        pytest.param({"cn-y": "available"}, "is not among the account's regions", id="not listed"),
    ],
)
def test_what_the_list_of_regions_says(words: dict[str, str], says: str | None) -> None:
    told = of_listing("cn-x", "DestinationRegionId", words)
    assert (told and told.message) == (says and f"the destination region cn-x {says}")
    assert told is None or told.doubt is Doubt.POSSIBLE


@pytest.mark.parametrize(
    ("code", "kind", "doubt"),
    [
        pytest.param(
            "InvalidImageName.Duplicated", ErrorClass.REFUSED, Doubt.NAME_TAKEN, id="name taken"
        ),
        pytest.param("QuotaExceed.Image", ErrorClass.REFUSED, Doubt.REFUSED, id="refused"),
        pytest.param("IncorrectImageStatus", ErrorClass.REFUSED, Doubt.POSSIBLE, id="passes"),
        pytest.param("Throttling", ErrorClass.THROTTLED, Doubt.UNCHECKED, id="not answered"),
        pytest.param("DryRunIgnored", ErrorClass.UNCERTAIN, Doubt.UNCHECKED, id="no dry runs"),
    ],
)
def test_what_a_dry_run_means(code: str, kind: ErrorClass, doubt: Doubt) -> None:
    told = of_dry_run(CloudError(code, "The reason.", kind, region="cn-x"), WORDS)
    assert (told.doubt, told.cloud_code) == (doubt, code)
    assert f"The reason ({code})" in told.message


@pytest.mark.parametrize(
    ("total", "coming", "quota", "is_refused"),
    [
        pytest.param(9, 0, 10, False, id="the last one fits"),
        pytest.param(10, 0, 10, True, id="used up"),
        pytest.param(8, 2, 10, True, id="used up by this plan"),
        pytest.param(99, 9, 0, False, id="no quota given"),
        pytest.param(None, 9, 1, False, id="not counted"),
    ],
)
def test_the_quota_of_a_region(
    total: int | None, coming: int, quota: int, is_refused: bool
) -> None:
    told = of_quota(Ground("cn-x", total=total), coming, quota)
    assert (told is not None) is is_refused
    if told is not None and coming:
        assert f"{coming} of this plan come first" in told.message


@pytest.mark.parametrize(
    ("lineage", "says"),
    [
        pytest.param(None, "imageferry did not make", id="no lineage"),
        pytest.param("something else", "imageferry did not make", id="no lineage of ours"),
        pytest.param("i1/op-1/Golden", "this installation has made", id="ours"),
        pytest.param("i2/op-1/Golden", "another installation", id="another installation's"),
    ],
)
def test_whose_image_holds_the_name(lineage: str | None, says: str) -> None:
    assert says in kinship(lineage, "i1")
