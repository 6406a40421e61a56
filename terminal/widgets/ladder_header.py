"""The ladder's heading: column titles over the grid, dragged, sized and asked for their menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from terminal.viewmodels.ladder_columns import (
    FACTS,
    LOCKED,
    LadderColumn,
    moved,
    resized,
    setting_of,
    shown,
)
from terminal.viewmodels.ladder_lanes import TITLES
from terminal.widgets.canvas.ladder_layout import PAD
from terminal.widgets.ladder_menu import NARROWER, WIDER, LadderMenu, neighbors, stepped

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_columns import PlacedColumn
    from terminal.widgets.canvas.ladder_canvas import LadderCanvas
    from terminal.widgets.theme import Theme

EDGE_REACH_PX = 4
"""So near to an edge the hand takes the edge."""

DRAG_PX = 6
"""A press that moves less is a click."""

_OWN = frozenset({LadderColumn.OWN_BID, LadderColumn.OWN_ASK})
_HELP = (
    "Drag a title to move its column, an edge to size it.\n"
    "Right click: all columns and choices.\n"
    "With keys: arrows choose, Ctrl+arrows move, Shift+arrows size, Delete hides,\n"
    "Enter opens the menu."
)


@final
class LadderHeader(QWidget):
    """Titles that stand exactly over the canvas's columns."""

    def __init__(
        self, view_model: LadderViewModel, canvas: LadderCanvas, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("ladder.header")
        self._vm = view_model
        self._canvas = canvas
        self._theme = theme
        self._selected = LadderColumn.PRICE
        self._pressed: QPoint | None = None
        self._dragged: LadderColumn | None = None
        self._sized: tuple[LadderColumn, int, int] | None = None
        self._target: LadderColumn | None = None
        self._shown_units = view_model.view.units
        self._has_lanes = False
        self.menu = LadderMenu(view_model, self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(_HELP)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._name()
        canvas.layout_changed.connect(self.update)
        view_model.changed.connect(self._on_changed)
        theme.changed.connect(self.update)

    @property
    def selected(self) -> LadderColumn:
        """The column that keys act upon."""
        return self._selected

    @override
    def sizeHint(self) -> QSize:
        return QSize(100, QFontMetrics(self._theme.small_font).height() + 2)

    @Slot()
    def _on_changed(self) -> None:
        view = self._vm.view
        if (view.units, bool(view.lanes)) != (self._shown_units, self._has_lanes):
            self._shown_units, self._has_lanes = view.units, bool(view.lanes)
            self.update()

    # Painting --------------------------------------------------------------------------------

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, height = self._theme, self.height()
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.setFont(theme.small_font)
        for placed, words in self.titles(painter.fontMetrics()):
            cell = QRect(placed.left, 0, placed.width, height)
            if placed.column is self._target and self._dragged is not None:
                painter.fillRect(cell, theme.color("raised"))
            painter.setPen(theme.color("text_dim"))
            at = Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignHCenter if placed.column in _OWN
                else Qt.AlignmentFlag.AlignRight
            )  # fmt: skip
            painter.drawText(
                cell.adjusted(0, 0, 0 if placed.column in _OWN else -PAD, 0), at, words
            )
            painter.setPen(theme.color("line"))
            edge = cell.right()
            painter.drawLine(edge, 3, edge, height - 4)
            if self.hasFocus() and placed.column is self._selected:
                painter.setPen(QPen(theme.color("accent")))
                painter.drawRect(cell.adjusted(0, 0, -1, -1))
        painter.end()

    def titles(self, metrics: QFontMetrics) -> list[tuple[PlacedColumn, str]]:
        """What is written above each column; shorter where it is narrow, its help tells all."""
        return [
            (placed, self._title(placed, metrics)) for placed in self._canvas.layout_grid.columns
        ]

    def _title(self, placed: PlacedColumn, metrics: QFontMetrics) -> str:
        is_own = placed.column in _OWN  # stands in the middle, needs no edge
        room = placed.width - (1 if is_own else PAD + 1)
        attempts = self._titles(placed.column)
        return next(
            (one for one in attempts if metrics.horizontalAdvance(one) <= room),
            metrics.elidedText(attempts[-1], Qt.TextElideMode.ElideRight, room),
        )

    def _titles(self, column: LadderColumn) -> tuple[str, ...]:
        """The title from the whole to the shortest."""
        if self._vm.view.lanes and column in TITLES:
            return (TITLES[column],)
        facts, unit = FACTS[column], dict(self._shown_units).get(column, "")
        return f"{facts.title} {unit}".rstrip(), facts.title, facts.short or facts.title

    @override
    def event(self, event: QEvent) -> bool:
        """The help begins with the column under the pointer, in full."""
        if isinstance(event, QHelpEvent):
            column = self._canvas.layout_grid.column_at(event.pos().x())
            whole = "" if column is None else self.help_of(column)
            QToolTip.showText(event.globalPos(), f"{whole}{_HELP}", self)
            return True
        return super().event(event)

    def help_of(self, column: LadderColumn) -> str:
        """A column's name and unit in full, on a line of its own."""
        title, name = self._titles(column)[0], FACTS[column].name
        said = name if name[:2].isupper() else f"{name[0].lower()}{name[1:]}"
        whole = f"{title}\n" if title == name else f"{title}: {said}\n"
        insight = self._vm.insight
        if column is not LadderColumn.PNL or insight is None:
            return whole
        return f"{whole}{insight.result_words()}\n"

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._keep_selection()
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # Mouse -----------------------------------------------------------------------------------

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        grid, x = self._canvas.layout_grid, event.position().toPoint().x()
        edge = grid.edge_at(x, EDGE_REACH_PX)
        if edge is not None:
            width = grid.column(edge)[1]
            share = setting_of(self._vm.options.columns, edge).share
            self._sized = (edge, max(1, width), share)
        self._pressed = event.position().toPoint()
        column = grid.column_at(x)
        if column is not None:
            self._select(column)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        grid, at = self._canvas.layout_grid, event.position().toPoint()
        if self._pressed is None:
            is_edge = grid.edge_at(at.x(), EDGE_REACH_PX) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if is_edge else Qt.CursorShape.ArrowCursor)
            return
        if self._sized is not None:
            column, width, share = self._sized
            wanted = max(1, width + at.x() - self._pressed.x())
            self._vm.set_columns(
                resized(self._vm.options.columns, column, round(share * wanted / width))
            )
        elif self._dragged is not None or abs(at.x() - self._pressed.x()) >= DRAG_PX:
            self._dragged = self._selected
            self._target = grid.column_at(at.x())
            self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        dragged, target = self._dragged, self._target
        self._pressed = self._dragged = self._sized = self._target = None
        if dragged is not None and target is not None:
            self._vm.set_columns(moved(self._vm.options.columns, dragged, target))
        self.update()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            column = self._canvas.layout_grid.column_at(event.pos().x())
            if column is not None:
                self._select(column)
        self.open_menu(event.globalPos())
        event.accept()

    @Slot()
    def open_menu(self, at: QPoint | None = None) -> None:
        """Open the menu for the chosen column, below its title unless told where."""
        grid = self._canvas.layout_grid
        self._keep_selection()
        if not isinstance(at, QPoint):
            at = self.mapToGlobal(QPoint(grid.column(self._selected)[0], self.height()))
        self.menu.open(self._selected, grid, at)

    # Keys ------------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key))
        if way is not None:
            self._arrow(way, modifiers)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Menu}:
            self.open_menu()
        elif key == Qt.Key.Key_Delete:
            if self._selected is not LOCKED:
                columns = self._vm.options.columns
                self._vm.set_columns(shown(columns, self._selected, is_shown=False))
                self._select(LOCKED)
        else:
            super().keyPressEvent(event)

    def _arrow(self, way: int, modifiers: Qt.KeyboardModifier) -> None:
        columns = self._vm.options.columns
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            share = setting_of(columns, self._selected).share
            factor = WIDER if way > 0 else NARROWER
            self._vm.set_columns(resized(columns, self._selected, stepped(share, factor)))
            return
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            left, right = neighbors(columns, self._selected)
            onto = left if way < 0 else right
            if onto is not None:
                self._vm.set_columns(moved(columns, self._selected, onto))
            return
        order = [placed.column for placed in self._canvas.layout_grid.columns]
        at = order.index(self._selected) + way if self._selected in order else 0
        self._select(order[min(max(0, at), len(order) - 1)])

    def _select(self, column: LadderColumn) -> None:
        self._selected = column
        self._name()
        self.update()

    def _keep_selection(self) -> None:
        """A column that has gone cannot be acted upon."""
        if not self._canvas.layout_grid.shows(self._selected):
            self._select(LOCKED)

    def _name(self) -> None:
        self.setAccessibleName(f"Column {FACTS[self._selected].name}")
        self.setAccessibleDescription(_HELP)
