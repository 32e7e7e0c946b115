"""What is kept of requests that write, whatever becomes of them; and the memories of the gate."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from imageferry.api.admission import carried_out
from imageferry.api.calls import Refusal, Refused
from imageferry.api.keyring import KeyRing
from imageferry.api.nonces import Nonces
from imageferry.control.rates import Rates
from imageferry.model.access import Role
from imageferry.ports.keeping import StoreUnavailable
from tests.api.gates import ACCOUNT, BUILT_IN, GENERATIONS, NOW, OPERATOR, SECRET, MemoryKeys, Place

EACH = pytest.mark.parametrize("kind", GENERATIONS.values(), ids=GENERATIONS)
PAIRS = (("StackName", "demo"), ("RegionId", "cn-hangzhou"))


# --- the audit ------------------------------------------------------------------------------------


@EACH
def test_what_writes_is_in_the_audit_before_anything_is_changed(kind) -> None:
    async def run() -> None:
        place = Place()
        request = kind.sign(OPERATOR, "Change", NOW, "n", PAIRS)
        admitted = await place.admit(request, kind.world, "Change")
        assert place.api.calls == []
        (record,) = place.audit.kept
        assert (record.number, record.outcome) == (1, "")
        assert (record.account_id, record.key_id, record.role) == (
            ACCOUNT,
            OPERATOR.key_id,
            Role.OPERATOR,
        )
        assert (record.api, record.action, record.target) == ("ledger", "Change", "demo")
        assert record.region in ("cn-hangzhou", "eu-central-1")
        assert (record.request_id, record.source, record.at) == ("request-1", "127.0.0.1", NOW)
        await carried_out(place.gate, place.api, admitted)
        assert place.audit.kept == [replace(record, outcome="ok", target="stack/one")]
        assert SECRET not in repr(place.audit.kept)

    asyncio.run(run())


@EACH
def test_what_reads_is_not_in_the_audit(kind) -> None:
    place = Place()
    asyncio.run(place.ask(kind.sign(OPERATOR, "Look", NOW, "n", PAIRS), kind.world))
    assert place.audit.kept == []
    assert len(place.api.calls) == 1


ENDS = {
    "refused": (Refused(Refusal.FORBIDDEN, "not you"), "forbidden"),
    "database away": (StoreUnavailable("away"), "unavailable"),
    "fault of ours": (ZeroDivisionError("oh"), "internal"),
    "stopped": (asyncio.CancelledError(), "interrupted"),
}


@pytest.mark.parametrize(("raised", "outcome"), ENDS.values(), ids=ENDS)
def test_the_audit_says_how_it_ended(raised: BaseException, outcome: str) -> None:
    async def run() -> None:
        place = Place()
        place.api.raises = raised
        kind = GENERATIONS["v4"]
        request = kind.sign(OPERATOR, "Change", NOW, "n", PAIRS)
        with pytest.raises(type(raised)):
            await place.ask(request, kind.world, "Change")
        (record,) = place.audit.kept
        assert (record.outcome, record.target) == (outcome, "demo")

    asyncio.run(run())


def test_nothing_is_changed_that_cannot_be_audited_and_the_same_request_is_good_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        place = Place()
        place.audit.is_away = True
        kind = GENERATIONS["v3"]
        request = kind.sign(OPERATOR, "Change", NOW, "n", PAIRS)
        with pytest.raises(Refused) as caught:
            await place.ask(request, kind.world, "Change")
        assert caught.value.refusal is Refusal.UNAVAILABLE
        assert "/secret/place" not in str(caught.value)
        assert place.api.calls == []
        place.audit.is_away = False
        await place.ask(request, kind.world, "Change")
        assert len(place.api.calls) == 1

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())


def test_an_answer_goes_out_though_its_end_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> bytes:
        place = Place()
        kind = GENERATIONS["v3"]
        request = kind.sign(OPERATOR, "Change", NOW, "n", PAIRS)
        admitted = await place.admit(request, kind.world, "Change")
        place.audit.is_away = True
        return (await carried_out(place.gate, place.api, admitted)).response.body

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(run()) == b"done"
    assert "audited request 1 ended (ok)" in caplog.text


def test_a_database_that_is_away_is_no_fault_of_the_caller() -> None:
    place = Place()
    place.keys.is_away = True
    kind = GENERATIONS["v1"]
    with pytest.raises(Refused) as caught:
        asyncio.run(place.ask(kind.sign(OPERATOR, "Look", NOW, "n", PAIRS), kind.world))
    assert caught.value.refusal is Refusal.UNAVAILABLE
    assert "/secret/place" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "region", "kept"),
    [
        pytest.param("a\0b\x1b[31m\n", "cn\0", ("", ""), id="control characters"),
        pytest.param("x" * 256, "cn hangzhou", ("", ""), id="too long for a name"),
        pytest.param("my pa$$word", "my pa$$word", ("", ""), id="a password"),
        pytest.param("My::Own::Type", "cn-hangzhou", ("My::Own::Type", "cn-hangzhou"), id="names"),
    ],
)
def test_a_record_holds_names_alone(target: str, region: str, kept: tuple[str, str]) -> None:
    place = Place()
    kind = GENERATIONS["v1"]
    pairs = (("StackName", target), ("RegionId", region))
    asyncio.run(place.ask(kind.sign(OPERATOR, "Change", NOW, "n", pairs), kind.world, "Change"))
    asyncio.run(place.admit(kind.sign(OPERATOR, "Change", NOW, "m", pairs), kind.world, "Change"))
    assert (place.audit.kept[1].target, place.audit.kept[1].region) == kept


# --- nonces ---------------------------------------------------------------------------------------


def test_a_mark_is_known_for_two_windows_at_least() -> None:
    nonces = Nonces(900.0)
    for second in range(0, 10_000, 50):
        nonces.remember(f"at {second}", float(second))
        for former in range(max(0, second - 1800), second + 1, 50):
            assert nonces.first_seen(f"at {former}") == float(former)
    assert nonces.first_seen("at 0") is None


def test_a_mark_keeps_its_first_moment() -> None:
    nonces = Nonces(900.0)
    nonces.remember("a", 2_000.0)
    nonces.remember("a", 2_001.0)
    assert nonces.first_seen("a") == 2_000.0
    nonces.remember("b", 4_000.0)
    nonces.remember("a", 4_001.0)
    assert nonces.first_seen("a") == 2_000.0


def test_marks_take_bounded_room() -> None:
    nonces = Nonces(900.0, largest=100)
    for number in range(10_000):
        nonces.remember(str(number), 5_000.0)
    known = [number for number in range(10_000) if nonces.first_seen(str(number)) is not None]
    assert 100 <= len(known) <= 200
    assert known[-1] == 9_999


# --- rates ----------------------------------------------------------------------------------------


def test_a_bucket_fills_again_and_no_more_than_it_holds() -> None:
    rates = Rates(10.0, 20.0)
    assert sum(rates.take("a", 0.0) for _ in range(50)) == 20
    assert not rates.has_some("a", 0.05)
    assert sum(rates.take("a", 1.0) for _ in range(50)) == 10
    assert sum(rates.take("a", 1_000.0) for _ in range(50)) == 20
    assert sum(rates.take("b", 0.0) for _ in range(50)) == 20


def test_no_rate_is_no_limit() -> None:
    rates = Rates(0.0, 0.0)
    assert all(rates.take("a", 0.0) for _ in range(1_000))


def test_buckets_take_bounded_room_and_those_in_use_stay() -> None:
    rates = Rates(1.0, 2.0)
    for number in range(30_000):
        rates.take(f"guess {number}", 0.0)
        rates.take("in use", 0.0)
    assert not rates.has_some("in use", 0.0)
    assert len(rates._buckets) <= 10_001


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_looked_up_every_few_seconds_at_most() -> None:
    async def run() -> None:
        kept = MemoryKeys({OPERATOR.key_id: OPERATOR})
        ring = KeyRing(kept, {BUILT_IN.key_id: BUILT_IN})
        for tenth in range(100):
            assert await ring.get(OPERATOR.key_id, NOW + tenth / 10) is OPERATOR
            assert await ring.get("nobody", NOW + tenth / 10) is None
            assert await ring.get("emulator", NOW) is BUILT_IN
        assert kept.looks == 8
        assert [ring.has_met(one) for one in (OPERATOR.key_id, "emulator", "nobody", "other")] == [
            True,
            True,
            False,
            False,
        ]
        assert SECRET not in repr(ring)

    asyncio.run(run())


def test_a_clock_that_is_set_back_makes_no_key_live_longer() -> None:
    async def run() -> None:
        kept = MemoryKeys({OPERATOR.key_id: OPERATOR})
        ring = KeyRing(kept)
        await ring.get(OPERATOR.key_id, NOW)
        await kept.revoke(OPERATOR.key_id, NOW)
        key = await ring.get(OPERATOR.key_id, NOW - 3_600)
        assert key is not None
        assert key.revoked_at == NOW

    asyncio.run(run())


def test_guesses_push_out_no_key_in_use() -> None:
    async def run() -> None:
        kept = MemoryKeys({OPERATOR.key_id: OPERATOR})
        ring = KeyRing(kept)
        await ring.get(OPERATOR.key_id, NOW)
        for number in range(10_000):
            await ring.get(f"guess {number}", NOW)
        assert kept.looks == 10_001
        await ring.get(OPERATOR.key_id, NOW)
        assert kept.looks == 10_001
        assert len(ring._seen) == 4_096

    asyncio.run(run())
