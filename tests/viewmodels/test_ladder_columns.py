from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.ladder_columns import (
    DEFAULT_COLUMNS,
    FACTS,
    FONT_PERCENTS,
    GOES_FIRST,
    LOCKED,
    SHARE_BOUNDS,
    STUDIED,
    Columns,
    ColumnSetting,
    LadderColumn,
    NumberFormat,
    fit,
    from_words,
    moved,
    resized,
    setting_of,
    shown,
    to_words,
    with_font,
    with_format,
)

a_column = st.sampled_from(LadderColumn)
a_change = st.one_of(
    st.tuples(st.just("move"), a_column, a_column),
    st.tuples(st.just("size"), a_column, st.integers(-10, 500)),
    st.tuples(st.just("show"), a_column, st.booleans()),
    st.tuples(st.just("font"), a_column, st.integers(1, 400)),
    st.tuples(st.just("format"), a_column, st.sampled_from(NumberFormat)),
)


def after(changes: list[tuple[str, LadderColumn, object]]) -> Columns:
    columns = DEFAULT_COLUMNS
    for what, column, value in changes:
        if what == "move" and isinstance(value, LadderColumn):
            columns = moved(columns, column, value)
        elif what == "show":
            columns = shown(columns, column, is_shown=bool(value))
        elif what == "size" and isinstance(value, int):
            columns = resized(columns, column, value)
        elif what == "font" and isinstance(value, int):
            columns = with_font(columns, column, value)
        elif isinstance(value, NumberFormat):
            columns = with_format(columns, column, value)
    return columns


def ten_a_digit(setting: ColumnSetting) -> int:
    return 7 * FACTS[setting.column].digits * setting.font_percent // 100 + 10


@given(st.lists(a_change, max_size=30))
def test_whatever_is_done_every_column_stays_once_and_the_file_keeps_it(
    changes: list[tuple[str, LadderColumn, object]],
) -> None:
    """Moving, sizing, hiding and formatting lose nothing, and reading gives back what was set."""
    columns = after(changes)

    assert sorted(one.column.value for one in columns) == sorted(c.value for c in LadderColumn)
    assert setting_of(columns, LOCKED).is_shown
    low, high = SHARE_BOUNDS
    assert all(low <= one.share <= high and one.font_percent in FONT_PERCENTS for one in columns)
    assert from_words(to_words(columns)) == columns


@given(st.lists(a_change, max_size=20), st.integers(60, 1600))
def test_columns_share_every_pixel_and_the_price_is_always_there(
    changes: list[tuple[str, LadderColumn, object]], width: int
) -> None:
    """Widths add up, nothing overlaps, and a column is as wide as it must be where all fit."""
    columns = after(changes)
    placed = fit(columns, width, ten_a_digit, STUDIED)

    left = 0
    for one in placed:
        assert one.left == left
        left += one.width
    assert left == width
    assert LOCKED in {one.column for one in placed}
    assert not STUDIED & {one.column for one in placed}
    least = {one.column: ten_a_digit(one) for one in columns}
    if sum(least[one.column] for one in placed) <= width:
        assert all(one.width >= least[one.column] for one in placed)


def test_a_narrow_ladder_drops_columns_in_the_order_that_is_declared() -> None:
    """What has gone at one width is gone at every narrower one, the least important first."""
    everything = tuple(
        ColumnSetting(one.column, is_shown=True, share=one.share) for one in DEFAULT_COLUMNS
    )
    order = [column for group in GOES_FIRST for column in group]
    gone: list[LadderColumn] = []
    for width in range(1400, 100, -1):
        left = {one.column for one in fit(everything, width, ten_a_digit)}
        gone += [column for column in order if column not in left and column not in gone]
        assert len(left) + len(gone) == len(everything)
    assert gone == order


def test_both_sides_of_a_column_give_way_together() -> None:
    """At any width, sizes of the system included: a bid's column never stands without the ask's."""
    everything = tuple(
        ColumnSetting(one.column, is_shown=True, share=one.share) for one in DEFAULT_COLUMNS
    )
    pairs = [
        (one, LadderColumn(one.value.replace("bid", "ask")))
        for one in LadderColumn
        if "bid" in one.value
    ]
    assert len(pairs) == 5
    for columns in (everything, DEFAULT_COLUMNS):
        for width in range(1400, 100, -1):
            left = {one.column for one in fit(columns, width, ten_a_digit)}
            assert all((bid in left) == (ask in left) for bid, ask in pairs), (width, left)


def test_one_side_that_the_user_hides_does_not_take_the_other_with_it() -> None:
    """Pairs are about room alone; what is shown is the user's choice."""
    one_sided = shown(DEFAULT_COLUMNS, LadderColumn.BID_TRADES, is_shown=False)
    left = {one.column for one in fit(one_sided, 600, ten_a_digit)}
    assert LadderColumn.ASK_TRADES in left
    assert LadderColumn.BID_TRADES not in left


def test_four_hundred_pixels_hold_the_shipped_columns_with_all_their_digits() -> None:
    """Own orders, sizes, price, trades and the volume, which goes first with less room."""
    names = [one.column.value for one in fit(DEFAULT_COLUMNS, 392, ten_a_digit)]

    assert names == [
        "own_bid", "bid_trades", "bid", "price", "ask", "ask_trades", "own_ask", "volume",
    ]  # fmt: skip
    narrower = [one.column.value for one in fit(DEFAULT_COLUMNS, 370, ten_a_digit)]
    assert narrower == names[:-1]


def test_a_column_takes_the_place_of_the_one_it_is_dropped_on() -> None:
    """Both ways: what stood there gives way towards the place left behind."""
    order = [one.column for one in DEFAULT_COLUMNS]

    right = [one.column for one in moved(DEFAULT_COLUMNS, order[0], order[3])]
    assert right[:4] == [order[1], order[2], order[3], order[0]]
    left = [one.column for one in moved(DEFAULT_COLUMNS, order[3], order[0])]
    assert left[:4] == [order[3], order[0], order[1], order[2]]


def test_a_damaged_line_of_the_file_costs_its_own_column_only() -> None:
    """Everything else is as it was left."""
    lines: list[object] = list(to_words(resized(DEFAULT_COLUMNS, LadderColumn.BID, 44)))
    shipped = {one.column: one for one in DEFAULT_COLUMNS}
    at = next(n for n, line in enumerate(lines) if str(line).startswith("ask "))
    for wrong in ("ask", "ask shown 999 100 lots", "ask shown 20 101 lots", 7, None,
                  "ask shown 20 100 bushels", "ask maybe 20 100 lots", "ask shown x 100 lots",
                  "price hidden 20 100 coin"):  # fmt: skip
        columns = from_words([*lines[:at], wrong, *lines[at + 1 :]])
        assert setting_of(columns, LadderColumn.BID).share == 44
        assert setting_of(columns, LadderColumn.ASK) == shipped[LadderColumn.ASK], wrong
        assert len(columns) == len(LadderColumn)
    assert from_words("nothing") == DEFAULT_COLUMNS
    assert from_words(["bid shown 10 100 lots", "bid shown 90 100 lots"])[0].share == 10


def test_formats_are_for_columns_of_sizes() -> None:
    """A price has no other unit."""
    same = with_format(DEFAULT_COLUMNS, LadderColumn.PRICE, NumberFormat.VALUE)
    assert same == DEFAULT_COLUMNS
    coin = with_format(DEFAULT_COLUMNS, LadderColumn.BID, NumberFormat.COIN)
    assert setting_of(coin, LadderColumn.BID).number_format is NumberFormat.COIN
