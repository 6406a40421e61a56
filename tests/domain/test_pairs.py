"""One cancels the other: which order goes when, what is told, and what is never done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.order import Order, OrderState, PendingCommand, from_update
from terminal.domain.pairs import (
    ASK_AGAIN_MS,
    ASK_UNKNOWN_MS,
    Cancel,
    Known,
    Pair,
    PairPhase,
    PairRule,
    Say,
    Told,
    leg_words,
    link,
    look,
    why_not,
)
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from tests.support.builders import a_contract, an_order_update

A, B = ClientOid("a"), ClientOid("b")


def an_order(name: str, lots: int = 4, **changes: Any) -> Order:
    update = an_order_update(
        order_id=OrderId(name), client_oid=ClientOid(name), lots=Lots(lots), filled=Lots(0)
    )
    return replace(from_update(update), **changes)


def a_pair(rule: PairRule = PairRule.FIRST_FILL, **changes: Any) -> tuple[Pair, Known]:
    orders = (an_order("a", **changes), an_order("b"))
    return link(*orders, rule), orders


def filled(order: Order | None, lots: int) -> Order:
    assert order is not None
    state = OrderState.FILLED if lots == order.lots else OrderState.PARTLY_FILLED
    return replace(order, filled=Lots(lots), state=state)


def ended(order: Order | None, state: OrderState = OrderState.CANCELED, **changes: Any) -> Order:
    assert order is not None
    return replace(order, state=state, pending=PendingCommand.NONE, **changes)


def pending(order: Order | None, command: PendingCommand) -> Order:
    assert order is not None
    return replace(order, pending=command)


def test_the_first_fill_of_one_cancels_the_other_and_its_end_ends_the_pair() -> None:
    pair, (a, b) = a_pair()
    assert look(pair, (a, b), 0) == (pair, ())
    a = filled(a, 1)
    pair, wishes = look(pair, (a, b), 0)
    assert wishes == (Say(Told.FILLED, 0), Cancel(B))
    b = pending(b, PendingCommand.CANCEL)
    assert look(pair, (a, b), 60000) == (pair, ())
    pair, wishes = look(pair, (a, ended(b)), 60000)
    assert (pair.phase, wishes) == (PairPhase.ENDED, (Say(Told.DONE, 1),))


def test_what_filled_before_the_link_counts_for_nothing() -> None:
    a = filled(an_order("a"), 3)
    b = an_order("b")
    pair = link(a, b)
    assert look(pair, (a, b), 0) == (pair, ())
    _, wishes = look(pair, (filled(a, 4), b), 0)
    assert Cancel(B) in wishes


def test_by_the_other_rule_only_a_whole_fill_cancels() -> None:
    pair, (a, b) = a_pair(PairRule.WHOLE_FILL)
    a, b = filled(a, 3), filled(b, 1)
    assert look(pair, (a, b), 0)[1] == ()
    pair, wishes = look(pair, (a, filled(b, 4)), 0)
    assert wishes == (Say(Told.FILLED, 1), Say(Told.RACED, 0), Cancel(A))


@pytest.mark.parametrize("rule", list(PairRule))
def test_a_stop_that_fires_counts_as_filled(rule: PairRule) -> None:
    pair, (a, b) = a_pair(rule, state=OrderState.UNTRIGGERED)
    assert a is not None
    _, wishes = look(pair, (replace(a, state=OrderState.OPEN), b), 0)
    assert wishes == (Say(Told.FILLED, 0), Cancel(B))


def test_a_race_is_told_once_as_the_fact_that_it_is() -> None:
    pair, (a, b) = a_pair()
    a = filled(a, 4)
    pair, _ = look(pair, (a, b), 0)
    b = pending(filled(b, 2), PendingCommand.CANCEL)
    pair, wishes = look(pair, (a, b), 100)
    assert wishes == (Say(Told.RACED, 1),)
    pair, wishes = look(pair, (a, ended(b)), 200)
    assert wishes == (Say(Told.DONE, 1),)


def test_of_two_fills_that_are_learned_together_the_larger_stays() -> None:
    pair, (a, b) = a_pair()
    _, wishes = look(pair, (filled(a, 1), filled(b, 4)), 0)
    assert wishes == (Say(Told.FILLED, 1), Say(Told.RACED, 0), Cancel(A))
    _, wishes = look(pair, (filled(a, 4), filled(b, 4)), 0)
    assert wishes == (Say(Told.FILLED, 0), Say(Told.RACED, 1), Say(Told.DONE, 1))


@pytest.mark.parametrize("state", [OrderState.CANCELED, OrderState.REJECTED])
def test_the_end_of_one_without_a_fill_ends_the_pair_and_leaves_the_other(
    state: OrderState,
) -> None:
    pair, (a, b) = a_pair()
    pair, wishes = look(pair, (a, ended(b, state)), 0)
    assert (pair.phase, wishes) == (PairPhase.ENDED, (Say(Told.BROKEN, 1),))
    assert look(pair, (filled(a, 4), b), 0) == (pair, ())


def test_an_end_concluded_from_silence_is_only_a_doubt() -> None:
    """Whoever comes back from it is still of the pair, also when the other has filled by then."""
    pair, (a, b) = a_pair()
    guessed = ended(b, OrderState.REJECTED, is_guess=True)
    pair, wishes = look(pair, (a, guessed), 0)
    assert wishes == (Say(Told.DOUBTED, 1),)
    a = filled(a, 4)
    pair, wishes = look(pair, (a, guessed), 1000)
    assert wishes == (Say(Told.FILLED, 0),), "nothing to cancel, and not over"
    assert look(pair, (a, b), 9000)[1] == (Cancel(B),), "it lives after all"


def test_an_unknown_order_is_told_once_and_canceled_if_the_other_fills() -> None:
    pair, (a, b) = a_pair()
    assert b is not None
    b = replace(b, state=OrderState.UNKNOWN)
    pair, wishes = look(pair, (a, b), 0)
    assert wishes == (Say(Told.DOUBTED, 1),)
    assert look(pair, (a, b), 1000)[1] == ()
    assert look(pair, (filled(a, 2), b), 2000)[1] == (Say(Told.FILLED, 0), Cancel(B))


def test_a_cancel_that_was_given_up_is_asked_for_again_but_not_at_once() -> None:
    pair, (a, b) = a_pair()
    a = filled(a, 4)
    pair, _ = look(pair, (a, b), 0)
    assert look(pair, (a, b), ASK_AGAIN_MS - 1)[1] == ()
    unclear = pending(b, PendingCommand.CANCEL_UNKNOWN)
    assert look(pair, (a, unclear), ASK_AGAIN_MS)[1] == ()
    assert look(pair, (a, unclear), ASK_UNKNOWN_MS)[1] == (Cancel(B),)
    again, wishes = look(pair, (a, b), ASK_AGAIN_MS)
    assert wishes == (Cancel(B),)
    assert look(again, (a, b), ASK_AGAIN_MS + 1)[1] == ()


def test_an_order_that_was_forgotten_ended_long_ago() -> None:
    pair, (a, _) = a_pair()
    assert look(pair, (a, None), 0)[1] == (Say(Told.BROKEN, 1),)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": OrderState.FILLED}, "working"),
        ({"state": OrderState.PARTLY_FILLED, "filled": Lots(4)}, "Nothing is left"),
        ({"state": OrderState.UNKNOWN}, "not known"),
        ({"state": OrderState.SUBMITTING}, "not known"),
        ({"pending": PendingCommand.CANCEL}, "canceled or moved"),
    ],
)
def test_only_two_known_working_orders_are_linked(changes: dict[str, Any], words: str) -> None:
    assert words in why_not(an_order("a"), an_order("b", **changes))
    assert words in why_not(an_order("b", **changes), an_order("a"))


def test_an_order_is_not_linked_to_itself_nor_to_nothing() -> None:
    assert why_not(an_order("a"), an_order("a")) == "It takes two orders."
    assert why_not(an_order("a"), None) == "Both orders must be working."
    assert why_not(an_order("a"), an_order("b")) == ""


def test_the_orders_of_a_pair_are_named_with_what_they_wait_for() -> None:
    contract = a_contract()
    assert leg_words(an_order("a"), contract) == "buy 4 XBTUSDTM at 100.0"
    assert leg_words(an_order("a"), None) == "buy 4 XBTUSDTM at 1000 ticks"
    stop = an_order(
        "s", side=None, is_close_order=True, price=None, order_type=OrderType.MARKET,
        trigger=Price(950), stop_direction=StopDirection.DOWN, stop_reference=StopReference.MARK,
    )  # fmt: skip
    assert leg_words(stop, contract) == "close XBTUSDTM if mark falls to 95.0"
    assert leg_words(an_order("a", side=None), contract) == "order of 4 XBTUSDTM at 100.0"


# The law -----------------------------------------------------------------------------------------

STEPS = st.tuples(
    st.integers(0, 1),
    st.sampled_from(
        ["fill", "fill", "whole", "cancel by hand", "doubt", "known", "guess", "carried out",
         "given up", "not known", "wait", "long"]
    ),
)  # fmt: skip


class Oracle:
    """The two orders as a crowd of facts changes them, and who has filled, counted by hand."""

    def __init__(self, rule: PairRule, before: list[int]) -> None:
        self.orders = [filled(an_order(n), 1) if k else an_order(n)
                       for n, k in zip("ab", before, strict=True)]  # fmt: skip
        self.pair = link(self.orders[0], self.orders[1], rule)
        self.rule, self.before, self.now_ms = rule, before, 0
        self.said: list[Say] = []
        self.asked: list[int] = []

    def happen(self, number: int, what: str) -> None:
        order = self.orders[number]
        if what in {"wait", "long"}:
            self.now_ms += 1000 if what == "wait" else 30_000
        elif not order.state.is_terminal or order.is_guess:
            self.orders[number] = self._after(order, what)

    @staticmethod
    def _after(order: Order, what: str) -> Order:
        if what in {"fill", "whole"}:
            lots = order.lots if what == "whole" else order.filled + 1
            command = PendingCommand.NONE if lots == order.lots else order.pending
            return replace(filled(order, lots), pending=command, is_guess=False)
        if what == "guess":
            is_silent = not order.filled
            return ended(order, OrderState.REJECTED, is_guess=True) if is_silent else order
        if what in {"doubt", "known"}:
            open_state = OrderState.PARTLY_FILLED if order.filled else OrderState.OPEN
            state = OrderState.UNKNOWN if what == "doubt" else open_state
            return replace(order, state=state, is_guess=False)
        if what == "cancel by hand" or (
            what == "carried out" and order.pending is not PendingCommand.NONE
        ):
            return ended(order)
        if order.pending is PendingCommand.NONE or what == "carried out":
            return order
        is_up = what == "given up"
        return pending(order, PendingCommand.NONE if is_up else PendingCommand.CANCEL_UNKNOWN)

    def has_cause(self, number: int) -> bool:
        """Whether this order's fills, counted since the link, cancel the other."""
        order = self.orders[number]
        if self.rule is PairRule.WHOLE_FILL:
            return order.state is OrderState.FILLED
        return order.filled > self.before[number]

    def look(self) -> None:
        was_over = self.pair.phase is PairPhase.ENDED
        had_cause = [self.has_cause(number) for number in (0, 1)]
        pair, wishes = look(self.pair, (self.orders[0], self.orders[1]), self.now_ms)
        for wish in wishes:
            if isinstance(wish, Say):
                self.said.append(wish)
                continue
            assert not was_over, "a pair that is over cancels nothing"
            number = "ab".index(wish.client_oid)
            assert had_cause[1 - number] or self.said, "never without a fill of the other"
            order = self.orders[number]
            assert order.is_working
            assert order.pending is not PendingCommand.CANCEL, "not while one is under way"
            assert pair.winner == 1 - number, "never the one that stays"
            if self.asked:
                assert self.now_ms - self.asked[-1] >= ASK_AGAIN_MS, "repeated calmly"
            self.asked.append(self.now_ms)
            self.orders[number] = replace(order, pending=PendingCommand.CANCEL)
        if self.rule is PairRule.FIRST_FILL and all(had_cause) and not was_over:
            assert Told.RACED in [one.told for one in self.said], "never hidden"
        self.pair = pair
        again, nothing = look(pair, (self.orders[0], self.orders[1]), self.now_ms)
        assert (again, nothing) == (pair, ()), "the same facts bring nothing new"

    def check(self) -> None:
        """No partner of a fill works on without a cancel that is under way, or was just asked."""
        if self.pair.phase is not PairPhase.CANCELING or self.pair.winner is None:
            return
        loser = self.orders[1 - self.pair.winner]
        is_idle = loser.is_working and loser.pending is PendingCommand.NONE
        assert not is_idle or (self.asked and self.now_ms < self.asked[-1] + ASK_AGAIN_MS)


