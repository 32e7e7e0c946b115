"""Node and Edge: a graph as a picture is told of it."""

from __future__ import annotations

from typing import NamedTuple

from imageferry.drawing.palette import StatusClass


class Node(NamedTuple):
    """One box. `key` is its name in edges and for whoever brings the picture up to date.

    `note` is one more line, such as a route; `percent` from 0 to 100 while work goes on; `parts`
    are what a box for many stands for, each with its number.
    """

    key: str
    label: str
    kind: str
    status_class: StatusClass
    status_text: str
    note: str = ""
    href: str = ""
    percent: float | None = None
    parts: tuple[tuple[StatusClass, int], ...] = ()


class Edge(NamedTuple):
    """The keys of two nodes: `before` is made before `after`."""

    before: str
    after: str
