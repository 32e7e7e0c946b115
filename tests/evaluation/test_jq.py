"""Jq: plain paths by ourselves, all else in a child process that cannot hang or see anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from imageferry.evaluation.confinement import Confined, Confinement
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.jq_paths import plain_path
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Call, ListOf, Literal
from imageferry.model.templates import Bindings
from imageferry.model.values import UNKNOWN, Secret

JQ = "imageferry.evaluation.confined_jq"
IMAGES = [{"Name": "a", "Tags": {"k-1": 1}}, {"Name": "b", "Tags": None}]


def run(mode: str, script: Any, given: Any) -> Any:
    call = Call(
        "jq", ListOf((Literal(mode), Literal(script), Literal(given))), "Fn::Jq", Span("t", 1, 1)
    )
    return evaluate(call, Scope(Bindings({}, {}), Unresolved(), MANNERS["ros"]))


def refusal(mode: str, script: Any, given: Any) -> str:
    with pytest.raises(EvaluationError) as refused:
        run(mode, script, given)
    diagnostic = refused.value.diagnostic
    return f"{diagnostic.code} {diagnostic.message} {diagnostic.why}"


PATHS: list[tuple[str, str, Any, Any]] = [
    ("identity", ".", {"a": 1}, {"a": 1}),
    ("key", ".a", {"a": 1}, 1),
    ("keys", ".a.b", {"a": {"b": 2}}, 2),
    ("missing", ".a.b", {}, None),
    ("index", ".[0].Name", IMAGES, "a"),
    ("index-from-the-end", ".[-1].Name", IMAGES, "b"),
    ("index-beyond", ".[9].Name", IMAGES, None),
    ("quoted-key", '.[0].Tags["k-1"]', IMAGES, 1),
    ("quoted-after-dot", '.[0].Tags."k-1"', IMAGES, 1),
    ("through-null", '.[1].Tags["k-1"]', IMAGES, None),
    ("blanks", '  .[ 0 ].Name ', IMAGES, "a"),
    ("lenient", ".a?", 5, None),
    ("json-text", ".a", '{"a": [1]}', [1]),
    ("null", ".a", None, None),
    ("empty-text", ".a", "", None),
    ("null-script", None, {"a": 1}, None),
    ("false-stays", ".a", {"a": False}, False),
    ("unknown", ".a", UNKNOWN, UNKNOWN),
    ("unknown-on-the-way", ".a.b", {"a": UNKNOWN}, UNKNOWN),
    ("unknown-beside", ".a", {"a": 1, "b": UNKNOWN}, 1),
    ("secret", ".a", Secret({"a": 1}), Secret(1)),
    ("secret-inside", ".a", {"a": Secret("x")}, Secret("x")),
    ("secret-nothing", ".b", Secret({"a": 1}), None),
]  # fmt: skip

PROGRAMS: list[tuple[str, str, str, Any, Any]] = [
    ("first-of-many", "First", ".[].Name", IMAGES, "a"),
    ("all", "All", ".[].Name", IMAGES, ["a", "b"]),
    ("none-first", "First", "empty", IMAGES, None),
    ("none-all", "All", "empty", IMAGES, []),
    ("path-all", "All", ".[0].Name", IMAGES, ["a"]),
    ("lenient-path-all", "All", ".a?", 5, []),
    ("select", "First", '[.[] | select(.Name == "b")] | length', IMAGES, 1),
    ("endless-but-first", "First", "range(infinite)", {}, 0),
    ("unicode", "First", '"é" + .', '"ü"', "éü"),
    ("word-import-in-text", "First", '"import " + .x', {"x": "y"}, "import y"),
    ("unknown-inside", "First", "length", [UNKNOWN], UNKNOWN),
    ("secret-inside", "First", ".[0] + 1", [Secret(1)], Secret(2)),
    ("secret", "All", ".[]", Secret([1, 2]), Secret([1, 2])),
    ("environment-is-empty", "First", "env", {}, {}),
]

REFUSED: list[tuple[str, str, Any, str]] = [
    ("endless", "def f: f; f", {}, "IF308 'Fn::Jq' has a script that ran longer than 1 s"),
    ("endless-outputs", "[range(infinite)] | length", {}, "IF308"),
    ("memory", '"x" * 200000000 | length', {}, "IF308"),
    ("syntax", ".[", {}, "IF307"),
    ("failure", '.a | error("no")', {"a": 1}, "IF307"),
    ("wrong-kind", ".a", [1], "a map for this step of its path, not a list"),
    ("wrong-kind-index", ".[0]", {}, "a list for this step of its path, not a map"),
    ("environment", "$ENV.HOME", {}, "asks for '$ENV' or for a module"),
    ("import", 'import "a" as a; .', {}, "asks for '$ENV' or for a module"),
    ("include-behind-a-comment", '# x\n include "a"; .', {}, "asks for '$ENV' or for a module"),
    ("module-metadata", '"/etc/passwd" | modulemeta', {}, "IF307"),
    ("deep", "reduce range(300) as $i (0; [.])", {}, "nested too deep"),
    ("very-deep", "reduce range(5000) as $i (0; [.])", {}, "IF30"),
    ("too-long", "." + " " * 70_000 + "|.", {}, "65,536"),
]


@pytest.mark.parametrize(
    ("script", "given", "expected"), [c[1:] for c in PATHS], ids=[c[0] for c in PATHS]
)
def test_plain_path(script: Any, given: Any, expected: Any) -> None:
    assert script is None or plain_path(script) is not None
    assert run("First", script, given) == expected


@pytest.mark.parametrize(
    "script", [".a | .b", ".[]", ".a + 1", '.["a\\"b"]', ".a.[0]", ".[1.5]", "a", "", "..", ".a b"]
)
def test_what_is_no_plain_path(script: str) -> None:
    assert plain_path(script) is None


@pytest.mark.parametrize(
    ("mode", "script", "given", "expected"),
    [c[1:] for c in PROGRAMS],
    ids=[c[0] for c in PROGRAMS],
)
def test_program(mode: str, script: str, given: Any, expected: Any) -> None:
    assert run(mode, script, given) == expected


@pytest.mark.parametrize(
    ("script", "given", "says"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(script: str, given: Any, says: str) -> None:
    assert says in refusal("First", script, given)
    # The child is there again for the next program.
    assert run("First", "1 + 1", {}) == 2


@pytest.mark.parametrize(
    "script",
    [".", ".[0]", ".[-1].Name", ".[7]", ".[0].Tags", '.[0].Tags["k-1"]', ".[1].Tags.x.y", ".a?"],
)
def test_our_paths_give_what_jq_gives(script: str) -> None:
    assert plain_path(script) is not None
    assert plain_path(f"({script})") is None
    assert run("All", script, IMAGES) == run("All", f"({script})", IMAGES)


@pytest.fixture
def child() -> Iterator[Confinement]:
    confinement = Confinement(JQ)
    yield confinement
    confinement.close()


def ask(child: Confinement, script: str) -> Any:
    return child.ask({"script": script, "text": "null", "first": True})


def test_one_child_serves_many_programs(child: Confinement) -> None:
    ask(child, "1")
    first = child._pid
    assert [ask(child, str(number))["outputs"] for number in range(50)] == [[n] for n in range(50)]
    assert child._pid == first


def test_a_child_that_was_killed_between_two_programs_is_replaced(child: Confinement) -> None:
    ask(child, "1")
    os.kill(child._pid, signal.SIGKILL)
    while os.waitid(os.P_PID, child._pid, os.WEXITED | os.WNOWAIT) is None:
        pass
    assert ask(child, "1") == {"outputs": [1]}


def test_a_closed_child_leaves_nothing_behind(child: Confinement) -> None:
    ask(child, "1")
    pid = child._pid
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert ask(child, "1") == {"outputs": [1]}


def test_an_endless_program_is_stopped_after_about_a_second(child: Confinement) -> None:
    ask(child, "1")
    start = time.monotonic()
    with pytest.raises(Confined, match="longer than 1 s"):
        ask(child, "def f: f; f")
    assert 0.8 < time.monotonic() - start < 3


def test_a_module_that_cannot_run_is_said_to_be_so() -> None:
    with pytest.raises(Confined):
        Confinement("imageferry.evaluation.not_there").ask({})


def test_the_child_opens_no_file() -> None:
    code = (
        "from imageferry.evaluation.confined import serve\n"
        "def answer(request):\n"
        "    try:\n"
        "        open('/etc/hostname')\n"
        "    except OSError as fault:\n"
        "        return {'errno': fault.errno}\n"
        "serve(answer)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"1\n", capture_output=True, timeout=30, check=True
    )
    assert done.stdout.strip() == b'{"errno": 24}'


def test_secrets_of_the_environment_do_not_reach_the_child(child: Confinement) -> None:
    assert ask(child, "env | length") == {"outputs": [0]}


def test_neither_jq_nor_re2_nor_subprocess_is_imported_to_evaluate() -> None:
    code = (
        "import sys, imageferry.evaluation.evaluator, imageferry.validation.validator\n"
        "print([n for n in ('jq', 're2', 'subprocess', 'asyncio') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=30, check=True, text=True
    )
    assert done.stdout.strip() == "[]"
