"""How the properties are tried, and the database server that a test process shares."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from imageferry.resource_types.installed import TYPES
from imageferry.resource_types.rooms import load
from tests.postgres import PostgresServer

# What would be loaded in the middle of a test of many examples is loaded here: that a module is
# compiled deep in a test, while its objects are collected, is more than some Pythons bear.
importlib.import_module("hypothesis.strategies._internal.random")
for entry in TYPES:
    load(entry.room)

# A run that others wait for must not depend on luck; IMAGEFERRY_EXPLORE=1 looks for what is new.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("exploring" if os.environ.get("IMAGEFERRY_EXPLORE") == "1" else "steady")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server; each test asks it for a database of its own."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()
