"""What the desk says: once to who listens and once to the log, in the numbers of the contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.domain.order import from_update
from terminal.domain.units import Lots, Price, Side, Symbol
from terminal.session.notices import NoticeBoard, NoticeLevel
from terminal.session.origins import Surface, asked_by
from terminal.session.results import BatchResult, DryRun, OrderResult
from terminal.session.telling import Telling
from tests.support.builders import XBT, a_contract, a_fill, a_ticket, an_order_update
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.session.notices import Notice

ORDER = from_update(an_order_update(canceled=Lots(2), is_done=True))


def fail(error: Exception) -> None:
    """Nothing that listens here may raise."""
    raise error


def a_voice() -> tuple[Telling, list[Notice]]:
    board = NoticeBoard(FakeClock())
    said: list[Notice] = []
    board.on_posted.add(said.append)
    return Telling(board, {XBT: a_contract()}, fail), said


def test_an_end_reaches_the_listeners_of_its_kind_and_the_log() -> None:
    telling, said = a_voice()
    heard: list[object] = []
    for listeners in (telling.on_outcome, telling.on_batch, telling.on_dry_run):
        listeners.add(heard.append)
    telling.ended(ORDER, "Moved.", ok=True)
    telling.batch_ended(BatchResult(XBT, ok=False, sentence="2 left.", items=()))
    telling.dry_run_ended(a_ticket(), "Refused.", ok=False)
    assert heard == [
        OrderResult(ORDER, ok=True, sentence="Moved."),
        BatchResult(XBT, ok=False, sentence="2 left.", items=()),
        DryRun(a_ticket(), ok=False, sentence="Refused."),
    ]
    assert [(one.level, one.text) for one in said] == [
        (NoticeLevel.INFO, "Moved."),
        (NoticeLevel.WARNING, "2 left."),
        (NoticeLevel.WARNING, "Refused."),
    ]


def test_prices_are_said_in_the_contracts_steps_and_in_ticks_where_it_is_not_known() -> None:
    telling, said = a_voice()
    telling.filled(a_fill(side=Side.SELL, price=Price(1000), lots=Lots(3)))
    assert said[0].text == "Sold 3 at 100.0."
    assert telling.words(replace(ORDER, price=Price(1000))) == "buy 2 at 100.0"
    elsewhere = replace(ORDER, symbol=Symbol("NEWUSDTM"), price=Price(1000))
    assert telling.words(elsewhere) == "buy 2 at 1000 ticks"


def test_an_order_of_no_side_is_said_by_what_it_does() -> None:
    telling, _ = a_voice()
    assert telling.words(replace(ORDER, side=None, price=None)) == "order of 2"
    closing = replace(ORDER, side=None, price=None, is_close_order=True)
    assert telling.words(closing) == "close 2"


def test_an_answer_names_the_surface_that_asked() -> None:
    telling, _ = a_voice()
    heard: list[object] = []
    telling.on_outcome.add(lambda result: heard.append(result.origin))
    telling.on_batch.add(lambda result: heard.append(result.origin))
    hand = Surface()
    with asked_by(hand):
        telling.origins.note(ORDER.client_oid)
        telling.batch_ended(BatchResult(XBT, ok=True, sentence="Done.", items=()))
    telling.ended(ORDER, "Moved.", ok=True)
    telling.batch_ended(BatchResult(XBT, ok=True, sentence="Done.", items=()))
    assert heard == [hand, hand, None]
