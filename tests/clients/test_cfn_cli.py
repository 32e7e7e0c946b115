"""CloudFormation's own CLI, unmodified, on the packaged registry type: its contract tests, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.apis import interpreter
from tests.clients.sts_stub import sts_served

pytestmark = pytest.mark.clients

ROOT = Path(__file__).parents[2]
IMAGEFERRY = Path(sys.executable).with_name("imageferry")
TYPE = "TF::Alicloud::ImageCopy"
REGION = "us-east-1"
# The identifier is not chosen by who creates, so these two have nothing to try; without a tagging
# block, and the published schema has none, neither have those of tags.
GENERATED = {"contract_create_create", "contract_delete_create"}
UNTAGGED = {"contract_create_taggable", "contract_update_tag_updatable"}
SKIPPED = {"ours": GENERATED, "published": GENERATED | UNTAGGED}


def own(home: Path) -> dict[str, str]:
    """The environment of our commands."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "IMAGEFERRY_HOME": str(home / "kept"),
        "IMAGEFERRY_EMULATOR_SPEED": "1000000",
    }


def package(home: Path, schema: str) -> Path:
    """A packaged project."""
    project = home / schema
    subprocess.run(
        [IMAGEFERRY, "provider", "package", "--output", project, "--schema", schema],
        env=own(home),
        check=True,
        capture_output=True,
        timeout=60,
    )
    return project


@contextmanager
def served(home: Path, schema: str) -> Iterator[str]:
    """The type as a function on an emulated cloud; its address."""
    process = subprocess.Popen(
        [IMAGEFERRY, "provider", "serve", "--region", "cn-beijing", "--schema", schema, "--json"],
        env=own(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "the function server has ended"
            said += line
        yield str(json.loads(said)["endpoint"])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
    assert process.returncode == 0


def models(home: Path, python: Path, port: int) -> None:
    """What the CLI's library reads before its own endpoints: STS on a port of this machine."""
    where = "import botocore, pathlib; print(pathlib.Path(botocore.__file__).parent)"
    ran = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    endpoints = json.loads((Path(ran.stdout.strip()) / "data/endpoints.json").read_text())
    aws = next(one for one in endpoints["partitions"] if one["partition"] == "aws")
    aws["services"]["sts"]["endpoints"][REGION] = {"hostname": f"localhost:{port}"}
    folder = home / ".aws/models"
    folder.mkdir(parents=True)
    (folder / "endpoints.json").write_text(json.dumps(endpoints))


@pytest.mark.parametrize("schema", ["ours", "published"])
def test_contract_of_the_packaged_type(schema: str, tmp_path: Path) -> None:
    python = interpreter("cfn-cli")
    project = package(tmp_path, schema)
    with served(tmp_path, schema) as endpoint, sts_served(tmp_path) as (port, certificate):
        home = tmp_path / "user"
        models(home, python, port)
        report = tmp_path / "report.xml"
        ran = subprocess.run(
            [python.with_name("cfn"), "test", "--endpoint", endpoint,
             "--function-name", "TypeFunction", "--region", REGION,
             "--", f"--junitxml={report}", "-p", "no:cacheprovider"],
            cwd=project,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "AWS_ACCESS_KEY_ID": "AKIATESTER",
                "AWS_SECRET_ACCESS_KEY": "tester",
                "AWS_SESSION_TOKEN": "token",
                "AWS_CA_BUNDLE": str(certificate),
                "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "127.0.0.1,localhost",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    cases = list(ElementTree.parse(report).iter("testcase"))
    ended = {case.attrib["name"].partition("[")[0]: [part.tag for part in case] for case in cases}
    assert len(ended) == 15
    assert {name for name, tags in ended.items() if "skipped" in tags} == SKIPPED[schema]
    assert not [name for name, tags in ended.items() if {"failure", "error"} & set(tags)]


@pytest.mark.parametrize("schema", ["ours", "published"])
def test_packaged_schema_is_valid(schema: str, tmp_path: Path) -> None:
    python = interpreter("cfn-cli")
    ran = subprocess.run(
        [python.with_name("cfn"), "validate"],
        cwd=package(tmp_path, schema),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Resource schema is valid." in ran.stdout + ran.stderr
