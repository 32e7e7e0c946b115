"""Configuration: what the type's own configuration says of credentials and destination region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from imageferry.cloud.endpoints import parse_endpoint
from imageferry.model.suggestions import did_you_mean
from imageferry.wire.alibaba_signing import Credentials

MEMBERS: Final[Mapping[str, str]] = {
    "AccessKey": "access_key",
    "SecretKey": "secret_key",
    "SecurityToken": "security_token",
    "Region": "region",
    "AccountId": "account_id",
}
"""What a configuration may say, as a registry's schema can name it (letters and digits alone), and as
the secret says it from which this type was once configured. Either is read."""

_ENDPOINT: Final = "EcsEndpoint"
_ENDPOINTS: Final = "endpoints"
_ELSEWHERE: Final = (
    "ecs_role_name", "shared_credentials_file", "profile", "assume_role", "skip_region_validation",
    "configuration_source", "protocol",
)  # fmt: skip
"""Members that such a configuration once had, for things that a registry's function does not have."""


class BadConfiguration(Exception):
    """A type configuration that cannot be used: all that is wrong with it, without any value."""


class Configuration(NamedTuple):
    """A read type configuration; what it does not say is empty, or None."""

    credentials: Credentials | None = None
    region: str = ""
    account_id: str = ""
    endpoint: str = ""


def read_configuration(given: Mapping[str, Any], *, needs_key: bool, region: str) -> Configuration:
    """What a type configuration says; `region` counts where it names none.

    Raises BadConfiguration, also where a key is needed and not there.
    """
    known = {*MEMBERS, *MEMBERS.values(), _ENDPOINT, _ENDPOINTS}
    faults = [_unknown(name) for name in given if name not in known]
    words = {old: _word(given, name, old, faults) for name, old in MEMBERS.items()}
    endpoint = _endpoint(given, faults)
    if bool(words["access_key"]) != bool(words["secret_key"]):
        faults.append('"AccessKey" and "SecretKey" are given together or not at all')
    elif needs_key and not words["access_key"]:
        faults.append('"AccessKey" and "SecretKey" are missing')
    if not (words["region"] or region):
        faults.append('"Region" is missing: the destination of all copies')
    if faults:
        raise BadConfiguration("the type configuration: " + "; ".join(faults))
    credentials = None
    if words["access_key"]:
        token = words["security_token"] or None
        credentials = Credentials(words["access_key"], words["secret_key"], token)
    return Configuration(credentials, words["region"] or region, words["account_id"], endpoint)


def _unknown(name: str) -> str:
    if name in _ELSEWHERE:
        return f'"{name}" means nothing here: give AccessKey and SecretKey'
    near = did_you_mean(name, (*MEMBERS, _ENDPOINT))
    return f'"{name}" is none of its members{f"; {near}" if near else ""}'


def _word(given: Mapping[str, Any], name: str, old: str, faults: list[str]) -> str:
    found = [given[one] for one in (name, old) if given.get(one) is not None]
    if any(not isinstance(one, str) for one in found):
        faults.append(f'"{name}" is no text')
        return ""
    if len(found) > 1:
        faults.append(f'"{name}" and "{old}" are the same: give one of them')
    return found[0].strip() if found else ""


def _endpoint(given: Mapping[str, Any], faults: list[str]) -> str:
    text, old = given.get(_ENDPOINT), given.get(_ENDPOINTS)
    if text is None and old is not None:
        if not isinstance(old, Mapping) or set(old) - {"ecs"}:
            faults.append(f'"{_ENDPOINTS}" holds more than "ecs", or no object')
            return ""
        text = old.get("ecs")
    if text is None:
        return ""
    if not isinstance(text, str):
        faults.append(f'"{_ENDPOINT}" is no text')
        return ""
    try:
        parse_endpoint(text)
    except ValueError as fault:
        faults.append(f'"{_ENDPOINT}": {fault}')
    return text
