"""The registry: installed types described and listed, and versions of them registered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.faults import CfnFault
from imageferry.api.cfn.paging import page_of
from imageferry.api.cfn.registrations import (
    FIRST_VERSION,
    Version,
    choose_default,
    default_version,
    register,
    registration,
    registry_fault,
    type_arn,
    type_missing,
    versions_of,
    withdraw,
)
from imageferry.api.cfn.type_schemas import is_registrable, provisioning_of, registry_schema
from imageferry.control.client_tokens import once
from imageferry.model.schemas import ResourceSchema
from imageferry.model.values import Json

_KIND: Final = "RESOURCE"
_PAGE: Final = 100


class _Meant(NamedTuple):
    """The type that a request means, and the version of it; an empty one where none is named."""

    schema: ResourceSchema
    version_id: str


def _registrable(ask: Ask) -> list[ResourceSchema]:
    """The schemas of the types that CloudFormation's registry could hold, by name."""
    catalog = ask.plane.desk.catalog
    found = (catalog.find(name) for name in catalog.names())
    return [one.schema for one in found if one is not None and is_registrable(one.schema)]


def _meant(ask: Ask, arn_key: str = "Arn") -> _Meant:
    """The installed type that an ARN, or kind and name, stand for; raises CfnFault."""
    arn, name = ask.text(arn_key), ask.text("TypeName")
    version = ask.text("VersionId")
    if not arn and not name:
        raise registry_fault("Either Arn, or Type and TypeName, must be specified.")
    if arn:
        _, _, rest = arn.partition(":type/resource/")
        word, _, numbered = rest.partition("/")
        found = [one for one in _registrable(ask) if one.type_name.replace("::", "-") == word]
        version = numbered or version
    else:
        if ask.text("Type") not in {"", _KIND}:
            raise type_missing(name)
        catalogued = ask.plane.desk.catalog.find(name)
        found = [] if catalogued is None else [catalogued.schema]
    if not found or not is_registrable(found[0]):
        raise type_missing(arn or name)
    return _Meant(found[0], version)


async def _version(ask: Ask, meant: _Meant) -> tuple[Version, str]:
    """The version that is meant, and the one that counts where none is named."""
    name = meant.schema.type_name
    default = await default_version(ask, name)
    wanted = meant.version_id or default
    for one in await versions_of(ask, name):
        if one.version_id == wanted:
            return one, default
    raise type_missing(f"{name} version {wanted}")


async def register_type(ask: Ask) -> Reply:
    """Register a version of an installed type; the package is not opened, since ours is the code."""
    name = ask.text("TypeName")
    if ask.text("Type") not in {"", _KIND}:
        raise registry_fault(f"Only types of the kind {_KIND} can be registered here.")
    known = ask.plane.desk.catalog.find(name)
    if known is None or not is_registrable(known.schema):
        raise registry_fault(
            f"The type {name} is not installed with this server, which runs no code that is handed"
            " in: install the package that offers the type, then register it."
        )
    package = ask.text("SchemaHandlerPackage")

    async def perform() -> Mapping[str, Json]:
        return {"RegistrationToken": await register(ask, known.schema.type_name, package)}

    asked: dict[str, Json] = {"type": name, "package": package, "region": ask.region}
    return await once(
        ask.plane.desk, "RegisterType", ask.text("ClientRequestToken"), asked, perform
    )


async def describe_registration(ask: Ask) -> Reply:
    """What has become of a registration: it is complete as soon as it is asked for."""
    token = ask.text("RegistrationToken")
    found = await registration(ask, token)
    if found is None:
        raise registry_fault(f"No registration has the token {token}.")
    name, region, version = found
    place = ask.plane.place
    return {
        "ProgressStatus": "COMPLETE",
        "Description": f"{name} is installed with this server; version {version} stands for it.",
        "TypeArn": type_arn(place, region, name),
        "TypeVersionArn": type_arn(place, region, name, version),
    }


async def list_registrations(ask: Ask) -> Reply:
    """The tokens of the registrations of one type, newest first."""
    if not ask.text("TypeName") and not ask.text("TypeArn"):
        schemas = _registrable(ask)
    else:
        schemas = [_meant(ask, "TypeArn").schema]
    # Every registration is complete at once; none is ever in progress or failed.
    is_wanted = ask.text("RegistrationStatusFilter") in {"", "COMPLETE"}
    tokens = [
        version.token
        for schema in schemas
        for version in reversed(await versions_of(ask, schema.type_name))
        if version.token and is_wanted
    ]
    shown, token = page_of(ask, tokens, ask.given.get("MaxResults") or _PAGE)
    return {"RegistrationTokenList": shown, "NextToken": token}


