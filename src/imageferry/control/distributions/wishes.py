"""Wish: what is asked of a distribution, and everything that is wrong with it before anybody looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from imageferry.cloud.regions import ALIASES, is_region, is_well_formed, nearest_region
from imageferry.control.distributions.retention import KEEP_ALL, Keeping
from imageferry.control.distributions.versions import Version, copy_name
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.suggestions import did_you_mean

KEEP_TAG: Final = "imageferry:keep"
"""The tag that keeps a copy, whatever its value is."""

AS_THE_SOURCE: Final = "{name}"

# ECS reference, CopyImage: DestinationImageName, DestinationDescription, Tag.
_NAME: Final = re.compile(
    r"[A-Za-z\u3400-\u4dbf\u4e00-\u9fff][A-Za-z\u3400-\u4dbf\u4e00-\u9fff0-9.:_-]{1,127}\Z"
)
_NOT_A_NAME: Final = ("http://", "https://", "acs:", "aliyun")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|[{}]")
_PLACEHOLDERS: Final = ("{name}", "{id}", "{date}")
_NAME_LENGTHS: Final = range(2, 129)
_DESCRIPTION: Final = range(2, 257)
_MOST_TAGS: Final = 20
_TRAILING: Final = re.compile(r"(?:[-_.:]+v?\d[\d.:_-]*)+\Z", re.IGNORECASE)
_NOT_OF_STACKS: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_STACK: Final = 255


class DistributionRefused(Exception):
    """Nothing was begun: everything that is wrong with a wish."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(one.message for one in self.diagnostics))


@dataclass(frozen=True, slots=True)
class Wish:
    """An image that is to be in regions, and what is to become of the versions before it.

    `is_everywhere`: every region of the account but the source. `name` may hold `{name}`, `{id}` and
    `{date}`. `keys` are by region, and encrypt there; `encrypted` None leaves that to the account.
    `keep_tags` are keys with a value, or None for any.
    """

    image_id: str
    source_region: str
    regions: tuple[str, ...] = ()
    is_everywhere: bool = False
    stack_name: str = ""
    name: str = AS_THE_SOURCE
    description: str = ""
    encrypted: bool | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    family: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    keeping: Keeping = KEEP_ALL
    keep_tags: tuple[tuple[str, str | None], ...] = ((KEEP_TAG, None),)
    replaces: bool = False
    refreshes: bool = False


def faults_of(wish: Wish) -> Iterator[Diagnostic]:
    """What is wrong with a wish by itself."""
    if not wish.image_id:
        yield error("IF962", "no image is named", remedy="give the id of one: m-…")
    yield from _region_faults(wish)
    for account in wish.accounts:
        if not (account.isascii() and account.isdigit()):
            yield error(
                "IF961",
                f'"{account}" is no id of an account',
                why="--share names Alibaba Cloud accounts by their ids, which are digits",
                remedy="the cloud's console shows it under the account's picture: 1234567890123456",
            )
    for found in dict.fromkeys(_PLACEHOLDER.findall(wish.name)):
        if found not in _PLACEHOLDERS:
            yield error(
                "IF961",
                f'--name holds "{found}", which stands for nothing',
                why="a name may hold {name}, {id} and {date}",
                remedy=did_you_mean(found, _PLACEHOLDERS, "leave the braces out"),
            )
    if wish.family and not _is_name(wish.family):
        yield error(
            "IF961",
            f'"{wish.family}" cannot name an image family',
            why="a family is named as an image is: 2 to 128 letters, digits, '.', ':', '_' and '-'",
        )
    if wish.description and (
        len(wish.description) not in _DESCRIPTION
        or wish.description.startswith(("http://", "https://"))
    ):
        yield error(
            "IF961",
            f"the description has {len(wish.description)} characters, or begins with http",
            why="ECS takes 2 to 256 characters that do not begin with http:// or https://",
        )
    if len(wish.tags) > _MOST_TAGS:
        yield error("IF961", f"{len(wish.tags)} tags are given", why="an image has 20 at most")
    if wish.keeping.last is not None and wish.keeping.last < 1:
        yield error(
            "IF961",
            f"--keep-last {wish.keeping.last} would keep nothing",
            why="the newest version of each region always stays",
            remedy="give 1 or more",
        )


