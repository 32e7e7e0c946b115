"""The matrix and the story of a copy: from waiting to there, over failure, drift and orphans."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageferry.cloud.client import Action
from imageferry.control.chronicles import read_chronicle
from imageferry.control.copy_stories import CopyStory, MomentKind, read_story
from imageferry.control.matrix import read_matrix, troubles
from imageferry.control.requests import ExecutionOptions, ResourceUnknown, StackRequest
from imageferry.control.sightings import last_sighting
from imageferry.drawing.pages.report import report_page
from imageferry.model.matrix import CellStatus, LineKind, Matrix, MatrixCell
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import StackQuery
from imageferry.model.values import MASK
from imageferry.model.verifications import VerificationStatus
from tests.scenarios.adoptions import KEY, by_hand
from tests.scenarios.emulated import FAN_OUT, Emulated, play, to

REGIONS = ("cn-beijing", "cn-shanghai", "us-west-1")
UNKNOWN = "11111111-2222-4333-8444-555555555555"
KINDS = b"""
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Hush: {Type: String, NoEcho: true}
Resources:
  Copied:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Ref Hush
  Again:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: m-golden0000000000001, SourceRegionId: cn-hangzhou, ImageName: again}
  Web:
    Type: IMAGEFERRY::ECS::ImageFamily
    Properties: {ImageFamily: web, ImageIds: [!GetAtt Copied.Id]}
  Share:
    Type: TF::Alicloud::ImageSharePermission
    Properties: {ImageId: !GetAtt Copied.Id, AccountId: '1234567890123456'}
