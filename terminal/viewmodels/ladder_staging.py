"""What B and S mean at the cursor before they are pressed: the staged line of an armed ladder.

They are limits, always. Keys that send at the cursor send at the row where the last frame showed
it, or where the user's own keys have put it since; never at one that nobody has seen. Keys that
join or hit a best price send at the one that the last frame showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.guard import Touch, ticks_through_touch
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.keys import LadderAction, first_key
from terminal.viewmodels.ladder_places import side_at
from terminal.viewmodels.ladder_terms import terms_label
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.events import PositionSide
    from terminal.domain.units import Price, Symbol
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.keys import Chord
    from terminal.viewmodels.ladder_trading import LadderTrading

NO_SIZE = "no size to send"
"""On the line while the size in hand cannot be turned into lots."""
_A = LadderAction
_RELATIVE = frozenset({_A.CURSOR_UP, _A.CURSOR_DOWN, _A.PAGE_UP, _A.PAGE_DOWN})
_ABSOLUTE = frozenset({_A.TO_BEST_BID, _A.TO_BEST_ASK})


@final
class AtCursor(NamedTuple):
    """What the next order at the cursor rests on. ``row`` is None where that is out of sight."""

    symbol: Symbol | None
    lane: PositionSide
    step: int
    row: int | None
    flags: tuple[bool, bool, bool]


@final
class LadderStaging:
    """The meaning of the cursor's row for one ladder's keys."""

    def __init__(self, trading: LadderTrading, desk: OrderDesk) -> None:
        self._trading = trading
        self._desk = desk
        self._seen: AtCursor | None = None
        self._seen_touch = Touch(None, None)
        self._keys = {Side.BUY: "B", Side.SELL: "S"}
        self._tail: tuple[tuple[object, ...], tuple[str, str]] = ((), ("", ""))

    def take_keys(self, keys: Mapping[Chord, LadderAction]) -> None:
        """These keys hold now: the line names that of the other side."""
        self._keys = {
            Side.BUY: first_key(_A.BUY, keys) or "a buy",
            Side.SELL: first_key(_A.SELL, keys) or "a sell",
        }
        self._tail = ((), ("", ""))

    # Showing ---------------------------------------------------------------------------------

    def now(self, row: int | None, step: int) -> AtCursor:
        """What the next order rests on now, at a row of a grouping."""
        trading = self._trading
        symbol = None if trading.contract is None else trading.contract.symbol
        flags = (trading.is_post_only, trading.is_reduce_only, trading.bracket is not None)
        return AtCursor(symbol, trading.lane, step, row, flags)

    def see(self, row: int | None, step: int) -> None:
        """A frame shows the cursor on a row of a grouping; None where it is out of sight."""
        self._seen = self.now(row, step)

    def see_touch(self, touch: Touch) -> None:
        """A frame shows these best prices."""
        self._seen_touch = touch

    def forget_touch(self) -> None:
        """Nobody sees the rows any more: best prices grow old, and no frame tells newer ones."""
        self._seen_touch = Touch(None, None)

    def hide(self) -> None:
        """Something lies on the cursor's row now; only a frame shows it again."""
        if self._seen is not None:
            self._seen = self._seen._replace(row=None)

    def follow(self, action: LadderAction, before: AtCursor, after: AtCursor) -> None:
        """A key of the user's own changed what was there before it.

        He knows what it does and need not wait for the frame that shows it: where the cursor went,
        which flags hold, which lane is meant. What was not shown before it stays unseen.
        """
        seen = self._seen
        if seen is None:
            return
        if action in _ABSOLUTE or (action in _RELATIVE and seen.row == before.row):
            seen = seen._replace(row=after.row)
        if seen.flags == before.flags:
            seen = seen._replace(flags=after.flags)
        if action is _A.OTHER_LANE and seen.lane is before.lane:
            seen = seen._replace(lane=after.lane)
        self._seen = seen

    def preview(self, row: int, step: int) -> StagedOrder | None:
        """What the staged line at the cursor says; None where there is nothing to say."""
        trading, contract = self._trading, self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if touch is None or price_for_side(row, step, Side.BUY) <= 0:
            return None
        side, lots = side_at(row, step, touch), trading.sizes.current
        if lots is None:
            return StagedOrder(None, price_for_side(row, step, Side.BUY), NO_SIZE, None)
        if side is None:
            price, kind = price_for_side(row, step, Side.BUY), f"buy or sell {text.whole(lots)}"
            return StagedOrder(None, price, f"{kind} limit", None, terms_label(trading, None))
        price = price_for_side(row, step, side)
        other = side.opposite
        through = ticks_through_touch(other, price_for_side(row, step, other), touch)
        tail, short = self._other_key(other, through)
        label = terms_label(trading, side)
        return StagedOrder(side, price, "limit", lots, label, tail=tail, short_tail=short)

    def _other_key(self, side: Side, through: int) -> tuple[str, str]:
        """What the key of the side that would not rest does there; kept while it is the same."""
        trading, collar = self._trading, self._desk.guarding.limits.collar_ticks
        is_kept = through > collar and not trading.is_exit(side)
        is_post = trading.is_post_only
        of = (side, through, is_kept, is_post)
        if of != self._tail[0]:
            words = _tail_words(self._keys[side], through, is_kept=is_kept, is_post_only=is_post)
            self._tail = of, words
        return self._tail[1]

    # Sending ---------------------------------------------------------------------------------

    def best_to_send(self, side: Side, of: Side, now: Touch) -> Price | None:
        """The best price of a side at which a buy or a sell is sent; None after saying why none is.

        The one that the last frame showed is sent, as a click sends the row's price and as the lots
        of the last frame are the lots that are sent: between the eye and the key the market may
        have run, and a limit at a price that nobody has seen may be worse by all of that. Where it
        ran away, a hit waits at the price that was wanted. Nothing is sent where it ran further
        than the collar, as that order would mean nothing any more, and a join never takes.
        """
        trading, contract = self._trading, self._trading.contract
        painted, best = self._seen_touch.best(of), now.best(of)
        before, terms = self._seen, self.now(None, 0)
        name = f"the best {'bid' if of is Side.BUY else 'ask'}"
        if before is None or before._replace(row=None, step=0) != terms:
            why = _why_terms(before, terms)
        elif painted is None or best is None or contract is None:
            why = f"no frame has shown {name} yet"
        elif abs(best - painted) > self._desk.guarding.limits.collar_ticks:
            why = f"{name} ran {text.whole(abs(best - painted))} ticks as you pressed"
        elif side is of and _takes(side, painted, now):
            why = f"{name} fell through as you pressed, and a join would take"
        else:
            return painted
        trading.say(f"Nothing was sent: {why}. Look, and press again.", Role.CAUTION)
        return None

    def is_seen(self, now: AtCursor) -> bool:
        """Whether the user has seen at the cursor what a key sends there; else it is said."""
        seen = self._seen
        if now == seen and now.row is not None:
            return True
        words = f"{_why(seen, now)}. Look, and press again."
        self._trading.say(f"Nothing was sent: {words}", Role.CAUTION)
        return False


