"""Qt's messages in our log."""

from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import qWarning

from terminal.app import qt_messages


@pytest.mark.no_qt_log
def test_warnings_of_qt_are_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    qt_messages.to_log()
    with caplog.at_level(logging.WARNING, logger="qt"):
        qWarning("a dock is unhappy")
    qt_messages.as_before()
    assert caplog.messages == ["a dock is unhappy"]
    assert "unhappy" not in capfd.readouterr().err
