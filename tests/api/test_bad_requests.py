"""Requests that nobody should send, each by its name, over the wire to a server in another process."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from botocore.config import Config
from botocore.session import Session

from imageferry.api.recognition import World
from imageferry.model.access import AccessKey, Role
from imageferry.wire.http import HttpRequest
from tests.api.gates import BUILT_IN, FORM, GENERATIONS, NOBODY, Generation
from tests.api.serving import Site, served
from tests.api.wires import Peer, Reply, make_key, written
from tests.e2e.processes import COMMAND, environment

EACH = pytest.mark.parametrize("kind", GENERATIONS.values(), ids=GENERATIONS)
BOTH = pytest.mark.parametrize(
    "kind", [GENERATIONS["v3"], GENERATIONS["v4"]], ids=["ros", "cloudformation"]
)
IN_TIME = 0.6
LIMIT = 100_000

TEMPLATE = json.dumps(
    {"ROSTemplateFormatVersion": "2015-09-01", "Parameters": {"Word": {"Type": "String"}}}
)


@dataclass(frozen=True)
class Stage:
    """One server for all, and keys of three roles."""

    peer: Peer
    site: Site
    reader: AccessKey
    foreign: AccessKey


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("bad") / "home"
    with served(
        home, "--request-time", str(IN_TIME), "--body-limit", str(LIMIT), "--rate", "0"
    ) as site:
        reader = make_key(home, Role.READER)
        foreign = make_key(home, Role.ADMIN, "9999999999999999")
        yield Stage(Peer(site.authority), site, reader, foreign)


@pytest.fixture(autouse=True)
def _nothing_of_ours(stage: Stage) -> Iterator[None]:
    """After each: the log has no traceback, no secret, and a good request works."""
    yield
    text = stage.site.log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert stage.reader.secret not in text
    assert "internal fault" not in text
    assert stage.peer.ask(GENERATIONS["v3"], "ListStacks").status == 200


def _is_refusal(reply: Reply, *codes: str) -> None:
    """4xx, one of the codes, nothing of our inside, exactly one Date."""
    assert 400 <= reply.status < 500, reply
    assert reply.code in codes, reply
    for words in (b"Traceback", b".py", b"/src/", b"site-packages"):
        assert words not in reply.body
    assert sum(name == "date" for name, _ in reply.headers) == 1


# --- who asks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("2019-09-10", "IncompleteSignature"),
        ("2010-05-15", "MissingAuthenticationToken"),
        ("2011-06-15", "MissingAuthenticationToken"),
        ("2015-04-01", "IncompleteSignature"),
    ],
)
def test_60_unsigned(stage: Stage, version: str, code: str) -> None:
    body = urlencode({"Action": "ListStacks", "Version": version}).encode()
    request = HttpRequest("POST", "http", stage.peer.host, "/", (), dict(FORM), body)
    reply = stage.peer.send(request)
    _is_refusal(reply, code)


@EACH
def test_61_bad_signature(stage: Stage, kind: Generation) -> None:
    key = replace(BUILT_IN, secret="guessed")
    _is_refusal(stage.peer.ask(kind, "ListStacks", key=key), "SignatureDoesNotMatch")


@EACH
def test_61_unknown_key(stage: Stage, kind: Generation) -> None:
    reply = stage.peer.ask(kind, "ListStacks", key=NOBODY)
    _is_refusal(reply, "InvalidAccessKeyId.NotFound", "InvalidClientTokenId")


@EACH
def test_62_right_signature_changed_body(stage: Stage, kind: Generation) -> None:
    request = stage.peer.signed(kind, "ListStacks", (("StackName", "a"),))
    body = request.body + b"&Tags.1.Key=x"
    altered = replace(request, body=body, headers={**request.headers, **FORM})
    _is_refusal(stage.peer.send(altered), "SignatureDoesNotMatch")


@EACH
def test_63_and_65_a_replayed_write(stage: Stage, kind: Generation) -> None:
    """Refused at once, though the stack it made is a different matter: it is there once."""
    name = f"replayed-{kind.name.replace(' ', '-')}"
    pairs = (("StackName", name), ("TemplateBody", _good(kind, name)))
    request = stage.peer.signed(kind, "CreateStack", pairs)
    first = stage.peer.send(request)
    assert first.status == 200, first
    # Whoever signs without a nonce is told to sign anew, for as long as it may be a mishap.
    _is_refusal(
        stage.peer.send(request), "SignatureNonceUsed", "Throttling", "SignatureDoesNotMatch"
    )


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_65_the_same_write_of_two_clients_in_one_second(stage: Stage, mode: str) -> None:
    """Whoever comes second signs anew by itself: nobody is refused for what another one did."""
    client = Session().create_client(
        "cloudformation",
        region_name="cn-beijing",
        endpoint_url=stage.site.address,
        aws_access_key_id=BUILT_IN.key_id,
        aws_secret_access_key=BUILT_IN.secret,
        config=Config(retries={"mode": mode, "total_max_attempts": 8}),
    )
    told = [client.delete_stack(StackName=f"nobody-{mode}") for _ in range(3)]
    assert [one["ResponseMetadata"]["HTTPStatusCode"] for one in told] == [200, 200, 200]
    # At least two of the three fell into one second.
    assert any(one["ResponseMetadata"]["RetryAttempts"] for one in told)


def _good(kind: Generation, name: str = "carried") -> str:
    """A template that makes an image of that name."""
    source = {"ImageId": "m-golden0000000000001", "DestinationRegionId": "cn-beijing"}
    theirs = {"SourceImageId": "m-golden0000000000001", "SourceRegionId": "cn-hangzhou"}
    if kind.world is World.ALIBABA:
        copy = {
            "Type": "ALIYUN::ECS::CopyImage",
            "Properties": {**source, "DestinationImageName": name},
        }
        return json.dumps({"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"Copy": copy}})
    copy = {"Type": "TF::Alicloud::ImageCopy", "Properties": {**theirs, "ImageName": name}}
    return json.dumps({"Resources": {"Copy": copy}})


@pytest.mark.parametrize("name", ["v1", "v3"])
def test_65_a_reused_nonce_of_a_read(stage: Stage, name: str) -> None:
    request = stage.peer.signed(GENERATIONS[name], "ListStacks")
    assert stage.peer.send(request).status == 200
    _is_refusal(stage.peer.send(request), "SignatureNonceUsed")


@EACH
@pytest.mark.parametrize("off", [-1_000, 1_000])
def test_64_a_stale_timestamp(stage: Stage, kind: Generation, off: float) -> None:
    reply = stage.peer.ask(kind, "ListStacks", now=time.time() + off)
    _is_refusal(reply, "InvalidTimeStamp.Expired", "SignatureDoesNotMatch")


@EACH
def test_75_a_key_of_another_account(stage: Stage, kind: Generation) -> None:
    reply = stage.peer.ask(kind, "ListStacks", key=stage.foreign)
    _is_refusal(reply, "Forbidden", "AccessDenied")
    assert BUILT_IN.account_id.encode() not in reply.body


@EACH
def test_75_a_token_of_another_account(stage: Stage, kind: Generation) -> None:
    query, form = ((), ()) if kind.world is World.AWS else ((("RegionId", "cn-hangzhou"),), ())
    request = kind.sign(
        BUILT_IN, "ListStacks", time.time(), os.urandom(8).hex(), query, form,
        token="of-somebody-else", host=stage.peer.host,
    )  # fmt: skip
    reply = stage.peer.send(request)
    _is_refusal(
        reply, "InvalidAccessKeyId.NotFound", "InvalidSecurityToken", "InvalidClientTokenId"
    )


@EACH
def test_75_a_reader_changes_nothing(stage: Stage, kind: Generation) -> None:
    pairs = (("StackName", "not-mine"), ("TemplateBody", _good(kind)))
    _is_refusal(
        stage.peer.ask(kind, "CreateStack", pairs, key=stage.reader), "Forbidden", "AccessDenied"
    )
    assert stage.peer.ask(kind, "ListStacks", key=stage.reader).status == 200
    assert b"not-mine" not in stage.peer.ask(kind, "ListStacks").body


# --- how much, and how slowly ---------------------------------------------------------------------


@BOTH
def test_66_a_body_over_the_limit(stage: Stage, kind: Generation) -> None:
    reply = stage.peer.ask(kind, "ValidateTemplate", (("TemplateBody", "x" * (LIMIT + 1)),))
    assert reply.status == 413
    _is_refusal(reply, "InvalidParameter", "RequestEntityTooLarge")


def test_66_a_body_that_says_that_it_is_over_the_limit(stage: Stage) -> None:
    head = written(stage.peer.signed(GENERATIONS["v4"], "ListStacks")).partition(b"\r\n\r\n")[0]
    lines = [x for x in head.split(b"\r\n") if not x.lower().startswith(b"content-length")]
    reply = stage.peer.exchange(
        b"\r\n".join([*lines, b"content-length: 99999999999999", b"", b"x"])
    )
    assert 400 <= reply.status < 500 or reply.status == 0


def test_67_chunks_without_end(stage: Stage) -> None:
    """Cut off by the time that a request may take, or by its length: not later."""
    request = stage.peer.signed(GENERATIONS["v3"], "ListStacks")
    head = written(request).partition(b"\r\n\r\n")[0]
    lines = [x for x in head.split(b"\r\n") if not x.lower().startswith(b"content-length")]
    start = b"\r\n".join([*lines, b"transfer-encoding: chunked", b"", b""])
    began = time.monotonic()
    with stage.peer.connected() as wire:
        wire.sendall(start)
        reply = b""
        wire.settimeout(0.02)
        while time.monotonic() - began < 10 * IN_TIME:
            try:
                wire.sendall(b"4\r\nabcd\r\n")
                reply = wire.recv(4_096)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 5 * IN_TIME
    assert not reply.startswith(b"HTTP/1.1 5")
    assert not reply.startswith(b"HTTP/1.1 2")


def test_68_slow_loris(stage: Stage) -> None:
    began = time.monotonic()
    reply = b""
    with stage.peer.connected() as wire:
        wire.settimeout(0.02)
        while time.monotonic() - began < 10 * IN_TIME:
            try:
                wire.sendall(b"P" if time.monotonic() == began else b"X")
                reply = wire.recv(4_096)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 5 * IN_TIME
    assert reply[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 408")


def test_69_a_gzip_bomb(stage: Stage) -> None:
    bomb = gzip.compress(b"TemplateBody=" + b"a" * 50_000_000)
    request = stage.peer.signed(GENERATIONS["v4"], "ListStacks")
    headers = {**request.headers, "content-encoding": "gzip"}
    began = time.monotonic()
    reply = stage.peer.send(replace(request, headers=headers, body=bomb))
    assert reply.status == 415
    assert time.monotonic() - began < 3


# --- in what form ---------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data; boundary=x", "text/plain", "", "\x00", "a" * 5_000],
)
def test_70_a_wrong_content_type(stage: Stage, kind: Generation, content_type: str) -> None:
    """Never carried out by halves: signed as it is, it is refused; a ROS one has all in its head."""
    request = stage.peer.signed(kind, "ValidateTemplate", (("TemplateBody", TEMPLATE),))
    reply = stage.peer.send(
        replace(request, headers={**request.headers, "content-type": content_type})
    )
    assert 400 <= reply.status < 500


@EACH
def test_71_the_same_parameter_twice(stage: Stage, kind: Generation) -> None:
    pairs = (("StackName", "one"), ("StackName", "two"), ("TemplateBody", _good(kind)))
    reply = stage.peer.ask(kind, "CreateStack", pairs)
    _is_refusal(reply, "InvalidParameter", "MalformedInput")
    assert b"StackName" in reply.body


@pytest.mark.parametrize("size", ["0", "-1", "1000000000", "1e9", "x", "٣", "9" * 5_000])
@pytest.mark.parametrize("name", ["PageSize", "PageNumber"])
def test_72_a_page_that_is_none(stage: Stage, name: str, size: str) -> None:
    reply = stage.peer.ask(GENERATIONS["v3"], "ListStacks", ((name, size),))
    _is_refusal(reply, "InvalidParameter")


@pytest.mark.parametrize("token", ["x", "", "AAAA", "../../etc", "\0", "e30=", "9" * 3_000])
def test_72_a_forged_page_token(stage: Stage, token: str) -> None:
    reply = stage.peer.ask(GENERATIONS["v4"], "ListStacks", (("NextToken", token),))
    _is_refusal(reply, "ValidationError", "MalformedInput")


NAMES = {
    "up": "../../etc",
    "encoded": "%2e%2e",
    "slash": "a/b",
    "NUL": "a\0b",
    "10 KB": "a" * 10_240,
    "empty": "",
    "spaces": " a ",
    "markup": "<script>alert(1)</script>",
    "lines": "a\r\nx-evil: 1",
    "reversed": "a\u202eb",
}


@BOTH
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_73_a_stack_name_that_is_none(stage: Stage, kind: Generation, name: str) -> None:
    made = (("StackName", name), ("TemplateBody", _good(kind)))
    reply = stage.peer.ask(kind, "CreateStack", made)
    _is_refusal(reply, "InvalidParameter", "ValidationError", "MissingParameter", "MalformedInput")
    assert not any(header == "x-evil" for header, _ in reply.headers)


@BOTH
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_73_a_stack_name_that_is_none_is_found_nowhere(
    stage: Stage, kind: Generation, name: str
) -> None:
    if kind.world is World.ALIBABA:
        reply = stage.peer.ask(kind, "GetStack", (("StackId", name),))
        _is_refusal(reply, "StackNotFound", "InvalidParameter", "MissingParameter")
    elif name:
        reply = stage.peer.ask(kind, "DescribeStacks", (("StackName", name),))
        _is_refusal(reply, "ValidationError", "MalformedInput")


ADDRESSES = [
    "http://127.0.0.1:1/t", "https://127.0.0.1/t", "http://100.100.100.200/latest",
    "http://169.254.169.254/latest", "https://10.0.0.1/t", "https://[::1]/t",
    "https://[::ffff:127.0.0.1]/t", "https://2130706433/t", "https://0x7f000001/t",
    "file:///etc/passwd", "oss://somebody/else", "s3://bucket/object", "gopher://x/", "x", "",
    "https://user:word@example.com/t?token=secret-of-the-address",
]  # fmt: skip


@BOTH
@pytest.mark.parametrize("address", ADDRESSES)
def test_74_a_template_from_where_none_is_fetched(
    stage: Stage, kind: Generation, address: str
) -> None:
    pairs = (("StackName", "fetched"), ("TemplateURL", address))
    reply = stage.peer.ask(kind, "CreateStack", pairs)
    assert 400 <= reply.status < 500, reply
    assert b"secret-of-the-address" not in reply.body
    assert b"root:" not in reply.body


@BOTH
@pytest.mark.parametrize(
    "header",
    [
        {"x-http-method-override": "DELETE"},
        {"x-http-method": "DELETE"},
        {"x-method-override": "PUT"},
        {"x-original-url": "/metrics"},
        {"x-rewrite-url": "/_emulator/settings"},
        {"x-forwarded-for": "192.0.2.1"},
        {"x-forwarded-host": "example.com"},
        {"forwarded": "for=192.0.2.1"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_76_headers_that_override_are_not_heeded(
    stage: Stage, kind: Generation, header: dict[str, str]
) -> None:
    request = stage.peer.signed(kind, "ListStacks")
    reply = stage.peer.send(replace(request, headers={**request.headers, **header}))
    assert reply.status == 200
    assert b"example.com" not in reply.body


@BOTH
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"])
def test_76_other_methods(stage: Stage, kind: Generation, method: str) -> None:
    request = stage.peer.signed(kind, "ListStacks")
    reply = stage.peer.send(replace(request, method=method))
    assert 400 <= reply.status < 500 or reply.status == 0


def test_77_verbs_on_a_deleted_stack(stage: Stage) -> None:
    ros, cfn = GENERATIONS["v3"], GENERATIONS["v4"]
    made = stage.peer.ask(
        ros, "CreateStack", (("StackName", "gone"), ("TemplateBody", _good(ros, "gone")))
    )
    assert made.status == 200, made
    stack = (("StackId", json.loads(made.body)["StackId"]),)
    _wait(stage, stack, "CREATE_COMPLETE")
    assert stage.peer.ask(ros, "DeleteStack", stack).status == 200
    _wait(stage, stack, "DELETE_COMPLETE")
    update = (*stack, ("TemplateBody", _good(ros, "gone")))
    for action, pairs in (
        ("UpdateStack", update),
        ("CancelUpdateStack", stack),
        ("DetectStackDrift", stack),
    ):
        reply = stage.peer.ask(ros, action, pairs)
        assert 400 <= reply.status < 500, (action, reply)
        assert reply.code, (action, reply)
    named = (("StackName", "gone"),)
    for action in ("DescribeStacks", "UpdateStack", "CancelUpdateStack", "DetectStackDrift"):
        reply = stage.peer.ask(cfn, action, named)
        assert 400 <= reply.status < 500, (action, reply)
        assert reply.code, (action, reply)


def _wait(stage: Stage, stack: tuple[tuple[str, str], ...], status: str) -> None:
    ends_at = time.monotonic() + 15
    while True:
        reply = stage.peer.ask(GENERATIONS["v3"], "GetStack", stack)
        if reply.status == 200 and json.loads(reply.body)["Status"] == status:
            return
        said = json.loads(reply.body)
        assert time.monotonic() < ends_at, (said["Status"], said["StatusReason"])
        time.sleep(0.02)


def test_the_audit_has_what_was_written_and_nothing_that_was_refused(stage: Stage) -> None:
    """Refused before it was admitted, a request leaves no record; passwords are in none."""
    shown = subprocess.run(
        [*COMMAND, "keys", "audit", "--json", "--limit", "1000"],
        env=environment(stage.site.home),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "CreateStack" in shown.stdout
    assert "not-mine" not in shown.stdout
    assert "ListStacks" not in shown.stdout
    assert "TemplateBody" not in shown.stdout
