"""A master's sub-accounts: who they are and what they have. Source: reference 4.

A sub-account has none of its own: its lists are empty.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import funding as payloads
from terminal.simexchange.rest.paging import page
from terminal.simexchange.rest.routing import GENERAL, MANAGEMENT, Route
from terminal.simexchange.trading.transfers import COIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.trading.accounts import Accounts
    from terminal.simexchange.trading.transfers import Funding

USUAL_PAGE, LARGEST_PAGE = 10, 100
SMALLEST_LIST = 10
_NONE = Decimal(0)
_MARKETS = (("USDT", "XBTUSDTM"), ("USDC", "XBTUSDCM"))
"""Where bitcoin has a price in the other currencies."""


@final
class SubCalls:
    """What a master key may ask about its sub-accounts."""

    def __init__(self, accounts: Accounts, markets: Mapping[str, Market]) -> None:
        self._accounts = accounts
        self._markets = markets

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        one = "/api/v1/sub-accounts/{subUserId}"
        return (
            Route("GET", "/api/v2/sub/user", MANAGEMENT, 20, GENERAL, self._users),
            Route("GET", one, MANAGEMENT, 15, GENERAL, self._one),
            Route("GET", "/api/v2/sub-accounts", MANAGEMENT, 20, GENERAL, self._all),
        )

    def _subs(self, call: Call) -> dict[str, Funding]:
        return self._accounts.funding[call.account.uid].subs

    def _users(self, call: Call) -> object:
        subs = list(self._subs(call).values())
        return page(call, subs, payloads.sub_user, USUAL_PAGE, (1, LARGEST_PAGE))

    def _one(self, call: Call) -> object:
        sub = self._subs(call).get(call.text("subUserId"))
        if sub is None:
            raise Refused("400100", "subUserId is invalid", 400)
        rates, base = self._rates(), call.text("baseCurrency", COIN)
        if base not in rates:
            raise Refused("400100", f"baseCurrency {base} is invalid", 400)
        least = call.decimal("baseAmount") or _NONE
        shows_zeros = call.flag("includeBaseAmount", default=False)
        return payloads.sub_balances(sub, rates, base, least, shows_zeros=shows_zeros)

    def _all(self, call: Call) -> object:
        rates = self._rates()

        def made(sub: Funding) -> payloads.Payload:
            return payloads.sub_balances(sub, rates, COIN, _NONE, shows_zeros=False)

        subs = list(self._subs(call).values())
        return page(call, subs, made, USUAL_PAGE, (SMALLEST_LIST, LARGEST_PAGE))

    def _rates(self) -> dict[str, Decimal]:
        """What one bitcoin costs in each currency, by the indexes."""
        rates = {name: self._markets[symbol].index_price for name, symbol in _MARKETS}
        return {COIN: Decimal(1), **rates}
