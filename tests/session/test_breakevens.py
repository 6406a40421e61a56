"""One breakeven for what is drawn and what is sent: of what is known at the moment."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import Liquidity, PositionMode, PositionSide
from terminal.domain.position_charges import FundingPart
from terminal.domain.units import Lots, Money, OrderId, Side
from tests.support.builders import (
    XBT,
    a_fill,
    a_position_update,
    an_order_update,
    position_details,
)
from tests.support.guarded import a_guarded, prices

if TYPE_CHECKING:
    from terminal.session.breakevens import BreakevenPoint
    from tests.support.guarded import Guarded

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


async def point(guarded: Guarded, lane: PositionSide | None = None) -> BreakevenPoint:
    """What is known once what was asked for has come."""
    guarded.exits.breakeven_of(XBT, lane)
    await guarded.settle()
    found = guarded.exits.breakeven_of(XBT, lane)
    assert found is not None
    return found


async def test_a_flat_position_has_none_and_asks_for_nothing() -> None:
    guarded = await a_guarded()
    assert guarded.exits.breakeven_of(XBT) is None
    await guarded.settle()
    assert guarded.charges._asked_at_s == {}
    await guarded.stop()


async def test_without_a_word_about_charges_it_is_an_estimate_by_the_contracts_rates() -> None:
    guarded = await a_guarded(1000)
    found = await point(guarded)
    assert (found.price, found.known.is_estimated) == (1002, True)  # 100.06 / 0.9994
    assert found.known.part is FundingPart.UNKNOWN
    await guarded.stop()


@pytest.mark.parametrize(
    ("lots", "funding", "price"),
    [
        (1000, "0.0001", 1002),  # (100.06 + 0.01) / 0.9994 = 100.1301
        (1000, "0.001", 1003),  # (100.06 + 0.1) / 0.9994 = 100.2201
        (1000, "-0.001", 1001),  # (100.06 - 0.1) / 0.9994 = 100.0200
        (-1000, "0.001", 999),  # (99.94 + 0.1) / 1.0006 = 99.9800
        (-1000, "-0.001", 997),  # (99.94 - 0.1) / 1.0006 = 99.7801
    ],
)
async def test_the_next_funding_is_in_it_paid_or_received(
    lots: int, funding: str, price: int
) -> None:
    guarded = await a_guarded(lots)
    guarded.rates.is_told, guarded.rates.funding = True, Decimal(funding)
    assert (await point(guarded)).price == price
    await guarded.stop()


async def test_a_funding_that_was_settled_is_not_counted_again() -> None:
    guarded = await a_guarded(1000)
    guarded.rates.is_told, guarded.rates.funding = True, Decimal("0.001")
    assert (await point(guarded)).price == 1003
    guarded.rates.is_told = False
    await guarded.bench.clock.advance(3601.0)
    found = await point(guarded)
    assert (found.price, found.known.part) == (1002, FundingPart.UNKNOWN)
    await guarded.stop()


async def test_what_fills_paid_takes_the_place_of_what_was_assumed() -> None:
    """1000 lots at 100 as maker: 0.02 reckoned, then told as a rebate of 0.05."""
    guarded = await a_guarded()
    guarded.rates.is_told, guarded.rates.funding = True, Decimal(0)
    fill = a_fill(lots=Lots(1000), liquidity=Liquidity.MAKER)
    guarded.bench.stream.push(
        an_order_update(client_oid=None, lots=Lots(1000), filled=Lots(1000), is_done=True,
                        fill=fill)
    )  # fmt: skip
    reckoned = await point(guarded)
    assert reckoned.known.charges.paid == Decimal("0.02")
    assert (reckoned.price, reckoned.known.is_estimated) == (1001, True)  # 100.0800
    told = replace(fill, fee=Money(Decimal("-0.05"), "USDT"))
    guarded.bench.desk.take_recent_fills((told,))
    known = await point(guarded)
    assert known.known.charges.paid == Decimal("-0.05")
    assert (known.price, known.known.is_estimated) == (1001, False)  # 99.95 / 0.9994 = 100.0100
    assert known.resting == 1000  # 99.95 / 0.9998 = 99.9700
    await guarded.stop()


async def test_the_lanes_of_hedge_mode_have_each_their_own() -> None:
    guarded = await a_guarded()
    gateway = guarded.bench.gateway
    gateway.mode = PositionMode.HEDGE
    gateway.held = (
        a_position_update(1000, "100", details=position_details(LONG)),
        a_position_update(-1000, "110", details=position_details(SHORT)),
    )
    await guarded.bench.account.read_again()
    guarded.bench.desk.take_recent_fills(
        (a_fill(lots=Lots(1000), side=Side.SELL, order_id=OrderId("o9"), position_side=SHORT,
                fee=Money(Decimal("0.5"), "USDT")),)
    )  # fmt: skip
    long, short = await point(guarded, LONG), await point(guarded, SHORT)
    assert (long.price, short.price) == (1002, 1094)  # 109.5 / 1.0006 = 109.4343
    assert long.known.assumed == 1
    assert short.known.assumed == 0
    await guarded.stop()


async def test_it_is_kept_while_nothing_that_it_follows_from_changes() -> None:
    guarded = await a_guarded(1000)
    guarded.rates.is_told = True
    first = await point(guarded)
    assert await point(guarded) is first
    guarded.now = prices(1010)
    assert await point(guarded) is not first, "funding is valued by the mark"
    guarded.hold(1000, "101")
    assert (await point(guarded)).price == 1012  # (101 x 1.0006 + 0.0101) / 0.9994 = 101.1314
    guarded.hold(0)
    assert guarded.exits.breakeven_of(XBT) is None
    await guarded.stop()
