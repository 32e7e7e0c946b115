"""The pseudo parameters: what a template may know of the stack it is for, and of its place."""

from __future__ import annotations

from imageferry.model.stacks import Place
from imageferry.model.values import Value


def pseudo_parameters(place: Place, stack_id: str, stack_name: str) -> dict[str, Value]:
    """The pseudo parameters of a stack, by canonical name."""
    return {
        "stack_id": stack_id,
        "stack_name": stack_name,
        "region": place.region,
        "account_id": place.account_id,
        "tenant_id": place.account_id,
        "resource_group_id": "",
        "notification_arns": [],
        "partition": "aws",
        "url_suffix": "amazonaws.com",
    }
