"""`imageferry serve` as a process: what it answers, what it cuts off, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result

from imageferry.cli.group import imageferry
from imageferry.wire.alibaba_signing import sign_v1
from imageferry.wire.http import HttpRequest
from tests.api.gates import GENERATIONS
from tests.api.serving import EMULATOR, Site, served
from tests.api.wires import Peer, Reply
from tests.cloud.test_transport import certificate
from tests.e2e.processes import environment

SLOWEST = 0.4
BODY = 64 << 10

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: carried
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("serve")
    with served(folder / "home", "--request-time", str(SLOWEST), "--body-limit", "64K") as found:
        yield found


def give(home: Path, *arguments: str, **settings: str) -> Result:
    around = environment(home, **{"IMAGEFERRY_EMULATOR_SPEED": "1000000000", **settings})
    return CliRunner(env=around).invoke(imageferry, list(arguments))


def exchange(port: int, *parts: bytes, seconds: float = 5.0) -> bytes:
    """What comes back for raw bytes until the other side ends the connection, or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        received = b""
        try:
            for part in parts:
                line.sendall(part)
            while piece := line.recv(65536):
                received += piece
        except (ConnectionError, TimeoutError):
            pass
        return received


def head(method: str, target: str, *headers: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


FORM = "Content-Type: application/x-www-form-urlencoded"
ROS = "/?Version=2019-09-10&Action=ListStacks"


# --- what stands beside the APIs ------------------------------------------------------------------


def test_it_is_alive_and_ready(site: Site) -> None:
    assert site.get("/healthz") == (200, "alive\n")
    status, said = site.get("/readyz")
    assert (status, json.loads(said)) == (200, {"ready": True, "reasons": {}})


def test_the_figures_have_few_labels_and_no_words_of_callers(site: Site) -> None:
    site.get("/?Version=2019-09-10&Action=EatThisStack&AccessKeyId=hunter2")
    status, said = site.get("/metrics")
    assert status == 200
    counted = [line for line in said.splitlines() if "imageferry_requests_total{" in line]
    assert any('action="unknown",api="ros"' in line for line in counted)
    assert "EatThisStack" not in said
    assert "hunter2" not in said
    assert 'imageferry_operations_open{status="RUNNING"} 0.0' in said
    assert "imageferry_workers 1.0" in said
    assert "imageferry_database_up 1.0" in said
    assert "_created" not in said


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        pytest.param(head("HEAD", "/healthz"), 200, id="health"),
        pytest.param(head("HEAD", "/"), 405, id="the APIs"),
        pytest.param(head("HEAD", ROS), 405, id="an API"),
        pytest.param(head("HEAD", "/nothing"), 404, id="nothing"),
    ],
)
def test_head_has_no_body(site: Site, request_line: bytes, status: int) -> None:
    reply = exchange(site.port, request_line)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())
    assert reply.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("raw", "status", "says"),
    [
        pytest.param(head("GET", "/nothing"), 404, b"there is nothing here", id="unknown path"),
        pytest.param(head("GET", "/console"), 308, b"location: /console/", id="no slash"),
        pytest.param(head("GET", "/", "Accept: text/html"), 303, b"/console/", id="a browser"),
        pytest.param(head("GET", "/../etc/passwd"), 404, b"nothing here", id="up the tree"),
        pytest.param(head("GET", "/%00"), 404, b"nothing here", id="nul"),
        pytest.param(head("POST", "/healthz", "Content-Length: 0"), 405, b"use GET", id="verb"),
        pytest.param(head("GET", "/"), 400, b"speaks ROS", id="no api"),
        pytest.param(head("DELETE", "/"), 405, b"speaks ROS", id="no verb"),
        pytest.param(head("GET", ROS), 400, b"RequestId", id="unsigned"),
        pytest.param(head("PUT", ROS, "Content-Length: 0"), 405, b"RequestId", id="put"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 400, b"", id="tls on no tls"),
        pytest.param(b"GET nothing\r\n\r\n", 400, b"", id="no http"),
        pytest.param(
            head("POST", ROS, "Content-Length: 5", "Content-Length: 6") + b"A=1&B=",
            400,
            b"",
            id="two lengths",
        ),
        pytest.param(head("CONNECT", "example.com:443"), 400, b"", id="connect"),
    ],
)
def test_what_is_asked_wrongly_is_told_so(site: Site, raw: bytes, status: int, says: bytes) -> None:
    reply = exchange(site.port, raw)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode()), reply
    assert says in reply
    assert b"Traceback" not in reply


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(head("GET", "/healthz"), id="health"),
        pytest.param(head("GET", "/metrics"), id="metrics"),
        pytest.param(head("GET", ROS), id="ros"),
        pytest.param(head("GET", "/?Version=2010-05-15&Action=ListStacks"), id="cloudformation"),
        pytest.param(head("GET", "/nothing"), id="nothing"),
        pytest.param(b"nonsense\r\n\r\n", id="no request"),
    ],
)
def test_each_reply_has_one_date_and_its_length(site: Site, raw: bytes) -> None:
    reply = exchange(site.port, raw)
    heading, _, body = reply.partition(b"\r\n\r\n")
    dates = re.findall(rb"(?im)^date: (.+?)\r?$", heading)
    assert len(dates) == 1
    assert re.fullmatch(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", dates[0])
    [length] = re.findall(rb"(?im)^content-length: (\d+)\r?$", heading)
    assert int(length) == len(body)
    assert b"cache-control: no-store" in heading
    assert b"x-content-type-options: nosniff" in heading
    assert b"\r\nserver:" not in heading


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "status", "says"),
    [
        pytest.param(
            head("POST", ROS, FORM, f"Content-Length: {BODY + 1}") + b"A" * (BODY + 1),
            413,
            b'"Code"',
            id="declared",
        ),
        pytest.param(
            head("POST", ROS, FORM, "Transfer-Encoding: chunked")
            + b"8000\r\n" + b"A" * 0x8000 + b"\r\n8001\r\n" + b"A" * 0x8001 + b"\r\n0\r\n\r\n",
            413,
            b'"Code"',
            id="in chunks",
        ),
        pytest.param(
            head("POST", "/", FORM, f"Content-Length: {BODY + 1}") + b"A" * (BODY + 1),
            413,
            b"at most",
            id="of no api",
        ),
        pytest.param(
            head("POST", ROS, FORM, "Content-Encoding: gzip", "Content-Length: 4") + b"\x1f\x8b\x08\x00",
            415,
            b"not encoded",
            id="compressed",
        ),
        pytest.param(head("GET", "/?" + "A" * (2 << 20)), 414, b"", id="request line"),
        pytest.param(
            head("GET", "/healthz", *(f"X-{n}: 1" for n in range(120))), 431, b"", id="headers"
        ),
        pytest.param(head("GET", "/healthz", "X-Long: " + "A" * 70_000), 431, b"", id="header"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused(site: Site, raw: bytes, status: int, says: bytes) -> None:
    reply = exchange(site.port, raw)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode()), reply[:300]
    assert says in reply


def test_a_template_in_the_query_is_not_too_large(site: Site) -> None:
    reply = exchange(site.port, head("GET", f"{ROS}&TemplateBody={'%20' * (500 << 10)}"))
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert b'"Code"' in reply


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"", 408, id="nothing at all"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-A", 408, id="half a head"),
        pytest.param(head("POST", ROS, FORM, "Content-Length: 9") + b"A=1", 408, id="half a body"),
        pytest.param(
            head("POST", ROS, FORM, "Transfer-Encoding: chunked") + b"1\r\nA\r\n",
            408,
            id="chunks without an end",
        ),
    ],
)
def test_whoever_is_too_slow_is_cut_off(site: Site, raw: bytes, status: int) -> None:
    began = time.monotonic()
    reply = exchange(site.port, raw)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode()), reply
    assert SLOWEST * 0.8 < time.monotonic() - began < SLOWEST + 2


