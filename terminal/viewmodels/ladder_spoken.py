"""A row of the ladder as a sentence that is read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.text import THIN_SPACE

if TYPE_CHECKING:
    from terminal.domain.units import Price
    from terminal.viewmodels.ladder_view import LadderRow, LadderView, OwnMark, StagedMark


@final
class SpokenRow(NamedTuple):
    """The words of the cursor's row, and what of it is worth being said again when it differs.

    Sizes of others change many times a second: they are said, but never a reason to speak.
    """

    words: str
    reason: tuple[Price, OwnMark | None, OwnMark | None, StagedMark | None]


def cursor_row(view: LadderView) -> SpokenRow | None:
    """What the cursor stands on; None while it is out of sight or there are no rows."""
    row = next((row for row in view.rows if row.is_cursor), None)
    if row is None:
        return None
    return SpokenRow(row_words(row), (row.price, row.own_bid, row.own_ask, row.staged))


def row_words(row: LadderRow) -> str:
    """Such as ``Row 99 012.4, ask 36, best ask, own sell 5 working, cursor``."""
    parts = [f"Row {row.price_text}", *_side_words(row)]
    if row.staged is not None:
        parts.append(f"staged: {row.staged.words}")
    parts.extend(tag.label for tag in row.tags)
    if row.is_entry:
        parts.append("entry")
    if row.is_last:
        parts.append(f"last trade {row.last_text}".strip())
    if row.is_grab_target:
        parts.append("place of the order in hand")
    if row.is_cursor:
        parts.append("cursor")
    return ", ".join(parts).replace(THIN_SPACE, " ")


def _side_words(row: LadderRow) -> list[str]:
    parts = []
    for size, name, is_best in (
        (row.bid_text, "bid", row.is_best_bid),
        (row.ask_text, "ask", row.is_best_ask),
    ):
        if size:
            parts.append(f"{name} {size}")
        if is_best:
            parts.append(f"best {name}")
    for own, side in ((row.own_bid, "buy"), (row.own_ask, "sell")):
        if own is not None:
            parts.append(_own_words(own, side))
    return parts


def _own_words(own: OwnMark, side: str) -> str:
    many = f" in {own.orders} orders" if own.orders > 1 else ""
    return f"own {side} {own.text}{many} {own.state.value}"