@given(
    st.sampled_from(list(PairRule)),
    st.lists(st.integers(0, 1), min_size=2, max_size=2),
    st.lists(STEPS, max_size=25),
    st.lists(st.booleans(), min_size=25, max_size=25),
)
def test_only_the_partner_of_a_fill_is_canceled_and_never_left_working(
    rule: PairRule, before: list[int], steps: list[tuple[int, str]], sees: list[bool]
) -> None:
    """Whatever is told in whatever order, and however much is missed between two looks."""
    oracle = Oracle(rule, before)
    for (number, what), is_seen in zip(steps, sees, strict=False):
        oracle.happen(number, what)
        if is_seen:
            was = oracle.pair.phase
            fills = [oracle.has_cause(one) for one in (0, 1)]
            oracle.look()
            if was is PairPhase.LINKED and any(fills):
                assert oracle.pair.phase is not PairPhase.LINKED
                assert Told.FILLED in [one.told for one in oracle.said], "it is told"
            oracle.check()
    told = [one.told for one in oracle.said]
    assert told.count(Told.FILLED) <= 1
    assert told.count(Told.RACED) <= 1
    assert not (Told.BROKEN in told and Told.FILLED in told)
    both = all(order.filled > was for order, was in zip(oracle.orders, oracle.before, strict=True))
    if Told.RACED in told:
        assert both, "a race is told of two fills only"


