"""`imageferry serve` while its database goes away and comes back: it stays up, and says so."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Site, served
from tests.postgres import PostgresServer

UNTIL = 20.0


@pytest.fixture
def own() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()


def readiness(site: Site, wanted: int) -> dict[str, object]:
    ends = time.monotonic() + UNTIL
    while True:
        status, said = site.get("/readyz")
        found: dict[str, object] = json.loads(said)
        if status == wanted:
            return found
        assert time.monotonic() < ends, said
        time.sleep(0.1)


def test_it_waits_for_its_database_and_goes_on(tmp_path: Path, own: PostgresServer) -> None:
    url = own.database()
    with served(tmp_path / "home", IMAGEFERRY_DATABASE_URL=url) as site:
        assert readiness(site, 200) == {"ready": True, "reasons": {}}
        own.stop()
        away = readiness(site, 503)
        assert list(away["reasons"]) == ["database"]  # type: ignore[call-overload]
        assert site.get("/healthz")[0] == 200
        status, figures = site.get("/metrics")
        assert status == 200
        assert "imageferry_database_up 0.0" in figures
        # A key that is kept cannot be looked up: that is no mistake of the caller.
        status, said = site.get(
            "/?Version=2019-09-10&Action=ListStacks&AccessKeyId=IFAK&SignatureMethod=HMAC-SHA1"
            "&SignatureVersion=1.0&SignatureNonce=n&Signature=s&Timestamp="
            + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        )
        assert status == 503, said
        assert "127.0.0.1" not in json.loads(said)["Message"]
        own.start()
        readiness(site, 200)
        assert site.stop() == 0
