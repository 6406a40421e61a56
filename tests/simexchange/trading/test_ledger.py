"""The ledger agrees with the wallet, whatever happens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.simexchange.errors import Refused
from terminal.simexchange.trading.ledger import (
    COMPLETED,
    KEPT_ROWS,
    PENDING,
    REALIZED,
    TRANSFER_IN,
    TRANSFER_OUT,
    FundingPayment,
    Ledger,
)
from tests.support.caller import START_MS, Caller
from tests.support.moves import transferred

SYMBOL = "XBTUSDTM"


def market_order(number: int, side: str, size: int, **more: Any) -> dict[str, Any]:
    return {
        "clientOid": f"o-{number}",
        "symbol": SYMBOL,
        "side": side,
        "type": "market",
        "size": size,
        "leverage": 5,
        **more,
    }


def funding(caller: Caller, amount: str, number: int = 1) -> None:
    lots = caller.account.positions[SYMBOL].lots
    mark = caller.engine.markets[SYMBOL].mark_price
    payment = FundingPayment(
        number,
        SYMBOL,
        caller.clock.now_ms(),
        Decimal("0.0001"),
        mark,
        lots,
        mark * lots / 1000,
        Decimal(amount),
        "USDT",
        "ISOLATED",
    )
    caller.account.settle_funding(payment)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 30)),
        st.tuples(st.sampled_from(["in", "out"]), st.integers(1, 500)),
        st.tuples(st.just("fund"), st.integers(-5, 5)),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_the_sum_of_all_rows_is_the_wallet(steps: list[tuple[str, int]]) -> None:
    """Trades that open, close and flip, transfers and funding: nothing is lost, nothing twice."""
    caller = Caller()
    account, funds = caller.account, caller.exchange.funding
    for number, (what, size) in enumerate(steps):
        if what in ("buy", "sell"):
            caller.engine.place(account, market_order(number, what, size))
        elif what == "fund":
            if account.positions[SYMBOL].lots:
                funding(caller, str(size), number)
        else:
            way = ("MAIN", "CONTRACT") if what == "in" else ("CONTRACT", "MAIN")
            body = {
                "clientOid": f"t-{number}",
                "type": "INTERNAL",
                "currency": "USDT",
                "amount": str(size),
                "fromAccountType": way[0],
                "toAccountType": way[1],
            }
            try:
                transferred(funds, body)
            except Refused as refused:
                assert refused.code == "230003"  # noqa: PT017 - others must not pass
        assert account.ledger.total("USDT") == account.wallets["USDT"].cash
        pending = account.ledger.pending({name: Decimal(0) for name in account.wallets})
        assert bool(pending) == bool(account.positions[SYMBOL].lots)
    assert account.ledger.total("XBT") == 1
    offsets = [row.offset for row in account.ledger.rows]
    assert offsets == sorted(set(offsets))


def test_a_round_trip_is_one_row() -> None:
    """Pending while it is open; its amount is the closed profit less both fees."""
    caller = Caller()
    account = caller.account
    caller.engine.place(account, market_order(1, "buy", 2))
    state = account.wallet_state("USDT")
    (pending,) = account.ledger.pending({"USDT": state.equity})
    assert (pending.status, pending.offset, pending.fee) == (PENDING, -1, None)
    assert pending.amount == -account.fills[-1].fee
    caller.clock.advance(5)
    caller.engine.place(account, market_order(2, "sell", 2))
    assert account.ledger.pending({}) == []
    row = account.ledger.rows[-1]
    assert (row.type, row.status, row.remark) == (REALIZED, COMPLETED, SYMBOL)
    assert row.at_ms == START_MS + 5_000
    assert row.equity == account.wallets["USDT"].cash == 100_000 + row.amount


def test_funding_ends_the_period_of_an_open_position() -> None:
    """What ran up is booked with it, and a new pending row begins at nothing."""
    caller = Caller()
    account = caller.account
    caller.engine.place(account, market_order(1, "buy", 2))
    fee = account.fills[-1].fee
    funding(caller, "-0.5")
    assert account.ledger.rows[-1].amount == -fee - Decimal("0.5")
    (pending,) = account.ledger.pending({"USDT": Decimal(0)})
    assert pending.amount == 0
    assert [payment.amount for payment in account.ledger.payments] == [Decimal("-0.5")]


def test_transfers_say_where_from_and_where_to() -> None:
    caller = Caller()
    body = {
        "clientOid": "t-1",
        "type": "INTERNAL",
        "currency": "BTC",
        "amount": "0.1",
        "fromAccountType": "TRADE",
        "toAccountType": "CONTRACT",
    }
    transferred(caller.exchange.funding, body)
    back = {"clientOid": "t-2", "fromAccountType": "CONTRACT", "toAccountType": "MAIN"}
    transferred(caller.exchange.funding, {**body, **back})
    came, left = caller.account.ledger.rows[-2:]
    assert (came.type, came.amount, came.currency) == (TRANSFER_IN, Decimal("0.1"), "XBT")
    assert came.remark == "Transferred from Trading Account"
    assert (left.type, left.amount, left.equity) == (TRANSFER_OUT, Decimal("-0.1"), Decimal(1))
    assert left.remark == "Transferred to Funding Account"


def test_the_oldest_rows_are_forgotten() -> None:
    ledger = Ledger()
    for number in range(KEPT_ROWS + 5):
        ledger.moved(TRANSFER_IN, "USDT", Decimal(1), Decimal(number), "", number)
    assert len(ledger.rows) == KEPT_ROWS
    assert ledger.rows[0].at_ms == 5
