"""How a ladder's rows are written, as one value that rows, studies and face share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from terminal.viewmodels.ladder_columns import LadderColumn, NumberFormat

if TYPE_CHECKING:
    from collections.abc import Mapping


@final
@dataclass(frozen=True, slots=True)
class RowStyle:
    """How rows are written: which columns with which formats, what a full bar is, what is large.

    ``bar_full`` is in lots, None for the widest in view. Large sizes are lots, 0 is off. The
    switches are those of ``LadderOptions``.
    """

    formats: Mapping[LadderColumn, NumberFormat] = field(default_factory=dict)
    """Of the columns on show; what is missing is not written."""
    bar_full: int | None = None
    large_lots: tuple[int, int] = (0, 0)
    is_volume_split: bool = False
    is_change_summed: bool = False
    is_pnl_net: bool = False
    shows_day: bool = False
    is_large_by_mean: bool = False

    def format_of(self, column: LadderColumn) -> NumberFormat:
        """How a column writes its sizes."""
        return self.formats.get(column, NumberFormat.LOTS)
