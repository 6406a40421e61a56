"""The banner of a contract's protection: its state in words, and the button that mends it.

Its height never changes, so that the rows of the ladder below it stay where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from terminal.viewmodels.protection import DIES_WITH_APP
from terminal.widgets.single_click import SingleClick
from terminal.widgets.styling import elided, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.protection import ProtectionViewModel
    from terminal.widgets.theme import Theme

MEND_TIP = "Shows the exact order that would protect the position; pressed again it sends it (M)"


@final
class ProtectionBanner(QWidget):
    """Draws a ``ProtectionViewModel``; ``hand`` holds exits by the app."""

    spoke = Signal(bool)
    """Whether it has something to say now: else its place may be used for something else."""

    def __init__(
        self,
        view_model: ProtectionViewModel,
        hand: LadderProtection,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("protection.banner")
        self._vm = view_model
        self._hand = hand
        self._words = QLabel(self)
        self._words.setObjectName("protection.words")
        self._words.setMinimumWidth(1)
        self._words.setWordWrap(True)
        self._words.setMargin(2)
        self._theme = theme
        self.fold(is_folded=False)
        self._mend = SingleClick(self)
        self._mend.setText("Protect")
        self._mend.setObjectName("protection.mend")
        self._mend.setToolTip(MEND_TIP)
        self._hold = QToolButton(self)
        self._hold.setObjectName("protection.hold")
        self._hold.setText("Hold")
        self._hold.setToolTip(f"Exits held by this program: each {DIES_WITH_APP}")
        self._hold.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._hold.setMenu(self._make_menu())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._words, 1)
        row.addWidget(self._mend)
        row.addWidget(self._hold)
        self._mend.clicked.connect(self._on_mend)
        view_model.changed.connect(self._show)
        self._show()

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, act in (
            ("Trail the stop", self._on_trail),
            ("Stop to breakeven when it pays", self._on_breakeven),
            ("Two targets", self._on_targets),
            ("Hold nothing", self._on_release),
        ):
            is_end = act == self._on_release
            menu.addAction(words if is_end else f"{words} ({DIES_WITH_APP})").triggered.connect(act)
        return menu

    def fold(self, *, is_folded: bool) -> None:
        """Take less height: the same two lines in small letters. Never by what it says."""
        font = self._theme.small_font if is_folded else self._theme.font
        lines = 2 * QFontMetrics(font).height()
        set_property(self._words, "head", "true" if is_folded else "false")
        self._words.setFixedHeight(lines if is_folded else lines + 6)
        layout = self.layout()
        if layout is not None:
            layout.activate()  # its height is asked for at once
        self.updateGeometry()

    @property
    def has_words(self) -> bool:
        """Whether it has something to say."""
        return bool(self._words.text())

    @Slot()
    def _on_mend(self) -> None:
        self._vm.press()

    @Slot()
    def _on_trail(self) -> None:
        self._hand.hold_trailing()
        self._vm.mark_dirty()

    @Slot()
    def _on_breakeven(self) -> None:
        self._hand.hold_breakeven()
        self._vm.mark_dirty()

    @Slot()
    def _on_targets(self) -> None:
        self._hand.hold_targets()
        self._vm.mark_dirty()

    @Slot()
    def _on_release(self) -> None:
        self._hand.release()
        self._vm.mark_dirty()

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        had_words = self.has_words
        self._words.setText(elided(view.words, self._words, lines=2))
        self._words.setToolTip("\n".join(part for part in (view.words, view.tooltip) if part))
        paint_role(self._words, view.role)
        set_property(self._words, "loud", "true" if view.is_loud else "false")
        set_property(self._mend, "urgent", "true" if view.is_loud else "false")
        self._mend.setText(view.button or "Protect")
        self._mend.setEnabled(view.can_press)
        if self.has_words is not had_words:
            self.spoke.emit(self.has_words)
