"""Balances, positions, modes, sizes and rates over REST. Each method is one exchange call."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.units import Money, plain
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError, RejectedError
from terminal.exchange.rows import most_rows_of, readable, rows_of
from terminal.wire.account import (
    CrossLeveragePayload,
    MarginModePayload,
    OverviewAllPayload,
    OverviewPayload,
    PositionModePayload,
    PositionPayload,
)
from terminal.wire.codec import Raw
from terminal.wire.fields import Exact
from terminal.wire.settings import (
    CrossOrderLimitPayload,
    CrossRequirementPayload,
    FeeRatesPayload,
    MaxOpenSizePayload,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.account_facts import (
        AccountTotals,
        CrossOrderLimit,
        CrossRequirement,
        FeeRates,
        MaxOpenSize,
    )
    from terminal.domain.events import MarginMode, PositionMode, PositionUpdate, WalletUpdate
    from terminal.domain.units import ExactPrice, Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales

MOST_SYMBOLS = 50
_WRONG_VERB = frozenset({"404000", "405000", "405"})


@final
class AccountClient:
    """An ``AccountGateway`` and ``AccountQueries`` over HTTP."""

    def __init__(self, http: HttpClient, scales: Scales) -> None:
        self._http = http
        self._scales = scales

    # Balances and positions ------------------------------------------------------------------

    async def wallet(self, currency: str) -> WalletUpdate:
        """The futures account in one settle currency."""
        payload = await self._http.get(
            "/api/v1/account-overview", OverviewPayload, {"currency": currency}, signed=True
        )
        if payload.currency != currency:
            raise ProtocolError(f"currency: {payload.currency[:20]!r} instead of {currency!r}")
        return translate.overview(payload)

    async def account_totals(self, currency: str) -> AccountTotals:
        """The master account and its sub-accounts in one settle currency (4)."""
        path = "/api/v1/account-overview-all"
        query = {"currency": currency}
        return translate.account_totals(
            await self._http.get(path, OverviewAllPayload, query, signed=True)
        )

    async def positions(self) -> tuple[PositionUpdate, ...]:
        """All open positions."""
        raw = await self._http.get("/api/v1/positions", Raw, signed=True)
        return self._open(rows_of(raw, PositionPayload))

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        """The position of one contract; None when flat (API reference 3.8, three shapes).

        In hedge mode a contract can have two: then it raises ``ProtocolError``, see
        ``positions_of``.
        """
        found = await self.positions_of(symbol)
        if len(found) > 1:
            raise ProtocolError(f"{symbol}: {len(found)} positions of one contract")
        return found[0] if found else None

    async def positions_of(self, symbol: Symbol) -> tuple[PositionUpdate, ...]:
        """The open positions of one contract, one for each lane that is not flat."""
        raw = await self._http.get("/api/v2/position", Raw, {"symbol": symbol}, signed=True)
        return self._open(rows_of(raw, PositionPayload))

    def _open(self, payloads: list[PositionPayload]) -> tuple[PositionUpdate, ...]:
        updates = (translate.rest_position(payload, self._scales) for payload in payloads)
        return tuple(update for update in updates if update is not None)

    # Modes -----------------------------------------------------------------------------------

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
        if payload.leverage <= 0:
            raise ProtocolError(f"leverage: {payload.leverage} is not above zero")
        return payload.leverage

    async def position_mode(self) -> PositionMode:
        """One-way or hedge, account-wide."""
        payload = await self._http.get(
            "/api/v2/position/getPositionMode", PositionModePayload, signed=True
        )
        return translate.position_mode(payload)

    # Sizes and rates -------------------------------------------------------------------------

    async def fee_rates(self, symbol: Symbol) -> FeeRates:
        """The account's own fee rates on a contract (3.13)."""
        query = {"symbol": symbol}
        path = "/api/v1/trade-fees"
        return translate.fee_rates(await self._http.get(path, FeeRatesPayload, query, signed=True))

    async def max_withdrawable_margin(self, symbol: Symbol) -> Money:
        """What may be taken out of an isolated position's margin (3.10)."""
        path = "/api/v1/margin/maxWithdrawMargin"
        amount = await self._http.get(path, Exact, {"symbol": symbol}, signed=True)
        currency = self._scales.contract(symbol).settle_currency
        return Money(amount, currency)

    async def max_open_size(
        self, symbol: Symbol, price: ExactPrice, leverage: Decimal
    ) -> MaxOpenSize:
        """How many lots could be opened at a price and a leverage (3.11)."""
        query = {"symbol": symbol, "price": str(price), "leverage": plain(leverage)}
        payload = await self._http.get(
            "/api/v2/getMaxOpenSize", MaxOpenSizePayload, query, signed=True
        )
        return translate.max_open_size(payload)

    async def cross_order_limits(
        self,
        symbols: tuple[Symbol, ...],
        *,
        total_margin: Decimal | None = None,
        leverage: Decimal | None = None,
    ) -> tuple[CrossOrderLimit, ...]:
        """How much could be opened in cross mode, for up to 50 contracts (3.11).

        More contracts raise ``ValueError``.
        """
        if not 0 < len(symbols) <= MOST_SYMBOLS:
            raise ValueError(f"{len(symbols)} contracts are not between 1 and {MOST_SYMBOLS}")
        query = {"symbol": ",".join(symbols)}
        if total_margin is not None:
            query["totalMargin"] = plain(total_margin)
        if leverage is not None:
            query["leverage"] = plain(leverage)
        raw = await self._http.get("/api/v2/batchGetCrossOrderLimit", Raw, query, signed=True)
        rows = most_rows_of(raw, CrossOrderLimitPayload, "a limit")
        return readable(translate.cross_order_limit, rows, "a limit")

    async def cross_requirement(
        self, symbol: Symbol, value: Decimal, leverage: Decimal | None = None
    ) -> CrossRequirement:
        """The margin rates of a cross position of some value (3.11).

        Which verb the call has is not established (part 11): the other one is tried when the first
        is not there. It changes nothing, so asking twice is safe.
        """
        query = {"symbol": symbol, "positionValue": plain(value)}
        if leverage is not None:
            query["leverage"] = plain(leverage)
        path = "/api/v2/getCrossModeMarginRequirement"
        try:
            raw = await self._http.get(path, Raw, query, signed=True)
        except RejectedError as error:
            if error.code not in _WRONG_VERB:
                raise
            raw = await self._http.post(path, Raw, query)
        for payload in rows_of(raw, CrossRequirementPayload):
            if payload.symbol == symbol:
                return translate.cross_requirement(payload)
        raise ProtocolError(f"{symbol}: the answer names no margin requirement of it")
