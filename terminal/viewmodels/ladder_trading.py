"""What a ladder's keys and clicks do to orders: arming, sending, cancelling, grabbing, flattening.

No Qt and no drawing: every gesture ends in a message for the ladder. Arming gates only what can
open or enlarge a position; cancelling and flattening always work. While nothing can be armed (live
trading off, stopped, orders of before unresolved) keys still send what only reduces on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.events import OrderType, PositionSide
from terminal.domain.lanes import (
    closes,
    lane_help,
    lane_words,
    other_lane,
    wire_lane,
)
from terminal.domain.sizing import Unsized
from terminal.domain.ticket import ASSUMED_MODE, OrderTerms, OrderTicket
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.asked_about import OpenQuestion
from terminal.viewmodels.keys import DOUBLE_PRESS_MS, LadderAction
from terminal.viewmodels.ladder_hands import ArmedBy, Choice, ChoicePurpose, Grab, Sending
from terminal.viewmodels.ladder_own import LadderOwnOrders
from terminal.viewmodels.ladder_presses import LadderPresses
from terminal.viewmodels.ladder_view import Message, StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.ticket import AttachedExits
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.sizes import Sizes

    Bracket: TypeAlias = Callable[[Contract, Side, Price], tuple[AttachedExits, str]]

__all__ = ["ArmedBy", "Choice", "ChoicePurpose", "Grab", "LadderTrading", "Sending"]


@final
class LadderTrading:
    """The trading hand of one ladder on one contract at a time."""

    def __init__(self, desk: OrderDesk, account: AccountSession, sizes: Sizes) -> None:
        self._desk = desk
        self._account = account
        self.sizes = sizes
        self.contract: Contract | None = None
        self.armed: frozenset[ArmedBy] = frozenset()
        self.is_post_only = False
        self.is_reduce_only = False
        self.bracket: Bracket | None = None
        """Makes the exits of the next order while they are wanted."""
        self._said = "."  # of the exits of the last order
        self.grab: Grab | None = None
        self.choice: Choice | None = None
        self.message: Message | None = None
        self.question = OpenQuestion(desk)
        self.arming_key = "F4"
        self.holds: Callable[[Sending], bool] | None = None
        """Takes an order that is to be held back a moment before it is sent; True when it did."""
        self.commits_all: Callable[[int], None] | None = None
        """Moves a whole bracket."""
        self.locked: Callable[[], str] = str
        """Why no order is entered by hand at all; empty while some may be."""
        self.own = LadderOwnOrders(self, desk)
        self._presses = LadderPresses(self, desk, account)
        self._lane = PositionSide.LONG

    # Lanes -----------------------------------------------------------------------------------

    @property
    def lane(self) -> PositionSide:
        """The lane that the ladder acts on: the chosen one in hedge mode, else the only one."""
        return self._lane if self._account.is_hedged else PositionSide.BOTH

    @property
    def is_hedged(self) -> bool:
        """Whether the contract has a long and a short lane."""
        return self._account.is_hedged

    def toggle_lane(self) -> None:
        """The other lane of hedge mode; what its sides do is said."""
        if not self._account.is_hedged:
            self.say("One-way mode: the contract has one position, and no lanes.", Role.TEXT_DIM)
            return
        self._lane = other_lane(self._lane)
        self.grab = self.choice = None
        self.say(lane_help(self._lane), Role.ACCENT)

    def is_exit(self, side: Side) -> bool:
        """Whether the next order of a side only reduces, by its words on the wire."""
        return self.is_reduce_only or closes(self.lane, side)

    # Arming ----------------------------------------------------------------------------------

    def toggle(self, hand: ArmedBy) -> None:
        """Arm or disarm one hand."""
        if hand in self.armed:
            self.armed = self.armed - {hand}
            self._abort_moves()
            self.say(f"{hand.value.capitalize()} trading is off.", Role.TEXT_DIM)
            if hand is ArmedBy.KEYBOARD:
                self.grab = self.choice = None
            return
        if self.is_off("Not armed."):
            return
        unresolved = self._desk.stop_reason or self._desk.resolution.reason
        if unresolved:
            role = Role.DANGER if self._desk.stop_reason else Role.CAUTION
            self.say(f"Not armed. {unresolved}", role)
            return
        if self.contract is None:
            self.say("There is no contract to trade yet.", Role.CAUTION)
            return
        self.armed = self.armed | {hand}
        role = Role.KEYBOARD_ARMED if hand is ArmedBy.KEYBOARD else Role.MOUSE_ARMED
        self.say(f"{hand.value.capitalize()} trading is armed on {self.contract.symbol}.", role)

    def let_go(self, because: str) -> None:
        """Leave a grab and a list of orders; the order stays where it is."""
        if self.grab is not None:
            self.say(f"Let go: {because} The order stays where it is.", Role.CAUTION)
        self.grab = self.choice = None

    def disarm(self, because: str) -> None:
        """Disarm both hands and leave every mode; silent when nothing was armed."""
        self.grab = self.choice = None
        self._presses.forget()
        if self.armed:
            self.armed = frozenset()
            self._abort_moves()
            self.say(f"Disarmed: {because}", Role.CAUTION)

    def _abort_moves(self) -> None:
        """Who disarms wants nothing sent any more, the second half of a move included."""
        if self.contract is not None:
            self._desk.abort_moves(self.contract.symbol, exits_too=False)

    def set_contract(self, contract: Contract | None) -> None:
        """Trade another contract; a change disarms."""
        if self.contract is not None and contract is not self.contract:
            self.disarm("the contract changed.")
            self.is_post_only = self.is_reduce_only = False
            self.bracket = None
            self._lane = PositionSide.LONG
        self.contract = contract

    def back(self, at_ms: int) -> None:
        """One step back: drop a question, leave a grab, then disarm. Never sends."""
        asked = self._presses.take_back(at_ms)
        if asked:
            self.say(f"Nothing was {asked}.", Role.TEXT_DIM)
            return
        if self.choice is not None:
            self.choice = None
            self.say("Nothing was chosen.", Role.TEXT_DIM)
        elif self.grab is not None:
            self.grab = None
            self.say("The order stays where it is.", Role.TEXT_DIM)
        elif self.armed:
            self.armed = frozenset()
            self._abort_moves()
            self.say("Trading is off.", Role.TEXT_DIM)
        else:
            self.message = None

    # Terms of the next order ------------------------------------------------------------------

    def toggle_post_only(self) -> None:
        """Post-only for the next order, on or off; not where there can be none."""
        if not self.is_silent("Not switched."):
            self.is_post_only = not self.is_post_only

    def toggle_reduce_only(self) -> None:
        """Reduce-only for the next order, on or off; not where there can be none."""
        if not self.is_silent("Not switched."):
            self.is_reduce_only = not self.is_reduce_only

    def has_no_entries(self) -> bool:
        """Whether no order that opens could be sent; then it is said."""
        return self.is_off("Not switched.")

    # Sending ---------------------------------------------------------------------------------

    def ready(
        self, price: Price | None, *, reduces: bool, hand: ArmedBy = ArmedBy.KEYBOARD
    ) -> Contract | None:
        """The contract that a hand may send an order for; None after saying why none may be."""
        if self.is_locked("Not sent.") or self.is_refused("Not sent.", reduces=reduces):
            return None
        if self.contract is None or price is None:
            self.say("There is no price to send at yet.", Role.CAUTION)
            return None
        return None if self.is_unarmed(hand, reduces=reduces) else self.contract

    def send_limit(
        self,
        side: Side,
        price: Price | None,
        hand: ArmedBy,
        lots: Lots | None = None,
        *,
        reduces: bool = False,
    ) -> None:
        """Send a limit of the size in hand, or of ``lots``, if armed and not blocked.

        With ``reduces`` it only reduces, whatever the next order was to do.
        """
        if self.is_locked("Not sent.") or self.is_refused(
            "Not sent.", reduces=reduces or self.is_exit(side)
        ):
            return
        contract = self.contract
        if contract is None or price is None:
            self.say("There is no price to send at yet.", Role.CAUTION)
            return
        ticket = self._ticket(contract, side, price, hand, lots, reduces=reduces)
        if ticket is not None:
            words = (
                f"{self._verb(side, ticket.lots)} at {text.price(price, contract)} sent{self._said}"
            )
            self.release(Sending(ticket, hand, words))

    def press_market(self, side: Side, lots: Lots) -> None:
        """Send a market order of so many lots: it was asked about twice."""
        contract, hand = self.contract, ArmedBy.KEYBOARD
        ticket = None if contract is None else self._ticket(contract, side, None, hand, lots)
        if ticket is not None:  # it was asked about already, so it is not held back
            words = f"{self._verb(side, lots)} at market sent{self._said}"
            self.send_now(Sending(ticket, hand, words))

    def size_to_send(self) -> Lots | None:
        """The lots in hand as they were drawn last; None after saying why there are none."""
        found = self.sizes.to_send()
        if isinstance(found, Unsized):
            self.say(f"Not sent. {found.reason}", Role.CAUTION)
            return None
        return found.lots

    def _verb(self, side: Side, lots: Lots | None) -> str:
        lane = lane_words(self.lane)
        words = f"{'Buy' if side is Side.BUY else 'Sell'} {text.whole(lots or 0)}"
        return f"{words} ({lane})" if lane else words

    def release(self, sending: Sending) -> None:
        """Send an order, after the moment for which it is held back, if there is one."""
        if self.holds is None or not self.holds(sending):
            self.send_now(sending)

    def send_now(self, sending: Sending) -> bool:
        """Send it, or say why the guard does not let it."""
        result = self._desk.submit(sending.ticket, sending.purpose)
        if isinstance(result, Blocked):
            self.say(f"Not sent. {result.blocks[0].reason}", Role.DANGER)
            return False
        if sending.uses_flags:
            self.take_flags()
        self.say(sending.words, sending.role)
        return True

    def take_flags(self) -> Callable[[], None]:
        """Post-only, reduce-only and exits are for one order; answers what brings them back."""
        post_only, reduce_only, bracket = self.is_post_only, self.is_reduce_only, self.bracket

        def bring_back() -> None:
            self.is_post_only, self.is_reduce_only, self.bracket = post_only, reduce_only, bracket

        self.is_post_only = self.is_reduce_only = False
        self.bracket = None
        return bring_back

    def _ticket(
        self,
        contract: Contract,
        side: Side,
        price: Price | None,
        hand: ArmedBy,
        lots: Lots | None = None,
        *,
        reduces: bool = False,
    ) -> OrderTicket | None:
        """A limit, or without a price a market order; None after saying why there is none."""
        lane, is_exit = self.lane, reduces or self.is_exit(side)
        if self.is_unarmed(hand, reduces=is_exit):
            return None
        lots = self.size_to_send() if lots is None else lots
        if not lots:
            return None
        mode = self._account.margin_mode(contract.symbol)
        if is_exit:
            mode = mode or ASSUMED_MODE
        if mode is None:
            self.say("The margin mode is not known yet; nothing was sent.", Role.CAUTION)
            return None
        exits, self._said = None, "."
        if self.bracket is not None and not is_exit:
            about = self._about(contract, side, price)
            if about is None:
                self.say("There is no price for the exits yet; nothing was sent.", Role.CAUTION)
                return None
            exits, self._said = self.bracket(contract, side, about)
        return OrderTicket(
            symbol=contract.symbol,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            side=side,
            price=price,
            lots=lots,
            margin_mode=mode,
            leverage=self._account.leverage(contract.symbol, lane),
            is_post_only=self.is_post_only and price is not None,
            is_reduce_only=is_exit,
            exits=exits,
            terms=OrderTerms(position_side=wire_lane(lane)),
        )

    def _about(self, contract: Contract, side: Side, price: Price | None) -> Price | None:
        """The price that exits are reckoned from: the limit, or where a market order would take."""
        touch = self._desk.touch(contract.symbol)
        if price is not None or touch is None:
            return price
        return touch.best_ask if side is Side.BUY else touch.best_bid

    # Own orders ------------------------------------------------------------------------------

    def cancel_at(self, row: int | None, step: int, side: Side | None = None) -> None:
        """Cancel the own order on a row (of one side, or of both); several ask which."""
        self.own.cancel_at(row, step, side)

    def cancel_newest(self) -> None:
        """Cancel the newest working order of this contract."""
        self.own.cancel_newest()

    def cancel_side(self, side: Side) -> None:
        """Cancel this contract's buys or sells."""
        self.own.cancel_side(side)

    def cancel_stops(self) -> None:
        """Cancel this contract's stops that wait."""
        self.own.cancel_stops()

    def cancel_all(self) -> None:
        """Cancel everything of this contract."""
        self.own.cancel_all()

    def cancel_everywhere(self) -> None:
        """Cancel everything in every contract."""
        self.own.cancel_everywhere()

    def grab_at(self, row: int | None, step: int) -> None:
        """Take the own order on a row in hand; several ask which."""
        self.own.grab_at(row, step)

    def move_target(self, rows: int) -> None:
        """Move the grabbed order's target (positive is up), never below the first tick."""
        self.own.move_target(rows)

    def commit(self, step: int) -> None:
        """Move the grabbed order to its target, with what moves along."""
        self.own.commit(step)

    def may_move(self, order: Order | None, hand: ArmedBy) -> bool:
        """Whether a hand may move an order now; why not is said."""
        return self.own.may_move(order, hand)

    def move(self, order: Order, price: Price) -> None:
        """Begin to move an order, or say what keeps it."""
        self.own.move(order, price)

    def grabbed(self, step: int) -> StagedOrder | None:
        """Where the grabbed order would go, once it is moved; None before."""
        return self.own.grabbed(step)

    def drop_ended_grab(self) -> None:
        """Leave the grab when its order can no longer be moved."""
        self.own.drop_ended_grab()

    def choose(self, number: int, step: int) -> None:
        """Pick the order number 1 to n of the open question."""
        self.own.choose(number, step)

    def orders_at(self, row: int | None, step: int, side: Side | None = None) -> list[Order]:
        """Working own orders on a row, oldest first."""
        return self.own.orders_at(row, step, side)

    def named(self, order: Order) -> str:
        """An order in words: side, what is left, where."""
        return self.own.named(order)

    # Pressed twice ---------------------------------------------------------------------------

    def press(self, action: LadderAction, at_ms: int, within_ms: int = DOUBLE_PRESS_MS) -> None:
        """A first press of flatten, reverse, close half or market asks, a second does it."""
        self._presses.press(action, at_ms, within_ms)

    def forget_press(self) -> None:
        """Another key came in between: two presses must follow each other."""
        self._presses.forget()

    # What lets an order pass -----------------------------------------------------------------

    def is_off(self, what: str) -> bool:
        """Whether nothing that opens may be sent; then it is said at once, before any question."""
        return self._says(what, self._desk.access.reason)

    def is_refused(self, what: str, *, reduces: bool) -> bool:
        """Whether the account takes no such order at all, armed or not; then it is said."""
        return self._says(what, self._desk.access.reason_for(reduces=reduces))

    def is_free(self, hand: ArmedBy, *, reduces: bool) -> bool:
        """Whether arming lets an order pass: it is armed, or it only reduces and nothing can be.

        Only keys: a click is no deliberate act without arming.
        """
        if hand in self.armed:
            return True
        desk = self._desk
        cannot_arm = desk.access.reason or desk.stop_reason or desk.resolution.reason
        return reduces and hand is ArmedBy.KEYBOARD and bool(cannot_arm)

    def is_unarmed(self, hand: ArmedBy, *, reduces: bool) -> bool:
        """Whether an order is kept by arming; then it is said."""
        is_kept = not self.is_free(hand, reduces=reduces)
        if is_kept:
            self.say(_not_armed(hand, self.arming_key), Role.CAUTION)
        return is_kept

    def reduces(self, order: Order) -> bool:
        """Whether the exchange keeps an order from opening, by its own word."""
        return order.reduces_only and order.client_oid not in self._desk.flags_unknown

    def may_enter(self, what: str, hand: ArmedBy, *, reduces: bool) -> bool:
        """Whether a hand may enter such an order now; else it is said why not."""
        return not (
            self.is_locked(what)
            or self.is_refused(what, reduces=reduces)
            or self.is_unarmed(hand, reduces=reduces)
        )

    def is_locked(self, what: str) -> bool:
        """Whether the lock keeps hands from entering anything, what reduces too; it is said."""
        return self._says(what, self.locked())

    def is_silent(self, what: str) -> bool:
        """Whether nothing may be sent at all, not even a cancel; then it is said."""
        return self._says(what, self._desk.access.silence)

    def _says(self, what: str, reason: str) -> bool:
        if reason:
            self.say(f"{what} {reason}", Role.CAUTION)
        return bool(reason)

    def say(self, words: str, role: Role) -> None:
        """Put one sentence next to the ladder."""
        self.message = Message(words, role)


def _not_armed(hand: ArmedBy, key: str) -> str:
    if hand is ArmedBy.KEYBOARD and key:
        return f"Keyboard trading is off: {key} arms it. Nothing was sent."
    if hand is ArmedBy.KEYBOARD:
        return "Keyboard trading is off: arm it in the header. Nothing was sent."
    return "Mouse trading is off: arm it in the header. Nothing was sent."
