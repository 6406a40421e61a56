"""What kind of order a place in the book means to a click: a limit, or as the user wants a stop.

Only to a click: keys say by themselves what they send. It is shown before anything is sent.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.guard import ticks_through_touch
from terminal.domain.lanes import closes
from terminal.domain.units import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.guard import Touch
    from terminal.domain.units import Price
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_trading import LadderTrading


class Kind(Enum):
    """What kind of order is sent at a place. ``CLOSE`` is asked for by hand, never by a place."""

    LIMIT = "limit"
    STOP = "stop"
    STOP_REDUCES = "stop reduce-only"
    CLOSE = "close all"

    @property
    def words(self) -> str:
        """Its name; that it only reduces is said with what else goes with the order."""
        return "limit" if self is Kind.LIMIT else "stop"

    @property
    def is_stop(self) -> bool:
        """Whether it waits for a trigger."""
        return self is not Kind.LIMIT


@final
class PlaceFacts(NamedTuple):
    """What the meaning of a place depends on. ``closing`` is the side that reduces, if one does."""

    touch: Touch
    collar_ticks: int
    closing: Side | None
    takes_stops: bool
    is_reduce_only: bool


def kind_at(side: Side, price: Price, facts: PlaceFacts) -> Kind:
    """What an order of a side means at a price.

    A limit that would run through the best opposite price is a stop where the collar would not let
    it out anyway, and where it would close the position at a worse price than now: nobody waits
    there with a limit. At the best price itself it is a limit. Source: our choice (``ATAS``).
    """
    through = ticks_through_touch(side, price, facts.touch)
    is_closing = side is facts.closing
    if not facts.takes_stops or not through:
        return Kind.LIMIT
    if not is_closing and through <= facts.collar_ticks:
        return Kind.LIMIT
    return Kind.STOP_REDUCES if is_closing or facts.is_reduce_only else Kind.STOP


def side_at(row: int, step: int, touch: Touch) -> Side | None:
    """The one side whose limit would rest on a row; None where both would, or nobody knows."""
    bid, ask = touch.best_bid, touch.best_ask
    if bid is None or ask is None:
        return None
    buys = price_for_side(row, step, Side.BUY) < ask
    sells = price_for_side(row, step, Side.SELL) > bid
    if buys == sells:
        return None
    return Side.BUY if buys else Side.SELL


@final
class LadderPlaces:
    """The meaning of places for one ladder's clicks now.

    ``infers`` tells whether the place may make a stop of a limit. ``has_stops`` is true once the
    ladder has a hand that places stops.
    """

    def __init__(
        self,
        trading: LadderTrading,
        desk: OrderDesk,
        account: AccountSession,
        infers: Callable[[], bool],
    ) -> None:
        self.has_stops = False
        self._trading = trading
        self._desk = desk
        self._account = account
        self._infers = infers

    def kind(self, side: Side, price: Price) -> Kind:
        """What a limit of a side means at a price; a limit while no best prices are known."""
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if contract is None or touch is None:
            return Kind.LIMIT  # which says why it is not sent
        return kind_at(side, price, self.facts(contract, touch))

    def facts(self, contract: Contract, touch: Touch) -> PlaceFacts:
        """What the meaning of every place depends on now."""
        trading = self._trading
        takes_stops = (
            self._infers()
            and self.has_stops
            and not trading.is_post_only  # who wants to rest wants no stop
            and trading.bracket is None  # a stop takes no exits with it
        )
        lots = self._account.position(contract.symbol, trading.lane).core.lots
        closing = next((side for side in Side if closes(trading.lane, side)), None)
        if lots:
            closing = Side.SELL if lots > 0 else Side.BUY
        return PlaceFacts(
            touch,
            self._desk.guarding.limits.collar_ticks,
            closing,
            takes_stops,
            trading.is_reduce_only,
        )
