"""What a test left of Qt ends with it: its windows, and what its own objects told to whom.

A connection to a partial or a lambda keeps whatever that knows, and no garbage collection sees it.
The program has such connections between things that live as long as it does. In a process of many
tests each would keep a program whole, and every style sheet would style the windows of all.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

WHOLE = 300
"""A window of so many widgets is the program's: what stood behind it is worth a full collection.

That takes as long as ten tests, and is left out for single panels.
"""


def end_what_is_left() -> None:
    """Delete all windows without a parent, disconnect our signals; nothing without Qt."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return
    was_whole = len(widgets.QApplication.allWidgets()) >= WHOLE
    for window in widgets.QApplication.topLevelWidgets():
        if window.parent() is None:
            window.deleteLater()
    core = sys.modules["PySide6.QtCore"]
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    for one in sys.modules["shiboken6"].Shiboken.getAllValidWrappers():
        if isinstance(one, core.QObject) and type(one).__module__.startswith("terminal."):
            _disconnect(one, core)
    if was_whole:
        gc.collect()


def _disconnect(one: Any, core: Any) -> None:
    """Forget who listens to the signals that the object's own classes declare."""
    meta = one.metaObject()
    for at in range(core.QObject.staticMetaObject.methodCount(), meta.methodCount()):
        method = meta.method(at)
        if method.methodType() is core.QMetaMethod.MethodType.Signal:
            signature = method.methodSignature().data().decode()
            core.QObject.disconnect(one, core.SIGNAL(signature), None, None)
