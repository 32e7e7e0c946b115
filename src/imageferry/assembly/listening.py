"""listen: the APIs of open houses behind uvicorn, until asked to stop; needs the extra `server`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import uvicorn

from imageferry.api.admission import gate_of
from imageferry.api.calls import Api
from imageferry.api.cfn.app import CfnApi
from imageferry.api.desk import ApiChoices, ApiDesk
from imageferry.api.door import Door
from imageferry.api.limits import BoundedConnection, Limits
from imageferry.api.logs import log_event
from imageferry.api.metrics import Metrics
from imageferry.api.recognition import Wanted
from imageferry.api.ros.app import RosApi
from imageferry.api.server import Check, Site, make_site
from imageferry.api.settling import settling
from imageferry.api.sts import AlibabaSts, AwsSts
from imageferry.assembly.notifying import poster_of
from imageferry.assembly.overlooking import address_of, console_desk_of
from imageferry.assembly.served import DRAIN, CannotServe, Ready, ServeChoices
from imageferry.assembly.working import Working
from imageferry.cloud.fetching import HttpFetcher
from imageferry.cloud.outlets import Outlet
from imageferry.console.app import Console, make_console
from imageferry.control.links import make_link
from imageferry.model.access import AccessKey, Role
from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.settings import Settings
from imageferry.wire.http import HttpRequest, Send

_SIGN: Final = 5.0
"""Seconds between two looks whether the database is there at all."""

_PATIENCE: Final = 5.0
"""Seconds that a check of readiness waits."""

_HEADERS: Final = (("x-content-type-options", "nosniff"),)
"""With every reply: it is read as nothing but what it is."""

_LINK_LIFETIME: Final = 24 * 3600.0
"""Seconds for which the link of the greeting may be used; "imageferry keys link" makes others."""

_PROXIES: Final = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""Who is believed that it speaks for somebody else, where a proxy stands before."""


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it listens and leaves signals alone (known by class)."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._on_started()


async def listen(
    houses: Sequence[Working],
    choices: ServeChoices,
    listener: socket.socket,
    on_ready: Callable[[Ready], None],
    asked_to_stop: asyncio.Event,
) -> None:
    """Serve the APIs of the houses' accounts; what runs and what is asked comes to an end first."""
    metrics = Metrics()
    desk = desk_of(houses, choices)
    built_in = built_in_keys(houses, choices)
    apis = settling(apis_of(desk), desk, choices.reply_wait)
    door = Door(gate_of(desk, built_in, choices.rate), apis, _cloud(houses, choices))
    limits = Limits(body=choices.body, request_time=choices.request_time)
    look = partial(_look, houses, metrics)
    console: Console | None = None
    if choices.has_console:
        console = make_console(console_desk_of(houses, choices, built_in, metrics, listener))
    beside, front = ((), "") if console is None else (console.routes, "/console/")
    site = Site(door, metrics, desk.clock, limits, checks_of(houses), look, beside, front)
    for one in houses:
        one.on_ended = metrics.ended
        one.on_notice = metrics.notice
        one.address = address_of(listener, choices)
    crew = await houses[0].house.dispatcher.crew()
    ready = Ready(
        address_of(listener, choices),
        houses[0].house.plane.place.cloud,
        tuple(one.account_id for one in houses),
        tuple(built_in),
        choices.works,
        crew.number,
        await _link(houses, choices),
    )
    connection: Any = partial(BoundedConnection, limits=limits, refused=metrics.refused)
    config = uvicorn.Config(
        make_site(site),
        loop="asyncio",
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=list(_HEADERS),
        proxy_headers=choices.is_behind_proxy,
        forwarded_allow_ips=_PROXIES,
        timeout_keep_alive=limits.idle_time,
        timeout_graceful_shutdown=int(DRAIN),
        ssl_certfile=choices.certificate,
        ssl_keyfile=choices.certificate_key,
    )
    server = _Server(config, partial(on_ready, ready))
    await _run(server, houses, listener, asked_to_stop, console)


async def _run(
    server: _Server,
    houses: Sequence[Working],
    listener: socket.socket,
    asked_to_stop: asyncio.Event,
    console: Console | None,
) -> None:
    """From the first operation that is taken up to the last that is handed on."""
    watching: asyncio.Task[None] | None = None
    warming: asyncio.Task[None] | None = None
    try:
        for one in houses:
            await one.start()
        watching = asyncio.create_task(_watch(houses[0]), name="watch over the database")
        serving = asyncio.create_task(server.serve([listener]), name="server")
        if console is not None:
            warming = asyncio.create_task(console.warm(), name="console warms up")
        asked = asyncio.create_task(asked_to_stop.wait(), name="asked to stop")
        await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if asked_to_stop.is_set():
            log_event("stopping", reason="requests and calls in flight come to an end first")
        # Whoever looks on would look for ever, and be waited for.
        if console is not None:
            await console.close()
        server.should_exit = True
        await serving
    finally:
        beside = [each for each in (watching, warming) if each is not None]
        for each in beside:
            each.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.gather(*(one.stop(DRAIN) for one in houses))
    log_event("stopped")


