"""Pairs on a desk: one fills, the other goes; what is told, written down, and lost at the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, final

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.access import Access
from terminal.domain.events import OrderType
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.pairs import PairRule
from terminal.domain.reconcile import unfinished
from terminal.domain.units import ClientOid, Lots, Price, Side
from terminal.session.pairs import PROTECTS, Pairs
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import Fate, Placed, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@final
class Paired:
    """A desk with a buy and a sell that rest, and one more that is nobody's business."""

    def __init__(self, d: PocketDesk) -> None:
        self.d = d
        self.pairs = Pairs(d.desk, d.owner)
        self.told = 0
        self.pairs.on_changed.add(self._told)

    def _told(self) -> None:
        self.told += 1

    async def start(self, lots: int = 4) -> Paired:
        self.pairs.start()
        self.buy = await self.d.placed(a_ticket(price=Price(990), lots=Lots(lots)))
        self.sell = await self.d.placed(
            a_ticket(side=Side.SELL, price=Price(1010), lots=Lots(lots))
        )
        self.other = await self.d.placed(a_ticket(price=Price(980)))
        return self

    async def stop(self) -> None:
        await self.pairs.stop()
        await self.d.stop()

    def at_exchange(self, oid: ClientOid) -> Placed:
        return self.d.exchange.orders[self.d.exchange._named(oid)]

    async def fill(self, oid: ClientOid, lots: int) -> None:
        self.d.exchange.fill(self.at_exchange(oid), lots)
        await self.d.clock.settle()

    def state(self, oid: ClientOid) -> OrderState:
        return self.d.desk.orders[oid].state

    @property
    def alive(self) -> set[ClientOid]:
        return {order.client_oid for order in self.d.exchange.alive()}


async def a_paired(fate: Callable[[str], Fate] | None = None, **changes: int) -> Paired:
    return await Paired(await a_pocket_desk(fate)).start(**changes)


async def test_the_first_fill_cancels_the_other_and_only_that() -> None:
    p = await a_paired()
    assert p.pairs.link(p.buy, p.sell) == ""
    assert p.pairs.partner(p.buy) == p.d.desk.orders[p.sell]
    assert p.pairs.partner(p.sell) == p.d.desk.orders[p.buy]
    assert p.pairs.words() == (
        (
            "One cancels the other at the first fill: buy 4 XBTUSDTM at 99.0, "
            "sell 4 XBTUSDTM at 101.0."
        ),
    )
    await p.fill(p.buy, 1)
    assert p.alive == {p.buy, p.other}
    assert p.state(p.sell) is OrderState.CANCELED
    assert p.pairs.of(p.buy) is None
    assert p.pairs.words() == ()
    assert p.d.sentences[-2:] == [
        "Pair: buy 4 XBTUSDTM at 99.0 filled 1; canceling sell 4 XBTUSDTM at 101.0.",
        "The pair is done: sell 4 XBTUSDTM at 101.0 was canceled.",
    ]
    assert p.told == 2
    await p.stop()


async def test_by_the_other_rule_the_other_goes_once_one_is_filled_whole() -> None:
    p = await a_paired()
    assert p.pairs.link(p.buy, p.sell, PairRule.WHOLE_FILL) == ""
    await p.fill(p.buy, 3)
    assert p.alive == {p.buy, p.sell, p.other}
    await p.fill(p.buy, 1)
    assert p.alive == {p.other}
    await p.stop()


async def test_a_stop_that_fires_cancels_its_partner() -> None:
    p = await a_paired()
    await p.d.hold(4)
    stop = await p.d.placed(a_ticket(**stop_at(950)))
    assert p.pairs.link(stop, p.sell, PairRule.WHOLE_FILL) == ""
    assert p.d.sentences[-1].startswith(
        "Only the program holds this: it ends with it. One cancels the other once one is filled "
        "whole: "
        "sell 2 XBTUSDTM if mark falls to 95.0, sell 4"
    )
    await p.fill(stop, 2)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def an_exit_pair(held: int = 3) -> tuple[Paired, ClientOid, ClientOid]:
    """A position with a take-profit and a stop for all of it, one of which cancels the other."""
    p = await a_paired()
    await p.d.hold(held)
    profit = await p.d.placed(
        a_ticket(side=Side.SELL, price=Price(1020), lots=Lots(3), is_reduce_only=held > 0)
    )
    stop = await p.d.placed(a_ticket(**{**stop_at(900), "lots": Lots(3)}))
    assert p.pairs.why_not(profit, stop, PairRule.FIRST_FILL) == (PROTECTS if held else "")
    assert p.pairs.link(profit, stop, PairRule.WHOLE_FILL if held else PairRule.FIRST_FILL) == ""
    return p, profit, stop


