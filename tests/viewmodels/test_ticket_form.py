"""What is typed stays as it was typed; sizes follow each other, prices say what is wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.draft import OrderKind
from terminal.domain.events import PositionSide, StopReference, TimeInForce
from terminal.domain.sizing import SizeBasis, SizeUnit
from terminal.domain.units import Lots
from terminal.viewmodels.ticket_form import (
    TicketForm,
    draft_of,
    exits_problem,
    price_problem,
    sized,
    stepped,
    visible_problem,
)
from tests.support.builders import a_contract, an_inverse_contract

CONTRACT = a_contract()
BASIS = SizeBasis(CONTRACT, Decimal(100), Decimal(2000), 200, "it", Decimal(5), Decimal(900))


@pytest.mark.parametrize(
    ("unit", "typed", "texts"),
    [
        (SizeUnit.LOTS, "7", ("7", "0.007", "0.7")),
        (SizeUnit.LOTS, "1 000", ("1 000", "1", "100")),
        (SizeUnit.COIN, "0.0079", ("7", "0.0079", "0.7")),
        (SizeUnit.VALUE, "0.79", ("7", "0.007", "0.79")),
        (SizeUnit.SHARE, "10", ("4486", "4.486", "448.6")),
        # 200 ticks of 0.1 on 0.001 coin are 0.02 a lot; one percent of 2000 is 20.
        (SizeUnit.RISK, "1", ("1000", "1", "100")),
    ],
)
def test_the_field_that_is_typed_in_stays_and_the_others_follow(
    unit: SizeUnit, typed: str, texts: tuple[str, str, str]
) -> None:
    found = sized(TicketForm(unit=unit, size_text=typed), BASIS)
    assert (
        found.texts[SizeUnit.LOTS],
        found.texts[SizeUnit.COIN],
        found.texts[SizeUnit.VALUE],
    ) == (texts)
    assert found.problem == ""


@pytest.mark.parametrize(
    ("unit", "typed", "basis", "problem"),
    [
        (SizeUnit.LOTS, "1.5", BASIS, "A whole number of lots above zero."),
        (SizeUnit.VALUE, "x", BASIS, "A number above zero."),
        (SizeUnit.VALUE, "0.05", BASIS, "The smallest order is 1 lot, about 0.1 USDT."),
        (SizeUnit.VALUE, "5", SizeBasis(CONTRACT), "There is no price yet"),
        (SizeUnit.SHARE, "5", SizeBasis(CONTRACT, Decimal(100)), "The available balance or the"),
        (SizeUnit.RISK, "1", SizeBasis(CONTRACT, Decimal(100)), "The equity in USDT is not known"),
        (SizeUnit.COIN, "999999999", BASIS, "Too large."),
        (SizeUnit.COIN, "1", None, "There is no contract yet."),
    ],
)
def test_a_size_that_is_none_says_why(
    unit: SizeUnit, typed: str, basis: SizeBasis | None, problem: str
) -> None:
    found = sized(TicketForm(unit=unit, size_text=typed), basis)
    assert found.lots is None
    assert found.problem.startswith(problem)
    assert found.texts[unit] == typed


@given(
    st.sampled_from((a_contract(), an_inverse_contract())),
    st.integers(1, 10**6),
    st.integers(1000, 10**7),  # the stop of the risk must fit below
    st.lists(st.sampled_from(SizeUnit), min_size=1, max_size=6),
)
def test_typing_what_is_shown_in_one_field_after_the_other_keeps_the_lots(
    contract: object, lots: int, ticks: int, units: list[SizeUnit]
) -> None:
    """Through the texts, as a hand does it: no drift whatever the way."""
    chosen = CONTRACT if contract == CONTRACT else an_inverse_contract()
    basis = SizeBasis(chosen, Decimal(ticks) / 10, Decimal(2000), 5, "it", Decimal(5), Decimal(900))
    form = TicketForm(size_text=str(lots))
    for unit in units:
        shown = sized(form, basis).texts[unit]
        form = TicketForm(unit=unit, size_text=shown)
        assert sized(form, basis).lots == lots


def test_steps_are_whole_lots_and_end_above_zero() -> None:
    form = TicketForm(unit=SizeUnit.VALUE, size_text="0.79")
    assert stepped(form, Lots(7), 1, 1).size_text == "8"
    assert stepped(form, Lots(7), 1, 1).unit is SizeUnit.LOTS
    assert stepped(form, Lots(7), -10, 1).size_text == "1"
    assert stepped(form, None, 1, 10).size_text == "10"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("", ""), ("100.1", ""), ("100.15", "The tick is 0.1."), ("-1", "Not a price."),
     ("0", "Not a price."), ("1e3", "Not a price.")],
)  # fmt: skip
def test_a_price_says_what_is_wrong_with_it(typed: str, problem: str) -> None:
    assert price_problem(typed, CONTRACT) == problem


def test_exits_and_seen_lots_are_looked_at_only_where_they_count() -> None:
    form = TicketForm(loss_text="x", visible_text="x")
    assert exits_problem(form, CONTRACT)
    assert visible_problem(form)
    stop = TicketForm(OrderKind.STOP_MARKET, loss_text="x", visible_text="x")
    assert exits_problem(stop, CONTRACT) == visible_problem(stop) == ""


@pytest.mark.parametrize(
    ("kind", "price", "can_close", "is_limit"),
    [
        (OrderKind.LIMIT, "1", False, True),
        (OrderKind.MARKET, "", True, False),
        (OrderKind.STOP_LIMIT, "1", False, True),
        (OrderKind.STOP_MARKET, "", True, False),
        (OrderKind.STOP_LOSS, "", True, False),
        (OrderKind.TAKE_PROFIT, "1", False, True),
    ],
)
def test_what_closes_all_is_a_market_order(
    kind: OrderKind,
    price: str,
    can_close: bool,
    is_limit: bool,
) -> None:
    form = TicketForm(kind, price, closes=True)
    assert (form.can_close, form.is_close, form.is_limit) == (can_close, can_close, is_limit)


def test_a_template_has_no_price_and_leaves_the_lane() -> None:
    form = TicketForm(
        OrderKind.STOP_LIMIT, "100", "101", StopReference.LAST, SizeUnit.SHARE, "25",
        is_post_only=True, lane=PositionSide.SHORT, time_in_force=TimeInForce.IOC,
    )  # fmt: skip
    kept = form.template("  quarter   stop ")
    assert kept.name == "quarter stop"
    back = TicketForm(price_text="7", lane=PositionSide.LONG).recalled(kept)
    assert (back.price_text, back.trigger_text, back.lane) == ("", "", PositionSide.LONG)
    assert (back.kind, back.size_text, back.unit) == (form.kind, "25", SizeUnit.SHARE)
    assert back.template("quarter stop") == kept


def test_good_till_canceled_is_not_said_and_a_stop_takes_no_exits() -> None:
    form = TicketForm(OrderKind.STOP_LIMIT, "100", "101", loss_text="99", visible_text="3")
    draft = draft_of(form, CONTRACT, Lots(40), StopReference.LAST)
    assert (draft.time_in_force, draft.loss, draft.visible_lots) == (None, None, 3)
    assert (draft.price, draft.trigger) == (1000, 1010)
