"""The texts of the chart's readout and crosshair: one candle in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.candles import CandleInterval
from terminal.domain.units import Price, Side
from terminal.viewmodels import text
from terminal.viewmodels.chart_axis import MONTHS
from terminal.viewmodels.chart_view import PRICE_PANE, VOLUME_PANE, Crosshair, Figure
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.contract import Contract
    from terminal.viewmodels.chart_axis import TimeScale
    from terminal.viewmodels.chart_columns import CandleValues, ChartColumns
    from terminal.viewmodels.chart_view import FillMark

_SIDE_WORDS = {Side.BUY: "▲ Bought", Side.SELL: "▼ Sold"}
_SIDE_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}


def slot_time(slot: int, scale: TimeScale) -> str:
    """When a slot begins: date and time in the user's zone, days and weeks by their UTC date."""
    at = scale.start_of(slot)
    date = f"{at.day} {MONTHS[at.month - 1]} {at.year}"
    if scale.interval.ms >= CandleInterval.D1.ms:
        return f"{date} UTC"
    return f"{date} {at:%H:%M}"


@final
class Cursor(NamedTuple):
    """Where the pointer is: over a slot, at a value of a pane's axis."""

    slot: int
    pane: str
    value: float


def crosshair(cursor: Cursor, contract: Contract, scale: TimeScale) -> Crosshair:
    """The cursor with its texts. In the price pane it lies on a tick: it reads what it shows."""
    slot, pane, value = cursor
    value_text = ""
    if pane == PRICE_PANE:
        value = round(value)
        value_text = text.price(Price(int(value)), contract)
    elif pane == VOLUME_PANE:
        value_text = text.whole(max(0, round(value)))
    return Crosshair(slot + 0.5, pane, value, slot_time(slot, scale), value_text)


def readout(
    slot: int,
    columns: ChartColumns,
    fills: Iterable[FillMark],
    contract: Contract,
    scale: TimeScale,
) -> tuple[Figure, ...]:
    """One candle's figures; of a hole, its time and that nothing traded.

    Of time that is not loaded or yet to come nothing is known, and nothing is said but the time.
    """
    time = Figure("", slot_time(slot, scale), Role.TEXT_DIM)
    index = columns.index_of(slot)
    if index is None:
        is_hole = len(columns) > 0 and columns.slots[0] < slot < columns.slots[-1]
        return (time, Figure("", "No trade in this time.", Role.TEXT_DIM)) if is_hole else (time,)
    values = columns.values(index)
    role = Role.TEXT
    if values.close != values.open:
        role = Role.BUY if values.close > values.open else Role.SELL
    prices = (("O", values.open), ("H", values.high), ("L", values.low), ("C", values.close))
    return (
        time,
        *(
            Figure(
                label, text.price(Price(int(price)), contract), role if label == "C" else Role.TEXT
            )
            for label, price in prices
        ),
        Figure("", change_text(values), role),
        Figure("Vol", f"{text.whole(int(values.lots))} lots"),
        *(
            Figure(_SIDE_WORDS[mark.side], text.whole(mark.lots), _SIDE_ROLES[mark.side])
            for mark in fills
            if mark.slot == slot
        ),
    )


def change_text(values: CandleValues) -> str:
    """From open to close in percent; a dash where the open is no price to divide by."""
    opened, closed = Decimal(int(values.open)), Decimal(int(values.close))
    if opened <= 0:
        return text.EMPTY
    return f"{text.signed((closed - opened) * 100 / opened, 2)}{text.THIN_SPACE}%"
