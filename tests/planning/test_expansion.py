"""Definitions to instances: Count, Conditions, folding of dependencies, and their order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.control.templates import prepare, read_template
from imageferry.evaluation.scopes import MANNERS
from imageferry.planning.expansion import Draft, expand
from tests.planning.plots import CATALOG, PLACE

HEAD = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Number: {Type: Number, Default: 2}
  Wanted: {Type: Boolean, Default: true}
Conditions:
  IsWanted: !Equals [!Ref Wanted, true]
Resources:
"""
THING = "Type: ALIYUN::TEST::Thing"


def expanded(resources: str, **parameters: object) -> list[list[Draft]]:
    template, _ = read_template((HEAD + resources).encode(), "t.yml")
    prepared = prepare(template, parameters, {}, PLACE, "s-1", "demo", CATALOG)  # type: ignore[arg-type]
    return expand(prepared.template, prepared.bindings, MANNERS["ros"])


def needs(groups: list[list[Draft]]) -> dict[str, list[str]]:
    return {
        str(draft.address): [str(address) for address in draft.depends_on]
        for group in groups
        for draft in group
    }


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(f"  A: {{{THING}}}", {"A": []}, id="one"),
        pytest.param(
            f"  A: {{{THING}, Count: 2}}", {"A[0]": [], "A[1]": []}, id="counted"
        ),
        pytest.param(
            f"  A: {{{THING}, Count: !Ref Number}}", {"A[0]": [], "A[1]": []}, id="by parameter"
        ),
        pytest.param(f"  A: {{{THING}, Count: 0}}\n  B: {{{THING}}}", {"B": []}, id="none of it"),
        pytest.param(
            f"  B: {{{THING}, DependsOn: A}}\n  A: {{{THING}}}", {"A": [], "B": ["A"]},
            id="declared before what it needs",
        ),
        pytest.param(
            f"  B: {{{THING}, DependsOn: A}}\n  A: {{{THING}, Count: 2}}",
            {"A[0]": [], "A[1]": [], "B": ["A[0]", "A[1]"]},
            id="every instance of what it needs",
        ),
        pytest.param(
            f"  A: {{{THING}, Count: 2}}\n"
            f"  B: {{{THING}, Count: 2, Properties: {{Name: !Select "
            "[!Ref 'ALIYUN::Index', !GetAtt [A, Id]]}}",
            {"A[0]": [], "A[1]": [], "B[0]": ["A[0]"], "B[1]": ["A[1]"]},
            id="B[i] needs A[i] alone",
        ),
        pytest.param(
            f"  A: {{{THING}}}\n  C: {{{THING}}}\n"
            f"  B: {{{THING}, DependsOn: [!If [IsWanted, A, C], !Ref 'ALIYUN::NoValue']}}",
            {"A": [], "C": [], "B": ["A"]},
            id="what a function in DependsOn gives",
        ),
        pytest.param(
            f"  A: {{{THING}, Count: 2}}\n"
            f"  B: {{{THING}, Count: 2, DependsOn: !Sub 'A[${{ALIYUN::Index}}]'}}",
            {"A[0]": [], "A[1]": [], "B[0]": ["A[0]"], "B[1]": ["A[1]"]},
            id="another instance for each",
        ),
        pytest.param(
            f"  B: {{{THING}, UpdatePolicy: {{X: !Ref A}}}}\n  A: {{{THING}}}",
            {"A": [], "B": ["A"]},
            id="what an update policy mentions",
        ),
        pytest.param(
            f"  A: {{{THING}, Condition: IsWanted}}\n  B: {{{THING}, DependsOn: A}}",
            {"A": [], "B": ["A"]},
            id="a condition that is true",
        ),
    ],
)  # fmt: skip
def test_instances_and_what_they_need(resources: str, expected: dict[str, list[str]]) -> None:
    found = needs(expanded(resources))
    assert found == expected
    assert list(found) == list(expected), "in the order of making"


def test_what_a_false_condition_leaves_out_nobody_needs() -> None:
    resources = f"  A: {{{THING}, Condition: IsWanted}}\n  B: {{{THING}, DependsOn: A}}"
    assert needs(expanded(resources, Wanted="false")) == {"B": []}


def test_only_what_tells_no_index_is_shared_by_all_instances() -> None:
    (group,) = expanded(
        f"  A: {{{THING}, Count: 2, Properties: {{Name: !Sub 'n-${{ALIYUN::Index}}', Size: 1}}}}"
    )
    assert [draft.shared for draft in group] == [frozenset({"Size"})] * 2


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", "Delete"),
        (", DeletionPolicy: Retain", "Retain"),
        (", DeletionPolicy: Delete", "Delete"),
    ],
    ids=["unsaid", "retain", "delete"],
)
def test_policies(text: str, policy: str) -> None:
    ((draft,),) = expanded(f"  A: {{{THING}{text}}}")
    assert draft.deletion_policy == policy


edges = st.dictionaries(
    st.integers(0, 5), st.sets(st.integers(0, 5), max_size=3), min_size=1, max_size=6
)


@settings(max_examples=50, deadline=None)
@given(edges, st.sets(st.integers(0, 5)))
def test_the_order_respects_every_edge(found: dict[int, set[int]], counted: set[int]) -> None:
    """Whatever needs something of a lower number is made after all of it."""
    lines = []
    for name, others in found.items():
        lower = [f"R{other}" for other in sorted(others) if other < name and other in found]
        count = ", Count: 2" if name in counted else ""
        lines.append(f"  R{name}: {{{THING}{count}, DependsOn: {lower}}}")
    groups = expanded("\n".join(reversed(lines)))
    order = [draft.address for group in groups for draft in group]
    for group in groups:
        for draft in group:
            for other in draft.depends_on:
                assert order.index(other) < order.index(draft.address)
    assert len(order) == sum(2 if name in counted else 1 for name in found)
