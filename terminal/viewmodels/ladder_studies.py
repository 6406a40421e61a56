"""What a ladder asks of whoever counts trades and watches queues: one small protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.guard import Touch
    from terminal.domain.units import Price
    from terminal.viewmodels.ladder_style import RowStyle


@final
class RowStudy(NamedTuple):
    """What is known of one row, in lots. Changes are signed: what was added less what was pulled.

    ``volume_sold`` is the part of ``volume`` that sellers took. ``bid_trades`` are sales into the
    bid, ``ask_trades`` purchases at the ask. Queue texts belong to own orders on the row, ``note``
    is the user's.
    """

    volume: int = 0
    bid_trades: int = 0
    ask_trades: int = 0
    bid_change: int = 0
    ask_change: int = 0
    bid_queue: tuple[str, ...] = ()
    ask_queue: tuple[str, ...] = ()
    note: str = ""
    volume_sold: int = 0


NO_STUDY = RowStudy()


class RowStudies(Protocol):
    """Knows the studies of one contract, for one ladder.

    ``look`` is called once per frame, then ``row`` once per row of it: answers must be cheap.
    ``close`` is called once, when the ladder shows another contract or ends.
    """

    def look(self, indices: Sequence[int], step: int, touch: Touch, style: RowStyle) -> None:
        """Read what is true now for rows from the top down, as far as the style shows it."""
        ...

    def row(self, low: Price, high: Price) -> RowStudy:
        """What lies within the ticks of a row that was looked at, both inclusive."""
        ...

    def close(self) -> None:
        """It is not looked at any more."""
        ...
