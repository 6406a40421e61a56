"""Tokens of the feed."""

from __future__ import annotations

from terminal.simexchange.clock import SimClock
from terminal.simexchange.tokens import Tokens


def test_a_token_lives_as_long_as_was_set_when_it_was_issued() -> None:
    clock = SimClock(start_ms=1_760_000_000_000, speed=0)
    tokens = Tokens(clock)
    day = tokens.issue(None)
    tokens.life_s = 10.0
    short = tokens.issue("u")
    found = tokens.find(short)
    assert found is not None
    assert found.uid == "u"
    clock.advance(10)
    assert tokens.find(short) is None
    clock.advance(24 * 3600 - 11)
    assert tokens.find(day) is not None
    clock.advance(1)
    assert tokens.find(day) is None
    assert tokens.find("made up") is None


def test_tokens_that_ended_are_forgotten() -> None:
    clock = SimClock(start_ms=1_760_000_000_000, speed=0)
    tokens = Tokens(clock)
    tokens.life_s = 1.0
    for _ in range(1000):
        tokens.issue(None)
        clock.advance(0.5)
    assert len(tokens._tokens) < 200
