"""The studies of one contract as one ladder shows them: opened while something on show needs them.

Whoever made the ladder hands in the shelf of studies, which all ladders of a contract share. What
this ladder cleared of its volume is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.depth_change import outward
from terminal.domain.depth_rows import row_index
from terminal.domain.units import Side
from terminal.domain.volume_view import VolumePart, VolumeView
from terminal.session.studies import StudyRows
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import STUDIED, LadderColumn
from terminal.viewmodels.ladder_numbers import brief_forms
from terminal.viewmodels.ladder_studies import NO_STUDY, RowStudy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.guard import Touch
    from terminal.domain.order import Order
    from terminal.domain.queue_estimate import QueuePlace
    from terminal.domain.session_marks import DayMarks
    from terminal.domain.units import ClientOid, Price, Symbol
    from terminal.session.listeners import Handle
    from terminal.session.studies import Studies, StudyShelf
    from terminal.viewmodels.ladder_style import RowStyle

_C = LadderColumn
_OWN = frozenset({_C.OWN_BID, _C.OWN_ASK})
_CHANGES = frozenset({_C.BID_CHANGE, _C.ASK_CHANGE})
_NEED = STUDIED | _OWN
QUEUE_INTERVAL_MS = 200
"""Places in the queue are reckoned anew this often at most."""
PLACES_A_FRAME = 2
"""So many known places are reckoned anew with one frame of a burst: twenty took 30 ms."""
MOST_BEYOND = 400
"""So many rows beyond the view are read at most, for sums that begin at the inside."""


@final
class LadderCounts:
    """Implements ``RowStudies`` on the shelf.

    ``working`` are the contract's working orders, ``now_ms`` is any steady clock.
    """

    def __init__(
        self,
        symbol: Symbol,
        shelf: StudyShelf,
        working: Callable[[], tuple[Order, ...]],
        now_ms: Callable[[], float],
    ) -> None:
        self._now_ms = now_ms
        self._due: list[Order] = []
        self._known: dict[ClientOid, QueuePlace | None] = {}
        self._asked_ms = self._looked_ms = float("-inf")
        self._symbol = symbol
        self._shelf = shelf
        self._working = working
        self._studies: Studies | None = None
        self._volume: VolumeView | None = None
        self._handle: Handle | None = None
        self._runs: list[StudyRows] = []
        self._sums: dict[int, tuple[int, int]] = {}
        self._queues: dict[tuple[int, Side], tuple[str, ...]] = {}
        self._step = 1
        self._inside: tuple[int | None, int | None] = (None, None)
        self._is_summed = False
        self._count = 0

    @property
    def is_open(self) -> bool:
        """Whether trades are being counted."""
        return self._studies is not None

    # Life ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give the studies back."""
        if self._handle is not None:
            self._handle.remove()
        if self._studies is not None:
            self._shelf.close(self._symbol)
        self._studies = self._volume = self._handle = None
        self._count = 0
        self._forget_queues()

    def _forget_queues(self) -> None:
        self._queues, self._known, self._due = {}, {}, []

    def _open(self) -> Studies:
        studies = self._studies = self._shelf.open(self._symbol)
        self._volume = VolumeView(studies.profile)
        self._handle = studies.on_cleared.add(self._volume.profile_cleared)
        return studies

    # Reading ---------------------------------------------------------------------------------

    def look(self, indices: Sequence[int], step: int, touch: Touch, style: RowStyle) -> None:
        """Read what the shown columns need; nothing is counted while none of them does."""
        columns = style.formats.keys()
        if columns.isdisjoint(_NEED) and not style.shows_day:
            self.close()
            return
        studies = self._studies or self._open()
        self._step = step
        bid, ask = touch.best_bid, touch.best_ask
        self._inside = (
            None if bid is None else row_index(bid, step),
            None if ask is None else row_index(ask, step),
        )
        self._count = 0
        if not columns.isdisjoint(STUDIED):
            self._read(studies, indices, step)
        self._is_summed = style.is_change_summed and not columns.isdisjoint(_CHANGES)
        if self._is_summed:
            self._sum(studies, indices, step)
        if columns.isdisjoint(_OWN):
            self._forget_queues()
        else:
            self._queues = self._queue_texts(studies, indices, step)

    def _read(self, studies: Studies, indices: Sequence[int], step: int) -> None:
        """One window for each run of rows without a gap; objects are kept from frame to frame."""
        start = 0
        for place in range(1, len(indices) + 1):
            if place < len(indices) and indices[place] == indices[place - 1] - 1:
                continue
            if self._count == len(self._runs):
                self._runs.append(StudyRows(step, 0, 0))
            rows = self._runs[self._count]
            rows.move(step, indices[start], place - start)
            studies.read(rows)
            if self._volume is not None:
                self._volume.leave_out(rows.top_index, step, rows.bought, rows.sold)
            self._count += 1
            start = place
            if isinstance(indices, range):
                break

    def _sum(self, studies: Studies, indices: Sequence[int], step: int) -> None:
        """What was stacked or pulled from the inside up to each row; empty where that is far."""
        self._sums = {}
        bid, ask = self._inside
        inside = [row for row in (bid, ask) if row is not None]
        if not inside or not len(indices):
            return
        top, bottom = max(indices[0], *inside), min(indices[-1], *inside)
        if top - bottom >= len(indices) + MOST_BEYOND:
            return
        wide = StudyRows(step, top, top - bottom + 1)
        studies.read(wide)
        ask_row = -1 if ask is None else top - ask
        bid_row = wide.count if bid is None else top - bid
        asks = outward(wide.stacked_asks, wide.stacked_asks, (ask_row, wide.count))
        bids = outward(wide.stacked_bids, wide.stacked_bids, (-1, bid_row))
        self._sums = {top - place: pair for place, pair in enumerate(zip(bids, asks, strict=True))}

    def row(self, low: Price, high: Price) -> RowStudy:
        """What lies within a row."""
        del high
        index = low // self._step
        queues = self._queues
        bid_queue = queues.get((index, Side.BUY), ()) if queues else ()
        ask_queue = queues.get((index, Side.SELL), ()) if queues else ()
        for number in range(self._count):
            rows = self._runs[number]
            at = rows.top_index - index
            if 0 <= at < rows.count:
                break
        else:
            if bid_queue or ask_queue:
                return NO_STUDY._replace(bid_queue=bid_queue, ask_queue=ask_queue)
            return NO_STUDY
        if self._is_summed:
            bids, asks = self._summed_at(index)
        else:
            bids, asks = rows.stacked_bids[at], rows.stacked_asks[at]
        sold = rows.sold[at]
        return RowStudy(
            rows.bought[at] + sold,
            rows.recent_sold[at],
            rows.recent_bought[at],
            bids,
            asks,
            bid_queue,
            ask_queue,
            "",
            sold,
        )

    def _summed_at(self, index: int) -> tuple[int, int]:
        return self._sums.get(index, (0, 0))

    def day(self) -> DayMarks | None:
        """High, low and average of the day; None while nobody counts or nothing is known."""
        return None if self._studies is None else self._studies.marks.marks()

    # Queues ----------------------------------------------------------------------------------

    def _queue_texts(
        self, studies: Studies, indices: Sequence[int], step: int
    ) -> dict[tuple[int, Side], tuple[str, ...]]:
        """The place of the own order on show that stands first on its row and side."""
        shown: list[tuple[tuple[int, Side], Order]] = []
        for order in self._working():
            if order.price is not None and order.side is not None:
                index = row_index(order.price, step)
                if index in indices:
                    shown.append(((index, order.side), order))
        self._reckon(studies, [order for _, order in shown])
        first: dict[tuple[int, Side], QueuePlace] = {}
        for key, order in shown:
            place = self._known[order.client_oid]
            if place is None:
                continue
            before = first.get(key)
            if before is None or place.expected < before.expected:
                first[key] = place
        return {key: queue_forms(place) for key, place in first.items()}

    def _reckon(self, studies: Studies, orders: list[Order]) -> None:
        """Know the place of each order: at once where it is not known, the others by turns.

        Reckoning a place is dear while its level changes, and nobody reads faster. After a pause
        without a frame all are due at once, and cheap; in a burst a few with each frame, however
        long all of them take on a busy computer.
        """
        known, now_ms = self._known, self._now_ms()
        is_rested = now_ms - self._looked_ms >= QUEUE_INTERVAL_MS
        self._looked_ms = now_ms
        if is_rested or (not self._due and now_ms - self._asked_ms >= QUEUE_INTERVAL_MS):
            self._due, self._asked_ms = orders[::-1], now_ms
        count = len(self._due) if is_rested else PLACES_A_FRAME
        now = {
            order.client_oid
            for order in (self._due.pop() for _ in range(min(count, len(self._due))))
        }
        self._known = {
            order.client_oid: studies.queue_place(order.client_oid)
            if order.client_oid in now or known.get(order.client_oid) is None
            else known[order.client_oid]
            for order in orders
        }

    def _places(self, studies: Studies) -> list[tuple[Order, QueuePlace]]:
        found = []
        for order in self._working():
            place = studies.queue_place(order.client_oid)
            if place is not None:
                found.append((order, place))
        return found

    def queue_words(self, index: int, step: int, side: Side) -> tuple[str, ...]:
        """A sentence for each own order on a row, with how sure its place is."""
        if self._studies is None:
            return ()
        return tuple(
            f"{text.whole(order.remaining)} lots: {queue_words(place)}"
            for order, place in self._places(self._studies)
            if order.side is side and order.price is not None
            and row_index(order.price, step) == index
        )  # fmt: skip

    # Clearing --------------------------------------------------------------------------------

    def clear_volume(self, part: VolumePart, touch: Touch, *, everywhere: bool) -> str:
        """Clear volume in this ladder, or in all of the contract; a sentence says what was done."""
        studies, volume = self._studies, self._volume
        if studies is None or volume is None:
            return "Nothing is counted: show a column of trades first."
        if not everywhere:
            is_done = volume.clear(part, touch.best_bid, touch.best_ask)
        elif part is VolumePart.ALL:
            studies.clear()
            is_done = True
        elif part is VolumePart.ABOVE:
            is_done = touch.best_ask is not None
            studies.clear_above()
        else:
            is_done = touch.best_bid is not None
            studies.clear_below()
        if not is_done:
            return "There is no best price now that volume could be cleared beyond."
        where = "in all ladders of the contract" if everywhere else "in this ladder"
        what = "Volume" if part is VolumePart.ALL else f"Volume {part.value}"
        return f"{what} is counted anew {where}. The column's menu brings it back."

    def can_restore(self, *, everywhere: bool) -> bool:
        """Whether volume that was cleared here, or in all ladders, can be brought back."""
        if self._studies is None or self._volume is None:
            return False
        return (self._studies.profile if everywhere else self._volume).can_restore

    def restore_volume(self, *, everywhere: bool) -> str:
        """Bring it back; a sentence says what was done."""
        if self._studies is None or self._volume is None:
            return "Nothing is counted: show a column of trades first."
        if everywhere:
            self._studies.restore_volume()
            return "The volume that was cleared in all ladders of the contract is back."
        self._volume.restore()
        return "The volume that was cleared in this ladder is back."


