"""What B and S mean at the cursor before they are pressed: the staged line of an armed ladder.

What is shown and what is sent come from here both. A stop is only sent by a key of limits where the
line has said so: what the place means now and what it meant when it was shown must be the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.events import StopDirection
from terminal.domain.lanes import lane_words
from terminal.domain.triggers import words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_places import Kind, kind_at, side_at
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.events import StopReference
    from terminal.domain.units import Price
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_places import LadderPlaces
    from terminal.viewmodels.ladder_trading import LadderTrading


@final
class _Shown(NamedTuple):
    """What the line said last: at which row of which grouping, and each side's kind."""

    row: int
    step: int
    kinds: dict[Side, Kind]


@final
class LadderStaging:
    """The meaning of the cursor's row for one ladder's keys.

    ``places`` tells what a place means, ``reference`` what stops watch, None where this ladder has
    none.
    """

    def __init__(
        self,
        trading: LadderTrading,
        desk: OrderDesk,
        places: LadderPlaces,
    ) -> None:
        self.reference: Callable[[], StopReference] | None = None
        self._trading = trading
        self._desk = desk
        self._places = places
        self._shown: _Shown | None = None

    # Showing ---------------------------------------------------------------------------------

    def forget(self) -> None:
        """Nothing is shown at the cursor now."""
        self._shown = None

    def preview(self, row: int | None, step: int) -> StagedOrder | None:
        """What the staged line at the cursor says; None where there is nothing to say."""
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if contract is None or row is None or touch is None:
            self._shown = None
            return None
        prices = {side: price_for_side(row, step, side) for side in Side}
        if min(prices.values()) <= 0:
            self._shown = None
            return None
        facts = self._places.facts(contract, touch)
        kinds = {side: kind_at(side, prices[side], facts) for side in Side}
        self._shown = _Shown(row, step, kinds)
        side = side_at(row, step, touch)
        if side is None:
            return StagedOrder(
                None,
                prices[Side.BUY],
                f"buy or sell {text.whole(self._trading.sizes.current)} limit",
                None,
                self._label(None),
            )
        other = side.opposite
        return StagedOrder(
            side,
            prices[side],
            kinds[side].value,
            self._trading.sizes.current,
            self._label(side),
            other=self._stop_words(other, kinds[other], prices[other], contract)
            if kinds[other].is_stop
            else "",
        )

    def _label(self, side: Side | None) -> str:
        """What goes with the order: post-only, reduce-only, exits, and the lane of hedge mode."""
        trading = self._trading
        reduces = trading.is_reduce_only if side is None else trading.is_exit(side)
        has_exits = trading.bracket is not None and not reduces
        lane = lane_words(trading.lane)
        parts = (
            "post-only" if trading.is_post_only else "",
            "reduce-only" if reduces else "",
            "with exits" if has_exits else "",
            f"({lane})" if lane else "",
        )
        return " ".join(part for part in parts if part)

    def _stop_words(self, side: Side, kind: Kind, price: Price, contract: Contract) -> str:
        key = "B" if side is Side.BUY else "S"
        way = StopDirection.UP if side is Side.BUY else StopDirection.DOWN
        lots = text.whole(self._trading.sizes.current)
        trigger = ""
        if self.reference is not None:
            trigger = f" {words(way, self.reference(), text.price(price, contract))}"
        return f"{key}: {side.value} {lots} {kind.value}{trigger}"

    # Sending ---------------------------------------------------------------------------------

    def kind_to_send(self, side: Side, row: int | None, step: int) -> Kind | None:
        """What a key sends at the cursor now; None after saying why it sends nothing.

        That is the case where the place means another kind than the line said when the key was
        pressed, and where it would be a stop that no line has announced.
        """
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        is_armed = ArmedBy.KEYBOARD in self._trading.armed
        if contract is None or row is None or touch is None or not is_armed:
            return Kind.LIMIT  # which says why it is not sent
        now = kind_at(side, price_for_side(row, step, side), self._places.facts(contract, touch))
        shown, before = self._shown, Kind.LIMIT
        if shown is not None and (shown.row, shown.step) == (row, step):
            before = shown.kinds[side]
        if now is before:
            return now
        self._trading.say(
            f"Nothing was sent: here {side.value} means a {now.value} now, and the line did not "
            "say so yet. It does now: press again if you mean it.",
            Role.CAUTION,
        )
        return None
