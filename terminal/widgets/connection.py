"""The status bar and the banner."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.styling import paint_badge, paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from terminal.viewmodels.connection import StatusCell, StatusViewModel

NEWS_PART = 2
"""The news takes this part of the bar at most."""
NEWS_HELP = "No panel in sight could tell it. A press takes it away; the event log keeps it."


@final
class StatusBar(QWidget):
    """One line of labelled values at the window's foot, the badge first.

    Where the window is too narrow for its letters the rarer values are left out, those that warn
    last, and dots at the end have them in their tooltip: the bar never makes the window wider.
    """

    def __init__(self, view_model: StatusViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self._vm = view_model
        self._badge = QLabel(self)
        self._badge.setObjectName("status.badge")
        self._cells: dict[str, tuple[QLabel, QLabel]] = {}
        row = QHBoxLayout()
        row.setContentsMargins(8, 2, 8, 3)
        row.addWidget(self._badge)
        self._news = self._make_news()
        row.addWidget(self._news)
        self._feeds, self._money = QHBoxLayout(), QHBoxLayout()
        for part in (self._feeds, self._money):
            part.setSpacing(6)
            row.addLayout(part)
            if part is self._feeds:
                row.addStretch(1)
        self._more = QLabel("\N{HORIZONTAL ELLIPSIS}", self)
        self._more.setObjectName("status.more")
        row.addWidget(self._more)
        self.setLayout(row)
        self._more.hide()
        view_model.changed.connect(self._show)
        self._show()

    def _make_news(self) -> QPushButton:
        """What no panel has told: a press takes it away, by mouse or by Space."""
        button = QPushButton(self)
        button.setObjectName("status.news")
        button.setFlat(True)
        set_property(button, "in_bar", "true")  # no higher than the badge: the window would shift
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(self._on_news_read)
        paint_role(button, Role.DANGER)
        button.hide()
        return button

    @Slot()
    def _on_news_read(self) -> None:
        self._vm.drop_news()

    def _show_news(self) -> int:
        """The news as far as half of the bar holds it; its tooltip has all. The pixels it takes."""
        words = self._vm.view.news
        self._news.setVisible(bool(words))
        if not words:
            return 0
        margin = self._news.sizeHint().width() - self._news.fontMetrics().horizontalAdvance(
            self._news.text()
        )
        room = max(0, self.width() // NEWS_PART - margin)
        whole = words.replace("&", "&&")  # one alone would name a key
        elided = self._news.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, room)
        if self._news.text() != elided:
            self._news.setText(elided)
        if self._news.accessibleName() != words:
            self._news.setAccessibleName(words)
            self._news.setToolTip(f"{words}\n{NEWS_HELP}")
            self._news.setAccessibleDescription(NEWS_HELP)
        return self._news.sizeHint().width() + _GAP_PX

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self._badge.setText(view.badge_text)
        paint_badge(self._badge, view.badge_role)
        for cell in view.cells:
            self._show_cell(cell)
        self._fit()

    def _fit(self) -> None:
        """Leave out as few values as the width asks for."""
        cells = {cell.name: cell for cell in self._vm.view.cells if cell.text}
        rare = [cells[name] for name in _FIRST_TO_GO if name in cells]
        rare.sort(key=lambda cell: cell.role in _LOUD)  # a stable sort: else in their order
        widths = {name: self._width_of(name) for name in cells}
        gap = _EDGE_PX + self._badge.sizeHint().width() + self._show_news()
        needed = gap + sum(widths.values())
        left_out: list[StatusCell] = []
        for cell in rare:
            if needed <= self.width():
                break
            if not left_out:
                needed += self._more.sizeHint().width() + _GAP_PX
            needed -= widths[cell.name]
            left_out.append(cell)
        gone = {cell.name for cell in left_out}
        for name, (label, value) in self._cells.items():
            is_shown = name in cells and name not in gone
            label.setVisible(is_shown and bool(cells[name].label))
            value.setVisible(is_shown)
        self._more.setVisible(bool(left_out))
        lines = [f"{cell.label} {cell.text}".strip() for cell in left_out]
        self._more.setToolTip("\n".join(lines))
        self._more.setAccessibleName(", ".join(lines))

    def _width_of(self, name: str) -> int:
        label, value = self._cells[name]
        words = label.sizeHint().width() + _GAP_PX if label.text() else 0
        return words + value.sizeHint().width() + _GAP_PX

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

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
        if cell.name in _BADGES:
            paint_badge(value, cell.role)
        else:
            paint_role(value, cell.role)


_BADGES = ("keyboard", "mouse")
_FIRST_TO_GO = ("round_trip", "way", "budget", "equity", "age", "available", "day_pnl")
_LOUD = frozenset({Role.CAUTION, Role.DANGER})
_GAP_PX = 7
_EDGE_PX = 30
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
