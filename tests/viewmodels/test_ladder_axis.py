import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.guard import Touch
from terminal.domain.units import Price
from terminal.viewmodels.ladder_axis import LadderAxis
from terminal.viewmodels.ladder_options import PRICE_STEPS, Centering


def a_touch(bid: int = 1000, ask: int = 1001) -> Touch:
    return Touch(Price(bid), Price(ask))


def an_axis(count: int = 20) -> LadderAxis:
    axis = LadderAxis()
    axis.set_count(count)
    return axis


def test_first_follow_puts_the_inside_in_the_middle_and_the_cursor_on_the_best_bid() -> None:
    """The ladder opens centred."""
    axis = an_axis()

    axis.follow(a_touch(), is_held=False)

    assert axis.top_index == 1010
    assert axis.cursor == 1000
    assert not axis.is_anchored


def test_a_free_cursor_follows_the_best_bid_without_moving_the_rows() -> None:
    """Rows stay while the inside is comfortably in view."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)

    axis.follow(a_touch(1003, 1004), is_held=False)

    assert axis.top_index == 1010
    assert axis.cursor == 1003


def test_the_axis_recentres_by_itself_when_the_inside_reaches_the_edge() -> None:
    """A market that leaves the view is followed by one whole recentring."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)

    axis.follow(a_touch(1009, 1010), is_held=False)

    assert axis.top_index == 1019


@pytest.mark.parametrize("how", ["held", "anchored"])
def test_rows_never_jump_while_somebody_is_at_work(how: str) -> None:
    """Neither under the pointer nor under a placed cursor."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    if how == "anchored":
        axis.move_cursor(1)

    axis.follow(a_touch(1100, 1101), is_held=how == "held")

    assert axis.top_index == 1010
    assert axis.rows_outside(a_touch(1100, 1101)) > 0


def test_recentring_frees_the_cursor() -> None:
    """Space brings back the inside and the cursor with it."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    axis.move_cursor(15)

    axis.recenter(a_touch(1100, 1101))

    assert axis.cursor == 1100
    assert not axis.is_anchored
    assert axis.top_index == 1110


@given(
    st.sampled_from(Centering),
    st.lists(
        st.tuples(st.sampled_from(["market", "held", "space"]), st.integers(50, 2000)), max_size=20
    ),
)
def test_a_kept_cursor_moves_only_by_space(
    centering: Centering, events: list[tuple[str, int]]
) -> None:
    """In every mode of centring, wherever the market goes; nobody has placed it."""
    axis = an_axis()
    axis.centering, axis.drift_ticks = centering, 1
    axis.follow(a_touch(), is_held=False)
    axis.is_kept = True
    expected = 1000
    for what, bid in events:
        touch = a_touch(bid, bid + 1)
        if what == "space":
            axis.recenter(touch)
            expected = bid
        elif centering is Centering.ALWAYS:
            axis.keep_centered(touch)
        else:
            axis.follow(touch, is_held=what == "held")
        assert axis.cursor == expected
        assert axis.cursor in axis.indices


def test_moving_the_cursor_past_the_edge_scrolls_by_as_little_as_needed() -> None:
    """The cursor is always in view, with a row beyond it on which something may lie."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)

    axis.move_cursor(12)

    assert axis.cursor == 1012
    assert axis.top_index == 1013


def test_an_empty_book_places_nothing() -> None:
    """Without a touch there is nothing to centre on."""
    axis = an_axis()

    axis.follow(Touch(None, None), is_held=False)

    assert axis.top_index is None
    assert axis.index_of_row(0) is None


def test_one_sided_books_centre_on_the_side_that_is_there() -> None:
    """Only asks: the cursor goes to the best ask."""
    axis = an_axis()

    axis.follow(Touch(None, Price(500)), is_held=False)

    assert axis.cursor == 500


@pytest.mark.parametrize(
    ("index", "row"), [(1500, 5), (1011, 5), (500, 14), (990, 14), (3, 16), (0, 19)]
)
def test_what_lies_out_of_view_is_brought_a_quarter_inside_its_edge(index: int, row: int) -> None:
    """What lies beyond it is seen, too; the lowest price is the end of all rows."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)

    axis.bring(index)

    assert axis.row_of_index(index) == row
    assert axis.cursor in axis.indices, "a free cursor comes along"
    axis.follow(a_touch(), is_held=False)
    assert index in axis.indices, "the user holds the place"