async def test_a_stop_is_not_taken_from_what_is_left_of_a_position() -> None:
    p, profit, stop = await an_exit_pair()
    assert p.pairs.link(profit, stop) != ""
    await p.fill(profit, 1)
    await p.d.clock.advance(5.0)
    assert p.alive >= {profit, stop}
    await p.fill(profit, 2)
    assert not p.alive & {profit, stop}
    assert p.d.sentences[-1].startswith("The pair is done: sell 3 XBTUSDTM if mark falls to 90.0")
    await p.stop()


async def test_a_position_that_comes_after_the_link_keeps_its_stop_as_well() -> None:
    """By the first fill, which was allowed while nothing was held; once flat again it goes."""
    p, profit, stop = await an_exit_pair(held=0)
    await p.d.hold(3)
    await p.fill(profit, 1)
    await p.d.clock.advance(5.0)
    assert p.alive >= {profit, stop}
    close = a_ticket(
        side=Side.SELL, order_type=OrderType.MARKET, price=None, lots=Lots(2), is_reduce_only=True
    )
    await p.d.placed(close)
    assert p.alive & {profit, stop} == {profit}
    await p.stop()


async def test_a_fill_of_which_the_position_is_not_told_yet_takes_no_stop() -> None:
    """An entry and the stop for it: what filled is held, whoever is silent about it."""
    p = await a_paired()
    stop = await p.d.placed(a_ticket(**stop_at(900)))
    assert p.pairs.link(p.buy, stop) == ""
    order, fate = p.at_exchange(p.buy), iter([Fate.WELL])
    p.d.exchange.fate = lambda kind: next(fate, Fate.LOST) if kind == "word" else Fate.WELL
    p.d.exchange.fill(order, 1)
    await p.d.clock.settle()
    assert stop in p.alive
    p.d.exchange.fate = lambda _kind: Fate.WELL
    await p.fill(p.buy, 1)
    assert stop in p.alive
    await p.stop()


async def test_a_stop_that_goes_although_more_is_held_is_said_aloud() -> None:
    p, profit, stop = await an_exit_pair()
    await p.d.hold(5)
    await p.fill(profit, 3)
    assert stop not in p.alive
    said = next(one for one in p.d.results if "canceling sell 3" in one.sentence)
    assert said.sentence.endswith("It protects what is still held: look at the rest.")
    assert not said.ok
    await p.stop()


async def test_an_order_canceled_by_hand_ends_the_pair_and_that_is_said() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.desk.cancel(p.sell)
    await p.d.clock.settle()
    assert p.alive == {p.buy, p.other}
    assert p.pairs.of(p.buy) is None
    assert p.d.sentences[-1] == (
        "The pair is no more: sell 4 XBTUSDTM at 101.0 was canceled; "
        "buy 4 XBTUSDTM at 99.0 goes on alone."
    )
    p.pairs.link(p.buy, p.other)
    p.d.desk.cancel_all(XBT)
    await p.d.clock.advance(1.0)
    assert any(words.endswith("is ending as well.") for words in p.d.sentences)
    await p.stop()


async def test_an_order_that_is_moved_leaves_its_pair_and_that_is_said() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    assert p.d.desk.move(p.sell, Price(1020)) is None
    await p.d.clock.advance(3.0)
    assert (
        "The pair is no more: sell 4 XBTUSDTM at 101.0 was moved, and its new order is in no pair."
    ) in p.d.sentences
    assert p.pairs.of(p.buy) is None
    assert len(p.alive) == 3
    await p.stop()


