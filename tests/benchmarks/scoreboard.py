"""What was measured side by side, and the table of it after the run."""

from __future__ import annotations

import gc
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture


Sample = TypeVar("Sample")


class Row(NamedTuple):
    """One comparison of medians, in ``unit``. A floor is what nobody can be faster than.

    ``aim`` is what ours should be of the peer's at most; nothing fails when it is missed.
    """

    what: str
    unit: str
    ours: tuple[str, float]
    peer: tuple[str, float] | None
    floor: tuple[str, float] | None
    aim: float | None

    @property
    def to_peer(self) -> float | None:
        """Ours divided by the peer's."""
        return None if self.peer is None else self.ours[1] / self.peer[1]

    @property
    def to_floor(self) -> float | None:
        """Ours divided by the floor."""
        return None if self.floor is None else self.ours[1] / self.floor[1]


def interleaved(
    candidates: Mapping[str, Callable[[], Sequence[Sample]]], rounds: int
) -> dict[str, list[Sample]]:
    """What each candidate measured of itself, round by round, so that noise hits all alike.

    Everybody begins a round equally often: what comes first in it finds another machine. What was
    loaded before is kept from the garbage collector, or who calls it would pay for all.
    """
    names = [*candidates]
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    gc.collect()
    gc.freeze()
    try:
        for number in range(rounds):
            start = number % len(names)
            for name in names[start:] + names[:start]:
                samples[name].extend(candidates[name]())
    finally:
        gc.unfreeze()
    return samples


@final
class Scoreboard:
    """All rows of a run, in the order in which they were measured."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.missing = ""

    def note(
        self,
        benchmark: BenchmarkFixture,
        what: str,
        unit: str,
        samples: Mapping[str, Sequence[float]],
        pairs: Sequence[tuple[str, str | None, str | None, float | None]],
    ) -> None:
        """Keep rows (ours, peer, floor, aim) by the names of candidates; also in the JSON."""
        medians = {name: median(values) for name, values in samples.items()}
        told: dict[str, Any] = benchmark.extra_info.setdefault(what, {})
        told["unit"] = unit
        told["median"] = {name: round(value, 4) for name, value in medians.items()}
        told["p99"] = {name: round(_at(values, 0.99), 4) for name, values in samples.items()}
        told["samples"] = {name: len(values) for name, values in samples.items()}
        told["ratios"] = ratios = {}
        for ours, peer, floor, aim in pairs:
            row = Row(
                what,
                unit,
                (ours, medians[ours]),
                None if peer is None else (peer, medians[peer]),
                None if floor is None else (floor, medians[floor]),
                aim,
            )
            self.rows.append(row)
            for other in (peer, floor):
                if other is not None:
                    ratios[f"{ours} / {other}"] = round(medians[ours] / medians[other], 4)

    def lines(self) -> list[str]:
        """The table: one line for each comparison."""
        head = ("what", "unit", "ours", "peer", "floor", "ours/peer", "ours/floor", "aim")
        cells = [head, *map(_cells, self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        row.unit,
        _named(row.ours),
        _named(row.peer),
        _named(row.floor),
        _ratio(row.to_peer),
        _ratio(row.to_floor),
        _verdict(row),
    )


def _named(value: tuple[str, float] | None) -> str:
    return "-" if value is None else f"{value[1]:.4g} ({value[0]})"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _verdict(row: Row) -> str:
    if row.aim is None or row.to_peer is None:
        return "-"
    return f"<= {row.aim:.3f} {'reached' if row.to_peer <= row.aim else 'MISSED'}"


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
