"""Inputs 1 to 41: templates that are wrong, odd, or out to do harm."""

from __future__ import annotations

from typing import Final

from tests.templates.front_door import CLOUDFORMATION, ROS, Bad, in_language

ONLY_ROS: Final = (ROS,)
ONLY_CLOUDFORMATION: Final = (CLOUDFORMATION,)

COPY: Final = """\
<version>
Resources:
  Copy:
    Type: <type>
    Properties:
      <image>: m-golden0000000000001
      <region>: <elsewhere>
"""
"""What is right, in seven lines: what is added begins on line 8."""


def copy(*properties: str, more: str = "") -> str:
    """The right template with more properties from line 8, and more sections after them."""
    return COPY + "".join(f"      {one}\n" for one in properties) + more


def pair(first: str, second: str) -> str:
    """Two copies; a text with a colon is an attribute, any other the image."""
    lines = "<version>\nResources:\n"
    for name, given in (("A", first), ("B", second)):
        attribute = f"    {given}\n" if given.startswith("DependsOn:") else ""
        image = "m-golden0000000000001" if attribute else given
        lines += f"  {name}:\n    Type: <type>\n{attribute}    Properties:\n"
        lines += f"      <region>: <elsewhere>\n      <image>: {image}\n"
    return lines


ONE_LINE: Final = (
    "{Type: '<type>', Properties: {<image>: m-golden0000000000001, <region>: <elsewhere>}}"
)


def many(number: int) -> str:
    """That many copies, one a line."""
    return "<version>\nResources:\n" + "".join(f"  C{n}: {ONE_LINE}\n" for n in range(number))


def grown(language: str, size: int) -> str:
    """The right template of exactly so many bytes."""
    text = in_language(COPY, language)
    return text + "#" + "x" * (size - len(text) - 2) + "\n"


def bomb(levels: int) -> str:
    """Aliases that each repeat the one before ten times."""
    lines = ["Metadata:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)
    ]  # fmt: skip
    return COPY + "\n".join(lines) + "\n"


def nested(depth: int) -> str:
    """A function inside itself, that deep."""
    return '{"Fn::Join": ["", [' * depth + '"ab"' + "]]}" * depth


def counted(count: str) -> str:
    """The right template with a Count, on line 5."""
    return COPY.replace("    Prop", f"    Count: {count}\n    Prop")


def logical(name: str) -> str:
    """The right template with another logical id."""
    return COPY.replace("  Copy:", f"  {name}:")


PATTERN: Final = "Parameters:\n  P: {Type: String, AllowedPattern: '%s'}\n"
HUNDRED_THOUSAND: Final = "x" * 100_000