def test_a_kept_cursor_stays_on_its_row_when_something_else_is_brought_into_view() -> None:
    """Orders may be sent there: it goes out of sight, as by any scrolling."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    axis.is_kept = True

    axis.bring(1500)

    assert axis.cursor == 1000
    assert axis.seen_cursor is None


def test_what_can_be_read_already_moves_nothing_and_what_is_covered_does() -> None:
    """A row below a message is in view, and nobody sees it."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    axis.bring(1008)
    assert axis.top_index == 1010
    assert not axis.is_placed
    axis.message_rows = 6
    axis.cover(a_touch())
    axis.bring(993)
    row = axis.row_of_index(993)
    assert row is not None
    assert not axis.is_covered(row)


def test_grouping_keeps_the_cursor_price_on_its_screen_row() -> None:
    """Coarser and finer do not lose the place."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    axis.move_cursor(4)
    assert axis.top_index is not None
    assert axis.cursor is not None
    screen_row = axis.top_index - axis.cursor

    assert axis.change_step(finer=False)

    assert axis.step == PRICE_STEPS[1]
    assert axis.cursor == 1004 // PRICE_STEPS[1]
    assert axis.top_index - axis.cursor == screen_row


def test_there_is_nothing_finer_than_a_tick() -> None:
    """The finest grouping is one tick a row."""
    axis = an_axis()

    assert not axis.change_step(finer=True)
    assert axis.step == 1


@given(
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("move"), st.integers(-60, 60)),
            st.tuples(st.just("scroll"), st.integers(-60, 60)),
            st.tuples(st.just("follow"), st.integers(50, 2000)),
            st.tuples(st.just("count"), st.integers(8, 60)),
            st.tuples(st.just("step"), st.integers(0, 1)),
        ),
        max_size=40,
    )
)
def test_a_placed_cursor_is_in_view_after_any_gesture(moves: list[tuple[str, int]]) -> None:
    """Whatever the user does, an anchored cursor's row can be seen after moving it."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    for what, value in moves:
        if what == "move":
            axis.move_cursor(value)
            assert axis.cursor is not None
            assert axis.top_index is not None
            assert axis.bottom_index is not None
            assert axis.bottom_index <= axis.cursor <= axis.top_index
        elif what == "scroll":
            axis.scroll(value)
        elif what == "follow":
            axis.follow(a_touch(value, value + 1), is_held=False)
        elif what == "count":
            axis.set_count(value)
        else:
            axis.change_step(finer=bool(value))
        assert axis.cursor is not None
        assert axis.cursor >= 0


def test_a_drifting_axis_recentres_after_so_many_ticks_and_not_before() -> None:
    """Unless the pointer is over the ladder."""
    axis = an_axis(40)
    axis.centering, axis.drift_ticks = Centering.DRIFT, 5
    axis.follow(a_touch(), is_held=False)
    axis.follow(a_touch(1004, 1005), is_held=False)
    assert axis.top_index == 1020
    axis.follow(a_touch(1005, 1006), is_held=True)
    assert axis.top_index == 1020

    axis.follow(a_touch(1005, 1006), is_held=False)

    assert axis.top_index == 1025


def test_a_static_axis_stays_after_the_same_drift() -> None:
    """As shipped, rows move only after the market has left them."""
    axis = an_axis(40)
    axis.follow(a_touch(), is_held=False)
    axis.follow(a_touch(1010, 1011), is_held=False)
    assert axis.top_index == 1020


