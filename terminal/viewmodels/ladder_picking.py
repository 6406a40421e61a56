"""A price of the ladder's rows goes into the ticket: nothing is sent, so nothing need be armed."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.units import Side
from terminal.viewmodels.ladder_clicks import TRADED
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_places import side_at
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.units import Price
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_trading import LadderTrading
    from terminal.viewmodels.ladder_view import Message

PICKED: dict[LadderColumn, Side | None] = {**TRADED, LadderColumn.PRICE: None}
"""Columns whose price can be picked, and the side whose price of the row is meant."""
PICK_WORDS = "Click: to the ticket"


@final
class LadderPicking:
    """Hands prices of one ladder to the ticket. ``takes`` answers what came of it."""

    def __init__(self, trading: LadderTrading, axis: LadderAxis, desk: OrderDesk) -> None:
        self.takes: Callable[[Contract, Price], Message] | None = None
        self._trading = trading
        self._axis = axis
        self._desk = desk

    def pick(self, index: int | None, side: Side | None = None) -> None:
        """Take the price of a row; of a grouped one that at which a side would be sent.

        Without a side it is the one whose limit would rest there, a buy where both would.
        """
        trading, step = self._trading, self._axis.step
        contract = trading.contract
        if contract is None or index is None:
            trading.say("There is no price to take yet.", Role.CAUTION)
            return
        if self.takes is None:
            trading.say("There is no ticket that could take a price.", Role.CAUTION)
            return
        touch = self._desk.touch(contract.symbol)
        if side is None and touch is not None:
            side = side_at(index, step, touch)
        price = price_for_side(index, step, side or Side.BUY)
        if price <= 0:
            trading.say("There is no price above zero on this row.", Role.CAUTION)
            return
        trading.message = self.takes(contract, price)
