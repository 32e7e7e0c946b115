"""Looking for what may be there: until it would have become visible, and again where a look fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.cloud.client import Client
from imageferry.cloud.errors import CloudError
from imageferry.model.handlers import Failed, Pending
from imageferry.model.values import Json
from imageferry.resource_types.handling.faults import GIVE_UP, again, failed
from imageferry.resource_types.handling.lineages import VISIBILITY

SEARCH_LIMIT: Final = GIVE_UP + VISIBILITY
"""Seconds for which a search goes on that gets no answer: what it looks for may show late, too."""
_SHORTEST: Final = 0.25
_LONGEST: Final = 15.0


def still_looking(
    physical_id: str | None, left: float, context: Mapping[str, Json], what: str
) -> Pending:
    """The next look for `what`; after `left` seconds not being shown means not being there."""
    return Pending(
        physical_id,
        max(_SHORTEST, min(_LONGEST, left)),
        context=context,
        observes=True,
        status_says=f"looking for {what}",
    )


def look_again(
    client: Client,
    error: CloudError,
    physical_id: str | None,
    context: Mapping[str, Json],
    trouble: float,
    limit: float = GIVE_UP,
) -> Pending | Failed:
    """The same look later; the step's end where that cannot help, or after `limit` seconds of trouble."""
    if not error.is_passing or trouble > limit:
        return failed(error, context)
    return again(client, error, physical_id, context, trouble, observes=True)
