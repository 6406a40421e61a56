"""Compares what this program believes with what the exchange says, read by a second client.

Nothing is taken from the program's own clients: the second client signs, asks and decodes by
itself, so a belief that is wrong on our side shows as a difference.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.book import BookAnswer
from terminal.domain.order import OrderState, state_of
from terminal.domain.transfer import AccountKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.app.tour_report import ExchangeReport
    from terminal.domain.clock import Clock
    from terminal.domain.events import BookDelta, Fill, OrderUpdate
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid
    from terminal.exchange.funding_gateway import TransferGateway
    from terminal.exchange.gateway import AccountGateway, MarketGateway, TradingGateway
    from terminal.session.account import AccountSession
    from terminal.session.candles import CandleSession
    from terminal.session.market import MarketSession
    from terminal.session.transfers import TransferDesk

RECORDED_DELTAS = 100_000
BOOK_DEADLINE_S = 5.0
CANDLE_DEADLINE_S = 10.0
WALLET_TOLERANCE = Decimal("0.01")


@final
class BookAudit:
    """Compares the live book with the exchange's at exactly the same sequence.

    A copy of our book is taken before the exchange is asked; the deltas that we apply meanwhile
    are kept and replayed onto the copy up to the sequence that the exchange answers with.
    """

    def __init__(self, market: MarketSession, gateway: MarketGateway, clock: Clock) -> None:
        self._market = market
        self._gateway = gateway
        self._clock = clock

    async def differences(self, report: ExchangeReport) -> list[str]:
        """Differences level by level, or a sentence why no comparison could be made."""
        if not self._market.book_is_live:
            return ["The book was not live at the end."]
        deltas: deque[BookDelta] = deque(maxlen=RECORDED_DELTAS)
        handle = self._market.on_delta.add(deltas.append)
        try:
            copy = self._market.book.copy()
            deadline = self._clock.monotonic_s() + BOOK_DEADLINE_S
            snapshot = await self._gateway.book_snapshot(self._market.contract.symbol)
            while snapshot.sequence < copy.sequence and self._clock.monotonic_s() < deadline:
                # Requests may lag behind the stream (API reference 5.8 step 4): ask again.
                await self._clock.sleep(0.1)
                snapshot = await self._gateway.book_snapshot(self._market.contract.symbol)
            while self._market.book.sequence < snapshot.sequence:
                if self._clock.monotonic_s() > deadline:
                    return [f"Our book did not reach sequence {snapshot.sequence}."]
                await self._clock.sleep(0.01)
        finally:
            handle.remove()
        for delta in deltas:
            if delta.sequence <= snapshot.sequence and copy.apply(delta) is BookAnswer.GAP:
                return [f"A delta before {delta.sequence} was never applied."]
        report.book_sequence = snapshot.sequence
        report.book_levels = len(snapshot.bids) + len(snapshot.asks)
        return [f"Book: {difference}" for difference in copy.differences(snapshot)]


def order_differences(
    ours: Iterable[Order], theirs: Iterable[OrderUpdate], report: ExchangeReport
) -> list[str]:
    """Compare every order that this program sent with the exchange's final word on it."""
    stated = {update.client_oid: update for update in theirs if update.client_oid is not None}
    found: list[str] = []
    seen: set[ClientOid] = set()
    for order in ours:
        seen.add(order.client_oid)
        update = stated.get(order.client_oid)
        if update is None:
            if order.state is not OrderState.REJECTED:
                found.append(f"Order {order.client_oid} is unknown to the exchange.")
            continue
        state = state_of(update)
        report.final_orders[str(order.client_oid)] = state.value
        if state is not order.state or update.filled != order.filled:
            found.append(
                f"Order {order.client_oid}: we say {order.state.value} with {order.filled} filled, "
                f"the exchange {state.value} with {update.filled}."
            )
    found.extend(
        f"The exchange has an order {client_oid} that we do not know."
        for client_oid in stated.keys() - seen
    )
    report.orders = len(stated)
    return found


