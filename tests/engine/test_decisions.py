"""What is due: decided from steps and journal alone, the same again after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.engine.decisions import Agenda
from imageferry.engine.steps import Step, Steps
from imageferry.graph import Graph
from imageferry.model.addresses import ResourceAddress
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StepStatus

DONE, FAILED, SKIPPED = StepStatus.DONE, StepStatus.FAILED, StepStatus.SKIPPED
BEGUN = StepStatus.RUNNING


def steps_of(before: Mapping[str, str]) -> Steps:
    """`{"b": "a"}`: b after a; each letter is a step."""
    by_id = {
        name: Step(name, ResourceAddress(name), "ALIYUN::TEST::Thing", HandlerAction.CREATE)
        for name in before
    }
    return Steps(by_id, Graph({name: list(others) for name, others in before.items()}))


def records(found: Mapping[str, StepStatus]) -> Iterable[StepRecord]:
    return [
        StepRecord(
            0, name, ResourceAddress(name), "ALIYUN::TEST::Thing", HandlerAction.CREATE, status,
            "token", 1.0,
        )
        for name, status in found.items()
    ]  # fmt: skip


CHAIN = {"a": "", "b": "a", "c": "b"}
DIAMOND = {"a": "", "b": "a", "c": "a", "d": "bc"}


@pytest.mark.parametrize(
    ("graph", "journal", "due", "finished", "failed"),
    [
        pytest.param(CHAIN, {}, "a", False, [], id="what needs nothing"),
        pytest.param(CHAIN, {"a": DONE}, "b", False, [], id="what is free now"),
        pytest.param(CHAIN, {"a": BEGUN}, "a", False, [], id="begun before a crash: due at once"),
        pytest.param(
            CHAIN, {"a": DONE, "b": DONE, "c": DONE}, "", True, [], id="all done"
        ),
        pytest.param(CHAIN, {"a": FAILED}, "", True, ["a"], id="what needs a failure never begins"),
        pytest.param(DIAMOND, {"a": DONE}, "bc", False, [], id="both branches"),
        pytest.param(DIAMOND, {"a": DONE, "b": DONE}, "c", False, [], id="one branch missing"),
        pytest.param(
            DIAMOND, {"a": DONE, "b": FAILED}, "c", False, ["b"], id="one branch failed"
        ),
        pytest.param(
            DIAMOND, {"a": DONE, "b": FAILED, "c": DONE}, "", True, ["b"], id="and its end with it"
        ),
        pytest.param(
            DIAMOND, {"a": DONE, "b": BEGUN}, "bc", False, [], id="begun ones come first"
        ),
        pytest.param({}, {}, "", True, [], id="nothing to do"),
        pytest.param(CHAIN, {"z": DONE}, "a", False, [], id="another wave's record"),
    ],
)  # fmt: skip
def test_due(
    graph: dict[str, str],
    journal: dict[str, StepStatus],
    due: str,
    finished: bool,
    failed: list[str],
) -> None:
    agenda = Agenda(steps_of(graph), records(journal))
    assert "".join(agenda.due(5.0)) == due
    assert agenda.is_finished is finished
    assert agenda.failed == failed
    assert agenda.has_failed is bool(failed)


def test_a_step_is_given_once_until_it_is_told_of() -> None:
    agenda = Agenda(steps_of(CHAIN), [])
    assert agenda.due(1.0) == ["a"]
    assert agenda.due(2.0) == []
    agenda.wait("a", 10.0)
    assert agenda.next_time() == 10.0
    assert agenda.due(9.0) == []
    assert agenda.due(10.0) == ["a"]
    agenda.settle("a", DONE)
    assert agenda.due(10.0) == ["b"]


def test_a_failure_names_all_that_can_never_begin() -> None:
    agenda = Agenda(steps_of({"a": "", "b": "a", "c": "b", "d": ""}), [])
    agenda.due(1.0)
    assert sorted(agenda.settle("a", FAILED)) == ["b", "c"]
    assert not agenda.is_finished
    assert agenda.settle("d", DONE) == []
    assert agenda.is_finished


def test_telling_of_an_end_twice_changes_nothing() -> None:
    agenda = Agenda(steps_of(CHAIN), [])
    agenda.settle("a", FAILED)
    assert agenda.settle("a", DONE) == []
    assert agenda.failed == ["a"]
    assert agenda.due(1.0) == []


def test_parallel_counts_what_is_under_way_waiting_or_not() -> None:
    agenda = Agenda(steps_of(dict.fromkeys("abcd", "")), [], parallel=2)
    assert agenda.due(1.0) == ["a", "b"]
    agenda.wait("a", 50.0)
    assert agenda.due(2.0) == []
    agenda.settle("b", DONE)
    assert agenda.due(3.0) == ["c"]


def test_parallel_holds_back_nothing_that_was_begun() -> None:
    journal = records({"a": BEGUN, "b": BEGUN, "c": BEGUN})
    agenda = Agenda(steps_of(dict.fromkeys("abcd", "")), journal, parallel=1)
    assert agenda.due(1.0) == ["a", "b", "c"]


def test_once_it_stops_nothing_is_due_any_more() -> None:
    agenda = Agenda(steps_of({"a": "", "b": "", "c": "a"}), [])
    agenda.due(1.0)
    agenda.wait("b", 2.0)
    agenda.stop_starting()
    agenda.wait("a", 3.0)
    assert agenda.due(99.0) == []
    assert agenda.next_time() is None
    assert not agenda.is_finished


# --- properties -----------------------------------------------------------------------------------

graphs = st.dictionaries(
    st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdefg"), max_size=3), min_size=1
).map(lambda found: {
    name: "".join(sorted(other for other in others if other < name and other in found))
    for name, others in found.items()
})  # fmt: skip


@settings(max_examples=80)
@given(graphs, st.randoms(use_true_random=False), st.integers(0, 3))
def test_everything_is_begun_after_what_it_needs_and_ends(
    graph: dict[str, str], chance: object, parallel: int
) -> None:
    agenda = Agenda(steps_of(graph), [], parallel=parallel)
    done: list[str] = []
    running: list[str] = []
    while not agenda.is_finished:
        for name in agenda.due(1.0):
            assert set(graph[name]) <= set(done)
            running.append(name)
        assert running, "it is not finished, and nothing runs"
        assert not parallel or len(running) <= parallel
        ended = running.pop(chance.randrange(len(running)))  # type: ignore[attr-defined]
        agenda.settle(ended, DONE)
        done.append(ended)
    assert sorted(done) == sorted(graph)


@settings(max_examples=80)
@given(
    graphs,
    st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from([DONE, FAILED]), max_size=7),
)
def test_an_agenda_after_a_crash_is_that_which_lived_on(
    graph: dict[str, str], ends: dict[str, StepStatus]
) -> None:
    """One agenda is told of each end, the other is made from the journal of them all."""
    lived = Agenda(steps_of(graph), [])
    journal: dict[str, StepStatus] = {}
    given_out: set[str] = set()
    while True:
        given_out |= set(lived.due(1.0))
        told = sorted(given_out & ends.keys() - journal.keys())
        if not told:
            break
        lived.settle(told[0], ends[told[0]])
        journal[told[0]] = ends[told[0]]
    begun = dict.fromkeys(given_out - journal.keys(), BEGUN)
    reborn = Agenda(steps_of(graph), records({**journal, **begun}))
    assert sorted(reborn.due(1.0)) == sorted(begun)
    assert (reborn.is_finished, sorted(reborn.failed)) == (lived.is_finished, sorted(lived.failed))
    assert reborn.has_failed is lived.has_failed
