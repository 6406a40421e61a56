"""The one door to pyqtgraph: its view, box and arrays, without its menus and mice.

Only this module imports it, so that start-up pays for it when a chart is built and not before, and
so that a new release of it is met in one place. None of its global options are set. What its mouse
handling, context menus and automatic ranges would do is done by ``chart_canvas`` and the
view-model; what stays are its boxes with ranges, in which its own plot items work as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyqtgraph import GraphicsView, ViewBox
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsView, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QBrush, QPainter, QResizeEvent
    from PySide6.QtWidgets import QGraphicsItem

if TYPE_CHECKING:
    # pyqtgraph has no types; these are the Qt classes that its own are made of.
    from PySide6.QtWidgets import QGraphicsWidget

    _View = QGraphicsView
    _Box = QGraphicsWidget
else:
    _View, _Box = GraphicsView, ViewBox


class GraphView(_View):
    """A scene of boxes and axes, one unit a pixel, whose mouse and keys are the subclass's."""

    def __init__(self, background: QBrush, parent: QWidget | None) -> None:
        super().__init__(parent, background=background)  # type: ignore[call-overload]
        cast("Any", self).setCentralWidget(None)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)

    def size_changed(self) -> None:
        """The view has another size; for the subclass to place its items anew."""

    @override
    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if event is not None:  # None is the constructor's own call, before the subclass is made
            self.size_changed()

    def add_item(self, item: QGraphicsItem) -> None:
        """Put an item into the scene."""
        self.scene().addItem(item)

    def remove_item(self, item: QGraphicsItem) -> None:
        """Take an item out of the scene."""
        self.scene().removeItem(item)


class PaneBox(_Box):
    """The box of one pane. Layers are its children and paint in its pixels, clipped to it."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False, enableMouse=False, defaultPadding=0.0)  # type: ignore[call-arg]
        self._box = cast("Any", self)
        self._box.disableAutoRange()
        self._box.setMenuEnabled(False)

    def place(self, rect: QRectF) -> None:
        """Put the box there, in pixels of the view."""
        if self.geometry() != rect:
            self.setGeometry(rect)

    def set_ranges(self, slots: tuple[float, float], values: tuple[float, float]) -> None:
        """What the box shows, for pyqtgraph's own items and for linked axes."""
        self._box.setRange(xRange=slots, yRange=values, padding=0, disableAutoRange=True)


class RectArray:
    """Rectangles in one reusable block of memory, drawn in one call."""

    def __init__(self) -> None:
        self._array: Any = PrimitiveArray(QRectF, 4)

    def __len__(self) -> int:
        return len(self._array)

    def set(self, rects: NDArray[np.float64]) -> None:
        """Keep rows of x, y, width, height."""
        self._array.resize(len(rects))
        if len(rects):
            self._array.ndarray()[:] = rects

    def draw(self, painter: QPainter) -> None:
        """Draw all with the painter's pen and brush."""
        if len(self._array):
            painter.drawRects(*self._array.drawargs())
