"""What a ladder's hands do to own orders: cancel them, take them in hand, move them, choose one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.events import PositionSide
from terminal.domain.lanes import is_of_lane, lane_words, other_lane
from terminal.domain.order import Order, OrderState
from terminal.domain.units import Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_hands import MOVABLE, ArmedBy, Choice, ChoicePurpose, Grab
from terminal.viewmodels.ladder_lanes import column_side
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_hands import TradingHand


@final
class LadderOwnOrders:
    """The own orders of one ladder. What is in hand and what is asked is the trading hand's."""

    def __init__(self, trading: TradingHand, desk: OrderDesk) -> None:
        self._trading = trading
        self._desk = desk

    # Cancelling ------------------------------------------------------------------------------

    def cancel_at(self, row: int | None, step: int, side: Side | None = None) -> None:
        """Cancel the own order on a row (of one side, or of both); several ask which."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        orders, none = self.orders_at(row, step, side), "No own order on this row."
        if side is None:
            orders, none = self._of_focus(orders)
        if not orders:
            trading.say(none, Role.TEXT_DIM)
        elif len(orders) == 1:
            self._cancel(orders[0])
        else:
            self._ask(ChoicePurpose.CANCEL, orders)

    def cancel_newest(self) -> None:
        """Cancel the newest working order of this contract."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        if trading.contract is not None and not self._desk.cancel_newest(trading.contract.symbol):
            trading.say("No working order to cancel.", Role.TEXT_DIM)

    def cancel_side(self, side: Side) -> None:
        """Cancel this contract's buys or sells."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        if trading.contract is not None:
            self._desk.cancel_side(trading.contract.symbol, side)
            trading.say(f"Cancelling the {side.value}s of {trading.contract.symbol}.", Role.CAUTION)

    def cancel_stops(self) -> None:
        """Cancel this contract's stops that wait."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        if trading.contract is not None:
            self._desk.cancel_stops(trading.contract.symbol)
            trading.say(f"Cancelling the stops of {trading.contract.symbol}.", Role.CAUTION)

    def cancel_all(self) -> None:
        """Cancel everything of this contract."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        if trading.contract is not None:
            self._desk.cancel_all(trading.contract.symbol)
            trading.say(f"Cancelling all orders of {trading.contract.symbol}.", Role.CAUTION)

    def cancel_everywhere(self) -> None:
        """Cancel everything in every contract."""
        trading = self._trading
        if trading.is_silent("Not canceled."):
            return
        self._desk.cancel_everywhere()
        trading.say("Cancelling all orders everywhere.", Role.CAUTION)

    # Moving ----------------------------------------------------------------------------------

    def grab_at(self, row: int | None, step: int) -> None:
        """Take the own order on a row in hand; several ask which."""
        trading = self._trading
        if trading.is_silent("Not moved.") or trading.is_locked("Not moved."):
            return
        hand, may_open = ArmedBy.KEYBOARD, not self._desk.access.reason
        here = self._of_focus(self.orders_at(row, step))[0]
        orders = [
            order
            for order in here
            if order.state in MOVABLE
            and order.side is not None
            and (may_open or trading.reduces(order))
            and trading.is_free(hand, reduces=trading.reduces(order))
        ]
        if not orders and (trading.is_off("Not moved.") or trading.is_unarmed(hand, reduces=False)):
            return
        if not orders:
            none, early = "No own order on this row to grab.", "It cannot be moved yet."
            trading.say(early if here else none, Role.TEXT_DIM)
        elif len(orders) == 1:
            self._take(orders[0], step)
        else:
            self._ask(ChoicePurpose.GRAB, orders)

    def move_target(self, rows: int) -> None:
        """Move the grabbed order's target (positive is up), never below the first tick."""
        trading = self._trading
        if trading.grab is not None:
            target = max(0, trading.grab.target + rows)
            trading.grab = replace(trading.grab, target=target)

    def commit(self, step: int) -> None:
        """Move the grabbed order to its target, with what moves along."""
        trading = self._trading
        if trading.grab is not None and trading.grab.all_rows and trading.commits_all is not None:
            trading.commits_all(step)
            return
        grab, trading.grab = trading.grab, None
        if grab is None or trading.contract is None:
            return
        order = self._desk.orders.get(grab.client_oid)
        if not self.may_move(order, ArmedBy.KEYBOARD):
            return
        shown_at = None if order is None else order.shown_at
        if order is None or shown_at is None or row_index(shown_at, step) == grab.target:
            trading.say("The order stays where it is.", Role.TEXT_DIM)
            return
        self.move(order, price_for_side(grab.target, step, grab.side))

    def may_move(self, order: Order | None, hand: ArmedBy) -> bool:
        """Whether a hand may move an order now; why not is said."""
        trading = self._trading
        reduces = order is not None and trading.reduces(order)
        return not (
            trading.is_locked("Not moved.")
            or trading.is_refused("Not moved.", reduces=reduces)
            or trading.is_unarmed(hand, reduces=reduces)
        )

    def move(self, order: Order, price: Price) -> None:
        """Begin to move an order, or say what keeps it."""
        trading = self._trading
        if trading.contract is None:
            return
        blocked = self._desk.move(order.client_oid, price)
        if blocked is not None:
            trading.say(f"Not moved. {blocked.blocks[0].reason}", Role.DANGER)
            return
        first = (
            "the new stop first"
            if order.state is OrderState.UNTRIGGERED and order.reduces_only
            else "cancel first"
        )
        trading.say(f"Moving to {text.price(price, trading.contract)}: {first}.", Role.CAUTION)

    def grabbed(self, step: int) -> StagedOrder | None:
        """Where the grabbed order would go, once it is moved; None before."""
        trading = self._trading
        order = None if trading.grab is None else self._desk.orders.get(trading.grab.client_oid)
        if trading.grab is None or order is None or order.shown_at is None:
            return None
        if row_index(order.shown_at, step) == trading.grab.target:
            return None
        price = price_for_side(trading.grab.target, step, trading.grab.side)
        if trading.grab.target - trading.grab.all_rows == row_index(order.shown_at, step):
            price = Price(order.shown_at + trading.grab.all_rows * step)
        return StagedOrder(trading.grab.side, price, "moved here", order.remaining)

    def drop_ended_grab(self) -> None:
        """Leave the grab when its order can no longer be moved."""
        trading = self._trading
        if trading.grab is None:
            return
        order = self._desk.orders.get(trading.grab.client_oid)
        if order is None or not order.is_working:
            trading.grab = None
            trading.say("The order you held has ended.", Role.CAUTION)

    # Choosing --------------------------------------------------------------------------------

    def choose(self, number: int, step: int) -> None:
        """Pick the order number 1 to n of the open question."""
        trading = self._trading
        choice, trading.choice = trading.choice, None
        if choice is None or not 1 <= number <= len(choice.orders):
            trading.say("Nothing was chosen.", Role.TEXT_DIM)
            return
        order = self._desk.orders.get(choice.orders[number - 1])
        if order is None or not order.is_working:
            trading.say("That order has ended meanwhile.", Role.CAUTION)
        elif choice.purpose is ChoicePurpose.CANCEL:
            self._cancel(order)
        else:
            self._take(order, step)

    # Finding ---------------------------------------------------------------------------------

    def orders_at(self, row: int | None, step: int, side: Side | None = None) -> list[Order]:
        """Working own orders on a row, oldest first."""
        trading = self._trading
        if row is None or trading.contract is None:
            return []
        return [
            order
            for order in self._desk.working(trading.contract.symbol)
            if (price := order.shown_at) is not None
            and row_index(price, step) == row
            and (side is None or column_side(order, is_hedged=trading.is_hedged) is side)
        ]

    def _of_focus(self, orders: list[Order]) -> tuple[list[Order], str]:
        """Those orders that keys mean, in hedge mode the focused lane's; and what to say if none.

        An order that names no lane may be about any.
        """
        trading = self._trading
        mine = [
            order for order in orders if not trading.is_hedged or is_of_lane(trading.lane, order)
        ]
        if orders and not mine:
            return (
                [],
                f"The own order on this row is of the {lane_words(other_lane(trading.lane))}.",
            )
        return mine, "No own order on this row."

    def _cancel(self, order: Order) -> None:
        self._desk.cancel(order.client_oid)
        self._trading.say(f"Cancelling {self.named(order)}.", Role.CAUTION)

    def _take(self, order: Order, step: int) -> None:
        trading = self._trading
        if order.shown_at is None or order.side is None:
            return
        trading.grab = Grab(order.client_oid, order.side, row_index(order.shown_at, step))
        # The exchange cannot amend: whoever moves goes to the end of the queue.
        cost = "A move loses the place in the queue."
        if order.state is OrderState.UNTRIGGERED:
            cost = "It stays until the new one waits." if order.reduces_only else ""
        words = f"Holding {self.named(order)}: arrows move, Enter commits, Esc drops. {cost}"
        trading.say(words.rstrip(), Role.ACCENT)

    def _ask(self, purpose: ChoicePurpose, orders: list[Order]) -> None:
        trading = self._trading
        trading.choice = Choice(purpose, tuple(order.client_oid for order in orders))
        shown = orders[:5]  # which have a key of their own; the list shows them all
        listed = ", ".join(f"{n} {self.named(order)}" for n, order in enumerate(shown, start=1))
        trading.say(f"Which to {purpose.value}? {listed}. Esc for none.", Role.ACCENT)

    def named(self, order: Order) -> str:
        """An order in words: side, what is left, where."""
        trading = self._trading
        side = order.side.value if order.side else "order"
        size = "all" if order.is_close_order else text.whole(order.remaining)
        words = f"{side} {size}"
        if order.position_side not in {None, PositionSide.BOTH} and order.position_side:
            words += f" ({order.position_side.value})"
        if order.shown_at is not None and trading.contract is not None:
            words += f" at {text.price(order.shown_at, trading.contract)}"
        return words
