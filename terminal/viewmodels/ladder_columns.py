"""The ladder's columns as data: what is shown, in which order, how wide, how large, in which unit.

A tuple of settings holds every column once, from left to right; hidden ones keep their place.
All functions are pure and answer a new tuple. Widths are pixels, shares are relative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class LadderColumn(Enum):
    """Every column a ladder can show; the values are their names in files, tests and tours."""

    NOTES = "notes"
    OWN_BID = "own_bid"
    BID_TOTAL = "bid_total"
    BID_CHANGE = "bid_change"
    BID_TRADES = "bid_trades"
    BID = "bid"
    PRICE = "price"
    ASK = "ask"
    ASK_TRADES = "ask_trades"
    ASK_CHANGE = "ask_change"
    ASK_TOTAL = "ask_total"
    IMBALANCE = "imbalance"
    VOLUME = "volume"
    PNL = "pnl"
    OWN_ASK = "own_ask"


class NumberFormat(Enum):
    """How sizes are written."""

    LOTS = "lots"
    COIN = "coin"
    VALUE = "value"
    SHORT = "short"


FONT_PERCENTS = (80, 90, 100, 115, 130, 150)
"""Font sizes on offer, in percent of the theme's."""

SHARE_BOUNDS = (4, 200)
"""Least and largest width share, inclusive."""


@final
@dataclass(frozen=True, slots=True)
class ColumnSetting:
    """One column as the user wants it. ``font_percent`` is of the theme's size."""

    column: LadderColumn
    is_shown: bool
    share: int
    font_percent: int = 100
    number_format: NumberFormat = NumberFormat.LOTS


Columns: TypeAlias = tuple[ColumnSetting, ...]


@final
class ColumnFacts(NamedTuple):
    """What is fixed about a column: its names, its least width in digits, what it can show."""

    title: str
    name: str
    digits: int
    has_sizes: bool
    needs: str = ""
    """What has to be there for the column, in words of a menu; empty for nothing."""
    short: str = ""
    """A title for where there is no room for the other."""


_STUDIES = "trades are not being counted"
FACTS: dict[LadderColumn, ColumnFacts] = {
    LadderColumn.NOTES: ColumnFacts("Notes", "Notes at a price", 7, has_sizes=False),
    LadderColumn.OWN_BID: ColumnFacts("My buys", "My buys", 5, has_sizes=False, short="My B"),
    LadderColumn.BID_TOTAL: ColumnFacts("\u03a3 bid", "Bids up to here", 5, has_sizes=True),
    LadderColumn.BID_CHANGE: ColumnFacts(
        "\u0394 bid", "Change of the bids", 4, has_sizes=True, needs=_STUDIES
    ),
    LadderColumn.BID_TRADES: ColumnFacts(
        "Sold", "Trades at the bid", 3, has_sizes=True, needs=_STUDIES, short="Sld"
    ),
    LadderColumn.BID: ColumnFacts("Bid", "Bid size", 5, has_sizes=True),
    LadderColumn.PRICE: ColumnFacts("Price", "Price", 12, has_sizes=False),
    LadderColumn.ASK: ColumnFacts("Ask", "Ask size", 5, has_sizes=True),
    LadderColumn.ASK_TRADES: ColumnFacts(
        "Bought", "Trades at the ask", 3, has_sizes=True, needs=_STUDIES, short="Bot"
    ),
    LadderColumn.ASK_CHANGE: ColumnFacts(
        "\u0394 ask", "Change of the asks", 4, has_sizes=True, needs=_STUDIES
    ),
    LadderColumn.ASK_TOTAL: ColumnFacts("\u03a3 ask", "Asks up to here", 5, has_sizes=True),
    LadderColumn.IMBALANCE: ColumnFacts("Bid %", "Share of the bids", 4, has_sizes=False),
    LadderColumn.VOLUME: ColumnFacts(
        "Volume", "Volume at price", 5, has_sizes=True, needs=_STUDIES, short="Vol"
    ),
    LadderColumn.PNL: ColumnFacts("P&L", "P&L at price", 7, has_sizes=False),
    LadderColumn.OWN_ASK: ColumnFacts("My sells", "My sells", 5, has_sizes=False, short="My S"),
}

STUDIED = frozenset(column for column, facts in FACTS.items() if facts.needs)
"""Columns that need a source of trades."""

GOES_FIRST = (
    (LadderColumn.NOTES,),
    (LadderColumn.IMBALANCE,),
    (LadderColumn.BID_TOTAL, LadderColumn.ASK_TOTAL),
    (LadderColumn.BID_CHANGE, LadderColumn.ASK_CHANGE),
    (LadderColumn.PNL,),
    (LadderColumn.VOLUME,),
    (LadderColumn.BID_TRADES, LadderColumn.ASK_TRADES),
)
"""Which columns give way, in this order, where the width is too small. The others never do.

Two sides of the same go together: of what was sold without what was bought one would read a market
that only falls.
"""

LOCKED = LadderColumn.PRICE
"""A ladder without prices is none."""

DEFAULT_COLUMNS: Columns = tuple(
    ColumnSetting(column, is_shown, share)
    for column, is_shown, share in (
        (LadderColumn.OWN_BID, True, 26),
        (LadderColumn.BID_TRADES, True, 14),
        (LadderColumn.BID, True, 16),
        (LadderColumn.PRICE, True, 29),
        (LadderColumn.ASK, True, 16),
        (LadderColumn.ASK_TRADES, True, 14),
        (LadderColumn.OWN_ASK, True, 26),
        (LadderColumn.VOLUME, True, 16),
        (LadderColumn.BID_CHANGE, False, 13),
        (LadderColumn.ASK_CHANGE, False, 13),
        (LadderColumn.BID_TOTAL, False, 16),
        (LadderColumn.ASK_TOTAL, False, 16),
        (LadderColumn.IMBALANCE, False, 12),
        (LadderColumn.PNL, False, 20),
        (LadderColumn.NOTES, False, 22),
    )
)
"""As shipped. Changes stand before totals, so that showing one puts it where traders look."""


