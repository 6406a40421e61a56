"""Parts of the ticket: a field with steps, the table of figures, margin terms, advanced terms."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.domain.events import MarginMode, PositionMode, SelfTrade, TimeInForce
from terminal.domain.sizing import SizeUnit
from terminal.domain.units import Side
from terminal.viewmodels.text import Role
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import put_words
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.ticket_figures import FigureRow
    from terminal.viewmodels.ticket_terms import TermsView
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.widgets.theme import Theme

_LARGE_STEP = 10
_FIGURES = 5
_TIMES = (
    ("GTC, good till canceled", TimeInForce.GTC),
    ("IOC, at once or not at all", TimeInForce.IOC),
    ("RPI, for retail takers only", TimeInForce.RPI),
)
_SELF_TRADES = (
    ("No rule", None),
    ("Cancel the new order", SelfTrade.CANCEL_NEW),
    ("Cancel the old order", SelfTrade.CANCEL_OLD),
    ("Cancel both", SelfTrade.CANCEL_BOTH),
)


def name(widget: QWidget, object_name: str, words: str, tip: str = "") -> None:
    """The name that tests and style use, the one that is read aloud, and the tooltip."""
    widget.setObjectName(f"ticket.{object_name}")
    widget.setAccessibleName(words)
    widget.setToolTip(tip or words)


def choose(box: ChoiceBox, value: object) -> None:
    """Show a choice without telling that it was made."""
    at = next((n for n in range(box.count()) if box.itemData(n) is value), -1)
    if box.currentIndex() != at:
        box.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        box.setCurrentIndex(at)
        box.blockSignals(False)  # noqa: FBT003 - Qt's own signature


def check(box: QCheckBox | QPushButton, is_set: object) -> None:
    """Show a switch without telling that it was pressed."""
    if box.isChecked() is not bool(is_set):
        box.blockSignals(True)  # noqa: FBT003 - Qt's own signature
        box.setChecked(bool(is_set))
        box.blockSignals(False)  # noqa: FBT003 - Qt's own signature


@final
class StepLine(QLineEdit):
    """A right-aligned field; Up and Down step by one, with Shift by ten.

    With ``is_whole`` the click that goes into it selects all of it, as Tab does: who then types 500
    where a 1 stands means 500, not 5001.
    """

    stepped = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget, *, is_whole: bool = False) -> None:
        super().__init__(parent)
        self._is_whole = is_whole
        self._is_entered = False
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFont(theme.font)
        self.setMaxLength(20)
        self.setMinimumWidth(4 * theme.base_px)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        by = steps.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        is_large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.stepped.emit(by * _LARGE_STEP if is_large else by)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._is_entered = event.reason() is Qt.FocusReason.MouseFocusReason

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        is_entered, self._is_entered = self._is_entered, False
        if self._is_whole and is_entered and not self.hasSelectedText():
            self.selectAll()

    def show_from_start(self, words: str) -> None:
        """Show a number by its first digits, where it has no room: they say how large it is."""
        if self.text() != words:
            self.setText(words)
            if not self.hasFocus():
                self.home(False)  # noqa: FBT003 - Qt's own signature


def dim(words: str, parent: QWidget, buddy: QWidget | None = None) -> QLabel:
    """A dim label, that of a field if there is one."""
    label = QLabel(words, parent)
    set_property(label, "dim", "true")
    if buddy is not None:
        label.setBuddy(buddy)
    return label


@final
class NoteLine(QLabel):
    """One line of words; what has no room ends in an ellipsis, so that a cut is seen."""

    CUT = Qt.TextElideMode.ElideRight

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self.CUT, area.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            area,
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()


def note(parent: QWidget, theme: Theme, object_name: str) -> NoteLine:
    """A small line beside a field; it keeps its place while it is empty."""
    label = NoteLine(parent)
    label.setObjectName(f"ticket.{object_name}")
    label.setFont(theme.small_font)
    label.setMinimumHeight(label.fontMetrics().height())
    label.setSizePolicy(label.sizePolicy().Policy.Ignored, label.sizePolicy().verticalPolicy())
    return label


def show_note(label: QLabel, error: str, words: str = "", caution: str = "") -> None:
    """An error, a caution, or what else there is to say; what does not fit is in the tooltip."""
    shown = error or caution or words
    put_words(label, shown)
    whole = f"{shown}\n{words}" if words and shown != words else shown
    if label.toolTip() != whole:
        label.setToolTip(whole)
    quiet = Role.CAUTION if caution else Role.TEXT_DIM
    paint_role(label, Role.DANGER if error else quiet)


@final
class FigureTable(QWidget):
    """Figures for buy and sell in two columns; one figure for both stands in the middle."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setHorizontalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        for row in range(_FIGURES):
            cells = (dim("", self), QLabel(self), QLabel(self))
            for column, label in enumerate(cells):
                label.setFont(theme.small_font)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                grid.addWidget(label, row, column, side)
            self._cells.append(cells)
        self._is_one: list[bool] = [False] * _FIGURES

    def show_rows(self, rows: tuple[FigureRow, ...], role: Role) -> None:
        """Show what is known now."""
        for n, (row, cells) in enumerate(zip(rows, self._cells, strict=False)):
            title, buy, sell = cells
            put_words(title, row.title)
            put_words(buy, row.buy)
            put_words(sell, row.sell)
            is_one = not row.sell
            if self._is_one[n] is not is_one:
                self._is_one[n] = is_one
                sell.setVisible(not is_one)
                self._grid.addWidget(buy, n, 1, 1, 2 if is_one else 1, Qt.AlignmentFlag.AlignRight)
            for label, side, own in ((buy, Side.BUY, Role.BUY), (sell, Side.SELL, Role.SELL)):
                good = role if is_one or role is Role.CAUTION else own
                paint_role(label, Role.CAUTION if side in row.doubts else good)
            for label in cells:
                if label.toolTip() != row.tip:
                    label.setToolTip(row.tip)
            buy.setAccessibleName(f"{row.title}{'' if is_one else ', buy'}: {row.buy}")
            sell.setAccessibleName(f"{row.title}, sell: {row.sell}")


