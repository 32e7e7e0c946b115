"""What the pages of the APIs show is typed as it stands there, against one server, by the clients meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.apis import IMAGEFERRY, ROOT, Served, interpreter, run, serving

pytestmark = pytest.mark.clients

HERE = "127.0.0.1:8787"
"""The address on the pages."""
BLOCK = re.compile(r"<!-- try: ([\w-]+) -->\n```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ("serve.md", "ros-api.md", "cloudformation-api.md")


def shown_on(page: str) -> list[tuple[str, str, str]]:
    """Every marked block of a page: whose it is, its language, its text."""
    return BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("pages"), "--reply-wait", "20") as found:
        yield found


def typed(site: Served, page: str, client: str, *arguments: str) -> str:
    """What the blocks of a client on a page print, one after the other; iact3 prints as a log."""
    python = interpreter("aws" if client == "boto3" else client)
    keys = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    environment = site.environment(**dict.fromkeys(keys, "emulator"))
    environment["PATH"] = f"{python.parent}:{environment['PATH']}"
    said = ""
    for whose, language, text in shown_on(page):
        if whose == client:
            text = text.replace(HERE, site.address.partition("://")[2])
            program = [str(python), "-c"] if language == "python" else ["bash", "-euc"]
            ran = run([*program, text, *arguments], environment, ROOT)
            assert ran.returncode == 0, ran.stdout + ran.stderr
            said += ran.stdout + ran.stderr
    assert said
    return said


@pytest.mark.parametrize(
    ("page", "client", "expected"),
    [
        ("serve.md", "aws", r'"Stacks": \[.*"Account": "1000000000000001"'),
        ("ros-api.md", "ros", r"^[0-9a-f-]{36}\n$"),
        ("ros-api.md", "sdk-legacy", r'"RequestId": "[0-9A-F-]{36}".*"Stacks": \['),
        ("cloudformation-api.md", "aws", r'"StackName": "demo".*"CREATE_COMPLETE"'),
        ("cloudformation-api.md", "boto3", r"'OutputKey': 'ImageId'.*'m-\w+'"),
    ],
    ids=["AWS on serve", "the ROS SDK", "the old core SDK", "the AWS command line", "boto3"],
)
def test_a_block_does_what_it_says(site: Served, page: str, client: str, expected: str) -> None:
    assert re.search(expected, typed(site, page, client), re.DOTALL)


def test_iact3_is_started_as_the_page_says(site: Served) -> None:
    template = str(Path("examples", "copy-image.ros.yml"))
    said = typed(site, "ros-api.md", "iact3", "validate", "-t", template)
    assert "LegalTemplate" in said, said


def test_the_readme_can_be_followed(site: Served) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = [
        one
        for one in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        if "aws " in one
    ]
    begun, given = block.split("imageferry serve --reply-wait 20 &\n")
    assert begun == "pip install '.[server]'\n"
    environment = site.environment()
    folders = (interpreter("aws").parent, IMAGEFERRY.parent)
    environment["PATH"] = ":".join([*map(str, folders), environment["PATH"]])
    given = given.replace(HERE, site.address.partition("://")[2])
    ran = run(["bash", "-euc", given], environment, ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Successfully created/updated stack - web-api" in ran.stdout
    assert 'stack "web-api" is CREATE_COMPLETE' in ran.stdout


def test_every_block_for_a_client_is_marked() -> None:
    """What is not typed here are answers, and what the suites of the server itself try."""
    unmarked = []
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for block in re.findall(
            r"^```\w*\n(.*?)^```", BLOCK.sub("", text), re.MULTILINE | re.DOTALL
        ):
            unmarked += (
                [block] if re.search(r"^(aws|import|from) |Client\(", block, re.MULTILINE) else []
            )
    assert unmarked == []
