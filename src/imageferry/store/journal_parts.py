"""Parts of journals: the records of one address, or of trouble alone, without reading all the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from imageferry.model.addresses import parse_address
from imageferry.model.operations import StepRecord
from imageferry.model.statuses import StepStatus
from imageferry.store.codec import dumps, encode_address, loads
from imageferry.store.codec_journal import StepKey, fold_entry
from imageferry.store.journal import JournalCopy, operation_key, refresh
from imageferry.store.secrets import LazyBox, Vault
from imageferry.store.tables import JOURNAL, first_key, last_key

_MOST_SOUGHT: Final = 40
"""So many steps are looked for by their ids; where more are wanted, everything is read."""


class Part(NamedTuple):
    """Which records are wanted: one of the `texts` stands in a row that says so, and `says` judges.

    `says` is asked about what a row has that is new about a step, by the keys of the codec.
    """

    texts: tuple[str, ...]
    says: Callable[[Mapping[str, Any]], bool]


_FAILED: Final = StepStatus.FAILED.value

TROUBLE: Final = Part(
    (f'"s":{dumps(_FAILED)}', '"k":'), lambda news: news.get("s") == _FAILED or "k" in news
)
"""What has failed once, or has left something in the cloud."""


def of_address(address: str) -> Part:
    """What was done for one resource."""
    written = encode_address(parse_address(address))
    return Part((f'"a":{dumps(written)}',), lambda news: news.get("a") == written)


def load_records(
    connection: Connection,
    box: LazyBox,
    operation_id: str,
    journals: dict[str, JournalCopy],
) -> list[StepRecord]:
    """The journal of an operation; while that is open its copy among `journals` is brought on."""
    key = operation_key(connection, operation_id)
    if key is None:
        return []
    number, stack_id, is_open = key
    copy = journals.get(operation_id) or JournalCopy()
    refresh(connection, Vault(connection, box, stack_id).reader(), number, copy)
    if is_open:
        journals[operation_id] = copy
    else:
        journals.pop(operation_id, None)
    return list(copy.records.values())


def load_part(
    connection: Connection, box: LazyBox, operation_id: str, part: Part
) -> list[StepRecord]:
    """The records of an operation that are wanted, whole, in the order in which they were begun."""
    key = operation_key(connection, operation_id)
    if key is None:
        return []
    number, stack_id, _ = key
    wanted: dict[StepKey, None] = {}
    read = {row.key: loads(row.body) for row in _rows(connection, number, part.texts)}
    for entries in read.values():
        for phase, step_id, news in entries:
            if part.says(news):
                wanted[phase, step_id] = None
    if not wanted:
        return []
    reader = Vault(connection, box, stack_id).reader()
    steps = [dumps(step_id) for step_id in dict.fromkeys(step_id for _, step_id in wanted)]
    records: dict[StepKey, StepRecord] = {}
    for row in _rows(connection, number, steps if len(steps) <= _MOST_SOUGHT else ()):
        for entry in read.get(row.key) or loads(row.body):
            if (entry[0], entry[1]) in wanted:
                fold_entry(reader, entry, records)
    return list(records.values())


def _rows(
    connection: Connection, number: int, texts: tuple[str, ...] | list[str]
) -> list[Row[Any]]:
    """The rows of an operation in their order that have one of the texts; all of them without any."""
    query = (
        select(JOURNAL.c.key, JOURNAL.c.body)
        .where(JOURNAL.c.key > first_key(number), JOURNAL.c.key <= last_key(number))
        .order_by(JOURNAL.c.key)
    )
    if texts:
        # The database looks for the text, so that only what has it is read.
        searched = func.instr if connection.dialect.name == "sqlite" else func.strpos
        query = query.where(or_(*(searched(JOURNAL.c.body, one) > 0 for one in texts)))
    return list(connection.execute(query))
