"""The fuse: lit, renewed, put out, blown; and nothing claimed that the exchange did not say."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.account_facts import StopsFate
from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.outcome import NotSent, Rejected, Unknown
from terminal.session.fuse import Fuse, FuseState, FuseTerms
from tests.support.builders import XBT, an_order_update
from tests.support.desk import Bench
from tests.support.fake_fuse import SKEW_MS, FakeFuseGateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = 30


class FuseBench:
    """A fuse on a desk of fakes."""

    def __init__(self, **terms: object) -> None:
        self.bench = Bench()
        self.clock = self.bench.clock
        self.gateway = FakeFuseGateway(self.clock)
        self.terms = FuseTerms(**{"stops": StopsFate.KEPT, **terms})  # type: ignore[arg-type]  # of a table
        self.fuse = Fuse(
            self.gateway,
            self.bench.desk,
            self.clock,
            self.bench.owner,
            self.bench.notices,
            self.terms,
        )

    def state(self) -> FuseState:
        return self.fuse.status.state

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.bench.notices.notices]

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: wall time goes on, and the exchange's timer with it."""
        self.clock.shift_ms += round(seconds * 1000)
        if self.gateway._acts_s is not None:
            self.gateway._acts_s -= seconds


@contextlib.asynccontextmanager
async def started(**terms: object) -> AsyncIterator[FuseBench]:
    bench = FuseBench(**terms)
    await bench.bench.start()
    bench.fuse.start()
    await bench.clock.settle()
    try:
        yield bench
    finally:
        await bench.fuse.stop()
        await bench.bench.stop()


async def lit(bench: FuseBench, timeout_s: int = T) -> None:
    assert bench.fuse.light(timeout_s) == ""
    await bench.clock.settle()
    assert bench.state() is FuseState.LIT


async def test_it_is_off_and_sends_nothing_until_it_is_lit() -> None:
    async with started() as bench:
        await bench.clock.advance(300)
        assert bench.state() is FuseState.OFF
        assert bench.gateway.calls == []
        assert bench.fuse.left_s is None


async def test_it_is_renewed_at_every_third_and_counts_down_between() -> None:
    async with started() as bench:
        await lit(bench)
        assert bench.fuse.left_s == pytest.approx(T)
        await bench.clock.advance(9.5)
        assert bench.fuse.left_s == pytest.approx(T - 9.5)
        await bench.clock.advance(300.5)
        times = [at_s for at_s, _ in bench.gateway.calls]
        assert times == [pytest.approx(10 * number) for number in range(32)]
        assert bench.gateway.is_set
        assert bench.gateway.blown_at_s is None


async def test_its_seconds_are_the_exchanges_own_whatever_the_clocks_are_apart() -> None:
    """The exchange's clock is ahead; only the distance of its two times counts."""
    async with started() as bench:
        bench.gateway.unit_ms = 1000
        await bench.clock.advance(0.7)
        await lit(bench)
        assert bench.fuse.left_s == pytest.approx(T)


async def test_without_times_in_the_answer_its_own_time_counts_from_the_request() -> None:
    async with started() as bench:
        bench.gateway.tells_times = False
        await lit(bench)
        await bench.clock.advance(5)
        assert bench.fuse.left_s == pytest.approx(T - 5)


async def test_putting_it_out_is_told_to_the_exchange_and_ends_all_renewals() -> None:
    async with started() as bench:
        await lit(bench)
        await bench.clock.advance(3)
        bench.fuse.put_out()
        assert bench.state() is FuseState.ENDING
        await bench.clock.advance(100)
        assert bench.state() is FuseState.OFF
        assert [timeout for _, timeout in bench.gateway.calls] == [T, None]
        assert not bench.gateway.is_set


async def test_a_refusal_is_shown_in_the_exchanges_words_and_nothing_burns() -> None:
    async with started() as bench:
        bench.gateway.outcomes.append(Rejected("400007", "The key has no permission for this."))
        bench.fuse.light(T)
        await bench.clock.advance(100)
        assert bench.state() is FuseState.OFF
        assert bench.fuse.status.why == "The fuse is not lit. The key has no permission for this."
        assert len(bench.gateway.calls) == 1, "what was refused is not asked again by itself"


