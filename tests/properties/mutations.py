"""Damage to templates that knows their grammar: by bytes, by lines, and by the tree of a JSON text."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

FUNCTIONS: Final = (
    "Ref", "Condition", "Fn::Add", "Fn::And", "Fn::Any", "Fn::Avg", "Fn::Base64", "Fn::Base64Decode",
    "Fn::Base64Encode", "Fn::Calculate", "Fn::Cidr", "Fn::Contains", "Fn::EachMemberEquals",
    "Fn::EachMemberIn", "Fn::Equals", "Fn::FindInMap", "Fn::ForEach::Loop", "Fn::FormatTime",
    "Fn::GetAZs", "Fn::GetAtt", "Fn::GetJsonValue", "Fn::GetStackOutput", "Fn::If",
    "Fn::ImportValue", "Fn::Indent", "Fn::Index", "Fn::Join", "Fn::Length", "Fn::ListMerge",
    "Fn::MarketplaceImage", "Fn::MatchPattern", "Fn::Max", "Fn::MemberListToMap", "Fn::MergeMap",
    "Fn::MergeMapToList", "Fn::Min", "Fn::Not", "Fn::Or", "Fn::RefAll", "Fn::Replace",
    "Fn::ResourceFacade", "Fn::Select", "Fn::SelectMapList", "Fn::Split", "Fn::Str", "Fn::Sub",
    "Fn::ToJsonString", "Fn::Transform", "Fn::TransformNamespace", "Fn::ValueOf", "Fn::ValueOfAll",
)  # fmt: skip

KEYS: Final = (
    "ROSTemplateFormatVersion", "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters",
    "Mappings", "Conditions", "Resources", "Outputs", "Rules", "Locals", "Transform", "Workspace",
    "Hooks", "Globals", "Type", "Properties", "Value", "Default", "AllowedValues", "AllowedPattern",
    "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho", "ConstraintDescription", "Label",
    "Count", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Export", "Name",
    "Assertions", "Assert", "AssertDescription", "RuleCondition", "ImageId", "SourceImageId",
    "DestinationRegionId", "SourceRegionId", "DestinationImageName", "ImageName", "Encrypted",
    "KMSKeyId", "KmsKeyId", "Tag", "Tags", "Key", "MapKey", "Timeouts", "Create", "Copy", "A", "",
    "Copy[0]", "en", "zh-cn", "ALIYUN::ROS::Interface", "ParameterGroups", "AssociationProperty",
    "&{A}", "${A}", "TemplateBody", "Macro", "Eval", "DATASOURCE::ECS::Instances",
)  # fmt: skip

SCALARS: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2.5, 20_001, 10**30, "", " ", "a", "A", "Copy", "Copy.Id", "Copy.ImageId",
    "Copy[0]", "P", "true", "yes", "null", "-1", "1e9", "0x10", "cn-hangzhou", "ap-southeast-1",
    "ALIYUN::Index", "ALIYUN::NoValue", "AWS::NoValue", "AWS::Region", "ALIYUN::Region",
    "AWS::LanguageExtensions", "Aliyun::Terraform-v1.0", "Aliyun::Serverless-2018-04-03", "String",
    "Number", "Boolean", "Json", "CommaDelimitedList", "List<Number>", "AWS::EC2::Image::Id",
    "AWS::SSM::Parameter::Value<String>", "ALIYUN::ECS::CopyImage", "TF::Alicloud::ImageCopy",
    "ALIYUN::ECS::Instance", "Custom::Ferry", "Delete", "Retain", "Snapshot", "m-golden1", "a,b,,c",
    "${A}", "${A.B}", "${!A}", "${", "&{A}", "a${Copy[0].ImageId}b", "{{resolve:ssm:a:1}}",
    "{{resolve:secretsmanager:a:SecretString:b}}", "[0-9", "(a+)+$", "10.0.0.0/8", "10m", "1:3", "%Y",
    "2015-09-01", "2010-09-09", '{"a": [1]}', "{a} + {b}", "1 / 0", "x" * 300, "\u202e", "\u00fc",
    [], {}, [None], ["a", "b"], [["a"], {"a": "b"}], {"a": "b"}, {"Key": "k", "Value": "v"},
)  # fmt: skip

NAMES: Final = (
    "Name", "Size", "Regions", "Flag", "Data", "Numbers", "Secret", "Stored", "Copy", "Other", "L",
    "Prefix", "ALIYUN::Index", "ALIYUN::NoValue", "AWS::NoValue", "AWS::NotificationARNs",
)  # fmt: skip
"""What the seeds declare."""

SPLINTERS: Final = (
    b"\n", b"  ", b"\t", b":", b"- ", b"? ", b"#", b"|", b">-", b"[", b"]", b"{", b"}", b",", b"'", b'"',
    b"&a ", b"*a ", b"<<: *a\n", b"!Ref A", b"!Sub '${A}'", b"!GetAtt A.B", b"!If [A, B, C]",
    b"!Join ['', []]", b"!!binary ", b"!!set ", b"!", b"null", b"~", b"yes", b".inf", b"0777", b"1_0",
    b"10:30", b"1e999", b"2015-09-01", b"---\n", b"...\n", b"%YAML 1.1\n", b"\xef\xbb\xbf", b"\x00",
    b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xa8", b"${", b"{{resolve:ssm:a}}",
    b"Fn::If: ", b"Fn::ForEach::L: [x, [a, b], {}]\n", b"Condition: A\n", b"Ref: A\n",
)  # fmt: skip

Damage = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def _cut(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(source) + 1)
    return source[:start] + source[start + chance.choice((1, 1, 2, 5, 30, 200)) :]


def _insert(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(source) + 1)
    return source[:start] + chance.choice(SPLINTERS) + source[start:]


def _replace(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(source) + 1)
    end = start + chance.choice((1, 3, 8))
    return source[:start] + chance.choice(SPLINTERS) + source[end:]


def _flip(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    if not source:
        return b"\x00"
    place = chance.randrange(len(source))
    return source[:place] + bytes((chance.randrange(256),)) + source[place + 1 :]


def _truncate(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    return source[: chance.randrange(len(source) + 1)]


def _repeat(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(source) + 1)
    part = source[start : start + chance.choice((1, 4, 20, 100))]
    return source[:start] + part * chance.choice((2, 3, 150)) + source[start:]


def _splice(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return source[: chance.randrange(len(source) + 1)] + other[chance.randrange(len(other) + 1) :]


def _by_lines(change: Callable[[random.Random, list[bytes], list[bytes]], None]) -> Damage:
    def damage(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
        lines = source.split(b"\n")
        change(chance, lines, chance.choice(others).split(b"\n"))
        return b"\n".join(lines)

    return damage


def _block(chance: random.Random, lines: list[bytes]) -> slice:
    """A line with all that is indented below it."""
    start = chance.randrange(len(lines))
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = start + 1
    while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > depth:
        end += 1
    return slice(start, end)


def _delete_lines(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    del lines[_block(chance, lines)]


def _duplicate_lines(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    place = chance.randrange(len(lines) + 1)
    lines[place:place] = lines[_block(chance, lines)]


def _swap_lines(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]


def _indent_lines(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    where = _block(chance, lines)
    by = chance.choice((-2, -1, 1, 2, 4))
    lines[where] = [
        b" " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :]
        for line in lines[where]
    ]


def _borrow_lines(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    place = chance.randrange(len(lines) + 1)
    lines[place:place] = other[_block(chance, other)]


def _value_of_line(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    place = chance.randrange(len(lines))
    key, colon, value = lines[place].partition(b": ")
    if not colon:
        key = key.rstrip(b":")
    depth = chance.randrange(3)
    shown = json.dumps(grown(chance, depth)).encode()
    new = chance.choice((shown, b"!Ref " + shown, b"&a " + value, b"*a", b"!Sub " + value))
    lines[place] = key + b": " + new


def _key_of_line(chance: random.Random, lines: list[bytes], other: list[bytes]) -> None:
    place = chance.randrange(len(lines))
    key, colon, value = lines[place].partition(b":")
    indent = key[: len(key) - len(key.lstrip())]
    lines[place] = indent + chance.choice((*KEYS, *FUNCTIONS)).encode() + (colon or b":") + value


def grown(chance: random.Random, depth: int) -> Any:
    """A small tree of functions, keys and scalars."""
    if depth <= 0 or chance.random() < 0.3:
        return chance.choice(SCALARS)
    shape = chance.randrange(6)
    if shape == 5:
        return {"Ref": chance.choice(NAMES)}
    if shape == 0:
        return [grown(chance, depth - 1) for _ in range(chance.randrange(4))]
    if shape == 1:
        return {chance.choice(KEYS): grown(chance, depth - 1) for _ in range(chance.randrange(4))}
    inside = [grown(chance, depth - 1) for _ in range(chance.randrange(5))]
    return {chance.choice(FUNCTIONS): chance.choice((inside, inside, grown(chance, depth - 1)))}


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every part of a tree as its holder and its key."""
    found: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        holder = pending.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                pending.append(holder[key])
    return found


