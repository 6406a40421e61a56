"""Between a hand and the desk: what is sent is held back first, if the user wants that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import row_index
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_hold import LadderHold
    from terminal.viewmodels.ladder_trading import Grab, LadderTrading, Sending

HELD = {
    ArmedBy.KEYBOARD: "Held back: Esc or the same key drops it.",
    ArmedBy.MOUSE: "Held back: Esc drops it.",
}


@final
class _RestsOn(NamedTuple):
    """What was true when an order was asked for, and must be when it is sent."""

    contract: Contract
    lane: PositionSide
    hand: ArmedBy | None
    """Whose arming it needs; None for what only reduces and was confirmed."""
    reduces: bool
    needs_book: bool
    """Whether it is not sent beside a book that cannot be trusted."""


@final
class LadderOutbox:
    """Holds back what one ladder's hands send. ``hold_ms`` tells for how long, 0 for not."""

    def __init__(
        self,
        trading: LadderTrading,
        desk: OrderDesk,
        hold: LadderHold,
        hold_ms: Callable[[], int],
        market: Callable[[], MarketSession | None],
    ) -> None:
        self._trading = trading
        self._desk = desk
        self._hold = hold
        self._hold_ms = hold_ms
        self._market = market
        trading.holds = self.take

    def take(self, sending: Sending) -> bool:
        """Hold an order back. False for what is sent, or refused by the guard, at once."""
        trading, contract = self._trading, self._trading.contract
        if not self._hold_ms() or contract is None:
            return False
        if self._desk.blocks(sending.ticket):
            return False  # which is said at once, not after a while
        kept = replace(sending, uses_flags=False)
        bring_back = trading.take_flags() if sending.uses_flags else _nothing
        hand = sending.hand if sending.needs_arming else None
        reduces = sending.ticket.reduces_only
        needs_book = sending.is_by_place or not reduces
        rests_on = _RestsOn(contract, trading.lane, hand, reduces, needs_book)
        if not self._hold.is_holding:
            trading.say(HELD[sending.hand], Role.ACCENT)
        self._hold.hold(
            _staged(sending.ticket),
            partial(_send, trading, kept),
            lost=partial(self._why_lost, rests_on, sending.lost),
            dropped=bring_back,
        )
        return True

    def move(self, order: Order, price: Price, lost: Callable[[], str]) -> None:
        """Move an order that was dragged; ``lost`` says why it must not be any more."""
        trading, contract = self._trading, self._trading.contract
        is_kept = self._desk.why_not_moved(order.client_oid, price) is not None
        if not self._hold_ms() or contract is None or is_kept:
            trading.move(order, price)  # which says at once what keeps it
            return
        if not self._hold.is_holding:
            trading.say(HELD[ArmedBy.MOUSE], Role.ACCENT)
        lots = None if order.is_close_order else order.remaining
        reduces = trading.reduces(order)
        rests_on = _RestsOn(contract, trading.lane, ArmedBy.MOUSE, reduces, not reduces)
        self._hold.hold(
            StagedOrder(order.side, price, "moved here", lots, "held"),
            partial(trading.move, order, price),
            lost=partial(self._why_lost, rests_on, lost),
        )

    def commit(self, step: int) -> None:
        """Move what is in hand to where it is shown."""
        trading = self._trading
        grab, contract = trading.grab, trading.contract
        order = None if grab is None else self._desk.orders.get(grab.client_oid)
        if (
            not self._hold_ms()
            or grab is None
            or contract is None
            or order is None
            or order.shown_at is None
            or (row_index(order.shown_at, step) == grab.target and not grab.all_rows)
        ):
            trading.commit(step)
            return
        if not self._hold.is_holding:
            trading.say(HELD[ArmedBy.KEYBOARD], Role.ACCENT)
        self._hold.hold(
            None,
            partial(trading.commit, step),
            lost=partial(self._why_grab_lost, grab, (contract, trading.lane)),
        )

    # What it rests on ------------------------------------------------------------------------

    def _why_grab_lost(self, grab: Grab, place: tuple[Contract, PositionSide]) -> str:
        order = self._desk.orders.get(grab.client_oid)
        if order is None or not order.is_working:
            return "the order you held has ended."
        if self._trading.grab != grab:
            return "the order in hand was moved on, or let go."
        reduces = self._trading.reduces(order)
        return self._why_lost(_RestsOn(*place, ArmedBy.KEYBOARD, reduces, not reduces))

    def _why_lost(self, rests_on: _RestsOn, also: Callable[[], str] = str) -> str:
        trading, market = self._trading, self._market()
        if trading.contract is not rests_on.contract or market is None:
            return "the contract changed."
        if trading.lane is not rests_on.lane:
            return "the lane changed."
        if trading.locked():
            return "order entry was locked."
        hand = rests_on.hand
        if hand is not None and not trading.is_free(hand, reduces=rests_on.reduces):
            return "trading is off."
        stale = market.staleness() if rests_on.needs_book else None
        return also() if stale is None else f"the market cannot be trusted. {stale.reason}"


def _staged(ticket: OrderTicket) -> StagedOrder | None:
    """The line of an order that is held back."""
    price = ticket.price if ticket.trigger is None else ticket.trigger.price
    if price is None:
        return None
    if ticket.is_close_order:
        return StagedOrder(None, price, "close all", None, "held")
    kind = "limit" if ticket.trigger is None else "stop"
    flags = (
        "post-only" if ticket.is_post_only else "",
        "reduce-only" if ticket.is_reduce_only else "",
        "held",
    )
    return StagedOrder(ticket.side, price, kind, ticket.lots, " ".join(filter(None, flags)))


def _send(trading: LadderTrading, kept: Sending) -> None:
    trading.send_now(kept)


def _nothing() -> None:
    """No flags were taken."""
