"""`python -m tests.browser.screenshots`: every page as a picture, and one page with all of them."""

from __future__ import annotations

import argparse
import html
import importlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.api.serving import Site, served
from tests.browser.seeding import Seeding
from tests.browser.showing import shown_pages
from tests.browser.windows import (
    FLAGS,
    PHONE,
    ROOT,
    WIDE,
    Look,
    browser_path,
    failures_of,
    open_window,
)
from tests.cli.shop import Shop

FOLDER: Final = ROOT / "screenshots"
SPEED: Final = 30.0
SLOW: Final = 1.5
"""Of the emulated cloud until copies stand in their middle, and while pictures are taken."""
TALLEST: Final = 4_000
"""Pixels of a picture; a longer page is cut."""


def looks(languages: tuple[str, ...]) -> Iterator[Look]:
    """Light and dark, wide and narrow, in each language."""
    for language in languages:
        for scheme in ("light", "dark"):
            for size in (WIDE, PHONE):
                yield Look(size=size, scheme=scheme, language=language, is_still=True)


def take(browser: Any, site: Site, look: Look, paths: dict[str, str], folder: Path) -> None:
    """Every page in one look; what the browser complains of is told."""
    context, window = open_window(browser, site, look)
    try:
        window.go("/console/sign-in")
        picture(window.page, folder / f"sign-in-{look.name}.png")
        window.sign_in()
        for name, path in paths.items():
            reply = window.go(path)
            if reply is not None and reply.status >= 400:
                print(f"{name}: {path} answers {reply.status}")
            window.page.wait_for_timeout(150)
            picture(window.page, folder / f"{name}-{look.name}.png")
    finally:
        context.close()
    for one in window.complaints:
        print(f"{look.name}: {one}")


def picture(page: Any, path: Path) -> None:
    """The whole page, as far down as a picture goes."""
    size = page.evaluate(
        "() => [document.documentElement.clientWidth, document.documentElement.scrollHeight]"
    )
    clip = {"x": 0, "y": 0, "width": size[0], "height": min(max(size[1], 300), TALLEST)}
    page.screenshot(path=str(path), full_page=True, clip=clip)


def write_sheet(folder: Path) -> Path:
    """A page that shows all pictures, a row for each page of the console."""
    rows: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.png")):
        name = path.stem.rsplit("-", 3)[0]
        rows.setdefault(name, []).append(path.name)
    body = "".join(
        f"<h2>{html.escape(name)}</h2><p>"
        + "".join(
            f'<a href="{one}"><img src="{one}" alt="{one}" title="{one}" loading="lazy"></a> '
            for one in pictures
        )
        + "</p>"
        for name, pictures in rows.items()
    )
    sheet = folder / "index.html"
    sheet.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>The console</title>"
        "<style>body{font-family:sans-serif;background:#888}img{height:420px;max-width:640px;"
        "object-fit:cover;object-position:top;border:1px solid #444}</style>"
        f"<h1>The console, page by page</h1>{body}</html>",
        encoding="utf-8",
    )
    return sheet


def main() -> int:
    """Make a home, serve it, and take the pictures; 1 where there is no browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the names of pages")
    parser.add_argument("--language", action="append", help="such as zh-CN; en-GB if not given")
    parser.add_argument("--home", type=Path, help="keep what is served here, and use it again")
    given = parser.parse_args()
    path = browser_path()
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        playwright = None
    if path is None or playwright is None:
        print("there is no browser, or nothing that drives it: run `make browser`")
        return 1
    FOLDER.mkdir(exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.home or Path(temporary)
        seeding = Seeding(Shop(folder, speed="1000000000"))
        is_new = not (folder / "home").exists()
        if is_new:
            folder.mkdir(exist_ok=True, parents=True)
            seeding.settle()
            print(f"a home with stacks in every status: {time.monotonic() - began:.0f} s")
        with served(folder / "home", "--rate", "0", speed=SPEED) as site:
            if is_new:
                Seeding(Shop(folder, speed=str(SPEED))).begin(site)
                time.sleep(12)
                Shop(folder, speed=str(SLOW)).run("emulator", "settings")
            paths = {name: one for name, one in shown_pages(site).items() if given.only in name}
            if not given.only:
                shutil.rmtree(FOLDER)
                FOLDER.mkdir()
            with playwright.sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
                for look in looks(tuple(given.language or ("en-GB",))):
                    take(browser, site, look, paths, FOLDER)
                browser.close()
            for line in failures_of(site)[:10]:
                print(line[-600:])
    taken = len(list(FOLDER.glob("*.png")))
    print(f"{taken} pictures, {time.monotonic() - began:.0f} s: {write_sheet(FOLDER)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
