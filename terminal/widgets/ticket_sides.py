"""The two buttons that show an order and then send it, and the words that belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QRect, Qt, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from terminal.domain.units import Side
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket_level import HELP
from terminal.widgets.dialog import put_words
from terminal.widgets.single_click import SingleClick
from terminal.widgets.styling import paint_role, set_property
from terminal.widgets.ticket_parts import name, note, show_note

if TYPE_CHECKING:
    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.widgets.theme import Theme

_SEND_TIP = "Press once to read what would be sent, again to send it"
_GAP = 4
DRY_TIP = "Test order: the exchange checks it and answers; nothing is placed"


@final
class TicketSides(QWidget):
    """Buy and sell, and below them what is staged, what was answered, or why nothing can be."""

    def __init__(self, view_model: TicketViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self.buttons = {side: SingleClick(self) for side in Side}
        self._refused = {side: note(self, theme, f"{side.value}.refused") for side in Side}
        self.raise_level = SingleClick(self)
        self._words = QLabel(self)
        for side, button in self.buttons.items():
            name(button, side.value, side.value.capitalize(), _SEND_TIP)
            set_property(button, "side", side.value)
        self.buttons[Side.BUY].clicked.connect(self._on_buy)
        self.buttons[Side.SELL].clicked.connect(self._on_sell)
        name(self.raise_level, "raise_level", "Raise the risk level", HELP)
        self.raise_level.hide()
        self.raise_level.clicked.connect(view_model.raise_level)
        self._words.setObjectName("ticket.words")
        self._words.setWordWrap(True)
        self._least = 2 * theme.base_px + 10
        self._words.setMinimumHeight(self._least)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        for button in self.buttons.values():
            row.addWidget(button, 1)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addLayout(row)
        column.addWidget(self.raise_level)  # nothing above it comes or goes between two presses
        for line in self._refused.values():
            line.hide()
            column.addWidget(line)
        column.addWidget(self._words)
        self.setLayout(column)

    @Slot()
    def _on_buy(self) -> None:
        self._vm.stage(Side.BUY)

    @Slot()
    def _on_sell(self) -> None:
        self._vm.stage(Side.SELL)

    def take_focus(self) -> Side | None:
        """Focus the side in hand, or the first that can be pressed while none is; the former."""
        side = self._vm.side
        if side is not None:
            self.buttons[side].setFocus(Qt.FocusReason.TabFocusReason)
            return side if self.buttons[side].isEnabled() else None
        ready = next((one for one in self.buttons.values() if one.isEnabled()), None)
        if ready is not None:
            ready.setFocus(Qt.FocusReason.TabFocusReason)
        return None

    def show_view(self, view: TicketView) -> None:
        """Show what each side would do, and what is said."""
        self._show_sides(view)
        self._show_refused(view)
        self._show_level(view)
        self._show_words(view)

    def _show_sides(self, view: TicketView) -> None:
        for button, words, can, reason in (
            (self.buttons[Side.BUY], view.buy_text, view.can_buy, view.buy_reason),
            (self.buttons[Side.SELL], view.sell_text, view.can_sell, view.sell_reason),
        ):
            tip = reason or (DRY_TIP if view.is_dry else _SEND_TIP)
            if button.toolTip() != tip:
                button.setToolTip(tip)
            put_words(button, words)
            button.setAccessibleName(words)
            button.setEnabled(can)

    def _show_refused(self, view: TicketView) -> None:
        """Why a button is grey stands below it; while something is staged only that is shown.

        What is staged takes the room of what it hides: no button moves between two presses.
        """
        told = {Side.BUY: view.buy_refused, Side.SELL: view.sell_refused}
        lines, taken, hidden = self._refused, 0, 0
        for side, line in lines.items():
            words = "" if view.staged is not None or view.level.words else told[side]
            show_note(line, "", "", words)
            line.setVisible(bool(words))
            taken += line.sizeHint().height() if told[side] and view.staged is None else 0
            hidden += line.sizeHint().height() + _GAP if told[side] and view.level.words else 0
        least = max(self._least, self._height_of(view.level.words or view.level.announced))
        self._words.setMinimumHeight(max(0, least - taken) + hidden)

    def _height_of(self, words: str) -> int:
        """How high words are that wrap as wide as this is; 0 for none."""
        if not words:
            return 0
        room = QRect(0, 0, self._words.width(), 100 * self._least)
        metrics = QFontMetrics(self._words.font())
        return metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, words).height()

    def _show_level(self, view: TicketView) -> None:
        """The way out of a refusal for the risk level; while an order is staged only that."""
        level = view.level
        put_words(self.raise_level, level.button)
        self.raise_level.setEnabled(level.can_press)
        self.raise_level.setVisible(bool(level.button) and view.staged is None)
        if level.button:
            self.raise_level.setAccessibleName(level.button)

    def _show_words(self, view: TicketView) -> None:
        if view.staged is not None:
            words, role = f"{view.staged} Press again to send, Esc drops.", view.staged_role
            if view.preflight is not None:
                words = f"{words} {view.preflight.text}"
                role = Role.DANGER if view.preflight.role is Role.DANGER else role
        elif view.level.words:
            words, role = view.level.words, Role.CAUTION
        elif view.message is not None:
            words, role = view.message.text, view.message.role
        else:
            words, role = view.stale or view.blocked_reason, Role.CAUTION
        put_words(self._words, words)
        self._words.setToolTip(words)
        paint_role(self._words, role)
