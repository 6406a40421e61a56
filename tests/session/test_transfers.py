"""The transfer desk: nothing moves twice, nothing is sent by itself, every end is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.transfer import AccountKind, TransferField
from terminal.domain.units import Money, OrderId
from terminal.exchange.funding_gateway import Repeated
from terminal.exchange.outcome import Accepted
from terminal.session import transfers
from terminal.session.transfers import TransferEnd
from tests.support.builders import a_transfer, a_wallet
from tests.support.fakes import LOST
from tests.support.transfers import (
    FUTURES,
    MAIN,
    NO_ANSWER,
    REFUSED,
    TRADE,
    UNSENT,
    Answer,
    TransferBench,
    a_full_wallet,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.transfer import TransferTicket
    from terminal.exchange.funding_gateway import TransferOutcome

LOST_AFTER = Answer(moves=True, outcome=NO_ANSWER)
LOST_BEFORE = Answer(moves=False, outcome=NO_ANSWER)


@pytest.fixture
async def bench() -> AsyncIterator[TransferBench]:
    bench = await TransferBench().start()
    yield bench
    await bench.stop()


def transferable(bench: TransferBench, kind: AccountKind) -> Decimal:
    funds = bench.desk.funds(kind, "USDT").funds
    assert funds is not None
    return funds.transferable.amount


def end(bench: TransferBench) -> TransferEnd:
    assert bench.desk.last is not None
    return bench.desk.last.end


def day_result(bench: TransferBench) -> Decimal:
    day = bench.bench.account.day_pnl("USDT")
    assert day is not None
    return day[0].amount


def is_open(bench: TransferBench) -> bool:
    return bench.desk.unsettled is not None


# Looking -------------------------------------------------------------------------------------


async def test_what_is_transferable_in_each_account(bench: TransferBench) -> None:
    """The futures side is what the account overview lets leave, not what is available."""
    kinds = (MAIN, TRADE, FUTURES)
    assert [transferable(bench, kind) for kind in kinds] == [1000, 500, 850]


async def test_the_futures_balance_leaves_unrealized_profit_out(bench: TransferBench) -> None:
    """A balance that moved with the mark price could not be compared."""
    profit = Money(Decimal(40), "USDT")
    bench.bench.gateway.wallets["USDT"] = replace(a_full_wallet(), unrealized=profit)
    bench.desk.read("USDT")
    await bench.clock.settle()
    funds = bench.desk.funds(FUTURES, "USDT").funds
    assert funds is not None
    assert funds.balance.amount == 960


async def test_an_account_that_cannot_be_read_keeps_what_was_known(bench: TransferBench) -> None:
    """The old figures stay, with the reason why they are old; the next reading clears it."""
    bench.gateway.unreadable = {MAIN}
    bench.desk.read("USDT")
    await bench.clock.settle()
    assert transferable(bench, MAIN) == 1000
    assert bench.desk.funds(MAIN, "USDT").problem == "The exchange did not answer."
    assert not bench.desk.is_reading
    bench.gateway.unreadable = set()
    bench.desk.read("USDT")
    await bench.clock.settle()
    assert not bench.desk.funds(MAIN, "USDT").problem


async def test_the_stream_moves_what_futures_can_give(bench: TransferBench) -> None:
    """A wallet event that tells it is taken at once; one that does not leaves the figure alone."""
    told: list[None] = []
    bench.desk.on_changed.add(lambda: told.append(None))
    bench.bench.stream.push(replace(a_full_wallet(), withdrawable=Money(Decimal(700), "USDT")))
    assert transferable(bench, FUTURES) == 700
    assert told
    bench.bench.stream.push(a_wallet(available="5"))
    assert transferable(bench, FUTURES) == 700


async def test_where_nothing_else_is_told_what_is_available_may_leave(
    bench: TransferBench,
) -> None:
    """An overview without the field falls back to the available balance."""
    bench.bench.gateway.wallets["USDT"] = a_wallet()
    bench.desk.read("USDT")
    await bench.clock.settle()
    assert transferable(bench, FUTURES) == 900


async def test_what_the_stream_told_meanwhile_is_newer(bench: TransferBench) -> None:
    """A wallet event that overtakes the answer stays: an older before would prove a wrong end."""
    newer = replace(a_full_wallet(), equity=Money(Decimal(990), "USDT"))
    bench.bench.gateway.on_wallet = lambda: bench.bench.stream.push(newer)
    bench.desk.read("USDT")
    await bench.clock.settle()
    funds = bench.desk.funds(FUTURES, "USDT").funds
    assert funds is not None
    assert funds.balance.amount == 990


# Moving --------------------------------------------------------------------------------------


async def test_a_transfer_moves_and_the_balances_show_it(bench: TransferBench) -> None:
    """One request, an own id, and new figures on both sides."""
    total = bench.gateway.total()
    await bench.move(a_transfer("250"))
    assert bench.desk.last is not None
    assert bench.desk.last.sentence == "Moved 250 USDT from main to futures."
    assert end(bench) is TransferEnd.MOVED
    assert [transferable(bench, kind) for kind in (MAIN, FUTURES)] == [750, 1100]
    assert bench.oids == ["t1"]
    assert bench.gateway.total() == total
    await bench.move(a_transfer("50", source=FUTURES, target=TRADE))
    assert bench.oids == ["t1", "t2"]
    assert bench.gateway.balances() == {MAIN: 750, TRADE: 550, FUTURES: 1200}


async def test_moved_money_is_no_gain_of_the_day(bench: TransferBench) -> None:
    """The day's result leaves transfers out, in both directions."""
    await bench.move(a_transfer("250"))
    await bench.move(a_transfer("100", source=FUTURES, target=TRADE))
    await bench.move(a_transfer("10", target=TRADE))
    assert day_result(bench) == 0