@pytest.mark.parametrize(
    "outcome",
    [NotSent("No quota."), Rejected("400002", "The clock is off."), Unknown("No answer.")],
)
async def test_a_renewal_that_fails_is_told_and_tried_again_before_its_time(
    outcome: NotSent | Rejected | Unknown,
) -> None:
    async with started() as bench:
        await lit(bench)
        bench.gateway.arrives = False
        bench.gateway.outcomes.extend([outcome] * 2)
        await bench.clock.advance(10.5)
        assert bench.state() is FuseState.NOT_RENEWED
        assert bench.fuse.status.why == f"Not renewed: {outcome.sentence}"
        assert bench.fuse.left_s == pytest.approx(T - 10.5)
        await bench.clock.advance(3)
        assert bench.state() is FuseState.LIT
        assert bench.gateway.blown_at_s is None
        assert bench.said[-1] == "The fuse is renewed again."


async def test_an_unanswered_first_lighting_is_taken_as_burning() -> None:
    """It may burn: nobody may leave in the belief that it does not."""
    async with started() as bench:
        bench.gateway.outcomes.append(Unknown("No answer."))
        bench.fuse.light(T)
        await bench.clock.settle()
        assert bench.state() is FuseState.NOT_RENEWED
        assert bench.fuse.is_burning
        assert bench.fuse.left_s == pytest.approx(T)


async def test_it_has_blown_only_when_the_exchange_says_so() -> None:
    async with started() as bench:
        order = an_order_update(order_id=OrderId("o1"), client_oid=ClientOid("c9"))
        bench.bench.stream.push(order)
        bench.bench.trading.known["c9"] = bench.bench.trading.known["o1"] = order
        await bench.clock.settle()
        await lit(bench)
        bench.gateway.is_down = True
        await bench.clock.advance(T + 0.5)
        status = bench.fuse.status
        assert (status.state, status.is_certain) == (FuseState.BLOWN, False)
        await bench.clock.advance(20)
        assert not bench.fuse.status.is_certain, "nobody has said it yet"
        bench.gateway.is_down = False
        stamp = TimestampNs(bench.clock.now_ms() * 1_000_000)
        ended = an_order_update(
            order_id=OrderId("o1"), client_oid=ClientOid("c9"), canceled=Lots(2), is_done=True,
            event_at=stamp,
        )  # fmt: skip
        bench.bench.stream.push(ended)
        await bench.clock.advance(10)
        status = bench.fuse.status
        assert (status.state, status.is_certain, status.canceled) == (FuseState.BLOWN, True, 1)
        assert "has blown" in bench.said[-1]
        assert bench.said[-1].endswith("Waiting stops were kept. 1 order ended.")
        calls = len(bench.gateway.calls)
        await bench.clock.advance(200)
        assert len(bench.gateway.calls) == calls, "a blown one is replaced by hand"
        bench.fuse.put_out()
        assert bench.state() is FuseState.OFF


async def test_a_renewal_that_arrived_unheard_keeps_it_burning() -> None:
    """Its time has passed by our count; the exchange says that it burns: it is renewed."""
    async with started() as bench:
        await lit(bench)
        bench.gateway.outcomes.extend([Unknown("No answer.")] * 8)
        await bench.clock.advance(T + 10)
        assert bench.gateway.queries == 2, "the one at the start, and this one"
        assert bench.state() is FuseState.LIT
        assert bench.gateway.blown_at_s is None


@pytest.mark.parametrize("slept_s", [12, 100])
async def test_after_the_machine_slept_the_exchange_is_asked_before_anything_is_claimed(
    slept_s: int,
) -> None:
    async with started() as bench:
        await lit(bench)
        await bench.clock.advance(2)
        bench.sleep(slept_s)
        bench.gateway.is_down = True
        await bench.clock.advance(1.5)
        assert bench.fuse.status.state is (FuseState.CHECKING if slept_s < T else FuseState.BLOWN)
        bench.gateway.is_down = False
        queries, calls = bench.gateway.queries, len(bench.gateway.calls)
        await bench.clock.advance(5)
        assert bench.gateway.queries == queries + 1
        if slept_s < T:
            assert bench.state() is FuseState.LIT
            assert len(bench.gateway.calls) > calls
        else:
            assert bench.fuse.status.is_certain
            assert bench.state() is FuseState.BLOWN
            assert len(bench.gateway.calls) == calls


