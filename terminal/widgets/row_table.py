"""The table that every row list uses: coloured cells, a shade when stale, words when empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.tables import KEY_ROLE, ROLE_ROLE
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from typing import Any

    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.tables import RowTableModel
    from terminal.widgets.theme import Theme

_CELL_PAD = 14
_SPARE = 12


class TableViewModel(Protocol):
    """What a table panel needs of its view-model."""

    changed: SignalInstance

    @property
    def model(self) -> RowTableModel[Any]:
        """The rows."""
        ...

    @property
    def stale(self) -> str | None:
        """Why the rows cannot be trusted, None when they can."""
        ...

    @property
    def empty_text(self) -> str:
        """What would fill an empty table."""
        ...


@final
class PlainTable(QObject):
    """A further table of a view-model that has its own ``changed``; it is never stale."""

    stale: str | None = None

    def __init__(
        self, model: RowTableModel[Any], changed: SignalInstance, empty_text: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.changed = changed
        self.empty_text = empty_text


class RowDelegate(QStyledItemDelegate):
    """Gives each cell the colour of its role, and the chosen row two lines around it.

    Its ground alone is too faint to be seen by everybody, and a louder one would take the contrast
    from the digits.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._take_colors()
        theme.changed.connect(self._take_colors)

    @Slot()
    def _take_colors(self) -> None:
        self._colors = {role: self._theme.color(role) for role in Role}
        self._around = QPen(self._theme.color("accent"))

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_Selected:
            rect = option.rect
            painter.setPen(self._around)
            painter.drawLine(rect.topLeft(), rect.topRight())
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())

    @override
    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        color = self._colors.get(index.data(ROLE_ROLE))
        if color is not None:
            palette = option.palette
            palette.setColor(QPalette.ColorRole.Text, color)
            palette.setColor(QPalette.ColorRole.HighlightedText, color)
            option.palette = palette


class RowTable(QTableView):
    """A table of one view-model. ``row_activated`` carries the row's key.

    ``rows_deleted`` carries the keys of the selected rows, top first; ``row_menu_asked`` a row's
    key and the point of the screen where its menu belongs.
    """

    row_activated = Signal(object)
    rows_deleted = Signal(tuple)
    row_menu_asked = Signal(object, QPoint)

    def __init__(
        self, view_model: TableViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._theme = theme
        self._meter = meter
        self._stale: str | None = None
        self._take_colors()
        self.setModel(view_model.model)
        self.setItemDelegate(RowDelegate(theme, self))
        self._set_up()
        self.doubleClicked.connect(self._on_double_click)
        theme.changed.connect(self._take_colors)

    @Slot()
    def _take_colors(self) -> None:
        self._shade = self._theme.faded("window", 150)
        self.viewport().update()

    def _set_up(self) -> None:
        self.setFont(self._theme.font)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self._theme.row_height + 2)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(24)
        last = self._vm.model.columns[-1]
        shown = self._vm.model.columns if last.is_number else self._vm.model.columns[:-1]
        for number, column in enumerate(shown):
            width = max(self._theme.text_width(t) for t in (column.sample, column.title))
            self.setColumnWidth(number, width + self._theme.px(_CELL_PAD))
        # A number at the far end of a wide panel would stand alone.
        columns.setStretchLastSection(not last.is_number)

    def allow_many(self) -> None:
        """Let several rows be selected: Ctrl or Shift with the mouse, Shift with the arrows."""
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def show_state(self) -> None:
        """Shade or unshade the rows."""
        stale = self._vm.stale
        if stale != self._stale:
            self._stale = stale
            self.viewport().update()

    @property
    def rows(self) -> tuple[Any, ...]:
        """The rows as shown, top first."""
        return self._vm.model.rows

    def selected_key(self) -> object | None:
        """The key of the selected row."""
        index = self.currentIndex()
        return index.data(KEY_ROLE) if index.isValid() else None

    def selected_keys(self) -> tuple[object, ...]:
        """The keys of all selected rows, top first."""
        rows = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return tuple(index.data(KEY_ROLE) for index in rows)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        words = self._stale or (self._vm.empty_text if not self._vm.model.rows else "")
        if words:
            self._paint_words(words)
        self._meter.painted()

    def _paint_words(self, words: str) -> None:
        painter = QPainter(self.viewport())
        area = self.viewport().rect()
        if self._stale:
            painter.fillRect(area, self._shade)
        painter.setFont(self._theme.font)
        painter.setPen(self._theme.color("caution" if self._stale else "text_dim"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area.adjusted(_SPARE, 0, -_SPARE, 0), int(flags), words)
        painter.end()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = self.selected_key()
        if event.key() == Qt.Key.Key_Delete and not event.isAutoRepeat():
            keys = self.selected_keys()
            if keys:
                self.rows_deleted.emit(keys)
        elif key is not None and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.row_activated.emit(key)
        else:
            super().keyPressEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid():
            return
        at = self.visualRect(index).bottomLeft() if by_key else event.pos()
        if not self.selectionModel().isRowSelected(index.row(), QModelIndex()):
            flag = QItemSelectionModel.SelectionFlag  # by hand: else a held Ctrl would add the row
            self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self.row_menu_asked.emit(index.data(KEY_ROLE), self.viewport().mapToGlobal(at))
        event.accept()

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        self.row_activated.emit(index.data(KEY_ROLE))


class TablePanel(QWidget):
    """A panel that is one table."""

    def __init__(
        self,
        view_model: TableViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.table = RowTable(view_model, theme, meter, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        view_model.changed.connect(self._show)
        self.setFocusProxy(self.table)

    @Slot()
    def _show(self) -> None:
        self.table.show_state()
