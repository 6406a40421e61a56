"""What sessions may ask of an exchange beyond trading: Protocols for clients and fakes.

Reads return domain facts or raise from ``exchange.errors``; walks ask when they are iterated.
Commands return an ``Outcome``. Nothing starts a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from terminal.exchange.gateway import AccountGateway, MarketGateway

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.account_facts import (
        AccountMode,
        AccountTotals,
        ClosedPosition,
        CrossOrderLimit,
        CrossRequirement,
        DeadManSwitch,
        FeeRates,
        FundingPayment,
        LedgerEntry,
        MarginModes,
        MaxOpenSize,
        OpenOrderTotals,
    )
    from terminal.domain.clock import TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import (
        BookDepth,
        Fill,
        MarginMode,
        OrderUpdate,
        PositionMode,
        PositionSide,
        TickerUpdate,
    )
    from terminal.domain.funds_facts import (
        AccountFunds,
        AccountType,
        SubAccount,
        SubAccountFunds,
        UserLevel,
    )
    from terminal.domain.market_facts import (
        FundingRate,
        MarketSummary,
        PastFundingRate,
        RiskTier,
        SeriesPoint,
        ServiceStatus,
    )
    from terminal.domain.units import ClientOid, ExactPrice, Money, OrderId, Side, Symbol
    from terminal.domain.words import UnknownWord
    from terminal.exchange.outcome import NotSent, Outcome, Rejected, Renewal, Unknown
    from terminal.exchange.paging import Walk


class MarketQueries(Protocol):
    """Market data that is asked for now and then."""

    async def contract(self, symbol: Symbol) -> Contract:
        """One contract."""
        ...

    async def market_summaries(self) -> tuple[MarketSummary, ...]:
        """Prices, 24 hours and funding of all contracts."""
        ...

    async def risk_tiers(self, symbol: Symbol) -> tuple[RiskTier, ...]:
        """The isolated risk levels of a contract, the lowest first."""
        ...

    async def book_depth(self, symbol: Symbol, rows: int) -> BookDepth:
        """The best levels of a contract; ``rows`` is 20 or 100."""
        ...

    async def ticker(self, symbol: Symbol) -> TickerUpdate:
        """The last match and the best prices of a contract."""
        ...

    async def tickers(self) -> tuple[TickerUpdate, ...]:
        """The last match and the best prices of all contracts."""
        ...

    def index_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Index prices and their parts, the latest first."""
        ...

    def premium_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Premium rates, the latest first."""
        ...

    def interest_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Interest rates, the latest first."""
        ...

    async def funding_rate(self, symbol: Symbol) -> FundingRate:
        """The funding of the current cycle."""
        ...

    def funding_rates(
        self, symbol: Symbol, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[PastFundingRate]:
        """Funding rates of the past."""
        ...

    async def service_status(self) -> ServiceStatus:
        """Whether the exchange is open."""
        ...

    async def platform_turnover(self) -> Decimal:
        """USD traded in 24 hours on the whole platform; needs a key."""
        ...


class AccountQueries(Protocol):
    """What an account has and may do."""

    async def account_totals(self, currency: str) -> AccountTotals:
        """The master account and its sub-accounts in one settle currency."""
        ...

    async def fee_rates(self, symbol: Symbol) -> FeeRates:
        """The account's own fee rates on a contract."""
        ...

    async def max_withdrawable_margin(self, symbol: Symbol) -> Money:
        """What may be taken out of an isolated position's margin."""
        ...

    async def max_open_size(
        self, symbol: Symbol, price: ExactPrice, leverage: Decimal
    ) -> MaxOpenSize:
        """How many lots could be opened at a price and a leverage."""
        ...

    async def cross_order_limits(
        self,
        symbols: tuple[Symbol, ...],
        *,
        total_margin: Decimal | None = None,
        leverage: Decimal | None = None,
    ) -> tuple[CrossOrderLimit, ...]:
        """How much could be opened in cross mode, for up to 50 contracts."""
        ...

    async def cross_requirement(
        self, symbol: Symbol, value: Decimal, leverage: Decimal | None = None
    ) -> CrossRequirement:
        """The margin rates of a cross position of some value."""
        ...


class HistoryQueries(Protocol):
    """An account's past, as walks."""

    def done_orders(
        self,
        start_at: TimestampMs,
        end_at: TimestampMs,
        *,
        symbol: Symbol | None = None,
        side: Side | None = None,
    ) -> Walk[OrderUpdate]:
        """Orders that ended, the latest week first."""
        ...

    def stop_orders(
        self, *, symbol: Symbol | None = None, side: Side | None = None
    ) -> Walk[OrderUpdate]:
        """Untriggered stops."""
        ...

    def fills(
        self,
        start_at: TimestampMs,
        end_at: TimestampMs,
        *,
        symbol: Symbol | None = None,
        side: Side | None = None,
    ) -> Walk[Fill]:
        """Fills, the latest week first."""
        ...

    def fills_of_order(self, order_id: OrderId) -> Walk[Fill]:
        """All fills of one order."""
        ...

    async def open_order_totals(self, symbol: Symbol) -> OpenOrderTotals:
        """What all open orders of a contract add up to."""
        ...

    def ledger(
        self,
        currency: str,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[LedgerEntry]:
        """Changes of the futures account, the latest first."""
        ...

    def funding_payments(
        self,
        symbol: Symbol,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[FundingPayment]:
        """Our funding settlements of a contract, the latest first."""
        ...

    def closed_positions(
        self,
        *,
        symbol: Symbol | None = None,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[ClosedPosition]:
        """Positions of the past, the latest first."""
        ...


class AccountCommands(Protocol):
    """Changes of an account's settings and of the margin of its positions.

    Each of the two may be off, with a sentence why.
    """

    @property
    def refusal(self) -> str:
        """Why nothing is changed here; empty when changes are on."""
        ...

    @property
    def margin_refusal(self) -> str:
        """Why no margin is moved here; empty when it is."""
        ...

    async def set_margin_mode(self, symbol: Symbol, mode: MarginMode) -> Outcome:
        """Choose the margin mode of a contract."""
        ...

    async def set_margin_modes(
        self, symbols: tuple[Symbol, ...], mode: MarginMode
    ) -> MarginModes | Rejected | NotSent | Unknown:
        """Choose the margin mode of many contracts; each can fail by itself."""
        ...

    async def set_cross_leverage(self, symbol: Symbol, leverage: Decimal) -> Outcome:
        """Choose the leverage of a contract in cross mode."""
        ...

    async def set_position_mode(self, mode: PositionMode) -> Outcome:
        """Choose one-way or hedge for the account."""
        ...

    async def add_margin(
        self,
        symbol: Symbol,
        amount: Decimal,
        biz_no: ClientOid,
        position_side: PositionSide | None = None,
    ) -> Outcome:
        """Put money into an isolated position's margin."""
        ...

    async def withdraw_margin(self, symbol: Symbol, amount: Decimal) -> Outcome:
        """Take money out of an isolated position's margin."""
        ...

    async def set_auto_deposit(self, symbol: Symbol, *, is_on: bool) -> Outcome:
        """Let the exchange add margin by itself, or not."""
        ...

    async def set_risk_level(self, symbol: Symbol, level: int) -> Outcome:
        """Ask for another isolated risk level. Cancels the contract's open orders."""
        ...


class MarketService(MarketGateway, MarketQueries, Protocol):
    """All of public market data."""


class AccountService(AccountGateway, AccountQueries, Protocol):
    """All that an account has, may do and is set to."""


class FundsQueries(Protocol):
    """The funding side, and the dead-man switch that lives on the same host.

    ``refusal`` says why the switch is not set here; empty when it is.
    """

    @property
    def refusal(self) -> str:
        """Why the switch is not set here; empty when it is."""
        ...

    async def accounts(
        self, currency: str | None = None, kind: AccountType | None = None
    ) -> tuple[AccountFunds, ...]:
        """The accounts outside futures."""
        ...

    async def account(self, account_id: str) -> AccountFunds:
        """One account by its id."""
        ...

    async def account_mode(self) -> AccountMode | UnknownWord:
        """Classic or unified."""
        ...

    async def user_level(self) -> UserLevel:
        """The VIP level and the sub-accounts."""
        ...

    def sub_accounts(self) -> Walk[SubAccount]:
        """All sub-accounts."""
        ...

    async def funds_of_sub_account(self, user_id: str) -> SubAccountFunds:
        """What one sub-account holds outside futures."""
        ...

    def funds_of_sub_accounts(self) -> Walk[SubAccountFunds]:
        """What all sub-accounts hold outside futures."""
        ...

    async def dead_man_switch(self) -> DeadManSwitch:
        """How the switch is set."""
        ...

    async def set_dead_man_switch(
        self, timeout_s: int | None, symbols: tuple[Symbol, ...] = ()
    ) -> Outcome:
        """Cancel orders when nothing is heard of us for so long; None switches it off."""
        ...

    async def renew_dead_man_switch(
        self, timeout_s: int, symbols: tuple[Symbol, ...] = ()
    ) -> Renewal:
        """Set it, or set it anew, and say by the exchange's clock when it would act."""
        ...