async def test_a_renewal_that_came_too_late_is_no_renewal() -> None:
    """The exchange's own times tell that it had acted before: it is blown, and switched off."""
    async with started() as bench:
        await lit(bench)
        bench.gateway._acts_s = bench.clock.monotonic_s() + 1  # it counts faster than we do
        bench.fuse._theirs_acts_at = None
        await bench.clock.advance(9)
        acted = bench.clock.now_ms()
        bench.fuse._theirs_acts_at = TimestampMs(acted + SKEW_MS - 5000)
        await bench.clock.advance(3)
        assert bench.state() is FuseState.BLOWN
        assert not bench.gateway.is_set
        assert bench.gateway.calls[-1][1] is None


async def test_somebody_else_who_puts_it_out_is_noticed_after_sleep() -> None:
    async with started() as bench:
        await lit(bench)
        bench.sleep(7)
        bench.gateway.set_from_elsewhere(None)
        await bench.clock.advance(2)
        assert bench.state() is FuseState.OFF
        assert bench.fuse.status.why == "Somebody else has put the fuse out."


async def test_what_an_earlier_run_left_is_found_and_never_touched_by_itself() -> None:
    bench = FuseBench()
    bench.gateway.set_from_elsewhere(40)
    await bench.bench.start()
    bench.fuse.start()
    await bench.clock.advance(3)
    assert bench.state() is FuseState.FOUND
    assert not bench.fuse.is_burning, "leaving does not put out what is not ours"
    assert await bench.fuse.end(1) == ""
    assert bench.gateway.calls == []
    bench.fuse.put_out()
    await bench.clock.settle()
    assert bench.state() is FuseState.OFF
    assert not bench.gateway.is_set
    await bench.fuse.stop()
    await bench.bench.stop()


async def test_it_is_lit_at_the_start_where_the_settings_say_so() -> None:
    async with started(at_start=True, timeout_s=9, symbols=(XBT,)) as bench:
        await bench.clock.advance(1)
        assert bench.state() is FuseState.LIT
        assert bench.fuse.status.symbols == (XBT,)


@pytest.mark.parametrize("timeout_s", [0, 4, 86_401, -1])
async def test_a_time_out_of_bounds_is_refused_in_words(timeout_s: int) -> None:
    async with started() as bench:
        assert bench.fuse.light(timeout_s) == "The time is 5 to 86400 seconds."
        assert bench.state() is FuseState.OFF


async def test_it_is_offered_only_where_its_effect_on_stops_is_known() -> None:
    async with started(stops=StopsFate.UNKNOWN) as bench:
        assert "not known whether" in bench.fuse.refusal
        assert bench.fuse.light(T) == bench.fuse.refusal
        await bench.clock.advance(100)
        assert bench.gateway.calls == []
        assert bench.gateway.queries == 0


async def test_a_watched_account_has_none() -> None:
    async with started() as bench:
        bench.bench.trading.access = Access.WATCH_ONLY
        assert bench.fuse.light(T) == Access.WATCH_ONLY.reason
        assert bench.gateway.calls == []


async def test_an_end_that_fails_is_tried_again_and_says_what_will_happen() -> None:
    async with started(stops=StopsFate.CANCELED) as bench:
        await lit(bench)
        bench.gateway.outcomes.extend([NotSent("No way to the exchange.")] * 3)
        ends: list[str] = []

        async def end() -> None:
            ends.append(await bench.fuse.end(2.5))

        bench.bench.owner.spawn("end", end())
        await bench.clock.advance(3)
        (words,) = ends
        assert "No way to the exchange." in words
        assert "cancels your orders, stops too, in 28 s" in words or "in 27 s" in words
        await bench.clock.advance(5)
        assert bench.state() is FuseState.OFF
        assert bench.fuse.warning == ""


async def test_an_end_after_a_lost_renewal_is_told_twice() -> None:
    """The lost renewal may still be carried out: the last word must be the end."""
    async with started() as bench:
        await lit(bench)
        bench.gateway.outcomes.append(Unknown("No answer."))
        await bench.clock.advance(10.2)
        bench.fuse.put_out()
        await bench.clock.settle()
        assert bench.state() is FuseState.ENDING
        bench.gateway.set_from_elsewhere(T)  # the late renewal arrives
        await bench.clock.advance(7)
        assert bench.state() is FuseState.OFF
        assert not bench.gateway.is_set