async def test_a_fill_in_the_middle_of_the_partners_move_lets_no_new_order_follow() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    assert p.d.desk.move(p.sell, Price(1020)) is None
    await p.d.clock.settle()
    await p.fill(p.buy, 1)
    p.d.exchange.fate = lambda _kind: Fate.WELL
    await p.d.clock.advance(30.0)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def test_both_filling_before_the_cancel_is_said_as_a_fact() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    await p.fill(p.buy, 4)
    await p.fill(p.sell, 2)
    await p.d.clock.advance(20.0)
    raced = [words for words in p.d.sentences if words.startswith("Both of a pair")]
    words = (
        "Both of a pair filled before the cancel was carried out: "
        "buy 4 XBTUSDTM at 99.0 filled 4, sell 4 XBTUSDTM at 101.0 filled 2."
    )
    assert raced == [words]
    assert p.alive == {p.other}
    ends = [words for words in p.d.sentences if words.startswith("The pair is done")]
    assert ends == [
        "The pair is done: sell 4 XBTUSDTM at 101.0 was canceled after 2 lots had filled."
    ]
    await p.stop()


async def test_a_cancel_that_is_refused_is_asked_for_again_until_the_other_has_ended() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.exchange.fate = lambda kind: Fate.REFUSED if kind == "cancel" else Fate.WELL
    await p.fill(p.buy, 1)
    await p.d.clock.advance(30.0)
    assert p.sell in p.alive
    p.d.exchange.fate = lambda _kind: Fate.WELL
    await p.d.clock.advance(5.0)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def test_what_filled_while_the_connection_was_lost_counts_when_it_is_back() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.stream.connects = False
    p.d.stream.drop()
    await p.fill(p.buy, 2)
    await p.d.clock.advance(1.0)
    assert p.pairs.of(p.buy) is not None, "a pair survives the loss of the connection"
    p.d.stream.connects = True
    await p.d.clock.advance(60.0)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def test_an_order_of_which_nobody_knows_is_told_and_goes_when_the_other_fills() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    order = p.d.desk.orders[p.sell]
    p.d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    p.d.desk.put(replace(order, state=OrderState.UNKNOWN))
    await p.d.clock.settle()
    assert p.d.sentences[-1].startswith(
        "Pair: nobody knows what became of sell 4 XBTUSDTM at 101.0."
    )
    assert p.pairs.of(p.sell) is not None
    await p.fill(p.buy, 1)
    await p.d.clock.advance(5.0)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def test_a_pair_is_unlinked_by_hand_and_then_neither_cancels_the_other() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.pairs.unlink(p.sell)
    p.pairs.unlink(p.sell)
    await p.fill(p.buy, 4)
    assert p.alive == {p.sell, p.other}
    assert p.d.sentences[-1] == (
        "No pair any more: buy 4 XBTUSDTM at 99.0 and sell 4 XBTUSDTM at 101.0."
    )
    await p.stop()


async def test_what_cannot_be_linked_is_said() -> None:
    p = await a_paired()
    assert p.pairs.link(p.buy, p.buy) == "It takes two orders."
    assert p.pairs.link(p.buy, ClientOid("nobody")) == "Both orders must be working."
    assert p.pairs.link(p.buy, p.sell) == ""
    assert "in a pair already" in p.pairs.link(p.sell, p.other)
    p.d.exchange.access = Access.WATCH_ONLY
    assert p.pairs.why_not(p.other, p.buy, PairRule.FIRST_FILL) == Access.WATCH_ONLY.reason
    await p.stop()


async def test_without_permission_the_refusal_is_said_once_and_the_cancel_follows_later() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    p.d.exchange.access = Access.WATCH_ONLY
    await p.fill(p.buy, 1)
    await p.d.clock.advance(30.0)
    assert sum(words.startswith("Not canceled.") for words in p.d.sentences) == 1
    p.d.exchange.access = Access.FULL
    await p.d.clock.advance(5.0)
    assert p.alive == {p.buy, p.other}
    await p.stop()


