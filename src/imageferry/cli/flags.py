"""The flags that many commands share, declared once, and their values as one Flags."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from imageferry.cli.durations import duration
from imageferry.cloud.regions import REGIONS

Deed = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Flags:
    """How a command is to speak, and which cloud and region it means."""

    as_json: bool = False
    no_color: bool = False
    debug: bool = False
    log_file: str | None = None
    cloud: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which template is meant for which stack, with which parameters.

    `is_alone`: no stack is named, and the template is looked at by itself.
    """

    template: str
    stack_name: str
    pairs: tuple[str, ...]
    parameter_file: str | None
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a command watches; `wait_timeout` in seconds."""

    no_wait: bool = False
    wait_timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """What is to protect a stack: None where that stays as it is; policies by their files."""

    is_protected: bool | None = None
    policy_file: str | None = None
    policy_file_during_update: str | None = None


NO_GUARD: Final = Guard()


cloud_option: Final = click.option(
    "--cloud",
    type=click.Choice(["emulator", "alibaba"]),
    help="Which cloud; else IMAGEFERRY_CLOUD, else emulator.",
)


def _regions(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    return [region for region in REGIONS if region.startswith(begun)]


_SCREEN: Final = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
    click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same)."),
    click.option("--debug", is_flag=True, help="Show what is done, and tracebacks of faults."),
    click.option(
        "--log-file",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Also write what is done to this file.",
    ),
)
_PLACE: Final = (
    click.option(
        "--region",
        metavar="REGION",
        shell_complete=_regions,
        help="The stack's region; else ALIBABA_CLOUD_REGION_ID.",
    ),
    cloud_option,
)
_PATIENCE: Final = (
    click.option("--no-wait", is_flag=True, help="Record what is to be done and do not do it."),
    click.option(
        "--wait-timeout",
        metavar="DURATION",
        callback=duration,
        help="Stop watching after so long (exit 9); the operation stays open.",
    ),
)

during_update_option: Final = click.option(
    "--stack-policy-during-update",
    "policy_file_during_update",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="For this update alone, this policy in place of the stack's.",
)
_GUARD: Final = (
    click.option(
        "--protect/--no-protect",
        "is_protected",
        default=None,
        help="Forbid that the stack is deleted, or allow it again.",
    ),
    click.option(
        "--stack-policy",
        "policy_file",
        metavar="FILE",
        type=click.Path(dir_okay=False, allow_dash=True),
        help="From now on this policy (JSON) says which updates are allowed.",
    ),
    during_update_option,
)

_SOURCE: Final = click.argument("template", type=click.Path(dir_okay=False, allow_dash=True))
parameters_option = click.option(
    "--parameters",
    "parameter_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Parameters: a JSON or YAML map, or a list of ParameterKey and ParameterValue.",
)
_PARAMETERS: Final = (
    click.option(
        "-p",
        "pairs",
        multiple=True,
        metavar="KEY=VALUE",
        help="A parameter; JSON text where its type is Json. May be repeated.",
    ),
    parameters_option,
)

_TEMPLATE: Final = (
    _SOURCE,
    click.option("--stack", "-s", "stack_name", metavar="NAME", required=True, help="The stack."),
    *_PARAMETERS,
)
_TEMPLATE_ALONE: Final = (
    _SOURCE,
    click.option(
        "--stack",
        "-s",
        "stack_name",
        metavar="NAME",
        help="The stack to compare with; without it the template is looked at alone.",
    ),
    *_PARAMETERS,
)

stack_option = click.option(
    "--stack", "-s", "stack_name", metavar="NAME", required=True, help="The stack's name or id."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
look_option = click.option(
    "--look/--no-look",
    default=None,
    help="Ask the cloud first what it would refuse; by default where you are asked.",
)
parallel_option = click.option(
    "--parallel",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help="At most so many steps at once (no limit by default).",
)
timeout_option = click.option(
    "--timeout",
    metavar="DURATION",
    callback=duration,
    help="The operation fails after so long, such as 90m (no limit by default).",
)

remains_option = click.option(
    "--delete-snapshots",
    "deletes_remains",
    is_flag=True,
    help="Also delete the snapshots of the images that go; they stay, and are billed, otherwise.",
)
refresh_option = click.option(
    "--refresh",
    is_flag=True,
    help="Look at the cloud first, and set back what was changed there.",
)


def _declared(function: Deed, options: tuple[Callable[[Deed], Deed], ...]) -> Deed:
    for option in reversed(options):
        function = option(function)
    return function


def gathered(
    function: Deed,
    options: tuple[Callable[[Deed], Deed], ...],
    names: tuple[str, ...],
    handed_over: Callable[..., dict[str, Any]],
) -> Deed:
    """The options declared, and their values handed over to the command as one."""

    @functools.wraps(function)
    def handing_over(**given: Any) -> None:
        function(**handed_over(**{name: given.pop(name) for name in names}), **given)

    return _declared(handing_over, options)


_SCREEN_NAMES: Final = ("as_json", "no_color", "debug", "log_file")
_TEMPLATE_NAMES: Final = ("template", "stack_name", "pairs", "parameter_file")
_GUARD_NAMES: Final = ("is_protected", "policy_file", "policy_file_during_update")


def screen_flags(function: Deed) -> Deed:
    """`--json --no-color --debug --log-file`, handed over as `flags`."""
    return gathered(function, _SCREEN, _SCREEN_NAMES, lambda **given: {"flags": Flags(**given)})


def house_flags(function: Deed) -> Deed:
    """The screen's flags and `--region --cloud`, handed over as `flags`."""
    names = (*_SCREEN_NAMES, "cloud", "region")
    options = (*_PLACE, *_SCREEN)
    return gathered(function, options, names, lambda **given: {"flags": Flags(**given)})


def template_flags(function: Deed) -> Deed:
    """`TEMPLATE --stack -p --parameters`, handed over as `wish`."""
    return gathered(function, _TEMPLATE, _TEMPLATE_NAMES, lambda **given: {"wish": Wish(**given)})


def lone_template_flags(function: Deed) -> Deed:
    """`TEMPLATE [--stack] -p --parameters`, handed over as `wish`: the stack may be left out."""

    def wish(stack_name: str | None, **given: Any) -> dict[str, Any]:
        is_alone = stack_name is None
        return {"wish": Wish(stack_name=stack_name or "", is_alone=is_alone, **given)}

    return gathered(function, _TEMPLATE_ALONE, _TEMPLATE_NAMES, wish)


def patience_flags(function: Deed) -> Deed:
    """`--no-wait --wait-timeout`, handed over as `patience`."""
    names = ("no_wait", "wait_timeout")
    return gathered(function, _PATIENCE, names, lambda **given: {"patience": Patience(**given)})


def guard_flags(function: Deed) -> Deed:
    """`--protect --stack-policy --stack-policy-during-update`, handed over as `guard`."""
    return gathered(function, _GUARD, _GUARD_NAMES, lambda **given: {"guard": Guard(**given)})
