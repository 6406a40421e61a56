"""Several ladders and the lanes of hedge mode by real keys, read from the exchange afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu

from terminal.app.layouts import LayoutKeeper
from terminal.app.settings_keeper import SettingsKeeper
from terminal.app.trade_menu import DISARM_ALL
from terminal.app.wiring import build
from terminal.domain.events import MarginMode
from terminal.domain.sizing import SizeUnit
from terminal.domain.units import Symbol
from terminal.storage.layouts import LayoutStore
from terminal.storage.paths import resources
from terminal.storage.settings import SettingsStore
from terminal.viewmodels.ladder_group import FIRST, MOST
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.links import LinkColor
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.fake_clock import FakeClock
from tests.support.live import Live
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.widgets.ladder import LadderPanel

pytestmark = pytest.mark.usefixtures("qapp")
ETH, SECOND = "ETHUSDTM", "ladder-2"
K = Qt.Key


RUNS: list[Run] = []
"""The backend of a test outlives its windows and still tells them things: they are kept."""


class Run:
    """One start of the window with its files, on an exchange that goes on living."""

    def __init__(self, live: Live, folder: Path) -> None:
        RUNS.append(self)
        self.live = live
        self._at_ms = 1000
        self.account = live.exchange.engine.account
        clock = FakeClock()
        store = SettingsStore(folder, clock)
        settings, problem = store.load()
        assert problem == ""
        theme = Theme.load(resources() / "themes", "dark")
        self.program = program = build(live.backend, settings, theme)
        self.window, self.ladders = program.window, program.ladders
        for view_model in program.view_models:
            view_model.start()
        self.ladders.restore()
        layouts = LayoutStore(folder, clock)
        keeper = LayoutKeeper(self.window, layouts, live.backend.notices, "default")
        keeper.show(None)
        self.parent = QObject()
        self.keeper = SettingsKeeper(store, settings, self.parent)
        self.keeper.watch(program, keeper)
        self.ladders.contracts_loaded()

    def ladder(self, name: str = FIRST) -> LadderViewModel:
        return self.ladders.group.all[name]

    def panel(self, name: str = FIRST) -> LadderPanel:
        return cast("LadderPanel", self.window.docks.panels[name].dock.widget())

    def symbol(self, name: str = FIRST) -> str:
        contract = self.ladder(name).trading.contract
        return "" if contract is None else str(contract.symbol)

    async def alive(self, *names: str) -> None:
        for name in names:
            ladder = self.ladder(name)
            await eventually(
                lambda ladder=ladder: ladder.view.rows and ladder.view.stale is None,  # type: ignore[misc] # bound now
                f"a live {name}",
            )

    def press(self, name: str, *keys: Qt.Key) -> None:
        """Keys go to whatever has the focus in the window of a ladder."""
        panel = self.panel(name)
        panel.setFocus()
        for key in keys:
            self._at_ms += 200  # a hand; the same key at once would be a bouncing switch
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
                event.setTimestamp(self._at_ms)
                QApplication.sendEvent(panel.canvas, event)

    def at_exchange(self) -> list[tuple[str, str]]:
        return [(order.symbol, order.side) for order in self.account.active()]

    def end(self) -> None:
        self.keeper.save()
        for view_model in self.program.view_models:
            view_model.stop()
        self.ladders.stop()
        for name in self.ladders.links.names:
            self.ladders.links.drop(name)  # the exchange and the backend go on without it
        self.program.frame.stop()
        self.window.close_for_good()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def with_exchange(
    play: Callable[[Live], Coroutine[Any, Any, None]], *, is_hedged: bool = False
) -> None:
    async def work() -> None:
        live = Live(is_calm=True)
        if is_hedged:
            live.exchange.engine.account.margin_modes[XBT] = MarginMode.CROSS.name
            live.exchange.engine.account.set_hedged(is_on=True)
        await live.start()
        try:
            await play(live)
        finally:
            await live.stop()
            RUNS.clear()

    run_on_qt(work())


def test_two_ladders_trade_two_contracts_and_come_back_after_a_restart(tmp_path: Path) -> None:
    async def play(live: Live) -> None:
        one = Run(live, tmp_path)
        await one.alive(FIRST)
        one.window.view_menu.new_ladder_asked.emit()
        assert one.symbol(SECOND) == XBT, "it begins where the hand was"
        one.ladder(SECOND).choose_contract(ETH)
        assert (one.symbol(), one.symbol(SECOND)) == (XBT, ETH)
        assert one.ladders.links.symbol("ticket") == XBT, "a new ladder moves nobody"
        await one.alive(FIRST, SECOND)

        one.press(SECOND, K.Key_F4)
        assert one.ladders.group.armed_on(ArmedBy.KEYBOARD) == f"2: {ETH}"
        one.press(FIRST, K.Key_Q)
        one.press(SECOND, K.Key_Q)
        await eventually(one.at_exchange, "an order at the exchange")
        assert one.at_exchange() == [(ETH, "buy")], "keys go to the ladder that is armed"
        await eventually(
            lambda: any(row.own_bid for row in one.ladder(SECOND).view.rows), "its own order"
        )
        assert not any(row.own_bid for row in one.ladder().view.rows)
        one.press(FIRST, K.Key_D)
        one.press(SECOND, K.Key_D)
        await eventually(lambda: not one.at_exchange(), "no order, by the unarmed cancel")

        one.ladder(SECOND).choose_size(3)
        one.window.docks.panels[SECOND].tear_off()
        one.ladders.links.link(SECOND, LinkColor.GOLD)
        one.end()

        again = Run(live, tmp_path)
        assert (again.symbol(), again.symbol(SECOND)) == (XBT, ETH)
        assert again.window.docks.panels[SECOND].is_floating
        assert again.ladders.links.color(SECOND) is LinkColor.GOLD
        assert again.ladder(SECOND).trading.sizes.chosen == 3
        assert again.ladder().trading.sizes.chosen == 1
        assert again.ladders.group.armed_on(ArmedBy.KEYBOARD) == "", "a restart disarms"
        await again.alive(FIRST, SECOND)
        again.press(SECOND, K.Key_F4)
        again.window.docks.panels[SECOND].close()
        assert not again.ladder(SECOND).trading.armed, "out of sight is out of hand"
        again.ladders.close(SECOND)
        assert list(again.ladders.group.all) == [FIRST]
        assert live.backend.markets.get(Symbol(ETH)) is None, "its market is given back"
        again.end()

        last = Run(live, tmp_path)
        assert list(last.ladders.group.all) == [FIRST]
        last.end()

    with_exchange(play)


def test_dollars_are_sent_as_the_lots_that_are_shown_and_a_second_ladder_keeps_its_sizes(
    tmp_path: Path,
) -> None:
    async def play(live: Live) -> None:
        one = Run(live, tmp_path)
        await one.alive(FIRST)
        one.window.view_menu.new_ladder_asked.emit()
        one.ladder(SECOND).choose_contract(ETH)
        await one.alive(SECOND)
        ladder = one.ladder(SECOND)
        sizes = ladder.trading.sizes
        ladder.choose_unit(2)
        ladder.store_size_text(4, "2000")
        assert (sizes.unit, sizes.chosen) == (SizeUnit.VALUE, 4)
        before = sizes.current
        assert before is not None
        live.exchange.engine.move(ETH, 8000)
        await eventually(lambda: sizes.current not in {before, None}, "other lots")
        one.press(SECOND, K.Key_F4, K.Key_Home, K.Key_Down)

        def line() -> str:
            return next((row.staged.words for row in ladder.view.rows if row.staged), "")

        await eventually(lambda: line().startswith("Buy"), "the staged line")
        shown = sizes.current
        assert shown is not None
        assert shown < before
        assert line() == f"Buy {shown} limit"
        assert ladder.view.foot.note.startswith(f"{shown} lots, about 1")
        one.press(SECOND, K.Key_B)
        await eventually(one.account.active, "the order")
        assert [(order.symbol, order.size) for order in one.account.active()] == [(ETH, shown)]

        one.press(SECOND, K.Key_E)
        said = ladder.trading.message
        assert said is not None
        assert f"the ticket shows {XBT}" in said.text, "it is linked with the first ladder"
        one.press(FIRST, K.Key_Home, K.Key_E)
        assert one.program.ticket.form.price_text
        one.press(SECOND, K.Key_D)
        await eventually(lambda: not one.at_exchange(), "no order")
        one.end()

        again = Run(live, tmp_path)
        await again.alive(SECOND)
        sizes = again.ladder(SECOND).trading.sizes
        assert (sizes.unit, sizes.chosen, sizes.amount) == (SizeUnit.VALUE, 4, Decimal(2000))
        await eventually(lambda: sizes.current == shown, "the same lots at the same price")
        assert again.ladder().trading.sizes.unit is SizeUnit.LOTS
        again.end()

    with_exchange(play)


def test_a_layout_brings_back_the_ladders_that_it_knows_and_there_are_at_most_eight(
    tmp_path: Path,
) -> None:
    async def play(live: Live) -> None:
        one = Run(live, tmp_path)
        await one.alive(FIRST)
        one.window.view_menu.new_ladder_asked.emit()
        one.ladder(SECOND).choose_contract(ETH)
        kept = one.window.saved_layout()
        one.ladders.close(SECOND)
        assert SECOND not in one.window.docks.panels
        assert one.window.restore_layout(kept) == ""
        assert one.window.docks.panels[SECOND].is_docked
        assert one.symbol(SECOND) == XBT, "closed for good, it was forgotten"
        await one.alive(SECOND)

        one.press(SECOND, K.Key_F4)
        one.press(FIRST, K.Key_F4)
        assert one.ladders.group.armed_on(ArmedBy.KEYBOARD) == f"{XBT}, 2: {XBT}"
        disarm = next(
            action
            for menu in one.window.menuBar().findChildren(QMenu)
            for action in menu.actions()
            if action.text() == DISARM_ALL
        )
        disarm.trigger()
        assert one.ladders.group.armed_on(ArmedBy.KEYBOARD) == ""

        for _ in range(MOST):
            one.window.view_menu.new_ladder_asked.emit()
        assert len(one.ladders.group.all) == MOST
        assert live.backend.notices.notices[-1].text.startswith(f"There are {MOST} ladders.")
        for name in list(one.ladders.group.all)[1:]:
            one.ladders.close(name)
        one.ladders.close(FIRST)
        assert list(one.ladders.group.all) == [FIRST], "the first one stays"
        one.end()

    with_exchange(play)


def test_both_lanes_are_placed_flattened_and_reversed_by_keys(tmp_path: Path) -> None:
    async def play(live: Live) -> None:
        one = Run(live, tmp_path)
        await one.alive(FIRST)
        legs, ladder = one.account.legs, one.ladder()
        await eventually(lambda: len(ladder.view.lanes) == 2, "the headers of both lanes")

        def lots() -> tuple[int, int]:
            return legs.one(XBT, "LONG").lots, legs.one(XBT, "SHORT").lots

        def believed() -> tuple[str, ...]:
            return tuple(head.lots for head in ladder.view.lanes)

        async def holds(long: int, short: int) -> None:
            shown = tuple(str(abs(size)) if size else "flat" for size in (long, short))
            await eventually(
                lambda: lots() == (long, short) and believed() == shown,
                f"{long} and {short} (it is {lots()}, {believed()})",
                20.0,
            )

        one.press(FIRST, K.Key_F4, K.Key_W)
        await holds(1, 0)
        one.press(FIRST, K.Key_L, K.Key_2, K.Key_Z)
        await holds(1, -5)
        one.press(FIRST, K.Key_1, K.Key_A)  # a sell of the short lane rests on the right
        await eventually(one.account.active, "a resting order")
        (order,) = one.account.active()
        assert (order.side, order.position_side) == ("sell", "SHORT")
        await eventually(
            lambda: [row.own_ask for row in ladder.view.rows if row.own_ask is not None],
            "its mark in the short lane",
        )
        assert not [row.own_bid for row in ladder.view.rows if row.own_bid is not None]
        one.press(FIRST, K.Key_U)
        await eventually(lambda: not one.account.active(), "no order")

        one.press(FIRST, K.Key_L)
        assert ladder.view.focus is None or ladder.lane.value == "long"
        one.press(FIRST, K.Key_R, K.Key_R)  # the long lane's 1 becomes a short one more
        await eventually(lambda: not live.backend.desk.reversing(XBT), "the end of reversing", 20.0)
        await holds(0, -6)
        one.press(FIRST, K.Key_F, K.Key_F)
        await eventually(lambda: not live.backend.desk.flattening(XBT), "the end", 20.0)
        await holds(0, 0)
        one.end()

    with_exchange(play, is_hedged=True)
