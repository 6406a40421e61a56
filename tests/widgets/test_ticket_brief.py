"""The ticket in little room: price and size stay in sight, and the figures are a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton

from terminal.widgets.ticket_brief import LINES, TOLD, BriefFigures
from tests.widgets.test_ticket import a_panel

if TYPE_CHECKING:
    from tests.widgets.test_ticket import Shown

pytestmark = pytest.mark.usefixtures("qapp")
FIELDS = ("price", "lots", "coin", "value", "risk")
LOW, HIGH = 400, 800


def resized(shown: Shown, height: int) -> BriefFigures:
    shown.panel.resize(300, height)
    shown.tick()
    brief = shown.panel.findChild(BriefFigures)
    assert isinstance(brief, BriefFigures)
    return brief


async def test_fields_that_say_what_is_sent_are_never_in_the_part_that_scrolls() -> None:
    async with a_panel() as shown:
        resized(shown, LOW)
        for name in FIELDS:
            field = shown.part(QLineEdit, name)
            assert not shown.panel._inside.isAncestorOf(field)
            at = field.mapTo(shown.panel, field.rect().bottomLeft())
            buy = shown.part(QPushButton, "buy")
            assert at.y() < buy.mapTo(shown.panel, buy.rect().topLeft()).y(), name


async def test_figures_fold_by_the_height_and_unfold_on_demand() -> None:
    async with a_panel() as shown:
        brief = resized(shown, HIGH)
        numbers = shown.panel._numbers
        assert (brief.isVisible(), numbers.isVisible()) == (False, True)
        resized(shown, LOW)
        assert (brief.isVisible(), numbers.isHidden()) == (True, True)
        words = shown.part(QLabel, "brief")
        assert [line.split()[0] for line in words.text().split("\n")] == [*TOLD, "Fee"]
        assert len(words.text().split("\n")) == LINES
        assert "Risk level" in words.toolTip(), "nothing is lost"
        height = brief.height()
        shown.part(QToolButton, "figures").click()
        assert (brief.isVisible(), numbers.isHidden()) == (True, False)
        assert brief.height() == height
        for _ in range(3):
            shown.tick()  # what is folded is no reason to unfold
            assert brief.isVisible()
        resized(shown, HIGH)
        assert not brief.isVisible()
