"""papers_of(desk): the documents of a house that keeps some, for the rooms that cannot do without."""

from __future__ import annotations

from imageferry.control.desk import Desk
from imageferry.control.requests import RequestRefused
from imageferry.ports.documents import Documents


def papers_of(desk: Desk) -> Documents:
    """The documents; raises RequestRefused where this house keeps none."""
    if desk.documents is None:
        raise RequestRefused(
            "nothing but stacks is kept here", "open the house with a store that keeps documents"
        )
    return desk.documents
