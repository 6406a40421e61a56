"""The start window: three big choices, the stored accounts below, problems as sentences in place.

Nothing but gestures and labels: what a choice does, and when it may be made, is the view-model's.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.start import StartKind
from terminal.viewmodels.text import Role
from terminal.widgets.inputs import HeldKeys, chord_of
from terminal.widgets.screens import centred
from terminal.widgets.start_card import ChoiceCard
from terminal.widgets.styling import ROOM, padding, paint_role, set_property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent

    from terminal.viewmodels.start import StartEntry, StartViewModel
    from terminal.widgets.theme import Theme

NAME = "Tern"
SENTENCE = "An unofficial, calm and exact terminal for KuCoin Futures."
HINT = "Up and Down move, Enter opens, Esc closes."
HINT_WITH_ACCOUNTS = "Up and Down move, Enter opens, Delete forgets an account, Esc closes."
_WIDTH_EM = 54
_COLUMN_EM = 46
_LEAST_EM = 38
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_ENDS = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@final
class StartWindow(QWidget):
    """Draws a ``StartViewModel``. Esc and the window's own button ask: ``close_requested``.

    Who made the window then calls ``close_for_good``.
    """

    close_requested = Signal()

    def __init__(
        self, view_model: StartViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("start_window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(NAME)
        self.setStyleSheet(theme.style_sheet)
        self._vm = view_model
        self._theme = theme
        self._held = HeldKeys()
        self._cards: list[ChoiceCard] = []
        self._may_close = False
        self._question: QMessageBox | None = None
        self._body = QWidget(self)
        self._scroll = _ScrollArea(self)
        self._choices = QVBoxLayout()
        self._heading = QLabel("Your accounts", self._body)
        self._accounts = QVBoxLayout()
        self._message = QLabel(self)
        self._lay_out()
        view_model.changed.connect(self._show)
        self._show()
        self._fit()

    # Building --------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        em = self._theme.base_px
        name, sentence = QLabel(NAME, self._body), QLabel(SENTENCE, self._body)
        name.setStyleSheet(f"font-size: {round(2.6 * em)}px; font-weight: 600;")
        sentence.setStyleSheet(f"font-size: {round(1.15 * em)}px;")
        set_property(sentence, "dim", "true")
        set_property(self._heading, "dim", "true")
        self._heading.setContentsMargins(0, round(0.7 * em), 0, 0)
        for box in (self._choices, self._accounts):
            box.setSpacing(round(0.5 * em))
        column = QVBoxLayout()
        column.setSpacing(round(0.4 * em))
        column.addStretch(1)
        column.addWidget(name)
        column.addWidget(sentence)
        column.addSpacing(em)
        column.addLayout(self._choices)
        column.addWidget(self._heading)
        column.addLayout(self._accounts)
        column.addStretch(2)
        self._center(self._body, column)
        self._body.setObjectName("shell")
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot())

    def _center(self, ground: QWidget, column: QVBoxLayout) -> None:
        """Put a column into the middle, so wide that its sentences are read at a glance."""
        em = self._theme.base_px
        holder = QWidget(ground)
        holder.setMaximumWidth(_COLUMN_EM * em)
        column.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(column)
        row = QHBoxLayout(ground)
        row.setContentsMargins(em, em, em, em)
        row.addStretch(1)
        row.addWidget(holder, 1000)
        row.addStretch(1)

    def _foot(self) -> QWidget:
        """Where progress and problems are told; always to be seen, and of a steady height."""
        em = self._theme.base_px
        foot = QWidget(self)
        foot.setObjectName("status")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._message.setObjectName("start.message")
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        self._message.setMinimumHeight(round(2.5 * em))
        self._message.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout()
        column.addWidget(self._message)
        self._center(foot, column)
        return foot

    def _fit(self) -> None:
        """The size in which everything is seen, as far as the screen has it."""
        em = self._theme.base_px
        width = _WIDTH_EM * em
        # Narrower, sentences would be cut instead of wrapped.
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setMinimumWidth(self._body.minimumSizeHint().width() + bar)
        foot = self.sizeHint().height() - self._scroll.sizeHint().height()
        height = max(self._body.heightForWidth(width) + foot + 5 * em, _LEAST_EM * em)
        room = self.screen().availableSize()
        self.resize(
            min(width, round(0.95 * room.width())), min(height, round(ROOM * room.height()))
        )

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        entries = [card.entry for card in self._cards]
        wanted = [*_choices(view.entries), *_accounts(view.entries)]
        if entries != wanted:
            self._rebuild(wanted)
        for card in self._cards:
            set_property(card, "busy", "true" if view.is_busy else "false")
        words = view.message or (HINT_WITH_ACCOUNTS if _accounts(view.entries) else HINT)
        if self._message.text() != words:
            self._message.setText(words)
        paint_role(self._message, view.role if view.message else Role.TEXT_DIM)
        self._show_question()

    def _rebuild(self, entries: list[StartEntry]) -> None:
        """Make the cards anew; the focus stays on the same one, or near it."""
        at = self._focused()
        focused = None if at is None else self._cards[at].entry.name
        for card in self._cards:
            card.setParent(None)
            card.deleteLater()
        self._cards = [self._card(entry) for entry in entries]
        self._heading.setVisible(any(entry.kind is StartKind.ACCOUNT for entry in entries))
        stops = [one for card in self._cards for one in card.stops]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)
        if at is None:
            self._focus(self._first())
        else:
            same = [n for n, entry in enumerate(entries) if entry.name and entry.name == focused]
            self._focus(same[0] if same else min(at, len(entries) - 1))

    def _card(self, entry: StartEntry) -> ChoiceCard:
        card = ChoiceCard(entry, self._theme, self._body)
        card.chosen.connect(self._vm.choose)
        card.forget_asked.connect(self._vm.remove)
        is_account = entry.kind is StartKind.ACCOUNT
        (self._accounts if is_account else self._choices).addWidget(card)
        card.show()
        return card

    def _first(self) -> int:
        """The account that was used last, if there is one, else the first choice."""
        kinds = [card.entry.kind for card in self._cards]
        return kinds.index(StartKind.ACCOUNT) if StartKind.ACCOUNT in kinds else 0

    def _focused(self) -> int | None:
        """Which card has the focus, itself or the button on it."""
        focused = self.focusWidget()
        found = (at for at, card in enumerate(self._cards) if focused in card.stops)
        return next(found, None)

    def _focus(self, at: int) -> None:
        self._cards[at].setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(self._cards[at])

    # Forgetting ------------------------------------------------------------------------------

    def _show_question(self) -> None:
        words = self._vm.view.question
        if self._question is not None or not words:
            return
        box = QMessageBox(self)
        box.setObjectName("start.question")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Forget an account")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words)
        box.setContentsMargins(*[self._theme.base_px] * 4)
        forget = box.addButton("&Forget", QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton("&Keep", QMessageBox.ButtonRole.RejectRole)
        forget.setObjectName("start.question.forget")
        keep.setObjectName("start.question.keep")
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        for button in (forget, keep):
            button.setStyleSheet(padding(self._theme.base_px))
        box.accepted.connect(self._on_forget)
        box.rejected.connect(self._on_keep)
        self._question = box
        box.open()

    @Slot()
    def _on_forget(self) -> None:
        self._question = None
        self._vm.confirm_remove()

    @Slot()
    def _on_keep(self) -> None:
        self._question = None
        self._vm.back()

    # Keys and closing ------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._step(_STEPS[key])
        elif key in _ENDS:
            self._focus(_ENDS[key])
        elif self._held.is_repeat(event):
            event.accept()
        elif key == Qt.Key.Key_Escape:
            self._back()
        elif key in _ENTER:
            self._press_focused()
        elif key == Qt.Key.Key_Delete:
            self._forget_focused()
        else:
            self._choose_by(event)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held.released(event)
        super().keyReleaseEvent(event)

    def _step(self, step: int) -> None:
        at = self._focused()
        last = len(self._cards) - 1
        self._focus(self._first() if at is None else min(max(at + step, 0), last))

    def _back(self) -> None:
        if not self._vm.back():
            self.close()

    def _press_focused(self) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QPushButton):
            focused.click()

    def _forget_focused(self) -> None:
        at = self._focused()
        if at is not None:
            self._vm.remove(self._cards[at].entry)

    def _choose_by(self, event: QKeyEvent) -> None:
        key = _key_of(event)
        for at, card in enumerate(self._cards):
            if key and key in card.entry.keys:
                self._focus(at)
                self._vm.choose(card.entry)
                return
        super().keyPressEvent(event)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            room = self.screen().availableGeometry()
            self.move(centred(self.size(), room, [room]).topLeft())
        for layout in (self.layout(), self._body.layout()):
            if layout is not None:
                layout.activate()  # else nobody knows yet where the cards are
        at = self._focused()
        if at is not None:
            self._focus(at)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.close_requested.emit()

    def close_for_good(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()


@final
class _ScrollArea(QScrollArea):
    """Leaves the arrow keys to the window: they move the focus, and that is scrolled to."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


def _choices(entries: Iterable[StartEntry]) -> list[StartEntry]:
    return [entry for entry in entries if entry.kind is not StartKind.ACCOUNT]


def _accounts(entries: Iterable[StartEntry]) -> list[StartEntry]:
    return [entry for entry in entries if entry.kind is StartKind.ACCOUNT]


def _key_of(event: QKeyEvent) -> str:
    """The letter that was typed; where it is no Latin one, what is at that place of a US keyboard.

    Letters here are the first of a word, so what is printed on the key counts.
    """
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers & ~Qt.KeyboardModifier.ShiftModifier:
        return ""
    if Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_Z:
        return chr(event.key())
    chord = chord_of(event)
    return "" if chord is None else chord.key
