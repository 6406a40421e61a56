"""Public calls: contracts, tickers, books, trades, candles, time, tokens. Source: reference 2.

What is asked of a series over time (index, premium, interest, funding) is in ``series_calls``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.payloads import markets as payloads
from terminal.simexchange.rest.routing import FUTURES, GENERAL, PUBLIC, Route

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.tokens import Tokens

_CONTRACT_STATUS = {"open": "Open", "cancelonly": "CancelOnly", "close": "Paused"}


@final
class MarketCalls:
    """What anybody may ask."""

    def __init__(self, engine: Engine, tokens: Tokens, clock: SimClock) -> None:
        self._engine = engine
        self._tokens = tokens
        self._clock = clock

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        book = "/api/v1/level2/snapshot"
        return (
            Route("GET", "/api/v1/contracts/active", PUBLIC, 3, None, self._contracts),
            Route("GET", "/api/v1/contracts/{symbol}", PUBLIC, 3, None, self._contract),
            Route("GET", "/api/v1/contracts/risk-limit/{symbol}", PUBLIC, 5, None, self._risk),
            Route("GET", "/api/v1/ticker", PUBLIC, 2, None, self._ticker),
            Route("GET", "/api/v1/allTickers", PUBLIC, 5, None, self._all_tickers),
            Route("GET", book, PUBLIC, 3, None, self._snapshot),
            Route("GET", "/api/v1/level2/depth20", PUBLIC, 5, None, self._depth20),
            Route("GET", "/api/v1/level2/depth100", PUBLIC, 5, None, self._depth100),
            Route("GET", "/api/v1/trade/history", PUBLIC, 5, None, self._trades),
            Route("GET", "/api/v1/mark-price/{symbol}/current", PUBLIC, 3, None, self._mark_price),
            Route("GET", "/api/v1/trade-statistics", FUTURES, 3, GENERAL, self._statistics),
            # Its answer is labelled as text, the exchange's own mistake (reference 2.8).
            Route("GET", "/api/v1/status", PUBLIC, 4, None, self._status, media="text/plain"),
            Route("GET", "/api/v1/timestamp", PUBLIC, 2, None, self._timestamp),
            Route("POST", "/api/v1/bullet-public", PUBLIC, 10, None, self._bullet_public),
            Route("POST", "/api/v1/bullet-private", FUTURES, 10, GENERAL, self._bullet_private),
        )

    def _market(self, call: Call) -> Market:
        return self._engine.market(call.required("symbol"))

    def _listed(self, market: Market) -> payloads.Payload:
        status = "Paused" if market.is_paused else _CONTRACT_STATUS[self._engine.status]
        status = market.phase or status
        return payloads.contract(market, self._clock.now_ms(), status)

    def _contracts(self, _call: Call) -> object:
        return [self._listed(market) for market in self._engine.listed()]

    def _contract(self, call: Call) -> object:
        return self._listed(self._market(call))

    def _risk(self, call: Call) -> object:
        spec = self._market(call).spec
        return [payloads.risk_level(spec.symbol, level) for level in ladder(spec)]

    def _ticker(self, call: Call) -> object:
        return payloads.ticker(self._market(call))

    def _all_tickers(self, _call: Call) -> object:
        return [payloads.ticker(market) for market in self._engine.listed()]

    def _snapshot(self, call: Call) -> object:
        return payloads.book(self._market(call), self._clock.now_ns())

    def _depth20(self, call: Call) -> object:
        return payloads.book(self._market(call), self._clock.now_ns(), 20)

    def _depth100(self, call: Call) -> object:
        return payloads.book(self._market(call), self._clock.now_ns(), 100)

    def _trades(self, call: Call) -> object:
        market = self._market(call)
        return [payloads.past_trade(market, trade) for trade in reversed(market.trades)]

    def _mark_price(self, call: Call) -> object:
        return payloads.mark_price(self._market(call), self._clock.now_ms())

    def _statistics(self, _call: Call) -> object:
        """All quote currencies are dollars."""
        markets = self._engine.listed()
        return {"turnoverOf24h": sum(payloads.day_values(market)[0] for market in markets)}

    def _status(self, _call: Call) -> object:
        return {"msg": self._engine.faults.notice, "status": self._engine.status}

    def _timestamp(self, _call: Call) -> object:
        return self._clock.now_ms()

    def _bullet_public(self, call: Call) -> object:
        return self._bullet(call, None)

    def _bullet_private(self, call: Call) -> object:
        return self._bullet(call, call.account.uid)

    def _bullet(self, call: Call, uid: str | None) -> object:
        return {
            "token": self._tokens.issue(uid),
            "instanceServers": [
                {
                    "endpoint": f"ws://{call.host}/endpoint",
                    "encrypt": False,
                    "protocol": "websocket",
                    **self._tokens.pings.payload(),
                }
            ],
        }
