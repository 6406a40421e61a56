"""Transfers of the simulated exchange: money is kept, ids are kept, both readings are played."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.auth import demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.errors import Refused
from terminal.simexchange.switches import Switches
from terminal.simexchange.trading.transfers import CONTRACT, MAIN, TRADE, Funding, Register
from tests.support.moves import a_body, transferred

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (MAIN, TRADE, CONTRACT)
COINS = ("USDT", "USDC", "BTC")


class Silence:
    """Nobody listens but the owner of the wallet; what it is told is kept."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def is_wanted(self, topic: str) -> bool:
        return topic.startswith("/contractAccount/wallet")

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        pass

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        self.told.append((subject, data))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(7, demo_key(7), SimClock(), Silence(), Switches())


def tell(engine: Engine) -> Callable[[str], None]:
    return partial(engine.reports.wallet, engine.account)


def a_funding(engine: Engine) -> Funding:
    for wallet, cash in zip(engine.account.wallets.values(), (100_000, 25_000, 1), strict=True):
        wallet.cash = Decimal(cash)
    return Funding(engine.account, Register(SimClock(), Switches()), tell(engine))


def refused(funding: Funding, **changes: Any) -> str:
    before = {name: funding.total(name) for name in COINS}
    with pytest.raises(Refused) as info:
        transferred(funding, a_body(**changes))
    assert {name: funding.total(name) for name in COINS} == before
    return f"{info.value.code} {info.value.text}"


def cash(funding: Funding, kind: str, currency: str = "USDT") -> Decimal:
    if kind == CONTRACT:
        name = "XBT" if currency == "BTC" else currency
        return funding.account.wallets[name].cash
    return funding.purse(kind, currency).balance


amounts = st.one_of(
    st.decimals(Decimal(-1), Decimal(1), places=8),
    st.decimals(Decimal(1), Decimal(70_000), places=8),
)
moves = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(KINDS),
        st.sampled_from(KINDS),
        st.sampled_from((*COINS, "XBT", "ETH")),
        amounts,
        st.booleans(),
    ),
    max_size=12,
)


@given(moves, st.booleans(), st.booleans(), st.booleans())
def test_whatever_is_transferred_the_sums_stay(
    engine: Engine,
    asked: list[tuple[int, str, str, str, Decimal, bool]],
    refuses: bool,
    balance_first: bool,
    holds_credit: bool,
) -> None:
    """Nothing is made, nothing is lost, nothing goes below zero, no id moves twice."""
    funding = a_funding(engine)
    funding.rules.is_repeat_refused, funding.rules.is_balance_first = refuses, balance_first
    funding.rules.is_credit_held = holds_credit
    totals = {name: funding.total(name) for name in COINS}
    done: dict[str, str] = {}
    for oid, source, target, currency, amount, is_credited in asked:
        body = a_body(
            clientOid=f"t{oid}",
            currency=currency,
            amount=f"{amount:f}",
            fromAccountType=source,
            toAccountType=target,
        )
        before = {(k, c): cash(funding, k, c) for k in KINDS for c in COINS}
        try:
            number = transferred(funding, body)
        except Refused:
            assert {(k, c): cash(funding, k, c) for k in KINDS for c in COINS} == before
            continue
        after = {(k, c): cash(funding, k, c) for k in KINDS for c in COINS}
        if body["clientOid"] in done:
            assert done[body["clientOid"]] == number
            assert after == before, "the same id moved twice"
        else:
            assert after[source, currency] == before[source, currency] - amount
        done[body["clientOid"]] = number
        if is_credited:
            funding.credit()
        assert {name: funding.total(name) for name in COINS} == totals
        assert all(purse.available >= 0 for purse in funding.purses.values())
        assert all(wallet.cash >= 0 for wallet in engine.account.wallets.values())
    funding.credit()
    assert {name: funding.total(name) for name in COINS} == totals