async def test_lit_again_it_takes_the_new_time_at_once() -> None:
    async with started() as bench:
        await lit(bench)
        await bench.clock.advance(2)
        bench.fuse.light(60, (XBT,))
        await bench.clock.settle()
        assert bench.fuse.left_s == pytest.approx(60)
        assert bench.gateway._symbols == (XBT,)


async def test_the_end_of_the_program_alone_leaves_it_burning() -> None:
    """A program that dies says nothing: that is what the fuse is for."""
    async with started() as bench:
        await lit(bench)
        await bench.fuse.stop()
        assert bench.gateway.is_set
        assert [timeout for _, timeout in bench.gateway.calls] == [T]


async def test_an_error_of_our_own_does_not_end_the_renewals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with started() as bench:
        await lit(bench)
        renew = bench.gateway.renew_dead_man_switch

        async def fail(*_args: object) -> None:
            raise ValueError("ours")

        bench.gateway.renew_dead_man_switch = fail  # type: ignore[assignment,method-assign]  # breaks
        await bench.clock.advance(10.5)
        assert bench.state() is FuseState.NOT_RENEWED
        monkeypatch.setattr(bench.gateway, "renew_dead_man_switch", renew)  # mends
        await bench.clock.advance(5)
        assert bench.state() is FuseState.LIT
        assert all("ours" in error for error in bench.bench.errors)
        assert bench.bench.errors
        bench.bench.errors.clear()


@contextlib.asynccontextmanager
async def permitted(access: Access, **terms: object) -> AsyncIterator[FuseBench]:
    """A fuse that is started where so much may be sent."""
    bench = FuseBench(**terms)
    bench.bench.trading.access = access
    await bench.bench.start()
    bench.fuse.start()
    await bench.clock.advance(2)
    try:
        yield bench
    finally:
        await bench.fuse.stop()
        await bench.bench.stop()


async def change(bench: FuseBench, access: Access) -> None:
    bench.bench.trading.access = access
    bench.fuse.permit_changed()
    await bench.clock.settle()


async def test_it_is_lit_as_soon_as_it_may_be_where_it_is_wanted_from_the_start() -> None:
    async with permitted(Access.WATCH_ONLY, at_start=True) as bench:
        assert (bench.gateway.calls, bench.gateway.queries) == ([], 0)
        await change(bench, Access.REDUCING)
        assert bench.gateway.calls == []
        assert bench.gateway.queries == 1
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.LIT
        bench.fuse.put_out()
        await bench.clock.settle()
        await change(bench, Access.REDUCING)
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.OFF, "the user put it out"


async def test_one_of_an_earlier_run_is_found_and_put_out_while_live_trading_is_off() -> None:
    async with permitted(Access.WATCH_ONLY) as bench:
        bench.gateway.set_from_elsewhere(300)
        await change(bench, Access.REDUCING)
        assert bench.state() is FuseState.FOUND
        assert bench.fuse.light(T) == Access.REDUCING.reason
        bench.fuse.put_out()
        await bench.clock.settle()
        assert bench.state() is FuseState.OFF
        assert not bench.gateway.is_set


async def test_it_burns_on_when_live_trading_goes_off_and_says_why() -> None:
    """What switches live trading off is the first sign of the trouble that it is for."""
    async with permitted(Access.FULL) as bench:
        await lit(bench)
        await change(bench, Access.REDUCING)
        assert bench.state() is FuseState.LIT
        await bench.clock.advance(120)
        assert bench.state() is FuseState.LIT
        assert bench.gateway.blown_at_s is None
        assert len(bench.gateway.calls) == 13, "renewed as before"
        why = bench.fuse.status.why
        assert Access.REDUCING.reason in why
        assert "burns on" in why
        assert sum("burns on" in words for words in bench.said) == 1
        assert bench.fuse.light(60) == Access.REDUCING.reason, "lighting anew is lighting"
        await change(bench, Access.FULL)
        assert bench.fuse.status.why == ""
        await change(bench, Access.REDUCING)
        bench.fuse.put_out()
        await bench.clock.settle()
        assert bench.state() is FuseState.OFF
        assert not bench.gateway.is_set