async def test_money_on_its_way_is_no_loss_of_the_day(bench: TransferBench) -> None:
    """The start of the day moves when the futures balance does, also by a word of the stream."""
    bench.gateway.holds_credit = True
    await bench.move(a_transfer("250"))
    assert end(bench) is TransferEnd.ACCEPTED
    assert day_result(bench) == 0
    await bench.move(a_transfer("100", source=FUTURES, target=TRADE))
    assert day_result(bench) == -250, "the first is awaited from any change on"
    bench.gateway.credit()
    bench.bench.stream.push(bench.bench.gateway.wallets["USDT"])
    assert day_result(bench) == 0


async def test_a_fill_in_between_is_a_gain_and_the_transfer_is_none(bench: TransferBench) -> None:
    """What was accepted is left out as soon as the futures balance has moved."""
    bench.gateway.holds_credit = True
    bench.desk.submit(a_transfer("250"))
    await bench.clock.settle()
    assert day_result(bench) == 0
    bench.gateway.add(FUTURES, "USDT", Decimal("-0.6"))
    bench.gateway.credit()
    await bench.clock.advance(10)
    assert day_result(bench) == Decimal("-0.6")


async def test_one_at_a_time(bench: TransferBench) -> None:
    """While one is on its way the next is blocked, and asking again does nothing."""
    bench.gateway.hold = asyncio.Event()
    assert bench.desk.submit(a_transfer()) == ()
    blocks = bench.desk.submit(a_transfer())
    assert [block.reason for block in blocks] == ["A transfer is on its way."]
    await bench.clock.settle()
    assert is_open(bench)
    bench.desk.retry()
    bench.desk.set_aside(has_arrived=True)
    await bench.clock.settle()
    assert is_open(bench)
    bench.gateway.hold.set()
    await bench.clock.advance(10)
    assert (bench.oids, end(bench)) == (["t1"], TransferEnd.MOVED)


async def test_balances_are_read_again_before_anything_is_sent(bench: TransferBench) -> None:
    """What was spent since the dialog was opened is noticed, and nothing is sent."""
    bench.gateway.add(MAIN, "USDT", Decimal(-900))
    await bench.move(a_transfer("250"))
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.NOT_SENT
    assert bench.desk.last.sentence == (
        "Nothing was sent. 100 USDT is all that is transferable from main."
    )
    assert bench.oids == []


@pytest.mark.parametrize("kind", [MAIN, FUTURES])
async def test_without_both_balances_nothing_is_sent(
    bench: TransferBench, kind: AccountKind
) -> None:
    """A lost answer could not be judged without a before, so there must be one."""
    if kind is FUTURES:
        bench.bench.gateway.no_wallet = LOST
    else:
        bench.gateway.unreadable = {kind}
    await bench.move(a_transfer())
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.NOT_SENT
    assert f"The {kind.value} balance could not be read" in bench.desk.last.sentence
    assert bench.oids == []
    bench.bench.gateway.no_wallet = None
    bench.gateway.unreadable = set()
    await bench.move(a_transfer())
    assert end(bench) is TransferEnd.MOVED


