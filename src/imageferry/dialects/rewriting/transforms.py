"""Transforms of a whole template: which are carried out, and what the others may change."""

from __future__ import annotations

from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar
from imageferry.dialects.vocabulary import Rewriting, Transform

EXTENSIONS: Final = "AWS::LanguageExtensions"


class Transforms(NamedTuple):
    """The transforms of a template: the names of all, and of those that are carried out."""

    names: tuple[str, ...] = ()
    carried_out: tuple[str, ...] = ()
    rewritings: frozenset[Rewriting] = frozenset()

    @property
    def are_extended(self) -> bool:
        """True where the language extensions are carried out."""
        return EXTENSIONS in self.carried_out

    @property
    def are_open(self) -> bool:
        """True where names may be made that do not stand in the template."""
        return bool(self.rewritings - {Rewriting.CARRIED_OUT})

    @property
    def are_lenient(self) -> bool:
        """True where what looks wrong may be put right before it is used."""
        return not self.rewritings.isdisjoint((Rewriting.WHOLE, Rewriting.ELSEWHERE))


def read_transforms(desk: Desk, root: MapNode) -> Transforms:
    """What the section 'Transform' asks for; those not carried out are noted at their lines."""
    node = root.entries.get("Transform")
    if node is None or is_absent(node) or "Transform" not in desk.dialect.sections:
        return Transforms()
    listed = node.items if isinstance(node, ListNode) and not node.tag else (node,)
    names: list[str] = []
    carried_out: list[str] = []
    rewritings: set[Rewriting] = set()
    for entry in listed:
        written = _name_of(desk, entry)
        if written is None:
            continue
        if written.text in names:
            continue
        names.append(written.text)
        transform = _known(desk, written)
        if transform is None:
            continue
        rewritings.add(transform.rewriting)
        if transform.rewriting is Rewriting.CARRIED_OUT:
            carried_out.append(written.text)
            _check_order(desk, written, names)
        else:
            desk.error(
                "IF134",
                f"the transform '{written.text[:80]}' is not carried out here",
                written.span,
                why=transform.why,
                remedy=transform.remedy,
            )
    return Transforms(tuple(names), tuple(carried_out), frozenset(rewritings))


def _check_order(desk: Desk, written: Scalar, names: list[str]) -> None:
    """CloudFormation guide, AWS::LanguageExtensions: it comes before the serverless transform."""
    later = next((name for name in names if name.startswith("AWS::Serverless-")), None)
    if later is not None:
        desk.warning(
            "IF152",
            f"'{written.text[:80]}' stands after '{later[:80]}'",
            written.span,
            why="CloudFormation carries transforms out in their order, and demands this one first",
            remedy="put it first",
        )


def _name_of(desk: Desk, node: Node) -> Scalar | None:
    """The name of a transform: text, or `Name` of a map that also has its parameters."""
    match node:
        case Scalar(tag="", value=str(), text=text) if text:
            return node
        case Scalar(tag="", value=str() | None):
            return None
        case MapNode(tag="", entries={"Name": Scalar(tag="", value=str()) as name}):
            return name
        case _:
            desk.expected("'Transform'", "text", node)
            return None


def _known(desk: Desk, written: Scalar) -> Transform | None:
    for transform in desk.dialect.transforms:
        if transform.name.match(written.text):
            return transform
    desk.error(
        "IF152",
        f"{desk.dialect.title} has no transform '{written.text[:80]}'",
        written.span,
        why="it has those for serverless functions, Terraform and OpenTofu",
        remedy="correct the name, or remove it",
    )
    return None
