"""What programs for both markets ask of the spot side before they trade futures.

There is no spot market here and nothing is lent, so its lists are empty, as they are on an exchange
that lists nothing; the currencies are those of the contracts. Without these calls such programs do
not start. Source: the exchange's own specification of the spot side, which is no part of the
reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.rest.routing import GENERAL, PUBLIC, Route
from terminal.simexchange.trading.transfers import COIN, FUTURES_COIN

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call

SPOT = "Spot"
PRECISION = 8


@final
class SpotCalls:
    """An exchange without spot markets, as it would say so."""

    def __init__(self, engine: Engine, clock: SimClock) -> None:
        self._engine = engine
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        opened = "/api/v1/hf/accounts/opened"
        return (
            Route("GET", "/api/v3/currencies", PUBLIC, 3, None, self._currencies),
            Route("GET", "/api/v2/symbols", PUBLIC, 4, None, self._none),
            Route("GET", "/api/v1/market/allTickers", PUBLIC, 15, None, self._tickers),
            Route("GET", "/api/v3/margin/symbols", PUBLIC, 3, None, self._margin_symbols),
            Route("GET", "/api/v1/isolated/symbols", PUBLIC, 3, None, self._none),
            Route("GET", opened, SPOT, 30, GENERAL, self._is_opened),
        )

    def _currencies(self, _call: Call) -> object:
        names: dict[str, None] = {}
        for market in self._engine.markets.values():
            spec = market.spec
            for name in (spec.settle, spec.quote, spec.base):
                names[COIN if name == FUTURES_COIN else name] = None
        return [_currency(name) for name in names]

    def _none(self, _call: Call) -> object:
        return []

    def _tickers(self, _call: Call) -> object:
        return {"time": self._clock.now_ms(), "ticker": []}

    def _margin_symbols(self, _call: Call) -> object:
        return {"timestamp": self._clock.now_ms(), "items": []}

    def _is_opened(self, _call: Call) -> object:
        return True


def _currency(name: str) -> dict[str, Any]:
    """A currency that no chain brings in or takes away."""
    return {
        "currency": name,
        "name": name,
        "fullName": name,
        "precision": PRECISION,
        "confirms": None,
        "contractAddress": None,
        "isMarginEnabled": False,
        "isDebitEnabled": False,
        "chains": [],
    }
