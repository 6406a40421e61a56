"""What must reach somebody who does not look: fills, refusals, disarming, data out of date.

It is said once a frame at most, and in sentences that the panels show, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.units import Side
from terminal.session.notices import NoticeLevel
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ladder_group import FIRST, ladder_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.units import Symbol
    from terminal.session.notices import Notice, NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.ladder_group import LadderGroup

    _Armed: TypeAlias = tuple[bool, bool]
    """Whether a ladder is armed by keyboard and by mouse."""

MOST_AT_ONCE = 3
"""So many sentences are said in one go; of more only how many they are."""
FRESH = "The ladder is live again."
_NOT_ARMED = (False, False)


@final
class AnnouncementsViewModel(ViewModel):
    """``announced`` carries words and whether they interrupt what is being read."""

    announced = Signal(str, bool)

    def __init__(
        self,
        desk: OrderDesk,
        notices: NoticeBoard,
        ladders: LadderGroup,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._desk = desk
        self._notices = notices
        self._ladders = ladders
        self._contracts = contracts
        self._waiting: list[str] = []
        self._is_urgent = False
        self._armed: dict[str, _Armed] = {}
        self._stale: dict[str, str] = {}

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_fill.add(self._on_fill), self._notices.on_posted.add(self._on_posted)
        )
        self._ladders.changed.connect(self._on_ladders)

    @override
    def stop(self) -> None:
        if self._is_running:
            self._ladders.changed.disconnect(self._on_ladders)
        super().stop()

    def _say(self, words: str, *, is_urgent: bool) -> None:
        self._waiting.append(words.replace(text.THIN_SPACE, " "))
        self._is_urgent |= is_urgent
        self.mark_dirty()

    def _on_fill(self, fill: Fill) -> None:
        contract = self._contracts.get(fill.symbol)
        price = str(fill.price) if contract is None else text.price(fill.price, contract)
        what = "Bought" if fill.side is Side.BUY else "Sold"
        self._say(f"{what} {text.whole(fill.lots)} {fill.symbol} at {price}.", is_urgent=False)

    def _on_posted(self, notice: Notice) -> None:
        """Refusals, lost connections and what the exchange takes away come as warnings."""
        if notice.level is not NoticeLevel.INFO:
            symbol = "" if notice.symbol is None else f"{notice.symbol}: "
            self._say(f"{symbol}{notice.text}", is_urgent=True)

    def _on_ladders(self) -> None:
        """Whatever one of them shows anew; one that has gone is disarmed, which is said, too."""
        ladders = self._ladders.all
        before = self._armed
        self._armed = {name: self._look(name, one, before) for name, one in ladders.items()}
        for name in before.keys() - ladders.keys():
            if any(before[name]):
                self._say(f"{_named(name)}Closed and disarmed.", is_urgent=True)
        self._say_stale(
            {one.view.symbol: one.view.stale for one in ladders.values() if one.view.stale}
        )

    def _look(self, name: str, ladder: LadderViewModel, known: Mapping[str, _Armed]) -> _Armed:
        view, before = ladder.view, known.get(name, _NOT_ARMED)
        armed = (view.is_keyboard_armed, view.is_mouse_armed)
        for hand, was, now in zip(("Keyboard", "Mouse"), before, armed, strict=True):
            if was is not now:
                because = view.message.text if view.message and not now else ""
                words = f"{_named(name)}{hand} trading is {'armed' if now else 'off'}. {because}"
                self._say(words.strip(), is_urgent=True)
        return armed

    def _say_stale(self, now: dict[str, str]) -> None:
        """That a contract is out of date, once for all its ladders; its growing age is not said."""
        was, self._stale = self._stale, now
        is_one = len(self._ladders.all) == 1
        for symbol in was.keys() ^ now.keys():
            words = f"Out of date: {now[symbol]}" if symbol in now else FRESH
            self._say(words if is_one else f"{symbol}: {words}", is_urgent=True)

    @override
    def refresh(self) -> bool:
        waiting, self._waiting = list(dict.fromkeys(self._waiting)), []
        is_urgent, self._is_urgent = self._is_urgent, False
        if not waiting:
            return False
        more = len(waiting) - MOST_AT_ONCE
        words = [*waiting[:MOST_AT_ONCE], *([f"And {more} more."] if more > 0 else [])]
        self.announced.emit(" ".join(words), is_urgent)
        return True


def _named(name: str) -> str:
    """Which ladder is meant; the first one is *the* ladder, as long as nothing else is said."""
    return "" if name == FIRST else f"Ladder {ladder_number(name)}: "
