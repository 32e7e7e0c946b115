"""YAML to JSON and back: the same model, order, comments, and words that stay what they are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imageferry.conversion.documents import Form, open_document, write_document
from imageferry.conversion.parts import comments_in, plain
from imageferry.conversion.writing import Spelling
from imageferry.dialects.reader import read
from imageferry.dialects.syntax.nodes import Unreadable
from imageferry.model.diagnostics import TemplateError
from tests.conversion.bare import bare, converted, model

CORPUS = Path(os.environ.get("IMAGEFERRY_CORPUS", Path(__file__).parents[2] / "../shared/corpus"))


def ordered(data: Any) -> Any:
    if isinstance(data, dict):
        return [(key, ordered(value)) for key, value in data.items()]
    if isinstance(data, list):
        return [ordered(value) for value in data]
    return (type(data).__name__, data)


def template_of(value: Any) -> dict[str, Any]:
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Metadata": {"Held": value},
        "Resources": {},
    }


VALUES: dict[str, Any] = {
    "text": "plain words",
    "empty text": "",
    "blank": " ",
    "text like a number": "010",
    "text like a fraction": "1.50",
    "text like a hexadecimal number": "0x1F",
    "text like a number with an exponent": "1e3",
    "text like minutes": "10:30",
    "text like a date": "2015-09-01",
    "text like a boolean": "yes",
    "text like a boolean of another version": "y",
    "text like null": "null",
    "tilde": "~",
    "text like infinity": ".inf",
    "text like a comment": "a # b",
    "text that begins with a hash": "# a",
    "text like a map": "a: b",
    "text that ends with a colon": "a:",
    "text like a list": "- a",
    "text like an alias": "*a",
    "text like a tag": "!Ref a",
    "text in quotes": "'a' \"b\"",
    "backslashes": "C:\\new\\t",
    "percent": "%YAML",
    "brackets": "[a, {b: c}]",
    "merge key as text": "<<",
    "shell": '#!/bin/sh\nset -e\n\nif true; then\n  echo "$HOME" # c\nfi\n',
    "lines without an end": "a\nb",
    "lines with several ends": "a\nb\n\n\n",
    "only ends": "\n\n",
    "lines that begin with a blank": "  a\nb\n",
    "lines that end with a blank": "a \nb\n",
    "lines with tabs": "a\n\tb\n",
    "carriage returns": "a\r\nb\r\n",
    "null character": "a\0b",
    "delete": "a\x7fb",
    "next line": "a\x85b",
    "line separator": "a\u2028b\n",
    "byte order mark": "a\ufeffb",
    "chinese": "镜像",
    "outside the basic plane": "🚢 ferry",
    "nothing": None,
    "true": True,
    "whole number": 8,
    "negative": -3,
    "fraction": 1.5,
    "large": 1e22,
    "small": 1e-7,
    "whole fraction": 1.0,
    "very long number": 10**60,
    "list": [1, "1", [], {}, [[]], [{"a": 1}], None],
    "map with odd keys": {"": 1, "yes": 2, "<<": 3, "1": 4, "a: b": 5, "#": 6, "null": 7, "-": 8},
    "long key": {"k" * 1500: {"a": ["b"]}},
    "key of lines": {"a\nb": 1},
    "deep": {"a": [{"b": [{"c": {"d": [1]}}]}]},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_is_the_same_in_both_forms(value: Any) -> None:
    source = json.dumps(template_of(value))
    as_yaml = converted(source, form=Form.YAML).templates[0].text
    again = converted(as_yaml, form=Form.JSON).templates[0].text
    assert ordered(json.loads(again)) == ordered(json.loads(source))
    assert model(as_yaml) == model(source)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.text("ab \n\t#:'\"-!&*[]{}|>%@`,?~\\010.e+", max_size=20)
    | st.sampled_from([value for value in VALUES.values() if isinstance(value, str)]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_any_value_is_the_same_in_both_forms(value: Any) -> None:
    # Dumped with escapes: control characters may not stand in a source as they are.
    source = json.dumps(template_of(value))
    try:
        read_in = open_document(source.encode(), "template")
    except (TemplateError, Unreadable):
        return
    for spelling in (Spelling.LONG, Spelling.AS_WRITTEN):
        as_yaml = write_document(read_in, Form.YAML, spelling).text
        back = open_document(as_yaml.encode(), "template")
        assert ordered(plain(back.root)) == ordered(json.loads(source))


FUNCTIONS = """\
AWSTemplateFormatVersion: '2010-09-09'
Conditions:
  A: !Equals [!Ref 'AWS::Region', cn-beijing]
  B: !Not [!Condition A]
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-1
      SourceRegionId: !Select [0, !Split [',', 'a,b']]
      ImageName: !Join
        - '-'
        - - a
          - !If [A, b, !Ref AWS::StackName]
      Description:
        Fn::Sub: |
          one ${AWS::Region}
          two