async def test_what_is_wrong_is_blocked_before(bench: TransferBench) -> None:
    """The domain's blocks come back and nothing happens."""
    blocks = bench.desk.submit(a_transfer("1000.00000001"))
    assert [block.field for block in blocks] == [TransferField.AMOUNT]
    await bench.clock.advance(10)
    assert (bench.oids, bench.desk.last) == ([], None)


async def test_a_refused_transfer_is_over(bench: TransferBench) -> None:
    """A refusal proves that nothing moved; the next transfer has an id of its own."""
    bench.gateway.answers.append(Answer(moves=False, outcome=REFUSED))
    await bench.move(a_transfer())
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.REFUSED
    assert bench.desk.last.sentence == f"Refused, nothing was moved. {REFUSED.sentence}"
    assert bench.desk.last.remedy == REFUSED.remedy
    assert bench.desk.unsettled is None
    await bench.move(a_transfer())
    assert (bench.oids, end(bench)) == (["t1", "t2"], TransferEnd.MOVED)


async def test_an_unsent_transfer_is_over(bench: TransferBench) -> None:
    """What provably never left needs no second look."""
    bench.gateway.answers.append(Answer(moves=False, outcome=UNSENT))
    await bench.move(a_transfer())
    assert (end(bench), bench.desk.unsettled) == (TransferEnd.NOT_SENT, None)


async def test_money_on_its_way_is_followed(bench: TransferBench) -> None:
    """An accepted transfer that is not seen yet says so, until the balances show it."""
    bench.gateway.holds_credit = True
    await bench.move(a_transfer())
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.ACCEPTED
    assert bench.desk.last.remedy == "The balances show that it left and has not arrived so far."
    bench.gateway.credit()
    bench.desk.read("USDT")
    await bench.clock.settle()
    assert end(bench) is TransferEnd.MOVED


async def test_a_fill_in_between_does_not_hide_that_it_was_accepted(bench: TransferBench) -> None:
    """When something else moved the balances, the exchange's word stands and we say to look."""
    bench.gateway.holds_credit = True
    bench.desk.submit(a_transfer())
    await bench.clock.settle()
    bench.gateway.add(FUTURES, "USDT", Decimal("-0.6"))
    bench.gateway.credit()
    await bench.clock.advance(10)
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.ACCEPTED
    assert bench.desk.last.remedy.startswith("Something else changed the balances")


# Lost answers --------------------------------------------------------------------------------


async def test_a_lost_answer_is_told_and_the_balances_decide(bench: TransferBench) -> None:
    """Money that arrived is seen in the balances, without sending anything again."""
    bench.gateway.answers.append(LOST_AFTER)
    await bench.move(a_transfer("250"))
    assert bench.desk.last is not None
    assert bench.desk.last.sentence == (
        "No answer came, but the balances show that 250 USDT from main to futures arrived."
    )
    assert (end(bench), bench.desk.unsettled, bench.oids) == (TransferEnd.MOVED, None, ["t1"])
    words = [notice.text for notice in bench.notices.notices]
    assert any("The answer was lost" in text for text in words)
    assert day_result(bench) == 0


async def test_asking_again_uses_the_same_id_and_moves_nothing_twice(bench: TransferBench) -> None:
    """Money that left and is on its way: the same id, one movement, both sides agree."""
    bench.gateway.holds_credit = True
    bench.gateway.answers.append(LOST_AFTER)
    total = bench.gateway.total()
    await bench.move(a_transfer("250"))
    assert end(bench) is TransferEnd.UNKNOWN
    assert bench.desk.unsettled is not None
    assert bench.gateway.balances() == {MAIN: 750, TRADE: 500, FUTURES: 1000}
    bench.desk.retry()
    await bench.clock.settle()
    bench.gateway.credit()
    await bench.clock.advance(10)
    assert bench.oids == ["t1", "t1"]
    assert bench.gateway.balances() == {MAIN: 750, TRADE: 500, FUTURES: 1250}
    assert bench.gateway.total() == total
    assert (end(bench), is_open(bench)) == (TransferEnd.MOVED, False)


async def test_nothing_is_sent_again_by_itself(bench: TransferBench) -> None:
    """An hour, a reconnect and a look at the balances later there is still one request."""
    bench.gateway.answers.append(LOST_BEFORE)
    await bench.move(a_transfer())
    bench.bench.stream.drop()
    await bench.clock.advance(3600)
    bench.desk.read("USDT")
    await bench.clock.advance(10)
    assert bench.oids == ["t1"]
    assert bench.desk.last is not None
    assert bench.desk.last.remedy.startswith("The balances have not changed so far.")
    assert [block.reason for block in bench.desk.submit(a_transfer())] == [
        "The last transfer is not settled: ask again, or say how it ended."
    ]


