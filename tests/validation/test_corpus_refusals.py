"""Every template that others wrote and their owner takes is valid; those that are not are listed."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.control.examination import Examination, examine

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT / "../shared/corpus"))
LIST = ROOT / "tests" / "templates" / "corpus_refusals.toml"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"there is no corpus in {CORPUS}")


def listed() -> dict[str, dict[str, object]]:
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


@cache
def examined() -> dict[str, Examination]:
    """Every file of both corpora, by its path below the corpus."""
    catalog = open_catalog()
    files = sorted(
        path for folder in ("ros", "cfn") for path in (CORPUS / folder).rglob("*") if path.is_file()
    )
    return {
        path.relative_to(CORPUS).as_posix(): examine(
            path.read_bytes(), path.name, catalog, allow_unknown_types=True
        )
        for path in files
    }


def errors_of(one: Examination) -> list[str]:
    return sorted({fault.code for fault in one.diagnostics if fault.is_error})


def test_there_is_a_corpus() -> None:
    assert len(examined()) > 500
    assert {one.dialect for one in examined().values()} == {"ros", "cloudformation"}


def test_only_those_listed_are_refused_and_for_what_is_listed() -> None:
    refused = {name: errors_of(one) for name, one in examined().items() if not one.is_valid}
    assert refused == {name: entry["codes"] for name, entry in listed().items()}


def test_at_most_one_in_a_hundred_is_refused() -> None:
    assert len(listed()) <= len(examined()) / 100


def test_every_entry_has_its_reason() -> None:
    assert [name for name, entry in listed().items() if len(str(entry["reason"])) < 40] == []


@pytest.mark.parametrize(
    ("code", "most"),
    [("IF217", 0.06), ("IF218", 0.01), ("IF219", 0.01), ("IF215", 0.01)],
    ids=["unused-parameter", "unused-condition", "unused-mapping", "mapping-without-a-key"],
)
def test_warnings_of_disuse_are_rare(code: str, most: float) -> None:
    """What is published is mostly right: a warning on many of them would be noise."""
    with_it = [n for n, e in examined().items() if code in {fault.code for fault in e.diagnostics}]
    assert len(with_it) <= most * len(examined()), with_it