def _takes(side: Side, price: Price, touch: Touch) -> bool:
    """Whether a limit would find somebody at once."""
    against = touch.best(side.opposite)
    return against is not None and (price - against) * side.sign >= 0


def _tail_words(key: str, through: int, *, is_kept: bool, is_post_only: bool) -> tuple[str, str]:
    """In words, and in fewer of them."""
    if is_kept:
        return f"{key}: beyond the collar", f"{key}: collar"
    if is_post_only:
        return f"{key} would take: post-only refuses it", f"{key} refused"
    if not through:
        return f"{key} takes", f"{key} takes"
    far = text.whole(through)
    return f"{key} takes, {far} t through", f"{key} takes {far} t"


def _why(seen: AtCursor | None, now: AtCursor) -> str:
    if seen is None or (seen.symbol, seen.lane) != (now.symbol, now.lane):
        return _why_terms(seen, now)
    if seen.step != now.step:
        return "the price grouping changed as you pressed"
    if seen.row is None or now.row is None:
        return "the cursor is out of sight, Space or an arrow brings it back"
    if seen.row != now.row:
        return "the cursor moved as you pressed"
    return _why_terms(seen, now)


def _why_terms(seen: AtCursor | None, now: AtCursor) -> str:
    """What is another than was seen, beside the place."""
    if seen is None or seen.symbol != now.symbol:
        return "no frame has shown this contract yet"
    if seen.lane is not now.lane:
        return "the lane changed as you pressed"
    return "what goes with the order changed as you pressed"
