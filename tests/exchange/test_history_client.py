"""The past: what goes out for each list, and that every page and week is walked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from terminal.domain.clock import TimestampMs
from terminal.domain.units import OrderId, Side
from terminal.exchange.history_client import HistoryClient
from terminal.exchange.paging import WEEK_MS
from tests.support.answers import Answers, saying
from tests.support.builders import XBT
from tests.support.payloads import known_scales, load

if TYPE_CHECKING:
    import httpx
    import pytest

START = TimestampMs(1_760_000_000_000)
EMPTY = {"currentPage": 1, "pageSize": 1000, "totalNum": 0, "totalPage": 0, "items": []}


def a_client(answers: Answers) -> HistoryClient:
    return HistoryClient(answers.http, known_scales())


async def test_done_orders_are_asked_week_by_week_the_latest_first() -> None:
    answers = saying(EMPTY)
    end = TimestampMs(START + WEEK_MS + 5)
    walk = a_client(answers).done_orders(START, end, symbol=XBT, side=Side.BUY)
    assert await walk.collect() == ()
    common = {"status": "done", "symbol": XBT, "side": "buy", "currentPage": "1"}
    common["pageSize"] = "1000"
    assert answers.query(0) == {**common, "startAt": str(START + 5), "endAt": str(end)}
    assert answers.query(1) == {**common, "startAt": str(START), "endAt": str(START + 5)}
    assert len(answers.asked) == 2


async def test_pages_of_a_week_are_joined_and_one_strange_row_hides_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill = load("fill")

    def answer(request: httpx.Request) -> Any:
        page = int(request.url.params["currentPage"])
        rows = [{**fill, "tradeId": f"{page}-{at}"} for at in range(2)]
        rows.append({**fill, "symbol": "GONE", "tradeId": "x"})
        return {"currentPage": page, "totalPage": 2, "items": rows}

    with caplog.at_level(logging.CRITICAL, logger="app"):
        walk = a_client(Answers(answer)).fills(START, TimestampMs(START + 5))
        assert [fill.trade_id for fill in await walk.collect()] == ["1-0", "1-1", "2-0", "2-1"]


async def test_stops_and_fills_of_one_order_come_by_page() -> None:
    stops = saying({**EMPTY, "totalPage": 1, "items": [load("stop_order")]})
    (stop,) = await a_client(stops).stop_orders(symbol=XBT).collect()
    assert stop.untriggered
    assert stops.line() == "GET /api/v1/stopOrders"
    fills = saying(load("fills_page"))
    assert len(await a_client(fills).fills_of_order(OrderId("4")).collect()) == 1
    assert fills.query() == {"orderId": "4", "currentPage": "1", "pageSize": "1000"}


async def test_the_ledger_goes_on_from_the_smallest_offset_and_never_from_a_running_row() -> None:
    row = load("ledger")["dataList"][0]
    running = load("ledger_pending")["dataList"][0]
    pages = {
        None: ([running, {**row, "offset": 9}, {**row, "offset": 7}], True),
        "7": ([running, {**row, "offset": 7}, {**row, "offset": 5}], False),
    }

    def answer(request: httpx.Request) -> Any:
        rows, more = pages[request.url.params.get("offset")]
        return {"dataList": rows, "hasMore": more}

    answers = Answers(answer)
    found = await a_client(answers).ledger("USDT", start_at=START).collect()
    assert [one.offset for one in found] == [-1, 9, 7, 5]
    assert "type" not in answers.query(), "its spelling is inconsistent"


async def test_funding_payments_and_closed_positions() -> None:
    funding = saying(load("funding_history"))
    assert len(await a_client(funding).funding_payments(XBT, end_at=START).collect()) == 1
    assert funding.query() == {"symbol": XBT, "endAt": str(START), "maxCount": "100"}
    closed = saying(load("closed_positions"))
    walk = a_client(closed).closed_positions(start_at=START, end_at=START)
    assert len(await walk.collect()) == 1
    assert closed.query() == {"from": str(START), "to": str(START), "limit": "200", "pageId": "1"}


async def test_totals_of_open_orders() -> None:
    totals = await a_client(saying(load("open_order_statistics"))).open_order_totals(XBT)
    assert totals.buy_lots == 2
