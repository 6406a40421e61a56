"""Lines and marks of the chart: what each order state, position and fill looks like in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import CandleInterval
from terminal.domain.clock import TimestampNs
from terminal.domain.events import Fill, OrderType
from terminal.domain.order import Order, OrderState, PendingCommand
from terminal.domain.position import FLAT, PositionCore
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from terminal.viewmodels.chart_columns import CandleValues
from terminal.viewmodels.chart_marks import (
    countdown,
    entry_line,
    fill_marks,
    last_line,
    order_lines,
)
from terminal.viewmodels.chart_view import FillMark, LineKind
from terminal.viewmodels.text import MINUS, THIN_SPACE, Role
from tests.support.builders import NOW_MS, XBT, a_contract, a_fill, an_inverse_contract

LINEAR, INVERSE = a_contract(), an_inverse_contract()
MINUTE_NS = 60_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def an_order(number: int = 1, price: int | None = 1000, lots: int = 4, **changes: object) -> Order:
    order = Order(
        symbol=XBT,
        client_oid=ClientOid(f"c{number}"),
        order_id=OrderId(f"o{number}"),
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        price=None if price is None else Price(price),
        lots=Lots(lots),
        state=OrderState.OPEN,
    )
    return replace(order, **changes)  # type: ignore[arg-type] # fields by name


def a_fill_at(minute: int, side: Side, price: int, lots: int) -> Fill:
    at = TimestampNs((NOW_MS // MINUTE + minute) * MINUTE_NS + 59_999_999_999)
    return a_fill(event_at=at, side=side, price=Price(price), lots=Lots(lots))


def slot_of(at_ms: int) -> int:
    return at_ms // MINUTE - NOW_MS // MINUTE


# Orders ----------------------------------------------------------------------------------------


def test_orders_are_lines_by_price_and_side() -> None:
    """Orders on one price and side share a line, the highest price comes first."""
    lines = order_lines(
        [
            an_order(1, 1000, 1200),
            an_order(2, 1010, 2, side=Side.SELL),
            an_order(3, 1000, 5),
            an_order(4, 1000, 6, side=Side.SELL),
        ],
        LINEAR,
    )

    assert [(line.price, line.label, line.tag, line.role) for line in lines] == [
        (1010, "▼ Sell 2", "101.0", Role.SELL),
        (1000, f"▲ Buy 2: 1{THIN_SPACE}205", "100.0", Role.BUY),
        (1000, "▼ Sell 6", "100.0", Role.SELL),
    ]
    assert {line.kind for line in lines} == {LineKind.ORDER}


def test_only_working_orders_with_a_price_have_lines() -> None:
    """What has ended, and market orders, are not drawn."""
    lines = order_lines(
        [
            an_order(1, state=OrderState.FILLED),
            an_order(2, state=OrderState.CANCELED),
            an_order(3, None, order_type=OrderType.MARKET),
        ],
        LINEAR,
    )

    assert lines == ()


def test_every_state_looks_different_and_doubt_is_never_a_side() -> None:
    """Style, words and color tell the states apart; what is uncertain has the color of caution."""
    states = {
        "open": an_order(),
        "partly": an_order(state=OrderState.PARTLY_FILLED, filled=Lots(1)),
        "sending": an_order(state=OrderState.SUBMITTING),
        "canceling": an_order(pending=PendingCommand.CANCEL),
        "unknown": an_order(state=OrderState.UNKNOWN),
        "stop": an_order(state=OrderState.UNTRIGGERED),
    }
    lines = {name: order_lines([order], LINEAR)[0] for name, order in states.items()}

    looks = [(line.style, line.detail, line.role) for line in lines.values()]
    assert len(set(looks)) == len(looks)
    cautious = {name for name, line in lines.items() if line.role is Role.CAUTION}
    assert cautious == {"sending", "unknown"}
    assert lines["partly"].label == "▲ Buy 3"
    assert lines["unknown"].style is not lines["open"].style


# Position --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contract", "lots", "label", "gain", "role"),
    [
        (LINEAR, 2000, f"Long 2{THIN_SPACE}000", "+20.00 USDT", Role.BUY),
        (LINEAR, -2, "Short 2", f"{MINUS}0.02 USDT", Role.SELL),
        (INVERSE, 200, "Long 200", "+0.181818 XBT", Role.BUY),
        (INVERSE, -200, "Short 200", f"{MINUS}0.181818 XBT", Role.SELL),
    ],
)
def test_the_entry_tells_lots_and_profit(
    contract: object, lots: int, label: str, gain: str, role: Role
) -> None:
    """The line lies at the average entry in ticks; profit is in the settle currency."""
    held = PositionCore(Lots(lots), ExactPrice(Decimal(100)))

    (line,) = entry_line(held, ExactPrice(Decimal(110)), contract)  # type: ignore[arg-type] # table

    assert (line.kind, line.price, line.label, line.tag) == (
        LineKind.ENTRY,
        1000,
        label,
        "100.00",
    )
    assert (line.detail, line.detail_role) == (gain, role)


def test_no_position_no_line_and_no_mark_no_profit() -> None:
    """Nothing is made up: flat has no line, an unknown mark price no profit."""
    mark = ExactPrice(Decimal(110))
    assert entry_line(FLAT, mark, LINEAR) == ()
    assert entry_line(PositionCore(Lots(3), None), mark, LINEAR) == ()

    (line,) = entry_line(PositionCore(Lots(3), ExactPrice(Decimal("100.05"))), None, LINEAR)

    assert line.price == pytest.approx(1000.5)
    assert (line.detail, line.detail_role) == ("", Role.TEXT_DIM)


# Last price ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("close", "role"), [(1001, Role.BUY), (999, Role.SELL), (1000, Role.TEXT_DIM)]
)
def test_the_last_price_has_the_color_of_its_candle(close: int, role: Role) -> None:
    """Rising, falling or neither; below the price stands how long the candle still has."""
    live = CandleValues(0, 1000, 1002, 998, close, 5)

    line = last_line(live, LINEAR, CandleInterval.M1, 42_000)

    assert (line.kind, line.price, line.role, line.detail) == (LineKind.LAST, close, role, "0:42")
    assert line.tag == f"{close // 10}.{close % 10}"


@pytest.mark.parametrize(
    ("left_ms", "interval", "expected"),
    [
        (42 * SECOND, CandleInterval.M1, "0:42"),
        (41_001, CandleInterval.M1, "0:42"),
        (0, CandleInterval.M1, "0:00"),
        (-5, CandleInterval.M1, "0:00"),
        (HOUR, CandleInterval.H1, "1:00:00"),
        (59 * MINUTE + 7 * SECOND, CandleInterval.H1, "59:07"),
        (59 * MINUTE + 7 * SECOND, CandleInterval.H4, "0:59:07"),
        (3 * HOUR + 59 * MINUTE, CandleInterval.H4, "3:59:00"),
        (DAY, CandleInterval.D1, "24:00:00"),
        (5 * DAY + 7 * HOUR + MINUTE, CandleInterval.W1, "5 d 07 h"),
        (DAY, CandleInterval.W1, "1 d 00 h"),
        (DAY - SECOND, CandleInterval.W1, "23:59:59"),
        (SECOND, CandleInterval.W1, "0:00:01"),
    ],
)
def test_the_countdown(left_ms: int, interval: CandleInterval, expected: str) -> None:
    """As fine as it helps: days and hours for weeks, seconds for what is near."""
    assert countdown(left_ms, interval) == expected


# Fills -----------------------------------------------------------------------------------------


def test_fills_are_gathered_by_candle_and_side() -> None:
    """One mark a side and candle, at the mean price by lots, oldest first."""
    fills = [
        a_fill_at(3, Side.BUY, 1000, 1),
        a_fill_at(1, Side.SELL, 990, 2),
        a_fill_at(3, Side.BUY, 1003, 2),
        a_fill_at(3, Side.SELL, 1010, 5),
    ]

    marks = fill_marks(fills, LINEAR, slot_of)

    assert marks == (
        FillMark(1, 990, Side.SELL, 2),
        FillMark(3, 1002, Side.BUY, 3),
        FillMark(3, 1010, Side.SELL, 5),
    )


@given(
    st.lists(
        st.tuples(
            st.integers(-5, 5), st.sampled_from(Side), st.integers(1, 2000), st.integers(0, 99)
        ),
        max_size=30,
    )
)
def test_no_lot_of_a_fill_is_lost(rows: list[tuple[int, Side, int, int]]) -> None:
    """The marks hold all lots of each side; prices stay between the lowest and the highest fill."""
    marks = fill_marks((a_fill_at(*row) for row in rows), LINEAR, slot_of)

    for side in Side:
        filled = [row for row in rows if row[1] is side and row[3]]
        of_side = [mark for mark in marks if mark.side is side]
        assert sum(mark.lots for mark in of_side) == sum(row[3] for row in filled)
        for mark in of_side:
            prices = [row[2] for row in filled if row[0] == mark.slot]
            assert min(prices) <= mark.price <= max(prices)
    assert [mark.slot for mark in marks] == sorted(mark.slot for mark in marks)


def test_fills_of_other_contracts_are_not_marked() -> None:
    """Only what was traded here."""
    assert fill_marks([a_fill(symbol=INVERSE.symbol)], LINEAR, slot_of) == ()


def test_a_waiting_stop_is_a_line_at_its_trigger() -> None:
    """A market stop has no price of its own, and a limit stop does not rest at its price yet."""
    market = an_order(1, None, state=OrderState.UNTRIGGERED, trigger=Price(900))
    limit = an_order(2, 1000, state=OrderState.UNTRIGGERED, trigger=Price(1100))
    lines = order_lines([market, limit], a_contract())
    assert [(line.price, line.detail) for line in lines] == [(1100.0, "stop"), (900.0, "stop")]