Outputs:
  Id: {Value: !GetAtt Golden.Id}
  Text: {Value: !Base64 {Fn::Sub: 'x${Golden.Id}'}}
"""


def test_short_tags_become_long_forms_and_back() -> None:
    as_json = converted(FUNCTIONS, form=Form.JSON).templates[0].text
    assert json.loads(as_json)["Outputs"]["Id"]["Value"] == {"Fn::GetAtt": ["Golden", "Id"]}
    assert model(as_json) == model(FUNCTIONS)
    for spelling in Spelling:
        as_yaml = converted(as_json, form=Form.YAML, spelling=spelling).templates[0].text
        assert model(as_yaml) == model(FUNCTIONS)
        assert ("!GetAtt Golden.Id" in as_yaml) == (spelling is Spelling.SHORT)


def test_functions_are_respelt_where_that_is_asked() -> None:
    long = converted(FUNCTIONS, form=Form.YAML, spelling=Spelling.LONG).templates[0].text
    assert "!" not in long
    assert model(long) == model(FUNCTIONS)
    short = converted(long, form=Form.YAML, spelling=Spelling.SHORT).templates[0].text
    # Of two functions around each other the outer one is written out: tags cannot stand together.
    assert "Fn::Base64: !Sub" in short
    # 'Condition' is a function only where conditions stand, so it stays as it was written.
    assert "!Not [{Condition: A}]" in short
    assert model(short) == model(FUNCTIONS)


COMMENTED = """\
# the head

AWSTemplateFormatVersion: '2010-09-09' # the version
Resources: # all of them
  # about A
  A: # A itself
    Type: TF::Alicloud::ImageCopy
    Properties:
      Tags:
      # first
      - MapKey: a # its key
        MapValue: b
      # last
      Description: | # not text
        # text
        more
      SourceRegionId: {Ref: R} # the source
    # behind A
  # about B
  B:
    Type: TF::Alicloud::ImageCopy
    Properties: {SourceImageId: "# text"}
# the end
"""
COMMENTS = [
    "# the head", "# the version", "# all of them", "# about A", "# A itself", "# first",
    "# its key", "# last", "# not text", "# the source", "# behind A", "# about B", "# the end",
]  # fmt: skip


def test_comments_stay_in_yaml() -> None:
    respelt = converted(COMMENTED, form=Form.YAML, spelling=Spelling.SHORT).templates[0].text
    places = [respelt.index(comment) for comment in COMMENTS]
    assert places == sorted(places)
    assert "SourceRegionId: !Ref R # the source" in respelt
    assert "      - MapKey: a # its key" in respelt
    assert model(respelt) == model(COMMENTED)


def test_comments_that_json_cannot_hold_are_counted() -> None:
    conversion = converted(COMMENTED, form=Form.JSON)
    assert [(one.code, one.message) for one in conversion.diagnostics] == [
        ("IF903", f"{len(COMMENTS)} comments are lost")
    ]
    assert "# text" in conversion.templates[0].text
    assert "its key" not in conversion.templates[0].text


ALIASES = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  A:
    Type: ALIYUN::ECS::CopyImage
    Properties: &base
      ImageId: m-1
      DestinationRegionId: &there cn-beijing
  B:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      <<: *base
      DestinationImageName: b
Outputs:
  Region: {Value: *there}
"""


