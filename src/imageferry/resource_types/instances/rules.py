"""The rules of instances that no schema can say: checked before the first call, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.model.diagnostics import Severity
from imageferry.model.schemas import Problem
from imageferry.model.values import Secret, Value
from imageferry.resource_types.image_copies.rules import description_problems, tag_problems
from imageferry.resource_types.instances.disk_rules import disk_problems

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_SIGNS: Final = frozenset("()`~!@#$%^&*-_+=|{}[]:;'<>,.?/")
_SHORTEST, _LONGEST = 8, 30
_USER_DATA_KB: Final = 32
_ADDRESSES: Final = ("http://", "https://")
_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "SystemDiskSize": (20, 32_768),
    "InternetMaxBandwidthOut": (0, 100),
    "DeploymentSetGroupNo": (1, 7),
}
_FOR_PREPAID: Final = ("Period", "PeriodUnit", "AutoRenew", "AutoRenewPeriod")
_FOR_SPOT: Final = ("SpotDuration", "SpotInterruptionBehavior")
_PRICE: Final = re.compile(r"[0-9]+(?:\.[0-9]{1,3}0*)?")


def check_instance(properties: Mapping[str, Value]) -> list[Problem]:
    """All problems of an instance's conformed properties; what is not known yet passes."""
    problems = [*_image(properties), *_login(properties), *_network(properties)]
    problems += [*_names(properties), *_numbers(properties), *_prices(properties)]
    problems += [*disk_problems(properties), *_without_effect(properties)]
    problems += description_problems("Description", properties.get("Description"))
    problems += tag_problems("Tags", properties.get("Tags"))
    return problems


def _opened(value: Value) -> Value:
    return value.revealed if isinstance(value, Secret) else value


def _text(properties: Mapping[str, Value], name: str) -> str:
    """A property's text; empty where it is unset or not known yet."""
    opened = _opened(properties.get(name))
    return opened if isinstance(opened, str) else ""


def _is_given(properties: Mapping[str, Value], name: str) -> bool:
    """True where something is given, known or not."""
    return _opened(properties.get(name)) not in (None, "", [], ())


def _image(properties: Mapping[str, Value]) -> Iterator[Problem]:
    by_id, by_family = _is_given(properties, "ImageId"), _is_given(properties, "ImageFamily")
    if by_id and by_family:
        yield Problem(
            "IF545", ("ImageFamily",), "both 'ImageId' and 'ImageFamily' are given",
            why="an instance is started from one image",
            remedy="leave one of them out",
        )  # fmt: skip
    elif not (by_id or by_family):
        yield Problem(
            "IF545", (), "neither 'ImageId' nor 'ImageFamily' is given",
            why="an instance is started from an image",
            remedy="give an id, the beginning of a public image's id such as centos_7, or a family",
        )  # fmt: skip


def _login(properties: Mapping[str, Value]) -> Iterator[Problem]:
    given = properties.get("Password")
    password = _text(properties, "Password")
    if _is_given(properties, "Password") and _opened(properties.get("PasswordInherit")) is True:
        yield Problem(
            "IF546", ("PasswordInherit",), "'Password' and 'PasswordInherit' exclude each other",
            why="the password is either a new one or the image's",
            remedy="leave one of them out",
        )  # fmt: skip
    if password:
        kinds = sum(
            any(test(character) for character in password)
            for test in (str.islower, str.isupper, str.isdigit, _SIGNS.__contains__)
        )
        if not _SHORTEST <= len(password) <= _LONGEST or kinds < 3:
            yield Problem(
                "IF546", ("Password",), "the password breaks the rules for passwords",
                why=f"it has {_SHORTEST} to {_LONGEST} characters of three kinds at least: small"
                " letters, capitals, digits, special characters",
                remedy="choose another one",
            )  # fmt: skip
        if not isinstance(given, Secret):
            yield Problem(
                "IF546", ("Password",), "the password can be read in the template and in plans",
                why="it is given as plain text",
                remedy="give it by a parameter with NoEcho",
                severity=Severity.WARNING,
            )  # fmt: skip


def _network(properties: Mapping[str, Value]) -> Iterator[Problem]:
    one = _is_given(properties, "SecurityGroupId")
    many = _is_given(properties, "SecurityGroupIds")
    if one and many:
        yield Problem(
            "IF547", ("SecurityGroupIds",),
            "both 'SecurityGroupId' and 'SecurityGroupIds' are given",
            why="the cloud takes either of them",
            remedy="put all groups into 'SecurityGroupIds'",
        )  # fmt: skip
    elif not (one or many):
        yield Problem(
            "IF547", (), "neither 'SecurityGroupId' nor 'SecurityGroupIds' is given",
            why="every instance belongs to a security group",
            remedy="give the id of one",
        )  # fmt: skip
    if not _is_given(properties, "VSwitchId"):
        yield Problem(
            "IF547", (), "'VSwitchId' is not given",
            why="instances are launched in a VPC, and a VSwitch connects them to it",
            remedy="give the id of a VSwitch in the zone where the instance shall be",
        )  # fmt: skip