async def test_a_line_that_dies_after_live_trading_went_off_still_blows_it() -> None:
    async with permitted(Access.FULL) as bench:
        await lit(bench)
        await change(bench, Access.REDUCING)
        bench.gateway.is_down = True
        await bench.clock.advance(T + 1)
        assert not bench.gateway.is_set
        assert bench.gateway.blown_at_s is not None


async def test_after_sleep_with_live_trading_off_it_is_asked_and_renewed() -> None:
    async with permitted(Access.FULL) as bench:
        await lit(bench)
        await change(bench, Access.REDUCING)
        bench.sleep(12)
        await bench.clock.advance(5)
        assert bench.gateway.queries == 2
        assert bench.state() is FuseState.LIT
        await bench.clock.advance(60)
        assert bench.gateway.blown_at_s is None


async def test_one_that_is_being_lit_when_live_trading_goes_off_is_not_lit() -> None:
    """Its first answer was lost: a second first request would light it where it may not be."""
    async with permitted(Access.FULL) as bench:
        bench.bench.trading.access = Access.FULL
        bench.fuse.light(T)
        bench.bench.trading.access = Access.REDUCING
        await bench.clock.settle()
        assert bench.state() is FuseState.OFF
        assert bench.gateway.calls == []
        assert bench.fuse.status.why == f"The fuse is not lit. {Access.REDUCING.reason}"


async def test_on_the_way_to_watching_only_it_goes_out_and_is_lit_again_if_always_wanted() -> None:
    async with permitted(Access.FULL, at_start=True) as bench:
        await change(bench, Access.REDUCING)
        farewell = bench.fuse.farewell()
        assert farewell is not None
        said: list[str] = []

        async def wait() -> None:
            said.append(await farewell())

        bench.bench.owner.spawn("wait", wait())
        await bench.clock.settle()
        assert said == [""]
        assert bench.state() is FuseState.OFF
        assert not bench.gateway.is_set
        assert bench.fuse.farewell() is None, "there is nothing left to say"
        await change(bench, Access.WATCH_ONLY)
        await change(bench, Access.REDUCING)
        assert bench.state() is FuseState.OFF
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.LIT


async def test_who_trades_again_before_it_is_out_has_it_lit_again() -> None:
    async with permitted(Access.FULL, at_start=True) as bench:
        assert bench.fuse.farewell() is not None
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.LIT
        assert bench.gateway.is_set


async def test_where_nothing_may_be_sent_any_more_it_says_that_it_will_blow() -> None:
    async with permitted(Access.FULL) as bench:
        await lit(bench)
        await change(bench, Access.SECOND)
        assert "neither renewed nor put out" in bench.fuse.status.why
        assert Access.SECOND.silence in bench.fuse.status.why


async def test_the_first_look_is_repeated_until_it_was_answered() -> None:
    async with permitted(Access.WATCH_ONLY) as bench:
        bench.gateway.set_from_elsewhere(3000)
        bench.gateway.is_down = True
        await change(bench, Access.REDUCING)
        await bench.clock.advance(120)
        assert bench.state() is FuseState.OFF
        assert sum("not known" in words for words in bench.said) == 1
        assert 3 < bench.gateway.queries < 12
        bench.gateway.is_down = False
        await bench.clock.advance(60)
        assert bench.state() is FuseState.FOUND
        before = bench.gateway.queries
        await bench.clock.advance(300)
        assert bench.gateway.queries == before


async def test_a_look_that_waits_holds_up_no_lighting() -> None:
    async with permitted(Access.WATCH_ONLY, at_start=True) as bench:
        bench.gateway.is_down = True
        await change(bench, Access.REDUCING)
        await bench.clock.advance(100)
        bench.gateway.is_down = False
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.LIT


async def test_it_is_not_offered_by_a_permit_where_its_effect_on_stops_is_unknown() -> None:
    async with permitted(Access.WATCH_ONLY, stops=StopsFate.UNKNOWN, at_start=True) as bench:
        await change(bench, Access.FULL)
        assert bench.state() is FuseState.OFF
        assert (bench.gateway.calls, bench.gateway.queries) == ([], 0)
