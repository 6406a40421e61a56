"""The settings of trading: what the stop takes away, the fuse, distances.

Each acts at once, but what concerns the fuse's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import StopReference
from terminal.domain.ladder_habits import LONGEST_HOLD_MS, OtherButton
from terminal.domain.protection import DistanceUnit, StopDistance
from terminal.domain.units import plain
from terminal.session.clearing import ClearingKind
from terminal.session.fuse import LONGEST_S, SHORTEST_S
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.keys import DOUBLE_PRESS_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from terminal.viewmodels.frame import FrameClock

MOST_TICKS = 1_000_000
"""Further than that no exit lies from its price; the settings file would take more."""
KILL_WORDS = {
    ClearingKind.ENTRIES: "Cancel what can open; orders that only reduce stay",
    ClearingKind.ALL: "Cancel every order, protective stops too",
    ClearingKind.FLATTEN: "Cancel every order and flatten every position",
}
STOPS_WORDS = {
    StopsFate.UNKNOWN: "Not known: the fuse is not offered",
    StopsFate.KEPT: "Seen: waiting stops stay",
    StopsFate.CANCELED: "Seen: waiting stops are canceled, too",
}
UNIT_WORDS = {
    DistanceUnit.TICKS: "ticks",
    DistanceUnit.PERCENT: "% of the price",
    DistanceUnit.LIQUIDATION_SHARE: "% of the way to liquidation",
}
REFERENCE_WORDS = {
    StopReference.MARK: "Mark price",
    StopReference.LAST: "Last price",
    StopReference.INDEX: "Index price",
}
OTHER_WORDS = {
    OtherButton.NOTHING: "Sends nothing",
    OtherButton.SECOND_SIZE: "Sends size 2 of the foot",
    OtherButton.NET_SIZE: "Closes: a reduce-only limit for all of the position",
}
FIXED_WORDS = (
    f"A double press must come within {DOUBLE_PRESS_MS} ms. That is fixed: what the hand has "
    "learned must not depend on a setting."
)


@final
@dataclass(frozen=True, slots=True)
class TradingChoices:
    """What can be set; the last five are habits of the ladder.

    ``fuse_at_start`` and ``fuse_stops`` act at the next start.
    """

    kill: ClearingKind = ClearingKind.ENTRIES
    fuse_timeout_s: int = 60
    fuse_at_start: bool = False
    fuse_stops: StopsFate = StopsFate.UNKNOWN
    reference: StopReference = StopReference.MARK
    distance: StopDistance = field(default_factory=StopDistance)
    bracket_loss_ticks: int = 200
    bracket_profit_ticks: int = 400
    gap_ticks: int = 50
    hold_ms: int = 0
    disarms_on_focus_loss: bool = False
    infers_type: bool = False
    acts_on_release: bool = False
    other_button: OtherButton = OtherButton.NOTHING


@final
class NumberField(NamedTuple):
    """One field: its name among the choices, its words, its unit, what it does."""

    name: str
    title: str
    unit: str
    hint: str


NUMBERS = (
    NumberField(
        "fuse_timeout_s",
        "&Seconds of silence",
        f"s, {SHORTEST_S} to {LONGEST_S}",
        "What the fuse is lit with, unless its dialog says otherwise",
    ),
    NumberField(
        "distance",
        "&Distance of the stop",
        "",
        "How far from the mark price a mending stop is put",
    ),
    NumberField(
        "bracket_loss_ticks",
        "Exit at a &loss",
        "ticks",
        "How far from the next order's price its stop lies",
    ),
    NumberField(
        "bracket_profit_ticks",
        "Exit at a &profit",
        "ticks",
        "How far from the next order's price its target lies",
    ),
    NumberField(
        "gap_ticks",
        "&Warn when last and mark differ by",
        "ticks",
        "Stops by one price and a chart of the other: more than this is said",
    ),
    NumberField(
        "hold_ms",
        "&Hold back before sending",
        f"ms, 0 to {LONGEST_HOLD_MS}",
        "The ladder's orders and moves wait so long; Esc or the same key drops them",
    ),
)


@final
@dataclass(frozen=True, slots=True)
class TradingView:
    """What is shown: the choices that hold, and of each field what is typed and what is wrong.

    ``typed`` and ``problems`` are in the order of ``NUMBERS``. ``stops_note`` says why the fate of
    stops is no choice here, empty when it is one.
    """

    choices: TradingChoices
    unit: DistanceUnit
    typed: tuple[str, ...]
    problems: tuple[str, ...]
    stops_note: str


@final
class TradingPageViewModel(ViewModel):
    """Takes choices over one by one: a chosen one at once, a typed one when it is committed.

    ``take`` lets choices hold and stores them. A typed number that cannot be used is told and
    changes nothing.
    """

    def __init__(
        self,
        choices: TradingChoices,
        take: Callable[[TradingChoices], None],
        frame: FrameClock,
        *,
        stops_note: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._choices = choices
        self._take = take
        self._stops_note = stops_note
        self._unit = choices.distance.unit
        self._typed: dict[str, str] = {}
        self._problems: dict[str, str] = {}
        self.view = self._build()

    def show(self, choices: TradingChoices) -> None:
        """Begin anew with what holds; what was typed and not committed is forgotten."""
        self._choices = choices
        self._unit = choices.distance.unit
        self.forget()

    def forget(self) -> None:
        """Forget what was typed and not committed: Esc changes nothing."""
        self._typed.clear()
        self._problems.clear()
        self._unit = self._choices.distance.unit
        self.mark_dirty()

    # Choosing --------------------------------------------------------------------------------

    def choose_kill(self, kind: ClearingKind) -> None:
        """What one press of the kill switch takes away."""
        self._hold(replace(self._choices, kill=kind))

    def choose_stops(self, fate: StopsFate) -> None:
        """What the user has seen the exchange's timer do to waiting stops."""
        if not self._stops_note:
            self._hold(replace(self._choices, fuse_stops=fate))

    def choose_reference(self, reference: StopReference) -> None:
        """By which price stops trigger."""
        self._hold(replace(self._choices, reference=reference))

    def choose_unit(self, unit: DistanceUnit) -> None:
        """In what the stop's distance is measured; its number must make sense in it."""
        self._unit = unit
        self._typed.setdefault("distance", plain(self._choices.distance.value))
        self.commit("distance")

    def choose_other(self, button: OtherButton) -> None:
        """What the right button sends in the ladder's trading columns."""
        self._hold(replace(self._choices, other_button=button))

    def set_on_release(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Whether a click sends when the button is let go."""
        self._hold(replace(self._choices, acts_on_release=is_set))

    def set_at_start(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Whether the fuse is lit at every start."""
        self._hold(replace(self._choices, fuse_at_start=is_set))

    def set_disarms(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Whether the ladder disarms when another window gets the focus."""
        self._hold(replace(self._choices, disarms_on_focus_loss=is_set))

    def set_infers(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Whether the place says if a limit or a stop is meant."""
        self._hold(replace(self._choices, infers_type=is_set))

    # Typing ----------------------------------------------------------------------------------

    def set_text(self, name: str, typed: str) -> None:
        """A field as it is typed; nothing holds before it is committed."""
        self._typed[name] = typed
        self._problems.pop(name, None)
        self.mark_dirty()

    def commit(self, name: str) -> None:
        """Let a typed number hold, or say why it cannot."""
        if name not in self._typed:
            return
        value, problem = _read(name, self._typed[name].strip(), self._unit)
        if value is None:
            self._problems[name] = problem
            self.mark_dirty()
            return
        del self._typed[name]
        self._problems.pop(name, None)
        if name == "distance":
            self._hold(replace(self._choices, distance=StopDistance(self._unit, value)))
        else:
            self._hold(_with_number(self._choices, name, int(value)))

    def _hold(self, choices: TradingChoices) -> None:
        if choices != self._choices:
            self._choices = choices
            self._take(choices)
        self.mark_dirty()

    # Showing ---------------------------------------------------------------------------------

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> TradingView:
        return TradingView(
            self._choices,
            self._unit,
            tuple(self._typed.get(n.name, _shown(self._choices, n.name)) for n in NUMBERS),
            tuple(self._problems.get(n.name, "") for n in NUMBERS),
            self._stops_note,
        )


def _shown(choices: TradingChoices, name: str) -> str:
    if name == "distance":
        return plain(choices.distance.value)
    return str(getattr(choices, name))


def _with_number(choices: TradingChoices, name: str, value: int) -> TradingChoices:
    match name:
        case "fuse_timeout_s":
            return replace(choices, fuse_timeout_s=value)
        case "bracket_loss_ticks":
            return replace(choices, bracket_loss_ticks=value)
        case "bracket_profit_ticks":
            return replace(choices, bracket_profit_ticks=value)
        case "hold_ms":
            return replace(choices, hold_ms=value)
        case _:
            return replace(choices, gap_ticks=value)


_BOUNDS = {"fuse_timeout_s": (SHORTEST_S, LONGEST_S), "hold_ms": (0, LONGEST_HOLD_MS)}


def _read(name: str, typed: str, unit: DistanceUnit) -> tuple[Decimal | None, str]:
    """A typed number, or None and what would be one."""
    is_share = name == "distance" and unit is not DistanceUnit.TICKS
    try:
        value = Decimal(typed) if typed.isascii() and "_" not in typed else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if is_share:
        is_good = value.is_finite() and 0 < value < 100
        return (value, "") if is_good else (None, "More than 0 and less than 100 percent.")
    low, high = _BOUNDS.get(name, (1, MOST_TICKS))
    if value.is_finite() and low <= value <= high and value == int(value):
        return Decimal(int(value)), ""
    return None, f"A whole number from {low} to {high}."
