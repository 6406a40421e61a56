"""An exit by a typed trigger price: a condition, refused where it would fire, sent once."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.intention import Purpose as Meant
from terminal.domain.triggers import UNKNOWN_REFERENCES, Purpose
from terminal.exchange.outcome import Rejected
from terminal.viewmodels.exit_form import NO_POSITION, ExitFormViewModel
from terminal.viewmodels.row_commands import RowCommand
from terminal.viewmodels.text import Role
from tests.support.builders import XBT
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.exit_form import ExitFormView

pytestmark = pytest.mark.usefixtures("qapp")


class Form:
    def __init__(self, protected: Protected, vm: ExitFormViewModel) -> None:
        self.protected, self.vm = protected, vm

    async def type(self, price: str, lots: str = "") -> ExitFormView:
        self.vm.set_price_text(price)
        self.vm.set_lots_text(lots)
        return await self.look()

    async def look(self) -> ExitFormView:
        await self.protected.settle()
        return self.vm.view

    async def place(self) -> ExitFormView:
        self.vm.place()
        return await self.look()


@contextlib.asynccontextmanager
async def a_form(lots: int = 4) -> AsyncIterator[Form]:
    protected = await Protected().start(lots)
    bench = protected.desktop.bench
    vm = ExitFormViewModel(
        bench.desk, bench.account, protected.protecting, bench.contracts, protected.desktop.frame
    )
    try:
        yield Form(protected, vm)
    finally:
        vm.stop()
        await protected.stop()


async def test_without_lots_it_closes_all_that_there_is_by_then() -> None:
    async with a_form() as form:
        form.vm.ask(XBT, Purpose.LOSS)
        view = form.vm.view
        assert (view.title, view.position) == ("Stop-loss of XBTUSDTM", "Long 4 XBTUSDTM")
        assert view.why_not == "Type the price that it waits for."
        view = await form.type("95")
        assert view.words == "Close all at market, if mark falls to 95.0."
        assert view.why_not == ""
        view = await form.place()
        assert form.protected.sent == [("close", None, 950)]
        assert view.words == "Sent: untriggered."
        await form.place()
        assert len(form.protected.sent) == 1, "sent once, until something is changed"
        desk = form.protected.desktop.bench.desk
        (oid,) = desk.sent
        intention = desk.journal.intention(oid)
        assert intention is not None
        assert intention.purpose is Meant.PROTECT


async def test_with_lots_it_closes_a_part() -> None:
    async with a_form() as form:
        form.vm.ask(XBT, Purpose.PROFIT)
        view = await form.type("105", "3")
        assert view.words == (
            "Sell 3 at market, reduce-only, if mark rises to 105.0. It closes a part only."
        )
        await form.place()
        assert form.protected.sent == [("sell", 3, 1050)]


@pytest.mark.parametrize(
    ("purpose", "price", "lots", "words"),
    [
        (Purpose.LOSS, "101", "", "It would fire now"),
        (Purpose.PROFIT, "99", "", "It would fire now"),
        (Purpose.LOSS, "95.05", "", "the tick is 0.1"),
        (Purpose.LOSS, "95", "5", "The position is 4 lots"),
        (Purpose.LOSS, "95", "x", "A whole number of lots"),
    ],
)
async def test_what_would_fire_or_cannot_be_is_said_and_not_sent(
    purpose: Purpose, price: str, lots: str, words: str
) -> None:
    async with a_form() as form:
        form.vm.ask(XBT, purpose)
        view = await form.type(price, lots)
        assert words in view.words
        assert view.words_role is Role.DANGER
        assert view.why_not
        await form.place()
        assert form.protected.sent == []


async def test_an_unknown_price_is_said_and_holds_no_protection_up() -> None:
    async with a_form() as form:
        form.protected.guarded.now = UNKNOWN_REFERENCES
        form.vm.ask(XBT, Purpose.LOSS)
        view = await form.type("95")
        assert view.words.endswith("The mark price is not known: it might fire now.")
        assert (view.words_role, view.why_not) == (Role.CAUTION, "")


async def test_without_a_position_there_is_nothing_to_close() -> None:
    async with a_form(0) as form:
        form.vm.ask(XBT, Purpose.LOSS)
        view = await form.type("95")
        assert (view.position, view.words) == (NO_POSITION, "There is no position to close.")


async def test_a_refusal_is_said_where_it_was_asked_for() -> None:
    async with a_form() as form:
        form.protected.guarded.keeps = False
        trading = form.protected.desktop.bench.trading
        trading.place_outcomes.append(Rejected("300003", "Too near.", ""))
        form.vm.ask(XBT, Purpose.LOSS)
        await form.type("95")
        view = await form.place()
        assert (view.words, view.words_role) == ("Rejected. Too near.", Role.DANGER)
        assert (await form.type("94")).why_not == ""


async def test_the_menu_of_a_position_asks_for_both_kinds() -> None:
    async with a_form() as form:
        asked: list[tuple[str, Purpose]] = []
        positions = form.protected.positions
        positions.exit_asked.connect(lambda symbol, purpose: asked.append((symbol, purpose)))
        for entry in positions.commands_of(XBT):
            if isinstance(entry, RowCommand) and entry.words.startswith("Add a"):
                entry.act()
        assert asked == [(XBT, Purpose.LOSS), (XBT, Purpose.PROFIT)]
