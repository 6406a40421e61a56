"""Money that leaves a futures account by transfer-out, and conservation over all transfers."""

from __future__ import annotations

from decimal import Decimal
from itertools import count, product
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.engine.reports import WALLET
from terminal.simexchange.errors import Refused
from terminal.simexchange.trading.departures import KEPT, Departures
from terminal.simexchange.trading.transfers import ARRIVES_S, MASTER, Funding, Register
from tests.support.caller import Caller
from tests.support.floor import Floor
from tests.support.moves import a_body

if TYPE_CHECKING:
    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.trading.account import Account

COINS = ("USDT", "USDC", "BTC")


def leave(caller: Caller, amount: str = "40", currency: str = "USDT", late_s: float = 0) -> Any:
    departures = caller.engine.accounts.departures[caller.account.uid]
    return departures.leave(currency, Decimal(amount), "TRADE", late_s)


def figures(caller: Caller, currency: str = "USDT") -> list[Decimal]:
    """Cash, frozen, available and what may leave of the wallet; the trade account's balance."""
    state = caller.account.wallet_state(currency)
    purse = caller.exchange.funding.purse("TRADE", currency)
    return [state.cash, state.frozen, state.available, state.withdrawable, purse.balance]


def test_while_it_is_under_way_it_is_there_and_cannot_be_used() -> None:
    """Then it is gone, and a row of the ledger says where to."""
    caller = Caller()
    row = leave(caller)
    assert figures(caller) == [100_000, 40, 99_960, 99_960, 10_000]
    assert caller.account.wallet_state("USDT").equity == 100_000
    assert (row.status, row.listed_status, row.is_over) == ("PROCESSING", "PROCESSING", False)
    rows = len(caller.account.ledger.rows)
    caller.clock.advance(ARRIVES_S - 0.001)
    assert figures(caller)[1] == 40
    caller.clock.advance(0.001)
    assert figures(caller) == [99_960, 0, 99_960, 99_960, 10_040]
    assert (row.status, row.listed_status) == ("SUCCESS", "SUCCESS")
    assert row.updated_ms == row.created_ms + ARRIVES_S * 1000
    (booked,) = caller.account.ledger.rows[rows:]
    assert booked.type == "TransferOut"
    assert [booked.amount, booked.equity] == [-40, 99_960]
    assert booked.remark == "Transferred to Trading Account"


@pytest.mark.parametrize("end", ["REJECTED", "CANCEL"])
def test_what_is_not_let_out_is_given_back(end: str) -> None:
    """Nothing is booked, and the list calls it a failure with a reason."""
    caller = Caller(transfer_out_end=end)
    row, rows = leave(caller), len(caller.account.ledger.rows)
    caller.clock.advance(ARRIVES_S)
    assert figures(caller) == [100_000, 0, 100_000, 100_000, 10_000]
    assert (row.status, row.listed_status) == (end, "FAILURE")
    assert row.reason
    assert len(caller.account.ledger.rows) == rows


@pytest.mark.parametrize("end", ["SUCCESS", "REJECTED", "CANCEL"])
def test_it_may_be_over_with_the_reply(end: str) -> None:
    caller = Caller(transfer_out_reply="final", transfer_out_end=end)
    row = leave(caller)
    assert (row.status, row.is_over) == (end, True)
    assert figures(caller)[1] == 0
    assert caller.account.wallets["USDT"].cash == (99_960 if end == "SUCCESS" else 100_000)


@pytest.mark.conforms("/contractAccount/wallet")
@pytest.mark.parametrize("end", ["SUCCESS", "REJECTED"])
def test_the_stream_tells_what_is_held_and_when_it_is_no_more(end: str) -> None:
    """In today's frame and in the three of old accounts; the version grows each time."""
    floor = Floor(wallet_subjects="both", transfer_out_end=end)
    floor.engine.accounts.departures[floor.account.uid].leave("USDT", Decimal(40), "MAIN", 0)
    floor.engine.reports._clock.advance(ARRIVES_S)
    frames = floor.publisher.frames(WALLET)
    today = [frame for frame in frames if "walletBalance" in frame]
    cash = "99960" if end == "SUCCESS" else "100000"
    names = ("walletBalance", "holdBalance", "availableBalance", "totalCrossMargin")
    assert [[frame[name] for name in names] for frame in (today[0], today[-1])] == [
        ["100000", "40", "99960", "99960"],
        [cash, "0", cash, cash],
    ]
    versions = [int(frame["version"]) for frame in today]
    assert versions == sorted(set(versions))
    assert [frame["withdrawHold"] for frame in frames if "withdrawHold" in frame] == [40, 0]
    held = [
        frame["holdBalance"]
        for frame in frames
        if "orderMargin" not in frame and "walletBalance" not in frame and "holdBalance" in frame
    ]
    assert (held[0], held[-1]) == (40, 0)


def test_how_long_it_takes_can_be_set() -> None:
    caller = Caller()
    row = leave(caller, late_s=60)
    caller.clock.advance(60)
    assert not row.is_over
    caller.clock.advance(ARRIVES_S)
    assert row.is_over


