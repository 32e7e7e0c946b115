"""The packaged project: its files, and both schemas held against what is published and true."""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageferry.model.schemas import ValueType
from imageferry.provider.packaging import SchemaName, project_files, schema_of, write_project
from imageferry.resource_types.catalog import TypeCatalog
from tests.resource_types.copying import TF

NAMES = {
    "tfcfnid", "Id", "SourceImageId", "SourceRegionId", "ImageName", "Name", "Description",
    "Encrypted", "KmsKeyId", "Force", "Tags", "Timeouts",
}  # fmt: skip


def test_the_published_schema_says_what_was_published_and_no_more() -> None:
    schema = schema_of(SchemaName.PUBLISHED)
    assert {name: _form(one) for name, one in schema["properties"].items()} == {
        **{key: {"type": "string"} for key in NAMES},
        **{key: {"type": "boolean"} for key in ("Encrypted", "Force")},
        "Tags": {
            "type": "array", "insertionOrder": True, "items": {"$ref": "#/definitions/TagsDefinition"},
        },
        "Timeouts": {"$ref": "#/definitions/TimeoutsDefinition"},
    }  # fmt: skip
    assert "description" not in schema["properties"]["Name"]
    texts = {"type": "string"}
    assert schema["definitions"] == {
        "TagsDefinition": {
            "type": "object", "additionalProperties": False,
            "properties": {"MapKey": texts, "MapValue": texts}, "required": ["MapKey", "MapValue"],
        },
        "TimeoutsDefinition": {
            "type": "object", "additionalProperties": False,
            "properties": {"Create": texts, "Delete": texts},
        },
    }  # fmt: skip
    changing = {"permissions": ["s3:GetObject", "s3:DeleteObject", "lambda:InvokeFunction"]}
    assert schema["handlers"] == {
        **dict.fromkeys(("create", "update", "delete"), changing),
        "read": {"permissions": ["s3:GetObject"]},
        "list": {"permissions": ["s3:GetObject", "s3:ListBucket"]},
    }
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["SourceImageId", "SourceRegionId"]
    assert schema["readOnlyProperties"] == ["/properties/tfcfnid", "/properties/Id"]
    assert schema["primaryIdentifier"] == ["/properties/tfcfnid"]
    assert set(schema) == {
        "typeName", "description", "sourceUrl", "documentationUrl", "definitions", "properties",
        "additionalProperties", "required", "readOnlyProperties", "primaryIdentifier", "handlers",
    }  # fmt: skip


def _form(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema says of a property, but for its text."""
    return {name: one for name, one in said.items() if name != "description"}


def test_our_schema_adds_what_is_true() -> None:
    schema = schema_of(SchemaName.OURS)
    assert set(schema["properties"]) == NAMES
    assert schema["writeOnlyProperties"] == ["/properties/Force", "/properties/Timeouts"]
    assert schema["deprecatedProperties"] == ["/properties/Name"]
    assert "createOnlyProperties" not in schema
    assert schema["tagging"]["tagProperty"] == "/properties/Tags"
    assert schema["handlers"]["create"] == {"permissions": [], "timeoutInMinutes": 2160}
    for name in ("AccessKey", "SecretKey", "SecurityToken"):
        assert "secret" in schema["typeConfiguration"]["properties"][name]["description"].lower()


@pytest.mark.parametrize("name", list(SchemaName), ids=lambda one: one.value)
def test_both_schemas_agree_with_the_type_that_templates_use(name: SchemaName) -> None:
    found, schema = TypeCatalog(None).find(TF), schema_of(name)
    assert found is not None
    own = found.schema
    assert set(own.properties) | set(own.attributes) == set(schema["properties"])
    assert {key for key, one in own.properties.items() if one.required} == set(schema["required"])
    words = {
        ValueType.STRING: "string", ValueType.BOOLEAN: "boolean", ValueType.LIST: "array",
        ValueType.MAP: None,
    }  # fmt: skip
    for key, one in own.properties.items():
        said = schema["properties"][key]
        assert said.get("type") == words[one.value_type]
        if name is SchemaName.OURS:
            assert said.get("minLength") == one.min_length
            assert said.get("maxLength") == one.max_length


@pytest.mark.parametrize("name", list(SchemaName), ids=lambda one: one.value)
def test_a_project_is_what_the_cli_looks_for(name: SchemaName, tmp_path: Path) -> None:
    files = write_project(tmp_path, name, force=False)
    assert sorted(files) == sorted(project_files(name))
    settings = json.loads((tmp_path / ".rpdk-config").read_text())
    assert (settings["artifact_type"], settings["typeName"]) == ("RESOURCE", TF)
    assert settings["settings"]["protocolVersion"] == "2.0.0"
    assert json.loads((tmp_path / "tf-alicloud-imagecopy.json").read_text()) == schema_of(name)
    handlers = tmp_path / "src/tf_alicloud_imagecopy/handlers.py"
    said = runpy.run_path(str(handlers))["resource"]({"action": "LIST"}, None)
    assert said["errorCode"] == "InvalidRequest"
    assert len(handlers.read_text().splitlines()) < 15
    with pytest.raises(FileExistsError):
        write_project(tmp_path, name, force=False)
    write_project(tmp_path, name, force=True)
