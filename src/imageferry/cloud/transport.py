"""HttpTransport: the one room that opens a connection; one shared, kept-alive session."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final

import aiohttp
from yarl import URL

from imageferry.cloud.endpoints import is_loopback
from imageferry.cloud.errors import NotSent, NotTrusted
from imageferry.wire.alibaba_signing import canonical_query
from imageferry.wire.http import HttpRequest, HttpResponse

_TIMEOUT: Final = aiohttp.ClientTimeout(total=40.0, sock_connect=6.0, sock_read=30.0)
_CONNECTIONS: Final = 64
_LARGEST_REPLY: Final = 32 * 1024 * 1024
_FIRST_CONTACT: Final = 5.0
_OUTGOING: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "imageferry"}
_NO_HEADERS: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class HttpTransport:
    """Sends requests over the network; its `send` is a `wire.http.Send`.

    Certificates are verified. Proxies come from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    `NO_PROXY`, a CA bundle from `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE`;
    loopback is never sent through a proxy. Use it as an async context manager.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._session: aiohttp.ClientSession | None = None
        self._careful: aiohttp.ClientSession | None = None
        self._proxies: dict[tuple[str, str], str | None] = {}
        self._context: ssl.SSLContext | None = None

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """One request and its reply; raises OSError (NotSent, NotTrusted) where there is none."""
        session = self._session or self._open()
        if request.confirm is not None:
            session = self._careful or self._open_careful(session)
        # The query was encoded as it was signed; aiohttp shall not quote it a second time.
        query = request.encoded_query
        if query is None:
            query = canonical_query(request.query)
        url = URL(
            f"{request.scheme}://{request.host}{request.path}{'?' if query else ''}{query}",
            encoded=True,
        )
        try:
            async with session.request(
                request.method,
                url,
                data=request.body or None,
                headers={"host": request.host, **request.headers},
                proxy=self._proxy(request.scheme, request.host),
                ssl=self._trusted() if request.scheme == "https" else True,
                allow_redirects=False,
                trace_request_ctx=request.confirm,
            ) as response:
                body = await response.content.read(_LARGEST_REPLY)
                if not response.content.at_eof():
                    body += await _rest(response, len(body))
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(response.status, headers, body)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            raise NotTrusted(
                f"{request.host} cannot be trusted: {_reason(error)}; "
                "where a proxy inspects traffic, name its CA bundle in SSL_CERT_FILE"
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"{request.host} cannot be reached: {_reason(error)}") from error
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{request.host} ended the exchange: {_reason(error)}") from error

    async def close(self) -> None:
        """Close every connection."""
        sessions = (self._careful, self._session)
        self._careful = self._session = None
        for session in sessions:
            if session is not None:
                await session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=60.0),
            timeout=_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NO_HEADERS,
            trust_env=False,
        )
        return self._session

    def _open_careful(self, session: aiohttp.ClientSession) -> aiohttp.ClientSession:
        """A session over the same connections, whose requests are confirmed before they are sent."""
        # aiohttp reference, "Tracing": the only hook between a connection and the first byte.
        before_sending = aiohttp.TraceConfig()
        before_sending.on_request_headers_sent.append(_confirm)
        self._careful = aiohttp.ClientSession(
            connector=session.connector,
            connector_owner=False,
            trace_configs=[before_sending],
            timeout=_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NO_HEADERS,
            trust_env=False,
        )
        return self._careful

    def _trusted(self) -> ssl.SSLContext:
        """What certificates are checked against; read when the first https call is made."""
        if self._context is None:
            self._context = trusted(self._environ)
        return self._context

    def _proxy(self, scheme: str, host: str) -> str | None:
        key = (scheme, host)
        if key not in self._proxies:
            self._proxies[key] = find_proxy(self._environ, scheme, host)
        return self._proxies[key]


# The second kind has the first ones among its own.
UNTRUSTED: Final = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)
UNREACHED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
BROKEN_OFF: Final = (aiohttp.ClientError, ValueError)
"""What `asked` raises: the first two before anything was sent."""

Response = aiohttp.ClientResponse
"""An answer whose body is still to be read."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to an address that a caller has given, checked by whoever makes it.

    `url` is encoded, and names the very address that was checked; `authority` and `server_name`
    (for TLS alone) are what the caller has given for it.
    """

    method: str
    url: str
    authority: str
    server_name: str | None
    proxy: str | None
    context: ssl.SSLContext | None
    headers: Mapping[str, str]
    body: bytes | None = None


@asynccontextmanager
async def asked(outgoing: Outgoing) -> AsyncIterator[Response]:
    """What is answered; no redirect is followed, no cookie kept, and the connection ends with it.

    Raises UNTRUSTED, UNREACHED and BROKEN_OFF. The time is bounded by the caller.
    """
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_FIRST_CONTACT),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        ) as session,
        session.request(
            outgoing.method,
            URL(outgoing.url, encoded=True),
            data=outgoing.body,
            headers={**_OUTGOING, **outgoing.headers, "Host": outgoing.authority},
            proxy=outgoing.proxy,
            ssl=True if outgoing.context is None else outgoing.context,
            server_hostname=outgoing.server_name,
            allow_redirects=False,
        ) as response,
    ):
        yield response


async def _confirm(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    parameters: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    await context.trace_request_ctx()


async def _rest(response: aiohttp.ClientResponse, size: int) -> bytes:
    parts: list[bytes] = []
    async for part in response.content.iter_any():
        size += len(part)
        if size > _LARGEST_REPLY:
            raise ConnectionError("the reply is larger than any that the API gives")
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None)
    if (
        isinstance(inner, OSError)
        and (inner.errno or 0) > 0
        and not isinstance(inner, ssl.SSLError)
    ):
        # The text of asyncio's own errors repeats the address.
        return os.strerror(inner.errno or 0).lower()
    return str(inner or error) or type(error).__name__


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    """What certificates are checked against, by the usual variables; raises OSError."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    bundle = next((environ[name] for name in names if environ.get(name)), None)
    context = ssl.create_default_context(cafile=bundle)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def find_proxy(environ: Mapping[str, str], scheme: str, host: str) -> str | None:
    """The proxy that the usual variables name for a host, None for none."""
    if is_loopback(host):
        return None
    name = host.rsplit(":", 1)[0].strip("[]").lower()

    def variable(key: str) -> str:
        return environ.get(key, "") or environ.get(key.upper(), "")

    for entry in variable("no_proxy").lower().split(","):
        suffix = entry.strip().removeprefix("*").lstrip(".").rsplit(":", 1)[0]
        if entry.strip() == "*" or (suffix and (name == suffix or name.endswith(f".{suffix}"))):
            return None
    return variable(f"{scheme}_proxy") or variable("all_proxy") or None