def fill_differences(
    ours: Iterable[Fill], theirs: Iterable[Fill], report: ExchangeReport
) -> list[str]:
    """Compare fills by key, price and size."""
    mine = {fill.key: (fill.price, fill.lots, fill.side) for fill in ours}
    stated = {fill.key: (fill.price, fill.lots, fill.side) for fill in theirs}
    report.fills = len(stated)
    return [
        f"Fill {key}: we say {mine.get(key)}, the exchange {stated.get(key)}."
        for key in mine.keys() | stated.keys()
        if mine.get(key) != stated.get(key)
    ]


async def audit_account(
    market: MarketSession,
    orders: Iterable[Order],
    fills: Iterable[Fill],
    account: AccountSession,
    gateways: tuple[TradingGateway, AccountGateway],
    report: ExchangeReport,
) -> list[str]:
    """Compare orders, fills, all positions and the wallet with the exchange's own word."""
    trading, positions = gateways
    theirs = [
        *await trading.open_orders(),
        *await trading.open_stops(),
        *await trading.recent_done_orders(),
    ]
    found = order_differences(orders, theirs, report)
    found += fill_differences(fills, await trading.recent_fills(), report)
    updates = await positions.positions()
    stated = {(update.symbol, update.lots > 0): update.lots for update in updates}
    held = {(one.symbol, one.core.lots > 0): one.core.lots for one in account.positions()}
    symbol = market.contract.symbol
    report.position = stated.get((symbol, True), 0) or stated.get((symbol, False), 0)
    found += [
        f"Position in {key[0]}: we say {held.get(key, 0)} lots, the exchange {stated.get(key, 0)}."
        for key in sorted(held.keys() | stated.keys())
        if held.get(key, 0) != stated.get(key, 0)
    ]
    return found + await wallet_differences(market, account, positions)


async def wallet_differences(
    market: MarketSession, account: AccountSession, gateway: AccountGateway
) -> list[str]:
    """Compare equity and available; to the cent, because open positions move with the mark."""
    currency = market.contract.settle_currency
    ours, theirs = account.wallet(currency), await gateway.wallet(currency)
    if ours is None:
        return [f"We know no balance in {currency}."]
    return [
        f"{name}: we say {mine.amount}, the exchange {stated.amount} {currency}."
        for name, mine, stated in (
            ("Equity", ours.equity, theirs.equity),
            ("Available", ours.available, theirs.available),
        )
        if abs(mine.amount - stated.amount) > WALLET_TOLERANCE
    ]


async def candle_differences(
    candles: CandleSession, gateway: MarketGateway, clock: Clock, report: ExchangeReport
) -> list[str]:
    """Compare all closed candles of the chart's newest page with the exchange's.

    A candle that closed a moment ago is read again by the session itself: it gets time for that.
    """
    deadline = clock.monotonic_s() + CANDLE_DEADLINE_S
    while True:
        rows = await gateway.candles(candles.contract.symbol, candles.interval)
        series = candles.series
        closed = rows[:-1]
        theirs = {row.start_at: row for row in closed}
        ours = {
            candle.start_at: candle
            for candle in map(series.candle, range(len(series)))
            if closed and closed[0].start_at <= candle.start_at <= closed[-1].start_at
        }
        found = [
            f"Candle {at}: we say {ours.get(at)}, the exchange {theirs.get(at)}."
            for at in sorted(ours.keys() | theirs.keys())
            if ours.get(at) != theirs.get(at)
        ]
        report.candles = len(closed)
        if not closed:
            return ["The exchange has no closed candle to compare."]
        if not found or clock.monotonic_s() > deadline:
            return found
        await clock.sleep(0.2)


async def funds_differences(
    transfers: TransferDesk, gateway: TransferGateway, currency: str, report: ExchangeReport
) -> list[str]:
    """Compare the main and the trade account as the transfer dialog showed them last."""
    found = []
    for kind in (AccountKind.MAIN, AccountKind.TRADE):
        ours, theirs = transfers.funds(kind, currency).funds, await gateway.funds(kind, currency)
        report.funds[kind.value] = f"{theirs.balance.amount} {currency}"
        if ours is None or ours.balance != theirs.balance:
            found.append(f"{kind.value} account: we say {ours}, the exchange {theirs}.")
    return found
