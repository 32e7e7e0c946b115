"""Foresight: the socket through which the types that are installed are asked what would happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from imageferry.model.forecasts import Experience, Proposal, Sight


class Foresight(Protocol):
    """Looks at the cloud on behalf of planned changes, all at once, and changes nothing."""

    async def __call__(
        self,
        proposals: Sequence[Proposal],
        installation: str,
        experience: Sequence[Experience] = (),
    ) -> Sight:
        """What is foreseen of each proposal, in their order.

        `installation` is whose lineage counts as ours; `experience` tells how long things of the
        type have taken. It raises nothing for what the cloud
        refuses or leaves unanswered: that is an objection.
        """
        ...
