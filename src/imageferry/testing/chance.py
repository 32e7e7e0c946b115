"""SeededEntropy: the same ids, nonces and jitter in every run."""

from __future__ import annotations

import random  # noqa: TID251  (seeded: the whole point is that a run can be repeated)
from uuid import UUID


class SeededEntropy:
    """The Entropy socket from a seed: the same ids, nonces and jitter in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  (nothing secret is made of it)

    def new_id(self) -> str:
        """A UUID of version 4."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def nonce(self) -> str:
        """32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"

    def jitter(self) -> float:
        """A number from 0 up to 1."""
        return self._random.random()
