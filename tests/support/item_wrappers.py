"""Python objects of layout items, which nothing in the program may make.

PySide makes one for each item of a filled layout that is added to another on a widget. Qt deletes
an item when its widget leaves, the Python object stays known at that address, and what Qt makes
there next is handed to Python as an item: a scroll bar without a range. So layouts are nested
before they stand on a widget: ``setLayout`` comes last.
"""

from __future__ import annotations

import sys


def item_wrappers() -> list[str]:
    """The Python objects of layout items that live now; none where Qt was never imported."""
    widgets, shiboken = sys.modules.get("PySide6.QtWidgets"), sys.modules.get("shiboken6")
    if widgets is None or shiboken is None:
        return []
    return [
        type(one).__name__
        for one in shiboken.Shiboken.getAllValidWrappers()
        if isinstance(one, widgets.QLayoutItem) and not isinstance(one, widgets.QLayout)
    ]