"""


async def matrix(sea: Emulated, **query: object) -> Matrix:
    asked = StackQuery(sea.house.plane.place, **query)  # type: ignore[arg-type]
    return await read_matrix(sea.house.plane.desk, asked, live=sea.house.board.progress)


async def cells(sea: Emulated) -> dict[str, MatrixCell]:
    """The cells of the one stack, by region."""
    found = await matrix(sea)
    (row,) = found.rows
    assert found.counts == Counter(cell.status for cell in row.cells)
    return {cell.region: cell for cell in row.cells}


async def story(sea: Emulated, address: str) -> CopyStory:
    plane = sea.house.plane
    return await read_story(plane.desk, await plane.find("demo"), address, sea.house.board.progress)


def statuses(found: Mapping[str, MatrixCell]) -> dict[str, str]:
    return {region: cell.status.value for region, cell in found.items()}


def test_copies_from_waiting_to_there(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane, clock = sea.house.plane, sea.house.clock
        asked = StackRequest("demo", "cn-hangzhou", FAN_OUT, "t.yml", to(*REGIONS))
        operation = await plane.execute(await plane.plan(asked), ExecutionOptions(parallel=2))
        assert statuses(await cells(sea)) == dict.fromkeys(REGIONS, "waiting")
        begun = clock.now()
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        seen: dict[str, list[str]] = {region: [] for region in REGIONS}
        percents: list[int] = []
        while not running.done():
            await clock.sleep(20.0)
            found = await matrix(sea)
            assert found.regions == ("cn-beijing", "cn-hangzhou", "cn-shanghai", "us-west-1")
            (row,) = found.rows
            (line,) = row.lines
            assert (line.kind, line.label) == (LineKind.IMAGE, "carried")
            assert (line.source_id, line.source_region) == ("m-golden0000000000001", "cn-hangzhou")
            for cell in row.cells:
                if cell.status.value not in seen[cell.region][-1:]:
                    seen[cell.region].append(cell.status.value)
                if cell.percent is not None and cell.region == "cn-beijing":
                    percents.append(cell.percent)
                    assert cell.elapsed is not None and cell.elapsed <= clock.now() - begun
                    assert cell.source_region == "cn-hangzhou" and cell.image_id.startswith("m-")
        await running
        # Two at once; what the emulator keeps in its queue first is told as queued.
        assert {region: told[-1] for region, told in seen.items()} == dict.fromkeys(
            REGIONS, "there"
        )
        assert all({"copying", "queued"} & set(told) for told in seen.values()), seen
        assert any("waiting" in told for told in seen.values())
        assert percents == sorted(percents) and percents[-1] > 50
        assert (await matrix(sea)).rows[0].is_open is False
        assert (await matrix(sea, search="EMO")).total == 1
        assert (await matrix(sea, search="nobody")).rows == ()

    play(tmp_path, program)


def test_progress_of_another_process_is_aged(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane, clock = sea.house.plane, sea.house.clock
        asked = StackRequest("demo", "cn-hangzhou", FAN_OUT, "t.yml", to("cn-beijing"))
        operation = await plane.execute(await plane.plan(asked), ExecutionOptions())
        running = asyncio.ensure_future(sea.house.worker.run(operation.operation_id))
        await clock.sleep(400.0)
        entry = await sea.house.store.operation(operation.operation_id)
        assert entry is not None
        rows = [StepProgress("Golden[0]", 30, "Creating", 100.0, (2, 5))]
        now = clock.now()
        await sea.house.store.save_progress(operation.operation_id, entry.epoch, rows, now - 40.0)
        found = await read_matrix(plane.desk, StackQuery(plane.place))
        (cell,) = found.rows[0].cells
        assert (cell.status, cell.percent, cell.queue) == (CellStatus.QUEUED, 30, (2, 5))
        assert cell.remaining == pytest.approx(60.0, abs=1.0)
        await running

    play(tmp_path, program, trouble=False)


def test_a_failure_a_retry_and_what_each_story_tells(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        sea.fault(
            kind="error", action="CopyImage", count=None, code="QuotaExceed.Image", status=403
        )  # fmt: skip
        await sea.deploy(FAN_OUT, parameters=to("cn-beijing"))
        failed = (await cells(sea))["cn-beijing"]
        assert failed.status is CellStatus.FAILED
        assert "QuotaExceed.Image" in failed.cause and "\n" not in failed.cause
        told = await story(sea, "Golden[0]")
        (request,) = told.requests
        assert request.has_failed and request.request_id in failed.cause
        assert any("retry --stack demo --only 'Golden[0]'" in one.text for one in told.commands)
        assert [one.kind for one in told.timeline if one.is_failure] == [
            MomentKind.EVENT,
            MomentKind.ENDED,
        ]

        sea.calm()
        view = await sea.deploy(FAN_OUT, parameters=to("cn-beijing"))
        told = await story(sea, "Golden[0]")
        assert told.cell.status is CellStatus.THERE
        ids = {one.label: one.value for one in told.ids}
        assert ids["image"] == view.resources[0].resource.physical_id
        assert ids["source image"] == "m-golden0000000000001"
        begun = [one for one in told.requests if not one.has_failed]
        assert len(begun) == 1 and begun[0].action == "create"
        called = [one for one in told.timeline if one.kind is MomentKind.CALLED]
        assert [one.request_id for one in called] == [begun[0].request_id]
        assert [one.at for one in told.timeline] == sorted(one.at for one in told.timeline)
        assert told.verification is None and told.drift is None and told.size == ""

        await plane.verify(await plane.find("demo"))
        told = await story(sea, "Golden[0]")
        assert told.verification is not None
        assert told.verification.found.status is VerificationStatus.VERIFIED
        assert told.size.endswith(" GiB")
        with pytest.raises(ResourceUnknown, match=r"Golden\[7\]"):
            await story(sea, "Golden[7]")

        await sea.delete()
        stack = view.stack
        gone = await read_story(plane.desk, stack, "Golden[0]")
        assert gone.cell.address == "Golden[0]" and gone.view.resource.status.value.startswith(
            "DEL"
        )

    play(tmp_path, program, trouble=False, speed=100.0)


def test_what_was_never_begun_is_missing(tmp_path: Path) -> None:
    chain = FAN_OUT.replace(
        b"Outputs:",
        b"""  Late:
    Type: ALIYUN::ECS::CopyImage
    DependsOn: Golden
    Properties:
      {ImageId: m-golden0000000000001, DestinationRegionId: eu-central-1, DestinationImageName: late}
