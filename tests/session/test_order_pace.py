"""What the rules of pace look at: opening orders by a clock that never goes back."""

from __future__ import annotations

from terminal.domain.guard_terms import OrderRate
from terminal.session.order_pace import KEPT, OrderPace
from tests.support.builders import a_ticket
from tests.support.fake_clock import FakeClock
from tests.support.guarding import a_sent, a_stop


async def test_opening_orders_are_noted_with_all_that_tells_them_apart() -> None:
    clock = FakeClock()
    pace = OrderPace(clock)
    await clock.advance(1.5)
    clock.shift_ms = -100_000
    pace.note(a_ticket())
    pace.note(a_stop(1100))
    pace.note(a_ticket(is_reduce_only=True))
    assert pace.sent == (a_sent(at_ms=1500), a_sent(at_ms=1500, trigger=1100))


async def test_what_is_used_of_a_rate_comes_back_when_the_window_is_over() -> None:
    clock = FakeClock()
    pace = OrderPace(clock)
    pace.note(a_ticket())
    await clock.advance(4)
    pace.note(a_ticket())
    assert pace.used(OrderRate(10, 10)) == 2
    await clock.advance(6)
    assert pace.used(OrderRate(10, 10)) == 1


def test_only_so_many_are_kept() -> None:
    pace = OrderPace(FakeClock())
    for _ in range(KEPT + 5):
        pace.note(a_ticket())
    assert len(pace.sent) == KEPT
