"""Renderer: templates to pages, and the ways in which values are shown in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from imageferry.console.languages import LANGUAGES
from imageferry.console.statuses import look_of, sign_of
from imageferry.console.visits import PREFIX, Visit, stack_path, uuid_of
from imageferry.drawing.styles import page_sheet
from imageferry.model.access import Role
from imageferry.model.values import Value, mask
from imageferry.version import VERSION

_REQUEST: Final = re.compile(r"(?<=request )([0-9A-Za-z-]{8,64})(?=[]\s.,;)]|$)")


def render(
    visit: Visit, template: str, values: Mapping[str, object], status: int = 200
) -> Response:
    """A whole page."""
    return _page(page_of(visit, template, values), status)


def page_of(visit: Visit, template: str, values: Mapping[str, object]) -> str:
    """The text of a whole page."""
    return _environment().get_template(f"{template}.html").render(_shared(visit) | dict(values))


def parts_of(
    visit: Visit, template: str, values: Mapping[str, object], names: Sequence[str]
) -> dict[str, str]:
    """Blocks of a page, by name, as they would stand in it: what changes while it is looked at."""
    context = (
        _environment().get_template(f"{template}.html").new_context(_shared(visit) | dict(values))
    )
    blocks = _blocks_of(f"{template}.html")
    return {name: "".join(blocks[name](context)).strip() for name in names}


@lru_cache(64)
def _blocks_of(name: str) -> Mapping[str, Callable[[Context], Iterator[str]]]:
    """The blocks of a template, and of those that it extends, as they stand in its pages."""
    environment = _environment()
    source = files("imageferry.console").joinpath("templates", name).read_text("utf-8")
    own = environment.get_template(name).blocks
    parents = environment.parse(source).find_all(nodes.Extends)
    inherited = [
        _blocks_of(one.template.value) for one in parents if isinstance(one.template, nodes.Const)
    ]
    return {key: block for blocks in (*inherited, own) for key, block in blocks.items()}


def compile_templates(names: Iterable[str]) -> None:
    """Read templates before anybody asks for their pages; for a thread of its own."""
    for name in names:
        _environment().get_template(f"{name}.html")
        _blocks_of(f"{name}.html")
    for name in static_files():
        static_path(name)


def bare_page(template: str, values: Mapping[str, object], status: int) -> Response:
    """A page for somebody who has not signed in."""
    return _page(_environment().get_template(f"{template}.html").render(values), status)


def _page(text: str, status: int) -> Response:
    # What was typed may spell halves of characters, and is shown again all the same.
    return HTMLResponse(text.encode("utf-8", "replace"), status)


@lru_cache(1)
def static_files() -> Mapping[str, tuple[str, bytes]]:
    """What pages load, by name: its type and its bytes."""
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    drawn = {"drawing.css": (kinds["css"], page_sheet().encode())}
    return drawn | {
        one.name: (kinds[one.name.rpartition(".")[2]], one.read_bytes())
        for one in files("imageferry.console").joinpath("static").iterdir()
        if one.name.rpartition(".")[2] in kinds
    }


@lru_cache(64)
def static_path(name: str) -> str:
    """Where a file is found; the path changes with what is in it, so that it may be kept."""
    _, content = static_files()[name]
    return f"{PREFIX}/static/{hashlib.sha256(content).hexdigest()[:12]}/{name}"


def _shared(visit: Visit) -> dict[str, object]:
    """What every page of somebody who has signed in may show."""
    return {
        "visit": visit,
        "t": visit.language,
        "language": visit.language,
        "csrf": visit.session.csrf,
        "now": visit.now,
        "theme": visit.theme,
        "may_write": visit.may_write,
        "is_admin": visit.session.role.covers(Role.ADMIN),
        "cloud": visit.plane.place.cloud,
    }


@lru_cache(1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("imageferry.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_shown,
    )
    made.globals |= {
        "static": static_path,
        "prefix": PREFIX,
        "stack_path": stack_path,
        "languages": LANGUAGES,
        "version": VERSION,
        "sign_of": sign_of,
        "look_of": look_of,
    }
    made.filters |= {
        "when": when,
        "seconds": seconds,
        "gib": gib,
        "json_text": json_text,
        "value_text": value_text,
        "uuid": uuid_of,
        "segment": lambda text: quote(text, safe=""),
        "with_query": with_query,
        "told_apart": told_apart,
        "file_name": file_name,
        "breakable": breakable,
    }
    # What a page imports is not there in a part of it that is made alone.
    made.globals["parts"] = made.get_template("parts.html").module
    return made


def _shown(value: object) -> object:
    """Nothing is shown as nothing."""
    return "" if value is None else value


def when(moment: float | None) -> Markup:
    """A moment (seconds since 1970) in UTC; the script shows it in local time, UTC on hover."""
    if not moment:
        return Markup('<span class="none">–</span>')
    at = datetime.fromtimestamp(moment, UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    )


def seconds(length: float | None) -> str:
    """A length of time: `8 s`, `3 min 20 s`, `1 h 05 min`."""
    if length is None:
        return "–"
    whole = max(0, round(length))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def gib(size: float | None) -> str:
    """A size in GiB."""
    return "–" if size is None else f"{size:,.0f} GiB"


def value_text(value: Value) -> str:
    """A value on one line: a text as it is, everything else as JSON; secrets as `****`."""
    shown = mask(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)


def json_text(value: Value) -> str:
    """A value as indented JSON; secrets as `****`."""
    return json.dumps(mask(value), ensure_ascii=False, indent=2, default=str)


def told_apart(reason: str) -> list[tuple[str, bool]]:
    """A reason in pieces: its text, and the ids of requests in it, which people take with them."""
    pieces = _REQUEST.split(reason)
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def file_name(path: str) -> str:
    """The last part of a path, as the machine that it was given on writes paths."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path


def breakable(word: str) -> Markup:
    """A status such as `CREATE_ROLLBACK_COMPLETE`, broken at its underscores where it must be."""
    return Markup("_<wbr>").join(word.split("_"))


@pass_context
def with_query(context: Context, path: str, of: Visit | None = None, **changed: Any) -> str:
    """The path with the query of this page, in which some names have other values, or none.

    Macros, which know nothing of the page, say whose visit it is.
    """
    visit: Visit = of or context["visit"]
    pairs = [(key, value) for key, value in visit.query.multi_items() if key not in changed]
    pairs += [(key, str(value)) for key, value in changed.items() if value not in {None, ""}]
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    return f"{path}?{query}" if query else path
