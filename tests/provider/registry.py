"""A small CloudFormation for one type: texts for every primitive, callbacks, forgetful processes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageferry.provider.account import Account
from imageferry.provider.envelope import read_call
from imageferry.provider.identity import installation_of
from imageferry.provider.lifecycle import answer
from imageferry.provider.packaging import SchemaName, write_only_of
from imageferry.testing import run_virtually
from tests.resource_types.copying import REGION, SOURCE, SOURCE_REGION, TF, Cloud

CODES = frozenset(
    {
        "InvalidRequest", "AccessDenied", "InvalidCredentials", "AlreadyExists", "NotFound",
        "NotUpdatable", "NotStabilized", "ServiceLimitExceeded", "GeneralServiceException",
        "InternalFailure", "InvalidTypeConfiguration", "ResourceConflict", "Throttling",
        "ServiceInternalError", "NetworkFailure", "HandlerInternalFailure", "NonCompliant",
        "UnsupportedTarget", "Unknown",
    }
)  # fmt: skip
"""Every code that CloudFormation's client knows."""

GOLDEN: Mapping[str, Any] = {
    "SourceImageId": SOURCE,
    "SourceRegionId": SOURCE_REGION,
    "ImageName": "golden",
    "Description": "as it was made",
    "Encrypted": False,
    "Tags": [{"MapKey": "stage", "MapValue": "test"}, {"MapKey": "app", "MapValue": "web"}],
}

Answer = dict[str, Any]


def texts(value: Any) -> Any:
    """The value with every primitive as a text, as CloudFormation sends properties."""
    if isinstance(value, Mapping):
        return {name: texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


@dataclass
class Registry:
    """Invokes the type as CloudFormation does; `calls` are the answers of the last operation."""

    cloud: Cloud
    schema: SchemaName = SchemaName.OURS
    aws_account: str = "123456789012"
    operations: int = 0
    calls: list[Answer] = field(default_factory=list)
    deaths: int = 0

    def account(self, call: Any) -> Account:
        kind, census = self.cloud.catalog.find(TF), self.cloud.catalog.census(REGION)
        assert kind is not None
        assert census is not None
        return Account(
            kind, census, REGION, installation_of(call), self.cloud.clock,
            write_only_of(self.schema),
        )  # fmt: skip

    def new_token(self) -> str:
        self.operations += 1
        return f"bearer-{self.operations}"

    async def invoke(
        self,
        action: str,
        properties: Mapping[str, Any] | None = None,
        *,
        previous: Mapping[str, Any] | None = None,
        context: Any = None,
        token: str = "bearer",
        next_token: str | None = None,
    ) -> Answer:
        """One invocation of a process that remembers nothing of any other."""
        document = {
            "action": action,
            "awsAccountId": self.aws_account,
            "region": "us-east-1",
            "bearerToken": token,
            "resourceType": TF,
            "callbackContext": context,
            "nextToken": next_token,
            "stackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/golden/1",
            "responseEndpoint": None,
            "requestData": {
                "resourceProperties": texts(properties),
                "previousResourceProperties": texts(previous),
                "logicalResourceId": "Golden",
                "systemTags": {},
            },
        }
        call = read_call(json.loads(json.dumps(document)))
        clock = self.cloud.clock
        began, before = clock.monotonic(), len(self.cloud.changes)
        self.cloud.restart()
        progress = await answer(self.account(call), call)
        said: Answer = json.loads(json.dumps(progress.as_json()))
        took = clock.monotonic() - began
        assert took <= (30 if action in {"READ", "LIST"} else 60), f"{action} took {took} s"
        made = set(self.cloud.changes[before:])
        assert len(made) <= 1, f"one invocation made {made}"
        assert None not in said.values()
        _obeys(said, action, self.schema)
        return said

    async def perform(
        self,
        action: str,
        properties: Mapping[str, Any],
        *,
        previous: Mapping[str, Any] | None = None,
        token: str = "",
        most: int = 2000,
        until: Callable[[Answer], bool] = lambda _: False,
    ) -> Answer:
        """An operation to its end, or until an answer that is waited for."""
        token = token or self.new_token()
        self.calls, context, cloud = [], None, self.cloud
        for _ in range(most):
            said = await self.invoke(
                action, properties, previous=previous, context=context, token=token
            )
            if cloud.kill_at is not None and len(cloud.changes) >= cloud.kill_at:
                # The process has died: nobody has heard what it was about to say.
                cloud.kill_at = None
                self.deaths += 1
                continue
            self.calls.append(said)
            if said["status"] != "IN_PROGRESS" or until(said):
                return said
            properties, context = said["resourceModel"], said["callbackContext"]
            await cloud.clock.sleep(said["callbackDelaySeconds"])
        raise AssertionError(f"no end after {most} invocations: {self.calls[-1]}")

    async def create(self, **changes: Any) -> Answer:
        said = await self.perform("CREATE", {**GOLDEN, **changes})
        assert said["status"] == "SUCCESS", said
        model: Answer = said["resourceModel"]
        return model

    async def listed(self) -> list[str]:
        said = await self.invoke("LIST")
        return [one["tfcfnid"] for one in said["resourceModels"]]


def _obeys(said: Answer, action: str, schema: SchemaName) -> None:
    """What CloudFormation holds of every answer."""
    model = said.get("resourceModel")
    match said["status"]:
        case "IN_PROGRESS":
            assert action not in {"READ", "LIST"}
            assert "errorCode" not in said
            assert "resourceModels" not in said
            assert model
            assert model["tfcfnid"]
            assert 0 <= said["callbackDelaySeconds"] <= 60
        case "SUCCESS":
            assert "errorCode" not in said
            assert said["callbackDelaySeconds"] == 0
            assert (action in {"DELETE", "LIST"}) == ("resourceModel" not in said)
            assert not write_only_of(schema) & set(model or {})
        case "FAILED":
            assert said["errorCode"] in CODES
            assert said["message"]
            assert said["callbackDelaySeconds"] == 0
            assert "resourceModels" not in said
        case other:
            raise AssertionError(other)


Scenario = Callable[[Cloud, Registry], Awaitable[None]]


def play(scenario: Scenario, schema: SchemaName = SchemaName.OURS) -> Cloud:
    """Play a scenario with one type, in virtual time, on a cloud that shows things late."""
    cloud = Cloud()
    cloud.fault("late_tags", seconds=3, count=50)

    async def run() -> None:
        try:
            await scenario(cloud, Registry(cloud, schema))
        finally:
            cloud.emulator.close()

    run_virtually(run())
    return cloud


def lasting(seconds: float) -> float:
    """The emulator's speed at which the 40 GiB image is copied in so many seconds."""
    return 2400.0 / seconds
