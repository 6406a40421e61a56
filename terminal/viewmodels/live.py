"""Live trading of one account: its conditions, the switch, and what the status bar says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QTimer, Signal
from typing_extensions import override

from terminal.domain.access import Access
from terminal.session.conditions import Condition, Light
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.session.live_switch import LiveSwitch
    from terminal.viewmodels.frame import FrameClock

LOOK_INTERVAL_MS = 500
"""Some conditions change by growing old."""
SIGNS = {Light.GREEN: "\N{CHECK MARK}", Light.WAITING: "\N{HORIZONTAL ELLIPSIS}", Light.RED: "!"}
ROLES = {Light.GREEN: Role.TEXT_DIM, Light.WAITING: Role.CAUTION, Light.RED: Role.DANGER}
BADGES = {
    Access.FULL: ("LIVE \N{MIDDLE DOT} TRADING", Role.DANGER),
    Access.REDUCING: ("LIVE \N{MIDDLE DOT} reducing only", Role.LIVE),
    Access.WATCH_ONLY: ("LIVE \N{MIDDLE DOT} watch only", Role.LIVE),
}
_STATES = {
    Access.FULL: ("Live trading is on: orders are sent with real money.", Role.DANGER),
    Access.REDUCING: (
        "Live trading is off. Cancels and orders that reduce are sent.",
        Role.CAUTION,
    ),
    Access.WATCH_ONLY: ("This account is only watched: nothing at all is sent.", Role.TEXT),
}


MOST_STANDING = 4
"""So many sentences of what stands are told before the account is only watched."""


def nothing_stands() -> tuple[str, ...]:
    """Neither an order nor a position."""
    return ()


@final
@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition as it is shown: a sign beside the words, never a color alone."""

    name: str
    sign: str
    light: str
    role: Role
    sentence: str
    remedy: str


@final
@dataclass(frozen=True, slots=True)
class LiveView:
    """All that the dialog shows. ``why_not`` says what keeps the switch from going on.

    ``watch_question`` is asked before the account is only watched while something stands: then a
    second press does it. Empty when nothing is asked.
    """

    state_text: str
    state_role: Role
    rows: tuple[ConditionRow, ...]
    typed: str
    can_turn_on: bool
    why_not: str
    is_on: bool
    is_watched: bool
    watch_question: str = ""


@final
class LiveViewModel(ViewModel):
    """The switch of the account ``name``, which is typed to turn it on.

    ``standing`` tells in sentences what stands or is being done: whoever only watches gives up the
    means to cancel and to close it.

    ``allowed_changed`` tells whether anything may be sent to the account from now on: to be
    remembered.
    """

    allowed_changed = Signal(bool)

    def __init__(
        self,
        live: LiveSwitch,
        name: str,
        frame: FrameClock,
        parent: QObject | None = None,
        *,
        standing: Callable[[], tuple[str, ...]] = nothing_stands,
    ) -> None:
        super().__init__(frame, parent)
        self._live = live
        self._standing = standing
        self._asks_to_watch = False
        self._name = name
        self._typed = ""
        self._problem = ""
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_INTERVAL_MS)
        self._timer.timeout.connect(self.mark_dirty)
        self.view = self._view()

    @property
    def name(self) -> str:
        """The account's name."""
        return self._name

    @property
    def is_on(self) -> bool:
        """Whether orders that open are sent."""
        return self._live.is_on

    @property
    def badge(self) -> tuple[str, Role]:
        """The first words of the status bar."""
        return BADGES[self._live.access]

    # Gestures --------------------------------------------------------------------------------

    def set_typed(self, text: str) -> None:
        """What is in the field for the account's name."""
        self._typed, self._problem, self._asks_to_watch = text, "", False
        self.mark_dirty()

    def turn_on(self) -> None:
        """Switch on, if the name is typed and every condition is green."""
        if self._typed.strip() != self._name:
            return
        self._asks_to_watch = False
        self._problem = self._live.turn_on()
        if not self._problem:
            self._typed = ""
            self.allowed_changed.emit(True)  # noqa: FBT003 - a Qt signal has no names
        self.mark_dirty()

    def turn_off(self) -> None:
        """Switch off; cancels and what reduces are still sent."""
        self._asks_to_watch = False
        self._live.turn_off()
        self.mark_dirty()

    def allow(self) -> None:
        """Send cancels and what reduces from now on, also after the next start; it stays off."""
        self._live.allow()
        self.allowed_changed.emit(True)  # noqa: FBT003 - a Qt signal has no names
        self.mark_dirty()

    def watch_only(self) -> None:
        """Send nothing at all any more, also after the next start; asks while something stands."""
        if not self._asks_to_watch and self._standing():
            self._asks_to_watch = True
            self.mark_dirty()
            return
        self._asks_to_watch = False
        self._live.watch_only()
        self.allowed_changed.emit(False)  # noqa: FBT003 - a Qt signal has no names
        self.mark_dirty()

    def set_shown(self, *, shown: bool) -> None:
        """Look at the conditions now and then while somebody sees them."""
        self._typed, self._problem, self._asks_to_watch = "", "", False
        if shown:
            self._timer.start()
        else:
            self._timer.stop()
        self.mark_dirty()

    # Showing ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._live.on_changed.add(self.mark_dirty))

    @override
    def stop(self) -> None:
        self._timer.stop()
        super().stop()

    @override
    def refresh(self) -> bool:
        view = self._view()
        changed = view != self.view
        self.view = view
        return changed

    def _view(self) -> LiveView:
        conditions = self._live.conditions()
        words, role = _STATES[self._live.access]
        why_not = self._why_not(conditions)
        return LiveView(
            state_text=words,
            state_role=role,
            rows=tuple(map(_row, conditions)),
            typed=self._typed,
            can_turn_on=not why_not and not self._live.is_on,
            why_not=self._problem or why_not,
            is_on=self._live.is_on,
            is_watched=self._live.access is Access.WATCH_ONLY,
            watch_question=self._watch_question(),
        )

    def _watch_question(self) -> str:
        if not self._asks_to_watch:
            return ""
        standing = self._standing()
        told = list(standing[:MOST_STANDING])
        if len(standing) > len(told):
            told.append(f"And {len(standing) - len(told)} more.")
        what = " ".join(told) or "Nothing stands any more."
        return f"{what} Watching only, it could be neither canceled nor closed from here."

    def _why_not(self, conditions: tuple[Condition, ...]) -> str:
        if self._live.is_on:
            return ""
        waiting = sum(one.light is not Light.GREEN for one in conditions)
        if waiting:
            noun = "condition is" if waiting == 1 else "conditions are"
            return f"{waiting} {noun} not in order yet."
        if self._typed.strip() != self._name:
            return f"Type the account's name, {self._name}, to switch on."
        return ""


def _row(condition: Condition) -> ConditionRow:
    return ConditionRow(
        condition.name,
        SIGNS[condition.light],
        condition.light.value,
        ROLES[condition.light],
        condition.sentence,
        condition.remedy,
    )