def queue_text(place: QueuePlace) -> str:
    """``q12`` where the place is known, ``q12-30`` for a range, ``q~12-30`` for a guess."""
    sign = "~" if place.is_guess else ""
    if place.low == place.high:
        return f"q{sign}{text.whole(place.low)}"
    return f"q{sign}{text.whole(place.low)}-{text.whole(place.high)}"


def queue_forms(place: QueuePlace) -> tuple[str, ...]:
    """The same ever shorter: whole, then what is expected in two digits, then in one.

    The short ones have a ``~`` where the place is a range or a guess: ``q~1.2k``, ``q~1k``.
    """
    sign = "~" if place.is_guess or place.low != place.high else ""
    forms = (queue_text(place), *(f"q{sign}{one}" for one in brief_forms(place.expected)))
    return tuple(dict.fromkeys(forms))


def queue_words(place: QueuePlace) -> str:
    """The same in words, with how sure it is."""
    low, high, expected = map(text.whole, (place.low, place.high, place.expected))
    guess = " Its place at the beginning was not seen." if place.is_guess else ""
    if place.low == place.high:
        where = "it is first in the queue" if place.low == 0 else f"{low} lots are ahead of it"
        sure = "" if place.is_guess else ", as far as the book tells"
        return f"{where}{sure}.{guess}"
    return (
        f"{low} to {high} lots are ahead of it in four cases of five, about {expected} "
        f"expected.{guess}"
    )