async def test_what_arrived_meanwhile_is_not_sent_again(bench: TransferBench) -> None:
    """Asking again looks at the balances first, and that settles it."""
    bench.gateway.holds_credit = True
    bench.gateway.answers.append(LOST_AFTER)
    await bench.move(a_transfer())
    bench.gateway.credit()
    bench.desk.retry()
    await bench.clock.advance(10)
    assert (bench.oids, end(bench)) == (["t1"], TransferEnd.MOVED)
    assert bench.desk.unsettled is None


async def test_what_was_never_done_is_done_once_by_asking_again(bench: TransferBench) -> None:
    """An answer lost on the way in: the second request does it, under the first one's id."""
    bench.gateway.answers.append(LOST_BEFORE)
    await bench.move(a_transfer("250"))
    bench.desk.retry()
    await bench.clock.advance(10)
    assert (bench.oids, end(bench)) == (["t1", "t1"], TransferEnd.MOVED)
    assert bench.gateway.balances() == {MAIN: 750, TRADE: 500, FUTURES: 1250}


async def test_an_exchange_that_refuses_the_id_as_repeated_has_moved_it(
    bench: TransferBench,
) -> None:
    """Such a refusal is the proof that the first request was taken."""
    bench.gateway.holds_credit = True
    bench.gateway.answers.extend([LOST_AFTER, Answer(moves=False, outcome=Repeated())])
    await bench.move(a_transfer())
    bench.desk.retry()
    await bench.clock.settle()
    assert bench.desk.last is not None
    assert "moved nothing again" in bench.desk.last.sentence
    bench.gateway.credit()
    await bench.clock.advance(10)
    assert (end(bench), bench.oids) == (TransferEnd.MOVED, ["t1", "t1"])


async def test_a_new_id_that_is_called_repeated_proves_nothing(bench: TransferBench) -> None:
    """Nothing of ours was there before: it stays open, and no result of the day comes of it."""
    repeated = Answer(moves=False, outcome=Repeated())
    bench.gateway.answers.extend([repeated, repeated])
    for asked in (["t1"], ["t1", "t1"]):
        assert bench.oids == asked[1:]
        if is_open(bench):
            bench.desk.retry()
        else:
            bench.desk.submit(a_transfer("250"))
        await bench.clock.advance(10)
        assert bench.oids == asked
        assert (end(bench), is_open(bench)) == (TransferEnd.UNKNOWN, True)
        assert bench.desk.last is not None
        assert "it is not known whether 250 USDT" in bench.desk.last.sentence
        assert bench.desk.last.remedy.startswith("The balances have not changed so far.")
        assert day_result(bench) == 0


async def test_balances_settle_what_was_called_repeated(bench: TransferBench) -> None:
    """What they show has moved, whatever was said about the id."""
    bench.gateway.answers.append(Answer(moves=True, outcome=Repeated()))
    await bench.move(a_transfer("250"))
    assert bench.desk.last is not None
    assert bench.desk.last.sentence == (
        "The answer was in doubt, but the balances show that 250 USDT from main to futures arrived."
    )
    assert (end(bench), is_open(bench)) == (TransferEnd.MOVED, False)
    assert day_result(bench) == 0


@pytest.mark.parametrize("second", [REFUSED, UNSENT, NO_ANSWER])
async def test_asking_again_in_vain_proves_nothing_of_the_first(
    bench: TransferBench, second: TransferOutcome
) -> None:
    """Whatever is not a yes leaves it open; the user may set it aside, and then go on."""
    bench.gateway.holds_credit = True
    bench.gateway.answers.extend([LOST_AFTER, Answer(moves=False, outcome=second)])
    await bench.move(a_transfer("250"))
    bench.desk.retry()
    await bench.clock.advance(10)
    assert bench.desk.last is not None
    assert end(bench) is TransferEnd.UNKNOWN
    assert bench.desk.last.sentence
    assert bench.desk.unsettled is not None
    bench.desk.set_aside(has_arrived=True)
    assert not is_open(bench)
    bench.gateway.credit()
    bench.gateway.holds_credit = False
    await bench.move(a_transfer("10"))
    assert bench.oids == ["t1", "t1", "t2"]
    assert bench.gateway.balances() == {MAIN: 740, TRADE: 500, FUTURES: 1260}


