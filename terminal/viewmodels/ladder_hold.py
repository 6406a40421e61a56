"""Holding an order back for a moment before it is sent, so that Esc can still drop it.

What is held was decided when the key was pressed and never changes afterwards: it is sent as it was
shown, or not at all. One order is held at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from terminal.session.origins import asked_by, asking
from terminal.viewmodels.keys import LadderAction
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.session.latency import LatencyBook
    from terminal.session.origins import Surface
    from terminal.viewmodels.ladder_view import StagedOrder

TAKES_BACK = frozenset(
    {
        LadderAction.BACK,
        LadderAction.CANCEL_NEWEST,
    }
)
"""Keys that take back what is held and do nothing else: what is held is the newest order."""
CALLS_OFF = frozenset(
    {
        LadderAction.CANCEL_AT_CURSOR,
        LadderAction.CANCEL_BUYS,
        LadderAction.CANCEL_SELLS,
        LadderAction.CANCEL_ALL,
        LadderAction.CANCEL_EVERYWHERE,
        LadderAction.FLATTEN,
        LadderAction.REVERSE,
        LadderAction.CLOSE_HALF,
        LadderAction.OTHER_LANE,
    }
)
"""Keys that take back what is held and then do what they always do: who gets out sends nothing."""
TAKEN_BACK = "Taken back: nothing was sent."
CALLED_OFF = "you called orders off."
STILL_HELD = "Not sent: another order is still held back. Esc drops it."


class HoldTimer(Protocol):
    """Time for what is held: a steady clock, and one call after so many ms."""

    def now_ms(self) -> float:
        """Any steady clock."""
        ...

    def start(self, after_ms: int, callback: Callable[[], None]) -> None:
        """Call once, after so many ms."""
        ...

    def stop(self) -> None:
        """Call no more; not having started is fine."""
        ...


@final
class QtHoldTimer(QObject):
    """The timer of the running program."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._callback: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)

    def now_ms(self) -> float:
        """The machine's monotonic clock."""
        return monotonic() * 1000

    def start(self, after_ms: int, callback: Callable[[], None]) -> None:
        """Call once, after so many ms."""
        self._callback = callback
        self._timer.start(after_ms)

    def stop(self) -> None:
        """Call no more."""
        self._callback = None
        self._timer.stop()

    @Slot()
    def _on_time(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


@final
@dataclass(frozen=True, slots=True)
class _Held:
    """What is held. ``pressed_s`` is the gesture's time, by the latency book's clock."""

    staged: StagedOrder | None
    send: Callable[[], None]
    lost: Callable[[], str]
    dropped: Callable[[], None]
    source: LadderAction | None
    pressed_s: float | None
    asked_by: Surface | None
    begun_ms: float
    hold_ms: int


def _nothing() -> None:
    """Nothing is brought back."""


def _never() -> str:
    return ""


@final
class LadderHold:
    """Holds one order of a ladder back. ``hold_ms`` tells for how long; 0 sends at once.

    ``say`` puts a sentence next to the ladder, ``on_changed`` is called when something begins or
    ends to be held.
    """

    def __init__(
        self,
        latency: LatencyBook,
        hold_ms: Callable[[], int],
        say: Callable[[str, Role], None],
        on_changed: Callable[[], None],
    ) -> None:
        self.timer: HoldTimer = QtHoldTimer()
        self.source: LadderAction | None = None
        """The key that acts now."""
        self._latency = latency
        self._hold_ms = hold_ms
        self._say = say
        self._on_changed = on_changed
        self._held: _Held | None = None

    @property
    def is_holding(self) -> bool:
        """Whether something is held back now."""
        return self._held is not None

    @property
    def staged(self) -> StagedOrder | None:
        """What is held, with the share of its time that is left; None when that is nothing."""
        held = self._held
        if held is None or held.staged is None:
            return None
        return held.staged._replace(held_share=self.share)

    @property
    def share(self) -> float:
        """How much of the time is left, 1 to 0."""
        held = self._held
        if held is None:
            return 0.0
        gone = (self.timer.now_ms() - held.begun_ms) / held.hold_ms
        return min(1.0, max(0.0, 1.0 - gone))

    def hold(
        self,
        staged: StagedOrder | None,
        send: Callable[[], None],
        *,
        lost: Callable[[], str] = _never,
        dropped: Callable[[], None] = _nothing,
    ) -> None:
        """Call ``send`` once when the time is over, or never when it is dropped.

        ``lost`` says why it must not be sent any more, empty while it may; ``dropped`` is called
        when it was not sent.
        """
        hold_ms = self._hold_ms()
        if self._held is not None:
            self._say(STILL_HELD, Role.CAUTION)
            dropped()
            return
        if not hold_ms:
            send()
            return
        self._held = _Held(
            staged,
            send,
            lost,
            dropped,
            self.source,
            self._latency.pressed_s,
            asking(),
            self.timer.now_ms(),
            hold_ms,
        )
        self.timer.start(hold_ms, self._on_time)
        self._on_changed()

    def takes_key(self, action: LadderAction) -> bool:
        """Whether a key ends what is held and does nothing else: the same key again, or Esc."""
        held = self._held
        self.source = action
        if held is None:
            return False
        if action is held.source or action in TAKES_BACK:
            self._end(TAKEN_BACK, Role.TEXT_DIM)
            return True
        if action in CALLS_OFF:
            self._end(TAKEN_BACK, Role.TEXT_DIM)
        return False

    def key_done(self) -> None:
        """The key has acted."""
        self.source = None
        self.look()

    def drop(self, because: str) -> None:
        """Send nothing of it: what it rested on is gone."""
        if self._held is not None:
            self._end(f"What was held back was not sent: {because}", Role.CAUTION)

    def look(self) -> None:
        """Drop what must not be sent any more; called whenever something may have changed."""
        because = "" if self._held is None else self._held.lost()
        if because:
            self.drop(because)

    def _end(self, words: str, role: Role) -> None:
        held, self._held = self._held, None
        self.timer.stop()
        if held is not None:
            held.dropped()
        self._say(words, role)
        self._on_changed()

    def _on_time(self) -> None:
        self.look()
        held, self._held = self._held, None
        if held is None:
            return
        # The stamp stays the key's: what was waited for is part of the way from key to screen.
        with self._latency.since(held.pressed_s), asked_by(held.asked_by):
            held.send()
        self._on_changed()
