"""Cash is conserved: whatever prices jump and whoever is liquidated, nothing comes or goes."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal.simexchange.auth import ApiKey
from terminal.simexchange.clock import SimClock
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import booked, listed
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.sides import LONG, SHORT
from tests.support.caller import START_MS
from tests.support.floor import INVERSE, SYMBOL, Floor

if TYPE_CHECKING:
    from terminal.simexchange.trading.account import Account

COUNT = 3
DATED = listed(START_MS)[-1].symbol
FIRST_OF_CROWD = 3 * 10**17
BOUND = Decimal("1E-9")
sides = st.sampled_from([BUY, SELL])
who = st.integers(0, COUNT - 1)
command = st.one_of(
    st.tuples(
        st.just("place"),
        who,
        sides,
        st.sampled_from([None, None, -3000, -40, 0, 40, 3000]),
        st.sampled_from([1, 40, 700, 5000, 30_000]),
        st.sampled_from([3, 10, 50, 100]),
        st.sampled_from([{}, {}, {"reduceOnly": True}, {"hidden": True}, {"stp": "CB"}]),
    ),
    st.tuples(st.just("jump"), st.sampled_from([-9, -4, -1, 1, 2, 5, 40])),
    st.tuples(st.just("steps"), st.integers(1, 4)),
    st.tuples(st.just("fund"), st.sampled_from([0, 1, 20, 1000])),
    st.tuples(st.just("funding"), st.sampled_from([-0.4, -0.003, 0.003, 0.09])),
    st.tuples(st.just("time"), st.sampled_from([0.5, 3.0])),
    st.tuples(st.just("auto"), who),
    st.tuples(st.just("delivery"), st.sampled_from([0, 1, 400, 2000])),
)


class Money:
    """All money of a contract, counted by what everybody is told, and by nothing the engine sums.

    The crowd has what public trades say that nobody else bought or sold.
    """

    def __init__(
        self, symbol: str, mode: str, switches: dict[str, str], *, is_hedged: bool
    ) -> None:
        self.floor = Floor(symbol, SimClock(start_ms=START_MS, speed=0), **switches)
        self.floor.engine.deliveries.start()
        self.symbol, self.mode = symbol, mode
        engine = self.floor.engine
        self.accounts = [self.floor.account]
        for name in ("b", "c"):
            self.accounts.append(engine.accounts.add(ApiKey(name, name, name, uid=name * 24)))
        self.spec = self.floor.market.spec
        for account in self.accounts:
            account.set_hedged(is_on=is_hedged)
            account.margin_modes[symbol] = mode
        self.crowd_cash, self.crowd_lots = Decimal(0), 0
        self.hit: set[str] = set()
        self._open()
        self.total = self.sum()
        self.turns = 0

    def _open(self) -> None:
        """All begin with a position that a jump of the price ends, and little money besides."""
        for account, side, lots, leverage in zip(
            self.accounts, (BUY, SELL, BUY), (900, 700, 60), (50, 20, 5), strict=True
        ):
            account.set_cross_leverage(self.symbol, Decimal(leverage))
            leg = {}
            if account.legs.is_hedged:
                leg["positionSide"] = LONG if side == BUY else SHORT
            more = {"leverage": leverage, "marginMode": self.mode, **leg}
            self.floor.place(
                side, None, lots * (50 if self.spec.is_inverse else 1), account, **more
            )
            free = account.wallet_state(self.spec.settle).available
            account.move(self.spec.settle, -booked(free * Decimal("0.98")), "OUT")

    def do(self, row: tuple[Any, ...]) -> None:
        kind, floor, market = row[0], self.floor, self.floor.market
        engine = floor.engine
        if kind == "place":
            self._place(*row[1:])
        elif kind == "jump":
            engine.move(self.symbol, market.last * row[1] // 100)
        elif kind == "steps":
            for _ in range(row[1]):
                engine.step(self.symbol)
        elif kind == "fund":
            engine.insurance.set_balance(self.spec.settle, Decimal(row[1]))
            self.total = self.sum()
        elif kind == "funding":
            assert engine.settlements.on_begin is not None
            self.turns += 1
            engine.settlements.on_begin(market, self.turns, row[1])
        elif kind == "time":
            floor.clock.advance(row[1])
        elif kind == "delivery":
            self._deliver(row[1])
        else:
            account = self.accounts[row[1]]
            for leg in account.legs.of(self.symbol):
                leg.position.is_auto_deposit = True

    def _deliver(self, ahead_s: int) -> None:
        """Bring a delivery nearer, and go on to shortly before it or far into what comes before."""
        market = self.floor.market
        if market.spec.is_dated and not market.phase:
            self.floor.engine.deliveries.bring(market, ahead_s)
            self.floor.clock.advance(ahead_s - 0.5 if ahead_s > 1000 else ahead_s / 2)

    def _place(
        self,
        account: int,
        side: str,
        offset: int | None,
        size: int,
        leverage: int,
        more: dict[str, Any],
    ) -> None:
        floor, owner = self.floor, self.accounts[account]
        ticks = None if offset is None else floor.market.last + offset
        leg = {}
        if owner.legs.is_hedged:
            leg["positionSide"] = LONG if (side == BUY) == (size % 3 != 0) else SHORT
        body = floor.body(side, ticks, size, leverage=leverage, marginMode=self.mode, **leg, **more)
        with suppress(Refused):
            floor.engine.place(owner, body)

    # Laws ----------------------------------------------------------------------------------------

    def own(self, account: Account) -> tuple[Decimal, int]:
        """Cash without what positions cost, and lots: both change by trades alone."""
        cash, lots = account.wallets[self.spec.settle].cash, 0
        for leg in account.legs.of(self.symbol):
            sign = self._sign(leg.lots)
            cash, lots = cash - sign * leg.position.cost, lots + leg.lots
        return cash, lots

    def _sign(self, lots: int) -> int:
        return (1 if lots > 0 else -1) * (-1 if self.spec.is_inverse else 1) if lots else 0

    def crowd(self) -> tuple[Decimal, int]:
        """What the crowd paid and bought: public trades of orders that nobody else has."""
        insurance, publisher = self.floor.engine.insurance, self.floor.publisher
        known = {order.id for account in self.accounts for order in account.orders.values()}
        for topic, data in publisher.public:
            if topic != f"/contractMarket/execution:{self.symbol}":
                continue
            value = booked(self.spec.value(Decimal(data["price"]), data["size"]))
            taker = 1 if data["side"] == BUY else -1
            for name, way in (("takerOrderId", taker), ("makerOrderId", -taker)):
                # The exchange's own orders, which work off what it took over, are numbered lower.
                if data[name] not in known and int(data[name]) >= FIRST_OF_CROWD:
                    self.crowd_cash -= self._sign(way) * value
                    self.crowd_lots += way * data["size"]
        publisher.public.clear()
        publisher.private.clear()
        lots = self.crowd_lots + insurance.crowd_lots.get(self.symbol, 0)
        return self.crowd_cash + insurance.crowd[self.spec.settle], lots

    def sum(self) -> Decimal:
        insurance, currency = self.floor.engine.insurance, self.spec.settle
        own = sum((self.own(account)[0] for account in self.accounts), Decimal(0))
        return own + insurance.balances[currency] + insurance.fees[currency] + self.crowd()[0]

    def check(self) -> None:
        engine, currency = self.floor.engine, self.spec.settle
        assert self.sum() == self.total, "cash is conserved"
        lots = sum(self.own(account)[1] for account in self.accounts) + self.crowd()[1]
        assert lots == 0, "for every lot bought one is sold"
        assert engine.insurance.balances[currency] >= 0
        book = self.floor.market.book
        for account in self.accounts:
            wallet = account.wallets[currency]
            assert account.ledger.total(currency) == wallet.cash
            for leg in account.legs.of(self.symbol):
                if self.mode == ISOLATED and leg.lots == 0:
                    assert not leg.position.own_margin
            held = {row.way for row in account.closings.newest()}
            self.hit |= held
            resting = {o.id for o in book._orders.values() if o.owner == account.uid}
            assert resting == set(account.working(self.symbol)), "no ghosts"
            assert not engine.halts.liquidating - {(a.uid, self.symbol) for a in self.accounts}
            for closed in account.closings.newest():
                if closed.way == "LIQUID" and self.mode == CROSS:
                    assert wallet.cash > -BOUND, "nobody owes the exchange anything"


MODES = [
    (SYMBOL, ISOLATED, False, {}),
    (SYMBOL, CROSS, False, {}),
    (INVERSE, ISOLATED, False, {"partial_liquidation": "bankruptcy"}),
    (INVERSE, CROSS, True, {"liquidation_fee": "none", "adl_fee": "taker"}),
    (SYMBOL, ISOLATED, True, {"liquidation_stops": "kept"}),
    (SYMBOL, CROSS, True, {"partial_liquidation": "bankruptcy"}),
]
DELIVERED = [
    (DATED, ISOLATED, False, {"delivery_resting": "canceled"}),
    (DATED, CROSS, True, {"delivery_close_type": "SETTLEMENT"}),
]
"""Each of them in the modes in which what is settled differs most."""


@pytest.mark.parametrize(("symbol", "mode", "is_hedged", "switches"), [*MODES, *DELIVERED])
@given(rows=st.lists(command, min_size=6, max_size=25))
@settings(
    max_examples=settings().max_examples // 10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_cash_is_conserved_over_any_history(
    symbol: str, mode: str, is_hedged: bool, switches: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    money = Money(symbol, mode, switches, is_hedged=is_hedged)
    for row in rows:
        money.do(row)
        money.check()


@pytest.mark.parametrize(("symbol", "mode", "is_hedged", "switches"), MODES)
def test_such_histories_liquidate_and_deleverage(
    symbol: str, mode: str, is_hedged: bool, switches: dict[str, str]
) -> None:
    """What the law above is about does happen, in every mode."""
    money = Money(symbol, mode, switches, is_hedged=is_hedged)
    for row in (("fund", 0), ("jump", -9), ("time", 3.0), ("jump", 40), ("funding", 0.09)):
        money.do(row)
        money.check()
    assert money.hit >= {"LIQUID", "ADL"}


@pytest.mark.parametrize(("symbol", "mode", "is_hedged", "switches"), DELIVERED)
def test_such_histories_deliver(
    symbol: str, mode: str, is_hedged: bool, switches: dict[str, str]
) -> None:
    """With a jump shortly before it, an empty fund, and everybody at the same price."""
    money = Money(symbol, mode, switches, is_hedged=is_hedged)
    for row in (("fund", 0), ("delivery", 2000), ("jump", -4), ("time", 0.5), ("time", 3.0)):
        money.do(row)
        money.check()
    assert money.floor.market.phase == "Settled"
    assert not any(money.own(account)[1] for account in money.accounts)
    types = {fill.trade_type for a in money.accounts for fill in a.fills.newest()}
    assert "settlement" in types
