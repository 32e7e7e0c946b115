"""What the browser's tests share: the browser itself, where there is one and it was asked for."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.api.serving import Site
from tests.browser.windows import AXE, FLAGS, Look, Window, browser_path, window_on

Opened = Callable[..., Window]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, driven by Playwright; each test takes a context of its own."""
    if os.environ.get("IMAGEFERRY_E2E") != "1":
        pytest.skip("a browser is started by `make e2e` alone (set IMAGEFERRY_E2E=1)")
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        pytest.skip("no Playwright: requirements/browser.txt is not installed")
    path = browser_path()
    if path is None:
        pytest.skip("no browser: neither chromium nor google-chrome is on the PATH")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="session")
def axe() -> None:
    """The judge of accessibility must be there."""
    if not AXE.exists():
        pytest.skip(f"no axe-core: {AXE} is missing (set IMAGEFERRY_AXE)")


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    """Opens windows that are closed, and judged, when the test ends."""
    with ExitStack() as windows:

        def open_one(site: Site, **look: Any) -> Window:
            return windows.enter_context(window_on(browser, site, Look(**look)))

        yield open_one
