"""Fees and funding are asked for once, when somebody needs them, and funding after it was paid."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.account_facts import FeeRates
from terminal.domain.clock import TimestampMs
from terminal.domain.market_facts import FundingRate
from terminal.exchange.errors import TransportError
from terminal.session.charges import RETRY_S, ChargeBook
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.domain.units import Symbol

FEES = FeeRates(XBT, Decimal("0.0002"), Decimal("0.0006"))


def a_funding(clock: FakeClock, in_s: int = 100) -> FundingRate:
    now = clock.now_ms()
    return FundingRate(
        XBT, Decimal("0.0001"), None, 28_800_000, now, TimestampMs(now + in_s * 1000),
        None, None, None,
    )  # fmt: skip


class Source:
    def __init__(self, clock: FakeClock) -> None:
        self.asked: list[str] = []
        self.fails: Exception | None = None
        self.rate = a_funding(clock)

    async def fee_rates(self, symbol: Symbol) -> FeeRates:
        self.asked.append("fees")
        if self.fails is not None:
            raise self.fails
        return FEES

    async def funding_rate(self, symbol: Symbol) -> FundingRate:
        self.asked.append("funding")
        if self.fails is not None:
            raise self.fails
        return self.rate


class Bench:
    def __init__(self, *, has_account: bool = True) -> None:
        self.clock = FakeClock()
        self.source = Source(self.clock)
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        fees = self.source if has_account else None
        self.book = ChargeBook(self.source, fees, self.clock, self.owner)
        self.told = 0
        self.book.on_changed.add(self._on_changed)

    def _on_changed(self) -> None:
        self.told += 1

    async def end(self) -> None:
        await self.book.stop()
        await self.owner.close()
        assert not self.errors


async def test_nothing_is_asked_before_it_is_needed_and_then_once() -> None:
    bench = Bench()
    await bench.clock.advance(1.0)
    assert bench.source.asked == []
    for _ in range(3):
        assert bench.book.fees(XBT) is None
        assert bench.book.funding(XBT) is None
    await bench.clock.advance(1.0)
    assert bench.book.fees(XBT) == FEES
    assert bench.book.funding(XBT) == bench.source.rate
    assert sorted(bench.source.asked) == ["fees", "funding"]
    assert bench.told == 2
    await bench.end()


async def test_the_funding_of_a_cycle_that_is_over_is_not_told() -> None:
    bench = Bench()
    bench.book.funding(XBT)
    await bench.clock.advance(101.0)
    bench.source.rate = replace(a_funding(bench.clock), rate=Decimal("0.0005"))
    assert bench.book.funding(XBT) is None
    await bench.clock.advance(0.1)
    assert bench.book.funding(XBT) == bench.source.rate
    await bench.end()


async def test_what_could_not_be_read_is_asked_again_later() -> None:
    bench = Bench()
    bench.source.fails = TransportError("no answer", was_sent=True)
    for _ in range(3):
        assert bench.book.fees(XBT) is None
        assert bench.book.funding(XBT) is None
        await bench.clock.advance(1.0)
    assert sorted(bench.source.asked) == ["fees", "funding"]
    bench.source.fails = None
    await bench.clock.advance(RETRY_S)
    bench.book.fees(XBT)
    bench.book.funding(XBT)
    await bench.clock.advance(0.1)
    assert bench.book.fees(XBT) == FEES
    assert bench.book.funding(XBT) is not None
    await bench.end()


async def test_without_an_account_nobody_is_asked_for_its_fees() -> None:
    bench = Bench(has_account=False)
    assert bench.book.fees(XBT) is None
    await bench.clock.advance(0.1)
    assert bench.source.asked == []
    await bench.end()
