"""A book kept by the recipe of reference 5.8 from frames and snapshots, as a stranger would."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.market.market import Market


@final
class BookKeeper:
    """``ask_snapshot`` is called whenever the recipe asks for one; it may be older than frames."""

    def __init__(self, ask_snapshot: Callable[[], dict[str, Any]]) -> None:
        self._ask_snapshot = ask_snapshot
        self._buffer: list[dict[str, Any]] = []
        self.is_live = False
        self.last = -1
        self.sides: dict[str, dict[Decimal, int]] = {"buy": {}, "sell": {}}

    def frame(self, data: dict[str, Any]) -> None:
        """Take the data of a level2 frame (steps 1 and 6)."""
        if not self.is_live:
            self._buffer.append(data)
            self.calibrate()
        elif data["sequence"] == self.last + 1:
            self._apply(data)
        elif data["sequence"] > self.last + 1:
            self.is_live = False
            self._buffer = [data]
            self.calibrate()

    def calibrate(self) -> None:
        """Steps 2 to 5; stays as it was when the snapshot is older than the buffer."""
        snapshot = self._ask_snapshot()
        sequence = snapshot["sequence"]
        rest = [data for data in self._buffer if data["sequence"] > sequence]
        if rest and rest[0]["sequence"] != sequence + 1:
            return
        for side, name in (("buy", "bids"), ("sell", "asks")):
            self.sides[side] = {Decimal(str(price)): lots for price, lots in snapshot[name]}
        self.last, self.is_live = sequence, True
        self._buffer = []
        for data in rest:
            self.frame(data)

    def _apply(self, data: dict[str, Any]) -> None:
        price, side, lots = data["change"].split(",")
        if int(lots):
            self.sides[side][Decimal(price)] = int(lots)
        else:
            self.sides[side].pop(Decimal(price), None)
        self.last = data["sequence"]

    def levels(self, side: str) -> list[tuple[Decimal, int]]:
        """Price and lots, best first."""
        return sorted(self.sides[side].items(), reverse=side == "buy")

    def assert_is_book_of(self, market: Market) -> None:
        """Every level of both sides is the exchange's own, and there are no others."""
        assert self.is_live
        assert self.last == market.book.sequence
        for side in ("buy", "sell"):
            own = [(market.spec.price(at), lots) for at, lots in market.book.levels(side)]
            assert self.levels(side) == own
