"""Every example validates and deploys on the emulated cloud; twins in YAML and JSON plan the same."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.assembly.emulation import manage_emulator
from imageferry.assembly.house import House, open_house
from imageferry.control.examination import examine
from imageferry.control.requests import ExecutionOptions, StackRequest, StackView
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import Value
from imageferry.settings import Settings, resolve
from imageferry.testing import SeededEntropy, VirtualClock, run_virtually

COPYING = {"ALIYUN::ECS::CopyImage", "TF::Alicloud::ImageCopy"}
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
TEMPLATES = sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in {".yml", ".json"})
TWINS = sorted(
    path.name for path in EXAMPLES.glob("*.yml") if path.with_suffix(".json").name in TEMPLATES
)


def region_of(name: str) -> str:
    """The region a stack of an example belongs into: CloudFormation's is the destination."""
    return "ap-southeast-1" if ".cfn." in name else "cn-hangzhou"


def settings_for(home: Path) -> Settings:
    return resolve({"home": str(home), "cloud": "emulator", "emulator_speed": "1000000000"}, {})


@asynccontextmanager
async def house(home: Path) -> AsyncIterator[House]:
    opening = open_house(settings_for(home), clock=VirtualClock(), entropy=SeededEntropy())
    async with opening as opened:
        yield opened


def request(name: str, stack_name: str, **parameters: Value) -> StackRequest:
    source = (EXAMPLES / name).read_bytes()
    return StackRequest(stack_name, region_of(name), source, name, parameters)


async def deploy(opened: House, wanted: StackRequest) -> StackView:
    operation = await opened.plane.execute(await opened.plane.plan(wanted), ExecutionOptions())
    await opened.worker.run(operation.operation_id)
    return await opened.plane.view(operation.stack_id)


async def delete(opened: House, name: str) -> StackView:
    stack = await opened.plane.find(name)
    operation = await opened.plane.execute(
        await opened.plane.plan_delete(stack), ExecutionOptions()
    )
    await opened.worker.run(operation.operation_id)
    return await opened.plane.view(stack.stack_id)


def copies(home: Path) -> list[dict[str, Any]]:
    images = manage_emulator(settings_for(home), "images")
    return [one for one in images if one["source_image_id"]]


def test_there_are_examples_of_both_languages_in_both_forms() -> None:
    assert {"copy-image.ros.yml", "copy-image.cfn.yml", "fan-out.ros.yml"} <= set(TEMPLATES)
    assert {"copy-image.ros.yml", "copy-image.cfn.yml"} <= set(TWINS)


def test_every_example_is_in_the_index() -> None:
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)/]+)\)", index))
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    assert linked == files - {"README.md"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_example_is_valid(name: str) -> None:
    found = examine((EXAMPLES / name).read_bytes(), name, open_catalog())
    assert found.diagnostics == ()


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_example_makes_what_it_declares_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    async def live() -> tuple[StackView, list[dict[str, Any]], StackView]:
        async with house(tmp_path) as opened:
            made = await deploy(opened, request(name, "tried"))
            between = copies(tmp_path)
            return made, between, await delete(opened, "tried")

    made, between, deleted = run_virtually(live())
    assert made.stack.status is StackStatus.CREATED
    assert made.resources
    assert {one.resource.status for one in made.resources} == {ResourceStatus.CREATED}
    assert made.stack.outputs
    assert all(value for value in made.stack.outputs.values())
    copied = [one for one in made.resources if one.resource.type_name in COPYING]
    assert len(between) == len(copied)
    assert {one["status"] for one in between} <= {"Available"}
    assert deleted.stack.status is StackStatus.DELETED
    assert copies(tmp_path) == []


@pytest.mark.parametrize("name", TWINS)
def test_twins_in_yaml_and_json_plan_the_same(name: str, tmp_path: Path) -> None:
    async def plan(one: str) -> list[tuple[Any, ...]]:
        async with house(tmp_path) as opened:
            planned = await opened.plane.plan(request(one, "twin"), save=False)
            return [
                (
                    change.address,
                    change.type_name,
                    change.action,
                    change.replacement,
                    [(prop.path, prop.before, prop.after) for prop in change.properties],
                )
                for change in planned.change_set.changes
            ]

    first = run_virtually(plan(name))
    assert first
    assert first == run_virtually(plan(Path(name).with_suffix(".json").name))


def test_both_languages_make_the_same_image(tmp_path: Path) -> None:
    async def live() -> None:
        async with house(tmp_path) as opened:
            await deploy(opened, request("copy-image.cfn.yml", "one", ImageName="same"))
            other = request(
                "copy-image.ros.yml",
                "other",
                DestinationRegionId="eu-central-1",
                DestinationImageName="same",
                DestinationDescription="the golden image of the web servers",
                Encrypted="false",
            )
            await deploy(opened, other)

    run_virtually(live())
    first, second = copies(tmp_path)
    told = ("name", "status", "size", "source_image_id", "source_region", "encrypted", "kms_key_id")
    assert {key: first[key] for key in told} == {key: second[key] for key in told}
    assert (first["region"], second["region"]) == ("ap-southeast-1", "eu-central-1")