@pytest.mark.parametrize("has_arrived", [True, False])
async def test_who_sets_aside_says_how_it_ended(bench: TransferBench, *, has_arrived: bool) -> None:
    """What arrived is no gain of the day, in either direction; what did not move is nothing."""
    for ticket in (a_transfer("250"), a_transfer("40", source=FUTURES, target=MAIN)):
        bench.gateway.holds_credit = True
        bench.gateway.answers.append(Answer(moves=has_arrived, outcome=NO_ANSWER))
        await bench.move(ticket)
        assert is_open(bench)
        bench.gateway.add(FUTURES, "USDT", Decimal("1.5"))
        bench.gateway.credit()
        bench.desk.read("USDT")
        await bench.clock.settle()
        assert is_open(bench), "a fill in between hides it"
        bench.desk.set_aside(has_arrived=has_arrived)
        assert not is_open(bench)
    assert day_result(bench) == 3
    said = [notice.text for notice in bench.notices.notices if notice.text.startswith("You say")]
    how = "it arrived" if has_arrived else "it did not move"
    assert said[0] == f"You say of 250 USDT from main to futures: {how}. Its id was t1."


async def test_nothing_unsettled_leaves_nothing_to_ask_or_set_aside(bench: TransferBench) -> None:
    """Both commands do nothing without an unsettled transfer."""
    bench.desk.retry()
    bench.desk.set_aside(has_arrived=True)
    await bench.clock.advance(10)
    assert (bench.oids, bench.desk.last) == ([], None)


def take_errors(bench: TransferBench) -> list[str]:
    """What the funnel got, which is then no fault of the test any more."""
    errors = list(bench.bench.errors)
    bench.bench.errors.clear()
    return errors


@pytest.mark.parametrize("moves", [True, False])
async def test_an_error_of_our_own_is_like_a_lost_answer(
    bench: TransferBench, *, moves: bool
) -> None:
    """It is reported, the balances are followed, and what is open can be asked again."""
    bench.gateway.fails = ValueError("unforeseen")
    bench.gateway.answers.append(Answer(moves=moves, outcome=NO_ANSWER))
    bench.desk.submit(a_transfer("250"))
    await bench.clock.settle()
    words = [notice.text for notice in bench.notices.notices]
    assert any("The answer was lost" in text and "inside the program" in text for text in words)
    await bench.clock.advance(10)
    assert [error for error in take_errors(bench) if "unforeseen" in error]
    assert (end(bench), is_open(bench)) == (
        (TransferEnd.MOVED, False) if moves else (TransferEnd.UNKNOWN, True)
    )
    bench.desk.retry()
    await bench.clock.advance(10)
    assert end(bench) is TransferEnd.MOVED
    assert bench.oids == (["t1"] if moves else ["t1", "t1"])


async def test_an_error_of_our_own_while_asking_again_leaves_it_open(bench: TransferBench) -> None:
    """The second attempt can be asked again like the first."""
    bench.gateway.answers.append(LOST_BEFORE)
    await bench.move(a_transfer("250"))
    bench.gateway.fails = ValueError("unforeseen")
    bench.gateway.answers.append(LOST_BEFORE)
    bench.desk.retry()
    await bench.clock.advance(10)
    assert len(take_errors(bench)) == 1
    assert (end(bench), is_open(bench)) == (TransferEnd.UNKNOWN, True)


async def test_an_error_of_our_own_in_a_reading_is_a_reason(bench: TransferBench) -> None:
    """Before the sending it stops the transfer; both ways it is told and reported."""
    bench.gateway.unreadable = {MAIN}
    bench.gateway.unreadable_error = ValueError("unforeseen")
    await bench.move(a_transfer())
    assert len(take_errors(bench)) == 1
    assert (end(bench), is_open(bench), bench.oids) == (TransferEnd.NOT_SENT, False, [])
    assert "inside the program" in bench.desk.funds(MAIN, "USDT").problem