@final
class PlacedColumn(NamedTuple):
    """A column on show: left edge and width in pixels, and how it is written."""

    column: LadderColumn
    left: int
    width: int
    font_percent: int = 100


def setting_of(columns: Columns, column: LadderColumn) -> ColumnSetting:
    """The setting of one column."""
    return next(one for one in columns if one.column is column)


def changed(columns: Columns, setting: ColumnSetting) -> Columns:
    """The columns with another setting for one of them, in its place."""
    return tuple(setting if one.column is setting.column else one for one in columns)


def shown(columns: Columns, column: LadderColumn, *, is_shown: bool) -> Columns:
    """Show or hide a column; the price stays."""
    before = setting_of(columns, column)
    return changed(columns, replace(before, is_shown=is_shown or column is LOCKED))


def moved(columns: Columns, column: LadderColumn, onto: LadderColumn) -> Columns:
    """A column put where another stands, which gives way towards the place left behind."""
    if column is onto:
        return columns
    order = [one.column for one in columns]
    target = order.index(onto)
    rest = [one for one in columns if one.column is not column]
    rest.insert(target, setting_of(columns, column))
    return tuple(rest)


def resized(columns: Columns, column: LadderColumn, share: int) -> Columns:
    """A column with another width share, within the bounds."""
    low, high = SHARE_BOUNDS
    return changed(columns, replace(setting_of(columns, column), share=min(high, max(low, share))))


def with_font(columns: Columns, column: LadderColumn, percent: int) -> Columns:
    """A column in another font size of those on offer."""
    nearest = min(FONT_PERCENTS, key=lambda one: abs(one - percent))
    return changed(columns, replace(setting_of(columns, column), font_percent=nearest))


def with_format(columns: Columns, column: LadderColumn, number_format: NumberFormat) -> Columns:
    """A column with its sizes in another unit; columns without sizes stay as they are."""
    if not FACTS[column].has_sizes:
        return columns
    return changed(columns, replace(setting_of(columns, column), number_format=number_format))


def fit(
    columns: Columns,
    width: int,
    least: Callable[[ColumnSetting], int],
    missing: Collection[LadderColumn] = (),
) -> tuple[PlacedColumn, ...]:
    """Place the columns in so many pixels, dropping by ``GOES_FIRST`` what does not fit.

    ``least`` says how many pixels a column needs; ``missing`` have no source. Widths add up to
    ``width`` exactly. Where even the last ones do not fit, all shrink alike.
    """
    kept = [one for one in columns if one.is_shown and one.column not in missing]
    for group in GOES_FIRST:
        if sum(least(one) for one in kept) <= width:
            break
        kept = [one for one in kept if one.column not in group]
    floors = [least(one) for one in kept]
    spare = width - sum(floors)
    if spare < 0:
        floors, spare = [0] * len(kept), width
        weights = [least(one) for one in kept]
    else:
        weights = _wants(kept, floors, width)
    return _placed(kept, floors, weights, spare)


def _wants(kept: list[ColumnSetting], floors: list[int], width: int) -> list[int]:
    """How the spare pixels are shared: to those below their share of the whole first."""
    total = sum(one.share for one in kept) or 1
    wants = [
        max(0, width * one.share // total - floor) for one, floor in zip(kept, floors, strict=True)
    ]
    return wants if any(wants) else [1] * len(kept)


def _placed(
    kept: list[ColumnSetting], floors: list[int], weights: list[int], spare: int
) -> tuple[PlacedColumn, ...]:
    total = sum(weights) or 1
    placed: list[PlacedColumn] = []
    left = given = before = 0
    for one, floor, weight in zip(kept, floors, weights, strict=True):
        before += weight
        extra = spare * before // total - given
        given += extra
        placed.append(PlacedColumn(one.column, left, floor + extra, one.font_percent))
        left += floor + extra
    return tuple(placed)


# Words of the file -------------------------------------------------------------------------------


def to_words(columns: Columns) -> list[str]:
    """A line of text for each column, for the settings file."""
    return [
        f"{one.column.value} {'shown' if one.is_shown else 'hidden'} {one.share} "
        f"{one.font_percent} {one.number_format.value}"
        for one in columns
    ]


def from_words(lines: object) -> Columns:
    """Columns from a file. What cannot be read falls back to what is shipped, column by column."""
    found: dict[LadderColumn, ColumnSetting] = {}
    for line in lines if isinstance(lines, list) else ():
        setting = _from_line(line)
        if setting is not None and setting.column not in found:
            found[setting.column] = setting
    known = tuple(found.values())
    return known + tuple(one for one in DEFAULT_COLUMNS if one.column not in found)


def _from_line(line: object) -> ColumnSetting | None:
    match line.split() if isinstance(line, str) else []:
        case [name, ("shown" | "hidden") as state, share, percent, unit]:
            pass
        case _:
            return None
    try:
        column, number_format = LadderColumn(name), NumberFormat(unit)
        low, high = SHARE_BOUNDS
        is_good = low <= int(share) <= high and int(percent) in FONT_PERCENTS
    except ValueError:
        return None
    if not is_good or (number_format is not NumberFormat.LOTS and not FACTS[column].has_sizes):
        return None
    is_shown = state == "shown" or column is LOCKED
    return ColumnSetting(column, is_shown, int(share), int(percent), number_format)
