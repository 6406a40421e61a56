"""All ladders of a window: who is armed on what, disarming all, and which one a hand used last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from terminal.domain.events import PositionSide
    from terminal.domain.units import Symbol
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_trading import ArmedBy

FIRST = "ladder"
"""The name of the ladder that is always there."""
MOST = 8
"""So many ladders at most, the first included."""


def ladder_name(number: int) -> str:
    """What ladder 1 to ``MOST`` is called in layouts and settings."""
    return FIRST if number == 1 else f"{FIRST}-{number}"


NAMES = tuple(ladder_name(number) for number in range(1, MOST + 1))


def ladder_number(name: str) -> int:
    """1 to ``MOST``, 0 for what is no ladder's name."""
    return NAMES.index(name) + 1 if name in NAMES else 0


@final
class LadderGroup(QObject):
    """The ladders by name. Each is armed by itself; what disarms by rule disarms all of them.

    ``changed`` is emitted when one of them shows something else, has come or gone.
    """

    changed = Signal()

    def __init__(self, first: LadderViewModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ladders: dict[str, LadderViewModel] = {}
        self._active = FIRST
        self.add(FIRST, first)

    @property
    def all(self) -> dict[str, LadderViewModel]:
        """Every ladder by its name, the first one first."""
        return dict(self._ladders)

    @property
    def first(self) -> LadderViewModel:
        """The ladder that is always there."""
        return self._ladders[FIRST]

    @property
    def active(self) -> LadderViewModel:
        """The ladder that had the focus last: menus act on it."""
        return self._ladders[self._active]

    @property
    def free_name(self) -> str:
        """The name of the next ladder; empty while there are ``MOST``."""
        return next((name for name in NAMES if name not in self._ladders), "")

    def add(self, name: str, ladder: LadderViewModel) -> None:
        """One more ladder."""
        self._ladders[name] = ladder
        ladder.speaks = partial(self._speaks, name)
        ladder.changed.connect(self.changed)
        self.changed.emit()

    def remove(self, name: str) -> LadderViewModel:
        """A ladder is closed for good: it is disarmed and no longer among them. Not the first."""
        ladder = self._ladders.pop(name)
        ladder.disarm("the ladder was closed.")
        ladder.changed.disconnect(self.changed)
        if self._active == name:
            self._active = FIRST
        self.changed.emit()
        return ladder

    def activate(self, name: str) -> None:
        """A hand is in this ladder."""
        if name in self._ladders:
            self._active = name

    def _speaks(self, name: str) -> bool:
        """Of the ladders of one contract the one used last tells what none of them asked for."""
        if name not in self._ladders:
            return False  # it is being closed
        contract = self._ladders[name].trading.contract
        showing = [one for one, it in self._ladders.items() if it.trading.contract is contract]
        return name == (self._active if self._active in showing else showing[0])

    def disarm(self, because: str) -> None:
        """Disarm both hands of all ladders."""
        for ladder in self._ladders.values():
            ladder.disarm(because)
        self.changed.emit()

    def is_armed_on(self, symbol: Symbol) -> bool:
        """Whether any ladder is armed, by either hand, on a contract."""
        return any(ladder.is_armed_on(symbol) for ladder in self._ladders.values())

    def armed_on(self, hand: ArmedBy) -> str:
        """The contracts on which a hand is armed, those of further ladders with their number."""
        return ", ".join(
            str(ladder.trading.contract.symbol)
            if name == FIRST
            else f"{ladder_number(name)}: {ladder.trading.contract.symbol}"
            for name, ladder in self._ladders.items()
            if hand in ladder.trading.armed and ladder.trading.contract is not None
        )

    def show(self, symbol: Symbol, lane: PositionSide | None) -> None:
        """Show a contract, in hedge mode a lane of it, in the ladder that was used last."""
        ladder = self.active
        ladder.choose_contract(str(symbol))
        if lane is not None:
            ladder.take_lane(lane)
