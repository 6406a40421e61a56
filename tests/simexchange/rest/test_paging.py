"""Pages: walking through all of them gives every row once, and windows keep their bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.paging import (
    DAY_MS,
    WEEK_MS,
    Window,
    asked_window,
    bounded_window,
    more,
    page,
)
from terminal.simexchange.rest.routing import Call

NOW_MS = 1_760_000_000_000


def a_call(**query: object) -> Call:
    return Call("GET", "/", {name: str(value) for name, value in query.items()})


def test_only_the_rows_of_the_page_are_made() -> None:
    made: list[int] = []

    def make(row: int) -> int:
        made.append(row)
        return row

    found = page(a_call(currentPage=2, pageSize=3), range(8), make)
    assert found == {
        "currentPage": 2,
        "pageSize": 3,
        "totalNum": 8,
        "totalPage": 3,
        "items": [3, 4, 5],
    }
    assert made == [3, 4, 5]


@given(st.integers(0, 120), st.integers(1, 50))
def test_all_pages_together_are_all_rows(count: int, size: int) -> None:
    """A page behind the last is empty."""
    rows = list(range(count))
    first = page(a_call(pageSize=size), rows, str)
    walked: list[str] = []
    for number in range(1, first["totalPage"] + 1):
        walked += page(a_call(currentPage=number, pageSize=size), rows, str)["items"]
    assert walked == [str(row) for row in rows]
    behind = page(a_call(currentPage=first["totalPage"] + 1, pageSize=size), rows, str)
    assert (behind["items"], behind["totalNum"]) == ([], count)


@pytest.mark.parametrize(
    ("query", "size"), [({}, 50), ({"pageSize": 1000}, 1000), ({"pageSize": 5000}, 1000)]
)
def test_the_size_of_a_page(query: dict[str, int], size: int) -> None:
    assert len(page(a_call(**query), range(2000), str)["items"]) == size


@pytest.mark.parametrize("name", ["currentPage", "pageSize"])
@pytest.mark.parametrize("value", ["-1", "1.5", "x", "9" * 30])
def test_a_page_is_asked_for_with_whole_numbers(name: str, value: str) -> None:
    with pytest.raises(Refused, match="400100"):
        page(a_call(**{name: value}), range(3), str)


# By offset --------------------------------------------------------------------------------------

OFFSETS = st.sets(st.integers(0, 10**12), max_size=60)


def walk(offsets: list[int], **query: object) -> list[int]:
    """All rows, page after page, by the offset of the last one."""
    walked: list[int] = []
    answer: dict[str, Any] = more(a_call(**query), offsets, lambda row: row, lambda row: row)
    while True:
        walked += answer["dataList"]
        if not answer["hasMore"]:
            return walked
        assert answer["dataList"]
        call = a_call(offset=walked[-1], **query)
        answer = more(call, offsets, lambda row: row, lambda row: row)


@given(OFFSETS, st.integers(0, 3), st.integers(1, 20), st.booleans(), st.booleans())
def test_every_walk_gives_every_row_once(
    known: set[int],
    pending: int,
    count: int,
    is_reverse: bool,
    is_forward: bool,
) -> None:
    """Newest first by default and when both flags are false; otherwise oldest first."""
    rows = [*sorted(known), *range(-pending, 0)]
    flags = {"reverse": str(is_reverse).lower(), "forward": str(is_forward).lower()}
    walked = walk(rows, maxCount=count, **flags)
    assert walked == (rows[::-1] if is_reverse == is_forward else rows)


@given(OFFSETS, st.integers(1, 9), st.integers(1, 4))
def test_rows_that_are_not_asked_for_are_passed_over(
    known: set[int], count: int, step: int
) -> None:
    """They count neither for a page nor for whether there is more."""
    rows, walked = sorted(known), list[int]()
    query: dict[str, object] = {"maxCount": count}
    while True:
        answer = more(a_call(**query), rows, int, int, is_asked=lambda row: row % step == 0)
        walked += answer["dataList"]
        if not answer["hasMore"]:
            break
        assert len(answer["dataList"]) == count
        query["offset"] = walked[-1]
    assert walked == [row for row in reversed(rows) if row % step == 0]


@given(OFFSETS, st.integers(1, 9))
def test_the_smallest_offset_of_a_page_leads_on(known: set[int], count: int) -> None:
    """The ledger is paged by it; the pending row's -1 repeats no more than the page it led."""
    rows = [*sorted(known), -1]
    seen: set[int] = set()
    query: dict[str, object] = {"maxCount": count}
    for _ in range(len(rows) + 2):
        answer = more(a_call(**query), rows, lambda row: row, lambda row: row)
        seen.update(answer["dataList"])
        if not answer["hasMore"]:
            break
        query["offset"] = min(answer["dataList"])
    assert seen == set(rows)


@pytest.mark.parametrize(
    ("query", "size"), [({}, 10), ({"maxCount": 100}, 100), ({"maxCount": 900}, 100)]
)
def test_how_many_rows_come(query: dict[str, int], size: int) -> None:
    answer = more(a_call(**query), range(500), lambda row: row, lambda row: row)
    assert answer == {"dataList": list(range(499, 499 - size, -1)), "hasMore": True}


@pytest.mark.parametrize(
    ("name", "value"),
    [("offset", "x"), ("offset", "--1"), ("offset", "-"), ("forward", "maybe"), ("maxCount", "-3")],
)
def test_nonsense_is_refused(name: str, value: str) -> None:
    with pytest.raises(Refused, match="400100"):
        more(a_call(**{name: value}), range(3), lambda row: row, str)


# Windows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ({}, Window(NOW_MS - WEEK_MS, None)),
        ({"startAt": 5}, Window(5, 5 + DAY_MS)),
        ({"endAt": NOW_MS}, Window(NOW_MS - DAY_MS, NOW_MS)),
        ({"endAt": 5}, Window(0, 5)),
        ({"startAt": 7, "endAt": 7 + WEEK_MS}, Window(7, 7 + WEEK_MS)),
    ],
)
def test_windows_of_a_week(query: dict[str, int], window: Window) -> None:
    """One bound takes a day from it."""
    assert bounded_window(a_call(**query), WEEK_MS, WEEK_MS, NOW_MS) == window


@pytest.mark.parametrize(
    "query", [{"startAt": 7, "endAt": 8 + WEEK_MS}, {"startAt": 9, "endAt": 8}, {"startAt": "x"}]
)
def test_windows_that_are_refused(query: dict[str, object]) -> None:
    with pytest.raises(Refused, match="400100") as caught:
        bounded_window(a_call(**query), WEEK_MS, WEEK_MS, NOW_MS)
    assert caught.value.status == 400


def test_both_ends_belong_to_a_window() -> None:
    window = asked_window(a_call(startAt=3, endAt=5))
    assert [at for at in range(9) if window.holds(at)] == [3, 4, 5]
    assert asked_window(a_call()).holds(0)
