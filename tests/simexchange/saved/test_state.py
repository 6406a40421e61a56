"""An exchange that goes on from its saved state is the one that was saved."""

from __future__ import annotations

import json
from typing import Any, final

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from terminal.simexchange.saved import files, state
from terminal.simexchange.saved.graph import StateError
from tests.support.caller import START_MS, SYMBOL, Caller
from tests.support.pictures import SYMBOLS, differences, pictures

HOUR_S = 3600


@final
class Trader:
    """Somebody who does what is drawn, whatever comes of it."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self._count = 0

    def do(self, action: tuple[Any, ...]) -> None:
        getattr(self, f"_{action[0]}")(*action[1:])

    def _key(self, number: int) -> Any:
        return [named.key for named in self.caller.exchange.keys.values()][number]

    def _order(self, who: int, symbol: str, side: str, ticks: int | None, more: Any) -> None:
        self._count += 1
        body = {"symbol": symbol, "side": side, "size": 2, "leverage": 5, "type": "market", **more}
        body["clientOid"] = f"h-{self.caller.clock.now_ms()}-{self._count}"
        if ticks is not None:
            body |= {"type": "limit", "price": self.caller.high(symbol, ticks)}
        if "stop" in more:
            body["stopPrice"] = self.caller.high(symbol, 40 if more["stop"] == "up" else -40)
        path = "/api/v1/orders"
        if more.get("exits"):
            del body["exits"]
            path = "/api/v1/st-orders"
            body["triggerStopUpPrice"] = self.caller.high(symbol, 60)
            body["triggerStopDownPrice"] = self.caller.low(symbol, 60)
            body["stopPriceType"] = "TP"
        self.caller.call("POST", path, body, self._key(who))

    def _cancel(self, who: int, place: int) -> None:
        active = self.caller.engine.accounts.of(self._key(who)).active()
        if active:
            order = active[place % len(active)]
            self.caller.call("DELETE", f"/api/v1/orders/{order.id}", key=self._key(who))

    def _step(self, symbol: str, count: int) -> None:
        for _ in range(count):
            self.caller.exchange.step(symbol)
            self.caller.clock.advance(0.5)

    def _move(self, symbol: str, ticks: int) -> None:
        self.caller.engine.move(symbol, ticks)

    def _crash(self, symbol: str, percent: int) -> None:
        self.caller.engine.move(symbol, self.caller.engine.markets[symbol].last * percent // 100)

    def _wait(self, seconds: float) -> None:
        self.caller.clock.advance(seconds)

    def _post(self, who: int, path: str, body: Any) -> None:
        body = {**body, **({"clientOid": f"t-{self._count}"} if "transfer" in path else {})}
        self._count += 1
        if body.get("toUserId"):
            body["toUserId"] = next(iter(self.caller.exchange.funding.subs), "")
        self.caller.call("POST", path, body, self._key(who))


who = st.integers(0, 2)
symbols = st.sampled_from(SYMBOLS)
sides = st.sampled_from(("buy", "sell"))
more = st.sampled_from(
    (
        {},
        {},
        {"marginMode": "CROSS"},
        {"reduceOnly": True},
        {"hidden": True},
        {"iceberg": True, "visibleSize": 1},
        {"postOnly": True},
        {"stop": "up", "stopPriceType": "TP"},
        {"stop": "down", "stopPriceType": "MP"},
        {"exits": True},
        {"positionSide": "LONG"},
        {"positionSide": "SHORT"},
    )
)
ticks = st.sampled_from((None, None, -3, -1, 0, 2, -300, 300))
TRANSFER = "/api/v3/accounts/universal-transfer"
kinds = {"fromAccountType": "MAIN", "toAccountType": "CONTRACT"}
POSTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (TRANSFER, {"type": "INTERNAL", "currency": "USDT", "amount": "5", **kinds}),
    (
        TRANSFER,
        {"type": "PARENT_TO_SUB", "toUserId": 1, "currency": "USDT", "amount": "7", **kinds},
    ),
    ("/api/v3/transfer-out", {"currency": "USDT", "amount": 3, "recAccountType": "MAIN"}),
    ("/api/v1/transfer-in", {"currency": "XBT", "amount": 0.1, "payAccountType": "MAIN"}),
    ("/api/v2/position/changeMarginMode", {"symbol": SYMBOL, "marginMode": "CROSS"}),
    ("/api/v2/changeCrossUserLeverage", {"symbol": SYMBOL, "leverage": "7"}),
    ("/api/v2/position/switchPositionMode", {"positionMode": "1"}),
    ("/api/v1/position/margin/deposit-margin", {"symbol": SYMBOL, "margin": 2, "bizNo": "b"}),
    ("/api/v1/position/risk-limit-level/change", {"symbol": SYMBOL, "level": 2}),
    ("/api/ua/v1/dcp/set", {"tradeType": "FUTURES", "timeout": 60}),
)
ACTIONS = st.one_of(
    st.tuples(st.just("order"), who, symbols, sides, ticks, more),
    st.tuples(st.just("order"), who, symbols, sides, ticks, more),
    st.tuples(st.just("cancel"), who, st.integers(0, 9)),
    st.tuples(st.just("step"), symbols, st.integers(1, 6)),
    st.tuples(st.just("move"), symbols, st.integers(-80, 80)),
    st.tuples(st.just("crash"), symbols, st.sampled_from((-25, 30))),
    st.tuples(st.just("wait"), st.sampled_from((0.3, 1, 61, 9 * HOUR_S))),
    st.tuples(st.just("post"), who, st.sampled_from(POSTS)).map(lambda row: (*row[:2], *row[2])),
)


def a_caller(start_ms: int = START_MS) -> Caller:
    caller = Caller(start_ms, transfer_credit="later")
    caller.exchange.engine.settlements.lasts_s = 5
    return caller


def a_house() -> Caller:
    """A caller with a second account and a sub-account, whose settlements go on."""
    caller = a_caller()
    caller.new_key("desk@main/desk")
    caller.new_key("other@other")
    caller.engine.settlements.start()
    return caller


def saved(caller: Caller) -> dict[str, Any]:
    """The state as it is in a file."""
    text = files.text_of(state.written(caller.exchange))
    found: dict[str, Any] = json.loads(text.partition("\n")[2])
    return found


def gone_on(found: dict[str, Any], *, leap: int = 0) -> Caller:
    """Another exchange that goes on from a state."""
    caller = a_caller(state.beginning(found).start_ms)
    state.restore(caller.exchange, found, leap=leap)
    caller.engine.settlements.start()
    return caller


def check_law(history: list[Any], future: list[Any]) -> None:
    caller = a_house()
    trader = Trader(caller)
    for action in history:
        trader.do(action)
    found = saved(caller)
    before = pictures(caller)
    other = gone_on(found)
    assert saved(other) == found
    assert not differences(before, pictures(other))
    follower = Trader(other)
    follower._count = trader._count
    for action in future:
        trader.do(action)
        follower.do(action)
    assert not differences(pictures(caller), pictures(other))


@hypothesis.settings(
    max_examples=3, suppress_health_check=list(HealthCheck), deadline=None, phases=[Phase.generate]
)
@given(st.lists(ACTIONS, min_size=5, max_size=25), st.lists(ACTIONS, max_size=4))
def test_every_read_answers_the_same_bytes_and_goes_on_alike(
    history: list[Any], future: list[Any]
) -> None:
    """Whatever was done: after going on from a file no read shows a difference, now or later."""
    check_law(history, future)


@pytest.mark.nightly
@hypothesis.settings(max_examples=1500, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(ACTIONS, min_size=5, max_size=40), st.lists(ACTIONS, max_size=12))
def test_a_thousand_histories_go_on_alike(history: list[Any], future: list[Any]) -> None:
    check_law(history, future)


def a_busy_house() -> Caller:
    """Positions, orders, stops, exits, a transfer under way, a dead-man switch."""
    caller = a_house()
    trader = Trader(caller)
    trader.do(("order", 0, SYMBOL, "buy", None, {}))
    trader.do(("order", 0, SYMBOL, "buy", -300, {"hidden": True}))
    trader.do(("order", 0, SYMBOL, "sell", 300, {"reduceOnly": True}))
    trader.do(("order", 0, SYMBOL, "sell", None, {"stop": "up", "stopPriceType": "TP"}))
    trader.do(("order", 0, SYMBOL, "buy", -200, {"exits": True}))
    trader.do(("post", 0, *POSTS[0]))
    trader.do(("post", 0, *POSTS[2]))
    trader.do(("post", 0, *POSTS[-1]))
    return caller


def test_the_generated_histories_hold_what_can_be_lost() -> None:
    """The busy house has something of everything, before and after."""
    caller = a_busy_house()
    for one in (caller, gone_on(saved(caller))):
        account = one.account
        assert account.positions[SYMBOL].lots == 2
        assert len(account.working(SYMBOL)) == 3
        assert len(account.waiting(SYMBOL)) == 1
        assert [len(one.exchange.funding.on_its_way), len(one.engine.dead_man.settings)] == [1, 1]
        assert account.wallets["USDT"].frozen == 3
        assert len(account.fills) == 1
        assert len(one.clock.waiting_once()) >= 3


def test_orders_are_in_the_book_again_and_fill_and_are_canceled() -> None:
    caller = gone_on(saved(a_busy_house()))
    account = caller.account
    hidden = next(order for order in account.working(SYMBOL).values() if order.is_hidden)
    found = caller.data(f"/api/v1/orders/byClientOid?clientOid={hidden.client_oid}")
    assert (found["id"], found["status"]) == (hidden.id, "open")
    assert caller.engine.markets[SYMBOL].book.order(hidden.id) is not None
    caller.engine.move(SYMBOL, -2000)
    for _ in range(5):
        caller.exchange.step(SYMBOL)
    assert hidden.filled == 2
    left = next(iter(account.working(SYMBOL)))
    assert caller.data(f"/api/v1/orders/{left}", "DELETE") == {"cancelledOrderIds": [left]}


def numbers_of(caller: Caller) -> dict[str, set[Any]]:
    """What clients know the account's and the market's things by."""
    account, market = caller.account, caller.engine.markets[SYMBOL]
    departures = caller.engine.accounts.departures[account.uid].rows
    return {
        "orders": {order.id for order in account.orders.values()},
        "trades": {trade.id for trade in market.trades},
        "crowd": {market.new_id()},
        "ledger": {row.offset for row in account.ledger.rows},
        "funding": {payment.number for payment in account.ledger.payments},
        "closings": {closing.number for closing in account.closings.newest()},
        "transfers": {row.apply_id for row in departures},
        "departures": {row.number for row in departures},
        "sequences": {market.book.sequence},
        "versions": {account.wallets["USDT"].version},
    }


def test_no_number_is_given_out_twice() -> None:
    """Whatever the lost run gave out after its last saving, all that is new has a larger number."""
    lost = a_busy_house()
    found, known = saved(lost), numbers_of(lost)
    again = gone_on(found, leap=state.LEAP)
    for caller in (lost, again):
        trader = Trader(caller)
        for _ in range(3):
            trader.do(("order", 0, SYMBOL, "buy", None, {}))
            trader.do(("order", 0, SYMBOL, "sell", None, {"size": 5}))
        trader.do(("post", 0, *POSTS[2]))
        caller.clock.advance(9 * HOUR_S)
    new = numbers_of(again)
    for name, numbers in numbers_of(lost).items():
        assert numbers - known[name], name
        assert min(new[name] - known[name]) > max(numbers), name


@pytest.mark.parametrize("is_saved_in_between", [False, True])
def test_positions_are_liquidated_after_a_restore_as_before(*, is_saved_in_between: bool) -> None:
    """Also one whose liquidation was under way, and the fund is the same afterwards."""
    caller = a_busy_house()
    trader = Trader(caller)
    if is_saved_in_between:
        trader.do(("crash", SYMBOL, -25))
        assert caller.engine.halts.liquidating
    other = gone_on(saved(caller))
    for one in (caller, other):
        if not is_saved_in_between:
            Trader(one).do(("crash", SYMBOL, -25))
        Trader(one).do(("wait", 5))
        assert not one.engine.halts.liquidating
        assert [row.way for row in one.account.closings.newest()] == ["LIQUID"]
        assert not one.account.positions[SYMBOL].lots
    assert other.engine.insurance.balances == caller.engine.insurance.balances
    assert not differences(pictures(caller), pictures(other))


def test_what_was_due_meanwhile_happens_at_once_and_missed_settlements_are_passed_over() -> None:
    """Money arrives and the dead-man switch acts late; nobody pays for funding while it was off."""
    found = saved(a_busy_house())
    caller = a_caller(state.beginning(found).start_ms)
    state.restore(caller.exchange, found)
    caller.clock.begin_at((START_MS + 30 * HOUR_S * 1000) * 1_000_000)
    caller.engine.settlements.start()
    assert caller.exchange.funding.on_its_way
    caller.clock.advance(1)
    assert not caller.exchange.funding.on_its_way
    assert caller.account.wallets["USDT"].frozen == 0
    assert not caller.engine.dead_man.settings
    assert not caller.account.working(SYMBOL)
    assert not caller.account.ledger.payments
    caller.clock.advance(8 * HOUR_S)
    assert len(caller.account.ledger.payments) == 1


def test_candles_have_a_hole_where_the_exchange_was_off() -> None:
    caller = a_house()
    Trader(caller).do(("order", 0, SYMBOL, "buy", None, {}))
    found = saved(caller)
    other = a_caller(state.beginning(found).start_ms)
    state.restore(other.exchange, found)
    other.clock.begin_at((START_MS + 3 * HOUR_S * 1000) * 1_000_000)
    Trader(other).do(("order", 0, SYMBOL, "buy", None, {}))
    rows = other.data(f"/api/v1/kline/query?symbol={SYMBOL}&granularity=1&from={START_MS - 60_000}")
    starts = [row[0] for row in rows]
    assert len([start for start in starts if start >= START_MS - START_MS % 60_000]) == 2
    assert starts[-1] - starts[-2] >= 3 * HOUR_S * 1000 - 60_000


def test_keys_stay_with_all_that_they_may() -> None:
    caller = a_caller()
    key = caller.new_key("bot:Spot@main/desk/10.0.0.1!v2,until=1860000000000")
    caller.exchange.remove_key("demo")
    other = gone_on(saved(caller))
    assert list(other.exchange.keys) == ["bot"]
    assert other.exchange.keys["bot"].key == key
    assert list(other.engine.accounts.keys) == [key.key]
    assert [row["name"] for row in other.exchange.accounts()] == ["main", "main/desk"]


@pytest.fixture(scope="module")
def unfit() -> tuple[Caller, dict[str, Any]]:
    """An exchange that nothing fits, and a state that fits others."""
    return a_caller(), saved(a_caller())


@pytest.mark.parametrize("name", ["accounts", "keys", "engine", "timers", "classes"])
@pytest.mark.parametrize("wrong", [None, 7, "x", [7], {"a": 1}, [["@", 9]], [[0, 0, 0]]])
def test_a_state_that_does_not_fit_is_refused(
    unfit: tuple[Caller, dict[str, Any]], name: str, wrong: Any
) -> None:
    """Parts of another form raise one error, and no other."""
    caller, found = unfit
    with pytest.raises(StateError):
        state.restore(caller.exchange, {**found, name: wrong})


@pytest.mark.parametrize("name", ["accounts", "keys", "engine", "timers", "classes", "now_ns"])
def test_a_state_without_one_of_its_parts_is_refused(
    unfit: tuple[Caller, dict[str, Any]], name: str
) -> None:
    caller, found = unfit
    with pytest.raises(StateError):
        state.restore(caller.exchange, {key: found[key] for key in found if key != name})
    with pytest.raises(StateError):
        state.restore(caller.exchange, {**found, "now_ns": None})
    for part in ("seed", "start_ms"):
        with pytest.raises(StateError):
            state.beginning({**found, part: "1"})
