"""The account: key, overviews, ledger, own funding, fees. Source: reference 1.2, 3.1, 3.2, 3.13."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import accounts as payloads
from terminal.simexchange.payloads import funding as funding_payloads
from terminal.simexchange.rest.paging import (
    DAY_MS,
    NAMES,
    Window,
    asked_window,
    bounded_window,
    more,
)
from terminal.simexchange.rest.routing import FUTURES, GENERAL, MANAGEMENT, TRADE, UNIFIED, Route
from terminal.simexchange.trading.ledger import TYPES
from terminal.simexchange.trading.risk import cross_risk

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.quota import Quota
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.ledger import FundingPayment, LedgerRow
    from terminal.simexchange.trading.transfers import Funding

LEDGER_COUNT = 50
_TYPES = {name.lower() for name in TYPES}


@final
class AccountCalls:
    """What the account that signed is and has."""

    def __init__(self, engine: Engine, clock: SimClock, quota: Quota, switches: Switches) -> None:
        self._engine = engine
        self._clock = clock
        self._quota = quota
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        overview = "/api/v1/account-overview"
        return (
            Route("GET", "/api/v1/user/api-key", MANAGEMENT, 20, GENERAL, self._api_key),
            Route("GET", "/api/v2/user-info", MANAGEMENT, 20, GENERAL, self._user_info),
            Route("GET", "/api/ua/v1/account/mode", UNIFIED, 20, GENERAL, self._mode),
            Route("GET", overview, FUTURES, 5, TRADE, self._overview),
            Route("GET", f"{overview}-all", FUTURES, 6, GENERAL, self._overview_all),
            Route("GET", "/api/v1/transaction-history", FUTURES, 2, GENERAL, self._ledger),
            Route("GET", "/api/v1/funding-history", FUTURES, 5, TRADE, self._funding_history),
            Route("GET", "/api/v1/trade-fees", FUTURES, 3, GENERAL, self._trade_fees),
        )

    def _api_key(self, call: Call) -> object:
        key = call.key
        if key is None:
            raise Refused("400001", "KC-API-KEY is required", 401)
        return funding_payloads.api_key(key, call.account.number, call.account.opened_ms)

    def _user_info(self, call: Call) -> object:
        return funding_payloads.user_info(self._quota.level, len(self._family(call)) - 1)

    def _mode(self, call: Call) -> object:
        subs = [one.account.number for one in self._family(call)[1:]]
        return {"selfAccountMode": "CLASSIC", "unifiedSubAccount": [], "classicSubAccount": subs}

    def _family(self, call: Call) -> list[Funding]:
        return self._engine.accounts.family(call.account)

    def _overview(self, call: Call) -> object:
        currency = _currency(call)
        risk = cross_risk(call.account, self._engine.markets, currency)
        return payloads.overview(call.account.wallet_state(currency), risk)

    def _overview_all(self, call: Call) -> object:
        """The account and its sub-accounts, and their sums."""
        currency = _currency(call)
        return payloads.overview_all(
            [(one.name, one.account.wallet_state(currency)) for one in self._family(call)]
        )

    def _ledger(self, call: Call) -> object:
        """Newest first; a contract with an open position leads with what is not booked yet."""
        account = call.account
        currency, kind = call.text("currency"), call.text("type").lower()
        if currency and currency not in account.wallets:
            raise Refused("400100", f"currency {currency} is invalid", 400)
        if kind and kind not in _TYPES:
            raise Refused("400100", f"type {call.text('type')} is invalid", 400)
        window = self._window(call)
        equity = {name: account.wallet_state(name).equity for name in account.wallets}
        rows = [*account.ledger.rows, *reversed(account.ledger.pending(equity))]

        def is_asked(row: LedgerRow) -> bool:
            return (
                currency in ("", row.currency)
                and kind in ("", row.type.lower())
                and window.holds(row.at_ms)
            )

        return more(call, rows, lambda row: row.offset, payloads.ledger_row, LEDGER_COUNT, is_asked)

    def _funding_history(self, call: Call) -> object:
        """One source names the window ``from`` and ``to`` (3.13): both are taken."""
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        names = ("from", "to") if {"from", "to"} & set(call.query) else NAMES
        window = self._window(call, names)

        def is_asked(payment: FundingPayment) -> bool:
            return payment.symbol == symbol and window.holds(payment.at_ms)

        return more(
            call,
            call.account.ledger.payments,
            lambda payment: payment.number,
            payloads.funding_payment,
            is_asked=is_asked,
        )

    def _window(self, call: Call, names: tuple[str, str] = NAMES) -> Window:
        if self._switches.history_window == "unlimited":
            return asked_window(call, names)
        return bounded_window(call, DAY_MS, DAY_MS, self._clock.now_ms(), names)

    def _trade_fees(self, call: Call) -> object:
        return payloads.trade_fees(self._engine.market(call.required("symbol")).spec)


def _currency(call: Call) -> str:
    """A settle currency, XBT by default (3.1). Raises ``Refused``."""
    currency = call.text("currency", "XBT")
    if currency not in call.account.wallets:
        raise Refused("400100", f"currency {currency} is invalid", 400)
    return currency
