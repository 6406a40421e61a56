"""The order ticket panel: fields, preview, two-step sending. Compact; what is rare unfolds."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
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

from terminal.domain.draft import OrderKind
from terminal.domain.events import PositionSide
from terminal.viewmodels.text import Role
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import ENTER, Body, put_words
from terminal.widgets.inputs import HeldKeys
from terminal.widgets.room import LeastHigh, Room
from terminal.widgets.styling import paint_role, set_property
from terminal.widgets.ticket_brief import BriefFigures
from terminal.widgets.ticket_fields import PriceFields, SizeFields
from terminal.widgets.ticket_parts import (
    AdvancedTerms,
    FigureTable,
    StepLine,
    TermsStrip,
    check,
    choose,
    dim,
    name,
    note,
    show_note,
)
from terminal.widgets.ticket_sides import DRY_TIP, TicketSides

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.widgets.theme import Theme


_LATER_LINES = 4
_GAP = 4
_LEAST_EM = 24


@final
class TicketPanel(QWidget):
    """Draws a ``TicketViewModel``. The first press stages, the second sends; Esc takes back.

    Enter on a side stages, Enter again sends. Enter in a field never sends: it stages the side in
    hand and moves to its button, or only moves there while no side was chosen.
    """

    def __init__(  # noqa: PLR0915 - a statement for each part of the panel
        self, view_model: TicketViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._vm = view_model
        self._theme = theme
        self._held = HeldKeys()
        self._all = LeastHigh(self)
        self._room = Room(self._all, self)
        self._inside = QWidget(self._all)
        inside = self._inside
        self._symbol = QLabel(self)
        self._kind = ChoiceBox(theme, self)
        self._terms_button = QPushButton(self)
        self._terms = TermsStrip(view_model, theme, inside)
        self._prices = PriceFields(view_model, theme, self)
        self._sizes = SizeFields(view_model, theme, self)
        self._lanes_row = QWidget(self)
        self._lanes = {
            lane: QPushButton(f"{lane.value.capitalize()} lane", self._lanes_row)
            for lane in (PositionSide.LONG, PositionSide.SHORT)
        }
        self._post_only, self._reduce_only, self._closes = (
            QCheckBox(words, inside) for words in ("Post-only", "Reduce-only", "Close all")
        )
        self._exits_row = QWidget(inside)
        self._loss, self._profit = (StepLine(theme, self._exits_row) for _ in range(2))
        self._exits = QLabel(inside)
        self._terms_note = note(inside, theme, "terms.note")
        self._value, self._fee = QLabel(inside), QLabel(inside)
        self._fee_title = dim("", inside)
        self._numbers = QWidget(inside)
        self._figures = FigureTable(theme, self._numbers)
        self._effect = QLabel(self._numbers)
        self._brief = BriefFigures(theme, self)
        self._advanced = AdvancedTerms(view_model, theme, inside)
        self._sides = TicketSides(view_model, theme, self)
        self._test = QPushButton("Test", self)
        self._scale = QPushButton("Scale\N{HORIZONTAL ELLIPSIS}", self)
        self._templates = ChoiceBox(theme, self)
        self._more = QPushButton("Advanced", self)
        self._set_up()
        self._lay_out()
        self._order_tabs()
        self._connect()
        self._show()

    def _set_up(self) -> None:
        for kind in OrderKind:
            self._kind.addItem(kind.value, kind)
        self._name_all()
        for lane, button in self._lanes.items():
            button.setCheckable(True)
            name(button, f"lane.{lane.value}", f"{lane.value.capitalize()} lane")
        for label, words in ((self._exits, "exits"),
                             (self._value, "valuetext"), (self._effect, "effect"),
                             (self._fee, "fee")):  # fmt: skip
            label.setObjectName(f"ticket.{words}")
        self._loss.setPlaceholderText("stop-loss")
        self._profit.setPlaceholderText("take-profit")
        for label in (self._exits, self._effect):
            label.setWordWrap(True)
            label.setFont(self._theme.small_font)
        for label in (self._value, self._fee):
            label.setFont(self._theme.small_font)
        self._exits.hide()
        self._advanced.hide()
        self._terms.hide()
        self._more.setCheckable(True)
        self._terms_button.setCheckable(True)
        self._templates.setMinimumContentsLength(4)
        self._templates.setSizeAdjustPolicy(
            self._templates.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )

    def _name_all(self) -> None:
        for widget, words, said, tip in (
            (self._kind, "kind", "Type of order", "Limit, market, stops and exits"),
            (self._terms_button, "terms", "Margin mode and leverage",
             "Margin mode and leverage: press to change them"),
            (self._post_only, "postonly", "Post-only", "Rest or be refused, never take"),
            (self._reduce_only, "reduceonly", "Reduce-only", "Never open or enlarge a position"),
            (self._closes, "closes", "Close all",
             "Close all of the position, whatever its size is by then (close-on-trigger)"),
            (self._loss, "loss", "stop-loss",
             "Trigger of a stop-loss attached to the order; empty for none"),
            (self._profit, "profit", "take-profit",
             "Trigger of a take-profit attached to the order; empty for none"),
            (self._test, "test", "Test the order", DRY_TIP),
            (self._scale, "scale", "Scale",
             "Many limit orders between two prices, listed before they are sent"),
            (self._templates, "templates", "Templates",
             "Fill in a saved ticket; they are saved under Advanced"),
            (self._more, "advanced", "Advanced",
             "Time in force, iceberg, hidden, own orders, tests, templates"),
        ):  # fmt: skip
            name(widget, words, said, tip)

    # Layout ----------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._lay_out_inside()
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._room)
        column = QVBoxLayout()
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(_GAP)
        self._lay_out_head(column)
        self._body = Body(self._inside, self._all)
        column.addWidget(self._body, 1)
        column.addWidget(self._brief)
        column.addWidget(self._sides)
        foot = QHBoxLayout()
        foot.setSpacing(4)
        foot.addWidget(self._test)
        foot.addWidget(self._scale)
        foot.addWidget(self._templates, 1)
        foot.addWidget(self._more)
        column.addLayout(foot)
        self._all.setLayout(column)

    def _lay_out_head(self, column: QVBoxLayout) -> None:
        """What, where and how much never scroll away from the buttons that send it."""
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._symbol, 1)
        head.addWidget(self._kind)
        head.addWidget(self._terms_button)
        column.addLayout(head)
        column.addWidget(self._lanes_row)
        _row(self._lanes_row, *self._lanes.values())
        column.addWidget(self._prices)
        column.addWidget(self._sizes)

    def _lay_out_inside(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        column.addWidget(self._terms)
        flags = QHBoxLayout()
        flags.setSpacing(4)
        for box in (self._post_only, self._reduce_only, self._closes):
            flags.addWidget(box)
        flags.addStretch(1)
        column.addLayout(flags)
        _row(self._exits_row, dim("Exits", self._exits_row), self._loss, self._profit)
        column.addWidget(self._exits_row)
        column.addWidget(self._exits)
        column.addWidget(self._advanced)
        column.addWidget(self._terms_note)
        self._lay_out_figures(column)
        column.addStretch(1)
        self._inside.setLayout(column)

    def _lay_out_figures(self, column: QVBoxLayout) -> None:
        column.addWidget(self._numbers)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        right = Qt.AlignmentFlag.AlignRight
        for row, (title, label, tip) in enumerate((
            ("Value", self._value, "What the order is worth"),
            ("", self._fee, "Maker's if it rests, taker's if it takes at once"),
        )):  # fmt: skip
            words = self._fee_title if label is self._fee else dim(title, self._inside)
            words.setFont(self._theme.small_font)
            label.setToolTip(tip)
            grid.addWidget(words, row, 0)
            grid.addWidget(label, row, 1, right)
        column.addLayout(grid)
        column.addWidget(self._figures)
        column.addWidget(self._effect)
        self._numbers.setLayout(column)

    def _order_tabs(self) -> None:
        """As it is read: what, where, how much, how; then the sides."""
        order: list[QWidget] = [
            self._kind, self._terms_button, *self._terms.findChildren(QAbstractButton),
            *self._terms.findChildren(QLineEdit), *self._lanes.values(),
            *self._prices.tab_order(), *self._sizes.tab_order(),
            self._post_only, self._reduce_only, self._closes, self._loss, self._profit,
            *self._advanced.tab_order(), self._brief, *self._sides.buttons.values(),
            self._sides.raise_level, self._test,
            self._scale, self._templates, self._more,
        ]  # fmt: skip
        for before, after in itertools.pairwise(order):
            self.setTabOrder(before, after)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    @Slot()
    def _fold(self) -> None:
        """Where not all has room the figures are one line, and the rest unfolds on demand."""
        is_folded = self.height() < self._unfolded_height()
        is_told = not is_folded or self._brief.wants_all
        if (self._brief.isHidden(), self._numbers.isHidden()) == (not is_folded, not is_told):
            return
        self._brief.setVisible(is_folded)
        self._numbers.setVisible(is_told)
        inside = self._inside.layout()
        if inside is not None:
            inside.invalidate()
        self._body.updateGeometry()  # hints are asked for before the event that renews them

    def _unfolded_height(self) -> int:
        """What all of it needs, whatever is folded now."""
        hidden = self._numbers.sizeHint().height() + _GAP if self._numbers.isHidden() else 0
        brief = 0 if self._brief.isHidden() else self._brief.sizeHint().height() + _GAP
        return self._all.sizeHint().height() + hidden - brief

    @override
    def sizeHint(self) -> QSize:
        """As high as all of it is without what unfolds, so that nothing scrolls by default.

        Asked for before anything is known: a few lines of words come later.
        """
        return QSize(300, self._unfolded_height() + _LATER_LINES * self._theme.base_px)

    @override
    def minimumSizeHint(self) -> QSize:
        """The docks ask once, before the style is known in which everything is slimmer."""
        least = self._all.minimumSizeHint()
        return QSize(min(least.width(), _LEAST_EM * self._theme.base_px), least.height())

    # Gestures --------------------------------------------------------------------------------

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        self._kind.currentIndexChanged.connect(self._on_kind)
        self._templates.activated.connect(self._on_template)
        for lane, lane_button in self._lanes.items():
            lane_button.clicked.connect(partial(self._on_lane, lane))
        self._post_only.toggled.connect(vm.set_post_only)
        self._reduce_only.toggled.connect(vm.set_reduce_only)
        self._closes.toggled.connect(vm.set_closes)
        self._loss.textEdited.connect(vm.set_loss_text)
        self._profit.textEdited.connect(vm.set_profit_text)
        self._test.clicked.connect(vm.test)
        self._scale.clicked.connect(vm.ask_for_scale)
        self._terms_button.toggled.connect(self._on_terms)
        self._more.toggled.connect(self._advanced.setVisible)
        self._more.toggled.connect(self._fold)
        self._brief.toggled.connect(self._fold)

    @Slot(int)
    def _on_kind(self, at: int) -> None:
        self._vm.set_kind(self._kind.itemData(at))

    @Slot(int)
    def _on_template(self, at: int) -> None:
        words = self._templates.itemData(at)
        if words:
            self._vm.recall_template(words)
        self._templates.setCurrentIndex(0)

    def _on_lane(self, lane: PositionSide) -> None:
        self._vm.set_lane(lane)

    @Slot(bool)
    def _on_terms(self, is_open: bool) -> None:  # noqa: FBT001 - a Qt slot has no names
        self._vm.open_terms(is_open=is_open)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._back()
        elif event.key() not in ENTER:
            super().keyPressEvent(event)
        elif not self._held.is_repeat(event):
            self._enter()

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held.released(event)
        super().keyReleaseEvent(event)

    def _back(self) -> None:
        if self._vm.view.terms.is_open and self._vm.view.staged is None:
            self._terms_button.setChecked(False)
            self._terms_button.setFocus()
        self._vm.drop()

    def _enter(self) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QAbstractButton) and not isinstance(focused, QCheckBox):
            focused.click()
        elif not (self._terms.took_enter(focused) or self._advanced.took_enter(focused)):
            self._enter_in_field()

    def _enter_in_field(self) -> None:
        """Go to the side in hand and stage it; without one only go where a side is chosen."""
        side = self._sides.take_focus()
        self._room.show_whole(self._sides)
        if side is not None and not self._vm.is_staged:
            self._vm.stage(side)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        put_words(self._symbol, view.symbol or "No contract yet")
        self._show_fields(view)
        self._show_switches(view)
        self._show_notes(view)
        role = Role.TEXT if view.stale is None else Role.CAUTION
        for figure in (self._value, self._fee, self._effect):
            paint_role(figure, role)
        put_words(self._value, view.value_text)
        put_words(self._fee_title, view.fee_title)
        put_words(self._fee, view.fee_text)
        put_words(self._effect, view.effect_text)
        self._figures.show_rows(view.figures, role)
        self._brief.show_figures(view, role)
        self._terms.show_view(view.terms)
        put_words(self._terms_button, view.terms.button_text or "Margin")
        check(self._terms_button, view.terms.is_open)
        self._advanced.show_view(view)
        self._sides.show_view(view)
        self._test.setEnabled(view.can_buy or view.can_sell)
        self._fold()

    def _show_fields(self, view: TicketView) -> None:
        form = view.form
        choose(self._kind, form.kind)
        self._prices.show_view(view)
        self._sizes.show_view(view)
        put_words(self._loss, form.loss_text)
        put_words(self._profit, form.profit_text)
        self._exits_row.setVisible(not form.kind.waits)

    def _show_switches(self, view: TicketView) -> None:
        form = view.form
        self._post_only.setEnabled(form.is_limit)
        check(self._post_only, form.is_post_only)
        self._reduce_only.setEnabled(not form.kind.is_exit and not form.is_close)
        check(self._reduce_only, view.is_reduce_only)
        self._closes.setEnabled(form.can_close)
        check(self._closes, form.closes)
        self._lanes_row.setVisible(bool(view.lane_help))
        for lane, button in self._lanes.items():
            check(button, lane is form.lane)
            if view.lane_help and button.toolTip() != view.lane_help:
                button.setToolTip(view.lane_help)
        names = [self._templates.itemData(n) for n in range(1, self._templates.count())]
        if tuple(names) != view.templates or not self._templates.count():
            self._templates.clear()
            self._templates.addItem("Templates", "")
            for words in view.templates:
                self._templates.addItem(words, words)
        self._templates.setEnabled(bool(view.templates))

    def _show_notes(self, view: TicketView) -> None:
        for field in (self._loss, self._profit):
            set_property(field, "wrong", "true" if view.exits_error else "false")
        margin = view.terms_error or view.margin_error
        show_note(self._terms_note, margin)
        self._terms_note.setVisible(bool(margin))
        exits = view.exits_error or view.exits_text
        put_words(self._exits, exits)
        self._exits.setVisible(bool(exits))
        paint_role(self._exits, Role.DANGER if view.exits_error else Role.TEXT_DIM)


def _row(holder: QWidget, *widgets: QWidget) -> None:
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
