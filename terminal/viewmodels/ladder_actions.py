"""What the keys of a ladder do: every action by its name, and when a key is not one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.units import Side
from terminal.viewmodels.keys import DOUBLE_PRESSED, REPEATABLE, LadderAction
from terminal.viewmodels.ladder_axis import PAGE_ROWS
from terminal.viewmodels.ladder_building import shown_touch
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.units import Price
    from terminal.session.account import AccountSession
    from terminal.viewmodels.ladder_inside import LadderGestures
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_staging import AtCursor
    from terminal.viewmodels.protection import ProtectionViewModel

KEY_BOUNCE_MS = 30
"""The same trading key again within this time is a bouncing switch, not a second order."""


@final
class LadderActions:
    """The actions of one ladder. What a key of a further hand does is added by ``add``.

    ``sizes_changed`` is called when the five sizes should be stored.
    """

    def __init__(
        self, ladder: LadderGestures, account: AccountSession, sizes_changed: Callable[[], object]
    ) -> None:
        self._ladder = ladder
        self._account = account
        self._sizes_changed = sizes_changed
        self._trading, self._axis, self._mouse = ladder.trading, ladder.axis, ladder.mouse
        self._foot, self._holding, self._staging = ladder.foot, ladder.holding, ladder.staging
        self._bracket, self._outbox = ladder.bracket, ladder.outbox
        self._last_press: tuple[LadderAction, int] | None = None
        self._bound = {**self._bind_view(), **self._bind_sizes(), **self._bind_orders()}

    def add(self, action: LadderAction, act: Callable[[], None]) -> None:
        """From now on an action does this."""
        self._bound[action] = act

    def protect_with(self, hand: LadderProtection, mend: ProtectionViewModel) -> None:
        """Stops and brackets by key from now on."""
        self._bound.update(self._bind_protection(hand, mend))

    def act(self, action: LadderAction, at_ms: int) -> None:
        """Do what a key asks for. ``at_ms`` is the key event's own time."""
        if self._holding.takes_key(action):
            self._trading.forget_press()
        elif action in DOUBLE_PRESSED:
            self._trading.press(action, at_ms)
        elif action is LadderAction.BACK:
            self._back(at_ms)
        else:
            self.do(action)
            self._trading.forget_press()

    def do(self, action: LadderAction) -> None:
        """Do an action that neither asks first nor steps back."""
        before = self._at_cursor()
        self._bound.get(action, self._say_no_protection)()
        self._staging.follow(action, before, self._at_cursor())

    def is_bounce(self, action: LadderAction, at_ms: int) -> bool:
        """Whether a key comes again too soon to have been pressed again."""
        before, self._last_press = self._last_press, (action, at_ms)
        return (
            before is not None
            and action not in REPEATABLE
            and before[0] is action
            and 0 <= at_ms - before[1] < KEY_BOUNCE_MS
        )

    # Bindings --------------------------------------------------------------------------------

    def _bind_view(self) -> dict[LadderAction, Callable[[], None]]:
        ladder = self._ladder
        return {
            LadderAction.CURSOR_UP: partial(self._move, 1),
            LadderAction.CURSOR_DOWN: partial(self._move, -1),
            LadderAction.PAGE_UP: partial(self._move, PAGE_ROWS),
            LadderAction.PAGE_DOWN: partial(self._move, -PAGE_ROWS),
            LadderAction.TO_BEST_BID: partial(self._cursor_to, Side.BUY),
            LadderAction.TO_BEST_ASK: partial(self._cursor_to, Side.SELL),
            LadderAction.RECENTER: ladder.recenter,
            LadderAction.STEP_FINER: partial(ladder.step, finer=True),
            LadderAction.STEP_COARSER: partial(ladder.step, finer=False),
            LadderAction.TO_TICKET: self._price_to_ticket,
        }

    def _bind_sizes(self) -> dict[LadderAction, Callable[[], None]]:
        sizes = self._trading.sizes
        bound: dict[LadderAction, Callable[[], None]] = {
            LadderAction.SIZE_DOWN: partial(sizes.step, -1),
            LadderAction.SIZE_UP: partial(sizes.step, 1),
            LadderAction.SIZE_HALF: sizes.halve,
            LadderAction.SIZE_DOUBLE: sizes.double,
            LadderAction.SIZE_OF_POSITION: self._size_of_position,
        }
        for number in range(1, 6):
            bound[LadderAction[f"SIZE_{number}"]] = partial(self._ladder.choose_size, number)
            bound[LadderAction[f"STORE_{number}"]] = partial(self._store, number)
        return bound

    def _bind_orders(self) -> dict[LadderAction, Callable[[], None]]:
        ladder, trading = self._ladder, self._trading
        return {
            LadderAction.ARM_KEYBOARD: ladder.toggle_keyboard,
            LadderAction.BUY: partial(self._send_at_cursor, Side.BUY),
            LadderAction.SELL: partial(self._send_at_cursor, Side.SELL),
            LadderAction.JOIN_BID: partial(self._send_at_touch, Side.BUY, Side.BUY),
            LadderAction.JOIN_ASK: partial(self._send_at_touch, Side.SELL, Side.SELL),
            LadderAction.BUY_AT_ASK: partial(self._send_at_touch, Side.BUY, Side.SELL),
            LadderAction.SELL_AT_BID: partial(self._send_at_touch, Side.SELL, Side.BUY),
            LadderAction.GRAB: self._grab,
            LadderAction.GRAB_ALL_UP: partial(self._shift_bracket, 1),
            LadderAction.GRAB_ALL_DOWN: partial(self._shift_bracket, -1),
            LadderAction.COMMIT: self._commit,
            LadderAction.CANCEL_AT_CURSOR: self._cancel_at_cursor,
            LadderAction.CANCEL_NEWEST: trading.cancel_newest,
            LadderAction.CANCEL_BUYS: partial(trading.cancel_side, Side.BUY),
            LadderAction.CANCEL_SELLS: partial(trading.cancel_side, Side.SELL),
            LadderAction.CANCEL_ALL: trading.cancel_all,
            LadderAction.CANCEL_EVERYWHERE: trading.cancel_everywhere,
            LadderAction.POST_ONLY: ladder.toggle_post_only,
            LadderAction.REDUCE_ONLY: ladder.toggle_reduce_only,
            LadderAction.OTHER_LANE: ladder.toggle_lane,
        }

    def _bind_protection(
        self, hand: LadderProtection, mend: ProtectionViewModel
    ) -> dict[LadderAction, Callable[[], None]]:
        return {
            LadderAction.STOP_BUY: partial(self._stop_at_cursor, hand.stop_entry, Side.BUY),
            LadderAction.STOP_SELL: partial(self._stop_at_cursor, hand.stop_entry, Side.SELL),
            LadderAction.CLOSE_BUY: partial(self._stop_at_cursor, hand.close_at, Side.BUY),
            LadderAction.CLOSE_SELL: partial(self._stop_at_cursor, hand.close_at, Side.SELL),
            LadderAction.BREAKEVEN: hand.breakeven,
            LadderAction.BRACKET: hand.toggle_bracket,
            LadderAction.PROTECT: mend.press,
        }

    def _stop_at_cursor(self, send: Callable[[Side, Price | None], None], side: Side) -> None:
        if self._is_seen(side):
            send(side, self._price_at_cursor(side))

    def _at_cursor(self) -> AtCursor:
        return self._staging.now(self._axis.seen_cursor, self._axis.step)

    def _price_at_cursor(self, side: Side) -> Price | None:
        cursor = self._axis.cursor
        return None if cursor is None else price_for_side(cursor, self._axis.step, side)

    def _is_seen(self, side: Side) -> bool:
        """Whether the cursor is where the user has seen it; what is not sent anyway says why."""
        trading = self._trading
        is_kept = not trading.is_free(ArmedBy.KEYBOARD, reduces=trading.is_exit(side))
        has_cursor = self._axis.cursor is not None  # without one there is no price, which is said
        return is_kept or not has_cursor or self._staging.is_seen(self._at_cursor())

    def _back(self, at_ms: int) -> None:
        insight, mend = self._ladder.insight, self._ladder.mend
        if self._mouse.back() or (insight is not None and insight.back()):
            return
        if mend is not None and mend.drop():
            self._trading.say("Nothing was sent.", Role.TEXT_DIM)
        else:
            self._trading.back(at_ms)

    def _say_no_protection(self) -> None:
        words = "There is no account whose positions could be protected."
        self._trading.say(words, Role.TEXT_DIM)

    def _price_to_ticket(self) -> None:
        self._mouse.picking.pick(self._axis.cursor)

    def _move(self, rows: int) -> None:
        if self._trading.grab is None:
            self._axis.move_cursor(rows)
            return
        self._trading.move_target(rows)
        if self._trading.grab is not None:
            self._axis.reveal(self._trading.grab.target)

    def _cursor_to(self, side: Side) -> None:
        price = self._best(side)
        if price is not None:
            self._axis.place_cursor(row_index(price, self._axis.step))

    def _best(self, side: Side) -> Price | None:
        return shown_touch(self._ladder.market).best(side)

    def _send_at_cursor(self, side: Side) -> None:
        if self._is_seen(side):
            self._trading.send_limit(side, self._price_at_cursor(side), ArmedBy.KEYBOARD)

    def _send_at_touch(self, side: Side, touch_side: Side) -> None:
        trading, price = self._trading, self._best(touch_side)
        if price is not None and trading.is_free(ArmedBy.KEYBOARD, reduces=trading.is_exit(side)):
            now = shown_touch(self._ladder.market)
            price = self._staging.best_to_send(side, touch_side, now)
            if price is None:
                return
        trading.send_limit(side, price, ArmedBy.KEYBOARD)  # or it says what keeps it

    def _grab(self) -> None:
        if self._trading.grab is None:
            self._trading.grab_at(self._axis.cursor, self._axis.step)

    def _shift_bracket(self, rows: int) -> None:
        self._bracket.shift(rows, self._axis.step)
        if self._trading.grab is not None:
            self._axis.reveal(self._trading.grab.target)

    def _commit(self) -> None:
        self._outbox.commit(self._axis.step)

    def _cancel_at_cursor(self) -> None:
        self._trading.cancel_at(self._axis.cursor, self._axis.step)

    def _store(self, number: int) -> None:
        sizes = self._trading.sizes
        if not sizes.store(number):
            self._trading.say(f"Not stored. {sizes.problem}", Role.CAUTION)
            return
        words = f"{self._foot.in_hand()} {self._foot.foot().unit}"
        self._trading.say(f"Size {number} is now {words}.", Role.TEXT_DIM)
        self._sizes_changed()

    def _size_of_position(self) -> None:
        market = self._ladder.market
        if market is None:
            return
        lots = abs(self._account.position(market.contract.symbol, self._ladder.lane).core.lots)
        if lots:
            self._trading.sizes.set_current(lots)
        else:
            self._trading.say("There is no position whose size could be loaded.", Role.TEXT_DIM)