def _names(properties: Mapping[str, Value]) -> Iterator[Problem]:
    host_name = _text(properties, "HostName")
    if host_name and not _HOST_NAME.fullmatch(host_name):
        yield Problem(
            "IF549", ("HostName",), "'HostName' is no host name",
            why="it holds letters and digits, with single '.' and '-' between them",
            remedy="write it as web-01",
        )  # fmt: skip
    for name in ("InstanceName", "SystemDiskDiskName"):
        text = _text(properties, name)
        if text and (not text[0].isalpha() or text.startswith(_ADDRESSES)):
            yield Problem(
                "IF549", (name,), f"'{name}' begins with what no name begins with",
                why="it begins with a letter or Chinese character, and is no address",
                remedy="begin it with a letter",
            )  # fmt: skip
    size = len(_text(properties, "UserData").encode())
    if size > _USER_DATA_KB * 1024:
        yield Problem(
            "IF549", ("UserData",), f"the user data has {size:,} bytes",
            why=f"the cloud takes {_USER_DATA_KB} KB",
            remedy="let a short script fetch the rest",
        )  # fmt: skip


def _numbers(properties: Mapping[str, Value]) -> Iterator[Problem]:
    for name, (least, most) in _BOUNDS.items():
        number = _opened(properties.get(name))
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if is_number and not least <= number <= most:  # type: ignore[operator]
            yield Problem(
                "IF549", (name,), f"'{name}' is {number}, which is out of bounds",
                why=f"it is a number from {least} to {most:,}",
                remedy="choose one of these",
            )  # fmt: skip
    address = _text(properties, "PrivateIpAddress")
    if any(part.isdigit() and int(part) > 255 for part in address.split(".")):
        yield Problem(
            "IF549", ("PrivateIpAddress",), f"{address} is no address",
            why="each of its four numbers is 0 to 255",
            remedy="write an address that is free in the VSwitch, or leave it out",
        )  # fmt: skip


def _prices(properties: Mapping[str, Value]) -> Iterator[Problem]:
    price = _text(properties, "SpotPriceLimit")
    if price and not _PRICE.fullmatch(price):
        yield Problem(
            "IF549", ("SpotPriceLimit",), f"'{price}' is no price",
            why="it is a number of three decimals at most",
            remedy="write it as 0.123",
        )  # fmt: skip
    if _opened(properties.get("InstanceChargeType")) == "PrePaid" and not _is_given(
        properties, "Period"
    ):
        yield Problem(
            "IF549", ("InstanceChargeType",), "'Period' is not given",
            why="what is paid in advance is paid for a time",
            remedy="give 'Period', in months where 'PeriodUnit' is not given",
        )  # fmt: skip


def _without_effect(properties: Mapping[str, Value]) -> Iterator[Problem]:
    """What is accepted and not carried out is told, and never silently dropped."""

    def useless(name: str, why: str, remedy: str = "leave it out") -> Problem:
        words = f"'{name}' has no effect here"
        return Problem("IF548", (name,), words, why=why, remedy=remedy, severity=Severity.WARNING)

    zones = _opened(properties.get("ZoneIds"))
    if isinstance(zones, list | tuple) and zones:
        if _is_given(properties, "ZoneId"):
            yield useless("ZoneIds", "'ZoneId' is given, and goes first")
        elif len(zones) > 1:
            why = "of several zones the first is taken; the others are not tried"
            yield useless("ZoneIds", why, "give one zone, that of the VSwitch")
    bandwidth = _opened(properties.get("InternetMaxBandwidthOut"))
    public = _opened(properties.get("AllocatePublicIP"))
    if public is False and isinstance(bandwidth, int) and bandwidth:
        yield useless(
            "InternetMaxBandwidthOut",
            "'AllocatePublicIP' is false, so there is no address of the internet to use it",
            "set 'AllocatePublicIP' to true, or leave the bandwidth out",
        )
    if public is True and bandwidth == 0 and bandwidth is not False:
        yield useless(
            "AllocatePublicIP",
            "with 'InternetMaxBandwidthOut' 0 no address is given",
            "set the bandwidth to 1 at least, or leave 'AllocatePublicIP' out",
        )
    if _is_given(properties, "InternetMaxBandwidthIn"):
        yield useless(
            "InternetMaxBandwidthIn",
            "the service sets it by itself: it follows from the bandwidth to the internet",
        )
    charge = _opened(properties.get("InstanceChargeType"))
    if charge in (None, "", "PostPaid"):
        for name in _FOR_PREPAID:
            if _is_given(properties, name):
                yield useless(name, "it is for instances that are paid in advance")
    strategy = _opened(properties.get("SpotStrategy"))
    if charge == "PrePaid" and strategy in ("SpotWithPriceLimit", "SpotAsPriceGo"):
        yield useless("SpotStrategy", "it is for instances that are paid by use")
    if strategy in (None, "", "NoSpot"):
        for name in _FOR_SPOT:
            if _is_given(properties, name):
                yield useless(name, "it is for spot instances")
    if strategy in (None, "", "NoSpot", "SpotAsPriceGo") and _is_given(
        properties, "SpotPriceLimit"
    ):
        yield useless("SpotPriceLimit", "it is for the strategy SpotWithPriceLimit")
