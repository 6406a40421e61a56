"""What the tape's panel draws, and how a burst becomes a row of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.clock import to_ms
from terminal.domain.tape import TapeHole
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.tape import Burst, TapeSpeed
    from terminal.viewmodels.tape_options import LargeRule

HOLE_WORDS = "Trades were missed here"
_ARROWS = {
    Side.BUY: "\N{BLACK UP-POINTING TRIANGLE}",
    Side.SELL: "\N{BLACK DOWN-POINTING TRIANGLE}",
}
_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}
_TIMES = "\N{MULTIPLICATION SIGN}"


@final
class TapeRow(NamedTuple):
    """One line in texts. The arrow says what the colour says; a large burst has two.

    ``trades`` is empty for a single trade. A hole has ``hole`` words and nothing else.
    """

    number: int
    time: str = ""
    arrow: str = ""
    price: str = ""
    lots: str = ""
    trades: str = ""
    role: Role = Role.TEXT_DIM
    is_large: bool = False
    hole: str = ""


@final
class TapeMeter(NamedTuple):
    """The speed: words, how full the meter is and how much of that was bought, both 0 to 1."""

    words: str = ""
    full: float = 0.0
    bought: float = 0.0


@final
class TapeView(NamedTuple):
    """All that is drawn, the newest row first.

    ``note`` says why the rows stand still and how many wait, empty while they follow; ``stale`` why
    they cannot be trusted; ``waiting`` stands in place of rows.
    """

    rows: tuple[TapeRow, ...] = ()
    note: str = ""
    meter: TapeMeter = TapeMeter()
    stale: str | None = None
    waiting: str = ""


@final
class TapeWriter:
    """Makes rows of one contract; what is shown again is not made again."""

    def __init__(self, contract: Contract, most: int = 2_000) -> None:
        self._contract = contract
        self._most = most
        self._made: dict[int, tuple[Burst, TapeRow]] = {}
        self._large: LargeRule | None = None
        self._prices: dict[int, str] = {}
        self._second = -1
        self._time = ""

    def row(self, of: Burst | TapeHole, large: LargeRule) -> TapeRow:
        """The row of a burst or hole, marked where it is large."""
        if isinstance(of, TapeHole):
            return TapeRow(of.number, hole=HOLE_WORDS)
        if large != self._large:
            self._large = large
            self._made.clear()
        known = self._made.get(of.number)
        if known is not None and known[0] is of:
            return known[1]
        is_large = large.holds(of, self._contract)
        arrow = _ARROWS[of.taker]
        made = TapeRow(
            of.number,
            self._time_of(of),
            arrow * 2 if is_large else arrow,
            self._price(of.last),
            text.whole(of.lots),
            f"{_TIMES}{text.whole(of.trades)}" if of.trades > 1 else "",
            _ROLES[of.taker],
            is_large,
        )
        if len(self._made) >= self._most:
            self._made.clear()
        self._made[of.number] = (of, made)
        return made

    def _price(self, ticks: int) -> str:
        known = self._prices.get(ticks)
        if known is None:
            if len(self._prices) >= self._most:
                self._prices.clear()
            scale = self._contract.scale
            known = text.number(scale.tick_size * ticks, scale.decimals)
            self._prices[ticks] = known
        return known

    def _time_of(self, of: Burst) -> str:
        second = of.ended_at // 1_000_000_000
        if second != self._second:
            self._second, self._time = second, text.clock_time(to_ms(of.ended_at))
        return self._time

    def tooltip(self, of: Burst | TapeHole) -> str:
        """Everything exact: times to the millisecond, first and last price, trades and lots."""
        if isinstance(of, TapeHole):
            return f"{HOLE_WORDS}: the stream was away or could not be read."
        taker = "Buyers took" if of.taker is Side.BUY else "Sellers took"
        began, ended = (text.exact_time(to_ms(at)) for at in (of.began_at, of.ended_at))
        lots = f"{taker} {text.whole(of.lots)} lots"
        if of.trades == 1:
            return f"{began}\n{lots} at {self._price(of.last)}"
        prices = f"from {self._price(of.first)} to {self._price(of.last)}"
        if of.first == of.last:
            prices = f"at {self._price(of.last)}"
        return f"{began}\nto {ended}\n{lots} in {text.whole(of.trades)} trades {prices}"


def meter_of(speed: TapeSpeed, most_lots: int) -> TapeMeter:
    """The meter; full at ``most_lots``, which a window as long brought lately."""
    lots = speed.bought + speed.sold
    trades = text.number(speed.trades_per_s, 1)
    words = f"{trades} trades/s  {text.number(speed.lots_per_s, 0)} lots/s"
    if not lots:
        return TapeMeter(words)
    share = speed.bought / lots
    return TapeMeter(
        f"{words}  {_ARROWS[Side.BUY]} {round(100 * share)} %",
        min(1.0, lots / max(1, most_lots)),
        share,
    )
