"""What must be in order before an account may be traded, each as one light with a sentence.

A light is made anew whenever it is looked at; nothing here asks the exchange, and an answer that is
not there yet is never green.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeAlias, final

from terminal.domain.api_key import Permission
from terminal.domain.events import PositionMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.exchange.exchange_time import TimeReading
    from terminal.session.key_watch import KeyState

MOST_UNSURE_MS = 1000.0
"""A stamp may be 5 s off (API reference 1.3); so far from that, no order can be refused for it."""
OLDEST_KEY_S = 1800.0
"""A key's rights can be taken away on the exchange's site at any time."""


class Light(Enum):
    """How a condition stands; the values are the words shown."""

    GREEN = "in order"
    WAITING = "not known yet"
    RED = "not in order"


@final
@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: what it is about, how it stands, why, and what could be done."""

    name: str
    light: Light
    sentence: str
    remedy: str = ""


Check: TypeAlias = "Callable[[], Condition]"


class Live(Protocol):
    """A stream's life, as far as it matters here."""

    @property
    def is_live(self) -> bool:
        """True while it is connected."""
        ...


def key_condition(state: KeyState, now_s: float) -> Condition:
    """The key: it was looked at lately, may trade, and cannot take money off the exchange."""
    name = "Key"
    facts = state.facts
    if state.problem:
        return Condition(name, Light.RED, state.problem, state.remedy)
    if facts is None or state.read_at_s is None:
        return Condition(name, Light.WAITING, "The exchange is being asked about the key.")
    if facts.problems:
        return Condition(name, Light.RED, facts.problems[0], "Use another key.")
    if Permission.WITHDRAW in facts.permissions:
        words = "This key can take money off the exchange; no terminal ever needs that."
        return Condition(name, Light.RED, words, "Make a key with General and Futures only.")
    if now_s - state.read_at_s > OLDEST_KEY_S:
        words = "The key was not looked at for a long time."
        return Condition(name, Light.WAITING, words)
    words = f"The key may trade: {facts.permission_words}."
    return Condition(name, Light.GREEN, words)


def clock_condition(reading: TimeReading) -> Condition:
    """The exchange's clock is known well enough to sign by it."""
    name = "Clock"
    if reading.uncertainty_ms is None:
        return Condition(name, Light.WAITING, "The exchange's clock is being measured.")
    if reading.is_doubtful:
        words = "This machine slept, or its clock was set."
        return Condition(name, Light.RED, words, "The clock is measured again by itself.")
    if reading.uncertainty_ms > MOST_UNSURE_MS:
        words = f"The exchange's clock is known to {reading.uncertainty_ms / 1000:.1f} s only."
        return Condition(name, Light.RED, words, "Look at the connection of this machine.")
    words = f"The exchange's clock is known to {reading.uncertainty_ms:.0f} ms."
    return Condition(name, Light.GREEN, words)


def stream_condition(name: str, feed: Live, reason: str) -> Condition:
    """A stream is connected; ``reason`` is why not."""
    if feed.is_live:
        return Condition(name, Light.GREEN, "Connected.")
    words = f"Not connected. {reason}".strip()
    return Condition(name, Light.RED, words, "It is connected again by itself.")


def truth_condition(*, has_orders: bool, has_account: bool) -> Condition:
    """Orders, positions and balances were read on the present connection."""
    name = "Orders and positions"
    if has_orders and has_account:
        return Condition(name, Light.GREEN, "Read on the present connection.")
    missing = " and ".join(
        word
        for word, is_there in (("orders", has_orders), ("positions", has_account))
        if not is_there
    )
    return Condition(name, Light.WAITING, f"The {missing} are being read.")


def mode_condition(mode: PositionMode | None) -> Condition:
    """The position mode is known: every order must fit it."""
    name = "Position mode"
    if mode is None:
        return Condition(name, Light.WAITING, "The position mode is being read.")
    if mode is PositionMode.HEDGE:
        return Condition(name, Light.GREEN, "Hedge: long and short positions are kept apart.")
    return Condition(name, Light.GREEN, "One-way.")


def standing_condition(name: str, reason: str, words: str, remedy: str = "") -> Condition:
    """Something that speaks up when it is not in order; ``words`` while it is silent."""
    if reason:
        return Condition(name, Light.RED, reason, remedy)
    return Condition(name, Light.GREEN, words)


def resolution_condition(reason: str) -> Condition:
    """Every order from before this program began was found, or is known never to have arrived."""
    name = "Orders from before"
    if reason:
        return Condition(name, Light.WAITING, reason)
    return Condition(name, Light.GREEN, "None is being looked for.")
