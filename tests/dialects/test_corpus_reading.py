"""Templates that others wrote: each is read to its end, if the corpus is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imageferry.dialects.reader import read
from imageferry.dialects.vocabulary import BEYOND_CODES

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT.parent / "shared" / "corpus"))

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus")

# What the owner of the language refuses as well.
REFUSED = {
    "ros": {
        "IF144": "a parameter without a type",
        "IF145": "a misplaced field among the parameters",
    },
    "cfn": {"IF150": "a type that does not exist"},
}


@pytest.mark.parametrize("language", ["ros", "cfn"])
def test_every_template_is_read(language: str) -> None:
    paths = sorted(path for path in (CORPUS / language).iterdir() if path.is_file())
    assert paths
    unexpected = []
    for path in paths:
        reading = read(path.read_bytes(), path.name)
        unexpected += [
            f"{diagnostic.span} {diagnostic.code} {diagnostic.message}"
            for diagnostic in reading.diagnostics
            if diagnostic.is_error
            and diagnostic.code not in REFUSED[language].keys() | BEYOND_CODES
        ]
        assert reading.template is not None
    assert unexpected == []


def test_the_templates_that_copy_images_are_read_without_a_word() -> None:
    paths = [
        path
        for path in (CORPUS / "ros").iterdir()
        if b"ALIYUN::ECS::CopyImage" in path.read_bytes()
    ]
    assert paths
    assert [read(path.read_bytes(), path.name).diagnostics for path in paths] == [()] * len(paths)
