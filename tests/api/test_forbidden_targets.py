"""Addresses that callers give lead to nothing inside, however they are written, and tell nothing of it."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from imageferry.assembly.served import ServeChoices
from imageferry.testing import run_virtually
from tests.api.serving import Apis, house_of_api

# What an address on this machine may be written as; the port comes after it.
HOSTS = [
    "127.0.0.1", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]", "[::127.0.0.1]", "[2002:7f00:1::]", "[::1%25lo]", "0", "127.1",
    "2130706433", "0x7f.1", "0x7f000001", "017700000001", "127.0.0.1.", "127.0.0.1%2f",
    "example.com@127.0.0.1", "169.254.169.254", "100.100.100.200", "[fd00:ec2::254]",
]  # fmt: skip

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

ROS = "{ROSTemplateFormatVersion: '2015-09-01', Outputs: {One: {Value: 1}}}"
CFN = "{Resources: {One: {Type: 'TF::Alicloud::ImageCopy'}}}"


async def _answers(apis: Apis, url: str) -> list[tuple[int, str]]:
    """What both APIs say of an address, given for a template and for a policy."""
    told = []
    for given in ({"TemplateURL": url}, {"TemplateBody": ROS, "StackPolicyURL": url}):
        request = apis.ros_request("CreateStack", form=True, StackName="fetched", **given)
        response = (await apis.knock(request)).response
        assert response is not None
        told.append((response.status, response.body.decode()))
    for given in ({"TemplateURL": url}, {"TemplateBody": CFN, "StackPolicyURL": url}):
        request = apis.aws_request("CreateStack", StackName="fetched", **given)
        response = (await apis.knock(request)).response
        assert response is not None
        told.append((response.status, response.body.decode()))
    return told


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_inside_is_asked_and_no_reply_says_what_is_there(
    tmp_path: Path, scheme: str
) -> None:
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            there = listener.getsockname()[1]
            # Every host is allowed, at this port and at one where nobody listens.
            choices = ServeChoices(
                template_hosts=("*", f"*:{there}", "*:1"), template_schemes=(scheme,)
            )
            async with house_of_api(tmp_path, trouble=False, choices=choices) as apis:
                for host in HOSTS:
                    answers = []
                    for port in (there, 1):
                        said = await _answers(apis, f"{scheme}://{host}:{port}/latest?token=wx8q")
                        assert all(status == 400 for status, _ in said), said
                        assert "wx8q" not in "".join(text for _, text in said)
                        answers.append([_ID.sub("", b).replace(f":{there}", ":1") for _, b in said])
                    assert answers[0] == answers[1], host
            with pytest.raises(BlockingIOError):
                listener.accept()

    run_virtually(run())
