"""The emulator on an address, spoken to in raw HTTP."""

from __future__ import annotations

import asyncio
import datetime
import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from imageferry.emulator.calls import cloud_time
from imageferry.emulator.server import decode_pairs, serve
from imageferry.wire.alibaba_signing import canonical_query, sign_v3
from imageferry.wire.http import HttpRequest
from tests.emulator.clouds import GOLDEN, Cloud


class Served:
    """A server in a thread of its own, and one emulator behind it."""

    def __init__(self, cloud: Cloud, **options: Any) -> None:
        self.cloud = cloud
        self._options = options
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._serving = self._loop.create_task(
            serve(self.cloud.emulator, port=0, on_ready=self._on_ready, **self._options)
        )
        try:
            self._loop.run_until_complete(self._serving)
        except asyncio.CancelledError:
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _on_ready(self, port: int) -> None:
        self.port = port
        self._ready.set()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def signed(self, action: str, **parameters: object) -> HttpRequest:
        return self.cloud.request(action, **parameters)

    def bytes_of(self, request: HttpRequest, more: str = "", target: str | None = None) -> bytes:
        target = target if target is not None else f"/?{canonical_query(request.query)}"
        headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        host = "" if "host" in request.headers else f"Host: {request.host}\r\n"
        return (
            f"{request.method} {target} HTTP/1.1\r\n{host}{headers}{more}\r\n".encode("latin-1")
            + request.body
        )

    def talk(self, data: bytes, *, until_closed: bool = False) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            if not until_closed:
                return connection.recv(1 << 20)
            received = b""
            while chunk := connection.recv(1 << 20):
                received += chunk
            return received


@pytest.fixture
def served(cloud: Cloud) -> Iterator[Served]:
    server = Served(cloud)
    yield server
    server.stop()


def test_a_reply_comes_in_one_piece_with_its_length(served: Served) -> None:
    reply = served.talk(served.bytes_of(served.signed("DescribeRegions")))
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-type: application/json;charset=utf-8" in head
    assert f"content-length: {len(body)}".encode() in head
    assert b"connection: keep-alive" in head
    assert len(json.loads(body)["Regions"]["Region"]) == 35


def test_a_connection_is_kept(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    local = None
    for _ in range(5):
        request = served.signed("DescribeImages", RegionId="cn-hangzhou", ImageId=GOLDEN)
        headers = {**request.headers, "Host": request.host}
        connection.request("POST", f"/?{canonical_query(request.query)}", headers=headers)
        response = connection.getresponse()
        assert json.loads(response.read())["TotalCount"] == 1
        local = local or connection.sock.getsockname()
        assert connection.sock.getsockname() == local
    connection.close()


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        pytest.param("web+01", "web 01", id="plus"),
        pytest.param("web%2001", "web 01", id="percent"),
        pytest.param("web*~/(')!", "web*~/(')!", id="raw marks"),
        pytest.param("web%2A%7E%2F", "web*~/", id="encoded marks"),
        pytest.param("%E9%95%9C%E5%83%8F", "镜像", id="UTF-8"),
        pytest.param("", "", id="empty"),
    ],
)
def test_every_spelling_of_a_query_is_one_query(served: Served, spelling: str, name: str) -> None:
    request = served.signed("DescribeImages", RegionId="cn-hangzhou", ImageName=name)
    target = f"/?ImageName={spelling}&RegionId=cn-hangzhou"
    assert b'"TotalCount":' in served.talk(served.bytes_of(request, target=target))


def test_an_odd_content_type_on_an_empty_body(served: Served) -> None:
    request = served.signed("DescribeRegions")
    for kind in ("application/octet-stream", "application/x-www-form-urlencoded", "nonsense"):
        request = served.signed("DescribeRegions")
        more = f"Content-Type: {kind}\r\nContent-Length: 0\r\n"
        assert served.talk(served.bytes_of(request, more)).startswith(b"HTTP/1.1 200")


def test_the_host_header_is_taken_as_it_came(served: Served) -> None:
    request = served.cloud.request("DescribeRegions")
    strange = HttpRequest("POST", "http", f"http://127.0.0.1:{served.port}", "/")
    from_sdk = served.bytes_of(_signed_again(served, strange))
    assert b"Host: http://127.0.0.1" in from_sdk
    assert served.talk(from_sdk).startswith(b"HTTP/1.1 200")
    changed = served.bytes_of(request).replace(b"Host: 127.0.0.1", b"Host: 127.0.0.2")
    assert b"SignatureDoesNotMatch" in served.talk(changed)


