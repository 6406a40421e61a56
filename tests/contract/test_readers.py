"""Every call of the reference: its example is decoded by the client, and no mutation breaks it.

Whatever is dropped, nulled, retyped, nested, blown up, negated or written in other letters: the
client makes a whole fact of it or raises the one documented error, never anything else.
"""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import Symbol
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.exchange.rows import rows_of
from terminal.wire import account, funds, history, market, series, settings, trading
from terminal.wire.codec import DecodeError, Raw, decode
from terminal.wire.fields import Exact
from terminal.wire.pages import MorePayload, PagePayload
from tests.support.facts import assert_whole
from tests.support.payloads import FOLDER, known_scales, load

if TYPE_CHECKING:
    from collections.abc import Callable

XBT = Symbol("XBTUSDTM")
SCALES = known_scales()


def one(kind: Any, read: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    return lambda raw: read(decode(raw, kind))


def listed(kind: Any, read: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    return lambda raw: tuple(read(row) for row in rows_of(Raw(raw), kind))


def paged(kind: Any, read: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    return lambda raw: tuple(read(row) for row in decode(raw, PagePayload[kind]).items or ())


def more(kind: Any, read: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    return lambda raw: tuple(read(row) for row in decode(raw, MorePayload[kind]).dataList or ())


def scaled(read: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    return lambda payload: read(payload, SCALES)


def of_symbol(read: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda payload: read(XBT, payload)


def of_both(read: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda payload: read(XBT, payload, SCALES)


def depth(payload: market.BookPayload) -> Any:
    return translate.book_depth(payload, 20, SCALES)


ORDER = scaled(translate.order_update)
FILL = scaled(translate.fill)
POSITION = scaled(translate.rest_position)
POINT = translate.series_point

READERS: dict[str, Callable[[bytes], Any]] = {
    "account_detail": one(funds.AccountPayload, translate.account_funds),
    "accounts": listed(funds.AccountPayload, translate.account_funds),
    "all_tickers": listed(market.TickerPayload, of_both(translate.ticker)),
    "closed_positions": paged(history.ClosedPositionPayload, translate.closed_position),
    "contract": one(
        market.ContractPayload, lambda p: (translate.contract(p), translate.market_summary(p))
    ),
    "cross_leverage": one(account.CrossLeveragePayload, lambda p: p.leverage),
    "cross_order_limits": listed(settings.CrossOrderLimitPayload, translate.cross_order_limit),
    "cross_order_limit": listed(settings.CrossOrderLimitPayload, translate.cross_order_limit),
    "cross_requirement": listed(settings.CrossRequirementPayload, translate.cross_requirement),
    "depth20": one(market.BookPayload, depth),
    "fill": one(trading.FillPayload, FILL),
    "fill_liquidation": one(trading.FillPayload, FILL),
    "fill_taxed": one(trading.FillPayload, FILL),
    "fills_page": paged(trading.FillPayload, FILL),
    "funding_history": more(history.FundingPaymentPayload, translate.funding_payment),
    "funding_rate": one(series.CurrentFundingPayload, of_symbol(translate.funding_rate)),
    "funding_rates": listed(series.PastFundingPayload, translate.past_funding),
    "history_positions": paged(history.ClosedPositionPayload, translate.closed_position),
    "index_query": more(series.SeriesPointPayload, POINT),
    "interest_query": more(series.SeriesPointPayload, POINT),
    "klines": one(list[market.CandlePayload], lambda p: tuple(map(of_both(translate.candle), p))),
    "klines_six_columns": one(
        list[market.CandlePayload], lambda p: tuple(map(of_both(translate.candle), p))
    ),
    "ledger": more(history.LedgerPayload, translate.ledger_entry),
    "ledger_pending": more(history.LedgerPayload, translate.ledger_entry),
    "margin_mode": one(account.MarginModePayload, lambda p: translate.margin_mode(p.marginMode)),
    "margin_modes": one(settings.MarginModesPayload, translate.margin_modes),
    "mark_price": one(market.MarkPricePayload, of_symbol(translate.mark_price)),
    "max_open_size": one(settings.MaxOpenSizePayload, translate.max_open_size),
    "max_withdraw_margin": one(Exact, lambda amount: amount),
    "open_order_statistics": one(
        trading.OpenOrderStatisticsPayload, of_symbol(translate.open_order_totals)
    ),
    "open_order_statistics_old": one(
        trading.OpenOrderStatisticsPayload, of_symbol(translate.open_order_totals)
    ),
    "order": one(trading.OrderPayload, ORDER),
    "order_done": one(trading.OrderPayload, ORDER),
    "orders_done_page": paged(trading.OrderPayload, ORDER),
    "orders_page": paged(trading.OrderPayload, ORDER),
    "overview": one(account.OverviewPayload, translate.overview),
    "overview_all": one(account.OverviewAllPayload, translate.account_totals),
    "position": listed(account.PositionPayload, POSITION),
    "position_isolated": listed(account.PositionPayload, POSITION),
    "position_mode": one(account.PositionModePayload, translate.position_mode),
    "position_v2": listed(account.PositionPayload, POSITION),
    "position_v2_full": listed(account.PositionPayload, POSITION),
    "premium_query": more(series.SeriesPointPayload, POINT),
    "risk_limit": listed(series.RiskTierPayload, translate.risk_tier),
    "snapshot": one(market.BookPayload, scaled(translate.book_snapshot)),
    "status": one(series.StatusPayload, translate.service_status),
    "stop_order": one(trading.OrderPayload, ORDER),
    "sub_account": one(funds.SubBalancesPayload, translate.sub_account_funds),
    "sub_account_balance": one(funds.SubBalancesPayload, translate.sub_account_funds),
    "sub_accounts": paged(funds.SubBalancesPayload, translate.sub_account_funds),
    "sub_users": paged(funds.SubUserPayload, translate.sub_account),
    "switch": one(settings.SwitchPayload, translate.dead_man_switch),
    "ticker": one(market.TickerPayload, of_both(translate.ticker)),
    "trade_fees": one(settings.FeeRatesPayload, translate.fee_rates),
    "trade_history": listed(market.TradePayload, of_both(translate.public_trade)),
    "trade_statistics": one(series.TradeStatisticsPayload, lambda p: p.turnoverOf24h),
    "transfer_list": paged(funds.OldTransferPayload, translate.past_transfer),
    "transfer_out_reply": one(funds.OldTransferPayload, translate.past_transfer),
    "transfer_out": one(funds.OldTransferPayload, translate.past_transfer),
    "transferable": one(account.TransferablePayload, lambda p: (p.balance, p.transferable)),
    "universal_transfer_reply": one(account.TransferredPayload, lambda p: p.orderId),
    "user_info": one(settings.UserInfoPayload, translate.user_level),
    "order_match_frame": one(trading.OrderEventPayload, scaled(translate.order_event)),
    "stop_frame": one(trading.StopEventPayload, scaled(translate.stop_event)),
    "wallet_frame": one(account.WalletPayload, translate.wallet_change),
}
ELSEWHERE = {
    "account_mode", "api_key", "bullet", "timestamp",  # read by key check and token
    "universal_transfer", "change_cross_leverage", "switch_set",  # bodies and bare answers
    "cancel_by_client_oid", "cancel_by_id", "multi_cancel_by_client_oid",  # commands
    "multi_cancel_reply", "multi_order_reply",
    "transfer_in_reply", "transfer_in_old_reply",  # whole envelopes, read by http
    "position_isolated_extra",  # a part of a position
}  # fmt: skip
HARMLESS = frozenset({"orders_page"})


def payload_of(name: str) -> Any:
    payload = load(name)
    return payload["data"] if name.endswith("_frame") else payload


def test_every_example_of_a_call_has_its_reader() -> None:
    """Frames and messages of the order socket have theirs in other tests."""
    names = {path.stem for path in FOLDER.glob("*.json")}
    answers = {name for name in names if not name.endswith("_frame") and "socket" not in name}
    assert answers - ELSEWHERE == {name for name in READERS if not name.endswith("_frame")}


@pytest.mark.parametrize("name", sorted(READERS))
def test_the_references_example_is_read(name: str) -> None:
    fact = READERS[name](json.dumps(payload_of(name)).encode())
    assert_whole(fact)
    assert fact != () or name in HARMLESS


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a payload with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += [(value, key), *places(inner)]
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            found += [(value, at), *places(inner)]
    return found


GONE = object()
STRANGE: list[Any] = [
    GONE, None, "", " ", "x", "NaN", "-Infinity", "1e999", "1E-999", "2.0E-4", "\u0661\u0662",
    "\ud83d\udca3", "XBTUSDTM", 0, -1, 1, 2, -0.0, 0.1, 1e15, 1e300, -1e300, 2**31, 2**53 + 1,
    2**63, -(2**63), 10**30, 1_760_000_000, 1_760_000_000_000, True, False, [], {}, [[]], [{}],
    {"value": 1}, ["1", "2"], [None], "true", "buy", "CROSS", "999999999999999999999999999",
]  # fmt: skip


def mutated(payload: Any, seed: int) -> Any:
    """A payload with up to three of its places changed."""
    dice = random.Random(seed)
    changed = {"whole": copy.deepcopy(payload)}
    for _ in range(dice.randint(1, 3)):
        container, key = dice.choice(places(changed))
        strange = dice.choice(STRANGE)
        if strange is GONE and container is not changed:
            del container[key]
        elif strange is not GONE:
            container[key] = copy.deepcopy(strange)
        if dice.random() < 0.1 and strange is not GONE:
            inner = container[key]
            container[key] = [inner] if dice.random() < 0.5 else {"data": inner}
    return changed["whole"]


def assert_fact_or_error(name: str, raw: bytes) -> None:
    """A whole fact, or the documented error with a text that fits a log line."""
    told = ""
    try:
        assert_whole(READERS[name](raw))
    except (ProtocolError, DecodeError) as error:
        told = str(error)
    assert len(told) < 800


@pytest.mark.parametrize("name", sorted(READERS))
@given(st.integers(0, 2**32))
def test_no_mutation_makes_a_half_fact_or_another_error(name: str, seed: int) -> None:
    raw = json.dumps(mutated(payload_of(name), seed)).encode()
    assert_fact_or_error(name, raw)


@pytest.mark.parametrize("name", sorted(READERS))
@given(st.binary(max_size=40), st.integers(0, 10**6))
def test_no_damaged_bytes_are_anything_but_the_one_error(name: str, noise: bytes, cut: int) -> None:
    whole = json.dumps(payload_of(name)).encode()
    at = cut % (len(whole) + 1)
    for raw in (noise, whole[:at], whole[:at] + noise + whole[at:]):
        assert_fact_or_error(name, raw)