def test_a_drop_of_bytes_now_and_then_does_not_keep_a_connection(site: Site) -> None:
    ends = time.monotonic() + SLOWEST + 5
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        is_cut = False
        while not is_cut and time.monotonic() < ends:
            time.sleep(0.1)
            try:
                line.sendall(b"X: y\r\n")
            except ConnectionError:
                is_cut = True
    assert is_cut


def test_two_requests_on_one_connection_are_answered_in_turn(site: Site) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    reply = exchange(site.port, one + one + head("GET", "/nothing"))
    assert re.findall(rb"HTTP/1\.1 (\d+)", reply) == [b"200", b"200", b"404"]


# --- the cloud behind it, and the log -------------------------------------------------------------


def test_the_command_line_works_on_the_cloud_behind_it(site: Site, tmp_path: Path) -> None:
    (tmp_path / "copy.yml").write_text(TEMPLATE)
    done = give(
        tmp_path / "other", "deploy", str(tmp_path / "copy.yml"), "-s", "one", "--yes",
        "--region", "cn-hangzhou", IMAGEFERRY_ECS_ENDPOINT=site.address,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    status, said = site.get("/_emulator/images")
    assert status == 200
    assert [one["name"] for one in json.loads(said)["images"]].count("carried") == 1


def test_a_line_of_the_log_for_each_request_and_no_secret_in_it(site: Site) -> None:
    site.get("/?Version=2019-09-10&Action=GetStack%0aforged&AccessKeyId=AK%0d&TemplateBody=hunter2")
    # What is no action's name may be a secret in the wrong place.
    last = site.wait_for(api="ros", action="", status="400")
    assert (last["event"], last["key_id"]) == ("request", "")
    assert last["source"] == "127.0.0.1"
    assert last["level"] == "warning"
    assert "hunter2" not in site.log.read_text()


SLOW = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Given: {Type: Json, Default: {a: 1}}}
Outputs:
  One: {Value: {'Fn::Jq': [First, 'def f: f; f', !Ref Given]}}
  Two: {Value: {'Fn::Jq': [First, 'def f: [f]; f', !Ref Given]}}