async def test_the_journal_has_the_pair_until_it_ends_and_the_next_start_tells_of_it() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    journal = p.d.desk.journal
    (procedure,) = journal.open_procedures()
    assert (procedure.kind, procedure.symbol) == (Purpose.PAIR, XBT)
    assert procedure.detail == {"one": p.buy, "other": p.sell, "rule": "at the first fill"}
    await p.pairs.stop()
    (procedure,) = journal.open_procedures()
    assert unfinished(procedure, (), 3).sentence == (
        "XBTUSDTM: One cancels the other at the first fill: buy 4 XBTUSDTM at 99.0, sell 4 "
        "XBTUSDTM at 101.0. Only the program held this, so it ended with it: what still works of "
        "the two works alone. Now there is no position and 3 orders."
    )
    again = Pairs(p.d.desk, p.d.owner)
    again.start()
    await p.fill(p.buy, 4)
    assert p.sell in p.alive, "nothing is continued"
    await again.stop()
    await p.d.stop()


async def test_a_pair_that_ended_is_not_told_of_again() -> None:
    p = await a_paired()
    p.pairs.link(p.buy, p.sell)
    (procedure,) = p.d.desk.journal.open_procedures()
    await p.fill(p.sell, 4)
    assert p.d.desk.journal.open_procedures() == ()
    known = p.d.desk.journal.procedure(procedure.procedure_id)
    assert known is not None
    assert [step.name for step in known.steps] == ["cancel the other"]
    assert known.end == "The pair is done: buy 4 XBTUSDTM at 99.0 was canceled."
    await p.stop()


# The law -----------------------------------------------------------------------------------------

CANCELS = st.sampled_from([Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED])
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])
DEEDS = st.sampled_from(["buy 1", "buy 4", "sell 1", "sell 4", "hand", "drop", "wait", "unlink"])


async def _one_goes(deeds: Sequence[str], cancels: Sequence[Fate], words: Sequence[Fate]) -> None:
    p = await a_paired()
    drawn = {"cancel": iter(cancels), "word": iter(words)}
    assert p.pairs.link(p.buy, p.sell) == ""
    p.d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    for deed in deeds:
        if deed == "drop":
            p.d.stream.drop()
        elif deed == "hand":
            p.d.desk.cancel(p.sell)
        elif deed == "unlink":
            p.pairs.unlink(p.buy)
        elif deed != "wait":
            side, lots = deed.split()
            order = p.at_exchange(p.buy if side == "buy" else p.sell)
            if not order.is_done:
                p.d.exchange.fill(order, int(lots))
        await p.d.clock.advance(0.3)
    p.d.exchange.fate = lambda _kind: Fate.WELL
    p.d.stream.drop()  # and come back, so that all is read
    await p.d.clock.advance(60.0)
    buy, sell = p.at_exchange(p.buy), p.at_exchange(p.sell)
    assert p.other in p.alive, "an order that is not of the pair stays"
    is_free = "unlink" in deeds or "hand" in deeds
    if buy.filled or sell.filled:
        assert is_free or not (p.alive >= {p.buy, p.sell}), "the partner of a fill is gone"
        assert is_free or buy.is_done or sell.is_done
    elif not is_free:
        assert p.alive == {p.buy, p.sell, p.other}, "without a fill nothing is canceled"
    if buy.filled and sell.filled and not is_free:
        raced = [one for one in p.d.sentences if one.startswith("Both of a pair")]
        assert len(raced) == 1, "both filled, and that is said"
    idle = [o for o in p.d.desk.working() if o.pending is not PendingCommand.NONE]
    assert not idle
    await p.stop()


@settings(max_examples=settings().max_examples // 3)
@given(st.lists(DEEDS, max_size=6), st.lists(CANCELS, max_size=8), st.lists(WORDS, max_size=10))
def test_the_partner_of_a_fill_never_works_on_and_no_other_order_is_touched(
    deeds: list[str], cancels: list[Fate], words: list[Fate]
) -> None:
    """Fills, cancels by hand, lost connections; requests, answers and words lost, late, doubled."""
    asyncio.run(_one_goes(deeds, cancels, words))
