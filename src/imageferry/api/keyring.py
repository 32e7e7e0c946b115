"""KeyRing: the keys that may sign here: those built in, and those kept, remembered for seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageferry.model.access import AccessKey
from imageferry.ports.access import AccessKeys

LIFETIME = 3.0
"""Seconds that a kept key is believed without another look: so late counts that it was revoked."""

_LARGEST = 4_096


@dataclass(frozen=True, slots=True)
class _Seen:
    key: AccessKey | None
    until: float


@dataclass(slots=True)
class KeyRing:
    """Finds keys. Secrets in clear are in memory alone, and only those of keys that were asked for.

    `built_in` are the keys that need no database, such as the emulator's own, by their ids.
    """

    kept: AccessKeys
    built_in: Mapping[str, AccessKey] = field(default_factory=dict)
    lifetime: float = LIFETIME
    _seen: dict[str, _Seen] = field(default_factory=dict, repr=False)

    async def get(self, key_id: str, now: float) -> AccessKey | None:
        """One key, revoked or not. Raises StoreError.

        That there is none is remembered as well: whoever guesses must not keep the database busy.
        """
        built_in = self.built_in.get(key_id)
        if built_in is not None:
            return built_in
        seen = self._seen.get(key_id)
        # A clock that was set back must not make a key live longer.
        if seen is not None and now < seen.until <= now + self.lifetime:
            return seen.key
        key = await self.kept.get(key_id)
        self._seen.pop(key_id, None)
        if len(self._seen) >= _LARGEST:
            self._drop_oldest()
        self._seen[key_id] = _Seen(key, now + self.lifetime)
        return key

    def has_met(self, key_id: str) -> bool:
        """Whether this is a key that there was when somebody last asked."""
        seen = self._seen.get(key_id)
        return key_id in self.built_in or (seen is not None and seen.key is not None)

    def _drop_oldest(self) -> None:
        """Ids that nobody has go first, so that guesses push out no key that is in use."""
        spare = next((name for name, seen in self._seen.items() if seen.key is None), None)
        del self._seen[spare if spare is not None else next(iter(self._seen))]
