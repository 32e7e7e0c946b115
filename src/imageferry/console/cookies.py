"""Cookies: what a browser keeps for the console: who has signed in, and how pages look."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from imageferry.console.languages import Language, choose
from imageferry.console.visits import PREFIX

THEMES: Final = ("auto", "light", "dark")

YEAR: Final = 365 * 24 * 3600
"""The age, in seconds, of what is no secret."""

_SESSION: Final = "session"
_FORM: Final = "form"


def session_cookie(request: Request) -> str:
    """What the browser has of a session, or nothing."""
    return request.cookies.get(_name(request, _SESSION), "")


def keep_session(request: Request, response: Response, token: str, age: int) -> None:
    """Have the browser keep a session for so many seconds."""
    _keep(request, response, _SESSION, token, age)


def drop_session(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    _keep(request, response, _SESSION, "", 0)


def form_cookie(request: Request) -> str:
    """What a browser in which nobody has signed in keeps for the form to do so, or nothing."""
    return request.cookies.get(_name(request, _FORM), "")


def keep_form(request: Request, response: Response, mark: str) -> None:
    """Have the browser keep it."""
    _keep(request, response, _FORM, mark, YEAR)


def language_of(request: Request) -> Language:
    """The language that was chosen, or that the browser asks for."""
    wished = request.query_params.get("lang", "") or request.cookies.get("imageferry_language", "")
    return choose(wished, request.headers.get("accept-language", ""))


def theme_of(request: Request) -> str:
    """Light or dark where that was chosen, else as the system is."""
    chosen = request.cookies.get("imageferry_theme", "")
    return chosen if chosen in THEMES else "auto"


def keep_look(request: Request, response: Response, name: str, value: str) -> None:
    """Have the browser keep a `language` or a `theme`; other ports of a machine have them too."""
    _set(request, response, f"imageferry_{name}", value, YEAR, PREFIX)


def _keep(request: Request, response: Response, what: str, value: str, age: int) -> None:
    # A cookie of __Host- is for every path: browsers take it no other way.
    path = "/" if _is_encrypted(request) else PREFIX
    _set(request, response, _name(request, what), value, age, path)


def _name(request: Request, what: str) -> str:
    """The name of a cookie: two servers on one machine are told apart by their ports alone.

    Where the line is encrypted, a browser takes one of that name from this very host alone, so that
    neither a neighbour's name nor an unencrypted line can put another session in its place.
    """
    name = f"imageferry_{what}_{request.url.port or 0}"
    return f"__Host-{name}" if _is_encrypted(request) else name


def _is_encrypted(request: Request) -> bool:
    return request.url.scheme == "https"


def _set(request: Request, response: Response, name: str, value: str, age: int, path: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=age,
        path=path,
        secure=_is_encrypted(request),
        httponly=True,
        samesite="strict",
    )
