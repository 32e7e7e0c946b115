"""`imageferry doctor`: settings with their origins, credentials, account, regions, clocks, choices."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import click

from imageferry.assembly.house import HOME_REGION, Voice, is_shared, open_house, open_voice
from imageferry.assembly.senses import RealClock, RealEntropy
from imageferry.assembly.served import libraries_missing
from imageferry.cli.choices import CHOICES
from imageferry.cli.display.rendering import Paint, clean, counted, indented, show_moment, table
from imageferry.cli.display.views import cloud_line
from imageferry.cli.exits import ExitCode
from imageferry.cli.faults import explain
from imageferry.cli.flags import Flags, house_flags
from imageferry.cli.logs import begin
from imageferry.cli.screens import Screen
from imageferry.cli.sessions import settings_of
from imageferry.cloud.credentials import CredentialsMissing
from imageferry.cloud.ecs import region_words
from imageferry.cloud.endpoints import ECS
from imageferry.cloud.errors import CloudError
from imageferry.model.access import AccessKey
from imageferry.model.values import MASK, Json
from imageferry.ports.dispatching import Crew
from imageferry.ports.senses import Clock
from imageferry.settings import VARIABLES, Setting, Settings
from imageferry.wire.http import HttpRequest

_GOOD: Final = "ok"
_BAD: Final = "wrong"
_UNSEEN: Final = "unknown"
_SKEW_ALLOWED: Final = 300.0
_COLOURS: Final[Mapping[str, str]] = {_GOOD: "green", _BAD: "red", _UNSEEN: "yellow"}


def masked_key(access_key_id: str) -> str:
    """An access key's id, so much of it that its owner knows it again."""
    if len(access_key_id) < 12:
        return clean(access_key_id)
    return f"{clean(access_key_id[:4])}…{clean(access_key_id[-4:])}"


def _masked(_: str) -> str:
    return MASK


# The credential library's documentation, default provider chain.
_CREDENTIAL_VARIABLES: Final[Mapping[str, Callable[[str], str]]] = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": masked_key,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": _masked,
    "ALIBABA_CLOUD_SECURITY_TOKEN": _masked,
    "ALIBABA_CLOUD_PROFILE": clean,
    "ALIBABA_CLOUD_CREDENTIALS_FILE": clean,
    "ALIBABA_CLOUD_ROLE_ARN": clean,
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": clean,
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": clean,
    "ALIBABA_CLOUD_ECS_METADATA": clean,
    "ALIBABA_CLOUD_CREDENTIALS_URI": _masked,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `verdict` is `ok`, `wrong` or `unknown`."""

    subject: str
    verdict: str
    says: str
    code: ExitCode = ExitCode.DONE


@click.command(
    "doctor",
    epilog="""\b
Examples:
  imageferry doctor
  imageferry doctor --cloud alibaba --region cn-hangzhou
  imageferry doctor --json
