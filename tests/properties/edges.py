"""Templates of half a megabyte in every shape that could be hard to read, by name.

`IMAGEFERRY_EXPLORE=1` makes them as large; otherwise they have an eighth of that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

FULL: Final = os.environ.get("IMAGEFERRY_EXPLORE") == "1"
SIZE: Final = 512 * 1024 // (1 if FULL else 8)
DEEP: Final = 100_000


def many(number: int) -> int:
    """That many, or an eighth of them."""
    return number if FULL else number // 8


_ROS: Final = "ROSTemplateFormatVersion: '2015-09-01'\n"
_CFN: Final = "AWSTemplateFormatVersion: '2010-09-09'\n"
_EXTENDED: Final = _CFN + "Transform: AWS::LanguageExtensions\n"
_NONE: Final = "Resources: {}\n"
_COPY: Final = (
    "Resources:\n  Copy:\n    Type: TF::Alicloud::ImageCopy\n    Properties:\n"
    "      SourceImageId: m-1\n      SourceRegionId: cn-beijing\n"
)
_ROS_COPY: Final = (
    "Resources:\n  Copy:\n    Type: ALIYUN::ECS::CopyImage\n    Properties:\n"
    "      ImageId: m-1\n      DestinationRegionId: cn-beijing\n"
)


def filled(head: str, line: Callable[[int], str]) -> str:
    """The head and as many lines as fit into half a megabyte."""
    lines, size, number = [head], len(head), 0
    while size < SIZE:
        lines.append(line(number))
        size += len(lines[-1])
        number += 1
    return "".join(lines)


def _value(text: str) -> str:
    """A template of ROS whose one output has that value."""
    return f"{_ROS}{_NONE}Outputs:\n  A:\n    Value: {text}\n"


def _cfn_value(text: str) -> str:
    return f"{_EXTENDED}{_COPY}Outputs:\n  A:\n    Value: {text}\n"


def _call(function: str, argument: str) -> str:
    return _value(f"{{'{function}': {argument}}}")


def _nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def _bomb(tenfold: int) -> str:
    lines = ["Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, tenfold)]
    return _ROS + _NONE + "".join(lines)


def _loops(depth: int, width: int) -> str:
    names = ", ".join(f"n{n}" for n in range(width))
    text = '{"X${L0}": {Type: "TF::Alicloud::ImageCopy"}}'
    for level in range(depth):
        text = f'{{"Fn::ForEach::F{level}": [L{level}, [{names}], {text}]}}'
    return f"{_EXTENDED}Resources: {text}\n"


def _locals(count: int, times: int, kind: str) -> str:
    lines = [f"  L0: {{Type: {kind}, Value: aaaaaaaaaa}}\n"]
    lines += [
        f"  L{n}: {{Type: {kind}, Value: {{'Fn::Join': ['', [{', '.join([f'!Ref L{n - 1}'] * times)}]]}}}}\n"
        for n in range(1, count)
    ]
    return f"{_ROS}{_NONE}Locals:\n{''.join(lines)}Outputs:\n  A:\n    Value: !Ref L{count - 1}\n"


def _substituted(number: int) -> str:
    names = "".join(f"${{N{n}}}" for n in range(number))
    return _ROS + _NONE + f"Outputs:\n  A:\n    Value: !Sub '{names}'\n"


def _chain(number: int) -> str:
    """Resources that each need the one before."""
    lines = [
        f"  R{n}:\n    Type: TF::Alicloud::ImageCopy\n    DependsOn: R{n - 1}\n"
        for n in range(1, number)
    ]
    return f"{_CFN}Resources:\n  R0:\n    Type: TF::Alicloud::ImageCopy\n{''.join(lines)}"


def _conditions(number: int, ring: bool) -> str:
    lines = [f"  C{n}: {{'Fn::Not': {{Condition: C{n - 1}}}}}\n" for n in range(1, number)]
    first = f"{{'Fn::Not': {{Condition: C{number - 1}}}}}" if ring else "{'Fn::Equals': [a, a]}"
    return f"{_ROS}{_NONE}Conditions:\n  C0: {first}\n{''.join(lines)}"


EDGES: Final[Mapping[str, Callable[[], str]]] = {
    "lists 100,000 deep": lambda: _value("[" * DEEP + "]" * DEEP),
    "lists 100,000 deep and open": lambda: _value("[" * DEEP),
    "maps 100,000 deep": lambda: _value("{a: " * DEEP + "}" * DEEP),
    "blocks 1,000 deep": lambda: _ROS + "".join(" " * n + "a:\n" for n in range(1_000)),
    "JSON 100,000 deep": lambda: '{"a": ' + "[" * DEEP + "]" * DEEP + "}",
    "JSON 100,000 deep and open": lambda: '{"a": ' * DEEP,
    "functions 49 deep": lambda: _value(_nested('{"Fn::Join": ["", [', "a", "]]}", 33)),
    "If 45 deep": lambda: _value(_nested("{'Fn::If': [C, a, ", "a", "]}", 45)),
    "short tags 90 deep": lambda: _value(_nested("!Join ['', [", "a", "]]", 45)),
    "an alias bomb": lambda: _bomb(9),
    "an alias bomb just under the bound": lambda: _bomb(4),
    "100,000 aliases": lambda: filled(
        _ROS + _NONE + "Metadata:\n  a: &a x\n", lambda n: f"  b{n}: *a\n"
    ),
    "100,000 anchors": lambda: filled(_ROS + _NONE + "Metadata:\n", lambda n: f"  b{n}: &b{n} x\n"),
    "merge keys": lambda: filled(
        _ROS + _NONE + "Metadata:\n  a0: &a0 {k: v}\n",
        lambda n: f"  a{n + 1}: &a{n + 1}\n    <<: *a{n}\n    k{n}: v\n",
    ),
    "a wide map": lambda: filled(_ROS + _NONE + "Metadata:\n", lambda n: f"  k{n}: v\n"),
    "a wide map of properties": lambda: filled(_CFN + _COPY, lambda n: f"      P{n}: v\n"),
    "a wide map in one line": lambda: (
        filled(_ROS + _NONE + "Metadata: {", lambda n: f"k{n}: v, ") + "}\n"
    ),
    "a wide list": lambda: filled(_ROS + _NONE + "Metadata:\n", lambda n: "  - x\n"),
    "a long text": lambda: _value("x" * SIZE),
    "a long text in quotes": lambda: _value('"' + "\\u00e9" * (SIZE // 6) + '"'),
    "a long text in a block": lambda: filled(_value("|"), lambda n: "      line\n"),
    "a long folded text": lambda: filled(_value(">"), lambda n: "      line\n\n"),
    "a long key": lambda: _ROS + _NONE + "Metadata:\n  ? " + "k" * SIZE + "\n  : v\n",
    "a long comment": lambda: _ROS + _NONE + "#" * SIZE,
    "blank lines": lambda: _ROS + _NONE + "\n" * SIZE,
    "blanks": lambda: _ROS + _NONE + " " * SIZE,
    "one key 100,000 times": lambda: filled(_ROS + _NONE + "Metadata:\n", lambda n: "  k: v\n"),
    "one key 100,000 times in JSON": lambda: (
        filled('{"Metadata": {"a": 1', lambda n: ', "k": 1') + "}}"
    ),
    "unknown sections": lambda: filled(_ROS + _NONE, lambda n: f"Section{n}: a\n"),
    "unknown tags": lambda: filled(_value("\n"), lambda n: f"      - !Unknown{n} a\n"),
    "unknown names": lambda: filled(_value("\n"), lambda n: f"      - !Ref Unknown{n}\n"),
    "unknown names beside many known ones": lambda: filled(
        _ROS
        + _NONE
        + "Parameters:\n"
        + "".join(f"  Known{n}: {{Type: String}}\n" for n in range(many(5_000)))
        + "Outputs:\n  A:\n    Value:\n",
        lambda n: f"      - !Ref Unknwn{n}\n",
    ),
    "unknown types": lambda: filled(
        _CFN + "Resources:\n", lambda n: f"  R{n}: {{Type: Custom::T{n}}}\n"
    ),
    "resources that are nothing": lambda: filled(_CFN + "Resources:\n", lambda n: f"  R{n}: 1\n"),
    "parameters without a type": lambda: filled(
        _ROS + _NONE + "Parameters:\n", lambda n: f"  P{n}: {{}}\n"
    ),
    "parameters": lambda: filled(
        _ROS + _NONE + "Parameters:\n",
        lambda n: f"  P{n}: {{Type: Number, Default: {n}, MaxValue: 9}}\n",
    ),
    "parameters with patterns": lambda: filled(
        _ROS + _NONE + "Parameters:\n",
        lambda n: (
            f"  P{n}: {{Type: String, Default: a, AllowedPattern: 'a{{{n % 9}}}(b|c)*d{n}'}}\n"
        ),
    ),
    "a parameter with many values": lambda: filled(
        _ROS
        + _NONE
        + "Parameters:\n  P:\n    Type: String\n    Default: none\n    AllowedValues:\n",
        lambda n: f"      - value{n}\n",
    ),
    "a long pattern": lambda: (
        f"{_ROS}{_NONE}Parameters:\n  P: {{Type: String, Default: a, AllowedPattern: '{'(a|b)*' * many(20_000)}'}}\n"
    ),
    "a pattern of patterns": lambda: (
        f"{_ROS}{_NONE}Parameters:\n  P: {{Type: String, Default: a, AllowedPattern: '{'(' * many(20_000)}'}}\n"
    ),
    "mappings": lambda: filled(
        _ROS + _NONE + "Mappings:\n", lambda n: f"  M{n}: {{a: {{b: c}}}}\n"
    ),
    "a mapping with many keys": lambda: filled(
        f"{_value('!FindInMap [M, kx, b]')}Mappings:\n  M:\n", lambda n: f"    k{n}: {{b: c}}\n"
    ),
    "conditions in a row": lambda: _conditions(many(10_000), False),
    "conditions in a ring": lambda: _conditions(many(10_000), True),
    "a condition of many": lambda: filled(
        _ROS + _NONE + "Conditions:\n  C:\n    Fn::And:\n",
        lambda n: "      - {'Fn::Equals': [a, b]}\n",
    ),
    "resources in a row": lambda: _chain(many(7_000)),
    "resources that need one": lambda: filled(
        _CFN + _COPY, lambda n: f"  R{n}: {{Type: TF::Alicloud::ImageCopy, DependsOn: Copy}}\n"
    ),
    "a resource that needs itself often": lambda: filled(
        _CFN + _COPY + "    DependsOn:\n", lambda n: "      - Copy\n"
    ),
    "tags": lambda: filled(
        _ROS + _ROS_COPY + "      Tag:\n", lambda n: f"        - {{Key: k{n}, Value: v}}\n"
    ),
    "tags of one key": lambda: filled(
        _ROS + _ROS_COPY + "      Tag:\n", lambda n: "        - {Key: k}\n"
    ),
    "outputs": lambda: filled(
        _ROS + _NONE + "Outputs:\n", lambda n: f"  O{n}: {{Value: !Sub 'a${{b{n}}}'}}\n"
    ),
    "Sub of 10,000 names": lambda: _substituted(many(10_000)),
    "Sub never closed": lambda: _value("!Sub '" + "${" * many(200_000) + "'"),
    "Sub of 10,000 variables": lambda: _value(
        "!Sub ['a', {" + ", ".join(f"v{n}: x" for n in range(many(10_000))) + "}]"
    ),
    "ForEach in ForEach": lambda: _loops(8, 10),
    "ForEach over many": lambda: _loops(1, many(60_000)),
    "ForEach of many": lambda: filled(
        _EXTENDED + "Resources:\n",
        lambda n: (
            f"  Fn::ForEach::F{n}: [L, [a], {{'R{n}${{L}}': {{Type: TF::Alicloud::ImageCopy}}}}]\n"
        ),
    ),
    "ForEach of long names": lambda: (
        f"{_EXTENDED}Resources:\n  Fn::ForEach::F: [L, [{', '.join('n' * 200 + str(n) for n in range(900))}], "
        f"{{'R${{L}}': {{Type: '{'${L}' * 900}'}}}}]\n"
    ),
    "Locals that grow tenfold": lambda: _locals(12, 10, "Macro"),
    "Locals that grow tenfold, evaluated": lambda: _locals(12, 10, "Eval"),
    "Locals in a row": lambda: _locals(many(5_000), 1, "Macro"),
    "Locals of themselves": lambda: f"{_ROS}{_NONE}Locals:\n  L: {{Value: !Ref L}}\n",
    "rules": lambda: filled(
        _CFN + _COPY + "Rules:\n",
        lambda n: f"  R{n}: {{Assertions: [{{Assert: {{'Fn::Equals': [a, b]}}}}]}}\n",
    ),
    "assertions": lambda: filled(
        _CFN + _COPY + "Rules:\n  R:\n    Assertions:\n",
        lambda n: "      - {Assert: {'Fn::Contains': [[a], a]}}\n",
    ),
    "huge numbers": lambda: _value("9" * many(400_000)),
    "a huge number in JSON": lambda: '{"Metadata": ' + "9" * many(400_000) + "}",
    "a huge exponent": lambda: '{"Metadata": 1e' + "9" * many(400_000) + "}",
    "sixties": lambda: _value("1" + ":59" * many(150_000)),
    "Calculate deep": lambda: _call(
        "Fn::Calculate", f"['{'(' * many(90_000)}1{')' * many(90_000)}', 0]"
    ),
    "Calculate long": lambda: _call("Fn::Calculate", f"['{'1+' * many(200_000)}1', 0]"),
    "Calculate powers": lambda: _call("Fn::Calculate", f"['{'9**' * many(1_000)}9', 0]"),
    "Calculate digits": lambda: _call(
        "Fn::Calculate", f"['{'9' * many(200_000)} * {'9' * many(200_000)}', 0]"
    ),
    "Calculate signs": lambda: _call("Fn::Calculate", f"['{'-' * many(200_000)}1', 0]"),
    "Cidr of many": lambda: _call("Fn::Cidr", "['0.0.0.0/0', 4294967296, 8]"),
    "Cidr of IPv6": lambda: _cfn_value("{'Fn::Cidr': ['::/0', 256, 1]}"),
    "Cidr of nonsense": lambda: _call(
        "Fn::Cidr", f"['{'1.' * many(100_000)}', 99999999999999999999, 8]"
    ),
    "Indent by a lot": lambda: _call("Fn::Indent", "['a', 1000000000]"),
    "Indent of many lines": lambda: _call("Fn::Indent", '["' + "\\n" * many(200_000) + '", 1000]'),
    "Replace that grows": lambda: _call(
        "Fn::Replace", "[{a: " + "a" * many(100_000) + "}, '" + "a" * many(100_000) + "']"
    ),
    "Replace of many words": lambda: _call(
        "Fn::Replace",
        "[{"
        + ", ".join(f"w{n}: x" for n in range(many(20_000)))
        + "}, '"
        + "w" * many(100_000)
        + "']",
    ),
    "Join that grows": lambda: _call(
        "Fn::Join", f"['{'x' * many(100_000)}', [{'a, ' * many(50_000)}a]]"
    ),
    "Split of many": lambda: _call("Fn::Split", f"[a, '{'a' * many(400_000)}']"),
    "Add of many": lambda: _call("Fn::Add", "[" + "{a: 1}, " * many(50_000) + "{b: 2}]"),
    "ListMerge of many": lambda: _call("Fn::ListMerge", "[" + "[a], " * many(80_000) + "[b]]"),
    "MergeMapToList of many": lambda: _call(
        "Fn::MergeMapToList", "[" + ", ".join(f"{{k{n}: [a]}}" for n in range(many(10_000))) + "]"
    ),
    "MemberListToMap of many": lambda: _call(
        "Fn::MemberListToMap",
        "[Name, Value, ["
        + ", ".join(f"'.member.{n}.Name=a{n}', '.member.{n}.Value=b'" for n in range(many(8_000)))
        + "]]",
    ),
    "MatchPattern that explodes": lambda: _value(
        "!If [{'Fn::MatchPattern': ['(a+)+$', '" + "a" * many(100_000) + "!']}, a, b]"
    ),
    "FormatTime of much": lambda: _call("Fn::FormatTime", f"['{'%Y' * many(200_000)}']"),
    "Base64Decode of much": lambda: _call("Fn::Base64Decode", "A" * many(500_000)),
    "Str of much": lambda: _call("Fn::Str", "[" + "a, " * many(150_000) + "a]"),
    "GetJsonValue of much": lambda: _call("Fn::GetJsonValue", "[a, '" + "[" * many(200_000) + "']"),
    "GetJsonValue deep": lambda: _call(
        "Fn::GetJsonValue", f"['{'a.' * many(100_000)}a', '{{\"a\": 1}}']"
    ),
    "Select from a text": lambda: _call("Fn::Select", "[0, '" + "[" * many(200_000) + "']"),
    "Select of a slice": lambda: _call("Fn::Select", f"['{':' * many(200_000)}', [a]]"),
    "ToJsonString of much": lambda: _cfn_value(
        "{'Fn::ToJsonString': [" + "a, " * many(150_000) + "a]}"
    ),
    "a Count of many": lambda: _ROS + _ROS_COPY.replace("    Prop", "    Count: 20000\n    Prop"),
    "an attribute with dots": lambda: _value("!GetAtt " + "a." * many(200_000) + "b"),
    "dynamic references": lambda: _cfn_value("'" + "{{resolve:ssm:a}}" * many(25_000) + "'"),
    "localised texts": lambda: filled(_ROS + _NONE + "Description:\n", lambda n: f"  l{n}: text\n"),
    "parameter groups": lambda: filled(
        _ROS + _NONE + "Metadata:\n  ALIYUN::ROS::Interface:\n    ParameterGroups:\n",
        lambda n: f"      - {{Parameters: [P{n}]}}\n",
    ),
    "ALIYUN::ROS::Stack of much": lambda: filled(
        _ROS
        + "Resources:\n  S:\n    Type: ALIYUN::ROS::Stack\n    Properties:\n      TemplateBody:\n",
        lambda n: f"        k{n}: {{Ref: x}}\n",
    ),
}
