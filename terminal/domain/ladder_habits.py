"""How a trader wants a ladder to take his gestures. What they mean is the ladder's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import final

LONGEST_HOLD_MS = 400
"""Longer than that would be felt as a program that hangs."""


class OtherButton(Enum):
    """What the right button sends in the trading columns. As shipped it sends nothing.

    Everywhere else it opens a menu, so nobody who has not chosen it expects an order from it.
    """

    NOTHING = "nothing"
    SECOND_SIZE = "second"
    """An order of size 2 of the foot."""
    NET_SIZE = "net"
    """A reduce-only limit for all of the position."""


@final
@dataclass(frozen=True, slots=True)
class LadderHabits:
    """The settings of one ladder's hands; the defaults are what a ladder does without any.

    ``disarms_on_focus_loss`` disarms when another window gets the focus. ``acts_on_release`` acts
    when a mouse button is let go instead of pressed. ``hold_ms`` is how long an order is held back
    before it is sent, so that Esc can still drop it: 0 to 400, else ``ValueError``. With
    ``infers_type`` the place of a click says whether a limit or a stop is meant; keys never ask it.
    ``other_button`` is what the right button sends.
    """

    disarms_on_focus_loss: bool = False
    acts_on_release: bool = False
    hold_ms: int = 0
    infers_type: bool = False
    other_button: OtherButton = OtherButton.NOTHING

    def __post_init__(self) -> None:
        if not 0 <= self.hold_ms <= LONGEST_HOLD_MS:
            raise ValueError(f"an order is held 0 to {LONGEST_HOLD_MS} ms, not {self.hold_ms}")
