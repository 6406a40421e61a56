"""One choice of the start window as a card: a button with a key, a title and a sentence on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.start import StartKind
from terminal.widgets.styling import padding, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from terminal.viewmodels.start import StartEntry
    from terminal.widgets.theme import Theme


@final
class ChoiceCard(QPushButton):
    """One choice: its key, its title, one sentence; for an account also the way to forget it."""

    chosen = Signal(object)
    forget_asked = Signal(object)

    def __init__(self, entry: StartEntry, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self._em = theme.base_px
        is_account = entry.kind is StartKind.ACCOUNT
        self.setObjectName(f"start.{entry.name or entry.kind.name.lower()}")
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(entry.words)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        set_property(self, "card", "account" if is_account else "choice")
        keys = " or ".join(entry.keys)
        self.setToolTip(f"{entry.title} ({keys})" if keys else entry.title)
        self._build(self._em, is_account=is_account)
        self.clicked.connect(self._on_clicked)

    def _build(self, em: int, *, is_account: bool) -> None:
        row = QHBoxLayout()
        across, down = round(1.2 * em), round((0.45 if is_account else 0.8) * em)
        row.setContentsMargins(across, down, across, down)
        row.setSpacing(across)
        chip = QLabel(self.entry.keys[0] if self.entry.keys else "", self)
        set_property(chip, "chip", "true" if self.entry.keys else "false")
        set_property(chip, "kind", self.entry.kind.name.lower())
        chip.setAlignment(Qt.AlignmentFlag.AlignCenter)
        chip.setFixedWidth(round(2.1 * em))
        title, words = QLabel(self.entry.title, self), QLabel(self.entry.words, self)
        for label in (title, words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        size = em if is_account else round(1.3 * em)
        title.setStyleSheet(f"font-size: {size}px; font-weight: 600;")
        set_property(words, "dim", "true")
        texts = QVBoxLayout()
        texts.setSpacing(round(0.2 * em))
        texts.addWidget(title)
        texts.addWidget(words)
        row.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(texts, 1)
        for label in (chip, title, words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if is_account:
            row.addWidget(self._forget_button(), 0, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(row)

    def _forget_button(self) -> QPushButton:
        button = QPushButton("Forget", self)
        button.setObjectName(f"{self.objectName()}.forget")
        button.setAccessibleName(f"Forget {self.entry.name}")
        button.setStyleSheet(padding(self._em))
        button.setToolTip("Forget this account and its key (Delete)")
        button.setAutoDefault(False)
        button.clicked.connect(self._on_forget)
        return button

    @property
    def stops(self) -> list[QPushButton]:
        """Where Tab stops: the card, then the button on it."""
        return [self, *self.findChildren(QPushButton)]

    @Slot()
    def _on_clicked(self) -> None:
        self.chosen.emit(self.entry)

    @Slot()
    def _on_forget(self) -> None:
        self.forget_asked.emit(self.entry)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()  # arrows, letters and Enter are the window's

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # who clicks twice means one choice

    @override
    def sizeHint(self) -> QSize:
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.sizeHint()

    @override
    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        return super().minimumSizeHint() if layout is None else layout.minimumSize()
