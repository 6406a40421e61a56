"""The account host: what is asked, and what comes back."""

from __future__ import annotations

import pytest

from terminal.domain.access import Access
from terminal.domain.account_facts import AccountMode
from terminal.domain.funds_facts import AccountType
from terminal.exchange.funds_client import FundsClient
from terminal.exchange.outcome import Accepted, NotSent
from terminal.exchange.permit import Permit
from tests.support.answers import saying
from tests.support.builders import XBT
from tests.support.payloads import load


async def test_accounts_by_coin_and_kind() -> None:
    answers = saying(load("accounts"))
    (one,) = await FundsClient(answers.http).accounts("XBT", AccountType.MAIN)
    assert one.kind is AccountType.MAIN
    assert answers.query() == {"currency": "BTC", "type": "main"}
    detail = saying(load("account_detail"))
    assert (await FundsClient(detail.http).account("548")).balance.currency == "USDT"
    assert detail.line() == "GET /api/v1/accounts/548"


async def test_mode_and_level() -> None:
    mode = await FundsClient(saying(load("account_mode")).http).account_mode()
    assert mode is AccountMode.CLASSIC
    assert (await FundsClient(saying(load("user_info")).http).user_level()).vip_level == 0


async def test_sub_accounts() -> None:
    users = saying(load("sub_users"))
    (user,) = await FundsClient(users.http).sub_accounts().collect()
    assert user.name == "desk1"
    assert users.query() == {"currentPage": "1", "pageSize": "100"}
    one = saying(load("sub_account_balance"))
    held = await FundsClient(one.http).funds_of_sub_account(user.user_id)
    assert one.line() == f"GET /api/v1/sub-accounts/{user.user_id}"
    all_held = (
        await FundsClient(saying(load("sub_accounts")).http).funds_of_sub_accounts().collect()
    )
    assert all_held == (held,)


async def test_the_dead_man_switch() -> None:
    assert (await FundsClient(saying(load("switch")).http).dead_man_switch()).timeout_s == 60
    assert (await FundsClient(saying(None).http).dead_man_switch()).timeout_s is None
    answers = saying(load("switch_set"))
    client = FundsClient(answers.http)
    assert await client.set_dead_man_switch(60, (XBT,)) == Accepted()
    assert answers.body() == {"tradeType": "FUTURES", "timeout": 60, "symbol": XBT}
    assert await client.set_dead_man_switch(None) == Accepted()
    assert answers.body() == {"tradeType": "FUTURES", "timeout": -1}


async def test_a_renewal_tells_when_the_switch_acts_by_the_exchanges_clock() -> None:
    """The unit of its times is told by their magnitude; what is missing or odd is no time."""
    answers = saying(load("switch_set"))
    renewal = await FundsClient(answers.http).renew_dead_man_switch(60, (XBT,))
    assert renewal == (Accepted(), (1_760_000_000_000, 1_760_000_060_000))
    assert answers.body() == {"tradeType": "FUTURES", "timeout": 60, "symbol": XBT}
    for answer in (
        None,
        {"systemTime": 1_760_000_000_000},
        {"systemTime": 1_760_000_000_000, "triggerTime": 0},
        {"systemTime": 1_760_000_000_000, "triggerTime": 1_759_999_999_000},
        {"systemTime": "soon"},
    ):
        taken = await FundsClient(saying(answer).http).renew_dead_man_switch(60)
        assert taken == (Accepted(), None), "accepted it is, whatever else the answer says"


@pytest.mark.parametrize(
    ("access", "timeout_s"),
    [(Access.SECOND, 5), (Access.WATCH_ONLY, 5), (Access.FULL, 0), (Access.FULL, -1)],
)
async def test_a_switch_that_may_not_or_cannot_be_set_is_not_sent(
    access: Access, timeout_s: int
) -> None:
    answers = saying(None)
    client = FundsClient(answers.http, Permit(access))
    assert client.refusal == access.reason
    assert isinstance(await client.set_dead_man_switch(timeout_s), NotSent)
    renewal = await client.renew_dead_man_switch(timeout_s)
    assert isinstance(renewal.outcome, NotSent)
    assert renewal.times is None
    assert not answers.asked


async def test_the_switch_is_taken_back_and_renewed_wherever_a_cancel_may_be_sent() -> None:
    """It is asked at the time: the permit may rise and fall while the program runs."""
    answers, permit = saying(None), Permit(Access.WATCH_ONLY, Access.FULL)
    client = FundsClient(answers.http, permit)
    assert isinstance(await client.set_dead_man_switch(None), NotSent)
    assert not answers.asked
    permit.change(Access.REDUCING)
    assert not isinstance(await client.set_dead_man_switch(None), NotSent)
    assert isinstance(await client.set_dead_man_switch(5), NotSent)
    assert client.refusal == Access.REDUCING.reason, "to set it for the first time"
    assert len(answers.asked) == 1
    assert isinstance((await client.renew_dead_man_switch(5)).outcome, Accepted)
    permit.change(Access.FULL)
    assert not isinstance(await client.set_dead_man_switch(5), NotSent)
    assert len(answers.asked) == 3
