"""What is known about stopping and the fuse for the place that is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.app.choice import Mode
from terminal.domain.account_facts import StopsFate
from terminal.domain.units import Symbol
from terminal.session.backend import Safety
from terminal.session.fuse import FuseTerms
from terminal.session.kill_switch import NoMemory
from terminal.storage.stopped import StoppedStore

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.app.choice import Choice
    from terminal.domain.clock import Clock
    from terminal.storage.settings import Settings

DEMO_STOPS = StopsFate.KEPT
"""The demo starts its exchange itself and does not turn this switch: waiting stops are kept."""


def safety_of(choice: Choice, settings: Settings, folder: Path | None, clock: Clock) -> Safety:
    """The memory of the kill switch, and the terms of the fuse. Without a folder nothing is kept.

    Elsewhere than in the demo it is not known what the exchange's timer does to stops (reference
    11): the fuse is offered once the user has seen it and said so in the settings.
    """
    place = choice.account
    memory = NoMemory() if folder is None else StoppedStore(folder, clock, place)
    is_demo = choice.mode is Mode.DEMO
    return Safety(
        memory,
        FuseTerms(
            DEMO_STOPS if is_demo else settings.fuse_stops,
            settings.fuse_timeout_s,
            tuple(Symbol(name) for name in settings.fuse_symbols),
            settings.fuse_at_start and folder is not None,
        ),
    )