"""
"""A template of few bytes with two programs that never end, and are stopped after a second each."""


SLOW_LATER = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: m-golden0000000000001, DestinationRegionId: cn-beijing}
Outputs:
  One: {Value: {'Fn::Jq': [First, 'def f: f; f', {a: !GetAtt [Copy, ImageId]}]}}
"""
"""The same where the program has nothing to work on before the copy is there."""


def test_a_template_that_takes_seconds_keeps_nobody_waiting(site: Site) -> None:
    peer = Peer(site.authority)
    kind = GENERATIONS["v3"]

    def ask() -> Reply:
        made = peer.ask(kind, "CreateStack", (("StackName", "slow"), ("TemplateBody", SLOW_LATER)))
        assert made.status == 200, made
        validated = peer.ask(kind, "ValidateTemplate", (("TemplateBody", SLOW),))
        while b"CREATE_COMPLETE" not in peer.ask(kind, "ListStacks").body:
            time.sleep(0.02)
        return validated

    with ThreadPoolExecutor(1) as aside:
        slow = aside.submit(ask)
        waits = []
        while not slow.done():
            began = time.monotonic()
            site.get("/healthz")
            waits.append(time.monotonic() - began)
        assert slow.result().status in {200, 400}
    assert sum(waits) > 1.0
    assert max(waits) < 0.8


# --- the end --------------------------------------------------------------------------------------


def test_a_request_in_flight_is_answered_before_the_end(tmp_path: Path) -> None:
    with served(tmp_path / "home") as site:
        fault = {"kind": "slow", "action": "DescribeRegions", "seconds": 0.7}
        asked = urllib.request.Request(
            f"{site.address}/_emulator/faults", json.dumps(fault).encode()
        )
        urllib.request.urlopen(asked, timeout=5).close()
        with socket.create_connection(("127.0.0.1", site.port), timeout=5) as line:
            signed = sign_v1(
                HttpRequest("GET", "http", site.authority, "/"),
                action="DescribeRegions",
                version="2014-05-26",
                credentials=EMULATOR,
                date=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                nonce="one",
            )
            line.sendall(head("GET", f"/?{urlencode(signed.query)}"))
            time.sleep(0.2)
            site.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", site.port), timeout=5)
            reply = b""
            while piece := line.recv(65536):
                reply += piece
        assert reply.startswith(b"HTTP/1.1 200 ")
        assert b"cn-hangzhou" in reply
        assert site.process.wait(10) == 0