def account_faults(wish: Wish, account: str) -> Iterator[Diagnostic]:
    """The account itself among those that the copies are to be shared with."""
    if account and account in wish.accounts:
        yield error(
            "IF961",
            f'"{account}" is the account that the copies belong to',
            why="an image cannot be shared with its own account: it has it already",
            remedy="leave it out of --share",
        )


def unsharable(wish: Wish, regions: Sequence[str]) -> Iterator[Diagnostic]:
    """Copies under a service key that are to be shared. ECS, ModifyImageSharePermission."""
    bare = [one for one in regions if one not in wish.keys]
    if wish.accounts and wish.encrypted and bare:
        yield error(
            "IF961",
            f"--share and --encrypt are given together, and no key for {', '.join(bare)}",
            why="without a key of your own a service key encrypts, and what that encrypts cannot be"
            " shared",
            remedy="give --key REGION=KEY for each region, or leave --share out",
        )


def _region_faults(wish: Wish) -> Iterator[Diagnostic]:
    if not wish.regions and not wish.is_everywhere:
        yield error(
            "IF960",
            "no region is given to distribute to",
            remedy="give --to cn-shanghai,ap-southeast-1, or --all-regions",
        )
    if wish.regions and wish.is_everywhere:
        yield error(
            "IF960", "--to and --all-regions are given together", remedy="leave one of them out"
        )
    for region in dict.fromkeys((wish.source_region, *wish.regions)):
        if not is_region(region) and (not is_well_formed(region) or region in ALIASES):
            yield _no_region(region, "a region id looks like cn-hangzhou or ap-southeast-1")
    if wish.source_region in wish.regions:
        yield error(
            "IF960",
            f'"{wish.source_region}" is the source, and is among the destinations',
            why="the image is there already",
            remedy="leave it out of --to",
        )
    for region in wish.keys:
        if region not in wish.regions and not wish.is_everywhere:
            yield foreign_key(region, wish.regions)


def unknown_regions(wish: Wish, known: Sequence[str]) -> Iterator[Diagnostic]:
    """The regions of a wish that the account does not have."""
    for region in dict.fromkeys((wish.source_region, *wish.regions)):
        if region not in known:
            yield _no_region(region, "the account has no such region")
    if wish.is_everywhere:
        for region in wish.keys:
            if region not in known or region == wish.source_region:
                yield foreign_key(region, known)


def _no_region(region: str, why: str) -> Diagnostic:
    near = nearest_region(region)
    return error(
        "IF960",
        f'there is no region "{region}"',
        why=why,
        remedy=f'did you mean "{near}"?'
        if near and near != region
        else '"imageferry doctor" lists the regions',
    )


def foreign_key(region: str, regions: Sequence[str]) -> Diagnostic:
    """A key for a region that nothing is copied to."""
    return error(
        "IF960",
        f'a key is given for "{region}", which is no destination',
        why="a key belongs to one region, and encrypts the copy there",
        remedy=did_you_mean(region, regions, "leave it out, or name the region with --to"),
    )


def name_faults(wish: Wish, version: Version) -> Iterator[Diagnostic]:
    """What is wrong with the name that the copies of a version would have."""
    name = copy_name(wish.name, version)
    if _is_name(name):
        return
    yield error(
        "IF961",
        f'"{name}" cannot name an image: it has {len(name)} character{"s" * (len(name) != 1)}'
        if len(name) not in _NAME_LENGTHS
        else f'"{name}" cannot name an image',
        why="a name has 2 to 128 letters, digits, '.', ':', '_' and '-', begins with a letter and"
        " not with http://, https://, acs: or aliyun",
        remedy="give another one with --name",
    )


def _is_name(name: str) -> bool:
    return _NAME.match(name) is not None and not name.lower().startswith(_NOT_A_NAME)


def family_stack_name(family: str) -> str:
    """A stack's name from that of the family which its copies are; empty where nothing is left of it."""
    return _NOT_OF_STACKS.sub("-", family).strip("-_")[:_LONGEST_STACK]


def stack_name_of(name: str) -> str:
    """A stack's name from that of a family or an image, without a date or version at its end.

    Empty where nothing is left of it.
    """
    whole = family_stack_name(name)
    bare = _NOT_OF_STACKS.sub("-", _TRAILING.sub("", name)).strip("-_")
    return (bare or whole)[:_LONGEST_STACK]
