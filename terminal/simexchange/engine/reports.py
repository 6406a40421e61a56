"""What an account is told through its private topics: orders, stops, positions, wallets.

Source: reference 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.payloads import accounts as account_payloads
from terminal.simexchange.payloads import orders as payloads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.broadcast import Publisher
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder

ORDERS = "/contractMarket/tradeOrders"
STOPS = "/contractMarket/advancedOrders"
WALLET = "/contractAccount/wallet"
POSITIONS = "/contract/positionAll"
MARGIN_MODE = "/contract/marginMode"
CROSS_LEVERAGE = "/contract/crossLeverage"


@final
class Reports:
    """Makes private frames and hands them to the publisher, in the order of events."""

    def __init__(
        self,
        markets: Mapping[str, Market],
        publisher: Publisher,
        clock: SimClock,
        switches: Switches,
    ) -> None:
        self._markets = markets
        self._publisher = publisher
        self._clock = clock
        self._switches = switches

    def order(
        self, order: UserOrder, kind: str, status: str, extra: dict[str, str] | None = None
    ) -> None:
        """An order changed: ``type`` and ``status`` as in reference 3.6."""
        market = self._markets[order.symbol]
        data = payloads.order_event(order, market, kind, status, self._clock.now_ns())
        event = {**data, **(extra or {})}
        self._publisher.publish_private(order.uid, ORDERS, "orderChange", event)
        by_symbol = f"{ORDERS}:{order.symbol}"
        self._publisher.publish_private(order.uid, by_symbol, "symbolOrderChange", event)

    def stop(self, order: UserOrder, kind: str, error: str = "") -> None:
        """A waiting stop appeared, fired or was canceled."""
        market = self._markets[order.symbol]
        data = payloads.stop_event(order, market, kind, self._clock.now_ns(), error)
        self._publisher.publish_private(order.uid, STOPS, "stopOrder", data)

    def position_payload(self, account: Account, market: Market) -> dict[str, Any]:
        """A position as REST v1 shows it."""
        held = account.positions[market.spec.symbol]
        state = account.wallet_state(market.spec.settle)
        return account_payloads.position(held, market, state, self._clock.now_ms())

    def position(self, account: Account, market: Market, reason: str = "positionChange") -> None:
        """A position changed, told in full."""
        data = {**self.position_payload(account, market), "changeReason": reason}
        if data["currentQty"] == 0:
            data["posMargin"] = 0
        self._publisher.publish_private(account.uid, POSITIONS, "position.change", data)

    def wallet(self, account: Account, currency: str) -> None:
        """A wallet changed, or moved with the mark price."""
        data = account_payloads.wallet(account.wallet_state(currency), self._clock.now_ms())
        self._publisher.publish_private(account.uid, WALLET, "walletBalance.change", data)

    def mark(self, account: Account) -> None:
        """Once a second: every open position with its new mark price, and its wallets."""
        currencies = set()
        for symbol, held in account.positions.items():
            if not held.lots:
                continue
            market = self._markets[symbol]
            currencies.add(market.spec.settle)
            data = account_payloads.mark_change(self.position_payload(account, market))
            # The all-positions topic carries the symbol; the frame's data does not have to.
            self._publisher.publish_private(
                account.uid, POSITIONS, "position.change", {**data, "symbol": symbol}
            )
        for currency in sorted(currencies):
            self.wallet(account, currency)

    def margin_mode(self, account: Account, *symbols: str) -> None:
        """The margin mode of contracts was changed."""
        data = {symbol: account.margin_modes[symbol] for symbol in symbols}
        self._publisher.publish_private(account.uid, MARGIN_MODE, "user.config", data)

    def cross_leverage(self, account: Account, symbol: str) -> None:
        """The cross leverage of a contract was changed."""
        data = {symbol: {"leverage": plain(account.cross_leverage[symbol])}}
        self._publisher.publish_private(account.uid, CROSS_LEVERAGE, "user.config", data)