def test_an_operation_goes_on_after_a_stop_and_a_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "copy.yml").write_text(TEMPLATE)
    # The world takes the speed of whoever opened it last: a copy takes forty seconds at first.
    slow = {"IMAGEFERRY_EMULATOR_SPEED": "60"}
    with served(home, speed=60) as site:
        left = give(
            home, "deploy", str(tmp_path / "copy.yml"), "-s", "one", "--region", "cn-hangzhou",
            "--yes", "--no-wait", **slow,
        )  # fmt: skip
        assert left.exit_code == 0, left.output
        assert "is left to the workers of this home" in left.output
        site.wait_for(event="taken")
        assert site.stop() == 0
        assert [one["event"] for one in site.lines()][-2:] == ["handed back", "stopped"]
    shown = json.loads(give(home, "show", "-s", "one", "--json", **slow).stdout)
    assert shown["status"] == "CREATE_IN_PROGRESS"
    with served(home, "--no-emulator-key", speed=1e6) as site:
        site.wait_for(status="SUCCEEDED")
        _, figures = site.get("/metrics")
        assert 'imageferry_operations_ended_total{status="SUCCEEDED"} 1.0' in figures
        assert site.stop(signal.SIGINT) == 0
    shown = json.loads(give(home, "show", "-s", "one", "--json").stdout)
    assert shown["status"] == "CREATE_COMPLETE"


