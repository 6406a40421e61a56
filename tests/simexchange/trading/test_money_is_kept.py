"""Every way in which money moves between accounts, in any order: none is made, none is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.switches import described
from tests.support.caller import Caller

COINS = ("USDT", "USDC", "BTC")
KINDS = ("MAIN", "TRADE", "CONTRACT", "MARGIN")
WAYS = ("INTERNAL", "PARENT_TO_SUB", "SUB_TO_PARENT", "SUB_TO_SUB", "PARENT_TO_PARENT")
USERS = ("boss", "one", "two", "other")

oids = st.integers(0, 5).map("oid-{}".format)
users = st.sampled_from(USERS)
kinds = st.sampled_from(KINDS)
coins = st.sampled_from((*COINS, "XBT", "ETH"))
amounts = st.one_of(
    st.decimals(Decimal(-1), Decimal(1), places=8),
    st.decimals(Decimal(1), Decimal(120_000), places=2),
    st.just(Decimal("0.000000001")),
)
_WAYS = {"universal": WAYS, "sub": ("OUT", "IN"), "inner": ("",), "out": ("",), "in": ("",)}
MOVES = st.sampled_from((*_WAYS, "universal", "sub", "freeze", "wait")).flatmap(
    lambda what: st.tuples(
        st.tuples(st.just(what), users, oids, coins, amounts, kinds, kinds, users, users),
        st.sampled_from(_WAYS.get(what, ("",))),
    )
)
SWITCHES = st.fixed_dictionaries(
    {
        "sub_to_sub": st.sampled_from(("refused", "taken")),
        "transfer_repeat": st.sampled_from(("answered", "refused")),
        "transfer_order": st.sampled_from(("client_oid", "balance")),
        "transfer_credit": st.sampled_from(("at_once", "later")),
        "transfer_coin": st.sampled_from(("BTC", "XBT", "both")),
        "transfer_in_envelope": st.sampled_from(("current", "old")),
        "transfer_out_reply": st.sampled_from(("PROCESSING", "PENDING_APPROVAL", "final")),
        "transfer_out_end": st.sampled_from(("SUCCESS", "REJECTED", "CANCEL")),
        "inner_to_futures": st.sampled_from(("taken", "refused")),
    }
)


DEFAULTS = {
    name: choices[0]
    for name, choices, _, _ in described()
    if name.startswith(("transfer", "sub_to", "inner"))
}


@pytest.fixture(scope="module")
def caller() -> Caller:
    return Caller()


class House:
    """A new master with two sub-accounts, a stranger, and all their keys."""

    def __init__(self, caller: Caller, switches: dict[str, str]) -> None:
        self.caller = caller
        caller.exchange.switches.set_all(switches)
        m = f"m{len(caller.engine.accounts.by_uid)}"
        accounts = {"boss": m, "one": f"{m}/one", "two": f"{m}/two", "other": f"{m}-other"}
        self.keys = {
            name: caller.new_key(f"{m}-{name}:Spot+Futures+InnerTransfer@{account}")
            for name, account in accounts.items()
        }

    def funding(self, name: str) -> Any:
        return self.caller.engine.accounts.funding[self.keys[name].uid]

    def totals(self) -> dict[tuple[bool, str], Decimal]:
        """What a family has of a currency: nothing goes from one to another."""
        return {
            (is_family, coin): sum(
                (
                    self.funding(name).total(coin)
                    for name in USERS
                    if (name != "other") == is_family
                ),
                Decimal(0),
            )
            for is_family in (True, False)
            for coin in COINS
        }

    def picture(self) -> Any:
        """All that a transfer may change."""
        accounts = self.caller.engine.accounts
        return [
            (
                {place: purse.balance for place, purse in self.funding(name).purses.items()},
                [
                    (w.cash, w.frozen, w.version)
                    for w in self.funding(name).account.wallets.values()
                ],
                dict(self.funding(name).moved),
                list(self.funding(name).on_its_way),
                len(accounts.departures[self.keys[name].uid].rows),
                len(self.funding(name).account.ledger.rows),
            )
            for name in USERS
        ]

    def do(self, move: Any) -> bool:
        """Ask for one move; True when it was done."""
        (what, user, oid, coin, amount, source, target, payer, payee), way = move
        body: dict[str, Any] = {"clientOid": oid, "currency": coin, "amount": f"{amount:f}"}
        sent = {"fromAccountType": source, "toAccountType": target}
        if what == "freeze":
            self.funding("two").is_frozen = not self.funding("two").is_frozen
            return True
        if what == "wait":
            self.caller.clock.advance(2)
            return True
        if what == "universal":
            path = "/api/v3/accounts/universal-transfer"
            body |= {"type": way, **sent}
            body |= {"fromUserId": self.keys[payer].uid} if "SUB_TO" in way else {}
            body |= {"toUserId": self.keys[payee].uid} if "TO_SUB" in way else {}
        elif what == "sub":
            path = "/api/v2/accounts/sub-transfer"
            body |= {"direction": way, "subUserId": self.keys[payee].uid}
            body |= {"accountType": source, "subAccountType": target}
        elif what == "inner":
            path = "/api/v2/accounts/inner-transfer"
            body |= {"from": source.lower(), "to": target.lower()}
        else:
            path = "/api/v3/transfer-out" if what == "out" else "/api/v1/transfer-in"
            other = "recAccountType" if what == "out" else "payAccountType"
            body = {"currency": coin, "amount": float(amount), other: target}
        _, answer = self.caller.call("POST", path, body, self.keys[user])
        return answer["code"] in {"200000", "200"}


@given(st.lists(MOVES, max_size=14), SWITCHES)
def test_money_is_kept_whoever_moves_it(
    caller: Caller, moves: list[Any], switches: dict[str, str]
) -> None:
    """A family's sums stay, no balance is below zero, and a refused move leaves no trace."""
    house = House(caller, switches)
    totals = house.totals()
    for move in moves:
        before = house.picture()
        if not house.do(move):
            assert house.picture() == before
        assert house.totals() == totals
        for name in USERS:
            funding = house.funding(name)
            assert all(purse.available >= 0 for purse in funding.purses.values())
            assert all(w.cash >= w.frozen >= 0 for w in funding.account.wallets.values())
    house.caller.clock.advance(5)
    assert house.totals() == totals
    assert not any(house.funding(name).on_its_way for name in USERS)
    for name in USERS:
        assert not any(w.frozen for w in house.funding(name).account.wallets.values())