@pytest.mark.parametrize("is_first", [True, False])
async def test_an_error_of_our_own_anywhere_is_told(
    bench: TransferBench, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    """Before anything was sent nothing is open; what is open stays open and is said to be."""
    if not is_first:
        bench.gateway.answers.append(LOST_BEFORE)
        await bench.move(a_transfer("250"))

    def broken(*_: object) -> None:
        raise ValueError("unforeseen")

    if is_first:
        bench.desk.submit(a_transfer("250"))
    else:
        bench.desk.retry()
    with monkeypatch.context() as patch:
        patch.setattr(transfers, "check" if is_first else "evidence", broken)
        await bench.clock.advance(10)
    assert len(take_errors(bench)) == 1
    assert not bench.desk.is_busy
    assert (end(bench), is_open(bench)) == (
        (TransferEnd.NOT_SENT, False) if is_first else (TransferEnd.UNKNOWN, True)
    )


async def test_the_end_of_the_program_names_what_is_open() -> None:
    """Stopping while a transfer is out there leaves its id in the event log."""
    bench = await TransferBench().start()
    bench.gateway.hold = asyncio.Event()
    bench.desk.submit(a_transfer())
    await bench.clock.settle()
    await bench.stop()
    assert "t1" in bench.notices.notices[-1].text
    assert bench.notices.notices[-1].text.startswith("Tern was closed before it was known")


async def test_the_end_of_the_program_names_what_was_left_open() -> None:
    """Also when nothing was under way with it any more."""
    bench = await TransferBench().start()
    bench.gateway.answers.append(LOST_BEFORE)
    await bench.move(a_transfer("250"))
    await bench.stop()
    assert bench.notices.notices[-1].text == (
        "Tern was closed before it was known how this ended: 250 USDT from main to futures, id t1."
    )


async def test_an_account_that_may_not_move_money_says_why() -> None:
    """The reason blocks every transfer; what is there can still be read."""
    bench = await TransferBench(refusal="Watch only: transfers are off.").start()
    blocks = bench.desk.submit(a_transfer())
    assert [(block.field, block.reason) for block in blocks] == [
        (TransferField.DESK, "Watch only: transfers are off.")
    ]
    bench.desk.retry()
    await bench.clock.advance(10)
    assert bench.oids == []
    assert transferable(bench, MAIN) == 1000
    await bench.stop()


# The law -------------------------------------------------------------------------------------

tickets = st.builds(
    a_transfer,
    st.one_of(
        st.decimals(Decimal(0), Decimal(1200), places=8),
        st.decimals(Decimal(0), Decimal("0.1"), places=9),
    ).map(str),
    source=st.sampled_from(AccountKind),
    target=st.sampled_from(AccountKind),
)
answers = st.sampled_from(
    (
        Answer(moves=True, outcome=Accepted((OrderId("t"),))),
        LOST_AFTER,
        LOST_BEFORE,
        Answer(moves=False, outcome=REFUSED),
        Answer(moves=False, outcome=UNSENT),
        Answer(moves=True, outcome=Repeated()),
    )
)
steps = st.lists(
    st.one_of(
        st.tuples(tickets, answers, st.booleans()),
        st.tuples(st.none(), answers, st.booleans()),
    ),
    min_size=1,
    max_size=8,
)


@given(steps)
def test_money_is_conserved_and_each_transfer_moves_at_most_once(
    script: list[tuple[TransferTicket | None, Answer, bool]],
) -> None:
    """Whatever is sent, lost, refused and asked again: the total stays, no balance goes below zero.

    And what the desk says moved is what moved, and none of it is a result of the day.
    """
    asyncio.run(play(script))


async def play(script: list[tuple[TransferTicket | None, Answer, bool]]) -> None:
    bench = await TransferBench().start()
    total = bench.gateway.total()
    for ticket, answer, holds_credit in script:
        bench.gateway.holds_credit = holds_credit
        bench.gateway.credit()
        bench.gateway.answers.clear()
        bench.gateway.answers.append(answer)
        if ticket is None:
            bench.desk.retry()
        else:
            bench.desk.submit(ticket)
        await bench.clock.advance(10)
        assert bench.gateway.total() == total
        assert min(bench.gateway.balances().values()) >= 0
        last = bench.desk.last
        if last is not None and last.end is not TransferEnd.UNKNOWN:
            has_moved = any(moved is last.ticket for moved in bench.gateway.moved.values())
            assert has_moved is (last.end in {TransferEnd.MOVED, TransferEnd.ACCEPTED})
        assert (bench.desk.unsettled is None) is (
            last is None or last.end is not TransferEnd.UNKNOWN
        )
    asked = {(id(ticket), oid) for ticket, oid in bench.gateway.sent}
    assert len(asked) == len(set(bench.oids)), "one id for one intention, whatever was asked again"
    bench.gateway.credit()
    bench.desk.read("USDT")
    await bench.clock.settle()
    if bench.desk.unsettled is not None:
        bench.desk.set_aside(has_arrived=bench.desk.unsettled.client_oid in bench.gateway.moved)
    assert day_result(bench) == 0
    await bench.stop()
