"""Reads a stored dock state before it is applied: the docking library itself takes what it gets.

A state with one misspelt element is restored as an empty window, without an error. So every
element, count and name is looked at here first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from PySide6.QtCore import QXmlStreamReader

DEEPEST = 40
_ROOT = "QtAdvancedDockingSystem"
_ATTRIBUTES = {
    _ROOT: ("Version", "Containers"),
    "Container": ("Floating",),
    "Splitter": ("Orientation", "Count"),
    "Area": ("Tabs",),
    "SideBar": ("Area", "Tabs"),
    "Widget": ("Name", "Closed"),
    "Geometry": (),
    "Sizes": (),
}
_INSIDE = {
    _ROOT: {"Container"},
    "Container": {"Geometry", "Splitter", "Area", "SideBar"},
    "Splitter": {"Splitter", "Area", "Sizes"},
    "Area": {"Widget"},
    "SideBar": {"Widget"},
}
_COUNTED = {
    _ROOT: ("Containers", {"Container"}),
    "Splitter": ("Count", {"Splitter", "Area"}),
    "Area": ("Tabs", {"Widget"}),
    "SideBar": ("Tabs", {"Widget"}),
}


class DockStateError(ValueError):
    """A dock state that must not be applied; the text says why."""


@final
@dataclass(slots=True)
class _Node:
    name: str
    attributes: dict[str, str]
    children: list[_Node] = field(default_factory=list)
    text: str = ""

    def count(self, names: set[str]) -> int:
        return sum(child.name in names for child in self.children)


def panels_in(state: str) -> frozenset[str]:
    """The names of all panels that a state holds, shown or hidden. Raises ``DockStateError``."""
    root = _parse(state)
    if root.name != _ROOT:
        raise DockStateError("no dock state")
    found: set[str] = set()
    _check(root, found)
    return frozenset(found)


def _parse(state: str) -> _Node:
    reader = QXmlStreamReader(state)
    top = _Node("", {})
    open_nodes = [top]
    while not reader.atEnd():
        reader.readNext()
        if reader.isStartElement():
            found = reader.attributes()
            each = (found.at(number) for number in range(found.size()))
            node = _Node(reader.name(), {one.name(): one.value() for one in each})
            open_nodes[-1].children.append(node)
            open_nodes.append(node)
            if len(open_nodes) > DEEPEST:
                raise DockStateError("nested too deeply")
        elif reader.isEndElement():
            open_nodes.pop()
        elif reader.isCharacters():
            open_nodes[-1].text += reader.text()
    if reader.hasError() or len(top.children) != 1:
        raise DockStateError(reader.errorString() or "no dock state")
    return top.children[0]


def _check(node: _Node, found: set[str]) -> None:
    for attribute in _ATTRIBUTES[node.name]:
        if attribute not in node.attributes:
            raise DockStateError(f"{node.name} without {attribute}")
    if node.name in _COUNTED:
        attribute, names = _COUNTED[node.name]
        if node.attributes[attribute] != str(node.count(names)):
            raise DockStateError(f"{node.name} does not count its parts")
    if node.name == "Sizes" and not all(size.isdecimal() for size in node.text.split()):
        raise DockStateError("a size is no number")
    if node.name == "Widget":
        name = node.attributes["Name"]
        if name in found:
            raise DockStateError(f"{name} is in two places")
        found.add(name)
    for child in node.children:
        if child.name not in _INSIDE.get(node.name, ()):
            raise DockStateError(f"{child.name} inside {node.name}")
        _check(child, found)
