"""The exchange's time by this machine's clock."""

from __future__ import annotations

from terminal.session.clock import ExchangeClock, SystemClock
from tests.support.fake_clock import START_MS, FakeClock


async def test_the_offset_moves_wall_time_only() -> None:
    """Deadlines and waits are not shifted by a clock that is set wrongly."""
    machine = FakeClock()
    clock = ExchangeClock(machine)
    assert clock.now_ms() == START_MS
    clock.offset_ms = -45_000
    assert clock.now_ms() == START_MS - 45_000
    assert clock.monotonic_s() == machine.monotonic_s()
    await machine.advance(2.0)
    assert clock.now_ms() == START_MS - 43_000
    assert clock.monotonic_s() == machine.monotonic_s()


async def test_waiting_is_the_machines() -> None:
    """One yield for zero seconds, as everywhere."""
    await ExchangeClock(SystemClock()).sleep(0)
