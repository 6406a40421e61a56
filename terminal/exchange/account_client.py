"""Balances, positions and modes over REST. Each method is one exchange call."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.exchange import translate
from terminal.wire.account import (
    CrossLeveragePayload,
    MarginModePayload,
    OverviewPayload,
    PositionModePayload,
    PositionPayload,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.events import MarginMode, PositionMode, PositionUpdate, WalletUpdate
    from terminal.domain.units import Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales


@final
class AccountClient:
    """An ``AccountGateway`` over HTTP."""

    def __init__(self, http: HttpClient, scales: Scales) -> None:
        self._http = http
        self._scales = scales

    async def wallet(self, currency: str) -> WalletUpdate:
        """The futures account in one settle currency."""
        payload = await self._http.get(
            "/api/v1/account-overview", OverviewPayload, {"currency": currency}, signed=True
        )
        return translate.overview(payload)

    async def positions(self) -> tuple[PositionUpdate, ...]:
        """All open positions."""
        payloads = await self._http.get_list("/api/v1/positions", PositionPayload)
        updates = (translate.position_update(payload, self._scales) for payload in payloads)
        return tuple(update for update in updates if update is not None and update.lots)

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        """The position of one contract; None when flat (API reference 3.8, three shapes)."""
        payloads = await self._http.get_list(
            "/api/v2/position", PositionPayload, {"symbol": symbol}
        )
        for payload in payloads:
            update = translate.position_update(payload, self._scales)
            if update is not None and update.lots:
                return update
        return None

    async def margin_mode(self, symbol: Symbol) -> MarginMode:
        """The selected margin mode of a contract."""
        payload = await self._http.get(
            "/api/v2/position/getMarginMode", MarginModePayload, {"symbol": symbol}, signed=True
        )
        return translate.margin_mode(payload.marginMode)

    async def cross_leverage(self, symbol: Symbol) -> Decimal:
        """The leverage used in cross mode."""
        payload = await self._http.get(
            "/api/v2/getCrossUserLeverage", CrossLeveragePayload, {"symbol": symbol}, signed=True
        )
        return payload.leverage

    async def position_mode(self) -> PositionMode:
        """One-way or hedge, account-wide."""
        payload = await self._http.get(
            "/api/v2/position/getPositionMode", PositionModePayload, signed=True
        )
        return translate.position_mode(payload)
