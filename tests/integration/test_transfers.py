"""The transfer desk against the simulated exchange over real sockets: money is where it is said."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.transfer import AccountKind
from terminal.session.transfers import TransferEnd
from tests.support.builders import a_transfer
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.transfer import TransferTicket
    from terminal.session.notices import Notice

MAIN, TRADE, FUTURES = AccountKind.MAIN, AccountKind.TRADE, AccountKind.FUTURES
CALL = "POST /api/v3/accounts/universal-transfer"


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """A calm exchange, so that only transfers change a balance."""
    live = Live(is_calm=True)
    await live.start()
    await read(live, "USDT")
    yield live
    await live.stop()


async def read(live: Live, currency: str) -> None:
    live.backend.transfers.read(currency)
    await eventually(
        lambda: all(shown(live, kind, currency) is not None for kind in AccountKind),
        "all three accounts",
    )


def shown(live: Live, kind: AccountKind, currency: str = "USDT") -> Decimal | None:
    """A balance as the desk knows it."""
    funds = live.backend.transfers.funds(kind, currency).funds
    return None if funds is None else funds.balance.amount


def held(live: Live, kind: AccountKind, currency: str = "USDT") -> Decimal:
    """A balance as the exchange keeps it."""
    if kind is FUTURES:
        return live.exchange.engine.account.wallets[currency].cash
    name = "BTC" if currency == "XBT" else currency
    return live.exchange.funding.purse(kind.value.upper(), name).balance


async def come_to_rest(live: Live) -> TransferEnd:
    desk = live.backend.transfers
    await eventually(lambda: not desk.is_busy, "the end of the transfer")
    assert desk.last is not None
    return desk.last.end


async def move(live: Live, ticket: TransferTicket) -> TransferEnd:
    blocks = live.backend.transfers.submit(ticket)
    assert not blocks, blocks
    return await come_to_rest(live)


def agree(live: Live) -> None:
    """Both houses say the same of all three accounts."""
    for kind in AccountKind:
        assert shown(live, kind) == held(live, kind), kind


def calls(live: Live) -> int:
    return live.exchange.gateway.calls.get(CALL, 0)


@pytest.mark.parametrize("source", list(AccountKind))
@pytest.mark.parametrize("target", list(AccountKind))
async def test_every_way_there_is(live: Live, source: AccountKind, target: AccountKind) -> None:
    """All six directions move exactly what was asked for; to where it is, nothing moves."""
    ticket = a_transfer("12.34567891", source=source, target=target)
    before = {kind: held(live, kind) for kind in AccountKind}
    if source is target:
        assert live.backend.transfers.submit(ticket)
        assert calls(live) == 0
        return
    assert await move(live, ticket) is TransferEnd.MOVED
    amount = Decimal("12.34567891")
    assert held(live, source) == before[source] - amount
    assert held(live, target) == before[target] + amount
    agree(live)


async def test_all_of_each_account_can_be_moved(live: Live) -> None:
    """What is said to be transferable is taken by the exchange, and nothing is left behind."""
    desk = live.backend.transfers
    for source, target in ((MAIN, FUTURES), (FUTURES, TRADE), (TRADE, MAIN)):
        funds = desk.funds(source, "USDT").funds
        assert funds is not None
        ticket = a_transfer(str(funds.whole), source=source, target=target)
        assert await move(live, ticket) is TransferEnd.MOVED
        left = desk.funds(source, "USDT").funds
        assert left is not None
        assert left.whole == 0
    agree(live)


async def test_a_lost_answer_after_the_money_moved(live: Live) -> None:
    """The balances show it; nothing is sent a second time; both sides agree."""
    before = {kind: held(live, kind) for kind in AccountKind}
    live.exchange.faults.transfers_lost = 1
    assert await move(live, a_transfer("250")) is TransferEnd.MOVED
    assert calls(live) == 1
    assert held(live, MAIN) == before[MAIN] - 250
    assert held(live, FUTURES) == before[FUTURES] + 250
    agree(live)


@pytest.mark.parametrize("is_repeat_refused", [False, True])
@pytest.mark.parametrize("is_balance_first", [False, True])
async def test_asking_again_moves_nothing_twice(
    live: Live, *, is_repeat_refused: bool, is_balance_first: bool
) -> None:
    """In every reading of the idempotency id: one movement, and both sides agree in the end."""
    rules, desk = live.exchange.funding.rules, live.backend.transfers
    rules.is_repeat_refused, rules.is_balance_first = is_repeat_refused, is_balance_first
    rules.is_credit_held = True
    before = {kind: held(live, kind) for kind in AccountKind}
    total = live.exchange.funding.total("USDT")
    live.exchange.faults.transfers_lost = 1
    assert await move(live, a_transfer("250")) is TransferEnd.UNKNOWN
    assert desk.unsettled is not None
    desk.retry()
    await eventually(lambda: calls(live) == 2, "the second request")
    live.exchange.funding.credit()
    assert await come_to_rest(live) is TransferEnd.MOVED
    assert len(live.exchange.funding.moved) == 1, "one id for both requests"
    assert held(live, MAIN) == before[MAIN] - 250
    assert held(live, FUTURES) == before[FUTURES] + 250
    assert live.exchange.funding.total("USDT") == total
    agree(live)


async def test_a_server_error_leaves_it_open_and_asking_again_does_it(live: Live) -> None:
    """A request that the exchange never looked at is done once, under its first id."""
    desk = live.backend.transfers
    fail_next_transfer(live)
    assert await move(live, a_transfer("250")) is TransferEnd.UNKNOWN
    assert live.exchange.funding.moved == {}
    assert desk.unsettled is not None
    oid = desk.unsettled.client_oid
    desk.retry()
    assert await come_to_rest(live) is TransferEnd.MOVED
    assert list(live.exchange.funding.moved) == [oid]
    agree(live)


def fail_next_transfer(live: Live) -> None:
    """Answer 500 as soon as the transfer is announced, after both balances were read."""

    def on_posted(notice: Notice) -> None:
        if notice.text.startswith("Sending"):
            handle.remove()
            live.exchange.faults.server_errors = 1

    handle = live.backend.notices.on_posted.add(on_posted)


@pytest.mark.parametrize("name", ["BTC", "XBT"])
async def test_bitcoin_in_both_readings_of_its_name(live: Live, name: str) -> None:
    """The other name is learned from a refusal; between main and trade it is always BTC."""
    live.exchange.funding.rules.coin_names = frozenset({name})
    await read(live, "XBT")
    ticket = a_transfer("0.1", currency="XBT")
    end = await move(live, ticket)
    if name == "XBT":
        assert end is TransferEnd.REFUSED
        end = await move(live, ticket)
    assert end is TransferEnd.MOVED
    assert await move(live, a_transfer("0.1", currency="XBT", target=TRADE)) is TransferEnd.MOVED
    assert held(live, MAIN, "XBT") == Decimal("0.3")
    assert shown(live, FUTURES, "XBT") == held(live, FUTURES, "XBT")


async def test_a_key_without_the_permission(live: Live) -> None:
    """The refusal names the remedy, and nothing moved."""
    key = live.exchange.key
    live.exchange.engine.accounts.keys[key.key] = type(key)(key.key, key.secret, key.passphrase)
    assert await move(live, a_transfer()) is TransferEnd.REFUSED
    last = live.backend.transfers.last
    assert last is not None
    assert "permission" in last.remedy
    agree(live)
