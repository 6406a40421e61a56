"""Walks: every row once, bounded, and an end where the exchange repeats itself."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.exchange.errors import ProtocolError, TransportError
from terminal.exchange.paging import WEEK_MS, by_offset, by_pages, by_stretches, by_windows
from terminal.wire.pages import MorePayload, PagePayload

START = TimestampMs(1_760_000_000_000)


def same(row: int) -> int:
    return row


def all_of(rows: tuple[int, ...]) -> tuple[int, ...]:
    return rows


@given(st.integers(0, 57), st.integers(1, 10), st.booleans())
async def test_numbered_pages_give_every_row_once(
    total: int, size: int, says_how_many: bool
) -> None:
    asked: list[int] = []
    pages = -(-total // size)

    async def ask(page: int) -> PagePayload[int]:
        asked.append(page)
        rows = list(range((page - 1) * size, min(total, page * size)))
        return PagePayload(items=rows, totalPage=pages if says_how_many else None)

    walk = by_pages(ask, same, all_of)
    assert await walk.collect() == tuple(range(total))
    assert walk.is_whole
    assert len(asked) <= pages + 1


async def test_rows_that_shift_between_pages_count_once() -> None:
    pages = {1: [1, 2], 2: [2, 3], 3: [3, 4]}

    async def ask(page: int) -> PagePayload[int]:
        return PagePayload(items=pages[page], totalPage=3)

    assert await by_pages(ask, same, all_of).collect() == (1, 2, 3, 4)


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=8),
    st.integers(0, 15),
    st.integers(1, 4),
)
async def test_no_row_is_lost_or_doubled_when_rows_come_while_walking(
    arrivals: list[list[int]], total: int, size: int
) -> None:
    """The newest come first and push the others on; some answers are all known rows then."""
    listed = list(range(total))
    coming = [sum(some) for some in arrivals]

    async def ask(page: int) -> PagePayload[int]:
        if page > 1 and coming:
            for _ in range(coming.pop()):
                listed.insert(0, -len(listed) - 1)
        part = listed[(page - 1) * size : page * size]
        return PagePayload(part, page, size, len(listed), -(-len(listed) // size))

    walk = by_pages(ask, same, all_of, must_end=True)
    found = await walk.collect()
    assert len(set(found)) == len(found)
    assert set(range(total)) <= set(found)
    assert walk.is_whole


@given(st.lists(st.integers(0, 14), max_size=6), st.integers(0, 15), st.integers(1, 4))
async def test_no_row_is_lost_when_rows_go_while_walking(
    going: list[int], total: int, size: int
) -> None:
    """Orders that end pull the others past the border of a page that was read already."""
    listed = list(range(total))
    gone: set[int] = set()

    async def ask(page: int) -> PagePayload[int]:
        if page > 1 and going:
            row = going.pop()
            if row in listed:
                listed.remove(row)
                gone.add(row)
        part = listed[(page - 1) * size : page * size]
        return PagePayload(part, page, size, len(listed), -(-len(listed) // size))

    found = await by_pages(ask, same, all_of, must_end=True).collect()
    assert len(set(found)) == len(found)
    assert set(range(total)) - gone <= set(found)


async def test_an_error_says_where_the_walk_stood_and_the_walk_goes_on_there() -> None:
    """What was yielded stays; the question that failed is asked again."""
    asked: list[int] = []

    async def ask(page: int) -> PagePayload[int]:
        asked.append(page)
        if asked == [1, 2]:
            raise TransportError("GET /x: ReadTimeout", was_sent=True)
        return PagePayload(items=[page], totalPage=3)

    walk = by_pages(ask, same, all_of)
    assert await anext(walk) == (1,)
    with pytest.raises(TransportError) as caught:
        await anext(walk)
    assert str(caught.value) == "GET /x: ReadTimeout, after 1 answers with 1 rows, at (0, 2)"
    assert await walk.collect() == (2, 3)
    assert asked == [1, 2, 2, 3]
    assert walk.is_whole


async def test_a_repeated_page_ends_a_walk_and_is_an_error_where_nothing_may_be_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = 0

    async def ask(page: int) -> PagePayload[int]:
        nonlocal asked
        asked += 1
        return PagePayload(items=[1, 2], totalPage=10**6)

    with caplog.at_level(logging.CRITICAL, logger="app"):
        walk = by_pages(ask, same, all_of)
        assert await walk.collect() == (1, 2)
    assert (asked, walk.is_whole) == (2, False)
    with pytest.raises(ProtocolError, match="repeats"):
        await by_pages(ask, same, all_of, must_end=True).collect()


async def test_pages_without_end_are_bounded() -> None:
    async def ask(page: int) -> PagePayload[int]:
        return PagePayload(items=[page], totalPage=10**6)

    walk = by_pages(ask, same, all_of, max_requests=5)
    with pytest.raises(ProtocolError, match="without end"):
        await walk.collect()
    assert await walk.collect() == (), "and nothing more is asked"


async def test_nothing_is_asked_before_the_walk_is_taken() -> None:
    async def ask(page: int) -> PagePayload[int]:
        raise AssertionError(page)

    by_pages(ask, same, all_of)


@given(st.integers(0, 50), st.integers(1, 9))
async def test_stretches_by_offset_go_on_behind_the_last_row(total: int, size: int) -> None:
    async def ask(offset: int | str | None) -> MorePayload[int]:
        newest = total if offset is None else int(offset) - 1
        rows = list(range(newest, max(0, newest - size), -1))
        return MorePayload(dataList=rows, hasMore=newest - size > 0)

    walk = by_offset(ask, lambda rows: rows[-1], same, all_of)
    assert await walk.collect() == tuple(range(total, 0, -1))


@pytest.mark.parametrize("rows", [[7, 6], None, []])
async def test_an_offset_that_goes_nowhere_ends_the_walk(
    rows: list[int] | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(_: int | str | None) -> MorePayload[int]:
        return MorePayload(dataList=rows, hasMore=True)

    with caplog.at_level(logging.CRITICAL, logger="app"):
        assert await by_offset(ask, lambda found: found[-1], same, all_of).collect() == tuple(
            rows or ()
        )


@given(
    st.lists(st.integers(0, 5 * WEEK_MS), unique=True, max_size=40),
    st.integers(1, 7),
    st.integers(0, 5 * WEEK_MS),
)
async def test_weeks_give_every_row_of_the_time_once(
    moments: list[int], size: int, length: int
) -> None:
    end = TimestampMs(START + length)

    async def ask(begin: TimestampMs, until: TimestampMs, page: int) -> PagePayload[int]:
        assert START <= begin <= until <= end
        assert until - begin <= WEEK_MS
        inside = sorted((START + m for m in moments if begin <= START + m <= until), reverse=True)
        part = inside[(page - 1) * size : page * size]
        return PagePayload(items=part, totalPage=-(-len(inside) // size))

    walk = by_windows(ask, START, end, same, all_of)
    found = await walk.collect()
    wanted = sorted((START + m for m in moments if m <= length), reverse=True)
    assert sorted(found, reverse=True) == wanted
    assert walk.is_whole


async def test_who_does_not_say_whether_there_is_more_is_asked_until_nothing_comes() -> None:
    async def ask(offset: int | str | None) -> MorePayload[int]:
        newest = 5 if offset is None else int(offset) - 1
        return MorePayload(dataList=list(range(newest, max(0, newest - 2), -1)))

    walk = by_offset(ask, lambda rows: rows[-1], same, all_of)
    assert await walk.collect() == (5, 4, 3, 2, 1)
    assert walk.is_whole


async def test_more_without_rows_is_no_end(caplog: pytest.LogCaptureFixture) -> None:
    async def ask(_: int | str | None) -> MorePayload[int]:
        return MorePayload(dataList=[], hasMore=True)

    walk = by_offset(ask, lambda found: found[-1], same, all_of)
    with caplog.at_level(logging.CRITICAL, logger="app"):
        assert await walk.collect() == ()
    assert not walk.is_whole


async def test_a_time_that_ends_before_it_begins_asks_nothing() -> None:
    async def ask(begin: TimestampMs, until: TimestampMs, page: int) -> PagePayload[int]:
        raise AssertionError(begin, until, page)

    assert await by_windows(ask, START, TimestampMs(START - 1), same, all_of).collect() == ()


@given(
    st.lists(st.integers(0, 10_000), unique=True, max_size=60),
    st.integers(1, 9),
    st.sampled_from(["first", "last"]),
)
async def test_full_answers_are_asked_around_whichever_end_they_show(
    moments: list[int], most: int, shows: str
) -> None:
    async def ask(begin: TimestampMs, end: TimestampMs) -> list[int]:
        inside = sorted(START + m for m in moments if begin <= START + m <= end)
        return inside[:most] if shows == "first" else inside[-most:]

    end = TimestampMs(START + 10_000)
    walk = by_stretches(ask, START, end, same, all_of, most=most)
    assert sorted(await walk.collect()) == sorted(START + m for m in moments)
