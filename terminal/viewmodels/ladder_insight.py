"""What a ladder knows beyond book, orders and position: studies, worth, exits, notes; one object.

The ladder asks it while a frame is made and hands gestures on; everything it says goes through the
ladder's trading hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Signal

from terminal.domain.breakeven import NO_CHARGES, Charges
from terminal.domain.depth_rows import row_index
from terminal.domain.guard import Touch
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_counts import LadderCounts
from terminal.viewmodels.ladder_exit import LadderExit
from terminal.viewmodels.ladder_notes import LadderNotes
from terminal.viewmodels.ladder_worth import LadderWorth, day_tags
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.market_facts import RiskTier
    from terminal.domain.price_notes import AlertSource, PriceNote
    from terminal.domain.units import Symbol
    from terminal.domain.volume_view import VolumePart
    from terminal.session.account import AccountSession
    from terminal.session.breakevens import Breakevens
    from terminal.session.exits import Protecting
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.session.price_notes import PriceNotes
    from terminal.session.studies import StudyShelf
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_face import LadderFace, RowFacts
    from terminal.viewmodels.ladder_options import LadderOptions
    from terminal.viewmodels.ladder_tags import PriceTag
    from terminal.viewmodels.ladder_trading import LadderTrading
    from terminal.viewmodels.ladder_view import StagedOrder

_OWN_SIDES = {LadderColumn.OWN_BID: Side.BUY, LadderColumn.OWN_ASK: Side.SELL}
_SIGNS = {Side.BUY: "\u25b2", Side.SELL: "\u25bc"}
_TAKEN = {Side.BUY: "bought", Side.SELL: "sold"}
_CAME = {1: " The price has risen to it.", -1: " The price has fallen to it."}
_NO_TOUCH = Touch(None, None)


class LadderHost(Protocol):
    """The ladder that it belongs to."""

    trading: LadderTrading
    axis: LadderAxis
    face: LadderFace

    @property
    def options(self) -> LadderOptions:
        """The user's choices."""
        ...

    def listen(self, *handles: Removable) -> None:
        """Keep listener handles until the ladder stops."""
        ...

    def mark_dirty(self) -> None:
        """Ask for a frame."""
        ...


@final
@dataclass(frozen=True, slots=True)
class InsightSources:
    """Who knows. ``protecting`` is None without an account."""

    studies: StudyShelf
    breakevens: Breakevens
    tiers: Callable[[Symbol], Sequence[RiskTier]]
    notes: PriceNotes
    desk: OrderDesk
    account: AccountSession
    protecting: Protecting | None


