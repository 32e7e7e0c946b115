"""asked_of_all: every action of both APIs, asked about given things, as requests of any caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imageferry.api.cfn.actions import ACTIONS as CFN
from imageferry.api.cfn.model import Boolean, Listing, Mapped, Structure, Text, load_model
from imageferry.api.ros.actions import ACTIONS as ROS
from imageferry.api.ros.parameters import Field, Kind

TEMPLATE = "{ROSTemplateFormatVersion: '2015-09-01', Outputs: {One: {Value: 1}}}"
PLAIN = "{Conditions: {Never: !Equals [a, b]}, Resources: {R: {Type: 'TF::Alicloud::ImageCopy'}}}"


@dataclass(frozen=True)
class Things:
    """What is asked about: ids and names as each API gives them, by the parameters that take them."""

    ros: Mapping[str, str]
    cloudformation: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """One request of one action, which names one or more of the things."""

    api: str
    action: str
    about: tuple[str, ...]
    given: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.api} {self.action} about {', '.join(self.about) or 'nothing'}"


def asked_of_all(things: Things) -> Iterator[Question]:
    """Each action once with all that it needs, and once more for each thing that it may be given."""
    for name, row in ROS.items():
        needed = {
            one.name: _ros_value(one, things.ros)
            for one in row.fields
            if one.needed or one.name in _ALSO.get(name, ())
        }
        own = tuple(one for one in needed if one in things.ros)
        yield Question("ros", name, own, needed)
        for one in row.fields:
            if one.name in things.ros and not one.needed:
                more = {one.name: _ros_value(one, things.ros)}
                yield Question("ros", name, (*own, one.name), {**needed, **more})
    model = load_model()
    for name in CFN:
        takes = model.operations[name].takes
        shape = model.shapes[takes] if takes is not None else Structure({})
        assert isinstance(shape, Structure)
        known = things.cloudformation
        needed = dict(
            pair
            for one in shape.required
            for pair in _cfn_pairs(model.shapes, one, shape.members[one], known)
        )
        own = tuple(one for one in shape.required if one in known)
        yield Question("cloudformation", name, own, needed)
        for one, kind in shape.members.items():
            if one in known and one not in shape.required:
                more = dict(_cfn_pairs(model.shapes, one, kind, known))
                yield Question("cloudformation", name, (*own, one), {**needed, **more})


_ROS: Mapping[str, object] = {
    "RegionId": "cn-hangzhou", "ResourceType": "stack", "TemplateBody": TEMPLATE,
    "StackPolicyBody": "{}", "Feature": "Terraform", "LogicalResourceId": "First", "Key": "one",
    "UniqueId": "one", "TemplateName": "library", "ChangeSetName": "asked",
}  # fmt: skip


def _ros_value(one: Field, known: Mapping[str, str]) -> object:
    value = known.get(one.name, _ROS.get(one.name))
    match one.kind:
        case Kind.TEXT:
            return value or (one.choices[0] if one.choices else "x")
        case Kind.INTEGER:
            return one.low or 1
        case Kind.BOOLEAN:
            return "true"
        case Kind.TEXTS:
            return [value or (one.choices[0] if one.choices else "x")]
        case Kind.STRUCTURES:
            return [dict.fromkeys((*one.members, *one.optional), "x")]


_ALSO: Mapping[str, tuple[str, ...]] = {
    "TagResources": ("Tags",),
    "UntagResources": ("All",),
    "UpdateTemplate": ("Description",),
    "PreviewStack": ("TemplateBody", "StackName"),
    "UpdateStack": ("TemplateBody",),
    "ListStackOperationRisks": ("TemplateBody",),
}
"""What an action needs beside what must always be there."""

_CFN: Mapping[str, str] = {
    "TemplateBody": PLAIN, "LogicalResourceId": "First", "StackPolicyBody": "{}",
    "Configuration": "{}", "SchemaHandlerPackage": "s3://bucket/package.zip",
    "ChangeSetName": "asked", "ExportName": "asked", "TypeName": "TF::Alicloud::ImageCopy",
}  # fmt: skip


def _cfn_pairs(
    shapes: Mapping[str, object], name: str, kind: str, known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    value = known.get(name, _CFN.get(name, "x"))
    match shapes[kind]:
        case Text(choices=choices):
            yield name, choices[0] if choices and name not in known else value
        case Boolean():
            yield name, "true"
        case Listing():
            yield f"{name}.member.1", value
        case Structure() | Mapped():
            yield f"{name}.TypeArn", value
        case _:
            yield name, "1"
