"""The console's script by itself: parts as they come on a stream, put into a page that somebody uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from imageferry.console.patches import patch
from imageferry.console.rendering import static_files

ADDRESS: Final = "http://console.invalid"
_STREAM: Final = """
  window.streams = [];
  window.EventSource = class extends EventTarget {
    static CLOSED = 2;
    constructor(url) { super(); this.url = url; this.readyState = 1; window.streams.push(this); }
    close() { this.readyState = 2; }
  };
  window.tell = (name, data) => window.streams.at(-1).dispatchEvent(
    Object.assign(new Event(name), { data }));
  window.fall = () => {
    window.streams.at(-1).readyState = 2;
    window.streams.at(-1).dispatchEvent(new Event("error"));
  };
"""
_PAGE: Final = """<!doctype html><html lang="en"><head><link rel="icon" href="data:,">
<link rel="stylesheet" href="/console.css"></head><body data-feed="/live">
<p class="connection" role="status" data-lost="lost" data-over="over"></p>
<main><div data-live="rows"{news}>{rows}</div></main><script src="/console.js"></script></body></html>"""

Shown = Callable[..., Any]


@pytest.fixture
def shown(browser: Any) -> Iterator[Shown]:
    """Opens a page with rows and the script, whose stream is played by `tell` and `fall`."""
    with ExitStack() as opened:

        def show(rows: str, *, news: bool = False, answers: int = 200) -> Any:
            context = browser.new_context(timezone_id="Asia/Shanghai", locale="en-GB")
            opened.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda failure: pytest.fail(str(failure)))
            files = static_files()

            def answer(route: Any) -> None:
                name = route.request.url.removeprefix(f"{ADDRESS}/")
                if name in files:
                    kind, content = files[name]
                    route.fulfill(content_type=kind, body=content)
                elif name == "live":
                    route.fulfill(status=answers, body="")
                else:
                    said = ' data-news="new"' if news else ""
                    page_text = _PAGE.replace("{news}", said).replace("{rows}", rows)
                    route.fulfill(content_type="text/html; charset=utf-8", body=page_text)

            page.route("**/*", answer)
            page.add_init_script(_STREAM)
            page.clock.install()
            page.goto(f"{ADDRESS}/page")
            return page

        yield show


def _table(*rows: str) -> str:
    return f'<table style="width:100%"><tbody>{"".join(rows)}</tbody></table>'


def _row(key: object, said: object = "there") -> str:
    return f'<tr data-key="{key}" id="r{key}"><td>{key}</td><td>{said}</td></tr>\n'


def _tell(page: Any, former: str, fresh: str) -> None:
    page.evaluate(
        "([name, parts]) => window.tell(name, JSON.stringify(parts))",
        ["parts", {"rows": patch(former, fresh) if former else fresh}],
    )


def _rows(page: Any) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[data-key]')].map("
        "one => one.dataset.key + ' ' + (one.lastElementChild || one).textContent.trim())"
    )
    return found


_REMEMBER: Final = "() => { window.seen = [...document.querySelectorAll('tr')]; }"
_STAYED: Final = "() => window.seen.filter(one => one.isConnected).map(one => one.dataset.key)"


@pytest.mark.parametrize(
    ("before", "after", "stayed"),
    [
        ([1, 2, 3], [(1, "x"), 2, 3], ["1", "2", "3"]),
        ([1, 2, 3], [2, 3], ["2", "3"]),
        ([1, 2, 3], [3, 1, 2], ["1", "2", "3"]),
        ([1, 2, 3], [4, 3, (2, "y"), 5], ["2", "3"]),
        ([1, 2], [3, 4], []),
        ([1], [], []),
        ([], [1], []),
    ],
    ids=["changed", "gone", "moved", "all at once", "all others", "emptied", "filled"],
)
def test_rows_become_what_was_told(
    shown: Shown, before: list[Any], after: list[Any], stayed: list[str]
) -> None:
    rows = [_table(*(_row(*_pair(one)) for one in each)) for each in (before, after)]
    page = shown(rows[0])
    page.evaluate(_REMEMBER)
    _tell(page, rows[0], rows[1])
    assert _rows(page) == ["{} {}".format(*_pair(one)) for one in after]
    assert page.evaluate(_STAYED) == stayed


def _pair(one: Any) -> tuple[Any, Any]:
    return one if isinstance(one, tuple) else (one, "there")


_USED: Final = (
    '<details><summary>more</summary><p>{0}</p></details><input id="typed" value="{0}">'
    '<input id="ticked" type="checkbox"><select id="chosen"><option>a<option>b</select>'
    '<div id="scrolls" style="height:40px;overflow:auto"><p style="height:400px">{0}</p></div>'
    '<p id="selected">to be copied</p><time datetime="2026-11-22T0{0}:00:00Z">UTC</time>'
)


def test_what_somebody_does_meanwhile_is_left_alone(shown: Shown) -> None:
    former = _USED.format(1) + _table(_row(1), _row(2))
    fresh = _USED.format(2) + _table(_row(3), _row(2, "here"), _row(1))
    page = shown(former)
    page.click("summary")
    page.check("#ticked")
    page.select_option("#chosen", "b")
    page.fill("#typed", "half a wo")
    page.evaluate(
        "() => { document.querySelector('#scrolls').scrollTop = 120;"
        " getSelection().selectAllChildren(document.querySelector('#selected'));"
        " document.querySelector('#typed').focus(); document.querySelector('#typed').setSelectionRange(2, 4); }"
    )
    for told in (fresh, former, fresh):
        _tell(page, "", told)
    assert page.evaluate(
        "() => [document.querySelector('details').open, document.querySelector('#ticked').checked,"
        " document.querySelector('#chosen').value, document.querySelector('#typed').value,"
        " document.querySelector('#typed').selectionStart, document.activeElement.id,"
        " document.querySelector('#scrolls').scrollTop, document.querySelector('time').textContent]"
    ) == [True, True, "b", "half a wo", 2, "typed", 120, "22 Nov 2026, 10:00:00"]  # fmt: skip
    assert _rows(page) == ["3 there", "2 here", "1 there"]
    assert page.inner_text("details p") == "2"


def test_focus_stays_in_a_row_that_is_moved(shown: Shown) -> None:
    rows = [_row(one, f'<a id="link{one}" href="/x">go</a>') for one in (1, 2, 3)]
    page = shown(_table(*rows))
    for order in ((1, 2, 0), (2, 1), (0, 2)):
        page.focus("#link3")
        _tell(page, "", _table(*(rows[one] for one in order)))
        assert page.evaluate("() => document.activeElement.id") == "link3"


def test_new_rows_wait_above_what_is_read(shown: Shown) -> None:
    steps = [
        _table(_row(2), _row(1)),
        _table(_row(3), _row(2, "moved on"), _row(1)),
        _table(_row(4), _row(3, "late"), _row(2, "moved on")),
        _table(*(_row(one) for one in range(9, 4, -1))),
    ]
    page = shown(steps[0], news=True)
    button = page.locator("button.fresh-rows")
    _tell(page, "", steps[0])
    assert not button.is_visible()
    _tell(page, steps[0], steps[1])
    assert (_rows(page), button.inner_text()) == (["2 moved on", "1 there"], "↑ 1 · new")
    _tell(page, steps[1], steps[2])
    assert (_rows(page), button.inner_text()) == (["2 moved on"], "↑ 2 · new")
    button.click()
    assert _rows(page) == ["4 there", "3 late", "2 moved on"]
    assert not button.is_visible()
    # Not one of those that are read is among the newest: they stay until somebody asks.
    _tell(page, steps[2], steps[3])
    assert (_rows(page)[0], button.inner_text()) == ("4 there", "↑ 5 · new")
    button.click()
    assert _rows(page)[:6] == ["9 there", "8 there", "7 there", "6 there", "5 there", "4 there"]
    _tell(page, steps[3], steps[3].replace("there", "done"))
    assert _rows(page) == [f"{one} done" for one in range(9, 4, -1)]


def test_a_lost_stream_is_tried_again_later_and_later(shown: Shown) -> None:
    page = shown(_table(_row(1)), answers=503)
    pauses = []
    for number in range(2, 7):
        page.evaluate("() => window.fall()")
        assert page.inner_text(".connection") == "lost"
        waited = 0
        while page.evaluate("() => window.streams.length") < number and waited < 90:
            page.clock.run_for(500)
            waited += 1
            page.wait_for_timeout(20)
        pauses.append(waited * 0.5)
    assert all(0.5 * 2**n <= pause <= 1.5 * 2**n + 2.5 for n, pause in enumerate(pauses)), pauses
    page.evaluate("() => window.tell('parts', '{}')")
    assert page.inner_text(".connection") == ""


def test_whoever_is_shown_the_door_does_not_knock_for_ever(shown: Shown) -> None:
    page = shown(_table(_row(1)), answers=401)
    page.evaluate("() => window.fall()")
    page.clock.run_for(2_000)
    page.wait_for_function("() => document.querySelector('.connection').textContent === 'over'")
    page.clock.run_for(200_000)
    assert page.evaluate("() => window.streams.length") == 1


def test_a_silent_stream_is_opened_anew(shown: Shown) -> None:
    page = shown(_table(_row(1)))
    page.clock.run_for(90_000)
    page.evaluate("() => window.tell('beat', '')")
    page.clock.run_for(90_000)
    assert page.evaluate("() => window.streams.length") == 1
    page.clock.run_for(60_000)
    assert page.evaluate("() => window.streams.map(one => one.readyState)") == [2, 1]


def test_an_hour_of_changes_leaves_nothing_behind(shown: Shown) -> None:
    page = shown(_table(*(_row(one) for one in range(25))), news=True)
    count = "() => document.getElementsByTagName('*').length"
    before = page.evaluate(count)
    held = page.evaluate(
        """rows => {
          const told = turn => window.tell("parts", JSON.stringify({ rows: rows.replaceAll("there", turn) }));
          for (let turn = 0; turn < 200; turn++) told(turn);
          const began = performance.now();
          for (let turn = 0; turn < 400; turn++) told(turn);
          return (performance.now() - began) / 400;
        }""",
        _table(*(_row(one) for one in range(25))),
    )
    assert page.evaluate(count) == before
    # A page that is put together each second must not be felt.
    assert held < 50
