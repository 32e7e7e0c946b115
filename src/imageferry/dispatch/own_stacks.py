"""OwnStacks: whether a stack is of the cloud and account that a process works for."""

from __future__ import annotations

from imageferry.model.stacks import Place
from imageferry.ports.keeping import Store


class OwnStacks:
    """Tells the stacks of one place (its region is empty) from others', which others can run."""

    def __init__(self, store: Store, place: Place) -> None:
        self._store = store
        self._place = (place.cloud, place.account_id)
        self._known: dict[str, bool] = {}

    async def has(self, stack_id: str) -> bool:
        """True where the stack is of the place; raises StoreError."""
        if stack_id not in self._known:
            stack = await self._store.stack(stack_id)
            if stack is None:
                return False
            self._known[stack_id] = (stack.place.cloud, stack.place.account_id) == self._place
        return self._known[stack_id]
