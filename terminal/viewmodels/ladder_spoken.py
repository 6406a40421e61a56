"""A row of the ladder as a sentence that is read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.viewmodels.text import THIN_SPACE

if TYPE_CHECKING:
    from terminal.domain.units import Price
    from terminal.viewmodels.ladder_view import LadderRow, LadderView, OwnMark, StagedMark, TagMark


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
    staged = row.staged
    if staged is not None and staged.tail:  # how many ticks it is through changes all the time
        staged = staged._replace(tail="tail", short="")
    return SpokenRow(row_words(row), (row.price, row.own_bid, row.own_ask, staged))


def row_words(row: LadderRow) -> str:
    """Such as ``Row 99 012.4, ask 36, best ask, own sell 5 working, cursor``."""
    parts = [f"Row {row.price_text}", *_side_words(row)]
    if row.staged is not None:
        parts.append(f"staged: {row.staged.words}")
        if row.staged.tail:
            parts.append(row.staged.tail)
    parts.extend(tag.label for tag in row.tags)
    if row.is_entry:
        parts.append("entry")
    if row.is_last:
        parts.append(f"last trade {row.last_text}".strip())
    if row.is_grab_target:
        parts.append("place of the order in hand")
    if row.is_cursor:
        parts.append("cursor")
    parts.extend(edge_words(row))
    return ", ".join(parts).replace(THIN_SPACE, " ")


def edge_words(row: LadderRow) -> tuple[str, ...]:
    """All that lies beyond the edge at which a row stands, each with its own price."""
    where = "above" if row.outside_way > 0 else "below"
    return tuple(f"{where} the rows: {tag.words}" for tag in row.outside)


def plate_help(row: LadderRow, tag: TagMark) -> str:
    """What a click on the plate of something out of view does."""
    way = "up" if row.outside_way > 0 else "down"
    return f"Click: scrolls {way} to {tag.words}. Nothing is sent."


def help_words(row: LadderRow) -> tuple[str, ...]:
    """What stands on a row beside its numbers, whole, however little of it has room there."""
    parts: list[str] = []
    if row.staged is not None:
        parts.append(row.staged.whole)
    if row.hover is not None:
        parts.append(row.hover.words)
    parts.extend(f"{words[:1].upper()}{words[1:]}" for words in edge_words(row))
    return tuple(parts)


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