def test_what_is_frozen_cannot_leave_twice_nor_serve_as_margin() -> None:
    """Refused with the futures code, and nothing has changed."""
    caller = Caller()
    leave(caller, "99999")
    before = figures(caller)
    with pytest.raises(Refused) as caught:
        leave(caller, "1.00000001")
    assert caught.value.code == "300003"
    assert figures(caller) == before
    body = {"clientOid": "o", "symbol": "XBTUSDTM", "side": "buy", "type": "market", "size": 50}
    assert caller.code("/api/v1/orders", "POST", {**body, "leverage": 5})[1] == "300003"
    leave(caller, "1")
    assert figures(caller)[2] == 0


def test_numbers_grow_and_the_oldest_are_forgotten() -> None:
    caller = Caller(transfer_out_reply="final", transfer_out_end="CANCEL")
    funding = Funding(caller.account, Register(caller.clock, caller.exchange.switches), print_none)
    departures = Departures(funding, Register(caller.clock, caller.exchange.switches))
    for _ in range(KEPT + 3):
        departures.leave("USDT", Decimal(1), "MAIN", 0)
    numbers = [row.number for row in departures.rows]
    assert len(numbers) == KEPT
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**53
    assert len({row.apply_id for row in departures.rows}) == KEPT


def print_none(_currency: str) -> None:
    """Nobody is told."""


# Conservation ----------------------------------------------------------------------------------

KINDS = ("MAIN", "TRADE", "CONTRACT")
SUBS = (*("@desk1", "@desk2") * 3, "@other", "@main")
_kind = st.sampled_from(KINDS)
_purse = st.sampled_from((*("MAIN", "TRADE") * 3, "CONTRACT"))
_low = st.sampled_from(("main", "trade", "trade", "contract"))
_uid = st.sampled_from(SUBS)
_oid = st.integers(0, 9).map(lambda number: f"t{number}")
_amount = st.one_of(
    st.decimals(Decimal("0.00000001"), Decimal(1), places=8),
    st.decimals(Decimal(1), Decimal(70_000), places=8),
    st.sampled_from([Decimal(1), Decimal("0.5"), Decimal(100_000), Decimal(0), Decimal(-1)]),
)
_coin = st.sampled_from(("USDT", "USDT", "USDC", "BTC", "XBT"))
_common = {"clientOid": _oid, "currency": _coin, "amount": _amount.map(lambda one: f"{one:f}")}


