"""What is remembered of resources is never out of date, has no secrets, and does not grow."""

from __future__ import annotations

from dataclasses import replace

from imageferry.model.stacks import Resource
from imageferry.model.values import Secret
from imageferry.store.codec import Reader, encode_resource
from imageferry.store.recollections import Recollection, decoded
from imageferry.store.secrets import forgetful_writer
from tests.store.samples import resource_of

_READER = Reader(lambda _: Secret("opened"))
_MOST = 6_000


def _read(recollection: Recollection, stack_id: str, *resources: Resource) -> list[Resource]:
    fresh: dict[str, tuple[str, Resource]] = {}
    found = [
        decoded(recollection.of(stack_id), fresh, _READER, str(one.address), _body(one))
        for one in resources
    ]
    recollection.keep(stack_id, fresh)
    return found


def _body(resource: Resource) -> str:
    return encode_resource(forgetful_writer(), resource)


def test_what_has_not_changed_is_the_same_and_what_has_is_read_anew() -> None:
    memory, one, other = Recollection(), resource_of("A"), resource_of("B")
    first = _read(memory, "s", one, other)
    assert first == [one, other]
    changed = replace(one, physical_id="m-2")
    again = _read(memory, "s", changed, other)
    assert again == [changed, other]
    assert again[1] is first[1]
    # What the stack has no more is not kept either.
    _read(memory, "s", other)
    assert memory.of("s").keys() == {"B"}
    assert _read(memory, "another", other)[0] is not first[1]


def test_a_resource_with_a_secret_is_read_each_time() -> None:
    memory = Recollection()
    secret = resource_of("A", properties={"KMSKeyId": Secret("hidden")})
    assert isinstance(_read(memory, "s", secret)[0].properties["KMSKeyId"], Secret)
    assert memory.of("s") == {}


def test_what_was_looked_at_longest_ago_is_forgotten_first() -> None:
    memory = Recollection()
    body = _body(resource_of("A"))
    kept = {str(number): (body, resource_of("A")) for number in range(_MOST // 3)}
    for stack_id in ("a", "b", "c", "a", "d"):
        memory.keep(stack_id, dict(kept))
    assert [len(memory.of(one)) for one in "abcd"] == [len(kept), 0, len(kept), len(kept)]
    memory.keep("too large", {str(number): (body, resource_of("A")) for number in range(_MOST + 1)})
    assert memory.of("too large") == {}
    assert memory.of("a")