def test_it_speaks_https_to_others_where_told_so(tmp_path: Path) -> None:
    shown, key = certificate(tmp_path)
    with served(
        tmp_path / "home", "--host", "0.0.0.0", "--allow-remote", "--log-format", "text",
        "--no-work", "--account", "emulator-2", "--tls-certificate", str(shown), "--tls-key", str(key),
    ) as site:  # fmt: skip
        assert site.address.startswith("https://0.0.0.0:")
        trust = ssl.create_default_context(cafile=str(shown))
        address = f"https://127.0.0.1:{site.port}"
        with urllib.request.urlopen(f"{address}/healthz", context=trust) as reply:
            assert reply.read() == b"alive\n"
        # It runs no operations, and answers from the home all the same.
        backup = str(tmp_path / "backup")
        assert give(tmp_path / "home", "home", "backup", backup).exit_code == 0
        refused_restore = give(tmp_path / "home", "home", "restore", backup, "--yes")
        assert refused_restore.exit_code == 1
        assert "a server runs on it" in refused_restore.output
        # Others reach it: neither the emulated cloud nor its well-known key are offered.
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}/_emulator/images", context=trust)
        assert refused.value.code == 404
        refused.value.close()
        line = re.compile(r"(?m)^\S+Z info request .*path=/_emulator/images status=404 ")
        ends = time.monotonic() + 10
        while not line.search(said := site.log.read_text()):
            assert time.monotonic() < ends, said
            time.sleep(0.02)
        assert "account 1000000000000002" in said
        assert 'one of "imageferry keys create"' in said
        assert "none lives yet" in said
        assert " warning request " not in said


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["--host", "0.0.0.0"], 2, "IF987", id="remote unasked"),
        pytest.param(["--host", "0.0.0.0", "--allow-remote"], 2, "IF987", id="remote in clear"),
        pytest.param(["--host", "::", "--allow-remote"], 2, "IF987", id="remote, IPv6"),
        pytest.param(["--tls-key", "key.pem"], 2, "IF986", id="half a certificate"),
        pytest.param(
            ["--tls-key", "no.pem", "--tls-certificate", "no.pem"], 1, "IF986", id="no certificate"
        ),
        pytest.param(["--account", "a", "--account", "a"], 2, "IF988", id="account twice"),
        pytest.param(
            ["--account", "emulator", "--account", ""], 2, "IF988", id="account without a name"
        ),
        pytest.param(["--account", "nobody"], 3, "IF820", id="account that is none"),
        pytest.param(["--region-map", "us-east-1"], 2, "IF988", id="half a map"),
        pytest.param(
            ["--region-map", "a=cn-hangzhou", "--region-map", "a=cn-beijing"],
            2,
            "IF988",
            id="a map of two minds",
        ),
        pytest.param(["--template-host", "https://a.b/c"], 2, "IF988", id="no host"),
        pytest.param(["--template-private", "10.0.0.0/99"], 2, "IF988", id="no network"),
        pytest.param(["--notify-host", "https://a.b/c"], 2, "IF988", id="no receiver"),
        pytest.param(["--notify-private", "inside"], 2, "IF988", id="no network of receivers"),
        pytest.param(["--body-limit", "3T"], 2, "is no size", id="size"),
        pytest.param(["--body-limit", "1"], 2, "is no size", id="too small"),
        pytest.param(["--port", "70000"], 2, "70000", id="port"),
        pytest.param(["--request-time", "0"], 2, "0.1", id="time"),
        pytest.param(["--concurrency", "0"], 2, "0 is not in the range", id="no places"),
        pytest.param(["--host", "no.such.host.invalid"], 2, "IF987", id="unknown host"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    refused = give(tmp_path / "home", "serve", "--port", "0", *arguments)
    assert refused.exit_code == code, refused.output
    assert says in refused.output


def test_nothing_is_left_to_workers_that_see_another_cloud(tmp_path: Path) -> None:
    refused = give(
        tmp_path / "home", "serve", "--no-work", IMAGEFERRY_DATABASE_URL="postgresql://h/db"
    )
    assert refused.exit_code == 2
    assert "IF989" in refused.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = give(tmp_path / "home", "serve", "--port", str(port), "--json")
    assert refused.exit_code == 1
    [found] = json.loads(refused.stdout)["error"]["diagnostics"]
    assert (found["code"], str(port) in found["message"]) == ("IF985", True)
    assert not (tmp_path / "home" / "emulator.db").exists()


def test_a_database_that_is_away_at_the_start_is_tried_again_for_a_while(tmp_path: Path) -> None:
    ended = give(
        tmp_path / "home", "serve", "--port", "0",
        IMAGEFERRY_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/x",
        IMAGEFERRY_DATABASE_PATIENCE="0.3",
    )  # fmt: skip
    assert ended.exit_code == 1
    assert ended.stderr.count('"event": "waiting"') == 1
    assert "[IF811]" in ended.stderr
    assert "hunter2" not in ended.output


def test_pages_stand_beside_the_apis(site: Site) -> None:
    """What ASGI does not show: the server's own headers, what is slow or cut, and the log."""
    door = exchange(site.port, head("GET", "/console/"))
    assert door.startswith(b"HTTP/1.1 303")
    for name in (b"content-security-policy", b"x-content-type-options", b"cache-control", b"date"):
        assert door.lower().count(b"\r\n" + name + b":") == 1, name
    for raw, status in (
        (head("GET", "/console/", "Host: evil.example"), 400),
        (head("GET", "/console/").replace(b"127.0.0.1", b"evil.example"), 421),
        (head("HEAD", "/console/sign-in"), 200),
        (head("POST", "/console/sign-in", FORM, "Content-Length: 9"), 408),
        (head("POST", "/console/sign-in", FORM, "Content-Length: 3") + b"a=b", 403),
        (head("POST", "/console/sign-in", FORM, "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (head("POST", "/console/sign-in", FORM, "Content-Length: 70000") + b"a" * 70_000, 413),
        (head("PUT", "/console/"), 405),
        (head("GET", "/console/../healthz"), 303),
        (head("GET", "/console/live/"), 303),
    ):  # fmt: skip
        said = exchange(site.port, raw)
        assert said.startswith(f"HTTP/1.1 {status} ".encode()), (raw[:80], said[:300])
    link = json.loads(give(site.home, "keys", "link", "--json").stdout)["url"]
    assert link.startswith(f"{site.address}/console/link/")
    status, page = site.get(link.removeprefix(site.address))
    assert (status, "signs this browser in" in page) == (200, True)
    assert site.wait_for(path="/console/link/****")["refusal"] == ""
    log = site.log.read_text()
    assert link.rpartition("/")[2] not in log
    assert not re.findall(r"/console/link/[0-9a-f]", log)