""",
)
@house_flags
def doctor_command(flags: Flags) -> None:
    """Show what imageferry would work with: settings, credentials, account, regions, clocks.

    Secrets are never shown. Also lists every choice made where the clouds' documents leave a fact
    open.
    """
    screen = begin(flags)
    chosen = settings_of(flags)
    findings = asyncio.run(examine_surroundings(chosen))
    account = next((one.says for one in findings if one.subject == "account"), "")
    screen.say(cloud_line(chosen.cloud, account, chosen.region, chosen.ecs_endpoint))
    screen.say(*_report(chosen, findings, screen))
    screen.give(_document(chosen, findings))
    worst = next((one.code for one in findings if one.verdict == _BAD), ExitCode.DONE)
    click.get_current_context().exit(worst)


async def examine_surroundings(chosen: Settings) -> list[Finding]:
    """Look at everything that can be wrong before a stack is touched; every fault is a finding."""
    clock = RealClock()
    findings = await _store(chosen)
    if chosen.cloud != "emulator":
        findings += _variables(os.environ)
    try:
        async with open_voice(chosen, clock, RealEntropy()) as voice:
            key = (await voice.credentials.current()).access_key_id
            findings.append(Finding("access key", _GOOD, f"{masked_key(key)} is used"))
            findings.append(Finding("account", _GOOD, clean(voice.account_id)))
            region = chosen.region or HOME_REGION
            known = await region_words(voice.client, region)
            findings.append(_regions(chosen, known))
            findings.append(await _clocks(voice, clock, region))
    except Exception as fault:
        findings.append(_failed("cloud", fault))
    return findings


async def _store(chosen: Settings) -> list[Finding]:
    try:
        async with open_house(chosen) as house:
            name = await house.store.installation()
            number = len(await house.plane.stacks(None))
            crew = await house.dispatcher.crew()
            keys = await house.keys.list(house.voice.account_id)
    except (CloudError, CredentialsMissing):
        return [Finding("database", _UNSEEN, "it is looked into once the account is known")]
    except Exception as fault:
        return [_failed("database", fault)]
    return [
        Finding(
            "database", _GOOD, f"installation {name}, {counted(number, 'stack')} on this cloud"
        ),
        Finding("workers", _GOOD, _workers(crew, is_shared=is_shared(chosen))),
        Finding("serve", _GOOD, _serving(libraries_missing(), keys)),
    ]


def _workers(crew: Crew, *, is_shared: bool) -> str:
    """How many workers live here; on a home it can only be told whether any does."""
    if not crew.number:
        return "none lives here: commands run their own operations"
    number = counted(crew.number, "worker") if is_shared else "at least 1 worker"
    since = "" if crew.since is None else f", the first since {show_moment(crew.since)}"
    return f"{number} for this cloud and account{since}"


def _serving(missing: Sequence[str], keys: Sequence[AccessKey]) -> str:
    """Whether the APIs could be served from here, and how many keys would be admitted."""
    number = sum(key.revoked_at is None for key in keys)
    admitted = f'{counted(number, "access key")} of "imageferry keys" for this account'
    if missing:
        return f'the extra "server" is not installed ({", ".join(missing)}); {admitted}'
    return f'the extra "server" is installed; {admitted}'


def _variables(environment: Mapping[str, str]) -> list[Finding]:
    """The variables of the standard credential chain that are set; of secrets only that they are."""
    return [
        Finding(name, _GOOD, shown(environment[name]))
        for name, shown in _CREDENTIAL_VARIABLES.items()
        if environment.get(name)
    ]


def _failed(subject: str, fault: Exception) -> Finding:
    code, diagnostics = explain(fault)
    says = "; ".join(
        " - ".join(part for part in (one.message, one.why, one.remedy) if part)
        for one in diagnostics
    )
    return Finding(subject, _BAD, clean(says), code)


def _regions(chosen: Settings, known: Collection[str]) -> Finding:
    if chosen.region and chosen.region not in known:
        return Finding(
            "regions",
            _BAD,
            f'"{clean(chosen.region)}" is none of the account\'s {len(known)} regions',
            ExitCode.WRONG_USAGE,
        )
    chosen_words = f"chosen: {chosen.region}" if chosen.region else "none is chosen"
    return Finding("regions", _GOOD, f"{len(known)} can be used, {chosen_words}")


async def _clocks(voice: Voice, clock: Clock, region: str) -> Finding:
    """Our clock beside the cloud's, by the Date header of an unsigned request."""
    endpoint = voice.endpoints.find(ECS, region)
    before = clock.now()
    response = await voice.send(HttpRequest("GET", endpoint.scheme, endpoint.host, "/"))
    after = clock.now()
    date = response.headers.get("date")
    if date is None:
        return Finding("clock", _GOOD, "the cloud does not tell its time; calls are accepted")
    skew = parsedate_to_datetime(date).timestamp() - (before + after) / 2
    # The header has whole seconds only.
    if abs(skew) <= _SKEW_ALLOWED:
        return Finding("clock", _GOOD, f"{abs(skew):.0f} s from the cloud's")
    way = "behind" if skew > 0 else "ahead of"
    return Finding(
        "clock",
        _BAD,
        f"{abs(skew):.0f} s {way} the cloud's, which refuses calls beyond 15 minutes;"
        " set the clock of this machine",
        ExitCode.FAILED,
    )


def _report(chosen: Settings, findings: Sequence[Finding], screen: Screen) -> list[str]:
    paint: Paint = screen.paint
    looked = table([(one.subject, one.verdict, one.says) for one in findings])
    painted = [
        line.replace(f" {one.verdict} ", f" {paint(one.verdict, _COLOURS[one.verdict])} ", 1)
        for line, one in zip(looked, findings, strict=True)
    ]
    lines = ["", paint("looked at", "bold"), *indented(painted)]
    lines += ["", paint("settings", "bold"), *indented(table(_setting_rows(chosen)))]
    lines += ["", paint("chosen where the documents leave a fact open", "bold")]
    for one in CHOICES:
        lines.append(f"  {one.subject}: {one.open_fact}")
        lines.append(f"    {one.chosen}{f' ({one.setting})' if one.setting else ''}")
    return lines


def _setting_rows(chosen: Settings) -> list[tuple[str, str, str]]:
    return [
        (one.name, _shown(one.value, is_secret=one.is_secret), _origin(one))
        for one in chosen.origins
    ]


def _origin(setting: Setting) -> str:
    if setting.origin == "default":
        return f"by default; {VARIABLES[setting.name]} chooses it"
    return f"from {setting.origin}"


_PASSWORD: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*")


def _shown(value: str, *, is_secret: bool) -> str:
    """A setting's value; what may hold a password shows none."""
    if not value:
        return "(none)"
    if is_secret:
        return MASK
    value = _PASSWORD.sub(rf"\1{MASK}", value)
    scheme, separator, rest = value.partition("://")
    if separator and "@" in rest:
        login, _, place = rest.rpartition("@")
        return clean(f"{scheme}://{login.partition(':')[0]}:{MASK}@{place}")
    return clean(value)


def _document(chosen: Settings, findings: Sequence[Finding]) -> dict[str, Json]:
    return {
        "cloud": chosen.cloud,
        "region": chosen.region or None,
        "findings": [
            {"subject": one.subject, "verdict": one.verdict, "says": one.says} for one in findings
        ],
        "settings": [
            {
                "name": one.name,
                "value": _shown(one.value, is_secret=one.is_secret) if one.value else None,
                "origin": one.origin,
            }
            for one in chosen.origins
        ],
        "choices": [asdict(one) for one in CHOICES],
    }
