"""Notes at prices, and the watch over those that call: one for each account.

Alerts are watched while the program runs, whichever contract is shown: the channel of their price
is followed from when there is one until it has called. What was passed while the program was closed
calls at the first price that is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.events import MarkUpdate, PublicTrade
from terminal.domain.price_notes import MOST_NOTES, AlertSource, PriceNote, with_note, without
from terminal.domain.units import plain
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.units import Price, Symbol
    from terminal.exchange.gateway import StreamFact
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard

_CHANNELS = {AlertSource.LAST: ChannelKind.TRADES, AlertSource.MARK: ChannelKind.MARK}


class NoteFile(Protocol):
    """Where notes are kept; a sentence tells what went wrong, else it is empty."""

    def load(self) -> tuple[tuple[PriceNote, ...], str]:
        """What was kept."""
        ...

    def save(self, notes: tuple[PriceNote, ...]) -> str:
        """Keep these."""
        ...


@final
class NoFile:
    """Keeps nothing."""

    def load(self) -> tuple[tuple[PriceNote, ...], str]:
        """Nothing."""
        return (), ""

    def save(self, notes: tuple[PriceNote, ...]) -> str:
        """Nowhere."""
        del notes
        return ""


@final
class PriceNotes:
    """All notes of an account. ``on_fired`` is told of each alert that calls."""

    def __init__(
        self,
        file: NoteFile,
        feed: Feed,
        contracts: Mapping[Symbol, Contract],
        clock: Clock,
        notices: NoticeBoard,
    ) -> None:
        self._file = file
        self._feed = feed
        self._contracts = contracts
        self._clock = clock
        self._notices = notices
        self._watches: dict[tuple[Symbol, AlertSource], _Watch] = {}
        self.notes: tuple[PriceNote, ...] = ()
        self.on_changed: Listeners[[]] = Listeners()
        self.on_fired: Listeners[[PriceNote]] = Listeners()

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read what was kept, and begin to watch; the contracts are known by now."""
        self.notes, words = self._file.load()
        if words:
            self._notices.post(NoticeLevel.WARNING, "app", words)
        self._follow()
        self.on_changed.notify()

    def stop(self) -> None:
        """Watch no more."""
        for watch in self._watches.values():
            watch.handle.remove()
        self._watches.clear()

    # Writing ---------------------------------------------------------------------------------

    def of(self, symbol: Symbol) -> tuple[PriceNote, ...]:
        """The notes of a contract."""
        return tuple(note for note in self.notes if note.symbol == symbol)

    def at(self, symbol: Symbol, price: Decimal) -> PriceNote | None:
        """The note at a price."""
        return next((one for one in self.of(symbol) if one.price == price), None)

    def put(self, note: PriceNote) -> str:
        """Keep a note in place of what was at its price; a sentence where that failed."""
        if self.at(note.symbol, note.price) is None and len(self.notes) >= MOST_NOTES:
            return f"There are {MOST_NOTES} notes already: delete some first."
        return self._keep(with_note(self.notes, note))

    def remove(self, symbol: Symbol, price: Decimal) -> str:
        """Delete the note at a price; a sentence where that could not be kept."""
        return self._keep(without(self.notes, symbol, price))

    def _keep(self, notes: tuple[PriceNote, ...]) -> str:
        self.notes = notes
        words = self._file.save(notes)
        self._follow()
        self.on_changed.notify()
        return words

    # Watching --------------------------------------------------------------------------------

    def _follow(self) -> None:
        """One subscription for each contract and kind of price that an alert waits for."""
        wanted: dict[tuple[Symbol, AlertSource], list[PriceNote]] = {}
        for note in self.notes:
            if note.is_waiting and note.alert is not None and note.symbol in self._contracts:
                wanted.setdefault((note.symbol, note.alert), []).append(note)
        for key in self._watches.keys() - wanted.keys():
            self._watches.pop(key).handle.remove()
        for key, notes in wanted.items():
            watch = self._watches.get(key)
            if watch is None:
                watch = self._watches[key] = _Watch(self._contracts[key[0]], self._look)
                channel = Channel(_CHANNELS[key[1]], key[0])
                watch.handle = self._feed.subscribe(channel, watch.take)
            watch.aim(notes)

    def _look(self, symbol: Symbol, source: AlertSource, price: Decimal) -> None:
        """A price beyond the nearest alerts: see which of them call."""
        now_ms = self._clock.now_ms()
        fired: list[PriceNote] = []
        notes: list[PriceNote] = []
        for note in self.notes:
            made = note
            if (note.symbol, note.alert) == (symbol, source):
                made = note.seen(price, now_ms)
                if made.fired_at is not None and note.fired_at is None:
                    fired.append(made)
            notes.append(made)
        if tuple(notes) == self.notes:
            return
        words = self._keep(tuple(notes))
        for note in fired:
            tail = f": {note.text}" if note.text else "."
            said = f"Alert: {source.value} has reached {plain(note.price)}{tail}"
            self._notices.post(NoticeLevel.WARNING, "app", said, symbol)
            self.on_fired.notify(note)
        if words:
            self._notices.post(NoticeLevel.WARNING, "app", words)


@final
class _Watch:
    """The nearest alerts around one price. A fact costs two comparisons while none is reached."""

    __slots__ = ("_contract", "_high", "_look", "_low", "handle")

    def __init__(
        self, contract: Contract, look: Callable[[Symbol, AlertSource, Decimal], None]
    ) -> None:
        self._contract = contract
        self._look = look
        self._low: Decimal | float = float("-inf")
        self._high: Decimal | float = float("inf")
        self.handle: Handle

    def aim(self, notes: list[PriceNote]) -> None:
        """Between which prices nothing calls, in ticks; nothing is known of what was not seen."""
        tick = self._contract.scale.tick_size
        if any(note.came_from == 0 for note in notes):
            self._low, self._high = float("inf"), float("-inf")
            return
        below = [note.price / tick for note in notes if note.came_from > 0]
        above = [note.price / tick for note in notes if note.came_from < 0]
        self._low = max(below, default=float("-inf"))
        self._high = min(above, default=float("inf"))

    def take(self, fact: StreamFact) -> None:
        """A fact of the channel."""
        if type(fact) is PublicTrade:
            if not self._low < fact.price < self._high:
                self._look(fact.symbol, AlertSource.LAST, self._decimal(fact.price))
        elif isinstance(fact, MarkUpdate):
            value = fact.mark_price.value
            if not self._low < value / self._contract.scale.tick_size < self._high:
                self._look(fact.symbol, AlertSource.MARK, value)

    def _decimal(self, price: Price) -> Decimal:
        return self._contract.scale.decimal(price)