def _signed_again(served: Served, request: HttpRequest) -> HttpRequest:
    return sign_v3(
        request,
        action="DescribeRegions",
        version="2014-05-26",
        credentials=served.cloud.credentials,
        date=cloud_time(served.cloud.clock.now()),
        nonce="n-host",
    )


def test_a_form_body_counts(served: Served) -> None:
    body = b"RegionId=cn-hangzhou&ImageId=" + GOLDEN.encode()
    request = HttpRequest("POST", "http", "127.0.0.1", "/", (), {}, body)
    signed = sign_v3(
        request,
        action="DescribeImages",
        version="2014-05-26",
        credentials=served.cloud.credentials,
        date=cloud_time(served.cloud.clock.now()),
        nonce="n-form",
    )
    more = f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    assert b'"TotalCount":1' in served.talk(served.bytes_of(signed, more))


def test_requests_sent_ahead_are_answered_in_order(served: Served) -> None:
    served.cloud.fault("slow", action="DescribeRegions", seconds=0.05)
    slow = served.bytes_of(served.signed("DescribeRegions"))
    quick = served.bytes_of(served.signed("GetCallerIdentity"), "Connection: close\r\n")
    received = served.talk(slow + quick, until_closed=True)
    assert received.index(b"Regions") < received.index(b"InvalidApi")


def test_a_lost_reply_ends_the_connection(served: Served) -> None:
    served.cloud.fault("lost_reply", action="CopyImage")
    copy = {"ImageId": GOLDEN, "RegionId": "cn-hangzhou", "DestinationRegionId": "cn-shanghai"}
    request = served.bytes_of(served.signed("CopyImage", **copy))
    assert served.talk(request, until_closed=True) == b""
    assert len(served.cloud.images()) == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", b"400", id="no HTTP"),
        pytest.param(
            b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n", b"400", id="long head"
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
            b"400",
            id="long body",
        ),
    ],
)
def test_what_is_no_request_is_refused(served: Served, data: bytes, status: bytes) -> None:
    try:
        reply = served.talk(data)
    except ConnectionError:
        return
    assert reply == b"" or reply.startswith(b"HTTP/1.1 " + status)


def test_every_other_request_gets_an_error_in_json(served: Served) -> None:
    reply = served.talk(b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["Code"] == "MissingParameter"
    answer = served.talk(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


def test_the_control_api_is_served(served: Served) -> None:
    body = json.dumps({"kind": "quota"}).encode()
    head = f"POST /_emulator/faults HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    reply = served.talk(head.encode() + b"Expect: 100-continue\r\n\r\n" + body)
    assert b"100 Continue" in reply
    images = served.talk(b"GET /_emulator/images?region=cn-hangzhou HTTP/1.1\r\nHost: x\r\n\r\n")
    assert images.count(b"image_id") == 2


def test_only_loopback_is_served(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        asyncio.run(serve(cloud.emulator, port=0, on_ready=print, host="0.0.0.0"))


def test_it_speaks_https_with_a_certificate(cloud: Cloud, tmp_path: Path) -> None:
    certificate, key = _write_certificate(tmp_path)
    server = Served(cloud, certificate=certificate, certificate_key=key)
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        for _ in range(2):
            connection.sendall(server.bytes_of(server.signed("DescribeRegions")))
            assert connection.recv(1 << 20).startswith(b"HTTP/1.1 200")
    server.stop()


def _write_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


def test_pairs_are_decoded() -> None:
    assert decode_pairs("a=1&b&&c=&d=%20+x%2B&%E9%95%9C=%ff") == (
        ("a", "1"), ("b", ""), ("c", ""), ("d", "  x+"), ("镜", "\ufffd"),
    )  # fmt: skip


def test_a_server_of_another_process_ends_on_a_signal(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "clients" / "serve_emulator.py"
    process = subprocess.Popen(
        [sys.executable, str(script), "--world", str(tmp_path / "world")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    process.terminate()
    assert process.wait(10) == 0
    connection.close()
    process.stdout.close()


def test_no_answer_is_empty_when_the_emulator_itself_fails(
    open_cloud: Callable[..., Cloud],
) -> None:
    cloud = open_cloud()
    server = Served(cloud)
    cloud.world.sql.execute("DROP TABLE images")
    reply = server.talk(server.bytes_of(server.signed("DescribeImages", RegionId="cn-hangzhou")))
    server.stop()
    assert reply.startswith(b"HTTP/1.1 500")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["Code"] == "InternalError"
