"""What a tour saw, as one JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@final
@dataclass(slots=True)
class StepReport:
    """One step: what was done, whether it happened, how long it took."""

    name: str
    ok: bool
    ms: float
    detail: str = ""


@final
@dataclass(slots=True)
class ExchangeReport:
    """The exchange's own account of the tour, read by a second client, and what differs from ours.

    ``differences`` is empty when both sides agree on every order, fill, position, book level,
    closed candle and account.
    """

    orders: int = 0
    fills: int = 0
    final_orders: dict[str, str] = field(default_factory=dict)
    position: int = 0
    book_sequence: int = 0
    book_levels: int = 0
    candles: int = 0
    funds: dict[str, str] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


@final
@dataclass(slots=True)
class TourReport:
    """Everything measured. Durations in milliseconds, positions in signed lots."""

    steps: list[StepReport] = field(default_factory=list)
    orders_sent: int = 0
    fills: int = 0
    position_after_entry: int | None = None
    position_at_end: int | None = None
    feed_messages: int = 0
    book_resyncs: int = 0
    frames: int = 0
    frame_ms_p50: float | None = None
    frame_ms_p95: float | None = None
    frame_ms_p99: float | None = None
    key_to_wire_ms_p50: float | None = None
    key_to_wire_ms_p99: float | None = None
    startup_ms: float | None = None
    faults: list[str] = field(default_factory=list)
    exchange: ExchangeReport = field(default_factory=ExchangeReport)

    @property
    def ok(self) -> bool:
        """True when every step happened, nothing failed behind the scenes, and both sides agree."""
        return (
            bool(self.steps)
            and all(step.ok for step in self.steps)
            and not self.faults
            and not self.exchange.differences
        )

    def write(self, path: Path) -> None:
        """Write the report as JSON. Raises ``OSError``."""
        document = {"ok": self.ok, **asdict(self)}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value that ``percent`` of the values do not exceed (nearest rank); None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]
