"""Properties and contexts on their way in and out: told as the schema has them, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from imageferry.provider.envelope import read_call
from imageferry.provider.lifecycle import answer
from imageferry.provider.packaging import SchemaName
from tests.provider.registry import GOLDEN, Registry, play
from tests.resource_types.copying import REGION, SOURCE, TF, Cloud


def test_a_read_tells_what_the_cloud_has_and_not_what_was_asked_for() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        await cloud.call("ModifyImageAttribute", ImageId=model["Id"], ImageName="by-hand")
        read = (await registry.invoke("READ", model))["resourceModel"]
        assert (read["ImageName"], read["SourceImageId"]) == ("by-hand", SOURCE)
        await cloud.call("DeleteImage", REGION, ImageId=model["Id"])
        said = await registry.invoke("READ", model)
        assert said["errorCode"] == "NotFound"

    play(scenario)


@pytest.mark.parametrize("schema", list(SchemaName), ids=lambda one: one.value)
def test_limits_and_force_are_told_only_where_the_schema_lets_them(schema: SchemaName) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create(Force=True, Timeouts={"Create": "2h"})
        told = {"Force": True, "Timeouts": {"Create": "2h"}}
        assert (told.items() <= model.items()) is (schema is SchemaName.PUBLISHED)
        read = await registry.invoke("READ", model)
        assert read["resourceModel"] == model

    play(scenario, schema)


EMPTY = [{"MapKey": "empty", "MapValue": ""}]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"Tags": []}, {"Tags": []}),
        ({"Tags": [{"MapKey": 7, "MapValue": 8}]}, {"Tags": [{"MapKey": "7", "MapValue": "8"}]}),
        ({"Tags": EMPTY}, {"Tags": EMPTY}),
        ({"Encrypted": "True"}, {"Encrypted": True}),
        ({"Description": None, "KmsKeyId": None}, {}),
    ],
    ids=["no tags", "numbers", "an empty value", "a truth", "nulls"],
)
def test_values_are_told_in_the_types_of_the_schema(
    given: dict[str, Any], told: dict[str, Any]
) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        event = {
            "action": "CREATE", "awsAccountId": registry.aws_account, "region": "us-east-1",
            "bearerToken": "one", "resourceType": TF,
            "requestData": {"resourceProperties": GOLDEN | given, "logicalResourceId": "1st"},
        }  # fmt: skip
        context: Any = None
        while True:
            call = read_call({**event, "callbackContext": context})
            said = (await answer(registry.account(call), call)).as_json()
            if said["status"] != "IN_PROGRESS":
                break
            context = said["callbackContext"]
            await cloud.clock.sleep(float(str(said["callbackDelaySeconds"])))
        assert said["status"] == "SUCCESS", said
        model: Any = said["resourceModel"]
        assert {name: model[name] for name in told} == told
        assert None not in model.values()

    play(scenario)


def test_another_account_of_aws_sees_nothing_of_it() -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        model = await registry.create()
        other = Registry(cloud, aws_account="999999999999")
        assert await other.listed() == []
        said = await other.perform("DELETE", {"tfcfnid": model["tfcfnid"]})
        assert said["errorCode"] == "NotFound"
        assert len(cloud.images()) == 1

    play(scenario)


@pytest.mark.parametrize(
    "context",
    [
        {"phase": "nothing"},
        {"phase": "make"},
        {"phase": "make", "id": 1, "at": "x", "since": 0},
        {"phase": "remove", "id": "", "at": 0, "since": 0},
    ],
    ids=["no such phase", "no members", "wrong members", "of every copy"],
)
def test_a_context_of_nobody_is_refused(context: dict[str, Any]) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        await registry.create()
        for action in ("CREATE", "UPDATE", "DELETE"):
            said = await registry.invoke(action, GOLDEN, context=context)
            assert said["errorCode"] == "InvalidRequest"
            assert "callbackContext" in said["message"]
        assert len(await registry.listed()) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SourceImageId": None}, "SourceImageId"),
        ({"Unknown": 1}, "Unknown"),
        ({"ImageNam": "x"}, "ImageName"),
        ({"Encrypted": "maybe"}, "Encrypted"),
        ({"ImageName": "1"}, "ImageName"),
        ({"Timeouts": {"Create": "soon"}}, "Create"),
        ({"Tags": [{"MapKey": str(n), "MapValue": ""} for n in range(20)]}, "19"),
        ({"Tags": "none"}, "Tags"),
        ({"SourceImageId": "m-" + "x" * 80}, "SourceImageId"),
    ],
    ids=["missing", "unknown", "misspelt", "no truth", "name", "limit", "20 tags", "no list", "id"],
)
def test_properties_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    async def scenario(cloud: Cloud, registry: Registry) -> None:
        said = await registry.invoke("CREATE", {**GOLDEN, **changes})
        assert said["errorCode"] == "InvalidRequest"
        assert word in said["message"]
        assert cloud.changes == []

    play(scenario)
