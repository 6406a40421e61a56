"""The chart panel: interval buttons and options, the candle's values, the chart itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.chart_view import ChartPart
from terminal.widgets.interval_row import IntervalRow
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from terminal.domain.units import Price
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.canvas.chart_hands import ChartTool
    from terminal.widgets.canvas.chart_panes import PaneSpec
    from terminal.widgets.theme import Theme

SPACING = 4
_BUTTON_GAP = 2


@final
class ChartPanel(QWidget):
    """Draws a ``ChartViewModel``. The library behind the canvas is loaded with the first panel."""

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
        from terminal.widgets.canvas.chart_canvas import ChartCanvas
        from terminal.widgets.canvas.readout_bar import ReadoutBar

        super().__init__(parent)
        self.setObjectName("panel")
        self._vm = view_model
        self._theme = theme
        self.canvas = ChartCanvas(view_model, theme, meter, self, panes=panes, tools=tools)
        self.readout = ReadoutBar(theme, self)
        self._symbol = QLabel(self)
        self._intervals = IntervalRow(self)
        self._options = QToolButton(self)
        self._menu = QMenu(self)
        self._actions: dict[ChartPart, QAction] = {}
        self._pick = QAction("Price into the ticket\tAlt+click", self)
        self._pointed: Price | None = None  # where the menu was asked for
        self._make_options()
        self._lay_out()
        self._connect()
        self._show()

    # Building --------------------------------------------------------------------------------

    def _make_options(self) -> None:
        button = self._options
        button.setText("Show ▾")
        button.setObjectName("chart.options")
        button.setAccessibleName("What the chart shows")
        button.setToolTip("Take own orders, position, fills or volume in, or leave them out.")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_property(button, "slim", "true")
        self._menu.setObjectName("chart.menu")
        for part in ChartPart:
            action = QAction(part.value, self)
            action.setCheckable(True)
            action.toggled.connect(partial(self._on_part_toggled, part))
            self._menu.addAction(action)
            self._actions[part] = action
        self._menu.addSeparator()
        self._pick.setToolTip("The price under the pointer; nothing is sent")
        self._pick.triggered.connect(self._on_pick)
        self._menu.addAction(self._pick)
        for words, keys, act in (
            ("Automatic price scale", "Double click on the axis", self._vm.auto_price),
            ("Usual zoom, newest candle", "0", self._vm.reset),
        ):
            action = QAction(f"{words}\t{keys}", self)
            action.triggered.connect(act)
            self._menu.addAction(action)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(SPACING, SPACING, SPACING, 0)
        head.setSpacing(_BUTTON_GAP)
        head.addWidget(self._symbol)
        head.addSpacing(SPACING)
        head.addWidget(self._intervals, 1)
        head.addWidget(self._options)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.readout)
        column.addWidget(self.canvas, 1)
        self.setLayout(column)
        self._symbol.setObjectName("chart.symbol")
        self._symbol.setContentsMargins(2, 0, 2, 0)
        self._symbol.setMinimumWidth(1)
        self.setFocusProxy(self.canvas)

    def _connect(self) -> None:
        self._vm.changed.connect(self._show)
        self._vm.options_changed.connect(self._show_options)
        self._theme.changed.connect(self.restyle)
        self._intervals.picked.connect(self._vm.choose_interval)
        self._options.clicked.connect(self._on_options)
        self.canvas.menu_wanted.connect(self._on_menu_wanted)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow chart leaves its contract to the panel's title rather than cut it."""
        super().resizeEvent(event)
        beside = self._intervals.minimumSizeHint().width() + self._options.sizeHint().width()
        needed = self._symbol.sizeHint().width() + beside + 5 * SPACING
        self._symbol.setVisible(needed <= self.width())

    @Slot()
    def restyle(self) -> None:
        """Take the theme's present colours; to be called when they are other ones."""
        self.canvas.restyle()
        self.readout.restyle()

    # Gestures --------------------------------------------------------------------------------

    def _on_part_toggled(self, part: ChartPart, is_shown: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        self._vm.show_part(part, is_shown=is_shown)

    @Slot()
    def _on_options(self) -> None:
        # ``popup`` returns at once; the button's own menu would hold its caller up.
        self._keep(None)
        self._menu.popup(self._options.mapToGlobal(QPoint(0, self._options.height())))

    @Slot(QPoint)
    def _on_menu_wanted(self, at: QPoint) -> None:
        self._keep(self._vm.pointed)
        self._menu.popup(at)

    def _keep(self, price: Price | None) -> None:
        """The price that the menu is about: the pointer goes elsewhere while it is open."""
        self._pointed = price
        self._pick.setEnabled(price is not None)

    @Slot()
    def _on_pick(self) -> None:
        self._vm.pick(self._pointed)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show_options(self) -> None:
        self._intervals.show_interval(self._vm.interval)
        for part, action in self._actions.items():
            action.setChecked(part in self._vm.parts)

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        if self._symbol.text() != view.symbol:
            self._symbol.setText(view.symbol)
        self._show_options()
        self.readout.show_figures(view.readout)
