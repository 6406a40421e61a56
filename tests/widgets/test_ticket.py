"""The ticket's panel: everything by keys, everything named, and no order by accident."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from terminal.domain.draft import OrderKind
from terminal.domain.ticket_template import TicketTemplate
from terminal.domain.units import Side
from terminal.session.position_modes import PositionModes
from terminal.session.risk_levels import RiskLevels
from terminal.session.trading_terms import TradingTerms
from terminal.storage.paths import resources
from terminal.viewmodels.ticket import TicketViewModel
from terminal.widgets.theme import Theme
from terminal.widgets.ticket import TicketPanel
from terminal.widgets.ticket_parts import StepLine
from tests.support.builders import XBT, a_position_update, position_details
from tests.support.desktop import Desktop
from tests.support.fakes import FakeAccountCommands
from tests.support.guarding import some_tiers
from tests.support.overlaps import overlaps, seen_part
from tests.support.pointer import press_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
Part = TypeVar("Part", bound=QWidget)
Key = Qt.Key


class Shown(NamedTuple):
    """A panel on the screen, and what is below it."""

    desktop: Desktop
    ticket: TicketViewModel
    panel: TicketPanel

    def part(self, kind: type[Part], name: str) -> Part:
        found = self.panel.findChild(kind, f"ticket.{name}")
        assert isinstance(found, kind)
        return found

    def tick(self) -> None:
        self.ticket.mark_dirty()
        self.desktop.frame.tick()


@asynccontextmanager
async def a_panel(scale: float = 1.0) -> AsyncIterator[Shown]:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    terms = TradingTerms(
        FakeAccountCommands(desktop.bench.gateway), desktop.account, desktop.bench.owner
    )
    ticket.terms.changes = terms
    modes = ticket.terms.position_modes = PositionModes(
        FakeAccountCommands(desktop.bench.gateway),
        desktop.account,
        desktop.bench.clock,
        desktop.bench.owner,
        lambda: len(desktop.desk.working()),
    )
    theme = Theme.load(resources() / "themes", "dark", scale)
    panel = TicketPanel(ticket, theme)
    await desktop.start()
    ticket.start()
    await desktop.settle()
    panel.setStyleSheet(theme.style_sheet)
    panel.resize(300, 520)
    panel.show()
    panel.activateWindow()
    try:
        yield Shown(desktop, ticket, panel)
    finally:
        panel.close()
        panel.deleteLater()
        ticket.stop()
        await terms.stop()
        await modes.stop()
        await desktop.stop()


async def test_whatever_can_be_used_has_a_name_and_a_tooltip() -> None:
    async with a_panel() as shown:
        kinds = (QAbstractButton, QLineEdit, QComboBox)
        for widget in shown.panel.findChildren(QWidget):
            if isinstance(widget, kinds) and widget.objectName().startswith("ticket."):
                assert widget.accessibleName(), widget.objectName()
                assert widget.toolTip(), widget.objectName()


async def test_it_is_300_pixels_wide_with_and_without_what_unfolds() -> None:
    async with a_panel() as shown:
        assert shown.panel.minimumSizeHint().width() <= 300
        shown.part(QPushButton, "advanced").setChecked(True)
        shown.part(QPushButton, "terms").setChecked(True)
        shown.ticket.set_kind(OrderKind.STOP_LIMIT)
        shown.tick()
        assert shown.panel.minimumSizeHint().width() <= 300


@pytest.mark.parametrize("scale", [1.0, 2.0])
async def test_nothing_lies_on_anything_else_however_low_it_is(scale: float) -> None:
    async with a_panel(scale) as shown:
        panel = shown.panel
        host = QWidget()  # a window of its own would not become so low
        host.resize(2000, 2000)
        panel.setParent(host)
        panel.show()
        host.show()
        for kind in (OrderKind.LIMIT, OrderKind.STOP_LIMIT):
            shown.ticket.set_kind(kind)
            shown.tick()
            for height in (900, 560, 420, 330, 250, 150, 60):
                panel.resize(round(300 * scale), round(height * scale))
                QApplication.sendPostedEvents()
                assert panel.height() == round(height * scale)
                assert overlaps(panel) == [], (kind, height)
        panel.setParent(None)
        host.close()


async def test_what_is_led_to_with_enter_is_scrolled_to() -> None:
    async with a_panel() as shown:
        panel, price, buy = (
            shown.panel,
            shown.part(QLineEdit, "price"),
            shown.part(QPushButton, "buy"),
        )
        panel.resize(300, 150)
        QApplication.sendPostedEvents()
        assert seen_part(buy, panel).isEmpty()
        price.setFocus()
        QTest.keyClicks(price, "99.5")
        shown.tick()
        QTest.keyClick(price, Key.Key_Return)
        assert panel.focusWidget() is buy
        assert seen_part(buy, panel).height() == buy.height()


async def test_tab_goes_as_the_ticket_is_read() -> None:
    async with a_panel() as shown:
        order: list[str] = []
        widget = shown.part(QComboBox, "kind")
        at: QWidget | None = widget
        while at is not None and len(order) < 200:
            order.append(at.objectName())
            at = at.nextInFocusChain()
            if at is widget:
                break
        wanted = ["kind", "terms", "price", "quick.bid", "lots", "coin", "value", "risk",
                  "postonly", "loss", "profit", "time", "share", "share", "buy", "sell",
                  "test"]  # fmt: skip
        places = [order.index(f"ticket.{name}") for name in wanted]
        assert places == sorted(places)


async def test_enter_in_a_field_goes_to_the_sides_and_stages_the_side_in_hand() -> None:
    async with a_panel() as shown:
        price, buy = shown.part(QLineEdit, "price"), shown.part(QPushButton, "buy")
        sell, words = shown.part(QPushButton, "sell"), shown.part(QLabel, "words")
        price.setFocus()
        QTest.keyClicks(price, "99.5")
        shown.tick()
        QTest.keyClick(price, Key.Key_Return)
        assert shown.panel.focusWidget() is buy
        assert shown.ticket.view.staged is None
        sell.setFocus()
        QTest.keyClick(sell, Key.Key_Return)
        price.setFocus()
        QTest.keyClicks(price, "0")
        shown.tick()
        QTest.keyClick(price, Key.Key_Return)
        shown.tick()
        assert shown.panel.focusWidget() is sell
        assert words.text().startswith("Sell 1 XBTUSDTM at 99.5?")
        await shown.desktop.settle()
        assert shown.desktop.bench.trading.placed == []
        QTest.keyClick(sell, Key.Key_Return)
        await shown.desktop.settle()
        assert len(shown.desktop.bench.trading.placed) == 1


async def test_a_double_click_shows_an_order_and_does_not_send_it() -> None:
    async with a_panel() as shown:
        shown.ticket.set_price_text("99.5")
        shown.tick()
        buy = shown.part(QPushButton, "buy")
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        QApplication.sendEvent(
            buy,
            QMouseEvent(
                QEvent.Type.MouseButtonDblClick, QPointF(5, 5), buy.mapToGlobal(QPointF(5, 5)),
                Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )  # fmt: skip
        QTest.mouseRelease(buy, Qt.MouseButton.LeftButton)
        await shown.desktop.settle()
        assert shown.ticket.is_staged
        assert shown.desktop.bench.trading.placed == []


async def test_a_burst_of_clicks_is_one_however_many_there_are() -> None:
    """Qt makes a plain press of the third of three; frames come in between, so it could be read."""
    async with a_panel() as shown:
        shown.ticket.set_price_text("99.5")
        shown.tick()
        buy = shown.part(QPushButton, "buy")
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        apart = QApplication.doubleClickInterval() - 1
        for number in range(5):
            press_at(buy, kinds[number % 2], 10_000 + number * apart)
            shown.tick()
        await shown.desktop.settle()
        assert shown.ticket.is_staged
        assert shown.desktop.bench.trading.placed == []
        press_at(buy, kinds[0], 10_000 + 4 * apart + apart + 1)
        await shown.desktop.settle()
        assert len(shown.desktop.bench.trading.placed) == 1


async def test_what_was_shown_with_another_leverage_is_not_sent() -> None:
    async with a_panel() as shown:
        shown.ticket.set_price_text("99.5")
        shown.ticket.stage(Side.BUY)
        assert shown.ticket.is_staged
        shown.tick()
        shown.desktop.account.choose_leverage(XBT, Decimal(9))
        shown.ticket.confirm()
        shown.tick()
        await shown.desktop.settle()
        assert shown.desktop.bench.trading.placed == []
        message = shown.ticket.view.message
        assert message is not None
        assert "leverage" in message.text


async def test_enter_in_the_leverage_changes_the_leverage_and_esc_closes_the_strip() -> None:
    async with a_panel() as shown:
        shown.ticket.set_price_text("99.5")
        opened = shown.part(QPushButton, "terms")
        QTest.mouseClick(opened, Qt.MouseButton.LeftButton)
        shown.tick()
        leverage = shown.part(QLineEdit, "terms.leverage")
        leverage.setFocus()
        QTest.keyClick(leverage, Key.Key_Up)
        shown.tick()
        assert leverage.text() == "6"
        QTest.keyClick(leverage, Key.Key_Return)
        shown.tick()
        assert opened.text() == "Isolated 6x"
        assert shown.ticket.view.staged is None
        QTest.keyClick(leverage, Key.Key_Escape)
        shown.tick()
        assert not leverage.isVisibleTo(shown.panel)


class Shelf:
    """Templates in memory."""

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        return (TicketTemplate("ten", size="10"),), ""

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        return "" if templates else "None left."


async def test_sizes_quick_prices_and_templates_by_hand() -> None:
    async with a_panel() as shown:
        shown.ticket.keep_templates(Shelf())
        shown.tick()
        templates = shown.part(QComboBox, "templates")
        templates.setFocus()
        QTest.keyClick(templates, Key.Key_Down)
        shown.tick()
        lots = shown.part(QLineEdit, "lots")
        assert lots.text() == "10"
        QTest.mouseClick(shown.part(QToolButton, "quick.bid"), Qt.MouseButton.LeftButton)
        shown.tick()
        assert shown.part(QLineEdit, "price").text() == "100.0"
        value = shown.part(QLineEdit, "value")
        value.selectAll()
        QTest.keyClicks(value, "2.59")
        shown.tick()
        assert (value.text(), lots.text()) == ("2.59", "25")
        QTest.keyClick(lots, Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
        shown.tick()
        assert (value.text(), lots.text()) == ("3.5", "35")
        shown.part(QPushButton, "advanced").setChecked(True)
        name = shown.part(QLineEdit, "template.name")
        name.setFocus()
        QTest.keyClicks(name, "more")
        QTest.keyClick(name, Key.Key_Return)
        shown.tick()
        assert shown.ticket.view.templates == ("more", "ten")
        assert shown.ticket.view.staged is None
        assert shown.part(QPushButton, "template.delete").isEnabled()


async def test_a_click_into_a_size_selects_it_and_the_next_click_places_the_cursor() -> None:
    """Who types 500 where a 1 stands means 500: not 5001, nor 1500."""
    async with a_panel() as shown:
        lots, left = shown.part(QLineEdit, "lots"), Qt.MouseButton.LeftButton
        assert lots.text() == "1"
        came = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason)
        QApplication.sendEvent(lots, came)  # no window is active here
        QTest.mouseClick(lots, left)
        QTest.keyClicks(lots, "500")
        shown.tick()
        assert lots.text() == "500"
        QTest.mouseClick(lots, left, pos=lots.rect().center())
        assert not lots.hasSelectedText()


async def test_a_size_that_has_no_room_shows_its_first_digits() -> None:
    async with a_panel() as shown:
        value = shown.part(StepLine, "value")
        value.show_from_start("1234567890123.4567")
        assert value.fontMetrics().horizontalAdvance(value.text()) > value.width()
        assert value.cursorPosition() == 0


async def test_a_grey_side_has_its_reason_below_it_and_nothing_jumps_for_it() -> None:
    async with a_panel() as shown:
        ticket, line = shown.ticket, shown.part(QLabel, "buy.refused")
        ticket.set_lots_text("1")
        ticket.set_price_text("99")
        shown.tick()
        buy = shown.part(QPushButton, "buy")
        before = buy.geometry().top()
        assert not line.isVisible()
        ticket.set_price_text("103")
        shown.tick()
        assert line.isVisible()
        assert not buy.isEnabled()
        assert line.text() == line.toolTip()
        assert line.text().startswith("Buy: 29 ticks above the best ask")
        assert shown.part(QLabel, "price.note").text() == line.text()
        assert buy.geometry().top() == before
        ticket.stage(Side.SELL)
        shown.tick()
        assert not line.isVisible(), "what is staged is read alone"


async def test_the_accounts_mode_is_switched_by_its_button_and_change() -> None:
    async with a_panel() as shown:
        shown.part(QPushButton, "terms").click()
        shown.tick()
        one_way, hedge = (shown.part(QPushButton, f"terms.{name}") for name in ("one_way", "hedge"))
        assert one_way.isChecked()
        hedge.click()
        shown.tick()
        assert (one_way.isChecked(), hedge.isChecked()) == (False, True)
        assert "for the whole account" in shown.part(QLabel, "terms.words").text()
        shown.part(QPushButton, "terms.apply").click()
        await shown.desktop.settle()
        shown.tick()
        words = shown.part(QLabel, "terms.words").text()
        assert words == "The account is in hedge mode now."
        assert shown.part(QPushButton, "lane.long").isVisible()


async def test_the_way_out_of_a_risk_level_is_a_button_below_the_refusal_read_before_it_acts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By mouse and by Enter; a double click is one press, and Esc drops what was read."""
    async with a_panel() as shown:
        bench = shown.desktop.bench
        commands = FakeAccountCommands(bench.gateway)
        levels = RiskLevels(commands, bench.account, bench.clock, bench.owner)
        shown.ticket.level.levels = levels
        monkeypatch.setattr(bench.desk.guarding.surroundings, "tiers", lambda _symbol: some_tiers())
        details = replace(position_details(), risk_level=1)
        bench.stream.push(a_position_update(9000, details=details))
        button, words = shown.part(QPushButton, "raise_level"), shown.part(QLabel, "words")
        shown.tick()
        assert not button.isVisible()
        shown.ticket.set_price_text("99.9")
        shown.ticket.set_lots_text("2000")
        shown.tick()
        assert button.isVisible()
        assert button.text() == button.accessibleName() == "Raise to risk level 2"
        QApplication.sendPostedEvents()
        place = button.mapTo(shown.panel, button.rect().center())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
        shown.tick()
        QApplication.sendPostedEvents()
        assert "Cancels the contract's open orders" in words.text()
        assert button.mapTo(shown.panel, button.rect().center()) == place, "it does not move away"
        QTest.keyClick(shown.panel, Qt.Key.Key_Escape)
        shown.tick()
        assert button.text() == "Raise to risk level 2"
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Return)
        shown.tick()
        assert commands.asked == []
        QTest.keyClick(button, Qt.Key.Key_Return)
        await shown.desktop.settle()
        assert commands.asked == [("level", XBT, 2)]
        assert bench.trading.placed == []
        assert overlaps(shown.panel) == []
        await levels.stop()
