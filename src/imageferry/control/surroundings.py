"""The pseudo parameters: what a template may know of the stack it is for, and of its place."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.evaluation.scopes import MANNERS
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


def written_names(pseudo: Mapping[str, Value]) -> dict[str, Value]:
    """The pseudo parameters by their names in a template, None where there is no value yet.

    Loops of CloudFormation may run over them, and are written out while a template is read.
    """
    names = MANNERS["cloudformation"].pseudo_names
    return {word: pseudo.get(canonical) for word, canonical in names.items()}