@pytest.mark.parametrize("rule", PairRule)
def test_a_stop_that_bounds_a_loss_goes_only_for_a_whole_fill_or_when_it_bounds_none(
    rule: PairRule,
) -> None:
    pair, (one, other) = a_pair(rule)
    bounds = frozenset({1})
    same, wishes = look(pair, (filled(one, 3), other), 0, bounds)
    assert (same, wishes) == (pair, ())
    whole, wishes = look(pair, (filled(one, 4), other), 0, bounds)
    assert whole.winner == 0
    assert Cancel(B) in wishes
    if rule is PairRule.FIRST_FILL:
        flat, wishes = look(pair, (filled(one, 3), other), 0)
        assert Cancel(B) in wishes
        _, again = look(flat, (filled(one, 3), other), ASK_AGAIN_MS, bounds)
        assert again == (), "it protects by now what was not held before"


@pytest.mark.parametrize(("side", "goes"), [(Side.BUY, False), (Side.SELL, True)])
def test_a_stop_that_fires_takes_one_that_bounds_a_loss_only_from_the_other_side(
    side: Side, *, goes: bool
) -> None:
    """Of two for the same side the rest of what fired may be left to the other."""
    pair, (one, other) = a_pair(state=OrderState.UNTRIGGERED)
    assert one is not None
    assert other is not None
    fired = replace(filled(one, 1), side=Side.BUY)
    _, wishes = look(pair, (fired, replace(other, side=side)), 0, frozenset({1}))
    assert (Cancel(B) in wishes) is goes
