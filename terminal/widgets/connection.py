"""The status bar and the banner."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from terminal.widgets.styling import paint_badge, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.connection import StatusCell, StatusViewModel


@final
class StatusBar(QWidget):
    """One line of labelled values at the window's foot, the badge first."""

    def __init__(self, view_model: StatusViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self._vm = view_model
        self._badge = QLabel(self)
        self._badge.setObjectName("status.badge")
        self._cells: dict[str, tuple[QLabel, QLabel]] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 3)
        row.addWidget(self._badge)
        self._feeds, self._money = QHBoxLayout(), QHBoxLayout()
        for part in (self._feeds, self._money):
            part.setSpacing(6)
            row.addLayout(part)
            if part is self._feeds:
                row.addStretch(1)
        view_model.changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self._badge.setText(view.badge_text)
        paint_badge(self._badge, view.badge_role)
        for cell in view.cells:
            self._show_cell(cell)

    def _show_cell(self, cell: StatusCell) -> None:
        known = self._cells.get(cell.name)
        if known is None:
            known = self._cells[cell.name] = (QLabel(self), QLabel(self))
            known[0].setContentsMargins(10, 0, 0, 0)
            known[1].setObjectName(f"status.{cell.name}")
            set_property(known[0], "dim", "true")
            part = self._money if cell.name in _MONEY else self._feeds
            part.addWidget(known[0])
            part.addWidget(known[1])
        label, value = known
        label.setVisible(bool(cell.label and cell.text))
        for widget, words in ((label, cell.label), (value, cell.text)):
            if widget.text() != words:
                widget.setText(words)
            if widget.toolTip() != cell.tooltip:
                widget.setToolTip(cell.tooltip)
        spoken = f"{cell.label} {cell.text}".strip()
        if value.accessibleName() != spoken:
            value.setAccessibleName(spoken)
        if value.accessibleDescription() != cell.tooltip:
            value.setAccessibleDescription(cell.tooltip)
        value.setVisible(bool(cell.text))
        if cell.name in _BADGES:
            paint_badge(value, cell.role)
        else:
            paint_role(value, cell.role)


_BADGES = ("keyboard", "mouse")
_MONEY = ("equity", "available", "day_pnl")


@final
class BannerBar(QWidget):
    """A bar above the panels that asks for one press; hidden when there is nothing to ask."""

    def __init__(self, view_model: StatusViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._vm = view_model
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._button = QPushButton(self)
        self._button.setObjectName("banner.button")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self._button.clicked.connect(self._on_pressed)
        view_model.changed.connect(self._show)
        self._show()

    @Slot()
    def _on_pressed(self) -> None:
        self._vm.banner_pressed()

    @Slot()
    def _show(self) -> None:
        banner = self._vm.view.banner
        self.setVisible(banner is not None)
        if banner is None:
            return
        self._words.setText(banner.text)
        self._button.setText(banner.button_text)
        self._button.setVisible(bool(banner.button_text))
        paint_role(self._words, banner.role)