def test_aliases_and_merge_keys_are_written_out_and_told() -> None:
    conversion = converted(ALIASES, form=Form.JSON)
    assert [one.code for one in conversion.diagnostics] == ["IF904"]
    assert "2 aliases" not in conversion.diagnostics[0].message
    assert "3 aliases and merge keys" in conversion.diagnostics[0].message
    written = json.loads(conversion.templates[0].text)
    assert written["Resources"]["B"]["Properties"] == {
        "DestinationImageName": "b",
        "ImageId": "m-1",
        "DestinationRegionId": "cn-beijing",
    }
    assert model(conversion.templates[0].text) == model(ALIASES)


AS_WRITTEN = {
    "ros description": ("ROSTemplateFormatVersion: '2015-09-01'\nDescription: 1.10\n", "1.10"),
    "cfn default": (
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters: {P: {Type: String, Default: 010}}\n"
        "Resources: {}\n",
        '"010"',
    ),
    "cfn default that looks like a boolean": (
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters: {P: {Type: String, Default: yes}}\n"
        "Resources: {}\n",
        '"yes"',
    ),
    "cfn word that a condition compares with": (
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters: {P: {Type: String, Default: Yes}}\n"
        "Conditions: {C: {'Fn::Equals': [{Ref: P}, Yes]}}\nResources: {}\n",
        '        "Yes"',
    ),
    "cfn number": (
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters: {P: {Type: Number, Default: 10}}\n"
        "Resources: {}\n",
        " 10\n",
    ),
    "ros default": (
        "ROSTemplateFormatVersion: '2015-09-01'\nParameters: {P: {Type: Number, Default: 010}}\n",
        " 8\n",
    ),
}


