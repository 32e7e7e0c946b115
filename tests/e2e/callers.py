"""Whoever calls a server over and over: each request signed anew, until it is answered."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v3
from imageferry.wire.aws_signing import sign_v4
from imageferry.wire.http import HttpRequest

EMULATOR = Credentials("emulator", "emulator")
_NONCES = itertools.count()
_FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Caller:
    """A client of one server at `host:port`; `answers` are statuses as they came, 0 where none did."""

    authority: str
    key: Credentials = EMULATOR
    answers: list[int] = field(default_factory=list)

    def ros(self, action: str, **given: object) -> tuple[int, Any]:
        """Status and document of a ROS action; 0 where the server was not there."""
        status, body = self.send(self.ros_request(action, **given))
        return status, json.loads(body) if body else {}

    def ros_request(self, action: str, **given: object) -> HttpRequest:
        pairs = flatten({"RegionId": "cn-hangzhou", **given})
        bare = HttpRequest(
            "POST", "http", self.authority, "/", query=pairs, headers={"host": self.authority}
        )
        return sign_v3(
            bare,
            action=action,
            version="2019-09-10",
            credentials=self.key,
            date=_now("%Y-%m-%dT%H:%M:%SZ"),
            nonce=f"{time.time_ns()}-{next(_NONCES)}",
        )

    def aws(
        self, action: str, region: str = "cn-beijing", **given: str
    ) -> tuple[int, ElementTree.Element]:
        """Status and document of a CloudFormation action; 0 where the server was not there."""
        status, body = self.send(self.aws_request(action, region, **given))
        return status, ElementTree.fromstring(body) if body else ElementTree.Element("none")

    def aws_request(self, action: str, region: str = "cn-beijing", **given: str) -> HttpRequest:
        pairs = (("Action", action), ("Version", "2010-05-15"), *given.items())
        # Signatures of one second that say the same are one and the same: clients number them.
        counted = {"x-amz-meta-count": f"{time.time_ns()}-{next(_NONCES)}"}
        bare = HttpRequest(
            "POST",
            "http",
            self.authority,
            "/",
            headers={"host": self.authority, "content-type": _FORM, **counted},
            body=urlencode(pairs).encode(),
            form=pairs,
        )
        return sign_v4(
            bare,
            credentials=self.key,
            region=region,
            service="cloudformation",
            date=_now("%Y%m%dT%H%M%SZ"),
        )

    def send(self, request: HttpRequest) -> tuple[int, bytes]:
        """Status and body of the reply; 0 and nothing where the connection came to no reply."""
        line = http.client.HTTPConnection(self.authority, timeout=30)
        query = urlencode(request.query, quote_via=quote)
        try:
            line.request(
                "POST", f"/?{query}" if query else "/", request.body, dict(request.headers)
            )
            reply = line.getresponse()
            found = reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            found = 0, b""
        finally:
            line.close()
        self.answers.append(found[0])
        return found

    def insist(self, api: str, action: str, seconds: float = 30.0, **given: str) -> tuple[int, Any]:
        """The first reply that is no 5xx, asked for again and again."""
        ends = time.monotonic() + seconds
        while True:
            status, document = (self.ros if api == "ros" else self.aws)(action, **given)
            if 0 < status < 500:
                return status, document
            assert time.monotonic() < ends, f"{action} was not answered"
            time.sleep(0.05)


def text(tree: ElementTree.Element, name: str) -> str:
    """The text of the first element of a name, in whatever namespace."""
    return next((one.text or "" for one in tree.iter() if one.tag.endswith(f"}}{name}")), "")


def _now(form: str) -> str:
    return datetime.now(UTC).strftime(form)
