"""Reports: in the order of the lines, each place once, and never more than anybody reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imageferry.assembly.catalogs import open_catalog
from imageferry.control.examination import examine
from imageferry.model.diagnostics import (
    MAX_DIAGNOSTICS,
    Diagnostic,
    Span,
    TemplateError,
    error,
    warning,
)
from imageferry.model.reports import Findings, ordered
from imageferry.model.values import UNKNOWN
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate_given
from tests.validation.conftest import Reader

MOST = MAX_DIAGNOSTICS
CFN = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::LanguageExtensions\n"


def fault(line: int, code: str = "IF201") -> Diagnostic:
    return error(code, f"fault {line}", span=Span("t.yml", line, 1))


def doubt(line: int) -> Diagnostic:
    return warning("IF217", f"doubt {line}", span=Span("t.yml", line, 1))


def lines(report: tuple[Diagnostic, ...]) -> list[int]:
    return [one.span.line for one in report if one.span is not None]


def test_a_report_is_in_order_and_tells_nothing_twice() -> None:
    nowhere = error("IF402", "a stranger")
    assert ordered([fault(3), doubt(2), fault(3), nowhere]) == (nowhere, doubt(2), fault(3))


def test_errors_are_kept_before_warnings_and_what_is_left_out_is_said_last() -> None:
    report = ordered([*map(doubt, range(1, MOST + 1)), *map(fault, range(2_000, 2_010))])
    assert len(report) == MOST + 1
    assert sum(one.is_error for one in report) == 10
    assert report[-1].code == "IF199"
    assert lines(report) == sorted(lines(report))
    assert ordered(report) == report


def test_as_many_as_are_shown_need_no_such_word() -> None:
    report = ordered(map(fault, range(MOST)))
    assert len(report) == MOST
    assert {one.code for one in report} == {"IF201"}


def test_where_reading_ended_is_always_said() -> None:
    report = ordered([*map(fault, range(5_000)), fault(6_000, "IF198")])
    assert [one.code for one in report[-2:]] == ["IF198", "IF199"]


def test_a_refusal_is_bounded_too() -> None:
    refused = TemplateError(map(fault, range(50_000)))
    assert len(refused.diagnostics) == MOST + 1
    assert len(str(refused)) < 100 * MOST


def test_nobody_looks_for_more_errors_than_are_shown() -> None:
    asked: list[int] = []

    def looking() -> Iterator[Diagnostic]:
        for line in range(1, 1_000_000):
            asked.append(line)
            yield fault(line)

    found = Findings()
    found.take(looking())
    found.take(looking())
    assert len(asked) == MOST + 1
    assert [one.code for one in found][-1] == "IF199"


def test_warnings_never_keep_an_error_from_being_found() -> None:
    found = Findings()
    found.take(map(doubt, range(10 * MOST)))
    found.take([fault(1)])
    assert fault(1) in set(found)


def test_what_an_earlier_check_has_told_is_not_told_again() -> None:
    found = Findings()
    found.take([fault(1), doubt(2)])
    found.take_new([error("IF201", "in other words", span=Span("t.yml", 1, 1)), fault(3)])
    found.take_new([replace_severity(doubt(2))], beside_errors=True)
    assert [one.message for one in found] == ["fault 1", "doubt 2", "fault 3", "doubt 2"]


def replace_severity(one: Diagnostic) -> Diagnostic:
    return error(one.code, one.message, span=one.span)


ENDLESS = {
    "unknown properties": (
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n    Type: ALIYUN::ECS::CopyImage\n"
        "    Properties:\n      ImageId: m-1\n      DestinationRegionId: cn-beijing\n"
        + "".join(f"      P{n}: x\n" for n in range(5_000)),
        "IF501",
    ),
    "missing properties": (
        "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n"
        + "".join(f"  A{n}: {{Type: ALIYUN::ECS::CopyImage}}\n" for n in range(1_500)),
        "IF502",
    ),
    "unknown names": (
        "ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\nOutputs:\n"
        + "".join(f"  A{n}: {{Value: !Ref B{n}}}\n" for n in range(1_500)),
        "IF201",
    ),
    "unused parameters": (
        "ROSTemplateFormatVersion: '2015-09-01'\nParameters:\n"
        + "".join(f"  A{n}: {{Type: String}}\n" for n in range(1_500))
        + "Resources:\n  A: {Type: ALIYUN::ECS::CopyImage,"
        " Properties: {ImageId: m-1, DestinationRegionId: cn-beijing}}\n",
        "IF217",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "code"), ENDLESS.values(), ids=ENDLESS)
def test_a_report_of_a_template_is_bounded(source: str, code: str, catalog: Catalog) -> None:
    report = examine(source.encode(), "t.yml", catalog).diagnostics
    assert len(report) == MOST + 1
    assert report[-1].code == "IF199"
    assert code in {one.code for one in report}


def test_so_is_what_forbids_a_plan(template_of: Reader, catalog: Catalog) -> None:
    template = template_of(ENDLESS["missing properties"][0].partition("\n")[2])
    bound = validate_given(template, catalog, {}, {"region": UNKNOWN})
    assert bound.bindings is None
    assert len(bound.diagnostics) == MOST + 1


LOOP = (
    CFN + "Resources:\n"
    "  Fn::ForEach::Copies:\n"
    "    - Name\n"
    "    - [A, B, C, D]\n"
    "    - 'Copy${Name}':\n"
    "        Type: TF::Alicloud::ImageCopy\n"
    "        Properties:\n"
    "          ImageNam: x\n"
    "          Description: !Sub '${Nobo} ${Noone} ${Image&{Name}}'\n"
)


def test_copies_that_a_loop_makes_are_told_once() -> None:
    report = examine(LOOP.encode(), "t.yml", open_catalog()).diagnostics
    assert [(one.code, *(one.span or ("", 0, 0))[1:]) for one in report] == [
        ("IF502", 7, 7),
        ("IF502", 7, 7),
        ("IF501", 10, 11),
        ("IF201", 11, 24),
        ("IF201", 11, 30),
        ("IF201", 11, 38),
    ]
