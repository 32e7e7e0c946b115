"""Door, Passage: which API a request is for, whether it may pass, and the reply in that API's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from imageferry.api.admission import Asked, Gate, admit, carried_out
from imageferry.api.calls import Api, Refusal, Refused
from imageferry.api.logs import LOG, word
from imageferry.api.reading import need_readable
from imageferry.api.recognition import Recognised, Wanted, World, recognise
from imageferry.ports.keeping import StoreError, StoreUnavailable
from imageferry.wire.http import HttpRequest, HttpResponse, Send

CONTROL_PATH: Final = "/_emulator/"
"""Where the emulated cloud is managed, unsigned, from this machine alone."""

_METHODS: Final = frozenset({"GET", "POST"})

_SERVICES: Final[Mapping[Wanted, str]] = {
    Wanted.CLOUDFORMATION: "cloudformation",
    Wanted.AWS_STS: "sts",
}
"""What a signature of AWS has to be for."""

_SPOKEN: Final = (
    "this address speaks ROS 2019-09-10, CloudFormation 2010-05-15 and STS of both worlds; a request"
    " names its API by its signature, or by the parameter Version"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A reply, and what is written down of it.

    `response` is None where the connection is to end without one. `counted_as` is the action for
    the figures: one that there is, or `unknown`. Of a refused request `refusal` says why.
    """

    response: HttpResponse | None
    request_id: str
    api: str
    action: str
    counted_as: str
    key_id: str = ""
    account_id: str = ""
    region: str = ""
    refusal: Refusal | None = None

    def with_status(self, status: int) -> Passage:
        """The same reply under another status."""
        if self.response is None:
            return self
        return replace(self, response=replace(self.response, status=status))


