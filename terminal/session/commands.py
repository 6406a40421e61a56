"""The commands of a desk: what each does is in a module of its own, and knows the desk only."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.batches import Batching
from terminal.session.cancels import Canceling
from terminal.session.closing import Closing
from terminal.session.flatten import Flattening
from terminal.session.moves import Moving
from terminal.session.place_first import PlaceFirst
from terminal.session.placing import Placing
from terminal.session.reverse import Reversing
from terminal.session.sweeps import Sweeping

if TYPE_CHECKING:
    from terminal.session.desk import Desk
    from terminal.session.resolution import Resolution


@final
class Commands:
    """Built once for each desk; they share nothing but it."""

    def __init__(self, desk: Desk, resolution: Resolution) -> None:
        self._desk = desk
        self.placing = Placing(desk, resolution)
        self.canceling = Canceling(desk)
        self.batches = Batching(desk, self.placing, self.canceling)
        self.sweeping = Sweeping(desk, self.batches)
        self.place_first = PlaceFirst(desk)
        self.moving = Moving(desk, self.place_first)
        self.flattening = Flattening(desk)
        self.reversing = Reversing(desk, self.flattening)
        self.closing = Closing(desk)

    def under_way(self) -> tuple[str, ...]:
        """What procedures of many steps are doing now, one sentence each."""
        desk = self._desk
        symbols = {order.symbol for order in desk.orders.values()}
        symbols |= {position.symbol for position in desk.account.positions()}
        words: list[str] = []
        for symbol in sorted(symbols):
            if self.reversing.is_running(symbol):
                words.append(f"{symbol} is being reversed.")
            elif self.flattening.is_running(symbol):
                words.append(f"{symbol} is being flattened.")
            if self.moving.is_running(symbol):
                words.append(f"An order of {symbol} is being moved.")
        words.extend(f"The {name} are being canceled." for name in self.sweeping.under_way)
        return tuple(words)