def _rename(chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[chance.choice((*KEYS, *FUNCTIONS))] = holder.pop(key)
    else:
        holder.insert(key, grown(chance, 1))


def _wrap(chance: random.Random, holder: Any, key: Any) -> None:
    inside = holder[key]
    function = chance.choice(FUNCTIONS)
    held = chance.choice((inside, [inside], [inside, inside], [grown(chance, 1), inside]))
    holder[key] = chance.choice(({function: held}, {function: held}, [inside], {"a": inside}))


def _tree(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    """A change of the tree, where the text is JSON; after `---` it is read as YAML."""
    marked = source.startswith(b"---\n")
    try:
        tree = json.loads(source[4:] if marked else source)
    except (ValueError, RecursionError):
        return _value_damage(chance, source, others)
    places = _places(tree) if isinstance(tree, (dict, list)) else []
    if not places:
        return json.dumps(grown(chance, 3)).encode()
    holder, key = chance.choice(places)
    match chance.randrange(8):
        case 0:
            del holder[key]
        case 1:
            holder[key] = chance.choice(SCALARS)
        case 2:
            holder[key] = grown(chance, 3)
        case 3:
            _rename(chance, holder, key)
        case 4:
            holder[key] = {"Ref": chance.choice(NAMES)}
        case 5:
            other, where = chance.choice(places)
            if isinstance(holder, dict):
                copied = json.loads(json.dumps(other[where] if other is not holder else None))
                holder[chance.choice(KEYS)] = copied
        case _:
            _wrap(chance, holder, key)
    text = json.dumps(tree).encode()
    return b"---\n" + text if marked != (chance.random() < 0.05) else text


_value_damage: Final = _by_lines(_value_of_line)
_DAMAGES: Final[tuple[Damage, ...]] = (
    _cut, _insert, _replace, _flip, _truncate, _repeat, _splice, _tree, _tree, _tree, _tree, _tree,
    *(
        _by_lines(change)
        for change in (
            _delete_lines, _duplicate_lines, _swap_lines, _indent_lines, _borrow_lines,
            _value_of_line, _value_of_line, _key_of_line,
        )
    ),
)  # fmt: skip

MOST_BYTES: Final = 8_000


def damaged(chance: random.Random, source: bytes, others: Sequence[bytes]) -> bytes:
    """The source with one to four wounds, not much larger than it was."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        source = chance.choice(_DAMAGES)(chance, source, others)[:MOST_BYTES]
    return source
