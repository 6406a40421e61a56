"""How much can be opened, and what it takes. Source: reference 3.11, 7.6."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.fields import Fields
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.payloads import sizes as payloads
from terminal.simexchange.rest.position_calls import leverage_of
from terminal.simexchange.rest.routing import FUTURES, TRADE, Route, old_envelope
from terminal.simexchange.trading.margin import ISOLATED

if TYPE_CHECKING:
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches

MOST_SYMBOLS = 50
USUAL_MARGIN = Decimal(10_000)
"""In dollars."""
_COIN_GRID = Decimal("1E-8")


@final
class SizingCalls:
    """What could be; nothing here changes anything."""

    def __init__(self, engine: Engine, switches: Switches) -> None:
        self._engine = engine
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        limits, needs = "/api/v2/batchGetCrossOrderLimit", "/api/v2/getCrossModeMarginRequirement"
        return (
            Route("GET", "/api/v2/getMaxOpenSize", FUTURES, 2, TRADE, self._max_open_size),
            Route("GET", limits, FUTURES, 2, TRADE, self._cross_limits),
            Route("GET", needs, FUTURES, 3, TRADE, self._requirement),
            Route("POST", needs, FUTURES, 3, TRADE, self._requirement),
        )

    def _max_open_size(self, call: Call) -> object:
        """In the contract's margin mode; what closes a position comes in addition."""
        market = self._engine.market(call.required("symbol"))
        price = _above_zero("price", call.decimal("price"))
        leverage = leverage_of(call.required("leverage"))
        account, symbol = call.account, market.spec.symbol
        most = market.spec.max_leverage
        if account.mode(symbol) == ISOLATED:
            most = min(most, account.legs.of(symbol)[0].position.level.max_leverage)
        _check_leverage(leverage, most)
        buys, sells = (
            self._engine.max_open_lots(account, market, side, price, leverage)
            for side in (BUY, SELL)
        )
        data = {"symbol": symbol, "maxBuyOpenSize": buys, "maxSellOpenSize": sells}
        return old_envelope(data) if self._switches.max_open_size_envelope == "old" else data

    def _cross_limits(self, call: Call) -> object:
        """At the last price; an unknown contract refuses them all."""
        names = list(dict.fromkeys(call.required("symbol").split(",")))
        if len(names) > MOST_SYMBOLS:
            raise Refused("400100", f"symbol: at most {MOST_SYMBOLS} contracts", 400)
        markets = [self._engine.market(name) for name in names]
        margin = call.decimal("totalMargin")
        if margin is not None:
            _above_zero("totalMargin", margin)
        asked = leverage_of(call.text("leverage")) if call.text("leverage") else None
        rows = []
        for market in markets:
            spec = market.spec
            leverage = asked or Decimal(spec.max_leverage)
            _check_leverage(leverage, spec.max_leverage)
            rows.append(
                payloads.cross_limit(
                    spec,
                    spec.price(market.last),
                    margin or self._usual_margin(market),
                    leverage,
                    has_floor=self._switches.initial_margin_floor == "maintenance",
                )
            )
        return rows

    @staticmethod
    def _usual_margin(market: Market) -> Decimal:
        """10,000 dollars in the settle currency."""
        if not market.spec.is_inverse:
            return USUAL_MARGIN
        return (USUAL_MARGIN / market.index_price).quantize(_COIN_GRID)

    def _requirement(self, call: Call) -> object:
        """Clients ask with either verb (11)."""
        verb = self._switches.margin_requirement_verb
        if verb not in ("both", call.method.lower()):
            raise Refused("405000", "Method Not Allowed", 405)
        asked = call.fields if call.method == "POST" else Fields(call.query)
        spec = (market := self._engine.market(asked.required("symbol"))).spec
        value = _above_zero("positionValue", asked.decimal("positionValue"))
        given = asked.get("leverage")
        leverage = Decimal(spec.max_leverage) if given in (None, "") else leverage_of(given)
        _check_leverage(leverage, spec.max_leverage)
        price, has_floor = (
            spec.price(market.last),
            (self._switches.initial_margin_floor == "maintenance"),
        )
        data = payloads.margin_requirement(spec, price, value, leverage, has_floor=has_floor)
        return [data] if self._switches.margin_requirement_shape == "list" else data


def _above_zero(name: str, number: Decimal | None) -> Decimal:
    if number is None or number <= 0:
        raise Refused("400100", f"{name} is above zero and required", 400)
    return number


def _check_leverage(leverage: Decimal, most: int) -> None:
    if leverage > most:
        raise Refused("300016", f"The leverage must not be above {most}")
