"""Lets the window say what must not be missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.viewmodels.announcements import AnnouncementsViewModel
from terminal.widgets.spoken import Announcer

if TYPE_CHECKING:
    from terminal.session.backend import Backend
    from terminal.viewmodels.frame import QtFrameClock
    from terminal.viewmodels.ladder_group import LadderGroup
    from terminal.widgets.main_window import MainWindow


def add_announcements(
    window: MainWindow, backend: Backend, ladders: LadderGroup, frame: QtFrameClock
) -> AnnouncementsViewModel:
    """Say fills, refusals, disarming and stale data of all ladders in the window's name."""
    announcements = AnnouncementsViewModel(
        backend.desk, backend.notices, ladders, backend.markets.contracts, frame
    )
    announcements.announced.connect(Announcer(window).say)
    return announcements
