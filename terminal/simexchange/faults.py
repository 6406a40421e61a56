"""Scripted misbehaviour: what a test or a curious user can ask the exchange to get wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final


@final
@dataclass(slots=True)
class Faults:
    """Counters and switches; a counter is used up by one each time it takes effect.

    ``answers_lost`` orders are accepted and their answer never comes; ``transfers_lost`` does the
    same to transfers. ``server_errors`` requests
    of any kind are answered 500 before they are looked at. ``level2_skipped`` frames are left out,
    ``level2_doubled`` are sent twice. ``refuses_streams`` refuses new streams,
    ``withholds_pongs`` keeps quiet. ``snapshot_lag`` serves the book as it was so many snapshots
    ago. ``answer_delay_s`` holds back the answers to orders, cancels and transfers.
    ``mark_is_silent`` stops the mark price.
    """

    answers_lost: int = 0
    cancels_lost: int = 0
    transfers_lost: int = 0
    server_errors: int = 0
    overloads: int = 0
    level2_skipped: int = 0
    level2_doubled: int = 0
    refuses_streams: bool = False
    withholds_pongs: bool = False
    mark_is_silent: bool = False
    answer_delay_s: float = 0.0
    rejects: list[tuple[str, str]] = field(default_factory=list)

    def use(self, name: str) -> bool:
        """True, and one less, when the counter of that name is above zero."""
        left: int = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True
