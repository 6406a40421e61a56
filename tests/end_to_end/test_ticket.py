"""The ticket by real keys in the program's own window, on a simulated exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from terminal.domain.units import Price
from tests.support.deadlines import eventually
from tests.support.open_program import an_open_program
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("qapp")
Key = Qt.Key


def test_a_ticket_is_filled_in_staged_taken_back_and_sent_by_keys_alone() -> None:
    """Enter in a field never sends, a held Enter neither, Esc takes back; then a stop, by keys."""

    async def work() -> None:
        async with an_open_program() as one:
            one.program.window.activateWindow()
            await _play(one.live, one.program.window)

    run_on_qt(work())


async def _play(live: Live, window: QWidget) -> None:
    def part(kind: type[QWidget], name: str) -> QWidget:
        found = window.findChild(kind, f"ticket.{name}")
        assert found is not None, name
        return found

    account = live.exchange.engine.account
    touch = live.market.touch()
    assert touch is not None
    assert touch.best_bid is not None
    scale = live.market.contract.scale
    price, lots, buy = part(QLineEdit, "price"), part(QLineEdit, "lots"), part(QPushButton, "buy")
    words = part(QLabel, "words")
    assert isinstance(words, QLabel)
    price.setFocus()
    QTest.keyClicks(price, f"{scale.decimal(Price(touch.best_bid - 300)):f}")
    QTest.keyClick(price, Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(price, Key.Key_Up)
    lots.setFocus()
    lots.selectAll()  # type: ignore[attr-defined]  # a line
    QTest.keyClicks(lots, "4")
    await eventually(buy.isEnabled, "a complete ticket")
    QTest.keyClick(lots, Key.Key_Return)
    await eventually(buy.hasFocus, "the sides")
    assert not words.text().startswith("Buy")
    QTest.keyClick(buy, Key.Key_Return)
    await eventually(lambda: words.text().startswith("Buy 4 XBTUSDTM"), "what is staged")
    QApplication.sendEvent(buy, _held_enter())
    assert account.active() == []
    QTest.keyClick(buy, Key.Key_Escape)
    await eventually(lambda: not words.text().startswith("Buy"), "nothing staged")
    QTest.keyClick(buy, Key.Key_Return)
    await eventually(lambda: words.text().startswith("Buy 4"), "staged again")
    QTest.keyClick(buy, Key.Key_Return)
    await eventually(lambda: len(account.active()) == 1, "the order")
    (order,) = account.active()
    assert (order.side, order.size, order.price) == ("buy", 4, touch.best_bid - 309)

    kind, trigger = part(QComboBox, "kind"), part(QLineEdit, "trigger")
    kind.setFocus()
    for _ in range(3):
        QTest.keyClick(kind, Key.Key_Down)
    await eventually(trigger.isVisible, "the trigger")
    QTest.keyClicks(trigger, f"{scale.decimal(Price(touch.best_bid + 900)):f}")
    await eventually(
        lambda: "if mark rises to" in part(QLabel, "trigger.note").toolTip(), "the condition"
    )
    await eventually(buy.isEnabled, "a complete stop")
    buy.setFocus()
    QTest.keyClick(buy, Key.Key_Return)
    await eventually(lambda: "if mark rises to" in words.text(), "the staged stop")
    QTest.keyClick(buy, Key.Key_Return)
    await eventually(lambda: len(account.active()) == 2, "the stop")
    stop = next(order for order in account.active() if order.waits)
    assert (stop.stop, stop.type, stop.size) == ("up", "market", 4)


def _held_enter() -> QKeyEvent:
    none = Qt.KeyboardModifier.NoModifier
    return QKeyEvent(QEvent.Type.KeyPress, Key.Key_Return, none, "\r", autorep=True)
