"""The older transfers of the futures host: transfer-out, transfer-in, and the list of the first.

Source: reference 4, 4.2 and 4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import funding as payloads
from terminal.simexchange.rest.paging import asked_window, page
from terminal.simexchange.rest.routing import GENERAL, MANAGEMENT, TRADE, Enveloped, Route
from terminal.simexchange.trading import move_requests
from terminal.simexchange.trading.departures import LISTED, arrive

if TYPE_CHECKING:
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.accounts import Accounts
    from terminal.simexchange.trading.departures import Departure

_STATUS_NAMES = (("status", "type"), ("queryStatus", "tag"))


@final
class FuturesTransfers:
    """Deprecated and still answering."""

    def __init__(self, accounts: Accounts, faults: Faults, switches: Switches) -> None:
        self._accounts = accounts
        self._faults = faults
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        kind, listed = "transfer", "/api/v1/transfer-list"
        return (
            Route("POST", "/api/v3/transfer-out", MANAGEMENT, 20, TRADE, self._leave, kind),
            Route("POST", "/api/v1/transfer-in", MANAGEMENT, 20, TRADE, self._arrive, kind),
            Route("GET", listed, MANAGEMENT, 20, GENERAL, self._list),
        )

    def _leave(self, call: Call) -> object:
        uid = call.account.uid
        asked = move_requests.futures(call.fields, self._accounts.funding[uid], "recAccountType")
        late_s = self._faults.transfers_late_s
        return payloads.departure(self._accounts.departures[uid].leave(*asked, late_s))

    def _arrive(self, call: Call) -> object:
        own = self._accounts.funding[call.account.uid]
        arrive(own, *move_requests.futures(call.fields, own, "payAccountType"))
        is_old = self._switches.transfer_in_envelope == "old"
        return Enveloped(payloads.OLD_SUCCESS) if is_old else None

    def _list(self, call: Call) -> object:
        """Newest first. Both bounds of the window belong to it."""
        account = call.account
        currency, window = call.text("currency"), asked_window(call)
        if currency and currency not in account.wallets:
            raise Refused("400100", f"currency {currency} is invalid", 400)
        statuses = _statuses(call)

        def is_asked(row: Departure) -> bool:
            return (
                currency in ("", row.currency)
                and row.listed_status in statuses
                and window.holds(row.created_ms)
            )

        rows = self._accounts.departures[account.uid].rows
        found = [row for row in reversed(rows) if is_asked(row)]
        return page(call, found, payloads.listed_departure)


def _statuses(call: Call) -> set[str]:
    """Those of the three that are asked for: one, and one of several.

    The newer specification calls the same parameters ``type`` and ``tag`` and lists account types
    for them; words there that are no status mean nothing.
    """
    found = set(LISTED)
    for name, other in _STATUS_NAMES:
        words = set(call.text(name).split(",")) - {""}
        if words - set(LISTED):
            raise Refused("400100", f"{name} is invalid", 400)
        words = words or set(call.text(other).split(",")) & set(LISTED)
        found &= words or found
    return found
