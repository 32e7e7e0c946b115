"""Signing in: with a key's role, by a link that counts once, out again; who may not."""

from __future__ import annotations

from tests.api.serving import served


def test_x(opened, tmp_path):
    with served(tmp_path / "home") as site:
        window = opened(site)
        window.go("/console/")
        print(window.path)
        window.sign_in()
        print(window.page.url)
        window.page.screenshot(path="/tmp/e_work/one.png")
        print(window.page.content()[:3000])
        print(site.log.read_text()[-3000:])
