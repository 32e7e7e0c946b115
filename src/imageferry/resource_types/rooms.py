"""load(name): a room of this package, by its name below it, imported when it is first needed."""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """The room, such as `ecs.copy_image`. Only the tables of types name any: a command pays for
    the types that its templates and stacks have, and not for the others.
    """
    return importlib.import_module(f"imageferry.resource_types.{name}")
