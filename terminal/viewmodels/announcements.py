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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.units import Symbol
    from terminal.session.notices import Notice, NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ladder import LadderViewModel

MOST_AT_ONCE = 3
"""So many sentences are said in one go; of more only how many they are."""
FRESH = "The ladder is live again."


@final
class AnnouncementsViewModel(ViewModel):
    """``announced`` carries words and whether they interrupt what is being read."""

    announced = Signal(str, bool)

    def __init__(
        self,
        desk: OrderDesk,
        notices: NoticeBoard,
        ladder: LadderViewModel,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._desk = desk
        self._notices = notices
        self._ladder = ladder
        self._contracts = contracts
        self._waiting: list[str] = []
        self._is_urgent = False
        self._armed = (False, False)
        self._stale: str | None = None

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_fill.add(self._on_fill), self._notices.on_posted.add(self._on_posted)
        )
        self._ladder.changed.connect(self._on_ladder)

    @override
    def stop(self) -> None:
        if self._is_running:
            self._ladder.changed.disconnect(self._on_ladder)
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

    def _on_ladder(self) -> None:
        view = self._ladder.view
        before, armed = self._armed, (view.is_keyboard_armed, view.is_mouse_armed)
        self._armed = armed
        for name, was, now in zip(("Keyboard", "Mouse"), before, armed, strict=True):
            if was is not now:
                because = view.message.text if view.message and not now else ""
                words = f"{name} trading is {'armed' if now else 'off'}. {because}".strip()
                self._say(words, is_urgent=True)
        self._on_stale(view.stale)

    def _on_stale(self, stale: str | None) -> None:
        """That it is out of date; its growing age is not said again and again."""
        was, self._stale = self._stale, stale
        if (was is None) is not (stale is None):
            self._say(FRESH if stale is None else f"Out of date: {stale}", is_urgent=True)

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