def test_moves_of_every_kind_are_among_the_generated_ones(caller: Caller) -> None:
    """The law above is no law about refusals: each kind of move can be done."""
    done = {"sub_to_sub": "taken"}
    base = ("oid-1", "USDT", Decimal(5))
    rows = [
        (("universal", "boss", *base, "MAIN", "CONTRACT", "boss", "one"), "PARENT_TO_SUB"),
        (("universal", "boss", "oid-2", *base[1:], "CONTRACT", "MAIN", "one", "two"), "SUB_TO_SUB"),
        (("universal", "boss", "oid-3", *base[1:], "MAIN", "TRADE", "two", "one"), "SUB_TO_PARENT"),
        (("universal", "one", *base, "MAIN", "CONTRACT", "one", "one"), "INTERNAL"),
        (("sub", "boss", "oid-4", *base[1:], "MAIN", "MAIN", "boss", "one"), "OUT"),
        (("sub", "boss", "oid-5", *base[1:], "MAIN", "MAIN", "boss", "one"), "IN"),
        (("inner", "other", *base, "MAIN", "CONTRACT", "other", "other"), ""),
        (("out", "other", *base, "MAIN", "TRADE", "other", "other"), ""),
        (("in", "other", *base, "MAIN", "TRADE", "other", "other"), ""),
    ]
    house = House(caller, {**DEFAULTS, **done})
    assert house.do(rows[0])
    assert house.do(rows[1])
    assert house.do(rows[2])
    assert not house.do(rows[3])
    assert house.do(rows[4])
    assert house.do(rows[3])
    assert not house.do(rows[5])
    assert house.do(rows[4]), "the first answer once more"
    assert all(house.do(row) for row in rows[6:])
