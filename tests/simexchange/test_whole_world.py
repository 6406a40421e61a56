"""Everything at once: whatever several accounts do and suffer, no money comes or goes.

The law is counted by what accounts have and what was traded, in every currency to the last digit:
the sum over funding sides, wallets and positions of all accounts, the fees, the insurance fund and
the crowd stays what it was.
"""

from __future__ import annotations

import faulthandler
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from terminal.simexchange.market import scenarios
from terminal.simexchange.market.contracts import booked, listed
from terminal.simexchange.market.matching import BUY
from terminal.simexchange.saved import state
from terminal.simexchange.switches import described
from terminal.simexchange.trading.sides import LONG, SHORT
from tests.support.caller import START_MS, Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.market.market import Market, Trade
    from terminal.simexchange.market.matching import Match
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition

DATED = listed(START_MS)[-1].symbol
SYMBOLS = ("XBTUSDTM", "ETHUSDTM", "XBTUSDM", DATED)
COINS = {"USDT": "USDT", "USDC": "USDC", "XBT": "BTC"}
"""Settle currencies, and what they are called on the funding side."""
FIRST_OF_CROWD = 3 * 10**17
NAMES = ("demo", "desk", "other", "third")
TRANSFER = "/api/v3/accounts/universal-transfer"


@final
class Everything:
    """An exchange with three masters and a sub-account, and what the crowd has by public trades."""

    def __init__(self, switches: dict[str, str]) -> None:
        self.switches = switches
        self.caller = Caller(START_MS, **switches)
        may = "General+Spot+Futures+InnerTransfer"
        for text in (f"desk:{may}@main/desk", f"other:{may}@other", f"third:{may}@third"):
            self.caller.new_key(text)
        self.crowd = dict.fromkeys(COINS, Decimal(0))
        self.turns = 0
        self._begin()
        self._open()
        self.totals = self.sums()

    def _begin(self) -> None:
        engine = self.caller.engine
        self._traded = engine.traded
        engine.traded = self._count  # type: ignore[method-assign]  # counted, then told as usual
        engine.settlements.start()
        engine.deliveries.start()

    def _open(self) -> None:
        """All have money and positions that a large move ends; the sub-account has its master's."""
        self.do(("transfer", 0, "PARENT_TO_SUB", "USDT", "MAIN", "CONTRACT", "9000"))
        self.do(("transfer", 0, "PARENT_TO_SUB", "BTC", "MAIN", "CONTRACT", "0.2"))
        for who, side in enumerate((BUY, "sell", BUY, "sell")):
            for symbol, lots in zip(SYMBOLS, (300, 150, 9000, 6000), strict=True):
                self.do(("order", who, symbol, side, None, lots // (who + 1), 40, {}))

    @property
    def accounts(self) -> list[Account]:
        return list(self.caller.engine.accounts.by_uid.values())

    def key(self, who: int) -> ApiKey:
        return self.caller.exchange.keys[NAMES[who]].key

    def account(self, who: int) -> Account:
        return self.caller.engine.accounts.of(self.key(who))

    # What the crowd has ----------------------------------------------------------------------

    def _count(self, market: Market, trade: Trade, match: Match) -> None:
        """The other side of what accounts trade in the book, and of the exchange's own orders."""
        spec = market.spec
        value = booked(spec.value(spec.price(trade.price), trade.lots))
        taker = 1 if trade.side == BUY else -1
        takes = int(trade.taker_id) >= FIRST_OF_CROWD and not any(
            trade.taker_id in account.orders for account in self.accounts
        )
        for is_crowd, way in ((takes, taker), (not match.maker.owner, -taker)):
            if is_crowd:
                self.crowd[spec.settle] -= value * (-way if spec.is_inverse else way)
        self._traded(market, trade, match)

    # What is done ----------------------------------------------------------------------------

    def do(self, row: tuple[Any, ...]) -> Any:
        made: Callable[..., Any] = getattr(self, f"_{row[0]}")
        return made(*row[1:])

    def call(self, who: int, path: str, body: dict[str, Any]) -> str:
        _, answer = self.caller.call("POST", path, body, self.key(who))
        return str(answer["code"])

    def _order(  # noqa: PLR0917 - a row of the generated commands
        self,
        who: int,
        symbol: str,
        side: str,
        ticks: int | None,
        lots: int,
        leverage: int,
        more: dict[str, Any],
    ) -> str:
        self.turns += 1
        account, caller = self.account(who), self.caller
        body = {"symbol": symbol, "side": side, "size": lots, "leverage": leverage, **more}
        body |= {"clientOid": f"w-{self.turns}", "marginMode": account.mode(symbol)}
        body["type"] = "market" if ticks is None else "limit"
        if ticks is not None:
            body["price"] = caller.high(symbol, ticks)
        if account.legs.is_hedged:
            body["positionSide"] = LONG if (side == BUY) == (lots % 3 != 0) else SHORT
        if "stop" in more:
            body["stopPrice"] = caller.high(symbol, 40 if more["stop"] == "up" else -40)
        path = "/api/v1/orders"
        if body.pop("exits", False):
            path = "/api/v1/st-orders"
            body |= {"triggerStopUpPrice": caller.high(symbol, 600), "stopPriceType": "TP"}
            body["triggerStopDownPrice"] = caller.low(symbol, 600)
        return self.call(who, path, body)

    def _cancel(self, who: int, symbol: str) -> None:
        self.caller.call("DELETE", f"/api/v3/orders?symbol={symbol}", key=self.key(who))

    def _jump(self, symbol: str, percent: int) -> None:
        market = self.caller.engine.markets[symbol]
        self.caller.engine.move(symbol, market.last * percent // 100)

    def _steps(self, symbol: str, count: int) -> None:
        for _ in range(count):
            self.caller.clock.advance(0.5)
            self.caller.exchange.step(symbol)

    def _scenario(self, name: str, symbol: str) -> None:
        scenarios.start(self.caller.engine.markets, name, [symbol])
        self._steps(symbol, 6)

    def _wait(self, seconds: float) -> None:
        self.caller.clock.advance(seconds)

    def _funding(self, symbol: str, rate: float) -> None:
        begin, market = self.caller.engine.settlements.on_begin, self.caller.engine.markets[symbol]
        assert begin is not None
        if not market.spec.is_dated:
            self.turns += 1
            begin(market, self.turns, rate)

    def _fund(self, currency: str, amount: int) -> None:
        """The fund is filled or emptied from outside: the only thing here that moves the sum."""
        insurance = self.caller.engine.insurance
        self.totals[currency] += Decimal(amount) - insurance.balances[currency]
        insurance.set_balance(currency, Decimal(amount))

    def _deliver(self, ahead_s: int) -> None:
        market = self.caller.engine.markets[DATED]
        if not market.phase:
            self.caller.engine.deliveries.bring(market, ahead_s)

    def _mode(self, who: int, symbol: str, mode: str) -> str:
        body = {"symbol": symbol, "marginMode": mode}
        return self.call(who, "/api/v2/position/changeMarginMode", body)

    def _leverage(self, who: int, symbol: str, leverage: str) -> str:
        body = {"symbol": symbol, "leverage": leverage}
        return self.call(who, "/api/v2/changeCrossUserLeverage", body)

    def _hedge(self, who: int, mode: str) -> str:
        return self.call(who, "/api/v2/position/switchPositionMode", {"positionMode": mode})

    def _flat(self, who: int) -> None:
        """Everything of an account is canceled and closed; so that its modes can be switched."""
        for symbol in SYMBOLS:
            self._cancel(who, symbol)
            self.caller.call("DELETE", f"/api/v1/stopOrders?symbol={symbol}", key=self.key(who))
            for held in list(self.account(who).legs.open(symbol)):
                side = "sell" if held.lots > 0 else BUY
                more = {"positionSide": held.side} if held.side in (LONG, SHORT) else {}
                self.turns += 1
                body = {"symbol": symbol, "type": "market", "closeOrder": True, "side": side}
                body |= {"clientOid": f"w-{self.turns}", "marginMode": held.margin_mode, **more}
                self.call(who, "/api/v1/orders", body)

    def _margin(self, who: int, symbol: str, amount: str) -> str:
        """Put margin in (above zero), or take it out."""
        self.turns += 1
        body: dict[str, Any] = {"symbol": symbol}
        if self.account(who).legs.is_hedged:
            body["positionSide"] = LONG
        if amount.startswith("-"):
            body["withdrawAmount"] = amount[1:]
            return self.call(who, "/api/v1/margin/withdrawMargin", body)
        body |= {"margin": amount, "bizNo": f"m-{self.turns}"}
        return self.call(who, "/api/v1/position/margin/deposit-margin", body)

    def _level(self, who: int, symbol: str, level: int) -> str:
        body = {"symbol": symbol, "level": level}
        return self.call(who, "/api/v1/position/risk-limit-level/change", body)

    def _auto(self, who: int, symbol: str) -> str:
        path = "/api/v1/position/margin/auto-deposit-status"
        return self.call(who, path, {"symbol": symbol, "status": True})

    def _transfer(
        self, who: int, way: str, coin: str, source: str, target: str, amount: str
    ) -> str:
        self.turns += 1
        body = {"clientOid": f"t-{self.turns}", "type": way, "currency": coin, "amount": amount}
        body |= {"fromAccountType": source, "toAccountType": target}
        desk = self.key(1).uid
        body |= {"toUserId": desk} if way == "PARENT_TO_SUB" else {}
        body |= {"fromUserId": desk} if way == "SUB_TO_PARENT" else {}
        return self.call(who, TRANSFER, body)

    def _out(self, who: int, coin: str, amount: float) -> str:
        body = {"currency": coin, "amount": amount, "recAccountType": "MAIN"}
        return self.call(who, "/api/v3/transfer-out", body)

    def _restart(self) -> None:
        """Go on from what a file would hold."""
        engine = self.caller.engine
        del engine.traded
        kept = json.loads(json.dumps(state.written(self.caller.exchange)))
        self.caller = Caller(state.beginning(kept).start_ms, **self.switches)
        state.restore(self.caller.exchange, kept)
        self._begin()

    # The law ---------------------------------------------------------------------------------

    def sums(self) -> dict[str, Decimal]:
        """All money by settle currency."""
        engine, found = self.caller.engine, {}
        for currency, coin in COINS.items():
            insurance = engine.insurance
            total = insurance.balances[currency] + insurance.fees[currency]
            total += insurance.crowd[currency] + self.crowd[currency]
            total += sum(one.total(coin) for one in engine.accounts.funding.values())
            found[currency] = total - self._paid(currency)
        return found

    def _paid(self, currency: str) -> Decimal:
        """What positions cost: money that is not in the wallets yet, or was not taken from them."""
        held: list[SimPosition] = [one for account in self.accounts for one in account.legs.open()]
        return sum(
            (
                one.cost if (one.lots > 0) != one.spec.is_inverse else -one.cost
                for one in held
                if one.spec.settle == currency
            ),
            Decimal(0),
        )

    def check(self) -> None:
        engine = self.caller.engine
        assert self.sums() == self.totals
        assert all(balance >= 0 for balance in engine.insurance.balances.values())
        for account in self.accounts:
            for currency, wallet in account.wallets.items():
                assert account.ledger.total(currency) == wallet.cash
                assert wallet.frozen >= 0
            purses = engine.accounts.funding[account.uid].purses.values()
            assert all(purse.available >= 0 for purse in purses)
            for symbol in SYMBOLS:
                book = engine.markets[symbol].book
                mine = {one.id for one in book._orders.values() if one.owner == account.uid}
                assert mine == set(account.working(symbol)), "no ghosts"


who = st.integers(0, 3)
symbols = st.sampled_from(SYMBOLS)
coins = st.sampled_from(("USDT", "BTC", "USDC"))
kinds = st.sampled_from(("MAIN", "CONTRACT", "TRADE"))
orders = st.tuples(
    st.just("order"),
    who,
    symbols,
    st.sampled_from((BUY, "sell")),
    st.sampled_from((None, None, -400, -3, 0, 3, 400)),
    st.sampled_from((1, 9, 70, 900, 20_000)),
    st.sampled_from((3, 20, 50)),
    st.sampled_from(
        ({}, {}, {"reduceOnly": True}, {"hidden": True}, {"exits": True}, {"stp": "CB"},
         {"stop": "up", "stopPriceType": "TP"}, {"stop": "down", "stopPriceType": "MP"})
    ),
)  # fmt: skip
ACTIONS = st.one_of(
    orders,
    orders,
    orders,
    st.tuples(st.just("cancel"), who, symbols),
    st.tuples(st.just("jump"), symbols, st.sampled_from((-25, -6, -2, 2, 7, 40))),
    st.tuples(st.just("steps"), symbols, st.integers(1, 4)),
    st.tuples(st.just("scenario"), st.sampled_from(sorted(scenarios.SCENARIOS)), symbols),
    st.tuples(st.just("wait"), st.sampled_from((0.4, 3, 700, 9 * 3600))),
    st.tuples(st.just("funding"), symbols, st.sampled_from((-0.2, 0.002, 0.09))),
    st.tuples(st.just("fund"), st.sampled_from(sorted(COINS)), st.sampled_from((0, 1, 500))),
    st.tuples(st.just("deliver"), st.sampled_from((0, 2, 500, 1900))),
    st.tuples(st.just("flat"), who),
    st.tuples(st.just("mode"), who, symbols, st.sampled_from(("CROSS", "ISOLATED"))),
    st.tuples(st.just("leverage"), who, symbols, st.sampled_from(("2", "17", "50"))),
    st.tuples(st.just("hedge"), who, st.sampled_from("01")),
    st.tuples(st.just("margin"), who, symbols, st.sampled_from(("3", "0.01", "-0.5", "-0.001"))),
    st.tuples(st.just("level"), who, symbols, st.integers(1, 4)),
    st.tuples(st.just("auto"), who, symbols),
    st.tuples(
        st.just("transfer"),
        who,
        st.sampled_from(("INTERNAL", "PARENT_TO_SUB", "SUB_TO_PARENT")),
        coins,
        kinds,
        kinds,
        st.sampled_from(("0.05", "40", "20000")),
    ),
    st.tuples(st.just("out"), who, st.sampled_from(("USDT", "XBT")), st.sampled_from((0.02, 90.0))),
    st.tuples(st.just("restart")),
)
_MONEY = (
    *("liquidation_fee", "maintenance_size", "liquidation_stops", "partial_liquidation"),
    *("adl_fee", "hedge_cross_margin", "exits_made", "exits_size", "exits_linked"),
    *("triggered_stop_id", "market_order_margin", "transfer_credit", "transfer_out_end"),
    *("transfer_out_reply", "delivery_resting", "delivery_close_type", "risk_limit_leverage"),
)
CHOICES = {name: choices for name, choices, _, _ in described()}
SWITCHES = st.fixed_dictionaries({name: st.sampled_from(CHOICES[name]) for name in _MONEY})


def check_law(switches: dict[str, str], rows: list[Any]) -> None:
    world = Everything(switches)
    for row in rows:
        world.do(row)
        world.check()


@hypothesis.settings(
    max_examples=8, suppress_health_check=list(HealthCheck), deadline=None, phases=[Phase.generate]
)
@given(SWITCHES, st.lists(ACTIONS, min_size=15, max_size=40))
def test_no_money_comes_or_goes_whatever_happens(switches: dict[str, str], rows: list[Any]) -> None:
    check_law(switches, rows)


@pytest.mark.nightly
@hypothesis.settings(max_examples=1000, suppress_health_check=list(HealthCheck), deadline=None)
@given(SWITCHES, st.lists(ACTIONS, min_size=15, max_size=80))
def test_no_money_comes_or_goes_in_a_thousand_histories(
    switches: dict[str, str], rows: list[Any]
) -> None:
    faulthandler.cancel_dump_traceback_later()  # a thousand take longer than one that hangs may
    check_law(switches, rows)


def test_everything_is_among_what_happens() -> None:
    """The law is no law about refusals: each kind of thing can be done, and is."""
    world = Everything({})
    types: set[str] = set()
    expected: list[tuple[tuple[Any, ...], str | None]] = [
        (("transfer", 0, "SUB_TO_PARENT", "USDT", "CONTRACT", "MAIN", "20"), "200000"),
        (("transfer", 2, "INTERNAL", "BTC", "MAIN", "CONTRACT", "0.05"), "200000"),
        (("out", 3, "USDT", 90.0), "200000"),
        (("margin", 0, "XBTUSDTM", "3"), "200000"),
        (("margin", 0, "XBTUSDTM", "-0.5"), "200000"),
        (("level", 3, "XBTUSDTM", 2), "200000"),
        (("leverage", 3, "XBTUSDTM", "17"), "200000"),
        (("auto", 3, "ETHUSDTM"), "200000"),
        (("deliver", 1900), None),
        (("restart",), None),
        (("wait", 700), None),
        (("steps", "XBTUSDM", 4), None),
        (("funding", "XBTUSDTM", 0.002), None),
        (("flat", 3), None),
        (("mode", 3, "XBTUSDTM", "CROSS"), "200000"),
        (("hedge", 3, "1"), "200000"),
        (("order", 3, "XBTUSDTM", BUY, None, 70, 20, {}), "200000"),
        (("order", 3, "XBTUSDTM", "sell", None, 9, 20, {}), "200000"),
        (("fund", "USDT", 0), None),
        (("jump", "XBTUSDTM", -25), None),
        (("wait", 3), None),
        (("jump", "XBTUSDTM", 40), None),
        (("wait", 1801), None),
    ]
    for row, code in expected:
        assert world.do(row) == code, row
        world.check()
        types |= {one.trade_type for a in world.accounts for one in a.fills.newest()}
    assert types == {"trade", "liquid", "adl", "settlement"}
    assert any(account.ledger.payments for account in world.accounts)
