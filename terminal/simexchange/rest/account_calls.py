"""The account: key, mode, overview, positions, margin modes. Source: reference 1.2, 3.1, 3.8."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import accounts as payloads
from terminal.simexchange.rest.routing import FUTURES, GENERAL, MANAGEMENT, TRADE, UNIFIED, Route

if TYPE_CHECKING:
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call


@final
class AccountCalls:
    """What the account that signed is and has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        position = "/api/v2/position"
        return (
            Route("GET", "/api/v1/user/api-key", MANAGEMENT, 20, GENERAL, self._api_key),
            Route("GET", "/api/ua/v1/account/mode", UNIFIED, 20, GENERAL, self._mode),
            Route("GET", "/api/v1/account-overview", FUTURES, 5, TRADE, self._overview),
            Route("GET", f"{position}/getMarginMode", FUTURES, 2, TRADE, self._margin_mode),
            Route("GET", f"{position}/getPositionMode", FUTURES, 2, TRADE, self._position_mode),
            Route("GET", "/api/v2/getCrossUserLeverage", FUTURES, 2, TRADE, self._leverage),
            Route("GET", "/api/v1/position", FUTURES, 2, TRADE, self._position),
            Route("GET", position, FUTURES, 2, TRADE, self._position_v2),
            Route("GET", "/api/v1/positions", FUTURES, 2, TRADE, self._positions),
        )

    def _api_key(self, call: Call) -> object:
        key = call.key
        if key is None:
            raise Refused("400001", "KC-API-KEY is required", 401)
        return {
            "remark": "demo",
            "apiKey": key.key,
            "apiVersion": key.version,
            "permission": ",".join(sorted(key.permissions)),
            **({"ipWhitelist": key.ip_list} if key.ip_list else {}),
            "createdAt": 1_760_000_000_000,
            "uid": 60_000_000,
            "isMaster": True,
        }

    def _mode(self, _call: Call) -> object:
        return {"selfAccountMode": "CLASSIC", "unifiedSubAccount": [], "classicSubAccount": []}

    def _overview(self, call: Call) -> object:
        currency = call.text("currency", "XBT")
        if currency not in call.account.wallets:
            raise Refused("400100", f"currency {currency} is invalid", 400)
        return payloads.overview(call.account.wallet_state(currency))

    def _margin_mode(self, call: Call) -> object:
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        return {"symbol": symbol, "marginMode": call.account.margin_modes[symbol]}

    def _position_mode(self, _call: Call) -> object:
        return {"positionMode": 0}

    def _leverage(self, call: Call) -> object:
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        return {"symbol": symbol, "leverage": str(call.account.cross_leverage[symbol])}

    def _position(self, call: Call) -> object:
        market = self._engine.market(call.required("symbol"))
        return self._engine.reports.position_payload(call.account, market)

    def _position_v2(self, call: Call) -> object:
        market = self._engine.market(call.required("symbol"))
        payload = self._engine.reports.position_payload(call.account, market)
        return [payloads.position_v2(payload)] if payload["isOpen"] else []

    def _positions(self, call: Call) -> object:
        root = call.text("currency")
        return [
            self._engine.reports.position_payload(call.account, market)
            for symbol, market in self._engine.markets.items()
            if call.account.positions[symbol].lots and root in ("", market.spec.root)
        ]
