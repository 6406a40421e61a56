"""The ladder's studies, tags, alerts and exits in the program's own window, the market moving."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit

from terminal.domain.order import OrderState
from terminal.domain.price_notes import AlertSource
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Submitted
from terminal.viewmodels.ladder_clicks import Spot
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.widgets.note_editor import NoteEditor
from tests.support.builders import XBT, a_ticket
from tests.support.clicks import click
from tests.support.deadlines import eventually
from tests.support.open_program import an_open_program
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.app.wiring import Program
    from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("qapp")


def with_program(play: Callable[[Live, Program], Coroutine[Any, Any, None]]) -> None:
    """Build the window on a backend that lives, play, end everything."""

    async def work() -> None:
        async with an_open_program(is_calm=False) as one:
            await play(one.live, one.program)

    run_on_qt(work())


def test_every_column_fills_an_alert_calls_and_a_click_at_the_result_closes() -> None:
    async def play(live: Live, program: Program) -> None:
        ladder, desk = program.ladder, live.backend.desk
        assert ladder.insight is not None
        ladder.set_columns(tuple(replace(one, is_shown=True) for one in DEFAULT_COLUMNS))
        touch = live.market.touch()
        assert touch is not None
        assert touch.best_ask is not None
        assert touch.best_bid is not None

        editor = program.window.findChild(NoteEditor, "ladder.note")
        assert isinstance(editor, NoteEditor)
        QTest.keyClick(program.ladder_widget.canvas, Qt.Key.Key_N)
        draft = ladder.insight.notes.draft
        assert draft is not None
        text, alert = editor.findChild(QLineEdit), editor.findChild(QCheckBox)
        assert isinstance(text, QLineEdit)
        assert isinstance(alert, QCheckBox)
        QTest.keyClicks(text, "my level")
        alert.click()
        QTest.keyClick(text, Qt.Key.Key_Return)
        (note,) = live.backend.price_notes.notes
        assert (note.text, note.alert) == ("my level", AlertSource.LAST)

        sweep = a_ticket(side=Side.BUY, price=Price(touch.best_ask + 18), lots=Lots(400))
        bought = desk.submit(sweep)
        assert isinstance(bought, Submitted), bought
        await eventually(lambda: live.backend.account.position(XBT).core.lots > 0, "a position")
        sold = desk.submit(a_ticket(side=Side.SELL, price=Price(touch.best_bid - 18), lots=Lots(9)))
        assert isinstance(sold, Submitted), sold
        rests = desk.submit(a_ticket(price=Price(touch.best_bid - 200), lots=Lots(4)))
        assert isinstance(rests, Submitted)
        await eventually(
            lambda: desk.orders[rests.client_oid].state is OrderState.OPEN, "an order that rests"
        )

        filled = {"volume_text", "bid_trades", "ask_trades", "bid_change", "ask_change",
                  "bid_total", "ask_total", "imbalance", "pnl_text", "note"}  # fmt: skip
        seen: set[str] = set()
        labels: set[str] = set()

        def is_full() -> bool:
            for row in ladder.view.rows:
                seen.update(name for name in filled if getattr(row.extras, name))
                labels.update(mark.label for mark in (*row.tags, *row.outside))
            return seen == filled and {"H", "L", "VW"} <= labels and bool(labels & {"BE", "BE~"})

        await eventually(is_full, "every column and tag", 20)
        await eventually(
            lambda: any("my level" in one.text for one in live.backend.notices.notices),
            "the alert in the event log",
        )
        fees = live.backend.charges
        await eventually(lambda: fees.fees(XBT) is not None, "the account's fee rates")
        await eventually(lambda: fees.funding(XBT) is not None, "the next funding")
        await eventually(
            lambda: live.backend.studies.open(XBT).queue_place(rests.client_oid) is not None,
            "a place in the queue",
        )

        ladder.recenter()
        await eventually(lambda: ladder.view.rows[0].extras.pnl_text, "results at prices")
        lots = live.backend.account.position(XBT).core.lots
        for _ in range(2):
            click(ladder, Spot(0, LadderColumn.PNL))
        order = next(one for one in desk.working(XBT) if one.side is Side.SELL)
        assert (order.lots, order.reduces_only) == (lots, True)
        await eventually(
            lambda: live.exchange.engine.account.by_client_oid(order.client_oid) is not None,
            "the exit at the exchange",
        )
        ladder.set_columns(
            tuple(
                replace(one, is_shown=one.column is LadderColumn.PRICE) for one in DEFAULT_COLUMNS
            )
        )

    with_program(play)
