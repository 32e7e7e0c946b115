"""Templates in neither language, drawn by hypothesis and written in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

from tests.properties.dumping import Tagged

ROS: Final = "ros"
CLOUDFORMATION: Final = "cloudformation"
LANGUAGES: Final = (ROS, CLOUDFORMATION)


@dataclass(frozen=True, slots=True)
class Asked:
    """A function by its canonical name, with its argument."""

    function: str
    argument: Any


@dataclass(frozen=True, slots=True)
class Sketch:
    """A template in neither language: what its sections hold, with `Asked` for functions."""

    parameters: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    outputs: Mapping[str, Any]
    counts: Mapping[str, Any] = field(default_factory=dict)


_WRITTEN: Final[Mapping[str, tuple[str, str]]] = {
    "ref": ("Ref", "Ref"),
    "get_att": ("Fn::GetAtt", "Fn::GetAtt"),
    "sub": ("Fn::Sub", "Fn::Sub"),
    "join": ("Fn::Join", "Fn::Join"),
    "split": ("Fn::Split", "Fn::Split"),
    "select": ("Fn::Select", "Fn::Select"),
    "find_in_map": ("Fn::FindInMap", "Fn::FindInMap"),
    "base64_encode": ("Fn::Base64Encode", "Fn::Base64"),
    "if": ("Fn::If", "Fn::If"),
    "equals": ("Fn::Equals", "Fn::Equals"),
    "and": ("Fn::And", "Fn::And"),
    "or": ("Fn::Or", "Fn::Or"),
    "not": ("Fn::Not", "Fn::Not"),
    "length": ("Fn::Length", "Fn::Length"),
}
_PSEUDO: Final = ("Region", "StackName", "StackId", "AccountId")
_NAMES: Final = st.from_regex(r"[A-Z][a-z]{1,5}[0-9]", fullmatch=True)
_PROSE: Final = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="${}"), max_size=12
)
WORDS: Final = st.one_of(
    st.sampled_from(
        ["", " ", "yes", "null", "0777", "1e3", "10:30", "- a", "a: b", "#", "2015-09-01"]
    ),
    _PROSE,
)


@dataclass(frozen=True, slots=True)
class _Names:
    """What an expression may mention."""

    texts: tuple[str, ...]
    lists: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]


def _texts(names: _Names, *, early: bool = False) -> st.SearchStrategy[Any]:
    """Expressions that give text; `early` ones mention nothing that exists later."""
    plain: list[st.SearchStrategy[Any]] = [
        WORDS,
        st.sampled_from(_PSEUDO).map(lambda name: Asked("pseudo", name)),
    ]
    if names.texts:
        plain.append(st.sampled_from(names.texts).map(lambda name: Asked("ref", name)))
    if early:
        return st.one_of(plain)
    plain += [_substituted(names)]
    if names.lists:
        listed = st.sampled_from(names.lists).map(lambda name: Asked("ref", name))
        plain.append(listed.map(lambda one: Asked("join", ["-", one])))
    if names.rows:
        plain.append(
            st.sampled_from(names.rows).map(lambda row: Asked("find_in_map", ["Map", *row]))
        )
    if names.resources:
        plain.append(st.sampled_from(names.resources).map(lambda name: Asked("ref", name)))
        plain.append(st.sampled_from(names.resources).map(lambda r: Asked("get_att", [r, "Id"])))
    return st.recursive(st.one_of(plain), lambda inner: _nested(names, inner), max_leaves=6)


def _nested(names: _Names, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    shapes = [
        several.map(lambda parts: Asked("join", ["-", parts])),
        several.map(lambda parts: Asked("select", [len(parts) - 1, parts])),
        inner.map(lambda part: Asked("base64_encode", part)),
        inner.map(lambda part: Asked("select", [0, Asked("split", [",", part])])),
    ]
    if names.conditions:
        choice = st.tuples(st.sampled_from(names.conditions), inner, inner)
        shapes.append(choice.map(lambda parts: Asked("if", list(parts))))
    return st.one_of(shapes)


def _substituted(names: _Names) -> st.SearchStrategy[Any]:
    mentioned = [f"${{{name}}}" for name in (*names.texts, *names.resources)]
    mentioned += [f"${{<{name}>}}" for name in _PSEUDO] + ["${!Kept}"]
    parts = st.lists(st.one_of(st.sampled_from(mentioned), _PROSE), max_size=4)
    return parts.map(lambda found: Asked("sub", "".join(found)))


def _truths(names: _Names) -> st.SearchStrategy[Any]:
    early = _texts(names, early=True)
    equal = st.tuples(early, early).map(lambda pair: Asked("equals", list(pair)))
    leaves = [equal]
    if names.conditions:
        leaves.append(st.sampled_from(names.conditions).map(lambda name: Asked("condition", name)))
    several = st.one_of(leaves)
    return st.one_of(
        several,
        several.map(lambda one: Asked("not", one)),
        st.lists(several, min_size=2, max_size=3).map(lambda found: Asked("and", found)),
        st.lists(several, min_size=2, max_size=3).map(lambda found: Asked("or", found)),
    )


@st.composite
def sketches(draw: st.DrawFn, *, counted: bool = False) -> Sketch:
    """A template of things: right in both languages, whatever is drawn (Count is ROS's alone)."""
    listed = draw(st.lists(_NAMES, unique_by=str.casefold, min_size=6, max_size=10))
    texts, lists, conditions = tuple(listed[:2]), (listed[2],), tuple(listed[3:5])
    logical_ids = listed[5:]
    parameters: dict[str, Any] = {}
    for name in texts:
        parameters[name] = {"Type": "String", "Default": draw(WORDS), "Description": draw(_PROSE)}
        if draw(st.booleans()):
            parameters[name]["AllowedValues"] = [parameters[name]["Default"], "other"]
        if draw(st.booleans()):
            parameters[name]["MaxLength"] = draw(st.integers(20, 90))
    parameters[lists[0]] = {"Type": "CommaDelimitedList", "Default": "a,b,c"}
    rows = tuple((f"r{n}", f"k{n}") for n in range(draw(st.integers(0, 2))))
    mappings = {"Map": {row: {key: draw(WORDS)} for row, key in rows}} if rows else {}
    truths: dict[str, Any] = {}
    for name in conditions:
        truths[name] = draw(_truths(_Names(texts, lists, (), tuple(truths), rows)))
    resources: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    single: tuple[str, ...] = ()
    for name in logical_ids:
        names = _Names(texts, lists, single, conditions, rows)
        attributes: dict[str, Any] = {"Properties": draw(_properties(names))}
        if single and draw(st.booleans()):
            attributes["DependsOn"] = draw(st.sampled_from(single))
        if draw(st.booleans()):
            attributes["DeletionPolicy"] = draw(st.sampled_from(["Delete", "Retain"]))
        resources[name] = attributes
        if counted and draw(st.integers(0, 3)) == 0:
            listing = Asked("ref", lists[0])
            counts[name] = draw(st.sampled_from([0, 1, 3, Asked("length", listing)]))
        elif draw(st.integers(0, 3)) == 0:
            attributes["Condition"] = draw(st.sampled_from(conditions))
        else:
            single = (*single, name)
    names = _Names(texts, lists, single, conditions, rows)
    outputs = {f"Out{n}": draw(_texts(names)) for n in range(draw(st.integers(0, 2)))}
    return Sketch(parameters, mappings, truths, resources, outputs, counts)


@st.composite
def _properties(draw: st.DrawFn, names: _Names) -> dict[str, Any]:
    texts = _texts(names)
    properties: dict[str, Any] = {"Name": draw(texts)}
    if draw(st.booleans()):
        properties["Size"] = draw(st.integers(-5, 10**12))
    if draw(st.booleans()):
        properties["Material"] = draw(st.one_of(texts, st.just(Asked("pseudo", "NoValue"))))
    if draw(st.booleans()):
        properties["Parts"] = draw(st.lists(texts, max_size=3))
    return properties


def written(sketch: Sketch, language: str, *, short: bool = False) -> dict[str, Any]:
    """The sketch as the tree of a template in a language; `short` has tags, for YAML only."""
    side = LANGUAGES.index(language)
    prefix = ("ALIYUN::", "AWS::")[side]

    def shown(part: Any) -> Any:
        match part:
            case Asked(function="pseudo", argument=name):
                return call("Ref", prefix + name)
            case Asked(function="sub", argument=text):
                return call("Fn::Sub", text.replace("${<", "${" + prefix).replace(">}", "}"))
            case Asked(function="condition", argument=name):
                return {"Condition": name}
            case Asked(function="not", argument=inner):
                return call("Fn::Not", [shown(inner)] if side else shown(inner))
            case Asked(function=function, argument=argument):
                return call(_WRITTEN[function][side], shown(argument))
            case dict():
                return {key: shown(value) for key, value in part.items()}
            case list():
                return [shown(value) for value in part]
            case _:
                return part

    def call(function: str, argument: Any) -> Any:
        if short and not isinstance(argument, (Tagged, dict)):
            return Tagged("!" + function.removeprefix("Fn::"), argument)
        return {function: argument}

    type_name = ("ALIYUN::TEST::Thing", "TF::Test::Thing")[side]
    resources = {
        name: {
            "Type": type_name,
            **({"Count": shown(sketch.counts[name])} if name in sketch.counts else {}),
            **{key: shown(value) for key, value in attributes.items()},
        }
        for name, attributes in sketch.resources.items()
    }
    return {
        ("ROSTemplateFormatVersion", "AWSTemplateFormatVersion")[side]: (
            "2015-09-01",
            "2010-09-09",
        )[side],
        "Parameters": dict(sketch.parameters),
        "Mappings": dict(sketch.mappings),
        "Conditions": {name: shown(truth) for name, truth in sketch.conditions.items()},
        "Resources": resources,
        "Outputs": {name: {"Value": shown(value)} for name, value in sketch.outputs.items()},
    }
