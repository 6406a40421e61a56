"""Who last told of an order or a position, and when: what every age that is shown rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.intention import Source


@final
class Hearing(NamedTuple):
    """One word that was believed. ``at`` is our wall clock; it may jump, so ages use ``at_s``.

    ``at_s`` is in monotonic seconds. ``revision`` counts the words believed, from 1: by it two
    states of one thing are told apart.
    """

    source: Source
    at: TimestampMs
    at_s: float
    revision: int

    def age_s(self, now_s: float) -> float:
        """How long ago it was heard, in seconds, never below zero."""
        return max(0.0, now_s - self.at_s)
