from dataclasses import replace

from terminal.domain.book import OrderBook
from terminal.domain.events import BookSnapshot, Level, OrderType
from terminal.domain.guard import Touch
from terminal.domain.order import Order, OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side, Symbol
from terminal.viewmodels.ladder_columns import LadderColumn, NumberFormat
from terminal.viewmodels.ladder_rows import RowBuilder, RowMarks, own_marks
from terminal.viewmodels.ladder_style import RowStyle
from terminal.viewmodels.ladder_view import LadderRow, OwnState
from tests.support.builders import a_contract

NO_MARKS = RowMarks()
C = LadderColumn


def a_book() -> OrderBook:
    book = OrderBook(Symbol("XBTUSDTM"))
    bids = (Level(Price(100), Lots(5)), Level(Price(99), Lots(2000)))
    asks = (Level(Price(102), Lots(7)), Level(Price(103), Lots(3)))
    book.load(BookSnapshot(Symbol("XBTUSDTM"), 1, bids, asks, 0))  # type: ignore[arg-type] # epoch
    return book


def rows_of(
    marks: RowMarks = NO_MARKS, step: int = 1, *, is_book_shown: bool = True
) -> tuple[LadderRow, ...]:
    return RowBuilder(a_contract()).build(
        a_book(),
        Touch(Price(100), Price(102)),
        indices=range(104 // step, 104 // step - 6, -1),
        step=step,
        own={},
        marks=marks,
        is_book_shown=is_book_shown,
    )


def an_open_order(
    number: int = 1, price: int = 100, lots: int = 10, side: Side = Side.BUY
) -> Order:
    return Order(
        symbol=Symbol("XBTUSDTM"),
        client_oid=ClientOid(f"c{number}"),
        order_id=OrderId(f"o{number}"),
        side=side,
        order_type=OrderType.LIMIT,
        price=Price(price),
        lots=Lots(lots),
        state=OrderState.OPEN,
    )


def test_rows_run_from_the_top_down_with_depth_on_their_sides() -> None:
    """Asks above, the empty inside between, bids below."""
    rows = rows_of()

    assert [row.price for row in rows] == [104, 103, 102, 101, 100, 99]
    assert [row.ask_text for row in rows] == ["", "3", "7", "", "", ""]
    assert [row.bid_text for row in rows] == ["", "", "", "", "5", "2\N{NARROW NO-BREAK SPACE}000"]
    assert [row.is_best_bid for row in rows].index(True) == 4
    assert [row.is_best_ask for row in rows].index(True) == 2
    assert [row.is_inside for row in rows] == [False, False, False, True, False, False]


def test_the_longest_bar_belongs_to_the_largest_row_in_view() -> None:
    """Shares are of the widest bar."""
    rows = rows_of()

    assert rows[5].bid_share == 1.0
    assert rows[4].bid_share == 5 / 2000


def test_a_book_that_is_not_live_is_not_drawn() -> None:
    """Prices stay, depth and touch go."""
    rows = rows_of(is_book_shown=False)

    assert all(row.price_text for row in rows)
    assert not any(row.bid_text or row.ask_text for row in rows)
    assert not any(row.is_best_bid or row.is_best_ask for row in rows)


def test_marks_fall_on_their_rows() -> None:
    """Cursor, grab target, entry and last trade."""
    rows = rows_of(RowMarks(100, 101, 99, 102, Lots(4), -1))

    assert [row.is_cursor for row in rows].index(True) == 4
    assert [row.is_grab_target for row in rows].index(True) == 3
    assert [row.is_entry for row in rows].index(True) == 5
    last = rows[2]
    assert (last.is_last, last.last_text, last.last_way) == (True, "4", -1)


def test_grouped_rows_sum_their_levels() -> None:
    """A step of five ticks gathers what lies within."""
    rows = rows_of(step=5)

    assert rows[0].price == 100
    assert (rows[0].bid_text, rows[0].ask_text) == ("5", "10")
    assert rows[1].bid_text == "2\N{NARROW NO-BREAK SPACE}000"


def test_sums_run_through_rows_out_of_view_when_the_market_is_far_off() -> None:
    """From the touch at 100 and 102, more than a screen away on either side."""
    style = RowStyle(dict.fromkeys((C.BID_TOTAL, C.ASK_TOTAL, C.IMBALANCE), NumberFormat.LOTS))
    touch = Touch(Price(100), Price(102))
    for top in (1000, 60):
        rows = RowBuilder(a_contract()).build(
            a_book(), touch, indices=range(top, top - 6, -1), step=1, own={}, marks=NO_MARKS,
            style=style,
        )  # fmt: skip
        for row in rows:
            totals = (row.extras.bid_total, row.extras.ask_total)
            assert totals == (("", "10") if top > 102 else ("2\N{NARROW NO-BREAK SPACE}005", ""))
            assert row.extras.imbalance == "100", "2 005 of 2 015"


def test_own_orders_gather_by_row_and_side() -> None:
    """Two on a row show how many they are and their sum."""
    marks = own_marks(
        [an_open_order(1), an_open_order(2, lots=5), an_open_order(3, 101, 7, Side.SELL)], step=1
    )

    assert marks[100, Side.BUY].text == "2: 15"
    assert marks[100, Side.BUY].orders == 2
    assert marks[101, Side.SELL].text == "7"
    assert marks[101, Side.SELL].state is OwnState.WORKING


def test_the_worst_state_on_a_row_decides_its_drawing() -> None:
    """Unknown before pending before working."""
    pending = replace(an_open_order(2), state=OrderState.SUBMITTING)
    unknown = replace(an_open_order(3), state=OrderState.UNKNOWN)
    canceling = replace(an_open_order(4), pending=PendingCommand.CANCEL)
    partly = replace(an_open_order(5), state=OrderState.PARTLY_FILLED, filled=Lots(4))

    assert own_marks([an_open_order(), pending], 1)[100, Side.BUY].state is OwnState.PENDING
    assert own_marks([pending, unknown], 1)[100, Side.BUY].state is OwnState.UNKNOWN
    assert own_marks([an_open_order(), canceling], 1)[100, Side.BUY].state is OwnState.CANCELING
    mark = own_marks([partly], 1)[100, Side.BUY]
    assert (mark.text, mark.state, mark.filled_share) == ("6", OwnState.PARTLY, 0.4)


def test_ended_orders_leave_no_mark() -> None:
    """Only what can still fill is on the ladder."""
    done = replace(an_open_order(), state=OrderState.CANCELED)

    assert own_marks([done], 1) == {}


def test_a_stop_that_closes_the_position_says_all_whatever_lots_it_was_placed_for() -> None:
    """Its lots are those of when it was placed; it closes what is held by then."""
    stop = replace(an_open_order(1, lots=101), is_close_order=True)

    assert own_marks([stop], 1)[100, Side.BUY].text == "all"
    assert own_marks([stop, an_open_order(2)], 1)[100, Side.BUY].text == "2: all"
