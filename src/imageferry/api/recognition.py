"""Recognised: which API a request means, in whose world, and which action, before anyone is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from imageferry.wire.http import HttpRequest


class World(Enum):
    """Whose signatures and words: Alibaba Cloud's or AWS's."""

    ALIBABA = "alibaba"
    AWS = "aws"


class Wanted(Enum):
    """The APIs that one address has."""

    ROS = "ros"
    STS = "sts"
    ECS = "ecs"
    CLOUDFORMATION = "cloudformation"
    AWS_STS = "aws-sts"

    @property
    def world(self) -> World:
        """Whose API it is."""
        return World.AWS if self in _OF_AWS else World.ALIBABA


_OF_AWS: Final = frozenset({Wanted.CLOUDFORMATION, Wanted.AWS_STS})

VERSIONS: Final[Mapping[str, Wanted]] = MappingProxyType(
    {
        "2019-09-10": Wanted.ROS,
        "2015-04-01": Wanted.STS,
        "2014-05-26": Wanted.ECS,
        "2010-05-15": Wanted.CLOUDFORMATION,
        "2011-06-15": Wanted.AWS_STS,
    }
)
"""The version of each API, by which it is told from the others."""

_SERVICES: Final[Mapping[str, Wanted]] = MappingProxyType(
    {"cloudformation": Wanted.CLOUDFORMATION, "sts": Wanted.AWS_STS}
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a request says that it wants; nothing of it is verified.

    `wanted` is the API in whose words it is answered. `is_known` is False where its version, or
    the service that it is signed for, is none of ours. `key_id` is empty where none is named.
    """

    wanted: Wanted
    action: str
    version: str
    key_id: str
    is_known: bool = True


def recognise(request: HttpRequest) -> Recognised | None:
    """What a request wants; None where it speaks in none of the APIs' ways."""
    # Of a parameter that is given twice the first is read here; such a request is refused anyway.
    given: dict[str, str] = {}
    for name, value in (*request.query, *request.form):
        given.setdefault(name, value)
    headers = request.headers
    authorization = headers.get("authorization", "").lstrip()
    signed_in_query = "X-Amz-Algorithm" in given
    if authorization.startswith("AWS4-") or signed_in_query:
        return _of_aws(authorization or given.get("X-Amz-Credential", ""), given)
    # Beside a signature in the parameters headers are not signed: they say nothing there.
    is_in_headers = "Signature" not in given and any(name.startswith("x-acs-") for name in headers)
    if authorization.startswith("ACS3-") or is_in_headers:
        version = headers.get("x-acs-version") or given.get("Version", "")
        action = headers.get("x-acs-action") or given.get("Action", "")
        key_id = _part(authorization, "Credential=").partition("/")[0]
        return _of_version(version, action, key_id, Wanted.ROS)
    version, action = given.get("Version", ""), given.get("Action", "")
    if version in VERSIONS:
        return Recognised(VERSIONS[version], action, version, given.get("AccessKeyId", ""))
    if "Signature" in given or "SignatureNonce" in given:
        return _of_version(version, action, given.get("AccessKeyId", ""), Wanted.ROS)
    return None


def _of_aws(credential: str, given: Mapping[str, str]) -> Recognised:
    """By the credential scope, `key/date/region/service/aws4_request`, else by the version."""
    scope = _part(credential, "Credential=") if "Credential=" in credential else credential
    parts = scope.split("/")
    service = parts[-2] if len(parts) >= 5 else ""
    version = given.get("Version", "")
    named = VERSIONS.get(version)
    wanted = _SERVICES.get(service) or (
        named if named is not None and named.world is World.AWS else Wanted.CLOUDFORMATION
    )
    is_known = named is wanted and (not service or service in _SERVICES)
    key_id = "/".join(parts[:-4]) if len(parts) >= 5 else ""
    return Recognised(wanted, given.get("Action", ""), version, key_id, is_known)


def _of_version(version: str, action: str, key_id: str, otherwise: Wanted) -> Recognised:
    wanted = VERSIONS.get(version)
    if wanted is None or wanted.world is World.AWS:
        return Recognised(otherwise, action, version, key_id, is_known=False)
    return Recognised(wanted, action, version, key_id)


def _part(header: str, name: str) -> str:
    """The value after `name` in a header of parts that commas divide."""
    _, found, rest = header.partition(name)
    return rest.split(",", 1)[0].strip() if found else ""
