"""The tape: public trades of the shown contract, the newest on top, and how fast they come.

It follows the market until somebody wants to read: then the rows stand still and it says how many
wait. Nothing is counted before the panel has been seen once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, QTimer, Signal
from typing_extensions import override

from terminal.domain.tape import KEPT_BURSTS, Burst
from terminal.session.notices import NoticeLevel
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.tape_options import LARGEST, SHIPPED, TapeOptions
from terminal.viewmodels.tape_view import TapeView, TapeWriter, meter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import PublicTrade
    from terminal.domain.tape import TapeHole
    from terminal.domain.units import Symbol
    from terminal.session.market import MarketSession
    from terminal.session.notices import NoticeBoard
    from terminal.session.studies import Studies
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace

SPEED_MS = 5_000
TICK_MS = 500
SPEEDS_KEPT = 60_000 // TICK_MS
"""The meter is full at the fastest five seconds of the last minute."""
MOST_WAITING = 1_000
ALERT_PAUSE_S = 1.0
"""A large burst is told in the log; of several within a second only how many they were."""
_WAITING = TapeView(waiting="The tape waits for the list of contracts.")
_QUIET = "No trades since this panel was opened."
_FILTERED = "No trades of {} lots or more yet."
_NOTHING = "Nothing to save yet."


class Shelf(Protocol):
    """Where studies come from."""

    def open(self, symbol: Symbol) -> Studies:
        """The running studies of a contract."""
        ...

    def close(self, symbol: Symbol) -> None:
        """Give them back."""
        ...


@final
class TapeViewModel(ViewModel):
    """The tape of the workspace's contract. ``sounded`` asks for a short sound.

    ``options_changed`` is emitted after ``set_options`` took others. ``save`` is set by whoever
    can write files: it takes a path, rows (the newest last) and their contract.
    """

    options_changed = Signal()
    sounded = Signal()

    def __init__(
        self,
        workspace: Workspace,
        shelf: Shelf,
        clock: Clock,
        notices: NoticeBoard,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.view = _WAITING
        self.options = SHIPPED
        self.save: Callable[[str, tuple[Burst | TapeHole, ...], Contract], None] | None = None
        self._workspace = workspace
        self._shelf = shelf
        self._clock = clock
        self._notices = notices
        self._market: MarketSession | None = None
        self._studies: Studies | None = None
        self._writer: TapeWriter | None = None
        self._handles: list[Removable] = []
        self._visible = 0
        self._offset = 0
        self._is_hovered = self._is_held = False
        self._frozen: tuple[Burst | TapeHole, ...] | None = None
        self._shown: tuple[Burst | TapeHole, ...] = ()
        self._told = 0  # the burst that the log heard of last
        self._told_at_s: float | None = None
        self._untold = 0
        self._speeds: deque[int] = deque(maxlen=SPEEDS_KEPT)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    # Life ------------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self._look()

    @override
    def stop(self) -> None:
        was_running = self._is_running
        super().stop()
        self._timer.stop()
        self._leave()
        if was_running:
            self._workspace.contract_changed.disconnect(self._on_contract_changed)

    @override
    def set_paused(self, paused: bool) -> None:
        super().set_paused(paused)
        self._look()

    def set_open(self, is_open: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """The panel was closed, or opened again: a closed one gives its studies back."""
        if is_open:
            self.start()
        else:
            self.stop()

    @property
    def is_counting(self) -> bool:
        """Whether trades are counted for it now; that goes on behind another tab."""
        return self._studies is not None

    def _look(self) -> None:
        """Begin to count once it is seen, and go on while it is only behind another tab."""
        if not self.is_seen:
            self._timer.stop()
            return
        self._timer.start()
        if self._studies is None:
            self._enter()

    def _on_contract_changed(self) -> None:
        was_counting = self._studies is not None
        self._leave()
        if was_counting or self.is_seen:
            self._enter()
        self.mark_dirty()

    def _enter(self) -> None:
        market = self._workspace.market
        if market is None:
            return
        self._market = market
        studies = self._studies = self._shelf.open(market.contract.symbol)
        self._writer = TapeWriter(market.contract)
        self._configure()
        newest = studies.tape.newest_row
        self._told = 0 if newest is None else newest.number
        # After the studies, which must have heard a trade when it is looked for.
        self._handles = [
            market.on_trade.add(self._on_trade),
            market.on_trades_missed.add(self.mark_dirty),
            market.on_status_changed.add(self.mark_dirty),
        ]

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        market, self._market = self._market, None
        self._frozen, self._offset, self._is_held = None, 0, False
        self._shown = ()
        self._speeds.clear()
        self._untold = 0
        if self._studies is not None and market is not None:
            self._studies = None
            self._shelf.close(market.contract.symbol)

    # Choices ---------------------------------------------------------------------------------

    def set_options(self, options: TapeOptions) -> None:
        """Read the tape in another way from now on; what is joined already stays joined."""
        if options == self.options:
            return
        self.options = options
        self._configure()
        if self._frozen is not None:
            self._freeze()
        self.mark_dirty()
        self.options_changed.emit()

    def _configure(self) -> None:
        studies = self._studies
        if studies is not None and studies.settings.tape != self.options.settings:
            studies.configure(replace(studies.settings, tape=self.options.settings))

    def choose_least(self, typed: str) -> str:
        """List only bursts of so many lots, empty for all. Answers what is wrong, else empty."""
        lots = _typed_lots(typed)
        if lots is None:
            return f"Type a whole number of lots up to {text.whole(LARGEST)}, or nothing."
        self.set_options(replace(self.options, least_lots=lots))
        return ""

    def choose_large(self, typed: str) -> str:
        """Mark bursts of so much, empty for none. Answers what is wrong, else empty.

        It is in lots, or in the quote currency where large ones are told by value.
        """
        least = _typed_lots(typed)
        if least is None:
            unit = self.large_unit
            return f"Type a whole number of {unit} up to {text.whole(LARGEST)}, or nothing."
        self.set_options(self.options.with_large(least))
        return ""

    @property
    def large_unit(self) -> str:
        """What the threshold of large ones is written in."""
        if not self.options.is_large_by_value:
            return "lots"
        market = self._market
        return "the quote currency" if market is None else market.contract.quote_currency

    def join_bursts(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """Whether trades of one side that come at once are one row."""
        self.set_options(replace(self.options, joins_bursts=is_on))

    def tell_large(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """Whether large bursts are told in the event log."""
        self.set_options(replace(self.options, alerts=is_on))

    def sound_large(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """Whether a large burst makes a short sound."""
        self.set_options(replace(self.options, sounds=is_on))

    def value_large(self, is_on: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """Whether large ones are told by their value, not by their lots."""
        self.set_options(replace(self.options, is_large_by_value=is_on))

    # Reading ---------------------------------------------------------------------------------

    @property
    def is_held(self) -> bool:
        """Whether somebody has stopped the rows by key."""
        return self._is_held

    def set_visible_rows(self, count: int) -> None:
        """So many rows can be seen."""
        if count != self._visible:
            self._visible = count
            self.mark_dirty()

    def set_hovered(self, is_hovered: bool) -> None:  # noqa: FBT001 - a state of the pointer
        """The pointer is over the rows: they stand still until it leaves."""
        self._is_hovered = is_hovered
        self._freeze_or_follow()

    def toggle_held(self) -> None:
        """Stop the rows, or let them follow again."""
        self._is_held = not self._is_held
        if not self._is_held:
            self._offset = 0
            self._frozen = None
        self._freeze_or_follow()

    def scroll(self, rows: int) -> None:
        """Look at older rows, or at newer ones (negative); older ones stand still."""
        if self._frozen is None:
            if rows <= 0:
                return
            self._freeze()
        frozen = self._frozen or ()
        self._offset = max(0, min(self._offset + rows, len(frozen) - self._visible))
        self._freeze_or_follow()

    def scroll_to_end(self) -> None:
        """Look at the oldest rows that are kept."""
        self.scroll(KEPT_BURSTS)

    def follow(self) -> None:
        """Back to the newest row; rows that are held by key or pointer stay."""
        self._offset = 0
        self._freeze_or_follow()

    def _freeze_or_follow(self) -> None:
        if not (self._is_hovered or self._is_held or self._offset):
            self._frozen = None
        elif self._frozen is None:
            self._freeze()
        self.mark_dirty()

    def _freeze(self) -> None:
        """What was on the screen stays there: what came after its last frame waits."""
        if self._studies is None:
            return
        top = self._shown[0].number if self._shown else None
        kept = self._studies.tape.newest(KEPT_BURSTS)
        self._frozen = tuple(row for row in kept if top is None or row.number <= top)

    def tooltip(self, row: int) -> str:
        """The exact words about a row that is shown; empty beside them."""
        if self._writer is None or not 0 <= row < len(self._shown):
            return ""
        return self._writer.tooltip(self._shown[row])

    # Saving ----------------------------------------------------------------------------------

    @property
    def file_name(self) -> str:
        """What a file of this tape may be called."""
        return "tape.csv" if self._market is None else f"tape-{self._market.contract.symbol}.csv"

    def save_as(self, path: str) -> None:
        """Write all rows that are kept, whatever the filter, the oldest first."""
        studies, market = self._studies, self._market
        rows = () if studies is None else tuple(studies.tape)
        if market is None or not rows:
            self._notices.post(NoticeLevel.INFO, "app", f"The tape is empty. {_NOTHING}")
        elif self.save is not None:
            self.save(path, rows, market.contract)

    # Trades ----------------------------------------------------------------------------------

    def _on_trade(self, _trade: PublicTrade) -> None:
        options = self.options
        if (options.alerts or options.sounds) and options.large.least:
            self._look_for_large()
        self.mark_dirty()

    def _look_for_large(self) -> None:
        studies, market = self._studies, self._market
        newest = None if studies is None else studies.tape.newest_row
        if type(newest) is not Burst or newest.number <= self._told or market is None:
            return
        if not self.options.large.holds(newest, market.contract):
            return
        self._told = newest.number
        now_s = self._clock.monotonic_s()
        if self._told_at_s is not None and now_s - self._told_at_s < ALERT_PAUSE_S:
            self._untold += self.options.alerts
            return
        self._told_at_s = now_s
        self._tell(newest)

    def _tell(self, burst: Burst) -> None:
        market, options = self._market, self.options
        if market is None:
            return
        if options.sounds:
            self.sounded.emit()
        if not options.alerts:
            return
        price, value = text.price(burst.last, market.contract), ""
        if options.is_large_by_value:
            value = f", {text.money(market.contract.notional(burst.last, burst.lots))}"
        words = f"Large {burst.taker.value}: {text.whole(burst.lots)} lots at {price}{value}."
        if self._untold:
            words = f"{words} {self._untold} more came since the last line."
        self._untold = 0
        self._notices.post(NoticeLevel.INFO, "tape", words, market.contract.symbol)

    # Showing ---------------------------------------------------------------------------------

    def _on_tick(self) -> None:
        studies = self._studies
        if studies is not None:
            speed = studies.speed.over(SPEED_MS, self._now_ms)
            self._speeds.append(speed.bought + speed.sold)
        self.mark_dirty()

    @property
    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)

    @override
    def refresh(self) -> bool:
        before = self.view
        self.view = self._built()
        return self.view != before

    def _built(self) -> TapeView:
        studies, market, writer = self._studies, self._market, self._writer
        if studies is None or market is None or writer is None:
            return _WAITING
        frozen, count = self._frozen, self._visible
        if frozen is None:
            self._shown = tuple(studies.tape.newest(count))
        else:
            self._shown = frozen[self._offset : self._offset + count]
        large = self.options.large
        stale = market.staleness()
        speed = studies.speed.over(SPEED_MS, self._now_ms)
        lots = speed.bought + speed.sold
        return TapeView(
            tuple([writer.row(row, large) for row in self._shown]),
            "" if frozen is None else self._note(studies, frozen),
            meter_of(speed, max(lots, max(self._speeds, default=0))),
            None if stale is None else stale.reason,
            "" if self._shown else self._empty_words(studies),
        )

    def _note(self, studies: Studies, frozen: tuple[Burst | TapeHole, ...]) -> str:
        top = frozen[0].number if frozen else 0
        waiting = studies.tape.count_after(top, MOST_WAITING)
        more = "+" if waiting >= MOST_WAITING else ""
        what = "Paused" if self._is_held or self._is_hovered else "Older rows"
        return f"{what}: {text.whole(waiting)}{more} wait"

    def _empty_words(self, studies: Studies) -> str:
        least = self.options.least_lots
        if least and len(studies.tape):
            return _FILTERED.format(text.whole(least))
        return _QUIET


def _typed_lots(typed: str) -> int | None:
    """Lots of a field; 0 for an empty one, None for what is no such number."""
    bare = text.bare_number(typed.strip() or "0")
    if not bare.isdecimal() or int(bare) > LARGEST:
        return None
    return int(bare)
