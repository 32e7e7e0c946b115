"""Inputs 42 to 59: parameters and property values that are wrong or odd; and 85, secrets in names."""

from __future__ import annotations

from typing import Final

from tests.templates.bad_templates import COPY, ONLY_CLOUDFORMATION, ONLY_ROS, copy
from tests.templates.front_door import Bad

FAN_OUT: Final = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Count: {Fn::Length: {Ref: Regions}}
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: {Fn::Select: [{Ref: ALIYUN::Index}, {Ref: Regions}]}
Parameters:
  Regions: {Type: %s}
"""
LISTED: Final = FAN_OUT % "CommaDelimitedList"
AS_JSON: Final = FAN_OUT % "Json"


def parameter(declared: str, *properties: str) -> str:
    """The right template with a parameter P; without properties it stands on line 9."""
    return copy(*properties, more=f"Parameters:\n  P: {declared}\n")


def tags(*pairs: tuple[str, str]) -> str:
    """The right template with tags, all on line 8."""
    entries = [f"{{<tag key>: '{key}', <tag value>: '{value}'}}" for key, value in pairs]
    return copy(f"<tags>: [{', '.join(entries)}]")


def numbered(number: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"key-{n}", "value") for n in range(number))


def region(text: str) -> str:
    """The right template with another other region, on line 7."""
    return COPY.replace("<elsewhere>", text)


def limit(text: str) -> str:
    """The right template with a time limit, on line 8."""
    return copy(f"Timeouts: {{Create: {text}}}")


CASES: Final[tuple[Bad, ...]] = (
    Bad(42, "missing", parameter("{Type: String}"), ("9 IF401",), needs_plan=True, says="-p P="),
    Bad(43, "extra", parameter("{Type: String}"), ("0 IF402",), parameters=("P=a", "Q=b"),
        says="its parameters are P"),
    Bad(43, "nearly one", copy(more="Parameters:\n  Regions: {Type: String, Default: a}\n"),
        ("0 IF402",), parameters=("Region=b",), says="did you mean 'Regions'?"),
    Bad(43, "extra where there are none", COPY, ("0 IF402",), parameters=("P=a",)),
    Bad(44, "a word for a number", parameter("{Type: Number}"), ("9 IF403",), parameters=("P=ten",),
        says="decimal digits"),
    Bad(44, "a word for a boolean", parameter("{Type: Boolean}"), ("9 IF403",), ONLY_ROS,
        parameters=("P=maybe",), says="true or false"),
    Bad(44, "a word for JSON", parameter("{Type: Json}"), ("9 IF403",), ONLY_ROS,
        parameters=("P=cn-beijing",), says="JSON text"),
    Bad(44, "a word among numbers", parameter("{Type: List<Number>}"), ("9 IF403",),
        ONLY_CLOUDFORMATION, parameters=("P=1,two",), says="'two'"),
    Bad(44, "a default of the wrong type", parameter("{Type: Number, Default: ten}"),
        ("9 IF403",)),
    Bad(44, "none of those allowed", parameter("{Type: String, AllowedValues: [a, b]}"),
        ("9 IF404",), parameters=("P=c",), says="'a', 'b'"),
    Bad(44, "too short", parameter("{Type: String, MinLength: 3}"), ("9 IF406",),
        parameters=("P=ab",)),
    Bad(44, "too large", parameter("{Type: Number, MaxValue: 3}"), ("9 IF407",),
        parameters=("P=4",)),
    Bad(45, "NoEcho with a default", parameter("{Type: String, NoEcho: true, Default: hush}"),
        ("9 IF408 warning",)),
    Bad(46, "an item left out", parameter("{Type: CommaDelimitedList}"), ("9 IF410 warning",),
        parameters=("P=cn-beijing,,cn-shanghai",)),
    Bad(46, "a comma at the end", parameter("{Type: CommaDelimitedList}"), ("9 IF410 warning",),
        parameters=("P=cn-beijing,",)),
    Bad(46, "an item left out of the default",
        parameter("{Type: CommaDelimitedList, Default: 'a,,b'}"), ("9 IF410 warning",)),
    Bad(46, "an item left out of a fan-out", LISTED, ("8 IF504", "10 IF410 warning"), ONLY_ROS,
        parameters=("Regions=cn-beijing,,cn-shanghai",), says="may not be empty"),
    Bad(46, "an item left out among numbers", parameter("{Type: List<Number>}"), ("9 IF403",),
        ONLY_CLOUDFORMATION, parameters=("P=1,,2",)),
    Bad(46, "a comma in a value", AS_JSON, ("8 IF522",), ONLY_ROS,
        parameters=('Regions=["cn-beijing,cn-shanghai"]',), says="'cn-beijing,cn-shanghai'"),
    Bad(47, "an image of another cloud", COPY.replace("m-golden0000000000001", "ami-0abc"),
        ("6 IF520",), says="another cloud"),
    Bad(47, "a public image", COPY.replace("m-golden0000000000001", "win2019_x64.vhd"),
        ("6 IF521 warning",)),
    Bad(47, "an image id with a blank", COPY.replace("m-golden0000000000001", "'m-bp1abc '"),
        ("6 IF520",)),
    Bad(48, "a region of another cloud", region("us-west-2"), ("7 IF522",),
        says="did you mean 'us-west-1'?"),
    Bad(48, "a region with a blank", region("'cn-hangzhou '"), ("7 IF522",),
        says="did you mean 'cn-hangzhou'?"),
    Bad(48, "a region in capitals", region("CN-HANGZHOU"), ("7 IF522",),
        says="did you mean 'cn-hangzhou'?"),
    Bad(48, "the name of a city", region("Singapore"), ("7 IF522",),
        says="did you mean 'ap-southeast-1'?"),
    Bad(48, "a region that may be new", region("cn-atlantis"), ("7 IF523 warning",)),
    Bad(48, "a blank after the comma", LISTED, ("8 IF522",), ONLY_ROS,
        parameters=("Regions=cn-beijing, cn-shanghai",), says="Copy[1]"),
    Bad(49, "destination = source", region("<here>"), ("7 IF527",), needs_plan=True,
        says="the same region"),
    Bad(49, "destination = source in a fan-out", LISTED, ("8 IF527",), ONLY_ROS,
        parameters=("Regions=cn-beijing,cn-hangzhou",), says="Copy[1]"),
    Bad(50, "a destination twice", LISTED, ("3 IF510 warning",), ONLY_ROS,
        parameters=("Regions=cn-beijing,cn-shanghai,cn-beijing",),
        says="'Copy[2]' wants the same as 'Copy[0]'", creates=3),
    Bad(51, "no destination", LISTED, (), ONLY_ROS, parameters=("Regions=",), creates=0),
    Bad(51, "no destination as JSON", AS_JSON, (), ONLY_ROS, parameters=("Regions=[]",), creates=0),
    Bad(51, "a number for destinations", AS_JSON, ("5 IF303",), ONLY_ROS,
        parameters=("Regions=3",)),
    *(
        Bad(52, f"a name {what}", copy(f"<name>: {name}"), (f"8 {code}",))
        for what, name, code in (
            ("that is an address", "http://golden", "IF505"),
            ("with a digit first", "1golden", "IF505"),
            ("of the cloud", "acs:golden", "IF524"),
            ("of the company", "aliyun-golden", "IF524"),
            ("of the company in capitals", "Aliyun", "IF524"),
            ("of 129 characters", "g" * 129, "IF504"),
            ("of one character", "g", "IF504"),
            ("of one Chinese character", "金", "IF504"),
            ("with a control character", '"gold\\u0007en"', "IF505"),
            ("that turns the writing round", '"gold\\u202een"', "IF505"),
            ("with a blank at the end", "'golden '", "IF505"),
            ("with a blank inside", "golden image", "IF505"),
            ("with an accent", "g\u00f6lden", "IF505"),
        )
    ),
    Bad(52, "a name of 128 characters", copy(f"<name>: {'g' * 128}")),
    Bad(52, "a Chinese name", copy("<name>: 金色镜像")),
    Bad(52, "an empty name counts as none", copy("<name>: ''")),
    Bad(52, "the old word for a name", copy("Name: golden"), ("8 IF508 warning",),
        ONLY_CLOUDFORMATION),
    Bad(52, "both words and different names", copy("ImageName: silver", "Name: golden"),
        ("9 IF508",), ONLY_CLOUDFORMATION),
    Bad(52, "both words and one name", copy("ImageName: golden", "Name: golden"),
        ("9 IF508 warning",), ONLY_CLOUDFORMATION),
    Bad(52, "a bad name by the old word", copy("Name: 1golden"), ("8 IF505",),
        ONLY_CLOUDFORMATION),
    Bad(53, "a description of one character", copy("<description>: x"), ("8 IF504",)),
    Bad(53, "a description of 257 characters", copy(f"<description>: {'x' * 257}"), ("8 IF504",)),
    Bad(53, "a description that is an address", copy("<description>: https://x"), ("8 IF525",)),
    Bad(53, "a description of 256 characters", copy(f"<description>: {'述' * 256}")),
    Bad(53, "an empty description counts as none", copy("<description>: ''")),
    Bad(54, "21 tags", tags(*numbered(21)), ("8 IF507",), says="at most 20 items, and has 21"),
    Bad(54, "20 tags leave no room for ours", tags(*numbered(20)), ("8 IF528 warning",),
        says="imageferry:lineage"),
    Bad(54, "19 tags", tags(*numbered(19))),
    Bad(54, "an empty key", tags(("", "v")), ("8 IF504",), says="may not be empty"),
    Bad(54, "a key of 129 characters", tags(("k" * 129, "v")), ("8 IF504",)),
    Bad(54, "a value of 129 characters", tags(("k", "v" * 129)), ("8 IF504",)),
    Bad(54, "a reserved prefix", tags(("acs:k", "v")), ("8 IF531",)),
    Bad(54, "the company's prefix", tags(("k", "aliyun-v")), ("8 IF531",)),
    Bad(54, "an address in a tag", tags(("k", "see https://v")), ("8 IF531",)),
    Bad(54, "our own tag", tags(("imageferry:lineage", "v")), ("8 IF529",)),
    Bad(54, "a key twice", tags(("k", "a"), ("k", "b")), ("8 IF530",)),
    Bad(54, "a key in another case", tags(("k", "a"), ("K", "b")), ("8 IF530",),
        says="told apart only by case"),
    Bad(55, "a key without encryption", copy("<key>: key-1"), ("8 IF526",)),
    Bad(55, "a key with encryption false", copy("<key>: key-1", "Encrypted: false"), ("8 IF526",)),
    Bad(55, "a key with encryption", copy("<key>: key-1", "Encrypted: true")),
    Bad(55, "an empty key counts as none", copy("<key>: ''", "Encrypted: false")),
    Bad(56, "a key of another region", copy(
        "<key>: acs:kms:cn-qingdao:1234567890123456:key/k-1", "Encrypted: true"),
        ("8 IF533",), ONLY_ROS, says="'cn-qingdao'"),
    Bad(56, "a key of another region than the stack's", copy(
        "<key>: acs:kms:cn-qingdao:1234567890123456:key/k-1", "Encrypted: true"),
        ("8 IF533",), ONLY_CLOUDFORMATION, needs_plan=True, says="'cn-qingdao'"),
    *(
        Bad(57, f"{text} as a boolean", copy(f"Encrypted: {text}"))
        for text in ("'True'", "'yes'", "'on'", "'1'", "1", "0", "'FALSE'")
    ),
    Bad(57, "two as a boolean", copy("Encrypted: 2"), ("8 IF503",), says="true or false"),
    Bad(57, "a word as a boolean", copy("Encrypted: maybe"), ("8 IF503",), says="'maybe'"),
    Bad(57, "Boolean parameters", parameter("{Type: Boolean}", "Encrypted: !Ref P"), (), ONLY_ROS,
        parameters=("P=Yes",)),
    *(
        Bad(58, f"{text} as a time limit", limit(text), ("8 IF532",), ONLY_CLOUDFORMATION)
        for text in ("'10'", "10", "-5m", "10 minutes", "1e9h", "0s", "721h", "10M")
    ),
    Bad(58, "a good time limit", limit("1h30m"), (), ONLY_CLOUDFORMATION),
    Bad(58, "a time limit for nothing", copy("Timeouts: {Update: 10m}"), ("8 IF501",),
        ONLY_CLOUDFORMATION),
    Bad(58, "time limits in ROS", copy("Timeouts: {Create: 10m}"), ("8 IF501",), ONLY_ROS),
    Bad(59, "a key without a value", copy("Tags: [{MapKey: k}]"), ("8 IF502",),
        ONLY_CLOUDFORMATION, says="'Tags[0].MapValue' is required"),
    Bad(59, "a value without a key", copy("<tags>: [{<tag value>: v}]"), ("8 IF502",)),
    Bad(59, "a key without a value in ROS", copy("Tag: [{Key: k}]"), (), ONLY_ROS),
    Bad(59, "the other language's words", copy("Tag: [{MapKey: k, MapValue: v}]"),
        ("8 IF502", "8 IF501", "8 IF501"), ONLY_ROS),
    Bad(85, "a secret as a name", parameter("{Type: String, NoEcho: true}", "<name>: !Ref P"),
        parameters=("P=hush-hush-do-not-tell",)),
    Bad(85, "a bad secret as a name", parameter("{Type: String, NoEcho: true}", "<name>: !Ref P"),
        ("8 IF505",), parameters=("P=1hush-hush-do-not-tell",), says="holds a secret"),
    Bad(85, "a secret that does not match",
        parameter("{Type: String, NoEcho: true, AllowedPattern: '[a-z]+'}"), ("9 IF405",),
        parameters=("P=hush-hush-do-not-tell",), says="the given value"),
    Bad(85, "a secret in Sub", parameter(
        "{Type: String, NoEcho: true}", "<description>: !Sub 'http://${P}'"),
        ("8 IF525",), parameters=("P=hush-hush-do-not-tell",)),
    Bad(85, "a secret in a tag", parameter(
        "{Type: String, NoEcho: true}", "<tags>: [{<tag key>: !Ref P, <tag value>: v}]"),
        ("8 IF531",), parameters=("P=acs:hush-hush-do-not-tell",), says="'****'"),
)  # fmt: skip
