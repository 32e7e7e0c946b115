"""Forms that nobody fills in by hand: whatever is sent, the answer is a page, and no larger than what was sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Reply, browsing
from tests.console.standing import FAN_OUT, deployed

_PLAIN: Final = FAN_OUT.decode()
_ANCHORS: Final = "a0: &a0 [1, 1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


def _with(parameter: str) -> str:
    """The plain template with a parameter `A` that has these lines."""
    return _PLAIN.replace("Resources:", f"  A: {{{parameter}}}\nResources:", 1)


_TEMPLATES: Final = {
    "a hint that is a map": _with("Type: String, TextArea: {a: 1}"),
    "a hint that is a list": _with("Type: String, ReadOnly: [1]"),
    "a need that is a map": _with("Type: String, Required: {a: 1}"),
    "a hint of a hint": _with("Type: String, AssociationProperty: [1], Placeholder: {a: 1}"),
    "labels of lists": _with("Type: String, Label: {en: 1, zh-cn: [2]}, Description: {a: {b: c}}"),
    "a pattern without end": _with(f"Type: String, AllowedPattern: '{'(' * 400}a{')' * 400}'"),
    "a pattern that counts": _with("Type: String, AllowedPattern: 'a{99999999999999999999}'"),
    "a pattern that never ends": _with("Type: String, AllowedPattern: '(a|a|aa)+$'"),
    "numbers beyond all bounds": _with("Type: Number, MinValue: -1.0e+308, MaxValue: 1.0e+308"),
    "a number of many digits": _with(f"Type: Number, MaxValue: {'9' * 400}"),
    "values of every type": _with("Type: String, AllowedValues: [1, {a: 1}, null, true, [2]]"),
    "a name that is markup": _PLAIN.replace("  Name:", "  'a b\"<x>': {Type: String}\n  Name:"),
    "groups that are none": _PLAIN
    + "Metadata: {'ALIYUN::ROS::Interface': {ParameterGroups: [3, {Parameters: [[1]]}], Hidden: 1}}",
    "an interface that is none": _PLAIN + "Metadata: [1]\n",
    "aliases of aliases": _ANCHORS,
    "halves of characters": json.dumps({"ROSTemplateFormatVersion": "\ud800", "Resources": {}}),
    "one line": "a: " + "x" * 300_000,
    "deeper than anybody reads": "- " * 100_000,
    "a program that never ends": _PLAIN
    + "Outputs: {X: {Value: {'Fn::Jq': [First, 'range(1e12)', {}]}}}\n",
    "a million copies": _PLAIN.replace("!Length {Ref: Regions}", "1000000"),
}
_FIELDS: Final = {
    "half a character": {"p.Regions": r'["\ud800"]'},
    "half a character in a key": {"p.Regions": r'{"\udfff": 1}'},
    "a number of many digits": {"p.Regions": f"[{'9' * 5_000}]"},
    "no numbers": {"p.Regions": "[NaN, 1e999]"},
    "depth": {"p.Regions": "[" * 20_000},
    "characters that turn": {"p.Name": "a\x07\x1b[31m\u202e\ufeff"},
    "tags that are none": {"tags": "\n".join(f"k{n}" for n in range(20_000))},
    "a name as long as a book": {"name": "x" * 100_000},
    "a region that is a path": {"region": "../'\"><x"},
    "digits of others": {"minutes": "²"},
    "choices that are none": {"step": "<x>", "on_failure": "<x>"},
}
_FILES: Final = {
    "bytes of no text": ("a.yml", b"\xff\xfe\x00a: \xc3"),
    "a zero": ("a.yml", b"a: \0b"),
    "an archive": ("a.zip", b"PK\x03\x04" + bytes(range(256)) * 20),
    "UTF-16": ("a.yml", _PLAIN.encode("utf-16")),
    "a mark at its start": ("a.yml", b"\xef\xbb\xbf" + FAN_OUT),
    "line ends of two": ("a.yml", FAN_OUT.replace(b"\n", b"\r\n")),
    "a name that leads out": ("../../`x`;$(y) \u202e\n.yml", FAN_OUT),
}
_WISHES: Final = {
    "regions without end": {"others": ",".join(f"r{n}" for n in range(20_000))},
    "regions that are none": {"others": ",".join(f"r{n}" for n in range(400))},
    "accounts without end": {"accounts": ",".join(f"a{n}" for n in range(20_000))},
    "braces that reach in": {"name": "{name.__class__}{0}{id!r:>99999999}"},
    "an image that is none": {"image": "<x>\u202e"},
}


def _size(fields: dict[str, str]) -> int:
    return sum(map(len, fields.values()))


async def _tried(browser: Browser) -> dict[str, tuple[int, Reply]]:
    base = {"name": "hostile", "region": "cn-hangzhou", "template": _PLAIN, "step": "propose"}
    wish = {"image": "m-golden0000000000001", "from": "cn-hangzhou", "to": "cn-beijing"}
    given = {"p.A": "a" * 60 + "!"}
    forms: dict[str, tuple[str, dict[str, str]]] = {}
    for name, template in _TEMPLATES.items():
        for step in ("fields", "propose"):
            fields = {**base, **given, "template": template, "step": step}
            forms[f"{name}, {step}"] = "/console/create", fields
    forms |= {name: ("/console/create", base | more) for name, more in _FIELDS.items()}
    forms |= {name: ("/console/distribute", wish | more) for name, more in _WISHES.items()}
    tried = {
        name: (
            _size(fields),
            await browser.send_pairs(path, list(fields.items()), follow=False),
        )
        for name, (path, fields) in forms.items()
    }
    for name, file in _FILES.items():
        pairs = [("name", "hostile"), ("region", "cn-hangzhou"), ("step", "fields")]
        tried[name] = (
            len(file[1]),
            await browser.send_pairs("/console/create", pairs, {"file": file}, follow=False),
        )
    return tried


def test_nothing_that_is_sent_breaks_a_page(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            for name, (size, reply) in (await _tried(browser)).items():
                assert reply.status in {200, 303, 400, 413}, (name, reply.status)
                # What was sent stands in the page again, in its field and in command lines, escaped.
                assert len(reply.body) < 60_000 + 8 * size, (name, len(reply.body), size)
                assert "<x>" not in reply.source, name
            assert "internal" not in {one.refusal for one in browser.told}

    run_virtually(main())


def test_a_stack_with_hints_of_any_type_is_shown(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            template = _with("Type: String, TextArea: {a: 1}, ReadOnly: [1], Default: ''")
            stack = await deployed(browser, template=template.encode())
            for below in ("parameters", "update", "template", "outputs"):
                page = await browser.get(f"/console/stacks/{stack.stack_id}/{below}")
                assert page.status == 200, below

    run_virtually(main())