def desk_of(houses: Sequence[Working], choices: ServeChoices) -> ApiDesk:
    """What the APIs work with, on the houses of their accounts. Raises CannotServe."""
    first = houses[0].house
    planes = {one.account_id: one.house.plane for one in houses}
    if len(planes) < len(houses):
        raise CannotServe("accounts", f"account {first.plane.place.account_id} has several keys")
    outlet = Outlet(
        choices.template_hosts, choices.template_schemes, choices.template_private, os.environ
    )
    return ApiDesk(
        planes,
        first.keys,
        first.audit,
        HttpFetcher(outlet),
        first.clock,
        first.entropy,
        ApiChoices(choices.regions, choices.destination_region),
        poster_of(choices.notify),
    )


def apis_of(desk: ApiDesk) -> Mapping[Wanted, Api]:
    """Every API that is answered here."""
    return {
        Wanted.ROS: RosApi(desk),
        Wanted.STS: AlibabaSts(),
        Wanted.CLOUDFORMATION: CfnApi(desk),
        Wanted.AWS_STS: AwsSts(),
    }


def built_in_keys(houses: Sequence[Working], choices: ServeChoices) -> dict[str, AccessKey]:
    """The emulator's own keys, which need no making where nobody else reaches the address."""
    if not (choices.has_emulator_key and choices.is_loopback):
        return {}
    return {
        name: AccessKey(name, one.account_id, Role.ADMIN, name, 0.0, "the emulator's own")
        for one in houses
        if one.house.settings.cloud == "emulator"
        for name in (one.name or "emulator",)
    }


def _cloud(houses: Sequence[Working], choices: ServeChoices) -> Send | None:
    """The emulated cloud inside this process, where this machine alone reaches the address."""
    house = houses[0].house
    return house.voice.send if _is_inside(house.settings) and choices.is_loopback else None


def _is_inside(settings: Settings) -> bool:
    return settings.cloud == "emulator" and not settings.ecs_endpoint


def checks_of(houses: Sequence[Working]) -> tuple[tuple[str, Check], ...]:
    """What has to answer for the server to be of use: the database, and the world inside."""
    house = houses[0].house

    async def database() -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                await house.store.mark()
        except StoreError:
            # Where it is and what it says is in the log, and nothing for whoever asks unsigned.
            return "the database does not answer"
        except TimeoutError:
            return f"no answer within {_PATIENCE:g} s"
        return ""

    async def emulator() -> str:
        asked = HttpRequest("GET", "http", "emulator.localhost", "/_emulator/settings")
        try:
            reply = await house.voice.send(asked)
        except Exception as fault:
            return f"the world of the emulator does not answer: {type(fault).__name__}"
        return "" if reply.status == 200 else f"the world of the emulator answers {reply.status}"

    checks: list[tuple[str, Check]] = [("database", database)]
    if _is_inside(house.settings):
        checks.append(("emulator", emulator))
    return tuple(checks)


async def _look(houses: Sequence[Working], metrics: Metrics) -> None:
    """Read what the figures say of operations and workers; the rest is known without."""
    try:
        async with asyncio.timeout(_PATIENCE):
            total: dict[str, int] = {}
            for one in houses:
                for status, number in (await one.open_by_status()).items():
                    total[status.value] = total.get(status.value, 0) + number
            crew = await houses[0].house.dispatcher.crew()
    except (StoreError, TimeoutError):
        metrics.show_database(is_up=False)
        return
    metrics.show_database(is_up=True)
    metrics.show_operations(total, crew.number)


async def _watch(first: Working) -> None:
    """Write down when the database goes away, and when it is back."""
    is_away = False
    while True:
        try:
            await first.house.store.mark()
        except StoreUnavailable as away:
            if not is_away:
                log_event("waiting", logging.WARNING, reason=str(away))
            is_away = True
        else:
            if is_away:
                log_event("going on", reason="the database is back")
            is_away = False
        await first.house.clock.sleep(_SIGN)


async def _link(houses: Sequence[Working], choices: ServeChoices) -> str:
    """A link that signs one browser of this machine in, once; empty where others reach us."""
    if not (choices.has_console and choices.is_loopback):
        return ""
    house = houses[0].house
    return await make_link(
        house.documents,
        house.clock,
        house.entropy,
        houses[0].account_id,
        Role.ADMIN,
        _LINK_LIFETIME,
    )
