"""The contract suite over every type of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageferry.model.schemas import UpdateBehaviour
from imageferry.resource_types.installed import type_names
from imageferry.testing import Case, EmulatedCloud, Subject, contract_cases, run_case
from tests.contract.subjects import SUBJECTS

CASES = [case for subject in SUBJECTS.values() for case in contract_cases(subject)]


def test_every_type_is_tried() -> None:
    assert sorted(set(type_names()) - SUBJECTS.keys()) == [], "a type without a Subject"
    assert sorted(SUBJECTS.keys() - set(type_names())) == [], "a Subject of no type"


NOT_TRIED: Mapping[str, frozenset[str]] = {
    # An old word for ImageName.
    "TF::Alicloud::ImageCopy": frozenset({"Name"}),
    "TF::Alicloud::Image": frozenset({"Name"}),
    # The one is not seen before the resource is deleted, the other is another image's as well.
    "ALIYUN::ECS::ImageSharePermission": frozenset({"KeepPermission", "RegionId"}),
    # Images of their own are moved between families in tests/resource_types.
    "IMAGEFERRY::ECS::ImageFamily": frozenset({"ImageIds"}),
    # A protected one does not go, as every subject has to in the end: tests/resource_types tries it.
    "ALIYUN::ECS::Instance": frozenset({"DeletionProtection"}),
}
"""Properties that change in place and in no change of their subject, with the reason."""


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=list(SUBJECTS))
def test_every_property_that_changes_in_place_is_changed(subject: Subject) -> None:
    if subject.only_reads:
        return
    cloud = EmulatedCloud()
    try:
        schema = subject.resource_type(cloud).schema
        changed = {
            name
            for change in subject.changes.values()
            for name in (change(cloud) if callable(change) else change)
        }
    finally:
        cloud.close()
    in_place = {
        name for name, one in schema.properties.items() if one.update is UpdateBehaviour.IN_PLACE
    }
    assert in_place - changed == NOT_TRIED.get(subject.type_name, frozenset())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_type_keeps_the_contract(case: Case) -> None:
    run_case(case)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=list(SUBJECTS))
def test_every_behaviour_of_a_change_is_tried(subject: Subject) -> None:
    """A type whose properties renew or replace has a change that does so, and one of its tags."""
    cloud = EmulatedCloud()
    try:
        schema = subject.resource_type(cloud).schema
        given = subject.properties(cloud) if callable(subject.properties) else subject.properties
        changes = [one(cloud) if callable(one) else one for one in subject.changes.values()]
    finally:
        cloud.close()
    changed = {name for change in changes for name in change}
    behaviours = {one.update for one in schema.properties.values()}
    tried = {schema.properties[name].update for name in changed}
    if subject.only_reads:
        return
    assert behaviours - tried - {UpdateBehaviour.IGNORED} == set()
    tags = schema.properties.keys() & {"Tag", "Tags"}
    assert not tags or tags & (given.keys() | changed), "its tags are in no example"
