"""What handlers answer, as it may be recorded: no text of a NoEcho value in any sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.engine.asking import ask, discreet
from imageferry.model.handlers import (
    Done,
    ErrorCode,
    Failed,
    HandlerAction,
    HandlerRequest,
    Outcome,
    Pending,
    Symptom,
)
from imageferry.model.hiding import covered, hidden_texts
from imageferry.model.values import Secret, Value
from imageferry.ports.types import Handler

WORD = "Verschwiegen"
HIDDEN = frozenset([WORD])
GATHERED: Mapping[str, tuple[list[Value], frozenset[str]]] = {
    "nothing hidden": (["a", 1, None, {"b": ["c"]}], frozenset()),
    "a text": ([Secret(WORD)], HIDDEN),
    "in a map in a list": ([[{"key": Secret(WORD)}]], HIDDEN),
    "a map that is hidden": ([Secret({"a": [WORD, 4711]})], frozenset([WORD, "4711"])),
    "a secret in a secret": ([Secret(Secret(WORD))], HIDDEN),
    "neither truth nor emptiness": ([Secret(True), Secret(""), Secret(" "), Secret(None)], frozenset()),
}  # fmt: skip
COVERED: Mapping[str, tuple[str, frozenset[str], str]] = {
    "nothing to hide": ("as it is", frozenset(), "as it is"),
    "within a word": ("keyVerschwiegenq is taken", HIDDEN, "key****q is taken"),
    "the longer one first": ("abcdef abcd", frozenset(["abcd", "abcdef"]), "**** ****"),
    "a short one as a word": ('the name "ab" of cabs', frozenset(["ab"]), 'the name "****" of cabs'),
    "as JSON writes it": (
        r'said {"name": "a\"b\u00fc"}', frozenset(['a"bü']), 'said {"name": "****"}',
    ),
    "with signs that patterns know": ("(.*) stays", frozenset(["(.*)"]), "**** stays"),
}  # fmt: skip
SAID = f"no key {WORD}"
OUTCOMES: Mapping[str, tuple[Outcome, Outcome]] = {
    "failed": (
        Failed(ErrorCode.NOT_FOUND, SAID, request_id="r"),
        Failed(ErrorCode.NOT_FOUND, "no key ****", request_id="r"),
    ),
    "pending": (
        Pending(WORD, 1.0, status_says=SAID, notes=(SAID, "x"), context={"name": WORD}),
        Pending(WORD, 1.0, status_says="no key ****", notes=("no key ****", "x"),
                context={"name": WORD}),
    ),
    "done": (
        Done(WORD, {"a": WORD}, notes=(SAID,), symptoms=(Symptom("status", WORD, SAID),),
             remains=({"kind": "snapshot", "why": SAID, "ids": ["s-1"]}, {"kind": "snapshot"})),
        Done(WORD, {"a": WORD}, notes=("no key ****",),
             symptoms=(Symptom("status", "****", "no key ****"),),
             remains=({"kind": "snapshot", "why": "no key ****", "ids": ["s-1"]},
                      {"kind": "snapshot"})),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "texts"), GATHERED.values(), ids=GATHERED.keys())
def test_hidden_texts_are_gathered(values: list[Value], texts: frozenset[str]) -> None:
    assert hidden_texts(values) == texts


@pytest.mark.parametrize(("text", "hidden", "shown"), COVERED.values(), ids=COVERED.keys())
def test_they_are_covered(text: str, hidden: frozenset[str], shown: str) -> None:
    assert covered(text, hidden) == shown


@pytest.mark.parametrize(("outcome", "shown"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_sentences_are_covered_and_nothing_else(outcome: Outcome, shown: Outcome) -> None:
    assert discreet(outcome, HIDDEN) == shown


class Chatty:
    """A handler that tells whatever it is asked with."""

    async def create(self, request: HandlerRequest) -> Outcome:
        return Failed(ErrorCode.INVALID_REQUEST, f"{request.properties['Name']!s} or {WORD}")

    async def read(self, request: HandlerRequest) -> Outcome:
        return Done(None)

    async def update(self, request: HandlerRequest) -> Outcome:
        name = request.properties["Name"]
        assert isinstance(name, Secret)
        return Failed(ErrorCode.INVALID_REQUEST, f"the cloud does not like {name.revealed}")

    async def delete(self, request: HandlerRequest) -> Outcome:
        raise RuntimeError(f"cannot delete {WORD}")

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        return Done(None)


def asked(
    action: HandlerAction, hidden: frozenset[str] = frozenset(), handler: Handler | None = None
) -> Outcome:
    request = HandlerRequest(
        action, "A::B::C", "One", "s", "s", "r", "i", "o", "t", 0.0, 0.0,
        properties={"Name": Secret("half-of-it")},
    )  # fmt: skip
    return asyncio.run(ask(handler or Chatty(), request, hidden))


def test_what_a_request_hides_is_covered_where_the_stack_has_secrets() -> None:
    told = asked(HandlerAction.UPDATE, HIDDEN)
    assert isinstance(told, Failed) and told.message == "the cloud does not like ****"
    assert asked(HandlerAction.CREATE, HIDDEN) == Failed(ErrorCode.INVALID_REQUEST, "**** or ****")


def test_a_stack_without_secrets_is_told_everything() -> None:
    assert asked(HandlerAction.CREATE, frozenset()) == Failed(
        ErrorCode.INVALID_REQUEST, f"**** or {WORD}"
    )


def test_a_fault_of_the_handler_is_logged_without_them(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        told = asked(HandlerAction.DELETE, HIDDEN)
    assert isinstance(told, Failed) and told.code is ErrorCode.INTERNAL_FAILURE
    assert "RuntimeError: cannot delete ****" in caplog.text
    assert "Traceback" in caplog.text and WORD not in caplog.text


UNFIT: Mapping[str, tuple[HandlerAction, object, str]] = {
    "nothing": (HandlerAction.CREATE, None, "answers create with an object of the class NoneType"),
    "a map": (HandlerAction.READ, {"done": True}, "answers read with an object of the class dict"),
    "no id": (HandlerAction.CREATE, Done(None), "says that create is done, and tells no physical id"),
    "an empty id": (HandlerAction.UPDATE, Done(""), "says that update is done, and tells no"),
    "an id that is a number": (HandlerAction.CREATE, Pending(7, 1.0), "a physical id that is no text"),  # type: ignore[arg-type]
    "a context with an object": (
        HandlerAction.CREATE, Pending(None, 1.0, context={"a": [object()]}),  # type: ignore[list-item]
        "gives a context that is no JSON",
    ),
    "a context with a secret": (
        HandlerAction.CREATE, Failed(ErrorCode.NOT_FOUND, "x", context={"a": Secret(WORD)}),  # type: ignore[dict-item]
        "gives a context that is no JSON",
    ),
    "a key that is no text": (
        HandlerAction.DELETE, Pending(None, 1.0, context={"a": {1: "b"}}),  # type: ignore[dict-item]
        "gives a context that is no JSON",
    ),
    "attributes": (
        HandlerAction.READ, Done("x", {"a": object()}), "gives attributes that are no JSON",  # type: ignore[dict-item]
    ),
    "a leftover": (
        HandlerAction.UPDATE, Done("x", leftovers=({"a": {1, 2}},)), "leaves something over",  # type: ignore[dict-item]
    ),
}  # fmt: skip


class Answering:
    """A handler with one answer for everything."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    async def _answers(self, request: HandlerRequest) -> Any:
        return self._answer

    create = read = update = delete = clean_up = _answers


@pytest.mark.parametrize(("action", "answer", "says"), UNFIT.values(), ids=UNFIT.keys())
def test_an_answer_that_cannot_be_recorded_fails_its_resource_alone(
    action: HandlerAction, answer: object, says: str
) -> None:
    outcome = asked(action, handler=Answering(answer))
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.INTERNAL_FAILURE
    assert outcome.message.startswith("internal fault: the handler of A::B::C")
    assert says in outcome.message


FIT: Mapping[str, tuple[HandlerAction, Outcome]] = {
    "deleted without an id": (HandlerAction.DELETE, Done(None)),
    "cleaned up without an id": (HandlerAction.CLEAN_UP, Done(None)),
    "a secret attribute": (HandlerAction.READ, Done("x", {"a": [Secret({"b": 1})], "c": None})),
    "notes of notes": (HandlerAction.CREATE, Pending(None, 1.0, context={"a": {"b": [1, 2.5, None]}})),
}  # fmt: skip


@pytest.mark.parametrize(("action", "answer"), FIT.values(), ids=FIT.keys())
def test_an_answer_that_can_be_recorded_is_taken_as_it_is(
    action: HandlerAction, answer: Outcome
) -> None:
    assert asked(action, handler=Answering(answer)) is answer
