"""The notice board."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from terminal.session.notices import KEPT, Notice, NoticeBoard, NoticeLevel
from tests.support.builders import XBT
from tests.support.fake_clock import START_MS, FakeClock

if TYPE_CHECKING:
    import pytest


def test_a_notice_is_kept_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    board = NoticeBoard(FakeClock())
    told: list[Notice] = []
    board.on_posted.add(told.append)
    with caplog.at_level(logging.INFO):
        board.post(NoticeLevel.WARNING, "orders", "Rejected.", XBT)
    assert [notice.text for notice in told] == ["Rejected."]
    assert told[0].at_ms == START_MS
    assert "Rejected. (XBTUSDTM)" in caplog.text


def test_only_the_last_are_kept() -> None:
    board = NoticeBoard(FakeClock())
    for number in range(KEPT + 5):
        board.post(NoticeLevel.INFO, "app", str(number))
    assert len(board.notices) == KEPT
    assert board.notices[0].text == "5"
