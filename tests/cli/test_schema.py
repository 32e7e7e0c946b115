"""`imageferry schema`: to stdout, to files, and what goes wrong on the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from imageferry.dialects.recognition import DIALECTS
from tests.cli.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize("name", [dialect.name for dialect in DIALECTS])
def test_one_language(shop: Shop, name: str) -> None:
    said = shop.run("schema", "--dialect", name).stdout
    schema = json.loads(said)
    Draft7Validator.check_schema(schema)
    assert all(key.startswith(f"{name}.") for key in schema["definitions"])
    assert shop.run("schema", "--dialect", name, "--json").stdout == said


def test_both_languages_in_one_file(shop: Shop) -> None:
    schema = json.loads(shop.run("schema").stdout)
    wrong = {"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"A": {"Type": "AWS::A"}}}
    assert not Draft7Validator(schema).is_valid(wrong)
    right = {"ROSTemplateFormatVersion": "2015-09-01", "Resources": {}}
    assert Draft7Validator(schema).is_valid(right)


def test_flags_let_more_and_less_through(shop: Shop) -> None:
    other = {"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}
    assert not Draft7Validator(json.loads(shop.run("schema").stdout)).is_valid(other)
    loose = json.loads(shop.run("schema", "--allow-unknown-types").stdout)
    assert Draft7Validator(loose).is_valid(other)
    listed = {"Resources": {"A": {"Type": "AWS::A", "Condition": "B", "DeletionPolicy": ["x"]}}}
    assert Draft7Validator(loose).is_valid(listed)
    strict = json.loads(shop.run("schema", "--allow-unknown-types", "--no-short-tags").stdout)
    assert not Draft7Validator(strict).is_valid(listed)


def test_custom_tags(shop: Shop) -> None:
    tags = json.loads(shop.run("schema", "--custom-tags", "--dialect", "ros").stdout)
    assert {"!Ref scalar", "!Sub scalar", "!Sub sequence", "!GetAtt scalar"} <= set(tags)
    both = json.loads(shop.run("schema", "--custom-tags").stdout)
    assert set(tags) < set(both)
    assert len(set(both)) == len(both)


def test_a_file_is_written_and_not_written_over(shop: Shop) -> None:
    path = shop.folder / "imageferry.schema.json"
    assert shop.run("schema", "-o", str(path)).stdout == f"written to {path}\n"
    written = path.read_text(encoding="utf-8")
    assert written == shop.run("schema").stdout
    refused = shop.run("schema", "--dialect", "ros", "-o", str(path), code=2)
    assert f'"{path}" exists [IF853]' in refused.stderr
    assert path.read_text(encoding="utf-8") == written
    told = shop.object("schema", "--dialect", "ros", "-o", str(path), "--force")
    assert told == {"output": str(path), "dialects": ["ros"]}
    assert path.read_text(encoding="utf-8") == shop.run("schema", "--dialect", "ros").stdout


def test_an_output_that_cannot_be_written(shop: Shop) -> None:
    path = shop.folder / "none" / "schema.json"
    refused = shop.run("schema", "-o", str(path), code=1)
    assert f'"{path}" cannot be written [IF854]' in refused.stderr
    found = shop.object("schema", "-o", str(path), code=1)["error"]
    assert found["diagnostics"][0]["why"] == "no such file or directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_not_be_written_to(shop: Shop) -> None:
    folder = shop.folder / "closed"
    folder.mkdir(mode=0o500)
    refused = shop.run("schema", "-o", str(folder / "schema.json"), code=1)
    assert "permission denied" in refused.stderr