@pytest.mark.parametrize(("source", "written"), AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_what_counts_as_written_stays_as_written(source: str, written: str) -> None:
    as_json = converted(source, form=Form.JSON).templates[0].text
    assert written in as_json
    assert bare(read(as_json.encode(), "t").template) == bare(read(source.encode(), "t").template)


REFUSED = {
    "no template": ("a: b\n", "IF901"),
    "a list": ("- a\n", "IF901"),
    "not yaml": ("a: [b\n", "IF105"),
    "not json": ('{"a": }', "IF106"),
    "nothing": ("", "IF102"),
    "two documents": ("Resources: {}\n---\nResources: {}\n", "IF109"),
    "yaml already": ("Resources: {}\n", "IF902"),
}


@pytest.mark.parametrize(("source", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_converted_is_refused(source: str, code: str) -> None:
    with pytest.raises(TemplateError) as caught:
        converted(source, form=Form.YAML)
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_a_faulty_template_is_written_as_it_stands() -> None:
    conversion = converted(
        "ROSTemplateFormatVersion: '2015-09-01'\nResources: {A: {Typ: x}}\n", form=Form.JSON
    )
    assert "IF905" in [one.code for one in conversion.diagnostics]
    assert json.loads(conversion.templates[0].text)["Resources"] == {"A": {"Typ": "x"}}


def corpus() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*") if path.is_file()) if CORPUS.is_dir() else []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="IMAGEFERRY_CORPUS names no folder with a corpus")
def test_the_corpus_goes_there_and_back() -> None:
    # All of it takes a minute: a share of it, unless one looks for what is new.
    step = 1 if os.environ.get("IMAGEFERRY_EXPLORE") == "1" else 24
    tried = 0
    for path in corpus()[::step]:
        source = path.read_bytes()
        try:
            document = open_document(source, path.name)
        except TemplateError:
            continue
        tried += 1
        other = Form.YAML if document.form is Form.JSON else Form.JSON
        there = write_document(document, other, Spelling.SHORT).text
        arrived = open_document(there.encode(), path.name)
        back = write_document(arrived, document.form, Spelling.AS_WRITTEN).text
        returned = open_document(back.encode(), path.name)
        assert ordered(plain(returned.root)) == ordered(plain(arrived.root)), path.name
        if document.form is Form.YAML:
            respelt = write_document(document, Form.YAML, Spelling.SHORT).text
            kept = open_document(respelt.encode(), path.name)
            assert comments_in(kept.root) == comments_in(document.root), path.name
        if tried % 3 == 0:
            before, after = read(source, "t").template, read(back.encode(), "t").template
            assert bare(before) == bare(after), path.name
    assert tried > 15


ODD = """\
%YAML 1.1
--- # start
AWSTemplateFormatVersion: "2010-09-09" # version
? Resources
:
  A: !!map
    Type: &type TF::Alicloud::ImageCopy
    Properties: {SourceImageId: "m-1", # inside
      SourceRegionId: 'cn-hangzhou'} # behind
    DependsOn: [] # none
  B:
    Type: *type
    Properties:
      SourceImageId: >-
        folded
        text
      SourceRegionId: >
        a long folded text that goes on and on
        and on until it is longer than any line would be, and then some
      Description: |2+
          lead

      # below a block
      ImageName: "multi
        line \\
        x"
...
"""
ODD_COMMENTS = ["# start", "# version", "# behind", "# inside", "# none", "# below a block"]


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lines", "lines of Windows"])
def test_odd_yaml_keeps_its_meaning_and_its_comments(ends: str) -> None:
    source = ODD.replace("\n", ends)
    written = converted(source, form=Form.YAML, spelling=Spelling.SHORT).templates[0].text
    assert model(written) == model(source)
    places = [written.index(comment) for comment in ODD_COMMENTS]
    assert places == sorted(places)


WRITING = {
    "commas in plain text": ("Description: 2 to 8 words, or {none}\n", None),
    "a list in a list": ("Outputs:\n  O:\n    Value:\n      Fn::Join:\n        - '-'\n        - - a\n          - b\n", None),
    "comments before a list in a list": (
        "Outputs:\n  O:\n    Value:\n      Fn::Join:\n        - '-'\n        # one\n        - - a # two\n"
        "          # three\n          - b\n",
        None,
    ),
    "a tag in long form": (
        "Outputs:\n  O:\n    Value: !Join ['-', [!Ref 'ALIYUN::Region', b]] # why\n",
        "Outputs:\n  O:\n    Value: # why\n      Fn::Join: ['-', [{Ref: 'ALIYUN::Region'}, b]]\n",
    ),
    "a tag in a list in long form": (
        "Outputs:\n  O:\n    Value:\n      - !Ref ALIYUN::Region # why\n",
        "Outputs:\n  O:\n    Value:\n      - Ref: ALIYUN::Region # why\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("written", "becomes"), WRITING.values(), ids=WRITING)
def test_yaml_is_written_as_people_write_it(written: str, becomes: str | None) -> None:
    head = "ROSTemplateFormatVersion: '2015-09-01'\n"
    done = converted(head + written, form=Form.YAML, spelling=Spelling.LONG).templates[0].text
    assert done == head + (becomes or written)


@pytest.mark.parametrize("form", Form)
def test_a_key_that_stands_twice_is_told(form: Form) -> None:
    source = (
        '{"ROSTemplateFormatVersion": "2015-09-01",\n "Outputs": {"A": {"Value": 1},\n'
        '  "A": {"Value": 2}}}'
    )
    if form is Form.JSON:
        source = "# a comment\n" + source
    conversion = converted(source, form=form)
    assert ("IF120", 3 + (form is Form.JSON)) in [
        (one.code, one.span.line) for one in conversion.diagnostics if one.span is not None
    ]
    assert '"A": {"Value": 1}' not in conversion.templates[0].text
