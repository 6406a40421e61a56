"""What a user chooses for one ladder, and how it is kept: columns, axis, bars, large sizes.

What is stored is read leniently: a value that cannot be used is replaced by the shipped one, the
others stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, final

from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, Columns, from_words, to_words

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
LARGEST = 1_000_000_000
PRICE_STEPS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Groupings on offer, in ticks a row."""

MOST_STEPS = 200
"""So many contracts keep their price grouping."""
LADDER = "ladder"
"""The name of the first ladder in the settings."""


class Centering(Enum):
    """When the rows move by themselves. The values are the words of menu and file."""

    STATIC = "static"
    DRIFT = "drift"
    ALWAYS = "always"

    @property
    def words(self) -> str:
        """What the menu says."""
        return _CENTERING_WORDS[self]


_CENTERING_WORDS = {
    Centering.STATIC: "Static: only after the market has left the view",
    Centering.DRIFT: "After a drift of so many ticks",
    Centering.ALWAYS: "Always centred",
}


class BarScale(Enum):
    """What a full depth bar stands for."""

    IN_VIEW = "in view"
    FIXED = "fixed"
    MINUTE = "minute"

    @property
    def words(self) -> str:
        """What the menu says."""
        return _SCALE_WORDS[self]


_SCALE_WORDS = {
    BarScale.IN_VIEW: "The largest in view",
    BarScale.FIXED: "A number of lots",
    BarScale.MINUTE: "The largest of the last minute",
}


@final
@dataclass(frozen=True, slots=True)
class LadderOptions:
    """One ladder's choices. ``drift_ticks`` and lots are 1 or more; a large size of 0 is off.

    ``large_lots`` are the two thresholds, of which the second is the larger sign. Volume is
    split by who took; changes of the depth are summed from the inside; the result of closing has
    fees and the next funding taken off (``is_pnl_net``); ``shows_day`` are the day's tags. With
    ``is_large_by_mean`` the thresholds are not lots but times the mean of what is in view.
    """

    columns: Columns = DEFAULT_COLUMNS
    centering: Centering = Centering.STATIC
    drift_ticks: int = 10
    is_spread_collapsed: bool = False
    bar_scale: BarScale = BarScale.IN_VIEW
    bar_full_lots: int = 1000
    large_lots: tuple[int, int] = (0, 0)
    is_volume_split: bool = False
    is_change_summed: bool = False
    is_pnl_net: bool = True
    shows_day: bool = True
    is_large_by_mean: bool = False
    steps: tuple[tuple[str, int], ...] = ()
    """The price grouping by contract, in ticks a row; a contract that has none has a tick."""

    def step_of(self, symbol: str) -> int:
        """How many ticks a row of a contract has."""
        return dict(self.steps).get(symbol, 1)

    def with_step(self, symbol: str, step: int) -> LadderOptions:
        """The same with another grouping of a contract; the oldest of very many are forgotten."""
        kept = [one for one in self.steps if one[0] != symbol]
        if step != 1:
            kept.append((symbol, step))
        return replace(self, steps=tuple(kept[-MOST_STEPS:]))


SHIPPED = LadderOptions()
_SWITCHES = ("is_volume_split", "is_change_summed", "is_pnl_net", "shows_day", "is_large_by_mean")


def to_document(options: LadderOptions) -> dict[str, Any]:
    """The choices as the settings file keeps them."""
    return {
        "version": VERSION,
        "columns": to_words(options.columns),
        "centering": options.centering.value,
        "drift_ticks": options.drift_ticks,
        "is_spread_collapsed": options.is_spread_collapsed,
        "bar_scale": options.bar_scale.value,
        "bar_full_lots": options.bar_full_lots,
        "large_lots": list(options.large_lots),
        **{name: getattr(options, name) for name in _SWITCHES},
        "steps": dict(options.steps),
    }


def from_document(document: Mapping[str, Any] | None) -> LadderOptions:
    """The choices of a file; whatever cannot be used is as shipped.

    What a later version wrote is not guessed at: all of it is as shipped.
    """
    shipped = SHIPPED
    if not document or document.get("version") != VERSION:
        return shipped
    large = document.get("large_lots")
    pair = large if isinstance(large, list) and len(large) == len(shipped.large_lots) else (0, 0)
    return LadderOptions(
        columns=from_words(document.get("columns")),
        centering=_one_of(document.get("centering"), shipped.centering),
        drift_ticks=_whole(document.get("drift_ticks"), shipped.drift_ticks),
        is_spread_collapsed=_switch(document, "is_spread_collapsed"),
        bar_scale=_one_of(document.get("bar_scale"), shipped.bar_scale),
        bar_full_lots=_whole(document.get("bar_full_lots"), shipped.bar_full_lots),
        large_lots=(_whole(pair[0], 0, least=0), _whole(pair[1], 0, least=0)),
        **{name: _switch(document, name) for name in _SWITCHES},
        steps=_steps(document.get("steps")),
    )


def _steps(value: object) -> tuple[tuple[str, int], ...]:
    found = value.items() if isinstance(value, dict) else ()
    good = [(str(one), step) for one, step in found if type(step) is int and step in PRICE_STEPS]
    return tuple(good[-MOST_STEPS:])


def _switch(document: Mapping[str, Any], name: str) -> bool:
    value = document.get(name)
    return value if isinstance(value, bool) else bool(getattr(SHIPPED, name))


_Choice = TypeVar("_Choice", bound=Enum)


def _one_of(value: object, shipped: _Choice) -> _Choice:
    return next((one for one in type(shipped) if one.value == value), shipped)


def _whole(value: object, shipped: int, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
        return shipped
    return value
