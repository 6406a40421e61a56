"""One pool against a model of the gateway: it is never overdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from terminal.exchange.meter import Figures, Meter, Urgency, figures_of

LIMIT = 100


@final
@dataclass
class Gateway:
    """Counts as reference 1.7 says: fixed windows that start with their first request."""

    window_s: float
    ends_s: float = 0.0
    spent: dict[Urgency, int] = field(default_factory=dict)

    def count(self, weight: int, urgency: Urgency, now_s: float) -> Figures:
        if now_s >= self.ends_s:
            self.ends_s, self.spent = now_s + self.window_s, {}
        self.spent[urgency] = self.spent.get(urgency, 0) + weight
        left = LIMIT - sum(self.spent.values())
        return Figures(LIMIT, left, int((self.ends_s - now_s) * 1000))

    def of(self, *kinds: Urgency) -> int:
        return sum(self.spent.get(kind, 0) for kind in kinds)


@final
@dataclass(frozen=True)
class Try:
    """A request: how long after the one before, and what becomes of it."""

    gap_s: float
    weight: int
    urgency: Urgency
    there_s: float
    back_s: float
    is_told: bool


TRIES = st.lists(
    st.builds(
        Try,
        gap_s=st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 40)),
        weight=st.integers(1, 30),
        urgency=st.sampled_from(Urgency),
        there_s=st.one_of(st.floats(0, 0.1), st.floats(0, 3)),
        back_s=st.one_of(st.floats(0, 0.1), st.floats(0, 2)),
        is_told=st.booleans(),
    ),
    min_size=5,
    max_size=60,
)


def run(tries: list[Try], window_s: float, *, always_told: bool | None = None) -> list[int]:
    """Play requests against the model, answers overtaking each other; returns what was let go."""
    gateway, meter = Gateway(window_s), Meter(LIMIT, window_s)
    events: list[tuple[float, int, int, Try | None, int, Figures | None]] = []
    now_s, order, gone = 0.0, 0, list[int]()
    for number, begun in enumerate(tries):
        now_s += begun.gap_s
        heappush(events, (now_s, order := order + 1, 0, begun, number, None))
    while events:
        now_s, _, step, one, token, figures = heappop(events)
        if step == 0:
            assert one is not None
            if not meter.fits(one.weight, one.urgency, now_s):
                continue
            gone.append(token)
            token = meter.sent(one.weight, now_s)
            heappush(events, (now_s + one.there_s, order := order + 1, 1, one, token, None))
        elif step == 1:
            assert one is not None
            figures = gateway.count(one.weight, one.urgency, now_s)
            assert gateway.of(*Urgency) <= LIMIT
            assert gateway.of(Urgency.QUERY) <= 70
            assert gateway.of(Urgency.QUERY, Urgency.COMMAND) <= 80
            told = one.is_told if always_told is None else always_told
            heappush(
                events,
                (now_s + one.back_s, order := order + 1, 2, None, token, figures if told else None),
            )
        else:
            meter.finished(token, now_s, figures)
    return gone


@given(TRIES, st.sampled_from([30.0, 3.0]), st.sampled_from([True, False, None]))
def test_no_window_of_the_gateway_is_ever_overdrawn_nor_the_reserve_spent(
    tries: list[Try],
    window_s: float,
    always_told: bool | None,
) -> None:
    """Whatever overtakes what, with figures, without, or with some lost.

    Reads stop at seven tenths, all but cancels and closing orders at eight, everything at the
    limit.
    """
    run(tries, window_s, always_told=always_told)


@given(st.integers(1, 20), st.booleans())
def test_what_fits_is_let_go(weight: int, is_told: bool) -> None:
    """The budget is used: one after the other, requests go until the share is full."""
    tries = [Try(0.1, weight, Urgency.QUERY, 0.01, 0.01, is_told)] * 90
    assert len(run(tries, 30.0)) == min(70 // weight, 90)


def test_the_exchanges_figures_free_sooner_than_our_own_count() -> None:
    """Its window began with the first request, not with each answer."""
    meter = Meter(LIMIT, 30.0)
    first = meter.sent(40, 0.0)
    meter.finished(first, 0.1, Figures(LIMIT, 60, 30_000))
    second = meter.sent(30, 29.0)
    meter.finished(second, 29.1, Figures(LIMIT, 30, 1_000))
    assert meter.spent(29.2) == 70
    assert meter.spent(30.1) == 70, "the answer took a tenth of a second: it may not be over"
    assert meter.spent(30.2) == 0
    third = meter.sent(1, 30.2)
    meter.finished(third, 30.3, Figures(LIMIT, 99, 30_000))
    assert meter.spent(30.3) == 1


def test_others_who_spend_the_same_quota_are_seen() -> None:
    """Another program with the same key counts in the same pool."""
    meter = Meter(LIMIT, 30.0)
    meter.finished(meter.sent(1, 0.0), 0.1, Figures(LIMIT, 20, 10_000))
    assert meter.spent(0.2) == 80
    assert not meter.fits(1, Urgency.COMMAND, 0.2)
    assert meter.fits(20, Urgency.SAFETY, 0.2)


def test_a_higher_level_is_taken_over() -> None:
    """The limit is what the exchange says it is."""
    meter = Meter(LIMIT, 30.0)
    meter.told(Figures(7000, 6990, 30_000), 0.0, 0.1)
    assert (meter.limit, meter.spent(0.2)) == (7000, 10)


@pytest.mark.parametrize("limit", [0, 1, 4])
def test_a_limit_that_lets_nothing_go_is_not_believed(limit: int) -> None:
    """Without anything that is sent no answer could ever correct it."""
    meter = Meter(LIMIT, 30.0)
    meter.finished(meter.sent(5, 0.0), 0.1, Figures(limit, limit, 30_000))
    assert meter.limit == LIMIT
    assert meter.spent(0.2) == 5, "what was sent counts all the same"
    assert meter.fits(20, Urgency.QUERY, 0.2)


def test_no_window_ends_later_than_two_of_them() -> None:
    """What a header says of it must not keep cancels back for minutes."""
    meter = Meter(LIMIT, 30.0)
    meter.told(Figures(LIMIT, 0, 299_000), 0.0, 0.1)
    assert not meter.fits(1, Urgency.SAFETY, 30.0)
    assert meter.fits(1, Urgency.SAFETY, 61.0)


def test_an_answer_that_was_overtaken_says_nothing_new() -> None:
    """The highest count of a window holds; figures of one that is over are ignored."""
    meter = Meter(LIMIT, 30.0)
    late = meter.sent(5, 0.0)
    later = meter.sent(5, 0.1)
    meter.finished(later, 0.2, Figures(LIMIT, 90, 29_900))
    meter.finished(late, 0.3, Figures(LIMIT, 95, 30_000))
    assert meter.spent(0.4) == 10
    oldest = meter.sent(5, 0.5)
    meter.told(Figures(LIMIT, 98, 30_000), 31.0, 31.1)
    meter.finished(oldest, 31.2, Figures(LIMIT, 50, 1))
    assert meter.spent(31.3) == 2


def test_what_was_answered_while_a_window_may_have_ended_still_counts() -> None:
    """The next window can have begun with it; its figures were not told."""
    meter = Meter(LIMIT, 30.0)
    meter.finished(meter.sent(1, 0.0), 2.0, Figures(LIMIT, 99, 30_000))
    meter.finished(meter.sent(60, 30.5), 30.6, None)
    assert meter.spent(32.1) == 60, "the first window is over by now, the second is not"


def test_short_windows_and_slow_answers_are_taken_for_the_longest_that_may_be() -> None:
    """Two windows of three seconds cannot be told apart by answers that took longer."""
    meter = Meter(LIMIT, 3.0)
    first, second = meter.sent(1, 0.0), meter.sent(60, 2.0)
    meter.finished(first, 2.5, Figures(LIMIT, 99, 3000))
    meter.finished(second, 4.5, Figures(LIMIT, 40, 3000))
    assert meter.spent(7.4) == 60
    assert meter.spent(7.6) == 0


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.integers(-5, 10**11),
            st.integers(-5, 10**11),
            st.integers(-5, 10**11),
        ),
        max_size=30,
    )
)
@example([(0.0, 0, 0, 0), (1.0, 10**11, 0, 10**11)])
def test_any_figures_are_survived(told: list[tuple[float, int, int, int]]) -> None:
    """Whatever is told, what is in flight counts, and after a while all is free again."""
    meter, now_s = Meter(LIMIT, 30.0), 0.0
    token = meter.sent(3, now_s)
    for gap_s, limit, remaining, reset_ms in told:
        meter.told(Figures(limit, remaining, reset_ms), now_s, now_s + gap_s)
        now_s += gap_s
        assert meter.limit > 0
        assert meter.spent(now_s) >= 3
        wait_s = meter.wait_s(1, Urgency.SAFETY, now_s)
        assert wait_s is not None or meter.limit < 1
        assert wait_s is None or 0 < wait_s <= 301
    meter.finished(token, now_s, None)
    assert meter.spent(now_s + 400) == 0
    assert meter.resets_in_s(now_s + 400) == 0


def test_waiting_for_the_told_time_is_enough() -> None:
    """Who waits as long as is said is let go, at the latest at the second look."""
    for figures in (None, Figures(LIMIT, 30, 12_000)):
        meter = Meter(LIMIT, 30.0)
        meter.finished(meter.sent(70, 0.0), 0.1, figures)
        now_s, looks = 0.2, 0
        while not meter.fits(10, Urgency.QUERY, now_s):
            wait_s = meter.wait_s(10, Urgency.QUERY, now_s)
            assert wait_s is not None
            now_s, looks = now_s + wait_s, looks + 1
        assert looks <= 2
        assert now_s < 31
    assert Meter(LIMIT, 30.0).wait_s(71, Urgency.QUERY, 0.0) is None, "never fits"


@pytest.mark.parametrize(
    ("headers", "figures"),
    [
        (("2000", "1990", "18430"), Figures(2000, 1990, 18_430)),
        (("2000", "", "18430"), None),
        (("2000", "-1", "18430"), None),
        (("2000", "1e3", "1"), None),
        (("9" * 12, "1", "1"), None),
        (("\u0662", "1", "1"), None),
    ],
)
def test_headers_are_read_whole_or_not_at_all(
    headers: tuple[str, str, str], figures: Figures | None
) -> None:
    """Half of the figures would be a guess."""
    names = ("limit", "remaining", "reset")
    told = {f"gw-ratelimit-{name}": text for name, text in zip(names, headers, strict=True)}
    assert figures_of(told) == figures