def test_an_always_centred_axis_follows_and_waits_while_the_user_looks_elsewhere() -> None:
    """A placed cursor stays on its price and never leaves the view; scrolling waits for Space."""
    axis = an_axis()
    axis.follow(a_touch(), is_held=False)
    axis.keep_centered(a_touch(1003, 1004))
    assert (axis.top_index, axis.cursor) == (1013, 1003)

    axis.place_cursor(1001)
    axis.keep_centered(a_touch(1005, 1006))
    assert (axis.top_index, axis.cursor) == (1015, 1001)
    axis.keep_centered(a_touch(1050, 1051))
    assert (axis.top_index, axis.cursor) == (1015, 1001)

    axis.scroll(-3)
    axis.keep_centered(a_touch(1005, 1006))
    assert axis.top_index == 1012
    axis.recenter(a_touch(1005, 1006))
    axis.keep_centered(a_touch(1006, 1007))
    assert axis.top_index == 1016


@given(
    st.integers(100, 2000),
    st.integers(1, 60),
    st.integers(1, 40),
    st.sets(st.integers(100, 2060), max_size=4),
    st.lists(st.sampled_from(["up", "down", "page", "scroll", "back"]), max_size=8),
)
def test_a_collapsed_spread_leaves_out_only_empty_rows_of_the_inside(
    bid: int, spread: int, count: int, kept: set[int], moves: list[str]
) -> None:
    """Rows stay in order, both best prices and all that is kept remain, and places agree."""
    axis, touch = an_axis(count), a_touch(bid, bid + spread)
    axis.follow(touch, is_held=False)
    axis.collapse(touch, kept, is_held=False)
    axis.recenter(touch)
    for move in moves:
        if move in {"up", "down"}:
            axis.move_cursor(1 if move == "up" else -1)
        elif move == "page":
            axis.move_cursor(10)
        else:
            axis.scroll(3 if move == "scroll" else -3)
        assert axis.cursor is not None
        assert axis.cursor in axis.indices, move

    assert not set(axis.hidden) & {bid, bid + spread, *kept}
    assert all(bid < row < bid + spread for row in axis.hidden)
    indices = list(axis.indices)
    assert len(indices) == count
    assert indices == sorted(set(indices), reverse=True)
    assert [axis.row_of_index(axis.index_of_row(row) or 0) for row in range(count)] == list(
        range(count)
    )
    assert all(axis.row_of_index(row) is None for row in axis.hidden)


def test_while_it_is_held_a_collapsed_spread_only_gives_rows_back() -> None:
    """Rows never jump under the pointer because the spread has grown."""
    axis = an_axis()
    axis.follow(a_touch(1000, 1005), is_held=False)
    axis.collapse(a_touch(1000, 1005), (), is_held=False)
    assert list(axis.hidden) == [1001, 1002, 1003, 1004]

    axis.collapse(a_touch(1000, 1009), (), is_held=True)
    assert list(axis.hidden) == [1001, 1002, 1003, 1004]
    axis.collapse(a_touch(1002, 1009), (), is_held=True)
    assert list(axis.hidden) == [1003, 1004]
    axis.collapse(Touch(None, Price(1009)), (), is_held=False)
    assert not axis.hidden


@pytest.mark.parametrize("counts", [(0, 26), (8, 40, 26), (40, 3, 1, 20), (26, 0, 12, 30)])
def test_a_ladder_that_is_laid_out_in_steps_opens_with_the_inside_in_the_middle(
    counts: tuple[int, ...],
) -> None:
    """Also under the pointer, where nothing is recentred by itself."""
    axis, touch = LadderAxis(), Touch(Price(1000), Price(1001))
    for count in counts:
        axis.set_count(count)
        axis.follow(touch, is_held=True)
        axis.cover(touch)
    assert axis.row_of_index(1000) == counts[-1] // 2
