"""What may be chosen, from flags and the environment, each with its origin."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from imageferry.ports.dispatching import Timing


class SettingsError(Exception):
    """A setting that cannot be used: which, why, and how to mend it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


class ExtraMissing(Exception):
    """A part that is installed only where it is asked for is not there."""

    def __init__(self, extra: str, deed: str) -> None:
        self.extra = extra
        super().__init__(f'{deed} needs the extra "{extra}", which is not installed')


@dataclass(frozen=True, slots=True)
class Setting:
    """One value with where it came from: a flag, a variable, or the default."""

    name: str
    value: str
    origin: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may be chosen, resolved.

    `region` is empty where none was given. `ecs_endpoint` is empty for the regional rule (real
    cloud) or the emulator in this process. `emulator_speed` is None for the world's own speed.
    Times are in seconds.
    """

    home: Path
    database_url: str
    cloud: str
    region: str
    ecs_endpoint: str
    emulator_speed: float | None
    secret_key: str
    token_lifetime: float
    visibility: float
    image_quota: int
    copy_queue: int
    database_patience: float
    timing: Timing
    origins: tuple[Setting, ...]


CLOUDS: Final = ("emulator", "alibaba")

VARIABLES: Final[Mapping[str, str]] = {
    "home": "IMAGEFERRY_HOME",
    "database_url": "IMAGEFERRY_DATABASE_URL",
    "cloud": "IMAGEFERRY_CLOUD",
    "region": "ALIBABA_CLOUD_REGION_ID",
    "ecs_endpoint": "IMAGEFERRY_ECS_ENDPOINT",
    "emulator_speed": "IMAGEFERRY_EMULATOR_SPEED",
    "secret_key": "IMAGEFERRY_SECRET_KEY",
    "token_lifetime": "IMAGEFERRY_TOKEN_LIFETIME",
    "visibility": "IMAGEFERRY_VISIBILITY",
    "image_quota": "IMAGEFERRY_IMAGE_QUOTA",
    "copy_queue": "IMAGEFERRY_COPY_QUEUE",
    "database_patience": "IMAGEFERRY_DATABASE_PATIENCE",
    "heartbeat": "IMAGEFERRY_HEARTBEAT",
    "stalled": "IMAGEFERRY_STALLED",
    "sweep": "IMAGEFERRY_SWEEP",
}
"""Every setting and the environment variable that chooses it."""


def resolve(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Flags first, then the environment, then defaults; raises SettingsError."""
    found: dict[str, Setting] = {}
    for name, variable in VARIABLES.items():
        flag = flags.get(name)
        if flag is not None:
            found[name] = Setting(name, flag, f"--{name.replace('_', '-')}", name == "secret_key")
        elif environment.get(variable):
            found[name] = Setting(name, environment[variable], variable, name == "secret_key")

    def take(name: str, default: str) -> str:
        if name not in found:
            found[name] = Setting(name, default, "default", name == "secret_key")
        return found[name].value

    def number(name: str, default: str) -> float | None:
        return _positive(take(name, default), found[name])

    home = Path(take("home", str(_data_folder(environment)))).expanduser().absolute()
    cloud = take("cloud", "emulator")
    if cloud not in CLOUDS:
        raise SettingsError(
            f'"{cloud}" is no cloud ({found["cloud"].origin})', f"choose {' or '.join(CLOUDS)}"
        )
    endpoint = take("ecs_endpoint", "")
    timing = Timing(
        number("heartbeat", "10") or 10.0,
        number("stalled", "30") or 30.0,
        number("sweep", "2") or 2.0,
    )
    if timing.stalled < 2 * timing.heartbeat:
        raise SettingsError(
            f"{timing.stalled:g} s of silence ({found['stalled'].origin}) are less than two"
            f" heartbeats of {timing.heartbeat:g} s ({found['heartbeat'].origin})",
            "set IMAGEFERRY_STALLED to three times IMAGEFERRY_HEARTBEAT",
        )
    return Settings(
        home=home,
        database_url=take("database_url", f"sqlite:///{home / 'imageferry.db'}"),
        cloud=cloud,
        region=take("region", ""),
        ecs_endpoint=_endpoint(endpoint, found["ecs_endpoint"].origin),
        emulator_speed=number("emulator_speed", ""),
        secret_key=take("secret_key", ""),
        token_lifetime=number("token_lifetime", "600") or 600.0,
        visibility=number("visibility", "300") or 300.0,
        image_quota=int(number("image_quota", "") or 0),
        copy_queue=max(1, int(number("copy_queue", "5") or 5)),
        database_patience=number("database_patience", "600") or 600.0,
        timing=timing,
        origins=tuple(found[name] for name in VARIABLES if name in found),
    )


def _data_folder(environment: Mapping[str, str]) -> Path:
    """The platform's folder for a user's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "imageferry"
    base = environment.get("XDG_DATA_HOME", "")
    if base and os.path.isabs(base):  # noqa: PTH117  (a relative one is to be ignored: XDG)
        return Path(base) / "imageferry"
    return Path.home() / ".local" / "share" / "imageferry"


def _positive(text: str, setting: Setting) -> float | None:
    """A number above zero; None for no text at all."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise SettingsError(
            f'"{text}" is no positive number ({setting.origin})',
            "give a number of seconds or a factor, such as 300",
        )
    return value


def _endpoint(text: str, origin: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text if "://" in text else f"//{text}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not parts.hostname or port == -1 or parts.path not in {"", "/"} or parts.query:
        raise SettingsError(
            f'"{text}" is no endpoint ({origin})',
            "give host:port, or http://host:port, without a path",
        )
    if parts.scheme not in {"", "http", "https"}:
        raise SettingsError(
            f'"{text}" has no scheme that ECS speaks ({origin})', "use http or https"
        )
    return text.rstrip("/")
