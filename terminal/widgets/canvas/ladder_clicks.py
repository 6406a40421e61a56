"""Clicks in the columns from which nothing is sent: notes, volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from terminal.domain.volume_view import VolumePart
from terminal.viewmodels.ladder_columns import LadderColumn

if TYPE_CHECKING:
    from terminal.viewmodels.ladder import LadderViewModel


def take_click(
    ladder: LadderViewModel, row: int, column: LadderColumn, button: Qt.MouseButton
) -> bool:
    """Act on a press in one of these columns; False when it is another's.

    A click at the notes opens the editor, one at the volume clears its part in this ladder. In all
    ladders it is cleared from the menu only: the neighbouring columns' right clicks are orders.
    """
    insight = ladder.insight
    if insight is None:
        return False
    is_left = button is Qt.MouseButton.LeftButton
    if column is LadderColumn.NOTES and is_left:
        insight.ask_note(row)
    elif column is LadderColumn.VOLUME and is_left:
        insight.clear_volume(_part(ladder, row))
    elif column is LadderColumn.VOLUME and button is Qt.MouseButton.RightButton:
        insight.keep_volume()
    else:
        return False
    return True


def _part(ladder: LadderViewModel, row: int) -> VolumePart:
    """What lies on the clicked row's side of the inside; all of it between the best prices."""
    rows = ladder.view.rows
    asks = [at for at, one in enumerate(rows) if one.is_best_ask]
    bids = [at for at, one in enumerate(rows) if one.is_best_bid]
    if asks and row < asks[0]:
        return VolumePart.ABOVE
    if bids and row > bids[0]:
        return VolumePart.BELOW
    if not asks and not bids and ladder.view.off_market:
        return VolumePart.BELOW if ladder.view.is_market_above else VolumePart.ABOVE
    return VolumePart.ALL
