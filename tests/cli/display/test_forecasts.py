"""What a plan says of the cloud: under each change, at its end, and as JSON; when it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.cli.display.forecasts import (
    estimate_lines,
    forecast_lines,
    symbol_of,
)
from imageferry.emulator.schema import GOLDEN_IMAGE
from imageferry.model.addresses import ResourceAddress
from imageferry.model.diagnostics import error
from imageferry.model.forecasts import (
    Backlog,
    Doubt,
    Forecast,
    Lookahead,
    Lookalike,
    Objection,
    Remains,
)
from imageferry.model.plan_json import estimate_json, forecast_json
from tests.cli.golden import check
from tests.cli.shop import ARRIVAL, REGION, SECRET, Shop

COPY = ResourceAddress("Copy")
TAKEN = Objection(
    Doubt.NAME_TAKEN, 'the name "a" is taken', "why", "mend", "ImageName", "InvalidImageName.Dup"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def looked(*forecasts: Forecast, backlogs: tuple[Backlog, ...] = (), **more: object) -> Lookahead:
    return Lookahead(
        {str(one.address): one for one in forecasts},
        {
            str(one.address): tuple(error("IF856", said.message) for said in one.objections)
            for one in forecasts
            if one.objections
        },
        backlogs,
        is_looked=True,
        **more,  # type: ignore[arg-type]
    )


BACKLOGS = (
    Backlog("cn-beijing", 12, 480, 5, 3, 3, 1900.0),
    Backlog("cn-shanghai", 1, 40, 5, 0, 1, 600.0),
)
LOOKALIKE = Lookalike(
    "m-1", "cn-beijing", "na\x1b[31mme", is_ours=True, fits=True, adoption="imageferry adopt …"
)


@pytest.mark.parametrize(
    ("forecast", "symbol"),
    [
        pytest.param(Forecast(COPY), None, id="nothing to say"),
        pytest.param(Forecast(COPY, (TAKEN,)), ("!", "red"), id="refused"),
        pytest.param(
            Forecast(COPY, (Objection(Doubt.POSSIBLE, "perhaps"),)), None, id="only possible"
        ),
        pytest.param(
            Forecast(COPY, (Objection(Doubt.UNCHECKED, "not asked"),)), None, id="not asked"
        ),
        pytest.param(Forecast(COPY, (TAKEN,), LOOKALIKE), ("=", "cyan"), id="ours, there already"),
        pytest.param(
            Forecast(COPY, (TAKEN,), Lookalike("m-1", "cn-beijing", "a")),
            ("!", "red"),
            id="not ours",
        ),
    ],
)
def test_the_symbol_says_what_would_become_of_a_change(
    forecast: Forecast, symbol: tuple[str, str] | None
) -> None:
    assert symbol_of(looked(forecast), "Copy") == symbol
    assert symbol_of(looked(forecast), "Other") is None


def test_words_of_the_cloud_do_not_command_the_terminal() -> None:
    lines = forecast_lines(looked(Forecast(COPY, lookalike=LOOKALIKE)), "Copy")
    assert "already there: m-1 in cn-beijing" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_the_end_of_a_plan() -> None:
    remains = tuple(Remains("cn-hangzhou", f"m-{index}", 2, 60) for index in range(2))
    found = looked(
        Forecast(COPY, (TAKEN,), route=("cn-hangzhou", "cn-beijing")),
        Forecast(ResourceAddress("Far", 1), route=("cn-qingdao", "cn-beijing")),
        Forecast(ResourceAddress("Near"), route=("cn-hangzhou", "cn-shanghai")),
        Forecast(ResourceAddress("Gone"), remains=remains),
        backlogs=BACKLOGS,
        calls=8,
        calls_ahead=120,
        notes=("20 of 220 copies were tried out",),
    )
    check("estimate.txt", "\n".join(estimate_lines(found)) + "\n")


@pytest.mark.parametrize(
    ("backlogs", "basis"),
    [
        pytest.param((BACKLOGS[0],), "by a first guess", id="never timed"),
        pytest.param(
            (Backlog("a", 1, 40, 5, 0, 1, 60.0, True),), "by the pace of earlier copies", id="timed"
        ),
        pytest.param(
            (BACKLOGS[0], Backlog("a", 1, 40, 5, 0, 1, 60.0, True)),
            "by the pace of earlier copies, and a first guess where there were none",
            id="some of them",
        ),
    ],
)
def test_an_estimate_says_what_it_is_made_from(backlogs: tuple[Backlog, ...], basis: str) -> None:
    assert basis in estimate_lines(looked(backlogs=backlogs))[0]


def test_nobody_who_did_not_look_says_anything() -> None:
    assert estimate_lines(Lookahead()) == []
    assert estimate_json(Lookahead()) is None
    assert forecast_json(Lookahead(), "Copy") is None


def test_very_many_routes_are_cut_and_machines_are_told_all() -> None:
    backlogs = tuple(Backlog(f"r-{index}", 1, 40, 5, 0, 1, 600.0) for index in range(40))
    lines = estimate_lines(looked(backlogs=backlogs))
    assert "  and 10 more; --json has all of them" in lines
    document = estimate_json(looked(backlogs=backlogs))
    assert isinstance(document, dict)
    assert isinstance(document["regions"], list)
    assert len(document["regions"]) == 40


# --- by command -----------------------------------------------------------------------------------


def clash(shop: Shop) -> list[str]:
    """The arguments of a plan whose name another stack's image has."""
    shop.run(*shop.deploy("--region", "cn-shanghai", template=ARRIVAL))
    return shop.plan("--region", "cn-shanghai", template=ARRIVAL, name="other")


