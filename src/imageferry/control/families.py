"""Image families of all stacks, and the plan that makes other images current in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imageferry.control.change_sets import create_change_set
from imageferry.control.desk import Desk
from imageferry.control.requests import Planned, RequestRefused, StackRequest
from imageferry.control.surroundings import pseudo_parameters
from imageferry.control.templates import read_template
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Expression, Reference
from imageferry.model.families import FAMILY_TYPE, POINTER, FamilyRecord, family_record
from imageferry.model.stacks import Stack
from imageferry.model.templates import Template
from imageferry.model.values import Value


async def find_families(
    desk: Desk, stacks: Sequence[Stack], family: str | None = None, region: str | None = None
) -> list[FamilyRecord]:
    """The families of stacks, or those of one name, or in one region; by name, region and stack."""
    found: list[FamilyRecord] = []
    for stack in stacks:
        resources = await desk.store.resources(stack.stack_id)
        for resource in resources.values():
            record = family_record(stack, resource)
            if (
                record is not None
                and family in {None, record.family}
                and region in {None, record.region}
            ):
                found.append(record)
    return sorted(found, key=lambda one: (one.family, one.region, one.stack.name, one.address))


async def plan_current(desk: Desk, images: Sequence[tuple[FamilyRecord, str]]) -> Planned:
    """A change set that makes images current in families of one stack, by its own parameters.

    Raises RequestRefused where the template does not leave that to a parameter, and TemplateError
    and OperationHolds as planning does.
    """
    stack = images[0][0].stack
    surroundings = pseudo_parameters(stack.place, "", stack.name)
    del surroundings["stack_id"]
    template, _ = read_template(
        stack.template, stack.template_name, {}, stack.parameters, surroundings
    )
    parameters = _pointers(template, stack, images)
    request = StackRequest(
        stack_name=stack.name,
        region=stack.place.region,
        template=stack.template,
        template_name=stack.template_name,
        parameters={**stack.parameters, **parameters},
    )
    planned = await create_change_set(desk, request)
    if planned.running is None:
        await desk.store.save_change_set(planned.change_set)
    return planned


def _pointers(
    template: Template, stack: Stack, images: Sequence[tuple[FamilyRecord, str]]
) -> Mapping[str, Value]:
    """The parameters that name the images; every family that has none, or shares one, at once."""
    faults: list[Diagnostic] = []
    chosen: dict[str, str] = {}
    meant = {record.resource.address.logical_id: record for record, _ in images}
    for record, image_id in images:
        parameter = _parameter_of(template, record)
        if parameter is None:
            faults.append(_not_ours_to_say(record, image_id))
        elif chosen.setdefault(parameter, image_id) != image_id:
            faults.append(_shared(parameter, record, image_id))
        else:
            faults += [
                _shared(parameter, record, image_id)
                for name, one in template.resources.items()
                if name not in meant
                and one.type_name == FAMILY_TYPE
                and _referred(one.properties.get(POINTER)) == parameter
            ]
    if faults:
        raise RequestRefused("; ".join(one.message for one in faults), diagnostics=faults)
    return chosen


def _parameter_of(template: Template, record: FamilyRecord) -> str | None:
    """The parameter that alone says which image is current; None where anything else does."""
    address = record.resource.address
    declared = template.resources.get(address.logical_id)
    if declared is None or address.index is not None:
        return None
    name = _referred(declared.properties.get(POINTER))
    return name if name in template.parameters else None


def _referred(expression: Expression | None) -> str | None:
    return expression.name if isinstance(expression, Reference) else None


def _not_ours_to_say(record: FamilyRecord, image_id: str) -> Diagnostic:
    return error(
        "IF974",
        f'the template of "{record.stack.name}" does not leave it to a parameter which image is'
        f' current in "{record.address}"',
        why=f"only a {POINTER} that is a Ref to a parameter can be changed without the template",
        remedy=f'write {image_id} as {POINTER} of "{record.address}", or a Ref to a parameter'
        " there, and deploy it",
    )


def _shared(parameter: str, record: FamilyRecord, image_id: str) -> Diagnostic:
    return error(
        "IF974",
        f'the parameter "{parameter}" says for several families which image is current, and'
        f' "{record.address}" alone was to launch {image_id}',
        why="an image lives in one region, and each family has its own",
        remedy="give each family a parameter of its own, and deploy the template",
    )