async def describe_type(ask: Ask) -> Reply:
    """A type with its schema."""
    meant = _meant(ask)
    version, default = await _version(ask, meant)
    schema, place = meant.schema, ask.plane.place
    numbered = version.version_id if meant.version_id else ""
    return {
        "Arn": type_arn(place, ask.region, schema.type_name, numbered),
        "Type": _KIND,
        "TypeName": schema.type_name,
        "DefaultVersionId": default,
        "IsDefaultVersion": version.version_id == default,
        "Description": schema.summary,
        "Schema": json.dumps(registry_schema(schema), ensure_ascii=False),
        "ProvisioningType": provisioning_of(schema),
        "DeprecatedStatus": "LIVE" if version.is_live else "DEPRECATED",
        "Visibility": "PRIVATE",
        "TimeCreated": version.registered_at,
        "LastUpdated": version.registered_at,
    }


async def list_types(ask: Ask) -> Reply:
    """The installed types that pass the filters."""
    filters = ask.given.get("Filters") or {}
    # What is installed here is private to the account, as a type that it has registered itself.
    is_ours = ask.text("Visibility") in {"", "PRIVATE"} and filters.get(
        "Category", "REGISTERED"
    ) == "REGISTERED" and not filters.get("PublisherId")  # fmt: skip
    is_live = ask.text("DeprecatedStatus") in {"", "LIVE"}
    if not is_ours or not is_live or ask.text("Type") not in {"", _KIND}:
        return {"TypeSummaries": []}
    wanted = ask.text("ProvisioningType")
    summaries = [
        {
            "Type": _KIND,
            "TypeName": schema.type_name,
            "DefaultVersionId": await default_version(ask, schema.type_name),
            "TypeArn": type_arn(ask.plane.place, ask.region, schema.type_name),
            "Description": schema.summary,
        }
        for schema in _registrable(ask)
        if schema.type_name.startswith(filters.get("TypeNamePrefix", ""))
        and wanted in {"", provisioning_of(schema)}
    ]
    shown, token = page_of(ask, summaries, ask.given.get("MaxResults") or _PAGE)
    return {"TypeSummaries": shown, "NextToken": token}


async def list_versions(ask: Ask) -> Reply:
    """The versions of a type, those that count, or those that were deregistered."""
    schema = _meant(ask).schema
    default = await default_version(ask, schema.type_name)
    wants_live = ask.text("DeprecatedStatus") != "DEPRECATED"
    summaries = [
        {
            "Type": _KIND,
            "TypeName": schema.type_name,
            "VersionId": version.version_id,
            "IsDefaultVersion": version.version_id == default,
            "Arn": type_arn(ask.plane.place, ask.region, schema.type_name, version.version_id),
            "TimeCreated": version.registered_at,
            "Description": schema.summary,
        }
        for version in await versions_of(ask, schema.type_name)
        if version.is_live is wants_live
    ]
    shown, token = page_of(ask, summaries, ask.given.get("MaxResults") or _PAGE)
    return {"TypeVersionSummaries": shown, "NextToken": token}


async def deregister_type(ask: Ask) -> Reply:
    """Withdraw a registered version, or all of them; what is installed stays."""
    meant = _meant(ask)
    name = meant.schema.type_name
    default = await default_version(ask, name)
    live = [one for one in await versions_of(ask, name) if one.is_live]
    chosen = [one for one in live if one.version_id == meant.version_id]
    if meant.version_id and not chosen:
        raise type_missing(f"{name} version {meant.version_id}")
    if meant.version_id == default and len(live) > 1:
        raise registry_fault(
            f"Version {default} is the default version of {name} and cannot be deregistered while"
            " there are others: set another default version first."
        )
    registered = [one for one in (chosen or live) if one.token]
    if not registered:
        raise _stays(name)
    if not chosen and default != FIRST_VERSION:
        await choose_default(ask, name, FIRST_VERSION)
    for version in registered:
        await withdraw(ask, name, version)
    return {}


def _stays(name: str) -> CfnFault:
    return registry_fault(
        f"{name} came with this server and stays: it is uninstalled with the package that offers it."
    )


async def set_default_version(ask: Ask) -> Reply:
    """Let a version of a type count where none is named."""
    meant = _meant(ask)
    if not meant.version_id:
        raise registry_fault("Either the Arn of a version, or a VersionId, must be specified.")
    version, _ = await _version(ask, meant)
    if not version.is_live:
        raise registry_fault(
            f"Version {version.version_id} of {meant.schema.type_name} is deregistered."
        )
    await choose_default(ask, meant.schema.type_name, version.version_id)
    return {}


async def set_configuration(ask: Ask) -> Reply:
    """Refused: what the types need to know is this server's, and a second one would be ignored."""
    schema = _meant(ask, "TypeArn").schema
    raise registry_fault(
        f"{schema.type_name} takes no configuration here: credentials are those of this server, and"
        " the destination region is that of the stack."
    )


async def describe_configurations(ask: Ask) -> Reply:
    """No type has a configuration here; each one that is asked for is told so."""
    asked = ask.given["TypeConfigurationIdentifiers"]
    return {
        "Errors": [
            {
                "ErrorCode": "404",
                "ErrorMessage": "No configuration is set: the types here take none.",
                "TypeConfigurationIdentifier": one,
            }
            for one in asked
        ],
        "UnprocessedTypeConfigurations": [],
        "TypeConfigurations": [],
    }
