"""Hedge mode over real sockets: two positions of one contract, opened, closed, protected apart."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import MarginMode, OrderType, PositionSide
from terminal.domain.guard import GuardLimits
from terminal.domain.order import OrderState
from terminal.domain.protection import ProtectionState
from terminal.domain.ticket import OrderTerms
from terminal.domain.units import Lots, Price, Side
from terminal.session.account import LaneNotNamedError
from terminal.session.backend import Backend
from terminal.session.clearing import ClearingKind
from terminal.session.results import Blocked, Submitted
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.readings import COUNT, NAMES, reading
from tests.support.steady_time import SteadyClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.session.account import AccountSession

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
STATE = ProtectionState


class Hedged:
    """A live desk on an account in hedge mode, in cross margin, which every reading allows."""

    def __init__(self, number: int = 0, *, is_hedged: bool = True) -> None:
        self.live = Live(is_calm=True, switches=reading(number))
        self.exchange = self.live.exchange
        account = self.exchange.engine.account
        account.margin_modes[XBT] = MarginMode.CROSS.name
        account.set_hedged(is_on=is_hedged)
        self.said: list[str] = []

    async def start(self) -> Hedged:
        await self.live.start()
        self.desk, self.account = self.live.backend.desk, self.live.backend.account
        self.desk.on_outcome.add(lambda result: self.said.append(result.sentence))
        return self

    async def stop(self) -> None:
        await self.live.stop()

    def truth(self) -> tuple[int, int]:
        """Long and short lots by the exchange itself."""
        legs = self.exchange.engine.account.legs
        return legs.one(XBT, "LONG").lots, legs.one(XBT, "SHORT").lots

    def believed(self) -> tuple[int, int]:
        return lots_of(self.account)

    async def holds(self, long: int, short: int) -> None:
        """Both sides of the wire say so, and nothing is a sum of ours."""
        await eventually(
            lambda: (
                self.truth() == self.believed() == (long, short) and not self.account.unconfirmed()
            ),
            f"long {long} and short {short} (it is {self.truth()}, {self.believed()})",
        )

    def market(self, side: Side, lane: PositionSide | None, lots: int) -> OrderTicket:
        return a_ticket(
            order_type=OrderType.MARKET,
            price=None,
            side=side,
            lots=Lots(lots),
            margin_mode=MarginMode.CROSS,
            terms=OrderTerms(position_side=lane),
        )

    def limit(self, side: Side, lane: PositionSide, price: Price) -> OrderTicket:
        terms = OrderTerms(position_side=lane)
        return a_ticket(
            side=side, price=price, lots=Lots(1), margin_mode=MarginMode.CROSS, terms=terms
        )

    async def hold(self, long: int = 0, short: int = 0) -> None:
        """Open both lanes at market."""
        for side, lane, lots in ((Side.BUY, LONG, long), (Side.SELL, SHORT, short)):
            if lots:
                result = self.desk.submit(self.market(side, lane, lots))
                assert isinstance(result, Submitted), result
        await self.holds(long, -short)

    def state(self, lane: PositionSide) -> ProtectionState | None:
        watched = self.live.backend.protection.watched(XBT, lane)
        return None if watched is None else watched.cover.state


def lots_of(account: AccountSession) -> tuple[int, int]:
    return account.position(XBT, LONG).core.lots, account.position(XBT, SHORT).core.lots


@pytest.fixture(params=[0, COUNT - 1], ids=[NAMES[0], NAMES[-1]])
async def hedged(request: pytest.FixtureRequest) -> AsyncIterator[Hedged]:
    hedged = await Hedged(request.param).start()
    yield hedged
    await hedged.stop()


async def test_both_lanes_are_opened_halved_and_flattened_apart(hedged: Hedged) -> None:
    desk = hedged.desk
    blocked = desk.submit(hedged.market(Side.BUY, None, 1))
    assert isinstance(blocked, Blocked)
    assert "neither its long nor its short" in blocked.blocks[0].sentence
    with pytest.raises(LaneNotNamedError):
        hedged.account.position(XBT)

    await hedged.hold(4, 3)
    below = Price((hedged.live.market.book.best_bid or 0) - 500)
    resting = desk.submit(hedged.limit(Side.BUY, LONG, below))
    assert isinstance(resting, Submitted)
    await eventually(
        lambda: desk.orders[resting.client_oid].state is OrderState.OPEN, "the order of the long"
    )
    assert desk.close_share(XBT, Decimal("0.5"), lane=LONG) is None
    await hedged.holds(2, -3)

    desk.flatten(XBT, SHORT)
    assert desk.flattening(XBT, SHORT)
    assert not desk.flattening(XBT, LONG)
    await eventually(lambda: not desk.flattening(XBT), "the end of flattening", 20.0)
    await hedged.holds(2, 0)
    assert "XBTUSDTM, short lane is flat." in hedged.said
    assert desk.orders[resting.client_oid].is_working, "an order of the long lane stays"

    desk.flatten(XBT)
    await eventually(lambda: not desk.flattening(XBT), "the end of flattening", 20.0)
    await hedged.holds(0, 0)
    assert "XBTUSDTM is flat, both lanes." in hedged.said
    assert not desk.working(XBT)


async def test_a_reversed_lane_is_opened_in_the_other_one(hedged: Hedged) -> None:
    await hedged.hold(3, 1)
    assert isinstance(hedged.desk.reverse(XBT), Blocked), "which one is not guessed"
    assert hedged.desk.reverse(XBT, LONG) is None
    await eventually(lambda: not hedged.desk.reversing(XBT), "the end of reversing", 20.0)
    await hedged.holds(0, -4)
    reversed_ = "Reversed: XBTUSDTM, long lane is flat, short 3 was opened without exits."
    assert reversed_ in hedged.said


async def test_each_lane_has_protection_of_its_own_and_its_stop_closes_only_it(
    hedged: Hedged,
) -> None:
    await hedged.hold(2, 2)
    watch = hedged.live.backend.protection
    assert [hedged.state(lane) for lane in (LONG, SHORT)] == [STATE.NAKED, STATE.NAKED]
    watch.mend(watch.propose(XBT, SHORT))
    await eventually(lambda: hedged.state(SHORT) is STATE.PROTECTED, "a protected short", 20.0)
    assert hedged.state(LONG) is STATE.NAKED
    (stop,) = [order for order in hedged.desk.working(XBT) if order.is_stop]
    assert (stop.position_side, stop.side, stop.is_reduce_only) == (SHORT, Side.BUY, True)

    hedged.exchange.engine.move(XBT, 20_000)
    await hedged.holds(2, 0)


async def test_an_order_that_is_moved_stays_in_its_lane(hedged: Hedged) -> None:
    desk = hedged.desk
    price = Price((hedged.live.market.book.best_bid or 0) - 500)
    result = desk.submit(hedged.limit(Side.BUY, LONG, price))
    assert isinstance(result, Submitted)
    await eventually(lambda: desk.orders[result.client_oid].state is OrderState.OPEN, "the order")
    assert desk.move(result.client_oid, Price(price + 10)) is None
    await eventually(
        lambda: (
            [(order.price, order.state) for order in desk.working(XBT)]
            == [(price + 10, OrderState.OPEN)]
        ),
        "the moved order",
    )
    (moved,) = hedged.exchange.engine.account.active()
    assert moved.position_side == "LONG"


async def test_the_stop_keeps_what_cannot_open_and_flattens_both_lanes(hedged: Hedged) -> None:
    """A sell of the long lane opens nothing, whatever it says: it may be all that protects."""
    desk, backend = hedged.desk, hedged.live.backend
    await hedged.hold(2, 1)
    best = hedged.live.market.book.best_bid or 0
    for side, price in ((Side.BUY, best - 500), (Side.SELL, best + 900)):
        assert isinstance(desk.submit(hedged.limit(side, LONG, Price(price))), Submitted)
    await eventually(
        lambda: [order.state for order in desk.working(XBT)] == [OrderState.OPEN] * 2, "both orders"
    )
    standing = backend.leaving.standing()
    assert [(one.lane, one.lots, one.entries, one.exits) for one in standing.contracts] == [
        (LONG, 2, 1, 1), (SHORT, -1, 0, 0),
    ]  # fmt: skip
    backend.kill_switch.throw(ClearingKind.ENTRIES)
    await eventually(lambda: backend.kill_switch.status.is_finished, "the stop", 20.0)
    assert [order.side for order in desk.working(XBT)] == [Side.SELL]
    assert hedged.truth() == (2, -1)
    blocked = desk.submit(hedged.market(Side.SELL, SHORT, 1))
    assert isinstance(blocked, Blocked)

    backend.kill_switch.throw(ClearingKind.FLATTEN)
    await eventually(lambda: backend.kill_switch.status.is_finished, "the flattening", 20.0)
    await hedged.holds(0, 0)
    assert not desk.working(XBT)


async def test_a_mode_changed_elsewhere_is_noticed_by_the_refusal_and_then_traded() -> None:
    hedged = await Hedged(is_hedged=False).start()
    desk, account = hedged.desk, hedged.account
    assert account.lanes(XBT) == (PositionSide.BOTH,)
    hedged.exchange.engine.account.set_hedged(is_on=True)  # nobody tells

    refused = desk.submit(hedged.market(Side.BUY, None, 1))
    assert isinstance(refused, Submitted)
    await eventually(lambda: account.is_hedged and account.is_trusted, "the new mode", 20.0)
    assert desk.orders[refused.client_oid].state is OrderState.REJECTED
    assert account.lanes(XBT) == (LONG, SHORT)
    await eventually(lambda: desk.is_trusted, "trusted orders")
    await hedged.hold(2, 1)
    await hedged.stop()


async def test_after_a_restart_both_lanes_are_there_and_the_whole_is_flattened() -> None:
    hedged = await Hedged().start()
    await hedged.hold(3, 2)
    errors: list[str] = []
    owner = TaskOwner("second", lambda name, error: errors.append(f"{name} {error!r}"))
    second = Backend(clients_of(hedged.exchange), SteadyClock(), owner, GuardLimits)
    await second.start()
    await eventually(
        lambda: second.desk.is_trusted and second.account.is_trusted, "a second program", 20.0
    )
    assert lots_of(second.account) == (3, -2)
    assert found(second) == [(LONG, 3), (SHORT, -2)]
    second.desk.flatten(XBT)
    await eventually(lambda: not second.desk.flattening(XBT), "the end of flattening", 20.0)
    assert lots_of(second.account) == (0, 0)
    await hedged.holds(0, 0)
    await second.stop()
    await owner.close()
    await hedged.stop()
    assert not errors, errors


def found(backend: Backend) -> list[tuple[PositionSide, int]]:
    """The positions of the report that a start makes."""
    backend.reconciling.make()
    report = backend.reconciling.report
    assert report is not None
    return [(one.lane, one.lots) for one in report.positions]
