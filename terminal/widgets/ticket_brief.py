"""The ticket's figures in a few small lines, for where there is no room for the table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from terminal.viewmodels.text import EMPTY, Role
from terminal.widgets.dialog import put_words
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.ticket_figures import FigureRow
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.widgets.theme import Theme

LINES = 4
TOLD = ("Margin", "Liquidation", "Slippage")
"""The figures that are told also where there is little room; all are in the tooltip."""
_SHUT, _OPEN = "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}", "\N{BLACK DOWN-POINTING SMALL TRIANGLE}"


@final
class BriefFigures(QWidget):
    """Margin, liquidation, slippage and fees; always as high, so that nothing jumps below it."""

    toggled = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = QLabel(self)
        self._words.setObjectName("ticket.brief")
        set_property(self._words, "head", "true")
        self._words.setFixedHeight(LINES * QFontMetrics(theme.small_font).lineSpacing())
        self._words.setMinimumWidth(1)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._button = QToolButton(self)
        self._button.setObjectName("ticket.figures")
        self._button.setAccessibleName("All figures")
        self._button.setToolTip("Show all figures of the order in the part that scrolls")
        self._button.setText(_SHUT)
        self._button.setCheckable(True)
        set_property(self._button, "slim", "true")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._words, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        self._button.toggled.connect(self.toggled)
        self.setFocusProxy(self._button)
        self.hide()

    @property
    def wants_all(self) -> bool:
        """Whether the whole table is wanted all the same."""
        return self._button.isChecked()

    def show_figures(self, view: TicketView, role: Role) -> None:
        """Say the same as the table does."""
        known = {row.title: row for row in view.figures}
        told = [_words(known[title]) for title in TOLD if title in known]
        told.append(f"{view.fee_title} {view.fee_text}")
        put_words(self._words, "\n".join(told))
        whole = [f"Value: {view.value_text}", f"{view.fee_title}: {view.fee_text}"]
        whole += [f"{row.title}: {_sides(row)}" for row in view.figures]
        tip = "\n".join([*whole, view.effect_text])
        if self._words.toolTip() != tip:
            self._words.setToolTip(tip)
        paint_role(self._words, role)
        self._button.setText(_OPEN if self._button.isChecked() else _SHUT)


def _sides(row: FigureRow) -> str:
    return f"buy {row.buy}, sell {row.sell}" if row.sell else row.buy


def _words(row: FigureRow) -> str:
    return f"{row.title} {_sides(row) or EMPTY}"
