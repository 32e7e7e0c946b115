"""The project of a registry type: its schemas, and the few files that CloudFormation's CLI takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from imageferry.version import VERSION


class SchemaName(Enum):
    """Which schema a project has."""

    OURS = "ours"
    PUBLISHED = "published"


@cache
def schema_of(name: SchemaName) -> Mapping[str, Any]:
    """The schema in the registry's own form."""
    file = resources.files("imageferry.provider") / "schemas" / f"{name.value}.json"
    found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def write_only_of(name: SchemaName) -> frozenset[str]:
    """The properties that no answer may hold, by that schema."""
    paths = schema_of(name).get("writeOnlyProperties", [])
    return frozenset(path.rpartition("/")[2] for path in paths)


def write_project(folder: Path, name: SchemaName, *, force: bool) -> list[str]:
    """Write the project into a folder, which is made; the names of its files.

    Raises FileExistsError, with nothing written, where a file is there and `force` is not given;
    OSError where one cannot be written.
    """
    files = project_files(name)
    if not force:
        for path in files:
            if (folder / path).exists():
                raise FileExistsError(str(folder / path))
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return list(files)


def project_files(name: SchemaName) -> dict[str, str]:
    """Every file of the project by its path."""
    schema = schema_of(name)
    type_name = str(schema["typeName"])
    slug = type_name.replace("::", "-").lower()
    package = slug.replace("-", "_")
    words = {
        "type": type_name, "slug": slug, "package": package, "schema": name.value,
        "hyphens": type_name.replace("::", "-"), "version": VERSION,
    }  # fmt: skip
    return {
        ".rpdk-config": _json(_settings(type_name, package)),
        f"{slug}.json": _json(schema),
        f"src/{package}/__init__.py": f'"""{type_name}: its handler."""\n',
        f"src/{package}/handlers.py": _HANDLERS % words,
        "requirements.txt": f"imageferry=={VERSION}\n",
        "template.yml": _TEMPLATE % words,
        "resource-role.yaml": _ROLE % words,
        "inputs/inputs_1_create.json": _json(_INPUTS["create"]),
        "inputs/inputs_1_update.json": _json(_INPUTS["update"]),
        "inputs/inputs_1_invalid.json": _json(_INPUTS["invalid"]),
        "README.md": _README % words,
        ".gitignore": _IGNORED,
    }


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _settings(type_name: str, package: str) -> dict[str, Any]:
    return {
        "artifact_type": "RESOURCE",
        "typeName": type_name,
        "language": "python311",
        "runtime": "python3.11",
        "entrypoint": f"{package}.handlers.resource",
        "testEntrypoint": f"{package}.handlers.resource",
        "settings": {"protocolVersion": "2.0.0", "use_docker": False, "no_docker": True},
    }


_INPUTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "create": {
        "SourceImageId": "m-golden0000000000001",
        "SourceRegionId": "cn-hangzhou",
        "ImageName": "contract-first",
        "Description": "made by a contract test",
        "Encrypted": False,
        "Tags": [
            {"MapKey": "stage", "MapValue": "test"},
            {"MapKey": "app", "MapValue": "web"},
        ],
        "Timeouts": {"Create": "2h", "Delete": "20m"},
    },
    "update": {
        "SourceImageId": "m-golden0000000000001",
        "SourceRegionId": "cn-hangzhou",
        "ImageName": "contract-second",
        "Description": "changed by a contract test",
        "Encrypted": True,
        "Tags": [
            {"MapKey": "stage", "MapValue": "changed"},
            {"MapKey": "owner", "MapValue": "images"},
        ],
        "Timeouts": {"Create": "3h"},
    },
    "invalid": {
        "tfcfnid": "not to be given",
        "SourceImageId": "m-golden0000000000001",
        "SourceRegionId": "cn-hangzhou",
        "ImageName": "?",
    },
}

_HANDLERS: Final = '''"""The function of %(type)s: one request of the registry, one answer."""

from typing import Any

from imageferry.assembly import provider


def resource(event: dict[str, Any], context: object) -> dict[str, Any]:
    """What CloudFormation asks, answered by imageferry; keys and region come with the request."""
    return provider.resource(event, schema="%(schema)s")
'''

_TEMPLATE: Final = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: The function of %(type)s, for trying it with the SAM CLI

Globals:
  Function:
    Timeout: 60
    MemorySize: 256

Resources:
  TypeFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: %(package)s.handlers.resource
      Runtime: python3.11
      CodeUri: build/
"""

_ROLE: Final = """AWSTemplateFormatVersion: "2010-09-09"
Description: >
  The role of %(type)s. The handler calls Alibaba Cloud, and nothing of AWS.

Resources:
  ExecutionRole:
    Type: AWS::IAM::Role
    Properties:
      MaxSessionDuration: 43200
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: resources.cloudformation.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount:
                  Ref: AWS::AccountId
              StringLike:
                aws:SourceArn:
                  Fn::Sub: arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:type/resource/%(hyphens)s/*
      Path: "/"
      Policies:
        - PolicyName: ResourceTypePolicy
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Deny
                Action: "*"
                Resource: "*"
Outputs:
  ExecutionRoleArn:
    Value:
      Fn::GetAtt: ExecutionRole.Arn
"""

_IGNORED: Final = "rpdk.log*\n.hypothesis/\n.pytest_cache/\n__pycache__/\nbuild/\n*.zip\n"

_README: Final = """# %(type)s

Written by imageferry %(version)s, with the schema "%(schema)s".

| file | what it is |
|---|---|
| `%(slug)s.json` | the schema |
| `src/%(package)s/handlers.py` | the function: a few lines that call imageferry |
| `resource-role.yaml` | the role that it runs with; it needs nothing of AWS |
| `inputs/` | what contract tests create and change: an image of the emulator |
| `template.yml` | the function, for the SAM CLI |

Try it on an emulated cloud; only AWS's STS is asked, by the command line, who it is:

    imageferry provider serve --region cn-beijing --port 3001 --schema %(schema)s
    cfn test --endpoint http://127.0.0.1:3001 --function-name TypeFunction

See with `cfn submit --dry-run --no-docker` what would be sent, register it with `cfn submit`, then say which account and which destination region it works on:

    aws cloudformation set-type-configuration --type RESOURCE --type-name %(type)s \\
        --configuration '{"AccessKey": "...", "SecretKey": "...", "Region": "cn-beijing"}'
"""