CASES: Final[tuple[Bad, ...]] = (
    Bad(1, "alias bomb", bomb(9), ("13 IF108",)),
    Bad(1, "alias of itself", COPY + "Metadata: &a [*a]\n", ("8 IF110",)),
    Bad(2, "deep YAML", COPY + "Metadata: " + "[" * 100_000 + "]" * 100_000, ("8 IF107",)),
    Bad(2, "deep JSON", '{"Metadata": ' + "[" * 100_000 + "]" * 100_000 + "}", ("1 IF107",),
        suffix="json"),
    Bad(3, "a gigabyte", COPY, ("1 IF101",), grows_to=1 << 30),
    Bad(4, "512 KiB and one byte", grown(ROS, 512 * 1024 + 1), ("1 IF190 warning",), ONLY_ROS),
    Bad(4, "1 MB and one byte", grown(CLOUDFORMATION, 1024 * 1024 + 1), ("1 IF190 warning",),
        ONLY_CLOUDFORMATION),
    Bad(5, "301 resources", many(301), ("2 IF191 warning",), ONLY_ROS, creates=301),
    Bad(5, "501 resources", many(501), ("1 IF190 warning", "2 IF191 warning"), ONLY_CLOUDFORMATION, creates=501),
    Bad(5, "301 by Count", counted("301"), ("3 IF191 warning",), ONLY_ROS, creates=301, needs_plan=True),
    Bad(6, "cycle of Ref", pair("!Ref B", "!Ref A"), ("7 IF206",), says="A -> B -> A"),
    Bad(7, "cycle of GetAtt", pair("!GetAtt B.<id>", "!GetAtt A.<id>"), ("7 IF206",),
        says="A -> B -> A"),
    Bad(8, "cycle of DependsOn", pair("DependsOn: B", "DependsOn: A"), ("5 IF206",),
        says="A -> B -> A"),
    Bad(9, "cycle of conditions",
        copy(more="Conditions:\n  A: !Not [{Condition: B}]\n  B: !Not [{Condition: A}]\n"), ("9 IF207",), says="A -> B -> A"),
    Bad(9, "condition of itself", copy(more="Conditions:\n  A: !Not [{Condition: A}]\n"),
        ("9 IF207",)),
    Bad(10, "reference to itself", copy("<name>: !Ref Copy"), ("8 IF208",)),
    Bad(10, "attribute of itself", copy("<name>: !GetAtt Copy.<id>"), ("8 IF208",)),
    Bad(10, "depends on itself", COPY.replace("    Prop", "    DependsOn: Copy\n    Prop"),
        ("5 IF208",)),
    Bad(11, "duplicate key", copy("<image>: m-other"), ("8 IF120 warning",)),
    Bad(11, "duplicate key in JSON",
        '{"ROSTemplateFormatVersion": "2015-09-01",\n "Resources": {},\n "Resources": {}}',
        ("3 IF120 warning",), ONLY_ROS, suffix="json", creates=0),
    Bad(12, "merge key in ROS", copy("<<: *more").replace(
        "Resources:", "Metadata: {x: &more {<name>: carried}}\nResources:"), (), ONLY_ROS),
    Bad(12, "merge key in CloudFormation", copy("<<: *more").replace(
        "Resources:", "Metadata: {x: &more {<name>: carried}}\nResources:"),
        ("9 IF123 warning",), ONLY_CLOUDFORMATION),
    Bad(12, "merge of a text", copy("<<: text"), ("8 IF115",)),
    Bad(12, "alias without an anchor", copy("<name>: *nobody"), ("8 IF110",)),
    Bad(13, "a number as key", copy("1: x"), ("8 IF501",)),
    Bad(13, "a boolean as key", copy("yes: x"), ("8 IF122 warning", "8 IF501")),
    Bad(13, "null as key", copy("null: x"), ("8 IF114",)),
    Bad(13, "a list as key", copy("[a]: x"), ("8 IF114",)),
    Bad(14, "a version without quotes", COPY.replace("<version>", "<bare version>")),
    Bad(14, "another date", COPY.replace("<version>", "ROSTemplateFormatVersion: 2015-09-02"),
        ("1 IF132",), ONLY_ROS),
    Bad(14, "another version", COPY.replace("<version>", "AWSTemplateFormatVersion: 2010-09-10"),
        ("1 IF132",), ONLY_CLOUDFORMATION),
    Bad(15, "yes for a Boolean", copy("Encrypted: yes")),
    Bad(15, "Norway as a region", COPY.replace("<elsewhere>", "no"),
        ("7 IF522", "7 IF122 warning"), says="yes, no, on and off"),
    Bad(15, "Norway as a name", copy("<name>: no"), ("8 IF122 warning",)),
    Bad(15, "on for a default", copy(more="Parameters:\n  P: {Type: String, Default: on}\n"),
        ("9 IF122 warning",)),
    Bad(16, "NaN", copy("<description>: .nan"), ("8 IF112",)),
    Bad(16, "Infinity", copy("<description>: -.inf"), ("8 IF112",)),
    Bad(16, "NaN in JSON", '{"Resources": {},\n "Metadata": NaN}', ("2 IF112",), suffix="json"),
    Bad(16, "1e999 in JSON", '{"Resources": {},\n "Metadata": 1e999}', ("2 IF112",),
        suffix="json"),
    Bad(16, "1e999 is text in YAML", copy("<description>: 1e999")),
    Bad(16, "octal", copy("<description>: 0777"), ("8 IF121 warning",), says="511"),
    Bad(16, "hexadecimal", copy("<description>: 0x10"), ("8 IF121 warning",), says="16"),
    Bad(16, "a line in a number", copy("<description>: 1_000"), ("8 IF121 warning",), says="1000"),
    Bad(16, "sixties", copy("<description>: 10:30"), ("8 IF121 warning",), says="630"),
    Bad(17, "UTF-16", in_language(COPY, ROS).encode("utf-16"), ("1 IF103",), says="UTF-16"),
    Bad(17, "UTF-8 with a mark", b"\xef\xbb\xbf" + in_language(COPY, ROS).encode(), (), ONLY_ROS),
    Bad(17, "Latin-1", (in_language(COPY, ROS) + "Description: caf\xe9\n").encode("latin-1"),
        ("8 IF103",), says="0xE9"),
    Bad(17, "half a surrogate pair", COPY + "Description: a\ud800b\n", ("8 IF103",)),
    Bad(17, "half a surrogate pair as an escape", copy('<description>: "a\\ud800b"'), ("8 IF105",)),
    Bad(17, "NUL", COPY + "Description: a\x00b\n", ("8 IF104",)),
    Bad(18, "tabs", COPY + "\t<name>: carried\n", ("8 IF105",), says="tab"),
    Bad(19, "two documents", COPY + "---\na: b\n", ("8 IF109",)),
    Bad(20, "a tag that constructs", COPY + "Metadata: !!python/object/apply:os.system [id]\n",
        ("8 IF111",), says="nothing is constructed"),
    Bad(20, "bytes", copy("<name>: !!binary aGk="), ("8 IF111",)),
    Bad(21, "an unknown short tag", copy("<name>: !Reff Copy"), ("8 IF170",), says="'!Ref'"),
    Bad(22, "an empty file", "", ("1 IF102",)),
    Bad(22, "only a comment", "# nothing yet\n", ("1 IF102",)),
    Bad(22, "null", "null", ("1 IF113",)),
    Bad(22, "a list", "- a\n", ("1 IF113",)),
    Bad(22, "a text", "template", ("1 IF113",)),
    Bad(22, "an empty map", "{}", ("1 IF130",)),
    Bad(23, "both version keys", copy(more="AWSTemplateFormatVersion: '2010-09-09'\n"),
        ("8 IF131",), ONLY_ROS),
    Bad(23, "both version keys the other way",
        copy(more="ROSTemplateFormatVersion: '2015-09-01'\n"), ("8 IF131",), ONLY_CLOUDFORMATION),
    Bad(24, "an unknown section", copy(more="Resorces: {}\n"), ("8 IF133",), says="'Resources'"),
    Bad(25, "an unknown type", COPY.replace("<type>", "Custom::Ferry"), ("4 IF509",),
        says="imageferry types"),
    Bad(25, "nearly a type", COPY.replace("<type>", "<type>s"), ("4 IF509",), says="did you mean"),
    Bad(25, "a type of CloudFormation", COPY.replace("<type>", "TF::Alicloud::ImageCopy"),
        ("4 IF509", "3 IF502", "3 IF502", "6 IF501", "7 IF501"), ONLY_ROS, says="cloudformation templates"),
    Bad(25, "a type of ROS", COPY.replace("<type>", "ALIYUN::ECS::CopyImage"),
        ("4 IF509", "3 IF502", "3 IF502", "6 IF501"), ONLY_CLOUDFORMATION,
        says="ros templates"),
    Bad(26, "an unknown property", copy("Colour: red"), ("8 IF501",), says="known are"),
    Bad(26, "nearly a property", copy("<name>s: carried"), ("8 IF501",), says="did you mean"),
    Bad(26, "a property left out", COPY.replace("      <image>: m-golden0000000000001\n", ""),
        ("3 IF502",), says="is required"),
    Bad(27, "a list for a text", copy("<name>: [a]"), ("8 IF503",), says="not a list"),
    Bad(27, "a map for a text", copy("<name>: {a: b}"), ("8 IF503",), says="not a map"),
    Bad(27, "a text for a list", copy("<tags>: a"), ("8 IF503",), says="must be a list"),
    Bad(27, "a text for a map", copy("Timeouts: 10m"), ("8 IF503",), ONLY_CLOUDFORMATION,
        says="must be a map"),
    Bad(28, "Ref to nothing", copy("<name>: !Ref Nobody"), ("8 IF201",)),
    Bad(28, "nearly a parameter", copy(
        "<name>: !Ref Nmae", more="Parameters:\n  Name: {Type: String, Default: carried}\n"),
        ("8 IF201",), says="did you mean 'Name'?"),
    Bad(28, "Sub of nothing", copy("<name>: !Sub 'a-${Nobody}'"), ("8 IF201",)),
    Bad(29, "an unknown attribute", copy(more="Outputs:\n  X: {Value: !GetAtt Copy.<id>s}\n"),
        ("9 IF203",), says="did you mean"),
    Bad(29, "an attribute of nothing", copy(more="Outputs:\n  X: {Value: !GetAtt Cpy.<id>}\n"),
        ("9 IF202",), says="did you mean 'Copy'?"),
    Bad(30, "Sub not closed", copy("<name>: !Sub 'a-${AWS'"), ("8 IF172",), ONLY_ROS),
    Bad(30, "Sub not closed, which stays", copy("<description>: !Sub 'a-${AWS'"),
        ("8 IF172 warning",), ONLY_CLOUDFORMATION, creates=1),
    Bad(30, "Sub without a name", copy("<name>: !Sub 'a-${}'"), ("8 IF172",)),
    Bad(31, "Count below zero", counted("-1"), ("5 IF312",), ONLY_ROS, says="'-1'"),
    Bad(31, "Count of zero", counted("0"), (), ONLY_ROS, creates=0),
    Bad(31, "Count of a milliard", counted("1000000000"), ("5 IF313",), ONLY_ROS),
    Bad(31, "Count of a word", counted("many"), ("5 IF312",), ONLY_ROS, says="'many'"),
    Bad(31, "Count of a numeral", counted("'3'"), (), ONLY_ROS, creates=3),
    Bad(31, "Count of a half", counted("2.5"), ("5 IF312",), ONLY_ROS, says="'2.5'"),
    Bad(31, "Count of a boolean", counted("yes"), ("5 IF312",), ONLY_ROS, says="is true"),
    Bad(31, "Count of a list", counted("[3]"), ("5 IF312",), ONLY_ROS, says="a list"),
    Bad(31, "Count in CloudFormation", counted("2"), ("5 IF143",), ONLY_CLOUDFORMATION),
    Bad(32, "jq without end", copy("<name>: {'Fn::Jq': [First, 'def f: f; f', {a: 1}]}"),
        ("8 IF308",), ONLY_ROS, says="longer than 1 s"),
    Bad(32, "jq that eats memory",
        copy("<name>: {'Fn::Jq': [First, '[range(1e9)] | length', {a: 1}]}"),
        ("8 IF308",), ONLY_ROS),
    Bad(32, "jq that reads a file",
        copy("<name>: {'Fn::Jq': [First, 'import \"/etc/passwd\" as $x; .', {a: 1}]}"),
        ("8 IF307",), ONLY_ROS),
    Bad(32, "jq that reads the environment",
        copy("<name>: {'Fn::Jq': [First, '$ENV.HOME', {a: 1}]}"), ("8 IF307",), ONLY_ROS),
    Bad(33, "a pattern that explodes", copy(more=PATTERN % "(a+)+$"), ("9 IF405",),
        parameters=("P=" + "a" * 40 + "!",)),
    Bad(33, "one that no quick engine reads", copy(more=PATTERN % "(?=a)(a|aa)+$"), ("9 IF409",),
        parameters=("P=" + "a" * 60 + "!",), says="longer than 1 s"),
    Bad(33, "a pattern that is none", copy(more=PATTERN % "(a"), ("9 IF409",), parameters=("P=a",)),
    Bad(34, "functions 1,000 deep", copy(f"<name>: {nested(1_000)}"), ("8 IF107",)),
    Bad(34, "functions 30 deep", copy(f"<name>: {nested(30)}"), ("8 IF192 warning",), ONLY_ROS),
    Bad(35, "a text that grows tenfold twice", copy(
        "<description>: !Join ['', [" + ", ".join(["!Sub '" + "${P}" * 10 + "'"] * 10) + "]]",
        more="Parameters:\n  P: {Type: String}\n"),
        ("8 IF306",), ONLY_ROS, parameters=(f"P={HUNDRED_THOUSAND}",)),
    Bad(35, "a text that grows tenfold twice, of a value that is long itself", copy(
        "<description>: !Join ['', [" + ", ".join(["!Sub '" + "${P}" * 10 + "'"] * 10) + "]]",
        more="Parameters:\n  P: {Type: String}\n"),
        ("8 IF306", "10 IF193 warning"), ONLY_CLOUDFORMATION, parameters=(f"P={HUNDRED_THOUSAND}",)),
    Bad(36, "a condition of what exists later",
        copy(more="Conditions:\n  C: !Equals [!GetAtt Copy.<id>, m-1]\n"), ("9 IF315",),
        says="use a parameter"),
    Bad(37, "a blank in a logical id", logical("My Copy"), ("3 IF140",), ONLY_CLOUDFORMATION),
    Bad(37, "a picture", logical("\U0001f600"), ("3 IF140",), ONLY_CLOUDFORMATION),
    Bad(37, "__proto__", logical("__proto__"), ("3 IF140",), ONLY_CLOUDFORMATION),
    *(
        Bad(37, f"{name} in ROS", logical(name), (), ONLY_ROS)
        for name in ("My Copy", "\U0001f600", "__proto__")
    ),
    Bad(37, "10,000 characters", logical("C" * 10_000), ("3 IF105",)),
    Bad(37, "10,000 characters in JSON",
        '{"ROSTemplateFormatVersion": "2015-09-01",\n "Resources": {"%s": {}}}' % ("C" * 10_000),
        ("2 IF140", "2 IF144"), ONLY_ROS, suffix="json"),
    Bad(37, "a slash", logical("a/b"), ("3 IF140",)),
    Bad(37, "no character at all", logical("''"), ("3 IF140",)),
    Bad(37, "a control character", logical('"a\\u0007b"'), ("3 IF140",)),
    Bad(38, "told apart by case",
        "<version>\nResources:\n  Copy: " + ONE_LINE + "\n  copy: " + ONE_LINE + "\n",
        ("4 IF142 warning",), creates=2),
    Bad(39, "a transform", copy(more="Transform: AWS::Serverless-2016-10-31\n"), ("8 IF134",),
        ONLY_CLOUDFORMATION),
    Bad(39, "a transform in ROS", copy(more="Transform: Aliyun::Serverless-2018-04-03\n"),
        ("8 IF134",), ONLY_ROS),
    Bad(39, "a transform of the other language",
        copy(more="Transform: AWS::Serverless-2016-10-31\n"), ("8 IF152",), ONLY_ROS),
    Bad(39, "a macro as a function", copy("<name>: {'Fn::Transform': {Name: M}}"), ("8 IF178",),
        ONLY_CLOUDFORMATION),
    Bad(39, "a macro as a function in ROS", copy("<name>: {'Fn::Transform': {Name: M}}"),
        ("8 IF170",), ONLY_ROS),
    Bad(40, "a comment in JSON", '{"Resources": {}, // none\n "Outputs": {}}', ("1 IF106",),
        suffix="json", says="comment"),
    Bad(40, "a trailing comma", '{"Resources": {},\n}', ("1 IF106",), suffix="json",
        says="remove the last ','"),
    Bad(41, "one name for two", copy(more="Parameters:\n  Copy: {Type: String}\n"), ("3 IF141",),
        parameters=("Copy=x",)),
)  # fmt: skip
