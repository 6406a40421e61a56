"""The exchange in each of its readings: every open question answered one way, then the other.

The first reading is the simulated exchange's own. Each further one turns every switch to its next
choice, so that all choices of all switches are met by somebody.
"""

from __future__ import annotations

import pytest

from terminal.simexchange.switches import Switches, described

COUNT = max(len(choices) for _, choices, _, _ in described())


def reading(number: int) -> Switches:
    """A reading, 0 to ``COUNT - 1``; a switch that is out of choices stays at its last."""
    switches = Switches()
    for name, choices, _, _ in described():
        switches.set(name, choices[min(number, len(choices) - 1)])
    return switches


NAMES = [f"reading-{number}" for number in range(COUNT)]

MARKET_READINGS = [
    pytest.param(number, id=name, marks=() if number < 2 else pytest.mark.nightly)
    for number, name in enumerate(NAMES)
]
"""For tests of public data, on which few switches bear: two in each run, all in the nightly."""
