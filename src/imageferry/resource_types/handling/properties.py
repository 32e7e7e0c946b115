"""Reading a type's properties: texts, flags, numbers and tags, with secrets opened and noted."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.model.values import Secret, Value


def plain(value: Value, secrets: list[str]) -> Value:
    """The value with secrets opened, their texts being added to `secrets`."""
    if isinstance(value, Secret):
        inner = plain(value.revealed, secrets)
        if isinstance(inner, str) and inner:
            secrets.append(inner)
        return inner
    return value


def text_of(value: Value, secrets: list[str]) -> str | None:
    """A property's text; None where it is unset or empty."""
    if value is None or type(value) is str:
        return value or None
    opened = plain(value, secrets)
    return opened if isinstance(opened, str) and opened else None


def flag_of(value: Value, secrets: list[str]) -> bool | None:
    """A property's truth; None where it is unset."""
    if value is None:
        return None
    opened = plain(value, secrets)
    return opened if isinstance(opened, bool) else None


def number_of(value: Value, secrets: list[str]) -> int | None:
    """A property's whole number; None where it is unset."""
    opened = plain(value, secrets)
    return opened if isinstance(opened, int) and not isinstance(opened, bool) else None


def tags_of(
    value: Value, key: str, content: str, secrets: list[str]
) -> tuple[tuple[str, str], ...]:
    """Key and value of each tag of a list of maps, in order; no value is an empty one."""
    tags: list[tuple[str, str]] = []
    entries = plain(value, secrets)
    for entry in entries if isinstance(entries, list | tuple) else ():
        opened = plain(entry, secrets)
        if isinstance(opened, Mapping):
            name = text_of(opened.get(key), secrets)
            if name is not None:
                tags.append((name, text_of(opened.get(content), secrets) or ""))
    return tuple(tags)


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """The text without any of the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "****")
    return text
