"""Margin of isolated positions, and their risk limits. Source: reference 3.10, 3.12."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.fields import Fields, flag_of
from terminal.simexchange.market.contracts import plain
from terminal.simexchange.payloads import accounts as payloads
from terminal.simexchange.rest.routing import FUTURES, TRADE, Enveloped, Route
from terminal.simexchange.trading.sides import BOTH, POSITION_SIDES

if TYPE_CHECKING:
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call

LONGEST_NUMBER = 36
_GRID = Decimal("1E-10")
_FLAT = Enveloped({"code": "200000", "msg": "Position does not exist"})
"""A success that is none (1.4)."""


@final
class MarginCalls:
    """Commands about isolated positions of the account that signed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        position, margin = "/api/v1/position/margin", "/api/v1/margin"
        auto, level = f"{position}/auto-deposit-status", "/api/v1/position/risk-limit-level/change"
        return (
            Route("POST", f"{position}/deposit-margin", FUTURES, 4, TRADE, self._deposit),
            Route("GET", f"{margin}/maxWithdrawMargin", FUTURES, 10, TRADE, self._withdrawable),
            Route("POST", f"{margin}/withdrawMargin", FUTURES, 10, TRADE, self._withdraw),
            Route("POST", auto, FUTURES, 4, TRADE, self._auto_deposit),
            Route("POST", level, FUTURES, 5, TRADE, self._change_level),
        )

    def _deposit(self, call: Call) -> object:
        """The position as it is then; a repeated bizNo answers it and moves nothing."""
        asked = call.fields
        amount, number = _amount(asked, "margin"), asked.required("bizNo", LONGEST_NUMBER)
        side = _side(asked)
        market = self._engine.market(asked.required("symbol"))
        held = self._engine.margins.position(call.account, market, side)
        if not self._engine.margins.deposit(call.account, held, amount, number):
            return _FLAT
        payload = self._engine.reports.position_payload(call.account, market, held.side)
        return payloads.rest_position(payload, market.spec, self._engine.switches)

    def _withdrawable(self, call: Call) -> object:
        market = self._engine.market(call.required("symbol"))
        side = _side(Fields(call.query))
        held = self._engine.margins.position(call.account, market, side)
        return plain(self._engine.margins.withdrawable(held))

    def _withdraw(self, call: Call) -> object:
        asked = call.fields
        amount = _amount(asked, "withdrawAmount")
        side = _side(asked)
        market = self._engine.market(asked.required("symbol"))
        held = self._engine.margins.position(call.account, market, side)
        done = self._engine.margins.withdraw(call.account, held, amount)
        return plain(amount) if done else _FLAT

    def _auto_deposit(self, call: Call) -> object:
        asked = call.fields
        is_on = flag_of("status", asked.get("status"))
        market = self._engine.market(asked.required("symbol"))
        self._engine.margins.set_auto_deposit(call.account, market, is_on=is_on)
        return True

    def _change_level(self, call: Call) -> object:
        """Says that it was asked for; the outcome is told on the feed."""
        asked = call.fields
        level = asked.whole("level")
        if level is None:
            raise Refused("400100", "level is required", 400)
        market = self._engine.market(asked.required("symbol"))
        self._engine.margins.change_level(call.account, market, level)
        return True


def _amount(asked: Fields, name: str) -> Decimal:
    """Number or text, above zero, at most ten decimals. Raises ``Refused``."""
    amount = asked.decimal(name)
    if amount is None or amount <= 0 or amount > Decimal("1E15") or amount % _GRID:
        raise Refused("400100", f"{name} is invalid", 400)
    return amount


def _side(asked: Fields) -> str:
    """The leg that is meant; the side of one-way mode when none is named. Raises ``Refused``."""
    return asked.choice("positionSide", POSITION_SIDES, BOTH)
