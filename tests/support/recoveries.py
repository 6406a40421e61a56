"""How long recoveries took, for the table at the end of a run."""

from __future__ import annotations

from typing import NamedTuple, final

import pytest


@final
class Recovery(NamedTuple):
    """One fault: seconds of the client's clock from its end until everything was whole again.

    From its begin when it was used up by itself. ``outage_s`` is for how long something was said
    not to be trusted, in all; ``believed_s`` for how long a book was shown as live at most that the
    exchange had left behind.
    """

    name: str
    seconds: float
    within_s: float
    outage_s: float
    believed_s: float


RECOVERIES = pytest.StashKey[list[Recovery]]()


def note(config: pytest.Config, recovery: Recovery) -> None:
    """Keep one for the end."""
    config.stash.setdefault(RECOVERIES, []).append(recovery)


def table(recoveries: list[Recovery]) -> list[str]:
    """Lines, slowest first."""
    lines = [f"{'recovered':>9} {'bound':>6} {'outage':>9} {'old book':>8}  fault"]
    lines += [
        f"{one.seconds:7.2f} s {one.within_s:4.0f} s {one.outage_s:7.2f} s {one.believed_s:6.2f} s"
        f"  {one.name}"
        for one in sorted(recoveries, key=lambda one: -one.seconds)
    ]
    return lines
