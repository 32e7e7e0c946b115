"""CfnFault: a request that is refused, with code, status and text as CloudFormation has them."""

from __future__ import annotations

from typing import Final

VALIDATION: Final = "ValidationError"


class CfnFault(Exception):
    """What the caller is told. `status` is that of HTTP; the message has no secret in it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


def refused(message: str) -> CfnFault:
    """A ValidationError, which is what nearly every refusal of this API is."""
    return CfnFault(VALIDATION, message)
