"""GuardedConnector: what Procrastinate reaches its tables through; nobody ends another's work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import psycopg
from procrastinate import exceptions
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT
from procrastinate.sql import queries

from imageferry.dispatch.line import OWNERS, Line

Claims = Callable[[], Awaitable[list[str]]]
"""The operations that this process may take this moment."""

# Who was paused or cut off may come back to a job that another process runs by now: each of these
# touches the job only where it is still this worker's. Repeated after a lost reply, they do nothing.
_FINISH: Final = """
WITH mine AS (
  SELECT id FROM procrastinate_jobs
   WHERE id = %(job_id)s AND status = 'doing' AND worker_id = %(worker_id)s FOR UPDATE)
SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) FROM mine
"""
# A job that is handed back wakes whoever listens, as a new one does.
_HAND_BACK: Final = """
WITH mine AS (
  SELECT id, queue_name FROM procrastinate_jobs
   WHERE id = %(job_id)s AND status = 'doing'
     AND worker_id IS NOT DISTINCT FROM %(worker_id)s::bigint FOR UPDATE),
back AS (
  SELECT id, queue_name, procrastinate_retry_job_v2(id, NULL, NULL, %(queue)s, NULL) FROM mine)
SELECT id, pg_notify(
         'procrastinate_queue_v1#' || coalesce(%(queue)s, queue_name),
         json_build_object('type', 'job_inserted', 'job_id', id)::text) FROM back
"""
_CLAIM: Final = """
WITH candidate AS (
  SELECT j.id FROM procrastinate_jobs j
   WHERE j.queueing_lock = ANY(%(operations)s) AND j.status = 'todo'
     AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
     AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs o
                      WHERE o.lock = j.lock AND o.status = 'doing')
   ORDER BY j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE procrastinate_jobs j SET status = 'doing', worker_id = %(worker_id)s
  FROM candidate c WHERE j.id = c.id
RETURNING j.id, j.status, j.task_name, j.priority, j.lock, j.queueing_lock, j.args, j.scheduled_at,
          j.queue_name, j.attempts, j.worker_id
"""
_NOTHING: Final[dict[str, Any]] = {"id": None}


class GuardedConnector:
    """Procrastinate's connector over a Line.

    `claims` narrows what is fetched to these operations, from whatever queue; None: whatever the
    queue has. `worker_id` is the process's own, once it is registered.
    """

    def __init__(self, line: Line, claims: Claims | None) -> None:
        self._line = line
        self._claims = claims
        self.worker_id: int | None = None

    def get_sync_connector(self) -> GuardedConnector:
        """Nothing here is ever asked without a loop."""
        return self

    async def open_async(self, pool: object | None = None) -> None:
        """The line opens itself."""

    async def close_async(self) -> None:
        """The line is closed by whoever opened it."""

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        """A statement whose rows nobody reads."""
        if query == queries["finish_job"]:
            await self._ask(_FINISH, {**arguments, "worker_id": self.worker_id})
        elif query == queries["retry_job"]:
            await self.hand_back(arguments["job_id"], self.worker_id)
        else:
            await self._ask(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        """A statement of one row."""
        if query == queries["fetch_job"]:
            return await self._fetch(query, arguments)
        rows = await self._ask(query, arguments)
        if not rows:
            raise exceptions.NoResult
        if query == queries["register_worker"]:
            # Before anything is fetched, so that nobody takes this process for a dead one.
            self._line.hide(OWNERS)
            self.worker_id = int(rows[0]["worker_id"])
            await self._line.show(OWNERS, self.worker_id)
        return rows[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """A statement of many rows."""
        return await self._ask(query, arguments)

    async def listen_notify(
        self, on_notification: Callable[..., Awaitable[None]], channels: Iterable[str]
    ) -> None:
        """Hand over what is notified, until cancelled."""

        async def heard(channel: str, payload: str) -> None:
            await on_notification(channel=channel, payload=payload)

        await self._line.listen(list(channels), heard)

    async def hand_back(self, job_id: int, worker_id: int | None, queue: str | None = None) -> bool:
        """Let others take a job that this worker has or had; False where it is not there any more.

        `queue` moves it there.
        """
        given = {"job_id": job_id, "worker_id": worker_id, "queue": queue}
        return bool(await self._ask(_HAND_BACK, given))

    async def _fetch(self, query: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            if self._claims is None:
                rows = await self._ask(query, arguments)
            else:
                operations = await self._claims()
                if not operations:
                    return _NOTHING
                given = {"operations": operations, "worker_id": arguments["worker_id"]}
                rows = await self._ask(_CLAIM, given)
        except exceptions.UniqueViolation:
            # Another process took a job of the same stack at the same moment.
            return _NOTHING
        return rows[0] if rows else _NOTHING

    async def _ask(self, query: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return await self._line.ask(query, arguments)
        except psycopg.errors.UniqueViolation as failure:
            name = failure.diag.constraint_name
            lock = "" if name == QUEUEING_LOCK_CONSTRAINT else None
            raise exceptions.UniqueViolation(constraint_name=name, queueing_lock=lock) from failure
        except psycopg.Error as failure:
            raise exceptions.ConnectorException from failure
