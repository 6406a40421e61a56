"""Ages rest on the clock that never goes back."""

from __future__ import annotations

from terminal.domain.clock import TimestampMs
from terminal.domain.intention import Source
from terminal.session.hearing import Hearing


def test_an_age_is_never_below_zero() -> None:
    heard = Hearing(Source.STREAM, TimestampMs(1), 10.0, 1)
    assert heard.age_s(12.5) == 2.5
    assert heard.age_s(9.0) == 0.0
