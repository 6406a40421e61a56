"""The headers of hedge mode's lanes: what each holds; a press lets keys act on it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.domain.lanes import HEDGED
from terminal.viewmodels.ladder_lanes import LANE_ROLES
from terminal.viewmodels.text import Role
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.events import PositionSide
    from terminal.viewmodels.ladder_view import LaneHead

BOTH_LANES = "Cancelling the buys, the sells or all, and flattening, act on both lanes."


@final
class LaneHeads(QWidget):
    """Two buttons, long left and short right, as the lanes stand below; hidden in one-way mode."""

    lane_chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heads = {lane: _Head(lane, self) for lane in HEDGED}
        self._shown: tuple[LaneHead, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        one_of_both = QButtonGroup(self)
        for lane, head in self._heads.items():
            row.addWidget(head, 1)
            one_of_both.addButton(head)
            head.clicked.connect(partial(self.lane_chosen.emit, lane))
        self.setVisible(False)

    def show_lanes(self, heads: Sequence[LaneHead], help_: str) -> None:
        """Show what the lanes hold; nothing in one-way mode. ``help_`` names the key."""
        shown = tuple(heads)
        if shown == self._shown:
            return
        self._shown = shown
        for head in shown:
            self._heads[head.lane].show_lane(head, help_)
        self.setVisible(bool(shown))


@final
class _Head(QPushButton):
    """One lane: its name and size, the entry, and what it has gained."""

    def __init__(self, lane: PositionSide, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"ladder.lane.{lane.value}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name, self._pnl = QLabel(self), QLabel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 2)
        column.setSpacing(0)
        for label in (self._name, self._pnl):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setMinimumWidth(1)
            column.addWidget(label)
        paint_role(self._name, LANE_ROLES[lane])
        set_property(self, "lane", "true")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.sizeHint()

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_lane(self, head: LaneHead, help_: str) -> None:
        sign = "\N{BLACK RIGHT-POINTING SMALL TRIANGLE} " if head.is_focused else ""
        entry = f" at {head.entry}" if head.entry else ""
        name = head.name.removesuffix(" lane")
        self._name.setText(f"{sign}{name} {head.lots}{entry}")
        below = f"{head.alarm.upper()} {head.pnl}".strip()
        self._pnl.setText(below or ("keys act here" if head.is_focused else ""))
        role = Role.DANGER if head.alarm else head.pnl_role
        paint_role(self._pnl, role if below else Role.TEXT_DIM)
        self.setChecked(head.is_focused)
        words = " ".join(filter(None, (f"{head.name} {head.lots}{entry}", head.pnl, head.alarm)))
        acts = "Keys and clicks act on it." if head.is_focused else "A press lets keys act on it."
        self.setAccessibleName(f"{words}, focused" if head.is_focused else words)
        self.setToolTip(f"{words}\n{head.help} {acts} {help_}.\n{BOTH_LANES}")
