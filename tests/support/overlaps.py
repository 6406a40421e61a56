"""Which parts of a panel lie on one another, for tests of layouts at every size."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtCore import QRect

_LEAVES = (QAbstractButton, QComboBox, QLabel, QLineEdit)


def seen_part(widget: QWidget, top: QWidget) -> QRect:
    """What of a widget is not cut off by what it stands in, in ``top``'s coordinates."""
    area, at = widget.rect(), widget
    while at is not top:
        area = area.translated(at.pos())
        around = at.parentWidget()
        if around is None:
            raise ValueError("the widget is in no part of it")
        at = around
        area = area.intersected(at.rect())
    return area


def leaves(top: QWidget) -> Iterator[tuple[QWidget, QRect]]:
    """What is seen of the fields, buttons and words of a panel."""
    for widget in top.findChildren(QWidget):
        is_part = isinstance(widget.parentWidget(), (QComboBox, QLineEdit))
        is_silent = isinstance(widget, QLabel) and not widget.text()
        if isinstance(widget, _LEAVES) and widget.isVisible() and not is_part and not is_silent:
            area = seen_part(widget, top)
            if not area.isEmpty():
                yield widget, area


def overlaps(top: QWidget) -> list[tuple[str, str]]:
    """The names of all pairs of parts that lie on one another."""
    return [
        (one.objectName(), other.objectName())
        for (one, area), (other, others) in itertools.combinations(leaves(top), 2)
        if area.intersects(others)
    ]