@dataclass(frozen=True, slots=True)
class Door:
    """The way in for every request.

    `apis` are those that are answered here. `cloud` carries requests to the emulated cloud inside
    this process, None where there is none, or where others than this machine could reach it.
    """

    gate: Gate
    apis: Mapping[Wanted, Api]
    cloud: Send | None = None

    async def answer(self, request: HttpRequest, source: str, *, is_local: bool = True) -> Passage:
        """The reply to a request from an address; never raises for what a caller does."""
        if self.cloud is not None and is_local and request.path.startswith(CONTROL_PATH):
            return await self._passed_on(self.cloud, request, "control", "")
        if request.path != "/":
            return Passage(plain(404, "there is nothing here"), "", "none", "", "none")
        recognised = recognise(request)
        if recognised is None:
            status = 400 if request.method in _METHODS else 405
            return Passage(plain(status, _SPOKEN), "", "none", "", "none")
        if recognised.key_id in self.gate.keys.built_in and _is_from_page(request):
            # Everybody knows that key's secret, so any page that is looked at here could sign.
            why = "the emulator's own key is not for pages in a browser"
            return self._refused(recognised, request, Refused(Refusal.FORBIDDEN, why))
        is_near = self.cloud is not None and is_local and not _is_from_page(request)
        if self.cloud is not None and is_near and await self._is_for_cloud(recognised):
            return await self._passed_on(self.cloud, request, "ecs", self._shown_key(recognised))
        api = self.apis.get(recognised.wanted)
        if api is None:
            return self._refused(
                _fallback(recognised),
                request,
                Refused(Refusal.UNKNOWN_VERSION, _SPOKEN, recognised.version[:80]),
            )
        return await self._through(api, recognised, request, source)

    def refuse(self, request: HttpRequest, refused: Refused) -> Passage:
        """The refusal of a request that could not be read as a whole, in its API's words if any."""
        recognised = recognise(request)
        if recognised is None or request.path != "/":
            status = 413 if refused.refusal is Refusal.TOO_LARGE else 400
            response = plain(status, refused.detail)
            return Passage(response, "", "none", "", "none", refusal=refused.refusal)
        return self._refused(recognised, request, refused)

    async def _through(
        self, api: Api, recognised: Recognised, request: HttpRequest, source: str
    ) -> Passage:
        """What the API answers, or why it is not even asked."""
        request_id = self._request_id(recognised.wanted.world)
        asked = Asked(
            request,
            recognised.wanted.world,
            api,
            recognised.action,
            _SERVICES.get(recognised.wanted, ""),
            request_id,
            source,
        )
        try:
            if request.method not in _METHODS:
                raise Refused(Refusal.UNSUPPORTED_METHOD, f"{request.method} is not served")
            need_readable(request)
            if not recognised.is_known:
                raise Refused(Refusal.UNKNOWN_VERSION, "", recognised.version[:80])
            admitted = await admit(self.gate, asked)
            answer = await carried_out(self.gate, api, admitted)
        except Refused as refused:
            return self._refused(recognised, request, refused, request_id)
        except StoreUnavailable as away:
            LOG.warning("the database is away", extra={"fields": {"reason": str(away)}})
            return self._refused(
                recognised,
                request,
                Refused(Refusal.UNAVAILABLE, "the database does not answer; ask again later"),
                request_id,
            )
        except Exception:
            # A fault of ours is told to who asked, and ends nobody else's call.
            fields = {"request_id": request_id, "api": api.name, "action": word(recognised.action)}
            LOG.exception("internal fault", extra={"fields": fields})
            return self._refused(recognised, request, Refused(Refusal.INTERNAL), request_id)
        call = admitted.call
        return Passage(
            _named(answer.response, recognised.wanted.world, request_id),
            request_id,
            recognised.wanted.value,
            call.action,
            call.action,
            call.caller.key_id,
            call.caller.account_id,
            call.region or next((value for name, value in call.pairs if name == "RegionId"), ""),
        )

    def _refused(
        self,
        recognised: Recognised,
        request: HttpRequest,
        refused: Refused,
        request_id: str = "",
    ) -> Passage:
        world = recognised.wanted.world
        request_id = request_id or self._request_id(world)
        api = self.apis.get(recognised.wanted)
        action = recognised.action
        if api is None:
            response = plain(HTTPStatus.BAD_REQUEST, refused.detail or _SPOKEN)
            is_action = False
        else:
            host = request.headers.get("host", request.host)
            response = api.refuse(refused, action, request_id, host)
            is_action = api.needs(action) is not None
        return Passage(
            _named(response, world, request_id),
            request_id,
            recognised.wanted.value,
            action,
            action if is_action else "unknown",
            self._shown_key(recognised),
            refusal=refused.refusal,
        )

    async def _is_for_cloud(self, recognised: Recognised) -> bool:
        """ECS is the emulated cloud's alone; STS is, for keys that we do not have and it may."""
        if recognised.wanted is Wanted.ECS:
            return True
        if recognised.wanted is not Wanted.STS or not recognised.key_id:
            return False
        try:
            known = await self.gate.keys.get(recognised.key_id[:128], self.gate.desk.clock.now())
        except StoreError:
            # Who answers cannot be told: the usual way says that the database is away.
            return False
        return known is None

    async def _passed_on(self, cloud: Send, request: HttpRequest, api: str, key_id: str) -> Passage:
        recognised = recognise(request)
        action = recognised.action if recognised is not None else request.path
        try:
            response = await cloud(request)
        except ConnectionError:
            # A fault of the emulated cloud: the client sees a connection that ends.
            return Passage(None, "", api, action, "any", key_id)
        except Exception:
            # Its fault ends nobody else's call either.
            LOG.exception("the emulated cloud failed", extra={"fields": {"action": word(action)}})
            response = plain(500, "the emulated cloud failed; the log says why")
        return Passage(response, "", api, action, "any", key_id)

    def _shown_key(self, recognised: Recognised) -> str:
        """The key's id where it is one of ours: another may be a secret in the wrong place."""
        return recognised.key_id if self.gate.keys.has_met(recognised.key_id) else ""

    def _request_id(self, world: World) -> str:
        found = self.gate.desk.entropy.new_id()
        return found.upper() if world is World.ALIBABA else found.lower()


def _is_from_page(request: HttpRequest) -> bool:
    """True where a browser says that a page has sent it (Fetch Metadata, and Fetch's Origin)."""
    headers = request.headers
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def _fallback(recognised: Recognised) -> Recognised:
    """In whose words an API is refused that is not here."""
    wanted = Wanted.CLOUDFORMATION if recognised.wanted.world is World.AWS else Wanted.ROS
    return replace(recognised, wanted=wanted, is_known=False)


def _named(response: HttpResponse, world: World, request_id: str) -> HttpResponse:
    """With the request's id in the header where each world's clients look for it."""
    name = "x-acs-request-id" if world is World.ALIBABA else "x-amzn-requestid"
    return replace(response, headers={**response.headers, name: request_id})


def plain(status: int, said: str) -> HttpResponse:
    """A reply in plain words, to whoever speaks none of the APIs."""
    headers = {"content-type": "text/plain; charset=utf-8"}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = "GET, POST"
    return HttpResponse(status, headers, f"{said}\n".encode())
