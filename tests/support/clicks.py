"""Clicks on a ladder's view-model, as its rows would tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.units import Side
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn

if TYPE_CHECKING:
    from terminal.viewmodels.ladder import LadderViewModel


def click(ladder: LadderViewModel, spot: Spot, button: Button = Button.LEFT) -> None:
    """Move there, press and let go."""
    ladder.mouse_moved(spot)
    ladder.mouse_pressed(spot, button)
    ladder.mouse_released(spot, button)


def click_row(ladder: LadderViewModel, row: int, side: Side) -> None:
    """A left click in the bid (buy) or ask (sell) column."""
    click(ladder, Spot(row, LadderColumn.BID if side is Side.BUY else LadderColumn.ASK))


def click_own(ladder: LadderViewModel, row: int, side: Side) -> None:
    """A left click on own orders of a side."""
    click(ladder, Spot(row, LadderColumn.OWN_BID if side is Side.BUY else LadderColumn.OWN_ASK))
