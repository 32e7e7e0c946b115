"""Tasks as the cloud tells of them, also where it tells less than its reference says."""

from __future__ import annotations

import asyncio

import pytest

from imageferry.cloud.exports import export_image
from imageferry.cloud.tasks import Task, describe_task, tasks_of_image
from tests.cloud.stubs import Line, client_of, reply

REGION = "cn-hangzhou"


def listed(count: int, start: int = 0) -> list[dict[str, str]]:
    return [
        {
            "TaskId": f"t-{start + number}",
            "TaskAction": "ExportImage",
            "TaskStatus": "Finished",
            "ResourceId": "m-1",
            "CreationTime": "2026-01-02T03:04Z",
        }
        for number in range(count)
    ]


def test_all_pages_are_read_and_others_tasks_are_left_out() -> None:
    other = {
        "TaskId": "t-x",
        "TaskAction": "ImportImage",
        "TaskStatus": "Finished",
        "ResourceId": "m-2",
    }
    pages = [
        reply(TaskSet={"Task": listed(100)}),
        reply(TaskSet={"Task": [*listed(3, 100), other]}),
    ]
    line = Line(pages)
    found = asyncio.run(tasks_of_image(client_of(line), REGION, "m-1", "ExportImage"))
    assert [one.task_id for one in found] == [f"t-{number}" for number in range(103)]
    assert found[0].created_at == 1_767_323_040.0
    assert len(line.requests) == 2


TASKS = {
    "as documented": (
        {
            "TaskId": "t-1",
            "TaskAction": "ExportImage",
            "TaskStatus": "Failed",
            "TaskProcess": "30%",
            "OperationProgressSet": {
                "OperationProgress": [
                    {
                        "ErrorCode": "ExportImageFailed",
                        "ErrorMsg": "no right",
                        "RelatedItemSet": {"RelatedItem": [{"Name": "ImageId", "Value": "m-1"}]},
                    }
                ]
            },
        },
        Task(
            "t-1",
            "ExportImage",
            "Failed",
            "m-1",
            30,
            None,
            "ExportImageFailed",
            "no right",
            (("ImageId", "m-1"),),
        ),
    ),
    "a list where an object is documented": (
        {"TaskStatus": "Processing", "OperationProgressSet": [], "TaskProcess": "??"},
        Task("t-1", "", "Processing"),
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_read(name: str) -> None:
    said, task = TASKS[name]
    line = Line([reply(**said)])
    assert asyncio.run(describe_task(client_of(line), REGION, "t-1")) == task


@pytest.mark.parametrize("word", ["TaskId", "ExportTaskId"])
def test_an_exports_task_is_told_under_either_name(word: str) -> None:
    line = Line([reply(**{word: "t-7"})])
    assert asyncio.run(export_image(client_of(line), REGION, "m-1", "bucket", None)) == "t-7"
    (request,) = line.requests
    assert ("OSSBucket", "bucket") in request.query
    assert "OSSPrefix" not in dict(request.query)
