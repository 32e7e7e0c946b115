"""CredentialSource: where access keys come from; a fixed pair lives here."""

from __future__ import annotations

from typing import Protocol

from imageferry.wire.alibaba_signing import Credentials


class CredentialsMissing(Exception):
    """No access key was found, or none could be had; says where was looked, never a secret."""


class CredentialSource(Protocol):
    """Gives the access key to sign with; asked before every call."""

    async def current(self) -> Credentials:
        """The key, renewed where it is about to end. Raises CredentialsMissing."""
        ...

    def forget(self) -> None:
        """The cloud has called the key expired: take a new one next time."""
        ...


class StaticCredentials:
    """One access key that never changes, such as the emulator's."""

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def current(self) -> Credentials:
        """The key."""
        return self._credentials

    def forget(self) -> None:
        """Nothing can be renewed."""


def emulator_credentials(name: str = "") -> StaticCredentials:
    """An access key that the emulator accepts unless it is told otherwise: its secret is its id."""
    return StaticCredentials(Credentials(name or "emulator", name or "emulator"))
