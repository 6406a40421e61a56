"""The exchange's own SDK moves money by the older calls and looks at sub-accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.keys import read_key
from tests.peers.programs import Official, known, require, told

if TYPE_CHECKING:
    from terminal.simexchange.server import SimExchange
    from tests.peers.hosted import Hosted

require()

MOVE = {"currency": "USDT", "amount": "2.5"}


@pytest.fixture
def desk(exchange: Hosted) -> str:
    """The uid of a sub-account of the SDK's account, whose key may also trade spot."""

    def opened(one: SimExchange) -> str:
        named = read_key("bot@main/desk1", one.seed)
        one.add_key(named)
        one.engine.accounts.keys[one.key.key] = replace(
            one.key, permissions=one.key.permissions | {"Spot"}
        )
        return named.key.uid

    return exchange.do(opened)


def overview(exchange: Hosted) -> Any:
    return exchange.ask("/api/v1/account-overview", currency="USDT")


def test_money_goes_out_and_is_listed(exchange: Hosted, official: Official) -> None:
    with exchange.still():
        model = official.ask(
            "transfer",
            "futures_account_transfer_out",
            currency="USDT",
            amount=2.5,
            rec_account_type="MAIN",
        )
        assert (str(model.status), model.amount, model.rec_account_type) == (
            "PROCESSING",
            "2.5",
            "MAIN",
        )
        assert overview(exchange)["frozenFunds"] == 2.5
        listed = official.ask("transfer", "get_futures_account_transfer_out_ledger")
        raw = exchange.ask("/api/v1/transfer-list")
        assert [told(row) for row in listed.items] == [
            known(row, one) for row, one in zip(listed.items, raw["items"], strict=True)
        ]
        assert listed.items[0].apply_id == model.apply_id


def test_money_comes_in(exchange: Hosted, official: Official) -> None:
    before = overview(exchange)["availableBalance"]
    terms = {"currency": "USDT", "amount": 2.5, "pay_account_type": "MAIN"}
    official.ask("transfer", "futures_account_transfer_in", **terms)
    assert overview(exchange)["availableBalance"] - before == pytest.approx(2.5)


def test_money_goes_to_a_sub_account(exchange: Hosted, official: Official, desk: str) -> None:
    inner = {**MOVE, "client_oid": "i-1", "from_": "main", "to": "trade"}
    assert official.ask("transfer", "inner_transfer", **inner).order_id
    out = {**MOVE, "client_oid": "s-1", "direction": "OUT", "sub_user_id": desk}
    assert official.ask("transfer", "sub_account_transfer", **out).order_id
    model = official.ask("sub", "get_spot_sub_account_detail", sub_user_id=desk)
    (row,) = model.main_accounts
    assert (model.sub_name, row.currency, row.balance) == ("desk1", "USDT", "2.5")


def test_sub_accounts_are_listed(exchange: Hosted, official: Official, desk: str) -> None:
    with exchange.still():
        for method, path in (
            ("get_spot_sub_accounts_summary_v2", "/api/v2/sub/user"),
            ("get_spot_sub_account_list_v2", "/api/v2/sub-accounts"),
        ):
            page = official.ask("sub", method)
            raw = exchange.ask(path)
            assert [told(row) for row in page.items] == [
                known(row, one) for row, one in zip(page.items, raw["items"], strict=True)
            ]
            assert page.total_num == raw["totalNum"] == 1
        assert official.ask("sub", "get_spot_sub_accounts_summary_v2").items[0].user_id == desk
