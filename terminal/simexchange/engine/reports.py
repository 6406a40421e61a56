"""What an account is told through its private topics: orders, stops, positions, wallets, modes.

Nothing is made that nobody listens to. Source: reference 3.6 and 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.payloads import accounts as account_payloads
from terminal.simexchange.payloads import frames
from terminal.simexchange.payloads.frames import (
    CROSS_LEVERAGE,
    MARGIN_MODE,
    ORDERS,
    POSITION,
    POSITIONS,
    STOPS,
    WALLET,
)
from terminal.simexchange.trading import risk
from terminal.simexchange.trading.ranking import rank
from terminal.simexchange.trading.sides import BOTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.broadcast import Publisher
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.payloads.frames import Payload, Settlement
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder

__all__ = [
    "CROSS_LEVERAGE", "MARGIN_MODE", "ORDERS", "POSITION", "POSITIONS", "STOPS", "WALLET",
    "Reports",
]  # fmt: skip

_CHANGE = "position.change"


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
        self._switched: set[str] = set()
        self._legacy: dict[tuple[str, str, str], Payload] = {}

    def _is_wanted(self, uid: str, topic: str) -> bool:
        return self._publisher.is_wanted(frames.channel(uid, topic))

    # Orders ----------------------------------------------------------------------------------

    def order(
        self, order: UserOrder, kind: str, status: str, extra: dict[str, str] | None = None
    ) -> None:
        """An order changed: ``type`` and ``status`` as in reference 3.6."""
        by_symbol = f"{ORDERS}:{order.symbol}"
        wanted = [
            (topic, subject)
            for topic, subject in ((ORDERS, "orderChange"), (by_symbol, "symbolOrderChange"))
            if self._is_wanted(order.uid, topic)
        ]
        if not wanted:
            return
        market = self._markets[order.symbol]
        data = frames.order_event(order, market, kind, status, self._clock.now_ns())
        event = {**data, **(extra or {})}
        for topic, subject in wanted:
            self._publisher.publish_private(order.uid, topic, subject, event)

    def stop(self, order: UserOrder, kind: str, error: str = "") -> None:
        """A waiting stop appeared, fired or was canceled."""
        if not self._is_wanted(order.uid, STOPS):
            return
        market = self._markets[order.symbol]
        data = frames.stop_event(order, market, kind, self._clock.now_ns(), error)
        if order.client_oid and self._switches.stop_event_client_oid == "present":
            data["clientOid"] = order.client_oid
        self._publisher.publish_private(order.uid, STOPS, "stopOrder", data)

    # Positions -------------------------------------------------------------------------------

    def position_payload(
        self, account: Account, market: Market, side: str = BOTH
    ) -> dict[str, Any]:
        """A position as REST v1 shows it; ``side`` is LONG or SHORT in hedge mode."""
        held = account.shown_position(market.spec.symbol, side)
        valued = account_payloads.Valued(
            risk.prices(account, held),
            risk.maintenance(account, held),
            rank(account, held, market.mark_price),
            account.effective_leverage(market.spec.symbol),
        )
        payload = account_payloads.position(held, market, valued, self._clock.now_ms())
        if "posFunding" in payload and self._switches.pos_funding == "settled":
            payload["posFunding"] = float(held.received - held.paid)
        return payload

    def _position_topics(self, account: Account, symbol: str) -> list[str]:
        topics = (f"{POSITION}:{symbol}", POSITIONS)
        return [topic for topic in topics if self._is_wanted(account.uid, topic)]

    def position(
        self,
        account: Account,
        market: Market,
        reason: str = "positionChange",
        side: str = BOTH,
    ) -> None:
        """A position changed, told in full; ``reason`` as in the table of 5.7."""
        topics = self._position_topics(account, market.spec.symbol)
        if not topics:
            return
        data = frames.position_change(self.position_payload(account, market, side), reason)
        for topic in topics:
            self._publisher.publish_private(account.uid, topic, _CHANGE, data)

    def settlement(self, account: Account, market: Market, one: Settlement) -> None:
        """A position paid or got funding."""
        for topic in self._position_topics(account, market.spec.symbol):
            data = frames.position_settlement(market, one, self._clock.now_ns())
            self._publisher.publish_private(account.uid, topic, "position.settlement", data)

    def risk_limit(
        self, account: Account, symbol: str, level: int, *, is_success: bool = True, text: str = ""
    ) -> None:
        """A change of the risk limit level was done or refused; ``text`` says why."""
        for topic in self._position_topics(account, symbol):
            data = frames.risk_limit(level, text, is_success=is_success)
            self._publisher.publish_private(account.uid, topic, "position.adjustRiskLimit", data)

    def mark(self, account: Account) -> None:
        """Once a second: every open position with its new mark price, and its wallets."""
        currencies = set()
        for held in account.legs.open():
            currencies.add(held.spec.settle)
            self._mark(account, self._markets[held.spec.symbol], held.side)
        for currency in sorted(currencies):
            self._wallet(account, currency)

    def _mark(self, account: Account, market: Market, side: str) -> None:
        symbol = market.spec.symbol
        topics = self._position_topics(account, symbol)
        if not topics:
            return
        data = frames.mark_change(self.position_payload(account, market, side))
        if side != BOTH and self._switches.mark_frame_side == "present":
            data["positionSide"] = side
        if self._switches.mark_frame_reason == "present":
            data["changeReason"] = "markPriceChange"
        for topic in topics:
            is_named = topic == POSITIONS and self._switches.mark_frame_symbol == "present"
            told = {**data, "symbol": symbol} if is_named else data
            self._publisher.publish_private(account.uid, topic, _CHANGE, told)

    # Wallets ---------------------------------------------------------------------------------

    def wallet(self, account: Account, currency: str) -> None:
        """A wallet changed by itself: its version grows, whether anybody listens or not."""
        account.wallets[currency].version += 1
        self._wallet(account, currency)

    def _wallet(self, account: Account, currency: str) -> None:
        if not self._is_wanted(account.uid, WALLET):
            return
        state, now_ms = account.wallet_state(currency), self._clock.now_ms()
        subjects = self._switches.wallet_subjects
        # An account that ever switched its margin mode hears the old subjects no more.
        is_old = subjects == "legacy" and account.uid not in self._switched
        if not is_old:
            data = frames.wallet(state, now_ms)
            self._publisher.publish_private(account.uid, WALLET, "walletBalance.change", data)
        if is_old or subjects == "both":
            for subject, part in frames.legacy_wallet(state).items():
                self._tell_legacy(account, subject, part, now_ms)

    def _tell_legacy(self, account: Account, subject: str, data: Payload, now_ms: int) -> None:
        """Each of the old subjects is told when its own figures changed."""
        known = (account.uid, data["currency"], subject)
        if self._legacy.get(known) != data:
            self._legacy[known] = data
            told = {**data, "timestamp": now_ms}
            self._publisher.publish_private(account.uid, WALLET, subject, told)

    # Modes -----------------------------------------------------------------------------------

    def margin_mode(self, account: Account, *symbols: str) -> None:
        """The selected margin mode of contracts changed."""
        self._switched.add(account.uid)
        data = {symbol: account.margin_modes[symbol] for symbol in symbols}
        self._publisher.publish_private(account.uid, MARGIN_MODE, "user.config", data)

    def cross_leverage(self, account: Account, symbol: str) -> None:
        """The leverage of a contract in cross mode changed."""
        data = {symbol: {"leverage": plain(account.cross_leverage[symbol])}}
        self._publisher.publish_private(account.uid, CROSS_LEVERAGE, "user.config", data)
