"""Each condition in each state: green only for what is known to be in order."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from terminal.domain.api_key import ApiKeyFacts, Permission
from terminal.domain.events import PositionMode
from terminal.exchange.exchange_time import TimeReading
from terminal.session.conditions import (
    MOST_UNSURE_MS,
    OLDEST_KEY_S,
    Light,
    clock_condition,
    key_condition,
    mode_condition,
    resolution_condition,
    standing_condition,
    stream_condition,
    truth_condition,
)
from terminal.session.key_watch import KeyState

GOOD = frozenset({Permission.GENERAL, Permission.FUTURES})


def facts(permissions: frozenset[Permission] = GOOD, *, is_unified: bool = False) -> ApiKeyFacts:
    return ApiKeyFacts(
        version=3,
        permissions=permissions,
        unknown=(),
        has_ip_list=True,
        is_unified=is_unified,
        clock_offset_ms=0,
    )


@pytest.mark.parametrize(
    ("state", "light"),
    [
        (KeyState(), Light.WAITING),
        (KeyState(facts(), 0.0), Light.GREEN),
        (KeyState(facts(GOOD | {Permission.TRANSFER}), 0.0), Light.GREEN),
        (KeyState(facts(GOOD | {Permission.WITHDRAW}), 0.0), Light.RED),
        (KeyState(facts(GOOD - {Permission.FUTURES}), 0.0), Light.RED),
        (KeyState(facts(is_unified=True), 0.0), Light.RED),
        (KeyState(problem="The key was deleted."), Light.RED),
    ],
)
def test_the_key(state: KeyState, light: Light) -> None:
    """It must be able to trade, and unable to take money away."""
    condition = key_condition(state, OLDEST_KEY_S)
    assert condition.light is light
    assert condition.sentence.endswith(".")
    if light is Light.RED and not state.problem:
        assert condition.remedy


def test_facts_about_the_key_grow_old() -> None:
    """What was true half an hour ago is not known now."""
    state = KeyState(facts(), 10.0)
    assert key_condition(state, 10.0 + OLDEST_KEY_S).light is Light.GREEN
    assert key_condition(state, 10.1 + OLDEST_KEY_S).light is Light.WAITING


@pytest.mark.parametrize(
    ("unsure_ms", "is_doubtful", "light"),
    [
        (None, False, Light.WAITING),
        (3.0, False, Light.GREEN),
        (MOST_UNSURE_MS, False, Light.GREEN),
        (MOST_UNSURE_MS + 1, False, Light.RED),
        (3.0, True, Light.RED),
    ],
)
def test_the_clock(unsure_ms: float | None, is_doubtful: bool, light: Light) -> None:
    """How far it is off does not matter, only how well that is known."""
    reading = TimeReading(123_456, unsure_ms, 1.0, 5.0, is_doubtful)
    assert clock_condition(reading).light is light


@dataclass
class Stream:
    """A stream that lives or not."""

    is_live: bool


def test_streams_truth_and_mode() -> None:
    """Connected, read, and in a mode that is known."""
    assert stream_condition("Market stream", Stream(is_live=True), "").light is Light.GREEN
    lost = stream_condition("Market stream", Stream(is_live=False), "It was cut.")
    assert (lost.light, lost.sentence) == (Light.RED, "Not connected. It was cut.")
    for orders in (True, False):
        for account in (True, False):
            condition = truth_condition(has_orders=orders, has_account=account)
            assert (condition.light is Light.GREEN) is (orders and account)
            assert ("The orders" in condition.sentence) is not orders
    assert mode_condition(None).light is Light.WAITING
    assert mode_condition(PositionMode.ONE_WAY).light is Light.GREEN
    assert mode_condition(PositionMode.HEDGE).light is Light.GREEN


def test_what_speaks_up_and_what_is_looked_for() -> None:
    """Silence is green; a reason is shown as it is, red when it stands, waiting when it passes."""
    quiet = standing_condition("Order journal", "", "Orders are written down.")
    assert (quiet.light, quiet.sentence) == (Light.GREEN, "Orders are written down.")
    full = standing_condition("Order journal", "The disk is full.", "", "Make room.")
    assert (full.light, full.sentence, full.remedy) == (
        Light.RED,
        "The disk is full.",
        "Make room.",
    )
    assert resolution_condition("").light is Light.GREEN
    assert resolution_condition("One is looked for.").light is Light.WAITING
