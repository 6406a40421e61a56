"""What a ladder asks of whoever counts trades and watches queues: one small protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

if TYPE_CHECKING:
    from terminal.domain.units import Price


@final
class RowStudy(NamedTuple):
    """What is known of one row, in lots. Changes are signed: what was added less what was pulled.

    ``bid_trades`` are sales into the bid, ``ask_trades`` purchases at the ask. Queue texts belong
    to own orders on the row, ``note`` is the user's.
    """

    volume: int = 0
    bid_trades: int = 0
    ask_trades: int = 0
    bid_change: int = 0
    ask_change: int = 0
    bid_queue: str = ""
    ask_queue: str = ""
    note: str = ""


NO_STUDY = RowStudy()


class RowStudies(Protocol):
    """Knows the studies of one contract. Asked once per row and frame: answers must be cheap."""

    def row(self, low: Price, high: Price) -> RowStudy:
        """What lies within the ticks of a row, both inclusive."""
        ...
