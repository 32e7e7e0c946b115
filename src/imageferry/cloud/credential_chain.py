"""The standard credential chain of the vendor; only the real cloud needs this room and its import."""

from __future__ import annotations

import logging

from alibabacloud_credentials.client import Client
from alibabacloud_credentials.exceptions import CredentialException
from alibabacloud_credentials.provider import (
    CLIProfileCredentialsProvider,
    ProfileCredentialsProvider,
)

from imageferry.cloud.credentials import CredentialsMissing
from imageferry.ports.senses import Clock
from imageferry.wire.alibaba_signing import Credentials

_KEPT = 30.0
"""Seconds for which one answer is used: the chain itself renews what is about to end."""


class ChainCredentials:
    """Environment, configuration files, OIDC, instance role and URL, as the vendor orders them.

    With a `profile` it is that one alone: of the credentials file, else of the vendor's command line.
    """

    def __init__(self, clock: Clock, profile: str = "") -> None:
        # The library gives its log to stderr itself, tracebacks and all; what it cannot do is
        # told by CredentialsMissing.
        log = logging.getLogger("credentials")
        log.handlers[:] = [logging.NullHandler()]
        log.propagate = False
        self._clock = clock
        self._profile = profile
        self._chain: Client | None = None
        self._kept: Credentials | None = None
        self._kept_until = 0.0

    async def current(self) -> Credentials:
        """The access key to sign with; raises CredentialsMissing."""
        now = self._clock.monotonic()
        if self._kept is not None and now < self._kept_until:
            return self._kept
        try:
            if self._chain is None:
                self._chain = await self._opened()
            found = await self._chain.get_credential_async()
        except CredentialException as error:
            raise CredentialsMissing(_WHERE) from error
        if not (found.access_key_id and found.access_key_secret):
            raise CredentialsMissing(_WHERE)
        self._kept = Credentials(
            found.access_key_id, found.access_key_secret, found.security_token or None
        )
        self._kept_until = now + _KEPT
        return self._kept

    async def _opened(self) -> Client:
        """The chain, or the one link that has the profile; raises CredentialException."""
        if not self._profile:
            return Client()
        link = Client(provider=ProfileCredentialsProvider(profile_name=self._profile))
        try:
            await link.get_credential_async()
        except (CredentialException, OSError):
            return Client(provider=CLIProfileCredentialsProvider(profile_name=self._profile))
        return link

    def forget(self) -> None:
        """Ask the chain anew next time, from the start."""
        self._chain = None
        self._kept = None


_WHERE = (
    "no access key was found; set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
    "or use a configuration file, an instance role or another link of the standard chain; a link that "
    "is set up already gave none: a role that may not be assumed, or an address that does not answer"
)
