"""Templates that others wrote: validated and bound without a surprise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from imageferry.dialects.reader import read
from imageferry.model.schemas import PropertySchema, ResourceSchema, ValueType
from imageferry.model.templates import Parameter
from imageferry.ports.types import BrokenType, Catalog, ResourceType
from imageferry.validation.bindings import bind
from imageferry.validation.validator import validate, validate_bound

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT / "../shared/corpus"))

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus here")


class Whatever(dict[str, Any]):
    """Every name is there, with a property of any type."""

    def get(self, key: str, default: Any = None) -> Any:
        return PropertySchema(ValueType.ANY)

    def __contains__(self, key: object) -> bool:
        return True


class AllTypes:
    """A catalog in which every type is installed and takes everything."""

    def find(self, type_name: str) -> ResourceType | None:
        schema = ResourceSchema(type_name, "", Whatever(), Whatever(), "")
        return ResourceType(schema, lambda properties, region: (), None)  # type: ignore[arg-type]

    def names(self) -> list[str]:
        return []

    def broken(self, type_name: str | None = None) -> list[BrokenType]:
        return []


SAMPLES = {
    "string": "xx1", "number": "1", "boolean": "true", "json": '[{"a": 1}]', "text_list": "a,b",
    "number_list": "1",
}  # fmt: skip
PSEUDO = dict.fromkeys(
    ("stack_id", "stack_name", "region", "account_id", "tenant_id", "partition", "url_suffix"), "x"
)


def sample(parameter: Parameter) -> Any:
    if parameter.allowed_values:
        return parameter.allowed_values[0]
    return SAMPLES.get(parameter.kind, "x")


@pytest.mark.parametrize("folder", ["ros", "cfn"])
def test_whole_corpus(folder: str) -> None:
    catalog: Catalog = AllTypes()
    misnamed, seen = set(), 0
    for path in sorted((CORPUS / folder).iterdir()):
        template = read(path.read_bytes(), path.name).template
        if template is None:
            continue
        seen += 1
        faults = validate(template, catalog)
        if any(fault.is_error and fault.code.startswith("IF2") for fault in faults):
            misnamed.add(path.name)
        given = {
            one.name: sample(one) for one in template.parameters.values() if not one.has_default
        }
        bound = bind(template, given, PSEUDO)
        assert {fault.code[:3] for fault in bound.diagnostics} <= {"IF4", "IF3"}
        if bound.bindings is not None:
            validate_bound(template, bound.bindings, catalog, "cn-hangzhou")
    # Some of them name what they do not declare: templates of modules, and plain mistakes.
    assert seen > 100
    assert len(misnamed) < 16, sorted(misnamed)


def test_copy_images() -> None:
    path = CORPUS / "ros" / "integrate__ecs__copy-images.yml"
    template = read(path.read_bytes(), path.name).template
    assert template is not None
    assert validate(template, AllTypes()) == ()
    given = {
        "ImageId": "m-1",
        "DestinationImageName": "golden",
        "DestinationDescription": "",
        "Destinations": '[{"DestinationRegionId": "cn-beijing"}, {"DestinationRegionId": "x"}]',
        "Tag": "[]",
    }
    bound = bind(template, given, PSEUDO)
    assert bound.diagnostics == ()
    assert bound.bindings is not None
    assert bound.bindings.counts == {"CopyImage": 2}
    assert bound.bindings.parameters["ResourceGroupId"] is None
    assert validate_bound(template, bound.bindings, AllTypes(), "cn-hangzhou") == ()
