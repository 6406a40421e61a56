"""The ladder panel: header with contract and arming, the rows, sizes and commands at the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.keys import LadderAction
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.ladder_canvas import LadderCanvas
from terminal.widgets.ladder_foot import LadderFoot
from terminal.widgets.ladder_header import LadderHeader
from terminal.widgets.ladder_lanes import BOTH_LANES, LaneHeads
from terminal.widgets.ladder_message import MessageLine
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from terminal.domain.events import PositionSide
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_view import LadderView
    from terminal.widgets.protection import ProtectionBanner
    from terminal.widgets.theme import Theme

SPACING = 4
TIGHT = 2
"""The spacing where rows are few."""
ALL_ROOM = 100
"""The stretch of what takes the room that there is."""
FOLD_ROWS = 44
"""A panel of fewer row heights folds its head and foot, so that more of it are rows."""
MENU_WORDS = "Columns \u25be"


@final
class LadderPanel(QWidget):
    """Draws a ``LadderViewModel``; the rows themselves are the canvas's."""

    def __init__(
        self,
        view_model: LadderViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._vm = view_model
        self._theme = theme
        self._told: dict[QPushButton, LadderAction] = {}
        self.canvas = LadderCanvas(view_model, theme, meter, self)
        self.header = LadderHeader(view_model, self.canvas, theme, self)
        self._picker = self._make_picker()
        self._step = QLabel(self)
        self._unit = QLabel(self)
        self._more = self._make_more()
        self._arm_keyboard = self._toggle("Keys", LadderAction.ARM_KEYBOARD, "arm_keyboard")
        self._arm_mouse = self._toggle("Mouse", None, "arm_mouse")
        self._lane, self._lanes = self._make_lane(), LaneHeads(self)
        self._position = QLabel(self)
        self._entry = QLabel(self)
        self._pnl = QLabel(self)
        self._foot = LadderFoot(view_model, theme, self)
        self._post_only = self._toggle("Post", LadderAction.POST_ONLY, "post_only")
        self._reduce_only = self._toggle("Reduce", LadderAction.REDUCE_ONLY, "reduce_only")
        self._exits = self._toggle("Exits", LadderAction.BRACKET, "exits")
        self._cancel_all = QPushButton("Cancel all", self)
        self._flatten = QPushButton("Flatten", self)
        self._message = MessageLine(theme, self)
        self._banner: ProtectionBanner | None = None
        self._lay_out()
        self._connect()
        self._tell_keys()
        self._show()

    def point_of(self, row: int, column: str) -> QPoint:
        """The middle of a cell in the canvas's coordinates."""
        return self.canvas.point_of(row, column)

    _is_folded = False

    def show_protection(self, banner: ProtectionBanner) -> None:
        """Put the banner of protection below the position; called once."""
        self._banner = banner
        self._said.addWidget(banner, ALL_ROOM)
        banner.fold(is_folded=self._is_folded)
        banner.spoke.connect(self._show_units)
        self._show_units()

    # Building --------------------------------------------------------------------------------

    def _make_picker(self) -> QComboBox:
        picker = QComboBox(self)
        picker.setObjectName("ladder.contract")
        picker.setEditable(False)
        picker.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        picker.setToolTip("Contract of the ladder. A change disarms.")
        picker.setMinimumContentsLength(10)
        return picker

    def _make_more(self) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("ladder.more")
        button.setText(MENU_WORDS)
        button.setAccessibleName("Menu of the ladder")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip("Columns, centring, spread, depth bars, sizes of this ladder")
        button.clicked.connect(self._on_more)
        return button

    def _toggle(self, words: str, action: LadderAction | None, name: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setObjectName(f"ladder.{name}")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action is None:
            button.setToolTip("Arm or disarm mouse trading")
        else:
            self._told[button] = action
        return button

    def _make_lane(self) -> QPushButton:
        """Names the lane of hedge mode, and takes the other one."""
        button = QPushButton(self)
        button.setObjectName("ladder.lane")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._on_lane)
        return button

    def _lay_out(self) -> None:
        column = self._column = QVBoxLayout()
        column.addLayout(_row(self._picker, 1, self._arm_keyboard, self._arm_mouse, self._more))
        held = _row(self._lane, self._lanes, self._position, self._entry, 1, self._pnl)
        held.setStretchFactor(self._lanes, ALL_ROOM)
        column.addLayout(held)
        self._said = _row(self._unit, self._step)
        self._said.setStretchFactor(self._step, 1)
        column.addLayout(self._said)
        column.addWidget(self.header)
        column.addWidget(self.canvas, 1)
        column.addWidget(self._message.slot)
        column.addWidget(self._foot)
        column.addLayout(
            _row(
                self._post_only, self._reduce_only, self._exits, 1, self._cancel_all, self._flatten
            )
        )
        self.setLayout(column)
        self._fold(is_folded=False)

    def _fold(self, *, is_folded: bool) -> None:
        """What says little takes little room. By the height alone: rows stay where they are."""
        self._is_folded = is_folded
        gap = TIGHT if is_folded else SPACING
        self._column.setContentsMargins(SPACING, gap, SPACING, gap)
        self._column.setSpacing(gap)
        if is_folded:
            self._message.share(self._foot.note)
        self._foot.fold(is_folded=is_folded)
        self._message.take_lines(1 if is_folded else 2)
        if self._banner is not None:
            self._banner.fold(is_folded=is_folded)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_folded = self.height() < FOLD_ROWS * self._theme.row_height
        if is_folded is not self._is_folded:
            self._fold(is_folded=is_folded)
            self._column.activate()
        beside = (self._picker, self._arm_keyboard, self._arm_mouse)
        least = sum(one.sizeHint().width() + SPACING for one in beside) + 2 * SPACING
        words = self._theme.text_width(MENU_WORDS) + self._theme.px(18)
        self._more.setText(MENU_WORDS if least + words <= self.width() else MENU_WORDS[-1])
        self._show_view()

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        vm.contracts_changed.connect(self._fill_picker)
        vm.keys_changed.connect(self._tell_keys)
        self._picker.textActivated.connect(self._on_picked)
        self._arm_keyboard.clicked.connect(self._on_arm_keyboard)
        self._arm_mouse.clicked.connect(self._on_arm_mouse)
        self._post_only.clicked.connect(self._on_post_only)
        self._reduce_only.clicked.connect(self._on_reduce_only)
        self._exits.clicked.connect(self._on_exits)
        self._lanes.lane_chosen.connect(self._on_lane_chosen)
        self._cancel_all.clicked.connect(self._on_cancel_all)
        self._flatten.clicked.connect(self._on_flatten)
        self._foot.done.connect(self.canvas.setFocus)
        self._entry.setMinimumWidth(1)  # what it says gives way to the panel's width, not the panel
        self._dress()
        self.setFocusProxy(self.canvas)

    def _dress(self) -> None:
        """What the parts look like and say of themselves."""
        for button, name in ((self._arm_keyboard, "keyboard"), (self._arm_mouse, "mouse")):
            set_property(button, "armed", name)
        self._told[self._cancel_all] = LadderAction.CANCEL_ALL
        self._told[self._flatten] = LadderAction.FLATTEN
        set_property(self._flatten, "urgent", "true")
        for label in (self._unit, self._step):
            set_property(label, "head", "true")
        for button in (self._cancel_all, self._flatten):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    # Gestures --------------------------------------------------------------------------------

    def _on_picked(self, symbol: str) -> None:
        self._vm.choose_contract(symbol)
        self.canvas.setFocus()

    @Slot()
    def _on_more(self) -> None:
        self.header.open_menu()

    @Slot()
    def _on_arm_keyboard(self) -> None:
        self._vm.toggle_keyboard()
        self._show_toggles()
        self.canvas.setFocus()

    @Slot()
    def _on_arm_mouse(self) -> None:
        self._vm.toggle_mouse()
        self._show_toggles()

    @Slot()
    def _on_post_only(self) -> None:
        self._vm.toggle_post_only()
        self._show_toggles()

    @Slot()
    def _on_reduce_only(self) -> None:
        self._vm.toggle_reduce_only()
        self._show_toggles()

    @Slot()
    def _on_exits(self) -> None:
        self._vm.toggle_exits()
        self._show_toggles()

    @Slot()
    def _on_lane(self) -> None:
        self._vm.toggle_lane()
        self.canvas.setFocus()

    @Slot(object)
    def _on_lane_chosen(self, lane: PositionSide) -> None:
        self._vm.take_lane(lane)
        self.canvas.setFocus()

    @Slot()
    def _on_cancel_all(self) -> None:
        self._vm.cancel_all()

    @Slot()
    def _on_flatten(self) -> None:
        self._vm.flatten_chosen()

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _tell_keys(self) -> None:
        """Tooltips name the keys that hold now."""
        vm = self._vm
        for button, action in self._told.items():
            button.setToolTip(vm.tooltip(action))
        self._foot.tell_keys()
        key = vm.trading.arming_key
        self._arm_keyboard.setText(f"{key} Keys" if key else "Keys")

    @Slot()
    def _fill_picker(self) -> None:
        self._picker.clear()
        self._picker.addItems(list(self._vm.contracts))
        self._picker.setCurrentText(self._vm.view.symbol)

    @Slot()
    def _show(self) -> None:
        self._show_view()

    def _show_view(self) -> None:
        view = self._vm.view
        if self._picker.currentText() != view.symbol and view.symbol:
            self._picker.setCurrentText(view.symbol)
        _set_text(self._unit, view.unit_text)
        _set_text(self._step, f"row {view.step_text}" if view.step_text else "")
        self._picker.setToolTip(
            f"Contract of the ladder. A change disarms.\n{view.unit_text}, row {view.step_text}"
        )
        self._show_position(view)
        self._message.show_message(view.message)
        message_top = self._message.top - self.canvas.geometry().top()
        self.canvas.set_covered(self.canvas.height() - message_top)
        self._vm.set_message_rows(self.canvas.layout_grid.rows_below(message_top))
        self._show_toggles()
        self._foot.show_view()

    def _show_lane(self) -> None:
        """The lane of hedge mode that keys and clicks act on; nothing in one-way mode."""
        words, help_ = self._vm.lane_words
        if words != self._lane.text():
            self._lane.setText(words)
            self._lane.setToolTip(
                f"{self._vm.tooltip(LadderAction.OTHER_LANE)}. {help_}\n{BOTH_LANES}"
            )
        self._lane.setVisible(bool(words))
        for label in (self._position, self._entry, self._pnl):
            label.setVisible(not words)
        self._lanes.show_lanes(self._vm.view.lanes, self._vm.tooltip(LadderAction.OTHER_LANE))

    def _show_position(self, view: LadderView) -> None:
        self._show_lane()
        _set_text(self._position, view.position_text)
        paint_role(self._position, view.position_role)
        entry = f"at {view.entry_text}" if view.entry_text else ""
        mark = f"mark {view.mark_text}" if view.mark_text else ""
        even = f"BE {view.breakeven_text}" if view.breakeven_text else ""
        liquidation = f"LIQ {view.liquidation_text}" if view.liquidation_text else ""
        # A price that is cut off reads as another one: what has no room goes as a whole.
        forms = [
            "  ".join(filter(None, parts))
            for parts in (
                (entry, even, liquidation, mark),
                (entry, even, liquidation),
                (entry, liquidation),
                (entry,) if even or liquidation else (entry, mark),
            )
        ]
        _set_text(self._entry, next((form for form in forms if self._has_room(form, view)), entry))
        help_ = view.position_help or forms[0]
        for label in (self._position, self._entry, self._pnl):
            _set_help(label, help_)
        paint_role(self._entry, Role.TEXT_DIM)
        _set_text(self._pnl, view.pnl_text)
        paint_role(self._pnl, view.pnl_role)

    def _has_room(self, words: str, view: LadderView) -> bool:
        widths = map(self._theme.text_width, (view.position_text, words, view.pnl_text))
        lane = 0 if self._lane.isHidden() else self._lane.sizeHint().width()
        return sum(widths) + lane + 6 * SPACING <= self.width()

    @Slot()
    def _show_units(self) -> None:
        """What a lot is, and a row, where nothing has to be said of protection."""
        is_free = self._banner is None or not self._banner.has_words
        for label in (self._unit, self._step):
            label.setVisible(is_free)

    def _show_toggles(self) -> None:
        trading = self._vm.trading
        self._arm_keyboard.setChecked(ArmedBy.KEYBOARD in trading.armed)
        self._arm_mouse.setChecked(ArmedBy.MOUSE in trading.armed)
        self._post_only.setChecked(trading.is_post_only)
        self._reduce_only.setChecked(trading.is_reduce_only)
        self._exits.setChecked(trading.bracket is not None)


def _row(*items: QWidget | int) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    for item in items:
        if isinstance(item, int):
            row.addStretch(item)
        else:
            row.addWidget(item)
    return row


def _set_help(widget: QLabel, words: str) -> None:
    """The tooltip, and what is read aloud of it."""
    if widget.toolTip() != words:
        widget.setToolTip(words)
        widget.setAccessibleDescription(words)


def _set_text(widget: QLabel | QPushButton, words: str) -> None:
    if widget.text() != words:
        widget.setText(words)