def _universal(way: str, **users: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    kinds = {"fromAccountType": _kind, "toAccountType": _kind}
    body = st.fixed_dictionaries({**_common, **kinds, **users, "type": st.just(way)})
    return st.tuples(st.just("/api/v3/accounts/universal-transfer"), body)


_calls = st.one_of(
    _universal("INTERNAL"),
    _universal("PARENT_TO_SUB", toUserId=_uid),
    _universal("SUB_TO_PARENT", fromUserId=_uid),
    st.tuples(
        st.just("/api/v2/accounts/inner-transfer"),
        st.fixed_dictionaries({**_common, "from": _low, "to": _low}),
    ),
    st.tuples(
        st.just("/api/v2/accounts/sub-transfer"),
        st.fixed_dictionaries(
            {
                **_common,
                "direction": st.sampled_from(("IN", "OUT")),
                "accountType": _purse,
                "subAccountType": _purse,
                "subUserId": _uid,
            }
        ),
    ),
    st.tuples(
        st.just("/api/v3/transfer-out"),
        st.fixed_dictionaries(
            {"currency": _coin, "amount": _common["amount"], "recAccountType": _purse}
        ),
    ),
    st.tuples(
        st.just("/api/v1/transfer-in"),
        st.fixed_dictionaries(
            {"currency": _coin, "amount": _common["amount"], "payAccountType": _purse}
        ),
    ),
)
_steps = st.lists(
    st.tuples(_calls, st.sampled_from((*["main"] * 6, "desk1", "desk2", "other"))),
    min_size=6,
    max_size=20,
)
_turns = st.sampled_from(
    [
        (),
        (("transfer_credit", "later"),),
        (("transfer_out_end", "REJECTED"), ("transfer_coin", "both")),
        (("transfer_out_end", "CANCEL"), ("transfer_repeat", "refused")),
        (("transfer_out_reply", "final"), ("transfer_order", "balance")),
    ]
)


class Bank:
    """A master with two sub-accounts and a stranger, and all that they have."""

    def __init__(self) -> None:
        self.caller = Caller()
        caller = self.caller
        may = "General+Futures+Spot+Transfer"
        self.keys: dict[str, ApiKey] = {
            "main": caller.new_key(f"a:{may}@main"),
            "desk1": caller.new_key(f"b:{may}@main/desk1"),
            "desk2": caller.new_key(f"c:{may}@main/desk2"),
            "other": caller.new_key(f"d:{may}@other"),
        }
        self.uids = {f"@{name}": key.uid for name, key in self.keys.items()}
        self.accounts: list[Account] = [caller.engine.accounts.of(k) for k in self.keys.values()]

        for number, (name, kind) in enumerate(product(("desk1", "desk2"), KINDS)):
            body = {"type": "PARENT_TO_SUB", "toUserId": self.uids[f"@{name}"]}
            gift = a_body(**body, clientOid=f"g{number}", amount="500", toAccountType=kind)
            assert self.ask("/api/v3/accounts/universal-transfer", gift, "main")

    def funds(self) -> list[Funding]:
        return [self.caller.engine.accounts.funding[one.uid] for one in self.accounts]

    def totals(self) -> dict[str, Decimal]:
        return {coin: sum((one.total(coin) for one in self.funds()), Decimal(0)) for coin in COINS}

    def picture(self) -> Any:
        purses = [[(p.balance, p.holds) for p in one.purses.values()] for one in self.funds()]
        wallets = [
            [(w.cash, w.frozen, w.version) for w in one.wallets.values()] for one in self.accounts
        ]
        rows = [len(one.ledger.rows) for one in self.accounts]
        moved = [(dict(one.moved), list(one.on_its_way)) for one in self.funds()]
        departures = self.caller.engine.accounts.departures
        left = [len(departures[one.uid].rows) for one in self.accounts]
        return purses, wallets, rows, moved, left

    def check(self) -> None:
        for one in self.funds():
            assert all(purse.available >= 0 for purse in one.purses.values())
        for account in self.accounts:
            for currency, wallet in account.wallets.items():
                assert 0 <= wallet.frozen <= wallet.cash
                assert account.wallet_state(currency).available >= 0
                assert account.ledger.total(currency) == wallet.cash

    def ask(self, path: str, body: dict[str, Any], who: str) -> bool:
        """True when it was done."""
        named = {name: self.uids.get(value, value) for name, value in body.items()}
        status, answer = self.caller.call("POST", path, named, self.keys[who])
        assert status in (200, 400), answer
        assert answer["code"] in ("200000", "400100", "230003", "300003"), answer
        return bool(answer["code"] == "200000")


@hypothesis.settings(deadline=None, max_examples=hypothesis.settings().max_examples // 2)
@given(_steps, _turns, st.lists(st.sampled_from([0, 0, 0.5, 2]), min_size=20, max_size=20))
def test_whatever_is_transferred_between_whomever_nothing_is_made_and_nothing_lost(
    steps: list[Any], turns: tuple[tuple[str, str], ...], waits: list[float]
) -> None:
    """Every kind of transfer; no balance goes below zero, and a refusal changes nothing."""
    bank = Bank()
    bank.caller.exchange.switches.set_all(dict(turns))
    totals = bank.totals()
    for ((path, body), who), wait_s in zip(steps, waits, strict=False):
        before = bank.picture()
        if not bank.ask(path, body, who):
            assert bank.picture() == before, (path, body, who)
        assert bank.totals() == totals
        bank.check()
        if wait_s:
            bank.caller.clock.advance(wait_s)
            assert bank.totals() == totals
            bank.check()
    bank.caller.clock.advance(2 * ARRIVES_S)
    assert bank.totals() == totals
    bank.check()
    assert not any(one.on_its_way for one in bank.funds())
    assert not any(w.frozen for one in bank.accounts for w in one.wallets.values())


def test_the_generator_does_every_kind_of_transfer() -> None:
    """A generator whose transfers were all refused would prove nothing."""
    bank, done, number = Bank(), set[tuple[str, str]](), count()

    @hypothesis.settings(max_examples=100, database=None, derandomize=True, deadline=None)
    @given(_steps)
    def ask(steps: list[Any]) -> None:
        for (path, body), who in steps:
            if bank.ask(path, {**body, "clientOid": f"n{next(number)}"}, who):
                done.add((path, body.get("type") or body.get("direction") or ""))

    ask()
    assert done == {
        ("/api/v3/accounts/universal-transfer", "INTERNAL"),
        ("/api/v3/accounts/universal-transfer", "PARENT_TO_SUB"),
        ("/api/v3/accounts/universal-transfer", "SUB_TO_PARENT"),
        ("/api/v2/accounts/inner-transfer", ""),
        ("/api/v2/accounts/sub-transfer", "IN"),
        ("/api/v2/accounts/sub-transfer", "OUT"),
        ("/api/v3/transfer-out", ""),
        ("/api/v1/transfer-in", ""),
    }


def test_a_sub_account_begins_with_nothing() -> None:
    caller = Caller()
    keys = (
        caller.new_key("a@main/desk1"),
        caller.new_key("b@house/desk1"),
        caller.new_key("c@house"),
    )
    one, two, house = (caller.engine.accounts.funding[key.uid] for key in keys)
    assert (one.name, two.name, house.name) == ("desk1", "desk1", MASTER)
    assert (one.master, two.master) == (caller.exchange.funding, house)
    for sub in (one, two):
        assert not any(purse.balance for purse in sub.purses.values())
        assert not any(wallet.cash for wallet in sub.account.wallets.values())
        assert sub.account.ledger.rows == []
    assert house.total("USDT") == caller.exchange.funding.total("USDT")