def test_a_plan_shows_what_the_cloud_would_refuse_at_its_line(shop: Shop) -> None:
    result = shop.run(*clash(shop))
    assert "  !   Golden  TF::Alicloud::ImageCopy" in result.stdout
    assert 'stack.yml:8:7: error: the name "golden-copy" is taken in cn-shanghai' in result.stdout
    assert "[IF856]" in result.stdout
    assert 'it is "Golden" of the stack "golden"' in result.stdout
    assert "the cloud would refuse 1 change as things stand" in result.stdout


def test_a_plan_tells_machines_the_same(shop: Shop) -> None:
    found = shop.object(*clash(shop))
    (change,) = found["changes"]
    assert change["action"] == "Create"
    assert change["foresight"]["refused"] is True
    (objection,) = change["foresight"]["objections"]
    assert objection["code"] == "IF856"
    assert objection["cloud_code"] == "InvalidImageName.Duplicated"
    assert (objection["line"], objection["column"]) == (8, 7)
    assert change["foresight"]["already_there"]["holder"] == '"Golden" of the stack "golden"'
    assert found["foresight"]["refused"] == ["Golden"]
    assert found["foresight"]["calls_made"] == 4


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param([], 0, id="shown"),
        pytest.param(["--detailed-exitcode"], 1, id="wrong"),
        pytest.param(["--detailed-exitcode", "--no-look"], 2, id="not asked"),
    ],
)
def test_the_exit_code_of_a_plan_that_the_cloud_would_refuse(
    shop: Shop, more: list[str], code: int
) -> None:
    shop.run(*clash(shop), *more, code=code)


def test_without_a_look_nothing_is_asked(shop: Shop) -> None:
    result = shop.run(*shop.plan("--no-look"))
    assert "to copy:" not in result.stdout
    assert shop.object(*shop.plan("--no-look"))["foresight"] is None


def test_a_plan_ends_with_gib_time_and_calls(shop: Shop) -> None:
    found = shop.object(*shop.plan())
    assert found["foresight"]["gib"] == 80
    assert found["foresight"]["seconds"] == 600.0
    assert [one["region"] for one in found["foresight"]["regions"]] == [
        "ap-southeast-1",
        "eu-central-1",
    ]
    assert [one["foresight"]["gib"] for one in found["changes"]] == [40, 40]
    text = shop.run(*shop.plan()).stdout
    assert "to copy: 80 GiB in 2 images to 2 regions, about 10m00s" in text
    assert SECRET not in text


def test_a_plan_of_nothing_asks_nothing(shop: Shop) -> None:
    shop.run(*shop.deploy())
    result = shop.run(*shop.plan())
    assert "nothing to do" in result.stdout
    assert "to look ahead" not in result.stdout


def test_a_deploy_that_nobody_watches_does_not_look(shop: Shop) -> None:
    result = shop.run(*shop.deploy())
    assert "to copy:" not in result.stdout


def test_a_deploy_that_is_told_to_look_ends_before_the_first_call(shop: Shop) -> None:
    arguments = [*clash(shop)[1:], "--yes", "--look"]
    result = shop.run("deploy", *arguments, code=1)
    assert "nothing was done [IF859]" in result.stderr
    assert "[IF856]" in result.stderr
    found = shop.object("deploy", *arguments, code=1)
    assert found["error"]["exit_code"] == 1
    assert [one["code"] for one in found["error"]["diagnostics"]] == ["IF856", "IF859"]
    assert [one["stack_name"] for one in shop.object("list")["stacks"]] == ["golden"]


def test_a_deploy_that_is_told_to_look_goes_on_where_all_is_well(shop: Shop) -> None:
    result = shop.run(*shop.deploy("--look"))
    assert "to copy: 80 GiB" in result.stdout
    assert "CREATE_COMPLETE" in result.stdout


def test_a_quota_that_is_no_number_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEFERRY_IMAGE_QUOTA", "many")
    result = shop.run(*shop.plan(), code=2)
    assert '"many" is no positive number (IMAGEFERRY_IMAGE_QUOTA)' in result.stderr


def test_a_person_is_shown_what_would_be_refused_and_decides(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    question = "though the cloud would refuse 1 of them?"
    code, text = shop.converse("deploy", *clash(shop)[1:], question=question, answer="n")
    assert code == 1, text
    assert "[IF856]" in text
    assert "nothing was done" in text


def test_what_a_deletion_leaves_is_told_by_machines_and_people(shop: Shop) -> None:
    shop.run(*shop.deploy("--region", "cn-shanghai", template=ARRIVAL))
    empty = ARRIVAL.replace("cn-hangzhou", REGION).replace("Golden:", "Renamed:")
    renamed = empty.replace("golden-copy", "another").replace("GetAtt Golden", "GetAtt Renamed")
    found = shop.object(*shop.plan("--region", "cn-shanghai", template=renamed))
    left = found["foresight"]["snapshots_left"]
    assert (left["snapshots"], left["gib"]) == (1, 40)
    text = shop.run(*shop.plan("--region", "cn-shanghai", template=renamed)).stdout
    assert "stay and are billed: 1 snapshot (40 GiB) of 1 removed image" in text
    assert GOLDEN_IMAGE in text