def test_a_transfer_moves_and_tells_the_wallet(engine: Engine) -> None:
    """Both sides change by the amount and the futures wallet is told to the stream."""
    funding = a_funding(engine)
    ear = engine.reports._publisher
    assert isinstance(ear, Silence)
    ear.told.clear()
    number = transferred(funding, a_body())
    assert len(number) == 24
    assert (cash(funding, MAIN), cash(funding, CONTRACT)) == (Decimal(49_975), Decimal(100_025))
    ((subject, data),) = ear.told
    assert subject == "walletBalance.change"
    assert (data["walletBalance"], data["maxWithdrawAmount"]) == ("100025", "100025")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clientOid": ""}, "400100 clientOid is invalid"),
        ({"clientOid": "x" * 37}, "400100 clientOid is invalid"),
        ({"type": "SUB_TO_SUB"}, "400100 type is invalid"),
        ({"fromAccountType": "main"}, "400100 fromAccountType is invalid"),
        ({"toAccountType": "MARGIN"}, "400100 toAccountType is invalid"),
        ({"toAccountType": MAIN}, "400100 fromAccountType and toAccountType are the same"),
        ({"currency": "usdt"}, "400100 currency usdt is invalid"),
        ({"amount": "0"}, "400100 amount is no multiple of the currency's precision"),
        ({"amount": "0.000000001"}, "400100 amount is no multiple of the currency's precision"),
        ({"amount": "-1"}, "400100 amount is invalid"),
        ({"amount": "1E+2"}, "400100 amount is invalid"),
        ({"amount": True}, "400100 amount is invalid"),
        ({"amount": "50000.00000001"}, "230003 Balance insufficient."),
        ({"fromAccountType": TRADE, "amount": "8750.01"}, "230003 Balance insufficient."),
    ],
)
def test_what_is_wrong_is_refused_and_moves_nothing(
    engine: Engine, changes: dict[str, Any], words: str
) -> None:
    """Letter case, precision, holds and balance, each with its code."""
    assert refused(a_funding(engine), **changes) == words


def test_a_number_is_taken_for_an_amount(engine: Engine) -> None:
    """Old examples show the amount as a number."""
    funding = a_funding(engine)
    transferred(funding, a_body(amount=25))
    assert cash(funding, MAIN) == Decimal(49_975)


def test_a_repeat_answers_as_the_first_time_or_is_refused(engine: Engine) -> None:
    """Both readings of the idempotency id; neither moves twice."""
    for is_refused in (False, True):
        funding = a_funding(engine)
        funding.rules.is_repeat_refused = is_refused
        first = transferred(funding, a_body())
        if is_refused:
            assert refused(funding) == "400100 clientOid is repeated"
        else:
            assert transferred(funding, a_body()) == first
        assert cash(funding, MAIN) == Decimal(49_975)


def test_a_repeat_of_everything_there_was_may_be_refused_for_the_balance(engine: Engine) -> None:
    """An exchange that looks at the balance first says nothing about the first transfer."""
    funding = a_funding(engine)
    funding.rules.is_balance_first = True
    transferred(funding, a_body(amount="50000"))
    assert refused(funding, amount="50000") == "230003 Balance insufficient."


def test_bitcoin_has_the_name_that_the_rules_say(engine: Engine) -> None:
    """BTC and XBT are one coin; between main and trade it is BTC in any case."""
    for name, other in (("BTC", "XBT"), ("XBT", "BTC")):
        funding = a_funding(engine)
        funding.rules.coin_names = frozenset({name})
        transferred(funding, a_body(currency=name, amount="0.1"))
        assert cash(funding, CONTRACT, "BTC") == Decimal("1.1")
        assert refused(funding, clientOid="two", currency=other, amount="0.1")
        transferred(
            funding, a_body(clientOid="3", currency="BTC", amount="0.1", toAccountType=TRADE)
        )
        assert refused(funding, clientOid="4", currency="XBT", amount="0.1", toAccountType=TRADE)


def test_money_on_its_way_counts_until_it_arrives(engine: Engine) -> None:
    """With held credits the money has left one account and is not in the other yet."""
    funding = a_funding(engine)
    funding.rules.is_credit_held = True
    transferred(funding, a_body())
    assert (cash(funding, MAIN), cash(funding, CONTRACT)) == (Decimal(49_975), Decimal(100_000))
    assert funding.total("USDT") == Decimal(160_000)
    funding.credit()
    assert cash(funding, CONTRACT) == Decimal(100_025)


def test_margin_and_unrealized_profit_do_not_leave() -> None:
    """What is transferable is available less a profit that is not booked."""
    engine = Engine(7, demo_key(7), SimClock(), Silence(), Switches())
    funding = a_funding(engine)
    oids = count()
    buy = {"symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 50}
    engine.account.margin_modes["XBTUSDTM"] = "CROSS"
    engine.place(engine.account, {**buy, "clientOid": "buy", "marginMode": "CROSS"})
    state = engine.account.wallet_state("USDT")
    for _ in range(40):
        engine.step("XBTUSDTM")
        state = engine.account.wallet_state("USDT")
        assert 0 <= state.withdrawable <= state.available
        assert state.withdrawable <= state.cash
    left = state.withdrawable.quantize(Decimal("0.00000001"), rounding="ROUND_DOWN")
    back = {"fromAccountType": CONTRACT, "toAccountType": MAIN}
    over = f"{left + Decimal('0.00000001'):f}"
    with pytest.raises(Refused, match="230003"):
        transferred(funding, a_body(clientOid=f"a{next(oids)}", amount=over, **back))
    transferred(funding, a_body(clientOid=f"a{next(oids)}", amount=f"{left:f}", **back))
    state = engine.account.wallet_state("USDT")
    assert state.available >= 0
    assert state.withdrawable < Decimal("0.00000001")
