"""The commands of a desk: what each does is in a module of its own, and knows the desk only."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.batches import Batching
from terminal.session.cancels import Canceling
from terminal.session.closing import Closing
from terminal.session.flatten import Flattening
from terminal.session.moves import Moving
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
        self.placing = Placing(desk, resolution)
        self.canceling = Canceling(desk)
        self.batches = Batching(desk, self.placing, self.canceling)
        self.sweeping = Sweeping(desk, self.batches)
        self.moving = Moving(desk)
        self.flattening = Flattening(desk)
        self.reversing = Reversing(desk, self.flattening)
        self.closing = Closing(desk)
