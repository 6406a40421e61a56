"""What every layer of the chart is: something that paints itself from a ``ChartView``.

A chart is a list of panes above each other, and each pane a list of layers on top of each other
(``chart_canvas``). To add a study, a drawing or a way to trade on the chart:

1. write a layer in a file of its own: a ``LayerItem`` with a height among the ``Z`` below, whose
   ``show_view`` prepares what ``paint`` draws, and whose ``bounds`` says what must be in sight;
2. hand it to the panel: ``chart_panes.with_layers`` adds it to a pane, a ``PaneSpec`` of its own
   gives it an axis of its own;
3. what takes the mouse is a ``chart_hands.ChartTool``, handed to the panel likewise.

What is there stays as it is. ``show_view`` runs once a frame and asks for repaint of what differs;
``paint`` only draws what ``show_view`` prepared.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsItem
from typing_extensions import override

if TYPE_CHECKING:
    from terminal.viewmodels.chart_view import Bounds, ChartView
    from terminal.widgets.canvas.chart_scale import PaneScale


class Z(IntEnum):
    """Heights of layers within their pane, from the ground up."""

    AXIS = 0
    GRID = 1
    HISTORY = 10
    LIVE = 11
    STUDIES = 20
    CROSSHAIR = 25
    LINES = 30
    MARKS = 40
    TITLE = 95


class ChartLayer(Protocol):
    """What a pane needs of a layer."""

    @property
    def item(self) -> QGraphicsItem:
        """What is put into the pane's box; its height decides what covers what."""
        ...

    def bounds(self, view: ChartView) -> Bounds | None:
        """What the value axis must show of this layer; None when it does not mind."""
        ...

    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        """Prepare what is to be painted, and ask for repaint where that differs."""
        ...


class LayerItem(QGraphicsItem):
    """The base of our layers: as large as its pane, in the pane's pixels."""

    def __init__(self, z: Z) -> None:
        super().__init__()
        self.setZValue(int(z))
        self._area = QRectF()

    @property
    def item(self) -> QGraphicsItem:
        """A layer that is its own item."""
        return self

    def bounds(self, _view: ChartView) -> Bounds | None:
        """Most layers lie on what others bring into sight."""
        return None

    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        """Prepare what is to be painted, and ask for repaint where that differs."""
        # Abstract: Qt's metaclass cannot be joined with ABCMeta.
        raise NotImplementedError

    def take_size(self, scale: PaneScale) -> bool:
        """Grow or shrink with the pane; True when that happened."""
        area = QRectF(0, 0, scale.width, scale.height)
        if area == self._area:
            return False
        self.prepareGeometryChange()
        self._area = area
        return True

    @override
    def boundingRect(self) -> QRectF:
        return self._area
