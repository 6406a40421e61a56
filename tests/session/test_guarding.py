"""The desk asks the guard with what it knows; what only reduces is never asked about the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import (
    MarginMode,
    MarginModesUpdate,
    OrderType,
    PositionMode,
    PositionSide,
)
from terminal.domain.guard_terms import BlockField, DayResult, GuardLimits, Lockout, OrderRate
from terminal.domain.intention import JournalError
from terminal.domain.order import PendingCommand
from terminal.domain.ticket import close_ticket
from terminal.domain.units import ClientOid, ExactPrice, Lots, Money, Price, Side
from terminal.session.results import Blocked, Submitted
from tests.support.builders import (
    NOW_MS,
    NOW_NS,
    XBT,
    a_contract,
    a_fill,
    a_position_update,
    a_ticket,
    a_wallet,
    an_order_update,
)
from tests.support.desk import Bench, a_started_bench, an_open_order
from tests.support.guarding import in_lane, some_tiers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from terminal.domain.intention import Intention
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol


class FakeSurroundings:
    def __init__(self) -> None:
        self.locked: Lockout | None = None
        self.result: DayResult | None = None
        self.refused = ""
        self.lifted = False

    def mark(self, symbol: Symbol) -> ExactPrice | None:
        return ExactPrice(Decimal(100))

    def tiers(self, symbol: Symbol) -> Sequence[RiskTier]:
        return some_tiers()

    def day(self, currency: str) -> DayResult | None:
        return self.result

    def lockout(self, currency: str) -> tuple[Lockout, int] | None:
        return None if self.locked is None else (self.locked, 1000)

    def is_lifted(self, currency: str) -> bool:
        return self.lifted

    def refusal(self) -> str:
        return self.refused


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = await a_started_bench()
    yield bench
    await bench.stop()


def words(bench: Bench, ticket: OrderTicket, replacing: ClientOid | None = None) -> str:
    return " ".join(block.reason for block in bench.desk.blocks(ticket, replacing))


async def test_position_and_working_entries_of_all_kinds_count(bench: Bench) -> None:
    bench.limits = GuardLimits(max_position=Lots(10))
    bench.stream.push(a_position_update(3))
    await an_open_order(bench, lots=Lots(2))
    rows: tuple[dict[str, Any], ...] = (
        {"untriggered": True, "trigger": Price(1200), "lots": Lots(1)},
        {"is_reduce_only": True, "lots": Lots(50)},
        {"side": Side.SELL, "lots": Lots(50)},
        {"is_done": True, "lots": Lots(50)},
    )
    for number, changes in enumerate(rows):
        told: dict[str, Any] = {"is_reduce_only": False, **changes}
        update = an_order_update(client_oid=ClientOid(f"x{number}"), order_id=f"o{number}", **told)
        bench.desk.take(update)
    assert words(bench, a_ticket(lots=Lots(4))) == ""  # 3 held, 2 and a stop of 1 in entries
    assert "11 lots long" in words(bench, a_ticket(lots=Lots(5)))


async def test_an_order_that_is_being_sent_counts_at_once(bench: Bench) -> None:
    """Two presses in one moment are together no more than the limit."""
    bench.limits = GuardLimits(max_position=Lots(3))
    assert isinstance(bench.desk.submit(a_ticket(lots=Lots(2))), Submitted)
    assert isinstance(bench.desk.submit(a_ticket(lots=Lots(2))), Blocked)


async def test_an_order_that_is_replaced_counts_no_more(bench: Bench) -> None:
    bench.limits = GuardLimits(max_position=Lots(2))
    oid = await an_open_order(bench, lots=Lots(2))
    moved = a_ticket(price=Price(999), lots=Lots(2))
    assert "4 lots long" in words(bench, moved)
    assert words(bench, moved, oid) == ""


async def test_each_way_of_sending_has_one_rate_and_reducing_has_none(bench: Bench) -> None:
    bench.limits = GuardLimits(rate=OrderRate(2, 10))
    for _ in range(5):
        assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    for _ in range(2):
        assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    assert bench.desk.guarding.pace.used(OrderRate(2, 10)) == 2  # what was blocked was not sent
    bench.desk.flatten(XBT)
    assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    await bench.clock.advance(30)


async def test_the_same_order_twice_in_a_moment_is_one(bench: Bench) -> None:
    bench.limits = GuardLimits(repeat_ms=300)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    await bench.clock.advance(0.3)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)


async def test_the_wallets_available_balance_and_orders_under_way_count(bench: Bench) -> None:
    """2 lots at 100 need 0.04 over 5 and a fee of 0.00012."""
    bench.limits = GuardLimits(checks_margin=True)
    bench.stream.push(a_wallet(available="0.0802"))
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    said = words(bench, a_ticket())
    assert "0.04008 USDT are available beside the orders under way" in said
    assert words(bench, a_ticket(lots=Lots(1))) == ""


async def test_cross_leverage_is_the_contracts(bench: Bench) -> None:
    bench.stream.push(MarginModesUpdate(((XBT, MarginMode.CROSS),)))
    for most, expected in ((10, ""), (9, "leverage is 10x")):
        bench.limits = GuardLimits(max_leverage=Decimal(most))
        said = words(bench, a_ticket(margin_mode=MarginMode.CROSS))
        assert expected in said
        assert bool(said) == bool(expected)


async def test_a_lane_that_the_mode_does_not_have_is_not_sent(bench: Bench) -> None:
    """One that reduces is only kept while the mode is sure."""
    closing = in_lane(PositionSide.LONG, side=Side.SELL, is_reduce_only=True)
    for ticket in (in_lane(PositionSide.LONG), closing):
        assert "one-way mode, which has no long lane" in words(bench, ticket)
    bench.stream.connects = False
    bench.stream.drop()
    await bench.clock.settle()
    assert not bench.account.is_trusted
    assert words(bench, closing) == ""


@pytest.mark.parametrize(
    ("lane", "side", "said"),
    [
        (PositionSide.LONG, Side.BUY, "8 lots long"),
        (PositionSide.SHORT, Side.SELL, "5 lots short"),
        (PositionSide.LONG, Side.SELL, ""),
        (PositionSide.SHORT, Side.BUY, ""),
    ],
)
async def test_each_lane_has_a_limit_of_its_own(lane: PositionSide, side: Side, said: str) -> None:
    """5 long and 3 short are held: neither makes the other smaller, and each has its orders."""
    bench = Bench()
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = (a_position_update(5), a_position_update(-3))
    bench.limits = GuardLimits(max_position=Lots(4))
    await bench.start()
    bench.stream.push(
        an_order_update(lots=Lots(1), position_side=PositionSide.LONG, is_reduce_only=False)
    )
    found = words(bench, in_lane(lane, side=side))
    assert said in found
    assert bool(found) == bool(said)
    assert bench.desk.guarding.worst(a_contract()) == 6
    await bench.stop()


async def test_a_reverse_is_looked_at_with_the_margin_of_the_lane_that_is_closed() -> None:
    """2 lots at 100 need 0.04008 for the short; the long gives its 1 back before."""
    bench = Bench()
    bench.gateway.mode = PositionMode.HEDGE
    bench.gateway.held = (a_position_update(5, margin=Money(Decimal(1), "USDT")),)
    bench.limits = GuardLimits(checks_margin=True)
    await bench.start()
    bench.stream.push(a_wallet(available="0.01"))
    ticket = in_lane(PositionSide.SHORT, side=Side.SELL)
    assert any(block.field is BlockField.MARGIN for block in bench.desk.blocks(ticket))
    assert bench.desk.blocks(ticket, as_if_flat=True) == ()
    await bench.stop()


async def test_margin_of_before_a_fill_is_not_that_of_after(bench: Bench) -> None:
    """Until the exchange has told the new one the liquidation price cannot be estimated."""
    bench.desk.guarding.surroundings = FakeSurroundings()
    bench.limits = GuardLimits(liquidation_percent=Decimal(1))
    oid = await an_open_order(bench, lots=Lots(2))
    assert words(bench, a_ticket()) == ""

    order = bench.desk.orders[oid]
    assert order.order_id is not None
    fill = a_fill(order_id=order.order_id, event_at=NOW_NS + 10**9)
    bench.account.apply_fill(fill)
    assert "margin of the position is not known" in words(bench, a_ticket())
    bench.stream.push(a_position_update(2, event_at=NOW_MS + 2000))
    assert "not known" not in words(bench, a_ticket())


async def test_locks_and_losses_and_lost_limits_stop_what_opens_and_nothing_else(
    bench: Bench,
) -> None:
    around = bench.desk.guarding.surroundings = FakeSurroundings()
    ways_out = (
        a_ticket(is_reduce_only=True, side=Side.SELL),
        close_ticket(XBT, MarginMode.ISOLATED),
        a_ticket(is_reduce_only=True, order_type=OrderType.MARKET, price=None),
    )
    around.locked = Lockout("USDT", 1, "midnight in UTC", "It was lost.")
    assert "Locked until midnight in UTC, 1 s" in words(bench, a_ticket())
    assert all(words(bench, ticket) == "" for ticket in ways_out)
    around.locked, around.refused = None, "The limits of this account were lost."
    assert words(bench, a_ticket()) == around.refused
    assert all(words(bench, ticket) == "" for ticket in ways_out)
    around.refused = ""
    bench.limits = GuardLimits(max_losses={"USDT": Decimal(5)})
    assert "not known" in words(bench, a_ticket())
    around.result = DayResult("USDT", Decimal(-5), None, 0)
    assert "-5 USDT" in words(bench, a_ticket())
    around.lifted = True
    assert words(bench, a_ticket()) == ""
    around.lifted = False
    assert all(words(bench, ticket) == "" for ticket in ways_out)


async def test_cancelling_and_flattening_go_on_while_all_is_locked(bench: Bench) -> None:
    oid = await an_open_order(bench, lots=Lots(2))
    around = bench.desk.guarding.surroundings = FakeSurroundings()
    around.locked = Lockout("", 1, "midnight in UTC", "It was lost.")
    around.refused = "The limits of this account were lost."
    bench.limits = GuardLimits(Lots(1), Decimal(1), 0, rate=OrderRate(1, 1000))
    bench.gateway.held = (a_position_update(2),)
    bench.desk.cancel(oid)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL
    bench.desk.flatten(XBT)
    await bench.clock.advance(4)
    assert bench.trading.cancels
    assert bench.trading.placed[-1][0].is_close_order
    await bench.clock.advance(30)


async def test_what_could_not_be_written_down_uses_up_no_pace(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.limits = GuardLimits(rate=OrderRate(1, 10), repeat_ms=300)
    with monkeypatch.context() as broken:

        def full(_intention: Intention) -> None:
            raise JournalError("disk full", sentence="The order journal cannot be written.")

        broken.setattr(bench.desk.journal, "intend", full)
        blocked = bench.desk.submit(a_ticket())
        assert isinstance(blocked, Blocked)
        assert blocked.blocks[0].field is BlockField.JOURNAL
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
