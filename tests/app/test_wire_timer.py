from time import monotonic

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from terminal.app.wire_timer import WireTimer


def a_press() -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier)


def test_an_order_is_counted_against_the_press_before_it() -> None:
    """Press, then bytes: one figure in milliseconds."""
    timer = WireTimer()

    held = timer.eventFilter(QObject(), a_press())
    timer.on_sent("POST", "/api/v1/orders", monotonic() + 0.005)

    assert not held
    assert len(timer.key_to_wire_ms) == 1
    assert 4.9 <= timer.key_to_wire_ms[0] <= 1000


def test_only_orders_and_only_once() -> None:
    """Queries are not counted, nor a second order of the same press."""
    timer = WireTimer()
    timer.eventFilter(QObject(), a_press())

    timer.on_sent("GET", "/api/v1/orders", monotonic())
    timer.on_sent("POST", "/api/v1/orders", monotonic())
    timer.on_sent("POST", "/api/v1/orders", monotonic())

    assert len(timer.key_to_wire_ms) == 1


def test_an_order_that_follows_a_cancel_is_not_counted() -> None:
    """The new order of a move waited for the exchange, not for us."""
    timer = WireTimer()
    timer.eventFilter(QObject(), a_press())

    timer.on_sent("DELETE", "/api/v1/orders/1", monotonic())
    timer.on_sent("POST", "/api/v1/orders", monotonic())

    assert timer.key_to_wire_ms == []


def test_an_order_without_a_press_is_not_counted() -> None:
    """The second leg of a move has no press of its own."""
    timer = WireTimer()

    timer.on_sent("POST", "/api/v1/orders", monotonic())

    assert timer.key_to_wire_ms == []
