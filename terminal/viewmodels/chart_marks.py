"""Own orders, the position and the last price as lines of the chart; own fills as marks on it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from terminal.domain.candles import CandleInterval
from terminal.domain.clock import to_ms
from terminal.domain.position import unrealized
from terminal.domain.units import Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.chart_view import FillMark, LineKind, LineStyle, PriceLine
from terminal.viewmodels.ladder_rows import own_marks
from terminal.viewmodels.ladder_view import OwnState
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.order import Order
    from terminal.domain.position import PositionCore
    from terminal.domain.units import ExactPrice
    from terminal.viewmodels.chart_columns import CandleValues
    from terminal.viewmodels.ladder_view import OwnMark

_SIDE_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}
_SIDE_WORDS = {Side.BUY: "▲ Buy", Side.SELL: "▼ Sell"}
_STATES: dict[OwnState, tuple[LineStyle, str]] = {
    OwnState.WORKING: (LineStyle.DASHED, ""),
    OwnState.PARTLY: (LineStyle.DASHED, "partly filled"),
    OwnState.PENDING: (LineStyle.DOTTED, "sending"),
    OwnState.CANCELING: (LineStyle.DOTTED, "canceling"),
    OwnState.UNKNOWN: (LineStyle.DOTTED, "unknown ?"),
    OwnState.UNTRIGGERED: (LineStyle.DASH_DOTTED, "stop"),
}
_DAY_HOURS = 24
_UNSURE = frozenset({OwnState.PENDING, OwnState.UNKNOWN})


def order_lines(orders: Iterable[Order], contract: Contract) -> tuple[PriceLine, ...]:
    """One line for each price and side with working orders, highest price first."""
    groups = own_marks(orders, 1)
    highest_first = sorted(groups, key=lambda place: (-place[0], place[1].value))
    return tuple(
        _order_line(Price(price), side, groups[price, side], contract)
        for price, side in highest_first
    )


def _order_line(price: Price, side: Side, mark: OwnMark, contract: Contract) -> PriceLine:
    style, words = _STATES[mark.state]
    role = Role.CAUTION if mark.state in _UNSURE else _SIDE_ROLES[side]
    # Several orders on one price read "2: 7", as in the ladder.
    label = f"{_SIDE_WORDS[side]} {mark.text}"
    tag = text.price(price, contract)
    return PriceLine(LineKind.ORDER, float(price), role, style, label, tag, words, Role.TEXT_DIM)


def entry_line(
    core: PositionCore, mark: ExactPrice | None, contract: Contract
) -> tuple[PriceLine, ...]:
    """The position's average entry with its lots and its profit at the mark price; none if flat."""
    if core.is_flat or core.average_entry is None:
        return ()
    gain = None if mark is None else unrealized(core, mark, contract)
    price = float(core.average_entry.value / contract.scale.tick_size)
    return (
        PriceLine(
            LineKind.ENTRY,
            price,
            Role.ACCENT,
            LineStyle.SOLID,
            f"{'Long' if core.lots > 0 else 'Short'} {text.whole(abs(core.lots))}",
            text.exact_price(core.average_entry, contract),
            "" if gain is None else text.money(gain, sign=True),
            Role.TEXT_DIM if gain is None else text.gain_role(gain),
        ),
    )


def last_line(
    live: CandleValues, contract: Contract, interval: CandleInterval, left_ms: int
) -> PriceLine:
    """The last price, with the time that the candle still has (``left_ms``) below it."""
    role = Role.TEXT_DIM
    if live.close != live.open:
        role = Role.BUY if live.close > live.open else Role.SELL
    return PriceLine(
        LineKind.LAST,
        live.close,
        role,
        LineStyle.DOTTED,
        "",
        text.price(Price(int(live.close)), contract),
        countdown(left_ms, interval),
    )


def countdown(left_ms: int, interval: CandleInterval) -> str:
    """Time until a candle ends: 0:42, 3:59:07, 5 d 07 h."""
    seconds = max(0, -(-left_ms // 1000))
    minutes, hours = seconds // 60, seconds // 3600
    if interval.ms > CandleInterval.D1.ms and hours >= _DAY_HOURS:
        return f"{hours // 24} d {hours % 24:02} h"
    if interval.ms <= CandleInterval.H1.ms and hours == 0:
        return f"{minutes}:{seconds % 60:02}"
    return f"{hours}:{minutes % 60:02}:{seconds % 60:02}"


def fill_marks(
    fills: Iterable[Fill], contract: Contract, slot_of: Callable[[int], int]
) -> tuple[FillMark, ...]:
    """Our fills of a contract, gathered by candle and side, oldest first.

    The price is the mean of the fills, weighted by lots: for drawing only.
    """
    lots: defaultdict[tuple[int, Side], int] = defaultdict(int)
    value: defaultdict[tuple[int, Side], int] = defaultdict(int)
    for fill in fills:
        if fill.symbol == contract.symbol and fill.lots > 0:
            place = (slot_of(to_ms(fill.event_at)), fill.side)
            lots[place] += fill.lots
            value[place] += fill.lots * fill.price
    places = sorted(lots, key=lambda place: (place[0], place[1].value))
    return tuple(
        FillMark(slot, value[slot, side] / lots[slot, side], side, lots[slot, side])
        for slot, side in places
    )
