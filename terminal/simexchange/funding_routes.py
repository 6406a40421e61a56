"""REST routes of the funding side: accounts list, what is transferable, universal-transfer.

On the real exchange they are on another host; here they share the port. Source: reference 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.simexchange import payloads
from terminal.simexchange.auth import Refused
from terminal.simexchange.transfers import TRANSFER_PATH

if TYPE_CHECKING:
    from aiohttp import web

    from terminal.simexchange.http_server import Handler
    from terminal.simexchange.transfers import Funding


@final
class FundingRoutes:
    """The three calls a transfer dialog needs beside the account overview."""

    def __init__(self, funding: Funding) -> None:
        self._funding = funding

    def rows(self) -> tuple[tuple[str, str, str, Handler], ...]:
        """Method, path, permission, handler."""
        return (
            ("GET", "/api/v1/accounts", "General", self._accounts),
            ("GET", "/api/v1/accounts/transferable", "General", self._transferable),
            ("POST", TRANSFER_PATH, "InnerTransfer", self._transfer),
        )

    def _accounts(self, request: web.Request, _body: dict[str, Any]) -> object:
        kind, currency = request.query.get("type"), request.query.get("currency")
        if kind not in (None, "main", "trade", "option"):
            raise Refused("400100", f"type {kind} is invalid")
        return [
            payloads.funding_account(number, name, account.lower(), purse)
            for number, ((account, name), purse) in enumerate(self._funding.purses.items(), 1)
            if kind in (None, account.lower()) and currency in (None, name)
        ]

    def _transferable(self, request: web.Request, _body: dict[str, Any]) -> object:
        currency, kind = request.query.get("currency", ""), request.query.get("type", "")
        return payloads.transferable(currency, self._funding.purse(kind, currency))

    def _transfer(self, _request: web.Request, body: dict[str, Any]) -> object:
        return {"orderId": self._funding.transfer(body)}
