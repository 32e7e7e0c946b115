"""Dynamic references in texts: `{{resolve:…}}`, which services there are, and what they demand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from imageferry.dialects.desk import Desk
from imageferry.dialects.syntax.nodes import Scalar

BEGINNING: Final = "{{resolve:"

# CloudFormation guide, dynamic references: parameters of the systems manager have an optional
# version; a secret has a name or an ARN, then SecretString, a JSON key, a stage, or a version id.
_IN_SYSTEMS_MANAGER: Final = r"(arn:[a-zA-Z0-9_.\-/:]+|[a-zA-Z0-9_.\-/]+)(:\d+)?"
_IN_SECRETS_MANAGER: Final = (
    r"(arn:[^:{}]*:secretsmanager:[^:{}]*:[^:{}]*:secret:[^:{}]+|[^:{}]+)"
    r"(:(SecretString)?(:[^:{}]*(:[^:{}]*(:[^:{}]*)?)?)?)?"
)
_SERVICES: Final[Mapping[str, tuple[str, str, str]]] = {
    "ssm": ("a parameter of the Systems Manager", _IN_SYSTEMS_MANAGER, "name:version"),
    "ssm-secure": (
        "a secret parameter of the Systems Manager",
        _IN_SYSTEMS_MANAGER,
        "name:version",
    ),
    "secretsmanager": (
        "a secret of the Secrets Manager",
        _IN_SECRETS_MANAGER,
        "secret-id:SecretString:json-key:version-stage:version-id",
    ),
}


def note_references(desk: Desk, node: Scalar) -> None:
    """Note each dynamic reference in a text, or what is wrong with it."""
    text = node.text
    start = text.find(BEGINNING)
    told: set[str] = set()
    while start >= 0:
        end = text.find("}}", start)
        inside = text[start + len(BEGINNING) : end if end >= 0 else start + 200]
        start = text.find(BEGINNING, start + 1)
        service, colon, rest = inside.partition(":")
        known = _SERVICES.get(service)
        if known is None or not colon:
            # A name that is put in later may stand here; in a Join, the service may.
            if service in told or "${" in service or "&{" in service or end < 0:
                _note_beyond(desk, node, "what a dynamic reference names", told, "")
                continue
            told.add(service)
            _note_wrong(
                desk,
                node,
                f"'{service[:40]}' is no service of dynamic references",
                "they are " + ", ".join(f"'{word}'" for word in _SERVICES),
            )
            continue
        kind, form, says = known
        whole = end >= 0 and "${" not in rest and "&{" not in rest
        if whole and not re.fullmatch(form, rest.strip()):
            _note_wrong(
                desk,
                node,
                f"a dynamic reference to '{service}' is not well formed",
                f"it is written '{BEGINNING}{service}:{says}}}}}', where only the first part "
                "must be there",
            )
        else:
            _note_beyond(desk, node, kind, told, service)


def _note_beyond(desk: Desk, node: Scalar, kind: str, told: set[str], service: str) -> None:
    if service in told:
        return
    told.add(service)
    desk.error(
        "IF179",
        f"a dynamic reference to {kind} is not looked up here"
        if service
        else "a dynamic reference is not looked up here",
        node.span,
        why="the store that it names belongs to another cloud, and imageferry has no access to it",
        remedy="give the value by a parameter, with 'NoEcho: true' if it is secret",
    )


def _note_wrong(desk: Desk, node: Scalar, message: str, why: str) -> None:
    desk.error(
        "IF151",
        message,
        node.span,
        why=why,
        remedy="correct it, or give the value by a parameter",
    )
