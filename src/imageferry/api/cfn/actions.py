"""Actions: what each operation of the API is carried out by, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.api.cfn.asks import Action

ACTIONS: Final[Mapping[str, Action]] = {}
"""By the operation's name; an operation of the model that is not here is refused as unsupported."""
