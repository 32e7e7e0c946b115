"""Window: one browser window on the console; whatever the browser complains of fails its test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.api.serving import Site

ROOT: Final = Path(__file__).parents[2]
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
AXE: Final = Path(
    os.environ.get("IMAGEFERRY_AXE", ROOT / ".venv-clients/axe/node_modules/axe-core/axe.min.js")
)
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

WIDE: Final = (1280, 800)
PHONE: Final = (390, 844)
NARROWEST: Final = (360, 740)
TABLET: Final = (1024, 768)


def browser_path() -> str | None:
    """The system's own Chromium, where there is one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Look:
    """How a window looks at pages."""

    size: tuple[int, int] = WIDE
    scheme: str = "light"
    language: str = "en-GB"
    is_still: bool = False
    has_script: bool = True
    without_policy: bool = False
    """Pages may be given scripts of others; only the judge of accessibility needs it."""

    @property
    def name(self) -> str:
        wide = "wide" if self.size[0] > 600 else "narrow"
        return f"{self.scheme}-{wide}-{self.language[:2]}"


@dataclass
class Window:
    """One tab, with its cookies. `forgiven` are patterns of complaints that a test provokes."""

    site: Site
    page: Any
    look: Look
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Open a page; gives the reply."""
        return self.page.goto(self.site.address + path)

    @property
    def path(self) -> str:
        """Where the window is."""
        return urlsplit(self.page.url).path

    def sign_in(self, key: str = "emulator", secret: str | None = None) -> None:
        """Sign in with an access key; the page after it is open then."""
        if not self.path.startswith("/console/sign-in"):
            self.go("/console/sign-in")
        self.page.fill("#key", key)
        self.page.fill("#secret", key if secret is None else secret)
        self.page.click("main button.main")
        self.page.wait_for_load_state()

    def text(self, selector: str = "main") -> str:
        """The text that is shown."""
        return str(self.page.inner_text(selector))

    def must_be_calm(self) -> None:
        """Nothing was complained of but what was provoked."""
        unexpected = [
            one
            for one in self.complaints
            if not any(re.search(pattern, one) for pattern in self.forgiven)
        ]
        assert not unexpected, "\n".join(unexpected)
        failed = failures_of(self.site)
        assert not failed, "\n".join(failed)

    def must_be_plain(self) -> None:
        """Nothing that came in as text has become an element, or was run."""
        found = self.page.evaluate(_FOREIGN)
        assert not found, f"{self.page.url}: {found}"

    def overflow(self) -> str:
        """What is wider than the window, or nothing: nobody has to scroll sideways to read."""
        return str(self.page.evaluate(_OVERFLOW))

    def must_fit(self) -> None:
        """The page is no wider than the window."""
        over = self.overflow()
        assert not over, f"{self.page.url}: {over}"


_FOREIGN: Final = """() => [
  ...(window.hacked === undefined ? [] : [`a script was run: ${window.hacked}`]),
  ...[...document.scripts].filter(one => one.src && !one.src.startsWith(location.origin))
    .concat([...document.querySelectorAll("body script, img[onerror], img[src='x']")])
    .map(one => one.outerHTML.slice(0, 120)),
]"""


_OVERFLOW: Final = """() => {
  const root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth <= wide) return "";
  const scrolls = one => one && one !== document.body && (
    /auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const over = [...document.querySelectorAll("body *")].filter(
    one => one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement));
  return `${root.scrollWidth} px in ${wide} px: ` + over.slice(-3).map(
    one => one.outerHTML.slice(0, 120)).join(" | ");
}"""


def failures_of(site: Site) -> list[str]:
    """What the server itself has written down as its failures."""
    return [str(line) for line in site.lines() if line.get("level") == "error"]


def open_window(browser: Any, site: Site, look: Look) -> tuple[Any, Window]:
    """A new browser context with one window, listened to; the caller closes the context."""
    context = browser.new_context(
        viewport={"width": look.size[0], "height": look.size[1]},
        color_scheme=look.scheme,
        locale=look.language,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce" if look.is_still else "no-preference",
        java_script_enabled=look.has_script,
        bypass_csp=look.without_policy,
        accept_downloads=True,
        is_mobile=look.size[0] < 600,
        has_touch=look.size[0] < 600,
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    window = Window(site, page, look)
    note = window.complaints.append
    page.on(
        "console",
        lambda said: (
            note(f"{said.type}: {said.text} ({said.location.get('url', '')}) on {page.url}")
            if said.type in {"error", "warning", "assert"}
            else None
        ),
    )
    page.on("pageerror", lambda failure: note(f"uncaught: {failure}"))
    page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("crash", lambda _: note("the page crashed"))
    return context, window


@contextmanager
def window_on(browser: Any, site: Site, look: Look | None = None) -> Iterator[Window]:
    """A window, closed afterwards; fails where the browser has complained."""
    context, window = open_window(browser, site, look or Look())
    try:
        yield window
    finally:
        context.close()
    window.must_be_calm()


def violations(window: Window) -> dict[tuple[str, str], str]:
    """What axe-core finds on the open page: how to mend it, by the rule and the element.

    The window must be one without a policy, since a script of others is put into its page.
    """
    assert window.look.without_policy
    if not window.page.evaluate("() => 'axe' in window"):
        window.page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found: list[Mapping[str, Any]] = window.page.evaluate(
        "async rules => (await axe.run(document, {runOnly: {type: 'tag', values: rules},"
        " resultTypes: ['violations']})).violations",
        list(RULES),
    )
    return {
        (f"{one['id']} ({one['impact']})", node["html"][:140]): node["failureSummary"][:240]
        for one in found
        for node in one["nodes"]
    }
