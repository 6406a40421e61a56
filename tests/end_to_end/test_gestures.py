"""Pairs and scales by real keys and clicks in the program's own window, on a simulated exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from terminal.domain.order import OrderState
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Submitted
from terminal.viewmodels.leaving import standing_lines
from terminal.widgets.exit_form import ExitFormDialog
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.scale import ScaleDialog
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.open_program import an_open_program
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from terminal.app.wiring import Program
    from terminal.domain.units import ClientOid
    from terminal.widgets.row_menu import RowMenu
    from terminal.widgets.row_table import RowTable
    from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("qapp")


class Hands:
    """The whole window on a real backend, and the exchange below."""

    def __init__(self, live: Live, program: Program) -> None:
        self.live, self.program = live, program
        self.desk = live.backend.desk
        dock = program.window.docks.panels["orders"].dock
        dock.setAsCurrentTab()
        panel = dock.widget()
        assert isinstance(panel, OrdersPanel)
        self.orders = panel

    def touch(self) -> tuple[int, int]:
        touch = self.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        assert touch.best_ask is not None
        return touch.best_bid, touch.best_ask

    async def rests(self, side: Side, price: int, lots: int = 4) -> ClientOid:
        result = self.desk.submit(a_ticket(side=side, price=Price(price), lots=Lots(lots)))
        assert isinstance(result, Submitted)
        oid = result.client_oid
        await eventually(lambda: self.desk.orders[oid].state is OrderState.OPEN, "an open order")
        return oid

    def at_exchange(self, oid: ClientOid) -> Any:
        return self.live.exchange.engine.account.by_client_oid(oid)

    async def select(self, *oids: ClientOid) -> None:
        """Click one row, and the others with Ctrl."""
        table, model = self.orders.table, self.orders.table.model()
        await eventually(lambda: set(oids) <= {row.key for row in table.rows}, "the rows")
        for number, oid in enumerate(oids):
            row = [one.key for one in table.rows].index(oid)
            table.scrollTo(model.index(row, 0))
            ctrl = Qt.KeyboardModifier.ControlModifier
            held = ctrl if number else Qt.KeyboardModifier.NoModifier
            at = table.visualRect(model.index(row, 0)).center()
            QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, held, at)
        assert set(table.selected_keys()) == set(oids)

    def choose(self, words: str) -> None:
        choose(self.orders.table, self.orders.row_menu, words)


def choose(table: RowTable, row_menu: RowMenu, words: str) -> None:
    """Open the menu of the selected rows by the menu key and take an entry."""
    viewport = table.viewport()
    reason = QContextMenuEvent.Reason.Keyboard
    at = viewport.mapToGlobal(QPoint(1, 1))
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, QPoint(1, 1), at))
    next(one for one in row_menu.menu.actions() if one.text() == words).trigger()
    row_menu.menu.close()


def with_program(play: Callable[[Hands], Coroutine[Any, Any, None]]) -> None:
    """Build the window on a backend that lives, play, end everything."""

    async def work() -> None:
        async with an_open_program() as one:
            await play(Hands(one.live, one.program))

    run_on_qt(work())


def test_two_orders_are_linked_in_the_table_and_the_fill_of_one_cancels_the_other() -> None:
    async def play(one: Hands) -> None:
        bid, ask = one.touch()
        buy = await one.rests(Side.BUY, bid - 300)
        sell = await one.rests(Side.SELL, ask + 300)
        other = await one.rests(Side.BUY, bid - 5000)
        await one.select(buy, sell)
        one.choose("One cancels the other at the first fill")
        pairs = one.live.backend.pairs
        assert pairs.partner(buy) is one.desk.orders[sell]
        await eventually(
            lambda: {row.key for row in one.orders.table.rows if row.flags == "OCO"} == {buy, sell},
            "the flags",
        )
        lines = [line.text for line in standing_lines(one.live.backend.leaving.standing())]
        (held,) = [line for line in lines if line.startswith("One cancels the other")]
        assert held.endswith("It ends with this program.")
        one.live.exchange.engine.move(XBT, -600)
        await eventually(lambda: one.desk.orders[buy].filled > 0, "a fill of the buy")
        await eventually(lambda: not one.at_exchange(sell).is_active, "the end of the sell")
        assert one.at_exchange(other).is_active
        await eventually(lambda: pairs.of(buy) is None, "the end of the pair")

    with_program(play)


def test_a_scale_is_typed_staged_and_sent_and_two_of_its_orders_are_canceled_by_delete() -> None:
    async def play(one: Hands) -> None:
        bid, _ = one.touch()
        button = one.program.window.findChild(QPushButton, "ticket.scale")
        assert isinstance(button, QPushButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        dialog = one.program.window.findChild(ScaleDialog)
        assert isinstance(dialog, ScaleDialog)
        scale = one.live.market.contract.scale
        decimals = scale.decimals
        for name, typed in (
            ("first", f"{scale.decimal(Price(bid - 100)):.{decimals}f}"),
            ("last", f"{scale.decimal(Price(bid - 300)):.{decimals}f}"),
            ("count", "5"),
            ("lots", "12"),
        ):
            line = dialog.findChild(QLineEdit, f"scale.{name}")
            assert isinstance(line, QLineEdit)
            line.selectAll()
            QTest.keyClicks(line, typed)
        send = dialog.findChild(QPushButton, "scale.send")
        assert isinstance(send, QPushButton)
        await eventually(lambda: send.text() == "Buy 12 in 5 orders" and send.isEnabled(), "a list")
        send.setFocus()
        QTest.keyClick(send, Qt.Key.Key_Return)
        await eventually(lambda: send.text().startswith("Press again"), "what is staged")
        assert one.live.exchange.engine.account.active() == []
        QTest.keyClick(send, Qt.Key.Key_Return)
        account = one.live.exchange.engine.account
        await eventually(lambda: len(account.active()) == 5, "five orders at the exchange")
        found = sorted(((o.price, o.remaining) for o in account.active()), reverse=True)
        assert found == [(bid - 100, 3), (bid - 150, 3), (bid - 200, 2), (bid - 250, 2),
                         (bid - 300, 2)]  # fmt: skip
        model = dialog.table.model()
        states = range(5)
        last = model.columnCount() - 1
        await eventually(
            lambda: {model.index(row, last).data() for row in states} == {"Sent, it works."},
            "a verdict for each",
        )
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        chosen = [order.client_oid for order in one.desk.working(XBT)][:2]
        await one.select(*chosen)
        QTest.keyClick(one.orders.table, Qt.Key.Key_Delete)
        await eventually(lambda: len(account.active()) == 3, "three orders left")
        await eventually(lambda: len(one.desk.working(XBT)) == 3, "the client's word")

    with_program(play)


def test_a_stop_loss_is_added_from_the_menu_of_a_position() -> None:
    async def play(one: Hands) -> None:
        bid, ask = one.touch()
        one.desk.submit(a_ticket(side=Side.BUY, price=Price(ask + 5), lots=Lots(3)))
        account, window = one.live.exchange.engine.account, one.program.window
        await eventually(lambda: XBT in account.positions, "a position")
        dock = window.docks.panels["positions"].dock
        dock.setAsCurrentTab()
        panel = dock.widget()
        assert isinstance(panel, PositionsPanel)
        await eventually(lambda: panel.table.rows, "its row")
        panel.table.selectRow(0)
        choose(panel.table, panel.row_menu, "Add a stop-loss\N{HORIZONTAL ELLIPSIS}")
        dialog = window.findChild(ExitFormDialog)
        assert isinstance(dialog, ExitFormDialog)
        scale = one.live.market.contract.scale
        price = dialog.findChild(QLineEdit, "exit.price")
        lots = dialog.findChild(QLineEdit, "exit.lots")
        place = dialog.findChild(QPushButton, "exit.place")
        assert isinstance(price, QLineEdit)
        assert isinstance(lots, QLineEdit)
        assert isinstance(place, QPushButton)
        QTest.keyClicks(price, f"{scale.decimal(Price(bid - 2000)):f}")
        QTest.keyClicks(lots, "2")
        await eventually(place.isEnabled, "an exit that can be placed")
        QTest.keyClick(price, Qt.Key.Key_Return)
        await eventually(lambda: [o for o in account.active() if o.waits], "the stop")
        (stop,) = [order for order in account.active() if order.waits]
        assert (stop.side, stop.remaining) == ("sell", 2)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    with_program(play)
