"""The chart's plots and axes as one widget: draws the view, hands keys and mouse on."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QPushButton, QSizePolicy
from typing_extensions import override

from terminal.viewmodels.chart import Move
from terminal.widgets.canvas.chart_axes import TimeAxis
from terminal.widgets.canvas.chart_hands import ChartHands
from terminal.widgets.canvas.chart_panes import Pane, default_panes
from terminal.widgets.canvas.chart_scale import chart_layout
from terminal.widgets.canvas.chart_style import ChartStyle
from terminal.widgets.canvas.chart_words import WordsItem
from terminal.widgets.canvas.graph import GraphView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import (
        QContextMenuEvent,
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QPainter,
        QPaintEvent,
        QShowEvent,
        QWheelEvent,
    )
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.chart_view import ChartPart
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.canvas.chart_hands import ChartTool
    from terminal.widgets.canvas.chart_panes import PaneSpec
    from terminal.widgets.canvas.chart_scale import ChartLayout
    from terminal.widgets.theme import Theme

_SMALLEST_AXIS_PX = 56
_AXIS_STEP_PX = 8


@final
class ChartCanvas(GraphView):
    """All panes of a chart. ``menu_wanted`` asks for the options at a point of the screen.

    ``panes`` are ``default_panes`` unless others are given; the first one has the prices.
    """

    menu_wanted = Signal(QPoint)

    def __init__(
        self,
        view_model: ChartViewModel,
        theme: Theme,
        meter: FrameMeter | None = None,
        parent: QWidget | None = None,
        *,
        panes: Sequence[PaneSpec] | None = None,
        tools: Sequence[ChartTool] = (),
    ) -> None:
        super().__init__(QBrush(theme.color("panel")), parent)
        self.setObjectName("chart.canvas")
        self.setAccessibleName("Candle chart")
        self._vm = view_model
        self._theme = theme
        self._meter = meter
        self._axis_px = _SMALLEST_AXIS_PX
        self._axis_of = ""
        self._specs = default_panes() if panes is None else tuple(panes)
        self._hands = ChartHands(view_model, tools)
        self._latest = QPushButton("Latest", self)
        self._latest.setObjectName("chart.latest")
        self._latest.setToolTip("Back to the newest candle, and follow it (End).")
        self._latest.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._latest.hide()
        self._latest.clicked.connect(self._on_latest)
        self._build()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view_model.changed.connect(self.show_view)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """All panes from the top, those left out as well."""
        return self._panes

    @override
    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    # Building --------------------------------------------------------------------------------

    def _build(self) -> None:
        style = ChartStyle(self._theme)
        self._style = style
        self._panes = tuple(Pane(spec, style) for spec in self._specs)
        self._shown_panes = self._panes
        self._time = TimeAxis(style)
        self._words = WordsItem(style)
        self._layout: ChartLayout = self._make_layout()
        for pane in self._panes:
            self.add_item(pane.box)
            self.add_item(pane.axis)
        self.add_item(self._time)
        self.add_item(self._words)
        self._parts: frozenset[ChartPart] | None = None

    def restyle(self) -> None:
        """Take the theme's present colours."""
        for pane in self._panes:
            self.remove_item(pane.box)
            self.remove_item(pane.axis)
        self.remove_item(self._time)
        self.remove_item(self._words)
        self.setBackgroundBrush(QBrush(self._theme.color("panel")))
        self._build()
        self._words.set_focused(has_focus=self.hasFocus())
        self._lay_out()

    # Layout ----------------------------------------------------------------------------------

    def _make_layout(self) -> ChartLayout:
        return chart_layout(
            self.width(),
            self.height(),
            axis_px=self._axis_px,
            time_px=self._style.label_height + 4,
            weights=[pane.spec.weight for pane in self._shown_panes],
        )

    def _lay_out(self) -> None:
        """Place everything for the present size, parts and width of the value axes."""
        parts = self._vm.view.parts
        self._parts = parts
        self._shown_panes = tuple(p for p in self._panes if p.spec.part in {None, *parts})
        layout = self._layout = self._make_layout()
        self._hands.place(layout, self._shown_panes)
        for pane, plot, axis in zip(self._shown_panes, layout.panes, layout.axes, strict=True):
            pane.place(plot, axis)
        self._time.place(layout.time, self._axis_px)
        self._words.place(QRectF(0, 0, self.width(), self.height()), layout.panes[0])
        size = self._latest.sizeHint()
        corner = layout.panes[0].bottomRight().toPoint()
        self._latest.setGeometry(
            corner.x() - size.width() - 8,
            corner.y() - size.height() - 8,
            size.width(),
            size.height(),
        )
        self.resetCachedContent()
        self.viewport().update()
        self._vm.set_plot_width(int(layout.time.width()))
        self.show_view()

    def _fit_axis(self, symbol: str) -> None:
        """Wide enough for its longest text; narrower again only for another contract."""
        wished = max(pane.axis.wished_px for pane in self._shown_panes)
        wished = max(_SMALLEST_AXIS_PX, -(-wished // _AXIS_STEP_PX) * _AXIS_STEP_PX)
        if wished > self._axis_px or (wished < self._axis_px and symbol != self._axis_of):
            self._axis_px, self._axis_of = wished, symbol
            self._lay_out()
        self._axis_of = symbol

    @override
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground and the lines between panes and axes; the view keeps it as a picture."""
        style, layout = self._style, self._layout
        painter.fillRect(rect, style.panel)
        if self._vm.view.waiting is not None:
            return
        painter.setPen(style.line_pen)
        edge = int(layout.time.right())
        bottom = int(layout.time.top())
        painter.drawLine(edge, 0, edge, bottom)
        painter.drawLine(0, bottom, self.width(), bottom)
        for plot in layout.panes[1:]:
            painter.drawLine(0, int(plot.top()) - 1, self.width(), int(plot.top()) - 1)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def show_view(self) -> None:
        """Take the view-model's view; layers ask for a repaint of what differs."""
        if not self.isVisible():
            return  # nobody sees it; ``showEvent`` comes back here
        view = self._vm.view
        if view.parts != self._parts:
            self._lay_out()
            return
        is_there = view.waiting is None
        for pane in self._panes:
            pane.set_visible(is_visible=is_there and pane in self._shown_panes)
        if self._time.isVisible() != is_there:
            self._time.setVisible(is_there)
            self.resetCachedContent()
        self._words.show_view(view)
        self._show_latest(is_wanted=is_there and not view.is_following)
        if not is_there:
            return
        for pane in self._shown_panes:
            pane.show_view(view)
        scale = self._panes[0].scale
        if scale is not None:
            self._time.show_view(view, scale)
        self._fit_axis(view.symbol)
        self._hands.follow_pointer()

    def _show_latest(self, *, is_wanted: bool) -> None:
        if is_wanted != self._latest.isVisible():
            if self._latest.hasFocus():
                self.setFocus()
            self._latest.setVisible(is_wanted)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._meter is not None:
            self._meter.painted()

    @override
    def size_changed(self) -> None:
        self._lay_out()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay_out()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._words.set_focused(has_focus=True)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._words.set_focused(has_focus=False)

    # Hands -----------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self._hands.key(event))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.press(event.position(), event.modifiers())
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.release()
        event.accept()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hands.move(event.position())
        shape = self._hands.cursor_shape
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)
        self._hands.follow_pointer()
        event.accept()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.double_click(event.position())
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.setAccepted(self._hands.wheel(event))

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:  # also when it goes to the button on the chart
            self._hands.pointer = None
            self._hands.follow_pointer()
        return super().viewportEvent(event)

    @Slot()
    def _on_latest(self) -> None:
        self._vm.move(Move.LATEST)
        self.setFocus()
