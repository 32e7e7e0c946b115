"""parsed(svg): a picture read back as XML, and what stands in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from imageferry.drawing.svg import NAMESPACE

NAME = f"{{{NAMESPACE}}}"
Element = ElementTree.Element


def parsed(svg: str) -> Element:
    return ElementTree.fromstring(svg)


def every(root: Element, name: str, css: str = "") -> list[Element]:
    """The elements of a name, or those of them with a class."""
    return [one for one in root.iter(f"{NAME}{name}") if not css or css in classes(one)]


def classes(one: Element) -> list[str]:
    return one.get("class", "").split()


def words(root: Element) -> str:
    """All that is written in the picture, titles and descriptions too."""
    return "\n".join("".join(one.itertext()) for one in root.iter() if one.tag != f"{NAME}style")


def corner(one: Element) -> tuple[float, float]:
    """Where a group was moved to."""
    found = re.fullmatch(r"translate\((\S+) (\S+)\)", one.get("transform", ""))
    assert found is not None
    return float(found[1]), float(found[2])
