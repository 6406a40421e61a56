"""The funding side: accounts list, what is transferable, transfers between accounts.

On the real exchange these are on another host; here both hosts share the port. Source: reference 4.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import funding as payloads
from terminal.simexchange.rest.routing import GENERAL, MANAGEMENT, TRANSFER, Route
from terminal.simexchange.trading import move_requests
from terminal.simexchange.trading.transfers import MAIN, TRANSFER_PATH, Purse

if TYPE_CHECKING:
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.accounts import Accounts
    from terminal.simexchange.trading.transfers import Funding, Move

EMPTY_KINDS = ("MARGIN", "ISOLATED", "OPTION", "MARGIN_V2", "ISOLATED_V2")
"""Account types that there are on the exchange and that hold nothing here (4)."""
_PAIR = re.compile(r"[A-Z0-9]{1,12}-[A-Z0-9]{1,12}")
SPOT = "Spot"
"""The right that the two older transfers need (1.2)."""
_LONGEST_ID = 24


@final
class FundingCalls:
    """What a transfer dialog needs beside the account overview."""

    def __init__(self, accounts: Accounts, faults: Faults, switches: Switches) -> None:
        self._accounts = accounts
        self._faults = faults
        self._switches = switches

    def _funding(self, call: Call) -> Funding:
        return self._accounts.funding[call.account.uid]

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        accounts, old = "/api/v1/accounts", "/api/v2/accounts"
        transferable, kind = f"{accounts}/transferable", "transfer"
        inner, sub = f"{old}/inner-transfer", f"{old}/sub-transfer"
        return (
            Route("GET", accounts, MANAGEMENT, 5, GENERAL, self._list),
            Route("GET", f"{accounts}/{{accountId}}", MANAGEMENT, 5, GENERAL, self._account),
            Route("GET", transferable, MANAGEMENT, 20, GENERAL, self._transferable),
            Route("POST", TRANSFER_PATH, MANAGEMENT, 4, TRANSFER, self._transfer, kind),
            Route("POST", inner, MANAGEMENT, 10, SPOT, self._inner, kind),
            Route("POST", sub, MANAGEMENT, 30, SPOT, self._sub, kind),
        )

    def _list(self, call: Call) -> object:
        kind, currency = call.query.get("type"), call.query.get("currency")
        if kind not in (None, "main", "trade", "option"):
            raise Refused("400100", f"type {kind} is invalid", 400)
        purses = self._funding(call).purses
        return [
            payloads.funding_account(number, name, account.lower(), purse)
            for number, ((account, name), purse) in enumerate(purses.items(), 1)
            if kind in (None, account.lower()) and currency in (None, name)
        ]

    def _account(self, call: Call) -> object:
        account = call.text("accountId")
        number = payloads.account_number(account) if len(account) <= _LONGEST_ID else 0
        rows = list(self._funding(call).purses.items())
        if not 0 < number <= len(rows):
            raise Refused("400100", "account not exist", 400)
        (_, currency), purse = rows[number - 1]
        return payloads.account_detail(currency, purse)

    def _transferable(self, call: Call) -> object:
        """All but the futures account; those of a pair are asked for with its name."""
        currency, kind = call.text("currency"), call.text("type")
        own = self._funding(call)
        if kind not in EMPTY_KINDS:
            return payloads.transferable(currency, own.purse(kind, currency))
        own.purse(MAIN, currency)  # refuses what is no currency
        if kind.startswith("ISOLATED") and not _PAIR.fullmatch(call.text("tag")):
            raise Refused("400100", "tag is invalid", 400)
        return payloads.transferable(currency, Purse(Decimal(0)))

    def _transfer(self, call: Call) -> object:
        own = self._funding(call)
        return self._moved(own, move_requests.universal(call.fields, own))

    def _inner(self, call: Call) -> object:
        own, is_taken = self._funding(call), self._switches.inner_to_futures == "taken"
        move = move_requests.inner(call.fields, own, may_end_in_futures=is_taken)
        return self._moved(own, move)

    def _sub(self, call: Call) -> object:
        own = self._funding(call)
        return self._moved(own, move_requests.sub(call.fields, own))

    def _moved(self, own: Funding, move: Move) -> object:
        return {"orderId": own.transfer(move, self._faults.transfers_late_s)}
