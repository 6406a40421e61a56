"""The headers of hedge mode's lanes on the real panel: shown, framed, pressed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from terminal.domain.events import PositionMode, PositionSide
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_view import LaneHead
from terminal.viewmodels.text import Role
from terminal.widgets.ladder_lanes import LaneHeads
from tests.support.builders import a_position_update, position_details
from tests.widgets.test_ladder import Shown, shown

pytestmark = pytest.mark.usefixtures("qapp")


def head(ladder: Shown, lane: str) -> QPushButton:
    found = ladder.panel.findChild(QPushButton, f"ladder.lane.{lane}")
    assert isinstance(found, QPushButton)
    return found


def focus_of(ladder: Shown) -> LadderColumn | None:
    return ladder.panel.canvas.layout_grid.focus


def words(button: QPushButton) -> list[str]:
    return [label.text() for label in button.findChildren(QLabel)]


def test_a_naked_lane_says_so_also_while_keys_act_on_the_other() -> None:
    parent = QWidget()
    heads = LaneHeads(parent)
    long = LaneHead(PositionSide.LONG, "Long lane", "4", "100.00", "+1.00 USDT", Role.BUY,
                    is_focused=False, help="", alarm="Naked")  # fmt: skip
    short = long._replace(lane=PositionSide.SHORT, name="Short lane", is_focused=True, alarm="")
    heads.show_lanes((long, short), "L")
    first, second = heads.findChildren(QPushButton)
    assert words(first)[1] == "NAKED +1.00 USDT"
    assert first.accessibleName().endswith("Naked")
    assert words(second)[1] == "+1.00 USDT"
    labels = first.findChildren(QLabel)
    assert labels[1].property("role") == Role.DANGER.value
    heads.show_lanes((long._replace(alarm=""), short), "L")
    assert words(first)[1] == "+1.00 USDT"
    assert labels[1].property("role") == Role.BUY.value


async def test_lanes_are_shown_in_hedge_mode_and_pressed_to_be_focused() -> None:
    async with shown() as ladder:
        assert head(ladder, "long").isHidden() or not head(ladder, "long").isVisible()
        gateway = ladder.desktop.bench.gateway
        gateway.mode = PositionMode.HEDGE
        gateway.held = tuple(
            a_position_update(lots, details=position_details(side))
            for lots, side in ((4, PositionSide.LONG), (-2, PositionSide.SHORT))
        )
        await ladder.desktop.account.read_again()
        ladder.desktop.frame.tick()
        long, short = head(ladder, "long"), head(ladder, "short")
        assert long.isVisible()
        assert short.isVisible()
        assert words(long)[0].startswith("\u25b8 Long 4 at 100.00")
        assert words(short)[0].startswith("Short 2 at 100.00")
        assert long.isChecked()
        assert focus_of(ladder) is LadderColumn.OWN_BID
        assert "both lanes" in short.toolTip()
        QTest.mouseClick(short, Qt.MouseButton.LeftButton)
        ladder.desktop.frame.tick()
        assert ladder.desktop.ladder.lane is PositionSide.SHORT
        assert short.isChecked()
        assert not long.isChecked()
        assert short.accessibleName().endswith("focused")
        assert focus_of(ladder) is LadderColumn.OWN_ASK
        QTest.mouseClick(short, Qt.MouseButton.LeftButton)
        ladder.desktop.frame.tick()
        assert ladder.desktop.ladder.lane is PositionSide.SHORT, "not a switch"
        assert short.isChecked()
