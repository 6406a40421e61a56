"""The dead-man switch over REST. Source: reference 3.14."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.routing import TRADE, UNIFIED, Route

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.fields import Fields
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches

FUTURES_TRADE = "FUTURES"
OFF = -1
SHORTEST_S, LONGEST_S = 5, 86_400
"""From the documentation of its predecessor; the reference gives no bounds."""
MOST_SYMBOLS = 50


@final
class DeadManCalls:
    """Sets and shows the switch of the account that signed; there are futures orders only."""

    def __init__(self, engine: Engine, clock: SimClock, switches: Switches) -> None:
        self._engine = engine
        self._clock = clock
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        return (
            Route("POST", "/api/ua/v1/dcp/set", UNIFIED, 2, TRADE, self._set),
            Route("GET", "/api/ua/v1/dcp/query", UNIFIED, 2, TRADE, self._query),
        )

    def _set(self, call: Call) -> object:
        asked = call.fields
        _check_type(asked.required("tradeType"))
        timeout_s = asked.whole("timeout")
        if timeout_s is None or not (timeout_s == OFF or SHORTEST_S <= timeout_s <= LONGEST_S):
            text = f"timeout is {OFF} or {SHORTEST_S} to {LONGEST_S}"
            raise Refused("400100", text, 400)
        symbols = self._symbols(asked)
        now_ms, trigger_ms = self._clock.now_ms(), 0
        if timeout_s == OFF:
            self._engine.dead_man.clear(call.account)
        else:
            setting = self._engine.dead_man.set(call.account, timeout_s, symbols)
            trigger_ms = setting.trigger_ms
        return {
            "tradeType": FUTURES_TRADE,
            "symbol": ",".join(symbols),
            "systemTime": self._time(now_ms),
            "triggerTime": self._time(trigger_ms),
        }

    def _query(self, call: Call) -> object:
        """Nothing when it is not set, or was triggered."""
        _check_type(call.required("tradeType"))
        setting = self._engine.dead_man.settings.get(call.account.uid)
        if setting is None:
            return None
        return {
            "timeout": setting.timeout_s,
            "symbols": ",".join(setting.symbols),
            "currentTime": self._time(self._clock.now_ms()),
        }

    def _symbols(self, asked: Fields) -> tuple[str, ...]:
        """One contract or several with commas between; known clients write either name."""
        names = asked.text("symbol") or asked.text("symbols")
        found = tuple(dict.fromkeys(names.split(","))) if names else ()
        if len(found) > MOST_SYMBOLS:
            raise Refused("400100", f"symbol: at most {MOST_SYMBOLS} contracts", 400)
        return tuple(self._engine.market(name).spec.symbol for name in found)

    def _time(self, at_ms: int) -> int:
        return at_ms // 1000 if self._switches.dcp_time_unit == "s" else at_ms


def _check_type(trade_type: str) -> None:
    if trade_type != FUTURES_TRADE:
        raise Refused("400100", f"tradeType: only {FUTURES_TRADE} is traded here", 400)
