"""Working: the operations of one account, run beside a server and written down as they go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from imageferry.api.logs import log_event
from imageferry.assembly.house import House, is_shared
from imageferry.assembly.notifying import NO_NOTICES, NotifyChoices, notifier_on
from imageferry.control.later_deletions import watch_deletions
from imageferry.dispatch.locks import LOCK_FOLDER, SERVERS, Presence
from imageferry.model.statuses import OperationStatus
from imageferry.ports.dispatching import RunResult
from imageferry.ports.keeping import StoreError


class Working:
    """One account's house, whose operations are run here or, without `works`, by workers.

    `name` is the key or profile that it was opened with. `on_ended` is told each operation's end,
    and `on_notice` what became of a notice. `address` is where readers find the server, told to
    whoever asks the home for it before `start`.
    """

    def __init__(
        self, house: House, name: str, *, works: bool, notify: NotifyChoices = NO_NOTICES
    ) -> None:
        self.house = house
        self.name = name
        self.works = works
        self.address = ""
        self.on_ended: Callable[[str], None] = lambda _: None
        self.on_notice: Callable[[str], None] = lambda _: None
        self._presence = Presence(house.settings.home / LOCK_FOLDER, SERVERS)
        self.notifier = notifier_on(house, notify, self._say)
        self._own: dict[str, bool] = {}

    @property
    def account_id(self) -> str:
        """The account, as its cloud says."""
        return self.house.plane.place.account_id

    async def start(self) -> None:
        """Begin to run what is asked for, and what others have left; raises StoreError."""
        if not is_shared(self.house.settings):
            # What a home keeps is not to be exchanged under whoever answers from it.
            self._presence.announce(self.address)
        if self.works:
            await self.house.dispatcher.start(self._run)
        watch_deletions(self.house.plane.desk)
        if self.notifier is not None:
            self.notifier.start()

    async def stop(self, drain: float) -> None:
        """Let calls in flight be recorded, and leave the operations to whoever comes next."""
        self.house.worker.stop()
        await self.house.dispatcher.stop(drain)
        if self.notifier is not None:
            await self.notifier.stop(drain)
        self._presence.withdraw()

    async def open_by_status(self) -> dict[OperationStatus, int]:
        """How many operations of this cloud and account are open; raises StoreError."""
        place = self.house.plane.place
        found = dict.fromkeys((one for one in OperationStatus if one.is_open), 0)
        for one in await self.house.store.open_operations():
            if one.stack_id not in self._own:
                stack = await self.house.store.stack(one.stack_id)
                self._own[one.stack_id] = stack is not None and (
                    (stack.place.cloud, stack.place.account_id) == (place.cloud, place.account_id)
                )
            if self._own[one.stack_id]:
                found[one.status] += 1
        return found

    def _say(self, said: str, words: Mapping[str, str]) -> None:
        level = logging.INFO if said == "told" else logging.WARNING
        log_event(f"notice {said}", level, **words)
        self.on_notice(said)

    async def _run(self, operation_id: str) -> RunResult:
        house = self.house
        began = house.clock.monotonic()
        log_event("taken", operation=operation_id, account=self.account_id)
        try:
            result = await house.worker.run(operation_id)
        except StoreError as failure:
            log_event("broke off", logging.WARNING, operation=operation_id, reason=str(failure))
            raise
        seconds = round(house.clock.monotonic() - began, 1)
        if result.stopped:
            log_event("handed back", operation=operation_id, seconds=seconds)
        elif result.status is None:
            log_event("left", operation=operation_id, reason="another process owns it")
        else:
            if self.notifier is not None and result.stack is not None:
                self.notifier.ended(result.stack)
            self.on_ended(result.status.value)
            log_event("ended", operation=operation_id, status=result.status.value, seconds=seconds)
        return result
