"""What holds whatever two accounts and the crowd do: the book, the lots, the cash, the holds."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL, BookOrder
from terminal.simexchange.trading.holds import OrderHolds
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.sides import BOTH, LONG, SHORT
from tests.support.floor import SYMBOL, FakePublisher, Floor

if TYPE_CHECKING:
    from terminal.simexchange.trading.account import Account

_MARKETS = {"_markets", "markets", "trades", "candles", "_day"}
_NO_STATE = {"_clock", "_publisher", "_listener", "_floor", *_MARKETS}
"""Not looked at: time, who listens, caches, and what a trade leaves besides the book it changed."""


def picture(thing: Any, seen: dict[int, int]) -> Any:
    """Everything that can be reached from a thing, as plain values."""
    if isinstance(thing, (str, int, float, Decimal, type(None), bytes)) or callable(thing):
        return repr(thing) if not callable(thing) else None
    if id(thing) in seen:
        return ("again", seen[id(thing)])
    seen[id(thing)] = len(seen)
    if isinstance(thing, random.Random):
        return thing.getstate()
    if isinstance(thing, itertools.count):
        return repr(thing)
    if isinstance(thing, dict):
        return [(repr(key), picture(value, seen)) for key, value in thing.items()]
    if isinstance(thing, (set, frozenset)):
        return sorted(map(repr, thing))
    if hasattr(thing, "__iter__"):
        return [picture(item, seen) for item in thing]
    names = list(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        names += list(getattr(kind, "__slots__", ()))
    return [
        (name, picture(getattr(thing, name), seen))
        for name in names
        if name not in _NO_STATE and hasattr(thing, name)
    ]


def state(floor: Floor) -> Any:
    engine, publisher = floor.engine, floor.publisher
    parts = [floor.market, engine.accounts.by_uid, engine._numbers, engine._stops, engine._exits]
    return picture(parts, {}), len(publisher.public), len(publisher.private)


REACH = 12
"""How many ticks from the middle the accounts place their orders."""
offsets = st.integers(-REACH, REACH)
flags = st.sampled_from(
    [
        {},
        {},
        {},
        {"postOnly": True},
        {"timeInForce": "IOC"},
        {"timeInForce": "RPI"},
        {"hidden": True},
        {"iceberg": True, "visibleSize": 3},
        {"reduceOnly": True},
        {"reduceOnly": True, "forceHold": True},
        {"forceHold": True},
        {"stp": "CN"},
        {"stp": "CO"},
        {"stp": "CB"},
        {"stp": "CO", "reduceOnly": True},
        {"hidden": True, "stp": "CB"},
        {"leverage": 100},
        {"leverage": None},
        {"leverage": 1000},
        {"marginMode": "CROSS"},
        {"size": 2_000_000},
        {"size": 900_000, "leverage": 1},
        {"clientOid": "same"},
        {"closeOrder": True, "side": None, "size": None},
        {"postOnly": True, "hidden": True},
    ]
)
stops = st.sampled_from(
    [
        {},
        {},
        {},
        {},
        {"stop": "up", "stopPriceType": "TP"},
        {"stop": "down", "stopPriceType": "TP"},
        {"stop": "up", "stopPriceType": "MP"},
        {"stop": "down", "stopPriceType": "IP"},
    ]
)
sides = st.sampled_from([BUY, SELL])
who = st.integers(0, 1)
command = st.one_of(
    st.tuples(st.just("limit"), who, sides, offsets, st.integers(1, 60), flags, stops),
    st.tuples(st.just("limit"), who, sides, offsets, st.integers(1, 60), flags, stops),
    st.tuples(st.just("market"), who, sides, offsets, st.integers(1, 60), flags, stops),
    st.tuples(st.just("exits"), who, sides, offsets, st.integers(1, 60), flags, st.just({})),
    st.tuples(st.just("cancel"), who, st.integers(0, 50)),
    st.tuples(st.just("crowd"), sides, st.integers(1, 90)),
    st.tuples(st.just("step"), st.just(1)),
    st.tuples(st.just("move"), offsets),
)


class World:
    """Two accounts and the crowd, and a client that rebuilds the book from its frames."""

    def __init__(
        self, switches: dict[str, str], *, is_hedged: bool = False, mode: str = ISOLATED
    ) -> None:
        self.floor = Floor(**switches)
        self.mode = mode
        self.accounts = [self.floor.account, self.floor.another_account()]
        for account in self.accounts:
            account.set_hedged(is_on=is_hedged)
            account.margin_modes[SYMBOL] = mode
        self.cash = Decimal(100_000)
        self.middle = self.floor.bid
        self._make_room()
        self.sequence = self.floor.market.book.sequence
        book = self.floor.market.book
        spec = self.floor.market.spec
        self.levels = {
            (side, spec.text(price)): lots
            for side in (BUY, SELL)
            for price, lots in book.levels(side)
        }
        self.read = len(self.floor.publisher.public)
        self.refusals = 0

    def _make_room(self) -> None:
        """Take away the crowd's orders around the middle, so that the accounts meet each other."""
        market = self.floor.market
        market.take(BUY, self.middle + REACH, 1_000_000)
        market.take(SELL, self.middle - REACH, 1_000_000)
        market.last = self.middle
        # Both begin with a position, so that orders that only reduce have something to reduce.
        for account, side in ((self.accounts[1], SELL), (self.accounts[0], BUY)):
            self.floor.place(side, self.middle, 30, account, **self._leg(account, side, 2))
        # And in hedge mode with an order that closes all of it, which must never do more than that.
        for account, side, price in (
            (self.accounts[0], SELL, self.middle + 3),
            (self.accounts[1], BUY, self.middle - 3),
        ):
            if account.legs.is_hedged:
                self.floor.place(side, price, 30, account, **self._leg(account, side, 1))

    def _leg(self, account: Account, side: str, size: int) -> dict[str, str]:
        """Margin mode and leg of an order: odd sizes close in hedge mode, even ones open."""
        if not account.legs.is_hedged:
            return {"marginMode": self.mode}
        is_long = (side == BUY) == (size % 2 == 0)
        return {"marginMode": self.mode, "positionSide": LONG if is_long else SHORT}

    def do(self, row: tuple[Any, ...]) -> None:
        kind, market = row[0], self.floor.market
        if kind in {"limit", "market", "exits"}:
            self._place(*row)
        elif kind == "cancel":
            active = self.accounts[row[1]].active()
            if active:
                self.floor.engine.cancel(active[row[2] % len(active)])
        elif kind == "crowd":
            side = row[1]
            market.take(side, self.middle + (REACH if side == BUY else -REACH), row[2])
            self.floor.engine.check_stops(SYMBOL)
        elif kind == "step":
            for _ in range(row[1]):
                self.floor.engine.step(SYMBOL)
        else:
            market.move_fair(row[1])
            self.floor.engine.check_stops(SYMBOL)

    def _place(  # noqa: PLR0917 - a row of the generated commands
        self,
        kind: str,
        account: int,
        side: str,
        offset: int,
        size: int,
        more: dict[str, Any],
        stop: dict[str, Any],
    ) -> None:
        floor, price = self.floor, self.middle + offset
        ticks = None if kind == "market" else price
        leg = self._leg(self.accounts[account], side, size)
        body = floor.body(**{"side": side, "ticks": ticks, "size": size, **leg, **more})
        if stop:
            body = {**body, **stop, "stopPrice": floor.text(price)}
        place = floor.engine.place
        if kind == "exits":
            up, down = floor.text(price + 6), floor.text(price - 6)
            exits = {"triggerStopUpPrice": up, "triggerStopDownPrice": down}
            body = {**body, **exits, "stopPriceType": "TP"}
            place = floor.engine.place_with_exits
        before = state(floor)
        try:
            place(self.accounts[account], body)
        except Refused:
            self.refusals += 1
            assert state(floor) == before, "a refused command leaves no trace"

    # Laws ----------------------------------------------------------------------------------------

    def check(self) -> None:
        self._check_book()
        self._check_frames()
        for account in self.accounts:
            self._check_orders(account)
            self._check_cash(account)
            self._check_margins(account)

    def _check_book(self) -> None:
        book = self.floor.market.book
        bid, ask = book.front(BUY), book.front(SELL)
        assert bid is None or ask is None or bid < ask, "never crossed"
        totals: dict[tuple[str, int], int] = {}
        for order in book._orders.values():
            assert 0 <= order.shown <= order.remaining
            assert order.remaining > 0
            assert order.shown > 0 or order.peak == 0
            key = order.side, order.price
            totals[key] = totals.get(key, 0) + order.shown
        shown = {(side, price): n for side in (BUY, SELL) for price, n in book.levels(side)}
        assert shown == {key: lots for key, lots in totals.items() if lots}

    def _check_frames(self) -> None:
        publisher, spec = self.floor.publisher, self.floor.market.spec
        for topic, data in publisher.public[self.read :]:
            if topic != f"/contractMarket/level2:{SYMBOL}":
                continue
            self.sequence += 1
            assert data["sequence"] == self.sequence
            price, side, lots = data["change"].split(",")
            self.levels[side, price] = int(lots)
        self.read = len(publisher.public)
        book = self.floor.market.book
        assert book.sequence == self.sequence
        assert {key: lots for key, lots in self.levels.items() if lots} == {
            (side, spec.text(price)): lots
            for side in (BUY, SELL)
            for price, lots in book.levels(side)
        }

    def _check_orders(self, account: Account) -> None:
        book, legs = self.floor.market.book, account.legs.of(SYMBOL)
        fresh = {leg.side: OrderHolds(self.floor.market.spec) for leg in legs}
        resting = {order.id for order in book._orders.values() if order.owner == account.uid}
        assert resting == set(account.working(SYMBOL))
        for order in account.orders.values():
            if order.is_active or not order.is_triggered:
                assert order.filled + order.canceled + order.remaining == order.size
            assert order.filled <= order.size
            if order.id not in resting:
                continue
            in_book = book.order(order.id)
            assert isinstance(in_book, BookOrder)
            assert in_book.remaining == order.remaining
            fresh[order.position_side].set(order)
            held = account.legs.one(SYMBOL, order.position_side).lots
            if order.only_reduces:
                assert (order.side == SELL) == (held > 0)
                assert order.remaining <= abs(held)
        if self.mode == ISOLATED:
            expected = sum(fresh[leg.side].margin(leg.lots, None) for leg in legs)
            assert account.order_margin(SYMBOL) == expected
        for leg in legs:
            assert leg.holds.larger_value(leg.lots) == fresh[leg.side].larger_value(leg.lots)
            assert leg.side == BOTH or leg.lots * (1 if leg.side == LONG else -1) >= 0
        if not account.working(SYMBOL):
            assert account.order_margin(SYMBOL) == 0, "what held is released"
        for fills in (fill for fill in account.fills.newest() if fill.lots <= 0):
            pytest.fail(str(fills))

    def _check_cash(self, account: Account) -> None:
        """Cash and the open profit are what was put in, what prices did, and the fees."""
        spec, legs = self.floor.market.spec, account.legs.of(SYMBOL)
        lots, paid, fees = 0, Decimal(0), Decimal(0)
        by_side = {leg.side: 0 for leg in legs}
        for fill in account.fills.newest():
            signed = fill.lots if fill.side == BUY else -fill.lots
            by_side[fill.position_side] += signed
            lots += signed
            paid += signed * spec.price(fill.price) * spec.multiplier
            fees += fill.fee
            rate = spec.taker_rate if fill.pays_taker else spec.maker_rate
            assert fill.fee == fill.value * rate
        assert by_side == {leg.side: leg.lots for leg in legs}
        mark = Decimal(100_000)
        worth = account.wallets["USDT"].cash
        worth += sum(leg.position.unrealized(mark) for leg in legs)
        expected = self.cash + lots * mark * spec.multiplier - paid - fees
        assert worth == expected

    def _check_margins(self, account: Account) -> None:
        """What is bound, what is free and what is earned add up to the wallet (5.7)."""
        state, mark = account.wallet_state("USDT"), self.floor.market.mark_price
        earned = sum(leg.position.unrealized(mark) for leg in account.legs.of(SYMBOL))
        cross = state.available + state.cross_position + state.cross_order
        assert state.equity == state.cash + earned
        assert cross == state.cross_margin
        isolated = state.isolated_position + state.isolated_order
        assert cross - state.cross_unrealized + isolated == state.cash
        assert min(isolated, state.cross_position, state.cross_order) >= 0
        other = (isolated, state.isolated_unrealized)
        if self.mode == ISOLATED:
            other = (state.cross_position + state.cross_order, state.cross_unrealized)
        assert not any(other), "of the mode that nothing is in"

    def check_trades(self) -> None:
        """Every fill has its public trade, and both owners of a trade have a fill of it."""
        owners = {order.id: a for a in self.accounts for order in a.orders.values()}
        fills = {
            (fill.trade_id, fill.order_id): fill for a in self.accounts for fill in a.fills.newest()
        }
        count = 0
        for topic, data in self.floor.publisher.public:
            if topic != f"/contractMarket/execution:{SYMBOL}":
                continue
            for name, is_taker in (("makerOrderId", False), ("takerOrderId", True)):
                if data[name] not in owners:
                    continue
                fill = fills[data["tradeId"], data[name]]
                assert (fill.lots, fill.is_taker) == (data["size"], is_taker)
                assert (fill.side == data["side"]) == is_taker
                count += 1
        assert count == len(fills) == sum(len(a.fills) for a in self.accounts)


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {
            "post_only_crossing": "reject",
            "triggered_stop_id": "new",
            "exits_made": "at_once",
            "exits_size": "order",
            "exits_linked": "no",
            "market_order_margin": "best_price",
        },
    ],
    ids=["default", "other"],
)
@given(rows=st.lists(command, min_size=10, max_size=40))
@settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_laws_hold_after_every_command(
    switches: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    world = World(switches)
    for row in rows:
        world.do(row)
        world.check()
    world.check_trades()


@pytest.mark.parametrize(
    ("mode", "is_hedged", "switches"),
    [
        (ISOLATED, True, {}),
        (CROSS, False, {}),
        (CROSS, True, {"triggered_stop_id": "new"}),
        (CROSS, True, {"hedge_cross_margin": "both", "exits_made": "at_once"}),
    ],
    ids=["isolated-hedged", "cross", "cross-hedged", "cross-hedged-other"],
)
@given(rows=st.lists(command, min_size=10, max_size=30))
@settings(
    max_examples=settings().max_examples // 16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_laws_hold_in_every_mode(
    mode: str, is_hedged: bool, switches: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    world = World(switches, is_hedged=is_hedged, mode=mode)
    for row in rows:
        world.do(row)
        world.check()
    world.check_trades()


def test_the_picture_sees_what_a_refusal_might_leave_behind() -> None:
    floor = Floor()
    before = state(floor)
    assert state(floor) == before
    floor.account.positions[SYMBOL].leverage += 1
    assert state(floor) != before
    floor.account.positions[SYMBOL].leverage -= 1
    assert state(floor) == before
    floor.engine._numbers.next()
    assert state(floor) != before
    assert isinstance(floor.publisher, FakePublisher)
