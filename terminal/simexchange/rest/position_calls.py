"""Positions of now and before, margin modes, cross leverage, position mode.

Source: reference 3.8, 3.9.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import plain
from terminal.simexchange.payloads import accounts as payloads
from terminal.simexchange.rest.paging import asked_window, page_of_history
from terminal.simexchange.rest.routing import FUTURES, TRADE, Route
from terminal.simexchange.trading.margin import CROSS, ISOLATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.legs import Leg

MODES = (ISOLATED, CROSS)
MOST_SYMBOLS = 100
_IN_USE = "exist.order.or.position"
_LEVERAGE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")


@final
class PositionCalls:
    """What the account that signed holds, and how it holds it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        v2 = "/api/v2/position"
        batch, leverage = f"{v2}/batchChangeMarginMode", "/api/v2/changeCrossUserLeverage"
        switch = f"{v2}/switchPositionMode"
        return (
            Route("GET", "/api/v1/position", FUTURES, 2, TRADE, self._position),
            Route("GET", v2, FUTURES, 2, TRADE, self._position_v2),
            Route("GET", "/api/v1/positions", FUTURES, 2, TRADE, self._positions),
            Route("GET", "/api/v1/history-positions", FUTURES, 2, TRADE, self._closed),
            Route("GET", f"{v2}/getMarginMode", FUTURES, 2, TRADE, self._margin_mode),
            Route("POST", f"{v2}/changeMarginMode", FUTURES, 2, TRADE, self._change_margin_mode),
            Route("POST", batch, FUTURES, 2, TRADE, self._change_margin_modes),
            Route("GET", "/api/v2/getCrossUserLeverage", FUTURES, 2, TRADE, self._leverage),
            Route("POST", leverage, FUTURES, 2, TRADE, self._change_leverage),
            Route("GET", f"{v2}/getPositionMode", FUTURES, 2, TRADE, self._position_mode),
            Route("POST", switch, FUTURES, 2, TRADE, self._switch_position_mode),
        )

    # Positions -------------------------------------------------------------------------------

    def _position(self, call: Call) -> object:
        """A contract without a position is shown, too, with ``isOpen`` false.

        There is room for one: in hedge mode the long one, unless only the short one is open.
        """
        market, account = self._engine.market(call.required("symbol")), call.account
        legs = account.legs.of(market.spec.symbol)
        return self._payload(account, market, max(legs, key=_is_open).side)

    def _position_v2(self, call: Call) -> object:
        market = self._engine.market(call.required("symbol"))
        return [
            payloads.position_v2(
                self._payload(call.account, market, held.side),
                call.account.effective_leverage(market.spec.symbol),
            )
            for held in call.account.legs.open(market.spec.symbol)
        ]

    def _positions(self, call: Call) -> object:
        root = call.text("currency")
        return [
            self._payload(call.account, self._engine.markets[held.spec.symbol], held.side)
            for held in call.account.legs.open()
            if root in ("", held.spec.root)
        ]

    def _closed(self, call: Call) -> object:
        """Newest first, by the time they were closed; sizes of a page above 200 are 200."""
        name = call.text("symbol")
        symbol = self._engine.market(name).spec.symbol if name else None
        window = asked_window(call, ("from", "to"))
        found = call.account.closings.newest(symbol, window.start_ms, window.end_ms)
        return page_of_history(
            call,
            found,
            lambda row: payloads.closed_position(row, call.account.uid, self._engine.switches),
        )

    def _payload(self, account: Account, market: Market, side: str) -> dict[str, Any]:
        payload = self._engine.reports.position_payload(account, market, side)
        return payloads.rest_position(payload, market.spec, self._engine.switches)

    # Margin modes ----------------------------------------------------------------------------

    def _margin_mode(self, call: Call) -> object:
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        return {"symbol": symbol, "marginMode": call.account.margin_modes[symbol]}

    def _change_margin_mode(self, call: Call) -> object:
        """Refused with the code of the batch while there is a position or an order."""
        mode = _mode(call.fields)
        symbol = self._symbol(call.fields.get("symbol"))
        self._set_margin_mode(call.account, symbol, mode)
        return {"symbol": symbol, "marginMode": mode}

    def _change_margin_modes(self, call: Call) -> object:
        """An unknown symbol refuses the whole batch, and nothing of it is done."""
        mode, listed = _mode(call.fields), call.fields.get("symbols")
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_SYMBOLS:
            raise Refused("400100", f"symbols: a list of 1 to {MOST_SYMBOLS}", 400)
        symbols = list(dict.fromkeys(self._symbol(name) for name in listed))
        account, errors = call.account, []
        for symbol in symbols:
            try:
                self._set_margin_mode(account, symbol, mode)
            except Refused as refused:
                errors.append({"code": refused.code, "msg": refused.text, "symbol": symbol})
        return {
            "marginMode": {symbol: account.margin_modes[symbol] for symbol in symbols},
            "errors": errors,
        }

    def _set_margin_mode(self, account: Account, symbol: str, mode: str) -> None:
        """Told when it is another one now. Raises ``Refused``: 50002 for a contract in use."""
        if account.margin_modes[symbol] == mode:
            return
        self._engine.check_settings(account, symbol)
        if any(leg.lots for leg in account.legs.of(symbol)) or account.active(symbol):
            raise Refused("50002", _IN_USE)
        account.margin_modes[symbol] = mode
        self._engine.reports.margin_mode(account, symbol)

    # Cross leverage --------------------------------------------------------------------------

    def _leverage(self, call: Call) -> object:
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        return {"symbol": symbol, "leverage": plain(call.account.cross_leverage[symbol])}

    def _change_leverage(self, call: Call) -> object:
        """Applies to a cross position and its orders at once; refused when money is short."""
        account = call.account
        market = self._engine.market(self._symbol(call.fields.get("symbol")))
        symbol, settle = market.spec.symbol, market.spec.settle
        leverage = leverage_of(call.fields.get("leverage"))
        if leverage > market.spec.max_leverage:
            text = f"The leverage must not be above {market.spec.max_leverage}"
            raise Refused("300016", text)
        if leverage == account.cross_leverage[symbol]:
            return True
        self._engine.check_settings(account, symbol)
        account.set_cross_leverage(symbol, leverage)
        self._engine.reports.cross_leverage(account, symbol)
        for held in account.legs.open(symbol):
            if held.margin_mode == CROSS:
                self._engine.reports.position(account, market, "marginChange", held.side)
        self._engine.reports.wallet(account, settle)
        return True

    # Position mode ---------------------------------------------------------------------------

    def _position_mode(self, call: Call) -> object:
        return {"positionMode": int(call.account.legs.is_hedged)}

    def _switch_position_mode(self, call: Call) -> object:
        """One-way (0) or hedge mode (1); refused with the code of margin modes (1.6) when in use.

        No topic tells it: none is known (11).
        """
        asked = call.fields.get("positionMode")
        if isinstance(asked, bool) or str(asked) not in ("0", "1"):
            raise Refused("400100", "positionMode is 0 or 1", 400)
        if (str(asked) == "1") is not call.account.legs.is_hedged:
            self._engine.check_settings(call.account)
        call.account.set_hedged(is_on=str(asked) == "1")
        return self._position_mode(call)

    def _symbol(self, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise Refused("400100", "symbol is required", 400)
        return self._engine.market(value).spec.symbol


def _is_open(leg: Leg) -> bool:
    return bool(leg.lots)


def _mode(fields: Mapping[str, Any]) -> str:
    value = fields.get("marginMode")
    if value not in MODES:
        raise Refused("400100", "marginMode is ISOLATED or CROSS", 400)
    return str(value)


def leverage_of(value: object) -> Decimal:
    """Text or a number, at least 1, at most two decimals. Raises ``Refused``."""
    text = str(value) if isinstance(value, (str, int, float)) else ""
    if not _LEVERAGE.fullmatch(text) or Decimal(text) < 1:
        raise Refused("400100", "leverage is invalid", 400)
    return Decimal(text)
