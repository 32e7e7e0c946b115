"""What the browser's tests share: the browser itself, where there is one and it was asked for."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from tests.api.serving import Site, served
from tests.browser.seeding import Seeding
from tests.browser.windows import AXE, FLAGS, Look, Window, browser_path, window_on
from tests.cli.shop import Shop

Opened = Callable[..., Window]
RUNNING: Final = 2.0
"""The speed of the emulated cloud at which what runs goes on running while tests look at it."""


@pytest.fixture(scope="session")
def playwright() -> Any:
    """What drives a browser; whatever asks for it is skipped where there is none, or none is wanted."""
    if os.environ.get("IMAGEFERRY_E2E") != "1":
        pytest.skip("a browser is started by `make e2e` alone (set IMAGEFERRY_E2E=1)")
    if browser_path() is None:
        pytest.skip("no browser: neither chromium nor google-chrome is on the PATH")
    try:
        return importlib.import_module("playwright.sync_api")
    except ImportError:
        pytest.skip("no Playwright: requirements/browser.txt is not installed")


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    """The system's Chromium; each test takes a context of its own.

    It goes with its module: while it is there a loop runs in this thread, and others want theirs.
    """
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def axe() -> None:
    """The judge of accessibility must be there."""
    if not AXE.exists():
        pytest.skip(f"no axe-core: {AXE} is missing (set IMAGEFERRY_AXE)")


@pytest.fixture(scope="session")
def seeded(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose home has a stack in every status; nobody changes anything there."""
    folder = tmp_path_factory.mktemp("seeded")
    Seeding(Shop(folder)).settle()
    with served(folder / "home", "--rate", "0", speed=RUNNING) as site:
        Seeding(Shop(folder, speed=str(RUNNING))).begin(site)
        yield site


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    """Opens windows that are closed, and judged, when the test ends."""
    with ExitStack() as windows:

        def open_one(site: Site, **look: Any) -> Window:
            return windows.enter_context(window_on(browser, site, Look(**look)))

        yield open_one
