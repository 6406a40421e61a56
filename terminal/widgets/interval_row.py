"""The candle intervals as small buttons in a row; a narrow row leaves out the rarer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget
from typing_extensions import override

from terminal.domain.candles import CandleInterval
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

INTERVALS = tuple(CandleInterval)
GAP_PX = 2
_FIRST_TO_GO = (
    CandleInterval.H12,
    CandleInterval.H8,
    CandleInterval.H2,
    CandleInterval.M30,
    CandleInterval.W1,
    CandleInterval.M15,
)


@final
class IntervalRow(QWidget):
    """One of them is checked. Arrow keys go through them, and so do Alt+Up and Alt+Down."""

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP_PX)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._buttons = {interval: self._make(interval) for interval in INTERVALS}
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._group.idClicked.connect(self._on_clicked)

    def _make(self, interval: CandleInterval) -> QToolButton:
        words = interval.text
        button = QToolButton(self)
        button.setText(words)
        button.setObjectName(f"chart.interval_{words}")
        button.setAccessibleName(f"{words} candles")
        button.setToolTip(f"{words} candles. Alt+Up takes longer ones, Alt+Down shorter ones.")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_property(button, "slim", "true")
        self._group.addButton(button, INTERVALS.index(interval))
        self._row.addWidget(button)
        return button

    def show_interval(self, interval: CandleInterval) -> None:
        """Check the button of an interval."""
        button = self._buttons[interval]
        if not button.isChecked():
            button.setChecked(True)
            self._fit()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self._needed(set()), self._height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self._needed(set(_FIRST_TO_GO)), self._height())

    def _height(self) -> int:
        return max(button.sizeHint().height() for button in self._buttons.values())

    def _needed(self, without: set[CandleInterval]) -> int:
        widths = (b.sizeHint().width() for i, b in self._buttons.items() if i not in without)
        return sum(width + GAP_PX for width in widths)

    def _fit(self) -> None:
        """Hide as few as the width asks for; the checked one stays."""
        without: set[CandleInterval] = set()
        for interval in _FIRST_TO_GO:
            if self._needed(without) <= self.width():
                break
            if not self._buttons[interval].isChecked():
                without.add(interval)
        for interval, button in self._buttons.items():
            button.setVisible(interval not in without)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        self.picked.emit(INTERVALS[number])
