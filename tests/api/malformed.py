"""malformed: requests that are wrong in every way there is, drawn; and bytes, which become of them.

A drawn `Wrong` says what is asked and what is done to it, and nothing of time: the signature is made
when it is sent. What is done before the signature gives a request that is signed rightly and means
nothing; after it, one that somebody altered; to the bytes, one that is no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import urlencode

from imageferry.wire.http import HttpRequest, Pairs
from tests.api.gates import FORM, GENERATIONS
from tests.api.wires import Peer, written

ROS = (
    "CreateStack", "UpdateStack", "DeleteStack", "GetStack", "ListStacks", "ListStackEvents",
    "ListStackResources", "GetStackResource", "GetTemplate", "ValidateTemplate", "PreviewStack",
    "CreateChangeSet", "GetChangeSet", "ListChangeSets", "ExecuteChangeSet", "DetectStackDrift",
    "ListStackResourceDrifts", "SetStackPolicy", "SetDeletionProtection", "TagResources",
    "ListTagResources", "GetTemplateSummary", "GetTemplateParameterConstraints", "CreateTemplate",
    "ListTemplates", "GetResourceType", "ListResourceTypes", "SignalResource", "DescribeRegions",
    "CancelUpdateStack", "ContinueCreateStack", "GetCallerIdentity",
)  # fmt: skip
CFN = (
    "CreateStack", "UpdateStack", "DeleteStack", "DescribeStacks", "ListStacks",
    "DescribeStackEvents", "DescribeStackResources", "DescribeStackResource", "GetTemplate",
    "ValidateTemplate", "CreateChangeSet", "DescribeChangeSet", "ListChangeSets",
    "ExecuteChangeSet", "DeleteChangeSet", "DetectStackDrift", "DescribeStackResourceDrifts",
    "SetStackPolicy", "UpdateTerminationProtection", "GetTemplateSummary", "ListExports",
    "ListImports", "ListTypes", "DescribeType", "RegisterType", "RollbackStack",
    "CancelUpdateStack", "ContinueUpdateRollback", "SignalResource", "EstimateTemplateCost",
)  # fmt: skip
NAMES = (
    "StackName", "StackId", "TemplateBody", "TemplateURL", "TemplateId", "ChangeSetName",
    "ChangeSetId", "Parameters.1.ParameterKey", "Parameters.1.ParameterValue", "Parameters",
    "Parameters.member.1.ParameterKey", "Parameters.member.1", "Parameters.entry.1.key",
    "Tags.1.Key", "Tags.1.Value", "Tag.1.Key", "Tags.member.1.Key", "Tags.member.0.Value",
    "Capabilities", "Capabilities.member.1", "PageSize", "PageNumber", "NextToken", "MaxResults",
    "TimeoutInMinutes", "DisableRollback", "RegionId", "ClientToken", "ClientRequestToken",
    "StackPolicyBody", "NotificationURLs.1", "Parallelism", "Status.1", "StackStatusFilter.member.1",
    "ResourceType", "TypeName", "Type", "LogicalResourceId", "UniqueId", "Action", "Version",
    "Format", "RetainResources.1", "StackIds.1", "StartTime", "EndTime", "ResourceId.1",
    "DeletionProtection", "EnableTerminationProtection", "ParametersKeyFilter", "OnFailure",
    "OperationPreferences", "ResourcesToImport.1.ResourceIdentifier", "", "." , "..", "a.",
    ".1", "Parameters.99999999999999999999.ParameterKey", "Parameters.-1.ParameterKey",
    "a" * 3000, ".".join("a" * 400), "Parameters.1." + "1." * 200, "__proto__", "名",
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "a" * 9000, "../../etc/passwd", "%00", "%", "%zz", "0", "-1", "1e999", "NaN",
    "9" * 400, "99999999999999999999", "true", "True", "null", "[]", "{}", "[1,", '{"a":' * 500,
    "[" * 2000, "\u202e", "\ud7ff", "\U0001f600", "<a>&b</a>", "]]>", "<!ENTITY x 'y'>", "'; DROP",
    "a: &a [*a]", "? {}", "- - - -", "!!python/object:x {}", "Resources: 1", "Resources: {A: 1}",
    "ROSTemplateFormatVersion: '2015-09-01'\nResources: {A: {Type: 7}}", "{{{{", "x\r\ny: z",
    "2015-09-01", "2026-99-99T99:99:99Z", "0001-01-01T00:00:00Z", "one", "one*", "*" * 500,
    "arn:aws:cloudformation:eu-central-1:1:stack/one/", "http://127.0.0.1/", "file:///etc/passwd",
    '{"ROSTemplateFormatVersion":"2015-09-01","Resources":{"A":{"Type":"ALIYUN::ECS::CopyImage"}}}',
    '{"Resources":{"A":{"Type":"TF::Alicloud::ImageCopy","Properties":[]}}}',
    '{"Resources":{"A":{"Fn::If":[1]}},"Outputs":{"B":{"Value":{"Ref":"C"}}}}',
)  # fmt: skip
HEADERS = (
    "authorization", "host", "content-type", "content-length", "transfer-encoding", "expect",
    "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
    "x-acs-security-token", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token",
    "connection", "upgrade", "content-encoding", "cookie", "x-forwarded-for", "range",
)  # fmt: skip
HEADER_TEXTS = (
    "", " ", "0", "-1", "5", "99999999", "chunked", "gzip", "100-continue", "h2c", "a" * 5000, "é", "\t",
    "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "ACS3-HMAC-SHA256 a", "Basic eDp5", "=,=;=",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=;, Signature=;", "a,b", "20260101T000000Z",
    "2026-01-01T00:00:00Z", "text/plain; charset=utf-16", "application/x-www-form-urlencoded;charset=x",
    "multipart/form-data", "application/json", "close", "keep-alive, upgrade",
)  # fmt: skip
METHODS = (
    "GET",
    "PUT",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "post",
    "P\0",
    "",
    "A" * 300,
)
PATHS = (
    "/x", "//", "/../", "/%00", "/?", "*", "", "/_emulator/../", "/metrics/..", "http://x/",
    "/a" * 2000, "/console", "/é",
)  # fmt: skip

Make = Callable[[HttpRequest], HttpRequest]


@dataclass(frozen=True)
class Wrong:
    """One malformed request, before it has a time and a signature.

    `spoilt` are what is done to the bytes: how, where (0 to 1) and with which bytes. `says_all`
    is False where the client ends its side once it has sent what there is.
    """

    kind: str
    action: str
    pairs: Pairs
    in_form: bool
    altered: tuple[tuple[str, str, str], ...] = ()
    spoilt: tuple[tuple[str, float, bytes], ...] = ()
    raw: bytes | None = None
    says_all: bool = True

    def bytes_for(self, peer: Peer, stack_id: str) -> bytes:
        """What is sent, signed now, about a stack that there is."""
        if self.raw is not None:
            return self.raw
        kind = GENERATIONS[self.kind]
        pairs = tuple((name, stack_id if value == STACK else value) for name, value in self.pairs)
        request = peer.signed(kind, self.action, pairs, in_form=self.in_form)
        for what, name, value in self.altered:
            request = _ALTER[what](request, name, value)
        sent = written(request)
        for how, where, more in self.spoilt:
            sent = _SPOIL[how](sent, int(where * len(sent)), more)
        return sent


def _header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, headers={**request.headers, name: value})


def _no_header(request: HttpRequest, name: str, _: str) -> HttpRequest:
    return replace(request, headers={n: v for n, v in request.headers.items() if n != name})


def _form(request: HttpRequest, name: str, value: str) -> HttpRequest:
    form = (*request.form, (name, value))
    return replace(
        request, form=form, body=urlencode(form).encode(), headers={**request.headers, **FORM}
    )


_ALTER: dict[str, Callable[[HttpRequest, str, str], HttpRequest]] = {
    "header": _header,
    "no header": _no_header,
    "query": lambda request, name, value: replace(request, query=(*request.query, (name, value))),
    "no query": lambda request, name, value: replace(request, query=request.query[:-1]),
    "form": _form,
    "method": lambda request, name, value: replace(request, method=name),
    "path": lambda request, name, value: replace(request, path=name),
    "body": lambda request, name, value: replace(request, body=value.encode()),
}
_SPOIL: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "put": lambda sent, at, more: sent[:at] + more + sent[at + len(more) :],
    "insert": lambda sent, at, more: sent[:at] + more + sent[at:],
    "delete": lambda sent, at, more: sent[:at] + sent[at + 1 + len(more) :],
    "double": lambda sent, at, more: sent[:at] + sent[at : at + 40] * 2 + sent[at + 40 :],
    "cut": lambda sent, at, more: sent[:at],
    "line": lambda sent, at, more: sent.replace(b"\r\n", b"\n", 1),
}

_ODD = (
    b"\r\n", b"\n", b"\0", b"\r\n\r\n", b"%", b"&", b"=", b"+", b"%ff", b"%c3%28", b"\xff\xfe",
    b"HTTP/2.0", b"POST / HTTP/1.1\r\n", b" ", b":", b"\x16\x03\x01",
)  # fmt: skip
_ODD_LINES = (
    b"GET / HTTP/1.1", b"POST / HTTP/1.0", b"GET /", b"PRI * HTTP/2.0", b"Host: x", b"Host:",
    b"Content-Length: 5", b"Content-Length: -5", b"Content-Length: 5, 6", b"", b"abcde",
    b"Transfer-Encoding: chunked", b"zz\r\nabc", b"5;x=y", b" folded: 1", b"\0: 1", b"0",
    b"GET /?Action=ListStacks&Version=2010-05-15 HTTP/1.1", b"Connection: upgrade",
    b"GET /?Version=2019-09-10&Signature=%ff HTTP/1.1", b"Upgrade: websocket",
)  # fmt: skip
STACK = "{stack}"
"""Stands for the id of a stack that there is, in either world."""

_GOOD = (
    ("StackName", "one"),
    ("StackId", STACK),
    ("TemplateBody", '{"ROSTemplateFormatVersion":"2015-09-01"}'),
    ("TemplateBody", TEXTS[-2]),
    ("ChangeSetName", "set"),
    ("LogicalResourceId", "Copy"),
    ("ResourceType", "stack"),
    ("ResourceType", "ALIYUN::ECS::CopyImage"),
    ("ResourceId.1", STACK),
    ("StackPolicyBody", "{}"),
    ("TypeName", "TF::Alicloud::ImageCopy"),
    ("Type", "RESOURCE"),
    ("StackDriftDetectionId", STACK),
    ("DriftDetectionId", STACK),
    ("ExportName", "out"),
)
_CALLS = (
    *((kind, action) for kind in ("v1", "v3") for action in ROS),
    *((kind, action) for kind in ("v4", "v4 in the query") for action in CFN),
    *((kind, action) for kind in GENERATIONS for action in ("", "Fly", "a\0", "CreateStack ")),
)


def malformed(chance: Random) -> Wrong:
    """One malformed request: six of ten are signed rightly and mean nothing."""
    kind, action = chance.choice(_CALLS)
    in_form = chance.random() < 0.5
    match chance.randrange(10):
        case 0:
            return Wrong("v1", "", (), False, raw=_raw(chance), says_all=False)
        case 1:
            how_often = chance.randint(1, 3)
            spoilt = tuple(
                (chance.choice(tuple(_SPOIL)), chance.random(), _odd_bytes(chance))
                for _ in range(how_often)
            )
            pairs = (("StackName", "one"), ("TemplateBody", "x: 1"))
            says_all = chance.random() < 0.2
            return Wrong(kind, action, pairs, in_form, spoilt=spoilt, says_all=says_all)
        case 2 | 3:
            altered = tuple(_alteration(chance) for _ in range(chance.randint(1, 3)))
            return Wrong(kind, action, (("StackName", "one"),), in_form, altered)
        case _:
            good = dict(chance.sample(_GOOD, chance.randint(1, 7)))
            odd = [(_name(chance), _text(chance)) for _ in range(chance.randint(1, 3))]
            # Now and then one is given twice.
            pairs = tuple({**good, **dict(odd)}.items()) + tuple(odd[: chance.random() < 0.05])
            return Wrong(kind, action, pairs, in_form)


def smaller(wrong: Wrong) -> Iterator[Wrong]:
    """The same with one part less, for whoever looks for what of it does harm."""
    for name in ("pairs", "altered", "spoilt"):
        parts = getattr(wrong, name)
        for at in range(len(parts)):
            yield replace(wrong, **{name: parts[:at] + parts[at + 1 :]})


def _alteration(chance: Random) -> tuple[str, str, str]:
    what = chance.choice(tuple(_ALTER))
    match what:
        case "header" | "no header":
            return what, chance.choice(HEADERS), chance.choice(HEADER_TEXTS)
        case "method":
            return what, chance.choice(METHODS), ""
        case "path":
            return what, chance.choice(PATHS), ""
        case _:
            return what, _name(chance), _text(chance)


def _any_text(chance: Random, most: int) -> str:
    """Of any characters but halves of one, which have no bytes."""
    numbers = (
        chance.choice(
            (chance.randrange(128), chance.randrange(0xD800), chance.randrange(0x10000, 0x110000))
        )
        for _ in range(chance.randint(0, most))
    )
    return "".join(map(chr, numbers))


def _name(chance: Random) -> str:
    return chance.choice(NAMES) if chance.random() < 0.7 else _any_text(chance, 8)


def _text(chance: Random) -> str:
    return chance.choice(TEXTS) if chance.random() < 0.6 else _any_text(chance, 40)


def _odd_bytes(chance: Random) -> bytes:
    return chance.choice(_ODD) if chance.random() < 0.5 else chance.randbytes(chance.randint(1, 6))


def _raw(chance: Random) -> bytes:
    if chance.random() < 0.3:
        return chance.randbytes(chance.randint(1, 60))
    lines = [
        chance.choice(_ODD_LINES)
        if chance.random() < 0.7
        else chance.randbytes(chance.randint(0, 12))
        for _ in range(chance.randint(1, 7))
    ]
    return b"\r\n".join([*lines, b""])