@final
class LadderInsight(QObject):
    """Belongs to one ladder. ``note_asked`` tells that the editor is wanted for ``notes.draft``."""

    note_asked = Signal()

    def __init__(self, ladder: LadderHost, sources: InsightSources, parent: QObject) -> None:
        super().__init__(parent)
        self.charges: Charges = NO_CHARGES
        self._ladder = ladder
        self._sources = sources
        self._counts: LadderCounts | None = None
        self._market: MarketSession | None = None
        self._worth = LadderWorth(sources.account, sources.breakevens, sources.tiers)
        self.exits = LadderExit(ladder.trading, sources.desk, sources.account, sources.protecting)
        self.notes = LadderNotes(sources.notes)

    def connect_sources(self) -> None:
        """Listen from now on; the ladder ends it."""
        sources, ladder = self._sources, self._ladder
        ladder.listen(
            sources.breakevens.on_changed.add(ladder.mark_dirty),
            sources.notes.on_changed.add(ladder.mark_dirty),
            sources.notes.on_fired.add(self._on_fired),
        )

    def studies_of(self, market: MarketSession) -> LadderCounts:
        """Whoever counts the trades of a market for this ladder."""
        symbol = market.contract.symbol
        working = partial(self._sources.desk.working, symbol)
        self._market = market
        self.notes.drop()
        now_ms = self._ladder.face.now_ms
        self._counts = LadderCounts(symbol, self._sources.studies, working, now_ms)
        return self._counts

    # Frames ----------------------------------------------------------------------------------

    def tags(self, facts: RowFacts) -> tuple[PriceTag, ...]:
        """Breakeven, liquidation if the staged order fills, the day, notes and alerts."""
        contract = facts.market.contract
        self.charges = self._worth.look(facts)
        shows_day = self._ladder.options.shows_day and self._counts is not None
        day = self._counts.day() if shows_day and self._counts is not None else None
        return (
            *self._worth.tags(facts),
            *day_tags(day, contract),
            *self.notes.tags(contract),
        )

    @property
    def breakeven(self) -> PriceTag | None:
        """Of the position shown, with its words; None while it is flat."""
        return self._worth.breakeven

    @property
    def breakeven_text(self) -> str:
        """The same for the head of the ladder; empty while it is flat."""
        return self._worth.breakeven_text

    def result_words(self) -> str:
        """What is in the result at a price, for the help of its heading."""
        if not self._ladder.options.is_pnl_net:
            return "Of closing all of it at that price, without fees and funding."
        return (
            f"Of closing all of it at that price, less {self._worth.words or 'fees and funding'}.\n"
            "A limit rests beyond the best price; at it, through it and by a stop one is taker. "
            "Funding already paid is not in it."
        )

    @property
    def staged(self) -> StagedOrder | None:
        """The exit that was shown and not sent."""
        return self.exits.staged

    # Gestures --------------------------------------------------------------------------------

    def back(self) -> bool:
        """One step back; True when there was something to drop."""
        if self.notes.drop():
            return True
        was = self.exits.drop()
        if was:
            self._say("Nothing was sent.")
        return was

    def clear_volume(self, part: VolumePart, *, everywhere: bool = False) -> None:
        """Count volume anew: of this ladder, or of all that show the contract."""
        if self._counts is not None:
            self._say(self._counts.clear_volume(part, self._touch(), everywhere=everywhere))
        self._ladder.mark_dirty()

    def can_restore_volume(self, *, everywhere: bool) -> bool:
        """Whether volume that was cleared can be brought back: of this ladder, or of all."""
        return self._counts is not None and self._counts.can_restore(everywhere=everywhere)

    def restore_volume(self, *, everywhere: bool = False) -> None:
        """Bring back what was cleared: in this ladder, or in all that show the contract."""
        if self._counts is not None:
            self._say(self._counts.restore_volume(everywhere=everywhere))
        self._ladder.mark_dirty()

    def keep_volume(self) -> None:
        """Say that a right click clears nothing, and where clearing everywhere is."""
        self._say("Nothing was cleared. In all ladders it is cleared from the column's menu.")

    def ask_note(self, row: int | None = None) -> None:
        """Open the editor at a visible row, else at the cursor, which is brought into view."""
        axis, market = self._ladder.axis, self._market
        index = axis.cursor if row is None else axis.index_of_row(row)
        if market is None or index is None:
            self._say("There is no price to write at yet.")
            return
        if index not in axis.indices:
            axis.reveal(index)
        if index in axis.indices:
            self.notes.begin(market.contract, axis.indices.index(index), index, axis.step)
            self.note_asked.emit()

    def save_note(self, typed: str, alert: AlertSource | None) -> None:
        """Keep what was typed in the editor."""
        words, role = self.notes.save(typed, alert)
        if words:
            self._say(words, role)

    def drop_note(self) -> None:
        """Leave the editor; nothing is kept."""
        self.notes.drop()

    def words_at(self, row: int, column: LadderColumn | None) -> str:
        """A cell in words, for its tooltip; empty where there is nothing to add."""
        axis = self._ladder.axis
        index = axis.index_of_row(row)
        if index is None or column is None:
            return ""
        side = _OWN_SIDES.get(column)
        if side is not None and self._counts is not None:
            return "\n".join(self._counts.queue_words(index, axis.step, side))
        if column not in {LadderColumn.PRICE, LadderColumn.NOTES}:
            return ""
        last = self._last_words(index) if column is LadderColumn.PRICE else ()
        return "\n".join((*last, *self._ladder.face.words_of(index)))

    def _last_words(self, index: int) -> tuple[str, ...]:
        """The last trade, if it was in a row: who took, and apart from it where the price came."""
        market = self._market
        last = None if market is None else market.last_trade
        if market is None or last is None:
            return ()
        if row_index(last.price, self._ladder.axis.step) != index:
            return ()
        took = f"{_SIGNS[last.taker_side]} Last trade: {text.whole(last.lots)} lots"
        way = _CAME.get(market.last_direction, "")
        return (
            f"{took} {_TAKEN[last.taker_side]} at {text.price(last.price, market.contract)}.{way}",
        )

    # Helpers ---------------------------------------------------------------------------------

    def _on_fired(self, note: PriceNote) -> None:
        market = self._market
        source = "" if note.alert is None else note.alert.value
        shown = f"{note.price.normalize():f}"
        of = "" if market is not None and market.contract.symbol == note.symbol else note.symbol
        tail = f": {note.text}" if note.text else "."
        self._say(" ".join(filter(None, ("Alert", of, f"{source} has reached {shown}{tail}"))),
                  Role.CAUTION)  # fmt: skip

    def _touch(self) -> Touch:
        market = self._market
        return (None if market is None else market.touch()) or _NO_TOUCH

    def _say(self, words: str, role: Role = Role.TEXT_DIM) -> None:
        self._ladder.trading.say(words, role)
        self._ladder.mark_dirty()