Outputs:""",
    )

    async def program(sea: Emulated) -> None:
        sea.fault(kind="copy_fails", action="CopyImage", count=1, percent=50)
        await sea.deploy(chain, parameters=to("cn-beijing"))
        found = await cells(sea)
        assert statuses(found) == {"cn-beijing": "failed", "eu-central-1": "missing"}
        assert found["eu-central-1"].cause == "the operation ended before it was begun"
        worst = troubles(found.values())
        assert [cell.status for cell in worst] == [CellStatus.FAILED, CellStatus.MISSING]

    play(tmp_path, program, trouble=False, speed=100.0)


def test_drift_and_what_is_gone_are_shown_until_it_is_as_it_was(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(FAN_OUT, parameters=to(*REGIONS))
        first, second, _ = sea.copies()
        client = sea.house.voice.client

        async def call(action: str, copy: Mapping[str, object], **given: object) -> None:
            region = str(copy["region"])
            asked = {"RegionId": region, "ImageId": copy["image_id"], **given}
            await client.call(Action(action, repeatable=False), region, asked)

        await call("ModifyImageAttribute", first, ImageName="other")
        await call("DeleteImage", second)
        assert set(statuses(await cells(sea)).values()) == {"there"}
        await plane.drift(await plane.find("demo"))
        found = await cells(sea)
        assert found[first["region"]].status is CellStatus.DRIFTED
        assert "DestinationImageName" in found[first["region"]].cause
        assert found[second["region"]].status is CellStatus.MISSING
        assert found[second["region"]].cause
        address = found[first["region"]].address
        assert (await story(sea, address)).drift is not None
        await call("ModifyImageAttribute", first, ImageName="carried")
        await plane.drift(await plane.find("demo"), [address])
        assert (await cells(sea))[first["region"]].status is CellStatus.THERE

    play(tmp_path, program, trouble=False, speed=100.0)


def test_orphans_are_shown_from_the_last_look_alone(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane, clock = sea.house.plane, sea.house.clock
        assert (await matrix(sea)).orphans_at is None
        await sea.deploy(FAN_OUT, parameters=to("cn-beijing"))
        # Of an operation that nobody knows here: neither recorded nor recent.
        lineage = f"{await sea.house.store.installation()}/{UNKNOWN}/Gone"
        left = await by_hand(sea, "us-west-1", "left", tags={KEY: lineage})
        await clock.sleep(600.0)
        assert (await matrix(sea)).orphans == ()
        looked_at = clock.now()
        sighting = await plane.orphans(["us-west-1", "cn-beijing"], 300.0)
        assert [one.trace.thing_id for one in sighting.orphans] == [left]
        await clock.sleep(50.0)
        found = await matrix(sea)
        (orphan,) = found.orphans
        assert (orphan.region, orphan.image_id) == ("us-west-1", left)
        assert orphan.status is CellStatus.ORPHAN and "us-west-1" in found.regions
        assert found.orphans_at is not None
        assert looked_at <= found.orphans_at <= looked_at + 40.0
        # Another region is looked at: what is known of this one stays.
        await plane.orphans(["cn-shanghai"], 300.0)
        assert [one.image_id for one in (await matrix(sea)).orphans] == [
            one.image_id for one in found.orphans
        ]
        kept = await last_sighting(plane.desk)
        assert kept is not None and kept.regions == ("cn-shanghai",)
        partings = await plane.remove_orphans(list(kept.orphans), 300.0)
        assert [one.is_gone for one in partings] == [True] * len(kept.orphans)
        assert (await matrix(sea)).orphans == ()

    play(tmp_path, program, trouble=False, speed=100.0)


def test_every_kind_of_line_and_no_secret_in_any(tmp_path: Path) -> None:
    hush = "hush-hush-name"

    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(KINDS, region="us-west-1", parameters={"Hush": hush})
        (row,) = (await matrix(sea)).rows
        assert row.stack.status.value == "CREATED", row.stack.status_reason
        copies, family = row.lines
        assert (copies.kind, copies.label) == (LineKind.IMAGE, "m-golden0000000000001")
        assert {cell.name for cell in copies.cells["us-west-1"]} == {MASK, "again"}
        assert (family.kind, family.label) == (LineKind.FAMILY, "web")
        assert [(cell.address, cell.status) for cell in row.beside] == [("Share", CellStatus.THERE)]
        # What stays when the image is renewed is not the image's id.
        assert all(cell.image_id.startswith("m-") for cell in row.cells)
        stack = await plane.find("demo")
        await plane.verify(stack)
        chronicle = await read_chronicle(plane.desk, stack)
        told = [await read_story(plane.desk, stack, cell.address) for cell in row.cells]
        page = report_page([chronicle], sea.house.clock.now())
        everything = (
            page + repr(row.cells) + repr([dataclasses.replace(one, view=None) for one in told])
        )
        assert hush not in everything
        assert MASK in page and "verified" in page and "TF::Alicloud::ImageSharePermission" in page
        assert {span.address for span in chronicle.spans} == {"Copied", "Again", "Web", "Share"}
        assert all(span.ended_at is not None for span in chronicle.spans)

    play(tmp_path, program, trouble=False, speed=100.0)


def test_what_ends_at_the_same_moment_is_all_kept(tmp_path: Path) -> None:
    async def program(sea: Emulated) -> None:
        plane = sea.house.plane
        await sea.deploy(FAN_OUT, parameters=to(*REGIONS))
        lineage = f"{await sea.house.store.installation()}/{UNKNOWN}/Gone"
        left = [await by_hand(sea, region, "left", tags={KEY: lineage}) for region in REGIONS]
        await asyncio.gather(*(plane.orphans([region], 300.0) for region in REGIONS))
        assert {one.image_id for one in (await matrix(sea)).orphans} == set(left)
        stack = await plane.find("demo")
        names = [f"Golden[{place}]" for place in range(len(REGIONS))]
        await asyncio.gather(*(plane.verify(stack, [name]) for name in names))
        await asyncio.gather(*(plane.drift(stack, [name]) for name in names))
        told = [await story(sea, name) for name in names]
        assert all(one.verification is not None and one.drift is not None for one in told)
        assert {one.cell.region for one in told} == set(REGIONS)

    play(tmp_path, program, trouble=False, speed=100.0)
