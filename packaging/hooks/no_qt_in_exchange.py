"""Runs first in the frozen program: as the simulated exchange it does without Qt.

The freezer's own preparation of Qt, which runs next, would load it for nothing.
"""


def _refuse_qt():
    import sys

    if sys.argv[1:2] == ["simexchange"]:
        sys.modules["PySide6"] = None  # whoever imports it is told that it is not there


_refuse_qt()
del _refuse_qt