@final
class TermsStrip(QWidget):
    """Margin mode and leverage, and what a change would change. Enter in it applies, no order."""

    def __init__(self, view_model: TicketViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._modes = {mode: QPushButton(mode.value.capitalize(), self) for mode in MarginMode}
        self._leverage = StepLine(theme, self)
        self._apply = QPushButton("Change", self)
        self._positions = {
            PositionMode.ONE_WAY: QPushButton("One-way", self),
            PositionMode.HEDGE: QPushButton("Hedge", self),
        }
        self._words = QLabel(self)
        self._name_all()
        self._words.setObjectName("ticket.terms.words")
        self._words.setWordWrap(True)
        self._words.setFont(theme.small_font)
        self._lay_out()
        for position_mode, button in self._positions.items():
            button.clicked.connect(partial(self._on_position_mode, position_mode))
        self._modes[MarginMode.ISOLATED].clicked.connect(self._on_isolated)
        self._modes[MarginMode.CROSS].clicked.connect(self._on_cross)
        self._leverage.textEdited.connect(self._vm.terms.set_leverage_text)
        self._leverage.stepped.connect(self._on_stepped)
        self._apply.clicked.connect(self._vm.apply_terms)

    def _name_all(self) -> None:
        for mode, button in self._modes.items():
            button.setCheckable(True)
            name(button, f"terms.{mode.value}", f"{mode.value.capitalize()} margin")
        name(self._leverage, "terms.leverage", "Leverage",
             "Leverage; Up and Down step, Enter changes it. This sends no order")  # fmt: skip
        for position_mode, button in self._positions.items():
            button.setCheckable(True)
            said = f"{button.text()} mode of the account"
            name(button, f"terms.{position_mode.name.lower()}", said,
                 f"{said}; Change asks the exchange for it")  # fmt: skip
        name(self._apply, "terms.apply", "Change margin mode, leverage or position mode",
             "Ask the exchange for it; this sends no order")  # fmt: skip

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (*self._modes.values(), self._leverage, self._apply):
            row.addWidget(widget)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        account = QHBoxLayout()
        account.setSpacing(4)
        account.addWidget(dim("Account", self))
        for button in self._positions.values():
            account.addWidget(button, 1)
        column.addLayout(account)
        column.addWidget(self._words)
        self.setLayout(column)

    @Slot()
    def _on_isolated(self) -> None:
        self._vm.terms.set_mode(MarginMode.ISOLATED)

    @Slot()
    def _on_cross(self) -> None:
        self._vm.terms.set_mode(MarginMode.CROSS)

    def _on_position_mode(self, mode: PositionMode) -> None:
        self._vm.terms.set_position_mode(mode)

    @Slot(int)
    def _on_stepped(self, by: int) -> None:
        self._vm.terms.step_leverage(by, self._leverage.text())

    def took_enter(self, focused: QWidget | None) -> bool:
        """Whether Enter was for the leverage: it asks for the change, and sends no order."""
        is_inside = focused is self._leverage
        if is_inside:
            self._apply.click()
        return is_inside

    def show_view(self, view: TermsView) -> None:
        """Show what is wanted and what that would change."""
        self.setVisible(view.is_open)
        if not view.is_open:
            return
        for mode, button in self._modes.items():
            check(button, mode is view.mode)
        for position_mode, button in self._positions.items():
            check(button, position_mode is view.position_mode)
            button.setEnabled(view.can_choose_position_mode)
        put_words(self._leverage, view.leverage_text)
        set_property(self._leverage, "wrong", "true" if view.problem else "false")
        self._apply.setEnabled(view.can_apply)
        words = view.problem or view.words or view.answer
        role = Role.DANGER if view.problem else Role.TEXT_DIM if view.words else view.answer_role
        put_words(self._words, words)
        paint_role(self._words, role)


@final
class AdvancedTerms(QWidget):
    """What few orders need: how long it waits, what others see, own orders, templates."""

    def __init__(self, view_model: TicketViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._time = ChoiceBox(theme, self)
        self._own = ChoiceBox(theme, self)
        self._visible = QLineEdit(self)
        self._share = StepLine(theme, self)
        self._share_name = dim("", self, self._share)
        self._hidden = QCheckBox("Hidden", self)
        self._holds = QCheckBox("Hold margin", self)
        self._tests = QCheckBox("Test each order before it is sent", self)
        self._name = QLineEdit(self)
        self._save = QPushButton("Save", self)
        self._delete = QPushButton("Delete", self)
        self._set_up(theme)
        self._lay_out()
        self._connect()

    def _set_up(self, theme: Theme) -> None:
        for words, time in _TIMES:
            self._time.addItem(words, time)
        for words, choice in _SELF_TRADES:
            self._own.addItem(words, choice)
        for box in (self._time, self._own):
            box.setMinimumContentsLength(5)
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for widget, words, said, tip in (
            (self._time, "time", "Time in force", "How long a limit order waits"),
            (self._own, "own", "Against own orders",
             "What happens where it would meet one of your own orders"),
            (self._visible, "visible", "Lots seen",
             "Iceberg: so many lots are seen at a time, at least a twentieth; empty shows all"),
            (self._share, "share", "Size in percent of the available balance",
             "Another way to write the size: what goes into margin and the taker's fee"),
            (self._hidden, "hidden", "Hidden", "Nobody sees it in the book; it pays taker's fees"),
            (self._holds, "holds", "Hold margin",
             "Margin is frozen for a reducing order, too: it survives changes of the position"),
            (self._tests, "tests", "Test each order before it is sent",
             "When an order is staged, the exchange checks it and answers; nothing is placed"),
            (self._name, "template.name", "Template name", "The name to save or delete"),
            (self._save, "template.save", "Save template", "Keep the ticket without its prices"),
            (self._delete, "template.delete", "Delete template", "Forget the template named here"),
        ):  # fmt: skip
            name(widget, words, said, tip)
        self._visible.setPlaceholderText("all lots seen")
        self._visible.setMaxLength(12)
        self._visible.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._visible.setFont(theme.font)
        self._name.setPlaceholderText("template name")
        self._name.setMaxLength(40)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(dim("Time", self, self._time), 0, 0)
        grid.addWidget(self._time, 0, 1, 1, 2)
        grid.addWidget(dim("Iceberg", self, self._visible), 1, 0)
        grid.addWidget(self._visible, 1, 1)
        grid.addWidget(self._hidden, 1, 2)
        grid.addWidget(dim("Own", self, self._own), 2, 0)
        grid.addWidget(self._own, 2, 1)
        grid.addWidget(self._holds, 2, 2)
        grid.addWidget(self._share, 3, 0, 1, 2)
        grid.addWidget(self._share_name, 3, 2)
        grid.addWidget(self._tests, 4, 0, 1, 3)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._name, 1)
        row.addWidget(self._save)
        row.addWidget(self._delete)
        grid.addLayout(row, 5, 0, 1, 3)
        self.setLayout(grid)

    def _connect(self) -> None:
        vm = self._vm
        self._time.currentIndexChanged.connect(self._on_time)
        self._own.currentIndexChanged.connect(self._on_own)
        self._visible.textEdited.connect(vm.set_visible_text)
        self._share.textEdited.connect(partial(vm.set_size_text, SizeUnit.SHARE))
        self._share.stepped.connect(vm.step_size)
        self._hidden.toggled.connect(vm.set_hidden)
        self._holds.toggled.connect(vm.set_holds_margin)
        self._tests.toggled.connect(vm.set_tests_first)
        self._save.clicked.connect(self._on_save)
        self._name.textChanged.connect(self._on_name)
        self._delete.clicked.connect(self._on_delete)

    @Slot(int)
    def _on_time(self, at: int) -> None:
        self._vm.set_time_in_force(self._time.itemData(at))

    @Slot(int)
    def _on_own(self, at: int) -> None:
        self._vm.set_self_trade(self._own.itemData(at))

    @Slot()
    def _on_save(self) -> None:
        self._vm.save_template(self._name.text())

    @Slot()
    def _on_name(self) -> None:
        typed = " ".join(self._name.text().split())
        self._save.setEnabled(bool(typed))
        self._delete.setEnabled(typed in self._vm.view.templates)

    @Slot()
    def _on_delete(self) -> None:
        self._vm.delete_template(self._name.text())

    def tab_order(self) -> tuple[QWidget, ...]:
        """Its fields in the order that they are read."""
        return (
            self._time, self._visible, self._hidden, self._own, self._holds,
            self._share, self._tests, self._name, self._save, self._delete,
        )  # fmt: skip

    def took_enter(self, focused: QWidget | None) -> bool:
        """Whether Enter was for the name of a template: it saves, and sends nothing."""
        if focused is self._name:
            self._save.click()
        return focused is self._name

    def show_view(self, view: TicketView) -> None:
        """Show what is chosen; what the kind of order does not have is off."""
        form = view.form
        choose(self._time, form.time_in_force)
        choose(self._own, form.self_trade)
        put_words(self._visible, form.visible_text)
        put_words(self._share, view.sizes[SizeUnit.SHARE])
        put_words(self._share_name, view.unit_names[SizeUnit.SHARE])
        self._share.setEnabled(not form.is_close)
        is_wrong = bool(view.lots_error) and form.unit is SizeUnit.SHARE
        set_property(self._share, "wrong", "true" if is_wrong else "false")
        check(self._hidden, form.is_hidden)
        check(self._holds, form.holds_margin)
        check(self._tests, view.tests_first)
        for widget in (self._time, self._visible, self._hidden):
            widget.setEnabled(form.is_limit)
        set_property(self._visible, "wrong", "true" if view.terms_error else "false")
        self._on_name()
