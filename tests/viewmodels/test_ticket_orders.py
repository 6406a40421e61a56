"""Each type of order from the ticket to the fake gateway, in its words on the wire."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.draft import OrderKind
from terminal.domain.events import (
    MarginMode,
    PositionMode,
    PositionSide,
    RiskLimitUpdate,
    SelfTrade,
    StopReference,
    TimeInForce,
)
from terminal.domain.sizing import SizeUnit
from terminal.domain.slippage import sweep
from terminal.domain.ticket_template import TicketTemplate
from terminal.domain.units import ClientOid, Side
from terminal.exchange.outcome import Rejected
from terminal.exchange.translate import Scales
from terminal.exchange.translate.bodies import order_body
from terminal.session.position_modes import PositionModes
from terminal.session.risk_levels import RiskLevels
from terminal.session.trading_terms import TradingTerms
from terminal.viewmodels import ticket_sources
from terminal.viewmodels.text import EMPTY, Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.ticket_level import NO_LEVEL, LevelView
from terminal.viewmodels.ticket_sources import QuickPrice
from tests.support.builders import (
    XBT,
    a_contract,
    a_position_update,
    an_inverse_contract,
    position_details,
)
from tests.support.desktop import OTHER, Desktop
from tests.support.fakes import FakeAccountCommands
from tests.support.guarding import some_tiers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")

SHARED = {"clientOid": "c", "symbol": "XBTUSDTM", "marginMode": "ISOLATED"}
USUAL = {**SHARED, "size": 3, "leverage": "5"}


class Hand:
    """A ticket on a desktop, and what was sent as it stands on the wire."""

    def __init__(self) -> None:
        self.desktop = Desktop()
        self.commands = FakeAccountCommands(self.desktop.bench.gateway)
        self.ticket = TicketViewModel(
            self.desktop.workspace, self.desktop.desk, self.desktop.account, self.desktop.frame
        )
        self.changes = TradingTerms(self.commands, self.desktop.account, self.desktop.bench.owner)
        self.ticket.terms.changes = self.changes
        bench = self.desktop.bench
        self.levels = RiskLevels(self.commands, bench.account, bench.clock, bench.owner)
        self.ticket.level.levels = self.levels
        self.modes = PositionModes(
            self.commands,
            bench.account,
            bench.clock,
            bench.owner,
            lambda: len(bench.desk.working()),
        )
        self.ticket.terms.position_modes = self.modes

    async def type(self, **texts: Any) -> None:
        """Fill in by the names of the setters."""
        for name, value in texts.items():
            getattr(self.ticket, f"set_{name}")(value)
        self.desktop.frame.tick()

    async def send(self, side: Side) -> None:
        self.ticket.stage(side)
        self.desktop.frame.tick()
        assert not self.desktop.bench.trading.placed
        self.ticket.stage(side)
        await self.desktop.settle()

    @property
    def bodies(self) -> list[dict[str, object]]:
        scales = Scales()
        scales.learn((a_contract(), an_inverse_contract()))
        return [
            order_body(ticket, ClientOid("c"), scales)
            for ticket, _ in self.desktop.bench.trading.placed
        ]

    def words(self) -> str:
        self.desktop.frame.tick()
        message = self.ticket.view.message
        return "" if message is None else message.text


@asynccontextmanager
async def a_hand(mode: PositionMode = PositionMode.ONE_WAY, lots: int = 0) -> AsyncIterator[Hand]:
    hand = Hand()
    hand.desktop.bench.gateway.mode = mode
    if lots:
        hand.desktop.bench.gateway.held = (a_position_update(lots),)
    await hand.desktop.start()
    hand.ticket.start()
    await hand.desktop.settle()
    try:
        yield hand
    finally:
        hand.ticket.stop()
        await hand.changes.stop()
        await hand.modes.stop()
        await hand.levels.stop()
        await hand.desktop.stop()


K = OrderKind
STOP = {"stopPriceType": "MP", "stopPrice": "98"}


@pytest.mark.parametrize(
    ("side", "typed", "body"),
    [
        (Side.BUY, {"price_text": "99.5"},
         {**USUAL, "side": "buy", "type": "limit", "price": "99.5"}),
        (Side.BUY, {"price_text": "99.5", "post_only": True},
         {**USUAL, "side": "buy", "type": "limit", "price": "99.5", "postOnly": True}),
        (Side.SELL, {"kind": K.MARKET, "reduce_only": True},
         {**USUAL, "side": "sell", "type": "market", "reduceOnly": True}),
        (Side.SELL, {"kind": K.STOP_LIMIT, "trigger_text": "98", "price_text": "97.5"},
         {**USUAL, **STOP, "side": "sell", "type": "limit", "price": "97.5", "stop": "down"}),
        (Side.BUY, {"kind": K.STOP_MARKET, "trigger_text": "103", "reference": StopReference.LAST},
         {**USUAL, "side": "buy", "type": "market", "stop": "up", "stopPriceType": "TP",
          "stopPrice": "103"}),
        (Side.SELL, {"kind": K.STOP_LOSS, "trigger_text": "98"},
         {**USUAL, **STOP, "side": "sell", "type": "market", "stop": "down", "reduceOnly": True}),
        (Side.SELL, {"kind": K.TAKE_PROFIT, "trigger_text": "103", "price_text": "102.5",
                     "reference": StopReference.INDEX},
         {**USUAL, "side": "sell", "type": "limit", "price": "102.5", "stop": "up",
          "stopPriceType": "IP", "stopPrice": "103", "reduceOnly": True}),
        (Side.SELL, {"kind": K.STOP_LOSS, "trigger_text": "98", "closes": True},
         {**SHARED, **STOP, "type": "market", "stop": "down", "closeOrder": True}),
        (Side.SELL, {"kind": K.MARKET, "closes": True},
         {**SHARED, "type": "market", "closeOrder": True}),
        (Side.BUY, {"price_text": "99.5", "time_in_force": TimeInForce.IOC,
                    "self_trade": SelfTrade.CANCEL_OLD},
         {**USUAL, "side": "buy", "type": "limit", "price": "99.5", "timeInForce": "IOC",
          "stp": "CO"}),
        (Side.BUY, {"price_text": "99.5", "time_in_force": TimeInForce.RPI, "hidden": True},
         {**USUAL, "side": "buy", "type": "limit", "price": "99.5", "timeInForce": "RPI",
          "hidden": True}),
        (Side.BUY, {"price_text": "99.5", "visible_text": "2", "holds_margin": True},
         {**USUAL, "side": "buy", "type": "limit", "price": "99.5", "iceberg": True,
          "visibleSize": "2", "forceHold": True}),
    ],
)  # fmt: skip
async def test_every_type_is_sent_as_the_reference_has_it(
    side: Side, typed: dict[str, Any], body: dict[str, object]
) -> None:
    async with a_hand(lots=5) as hand:
        await hand.type(lots_text="3", **typed)
        await hand.send(side)
        assert hand.bodies == [body]


async def test_an_inverse_contract_is_sized_in_its_quote_currency() -> None:
    async with a_hand() as hand:
        hand.desktop.account.prepare(OTHER)
        assert hand.desktop.workspace.choose(OTHER)
        await hand.desktop.settle()
        view = hand.ticket.view
        assert view.unit_names[SizeUnit.VALUE] == "USD"
        hand.ticket.set_size_text(SizeUnit.VALUE, "7.9")
        hand.ticket.set_price_text("100")
        hand.desktop.frame.tick()
        assert hand.ticket.view.sizes[SizeUnit.LOTS] == "7"
        assert hand.ticket.view.sizes[SizeUnit.COIN] == "0.07"
        assert hand.ticket.view.value_text == "0.070000 XBT"


@pytest.mark.parametrize(
    ("lane", "side", "reduces"),
    [
        (PositionSide.LONG, Side.BUY, None),
        (PositionSide.LONG, Side.SELL, True),
        (PositionSide.SHORT, Side.SELL, None),
        (PositionSide.SHORT, Side.BUY, True),
    ],
)
async def test_hedge_mode_names_the_lane_that_was_chosen(
    lane: PositionSide,
    side: Side,
    reduces: bool | None,
) -> None:
    async with a_hand(PositionMode.HEDGE) as hand:
        await hand.type(lots_text="3", price_text="100", lane=lane)
        assert hand.ticket.view.lane_help
        await hand.send(side)
        (body,) = hand.bodies
        assert body["positionSide"] == lane.name
        assert body.get("reduceOnly") is reduces


async def test_an_exit_has_no_price_left_over_from_another_order() -> None:
    """A stop-loss with a limit above its own trigger need not fill: it is a choice of its own."""
    async with a_hand() as hand:
        await hand.type(price_text="99.5", lots_text="1")
        await hand.type(kind=K.STOP_LOSS, trigger_text="99")
        assert hand.ticket.view.price_text == ""
        await hand.type(price_text="98.9")
        await hand.type(kind=K.TAKE_PROFIT)
        assert hand.ticket.view.price_text == "98.9", "typed for an exit"
        await hand.type(kind=K.LIMIT)
        assert hand.ticket.view.price_text == "98.9"


async def test_an_exit_that_would_reduce_nothing_is_refused_by_what_is_held() -> None:
    async with a_hand() as hand:
        hand.desktop.bench.stream.push(a_position_update(5))
        await hand.type(kind=K.STOP_LOSS, trigger_text="101", lots_text="5")
        view = hand.ticket.view
        assert not view.can_buy
        assert view.buy_reason == "Long 5 is held: a buy cannot reduce it."
        await hand.type(kind=K.STOP_LOSS, trigger_text="99")
        assert (hand.ticket.view.can_buy, hand.ticket.view.can_sell) == (False, True)


async def test_two_presses_that_waited_together_are_one() -> None:
    """Held up, the loop takes both before anybody could read what the second would send."""
    async with a_hand() as hand:
        await hand.type(price_text="99.5", lots_text="1")
        hand.ticket.stage(Side.BUY)
        hand.ticket.stage(Side.BUY)
        await hand.desktop.settle()
        assert hand.desktop.bench.trading.placed == []
        assert hand.ticket.is_staged
        hand.desktop.frame.tick()
        hand.ticket.stage(Side.BUY)
        await hand.desktop.settle()
        assert len(hand.desktop.bench.trading.placed) == 1


async def test_two_presses_of_the_risk_level_that_waited_together_ask_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_hand() as hand:
        await a_refused_size(hand, monkeypatch)
        hand.ticket.raise_level()
        hand.ticket.raise_level()
        await hand.desktop.settle()
        assert hand.commands.asked == []
        hand.desktop.frame.tick()
        hand.ticket.raise_level()
        await hand.desktop.settle()
        assert hand.commands.asked == [("level", XBT, 2)]


async def test_a_stop_that_would_fire_now_is_refused_at_both_presses() -> None:
    async with a_hand() as hand:
        await hand.type(kind=K.STOP_LOSS, trigger_text="101", lots_text="1")
        hand.ticket.stage(Side.SELL)
        assert "would fire now" in hand.words()
        await hand.type(trigger_text="99")
        words = "Buy if mark rises to it; sell if mark falls to it."
        assert hand.ticket.view.trigger_text == words
        assert not hand.ticket.view.can_buy
        assert "would fire now" in hand.ticket.view.buy_reason
        hand.ticket.stage(Side.SELL)
        hand.desktop.frame.tick()
        hand.desktop.mark("98.9")
        hand.ticket.confirm()
        assert "it would fire now" in hand.words()
        await hand.desktop.settle()
        assert hand.bodies == []


async def test_quick_fills_and_steps_write_the_price_and_stage_nothing() -> None:
    async with a_hand() as hand:
        for wanted, text in ((QuickPrice.BID, "100.0"), (QuickPrice.ASK, "100.1"),
                             (QuickPrice.MID, "100.0")):  # fmt: skip
            hand.ticket.fill(wanted)
            assert hand.ticket.form.price_text == text
        hand.ticket.step_price(-10)
        assert hand.ticket.form.price_text == "99.0"
        await hand.type(kind=K.STOP_MARKET)
        hand.ticket.fill(QuickPrice.ASK)
        assert hand.ticket.form.trigger_text == "100.1"
        hand.ticket.step_price(1, is_trigger=True)
        assert hand.ticket.form.trigger_text == "100.2"
        await hand.type(trigger_text="x")
        hand.ticket.step_price(1, is_trigger=True)
        assert hand.ticket.form.trigger_text == "x", "what is typed is not taken away"
        hand.ticket.step_size(10)
        assert hand.ticket.form.size_text == "11"
        assert hand.ticket.view.staged is None


async def test_the_figures_are_told_before_anything_is_sent() -> None:
    async with a_hand() as hand:
        await hand.type(kind=K.MARKET, lots_text="8")
        view = hand.ticket.view
        rows = {row.title: (row.buy, row.sell) for row in view.figures}
        assert rows["Slippage"] == ("0.5 / 1 t, 2 lv", "0.4 / 1 t, 2 lv")
        assert rows["Margin"] == ("0.16", "")
        assert rows["Free after"] == ("899.84", "")
        assert view.value_text == "0.80 USDT"
        assert (view.fee_title, view.fee_text) == ("Fee taker", "0.0005 USDT")
        assert "8 at 100.15 on average, the worst 100.2" in view.figures[1].tip
        await hand.type(kind=K.LIMIT, price_text="95")
        rows = {row.title: (row.buy, row.sell) for row in hand.ticket.view.figures}
        assert rows["Slippage"][0] == "none"
        assert hand.ticket.view.fee_text == "0.0002 / 0.0005 USDT"


@pytest.mark.parametrize(
    ("typed", "title", "slippage"),
    [
        ({"price_text": "99.5"}, "Fee maker / taker", "none"),
        ({"price_text": "99.5", "post_only": True}, "Fee maker", "none"),
        ({"price_text": "99.5", "time_in_force": TimeInForce.IOC}, "Fee taker", "none"),
        ({"price_text": "99.5", "hidden": True}, "Fee taker", "none"),
        ({"kind": K.STOP_MARKET, "trigger_text": "103"}, "Fee taker", "not known"),
        ({"kind": K.STOP_LIMIT, "trigger_text": "103", "price_text": "103"},
         "Fee maker / taker", "not known"),
    ],
)  # fmt: skip
async def test_only_fees_that_can_be_asked_are_told_and_no_slippage_of_what_waits(
    typed: dict[str, Any], title: str, slippage: str
) -> None:
    async with a_hand() as hand:
        await hand.type(lots_text="3", **typed)
        view = hand.ticket.view
        assert view.fee_title == title
        assert len(view.fee_text.split(" / ")) == (2 if "/" in title else 1)
        assert next(row for row in view.figures if row.title == "Slippage").buy == slippage


@pytest.mark.parametrize(
    ("level", "line", "doubted", "refused"),
    [(1, "needs 2, is 1", True, True), (None, "needs 2, is 1?", True, False),
     (2, "2", False, False)],
)  # fmt: skip
async def test_the_risk_level_is_what_the_exchange_does_about_it(
    level: int | None, line: str, doubted: bool, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises no isolated level by itself: what is beyond the one that is set is refused."""
    async with a_hand() as hand:
        bench = hand.desktop.bench
        around = bench.desk.guarding.surroundings
        monkeypatch.setattr(around, "tiers", lambda _symbol: some_tiers())
        details = replace(position_details(), risk_level=level)
        bench.stream.push(a_position_update(9000, details=details))
        await hand.type(price_text="99.9", lots_text="2000")
        view = hand.ticket.view
        row = next(row for row in view.figures if row.title == "Risk level")
        assert (row.buy, row.sell) == (line, "1" if level != 2 else "")
        assert row.doubts == (frozenset({Side.BUY}) if doubted else frozenset())
        assert (view.can_buy, view.can_sell) == (not refused, True)
        words = (
            "Buy: It needs risk level 2; 1 is set, and the exchange does not raise it by itself. "
            "Take fewer lots."
        )
        assert view.buy_refused == view.lots_refused == (words if refused else "")
        hand.ticket.stage(Side.BUY)
        assert hand.ticket.is_staged is not refused
        bench.stream.push(RiskLimitUpdate(XBT, True, 2, ""))
        hand.desktop.frame.tick()
        assert hand.ticket.view.can_buy, "somebody raised it"


async def a_refused_size(hand: Hand, monkeypatch: pytest.MonkeyPatch, lots: str = "2000") -> None:
    """Level 1 is set and worth 900 are held: a buy of as much again needs level 2."""
    bench = hand.desktop.bench
    monkeypatch.setattr(bench.desk.guarding.surroundings, "tiers", lambda _symbol: some_tiers())
    details = replace(position_details(), risk_level=1)
    bench.stream.push(a_position_update(9000, details=details))
    await hand.type(price_text="99.9", lots_text=lots)


async def test_the_level_that_an_order_needs_is_raised_by_two_presses_and_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it does is read first; no order is sent, and the order can be sent afterwards."""
    async with a_hand() as hand:
        await a_refused_size(hand, monkeypatch)
        offered = hand.ticket.view.level
        assert offered._replace(announced="") == LevelView("Raise to risk level 2", can_press=True)
        hand.ticket.raise_level()
        hand.desktop.frame.tick()
        level = hand.ticket.view.level
        assert level.button == "Press again: risk level 2"
        assert level.words == (
            "Level 2: up to 5\u202f000 USDT, at most 10x. Cancels the contract's open orders "
            "(none now), perhaps its stops. Press again, Esc drops."
        )
        assert offered.announced == level.words, "room was kept for just these"
        assert hand.commands.asked == []
        hand.ticket.raise_level()
        await hand.desktop.settle()
        assert hand.commands.asked == [("level", XBT, 2)]
        assert not hand.ticket.view.level.can_press, "it is under way"
        hand.ticket.raise_level()
        hand.desktop.bench.stream.push(RiskLimitUpdate(XBT, True, 2, ""))
        await hand.desktop.clock.advance(1)
        assert hand.words().startswith("The risk level of XBTUSDTM is 2 now.")
        assert hand.ticket.view.level == NO_LEVEL
        assert hand.ticket.view.can_buy
        assert hand.commands.asked == [("level", XBT, 2)]
        assert hand.desktop.bench.trading.placed == []


async def test_how_a_change_of_the_level_ended_is_told_once_its_contract_is_shown_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_hand() as hand:
        await a_refused_size(hand, monkeypatch)
        for _ in range(2):
            hand.ticket.raise_level()
            hand.desktop.frame.tick()
        hand.desktop.workspace.choose(OTHER)
        hand.desktop.bench.stream.push(RiskLimitUpdate(XBT, False, 1, "Too little margin."))
        await hand.desktop.clock.advance(1)
        assert hand.words() == ""
        for _ in range(2):
            hand.desktop.workspace.choose(XBT)
            assert hand.words() == "Not changed. Too little margin."


@pytest.mark.parametrize("what", ["drop", "type", "stage", "lock"])
async def test_whatever_else_is_done_takes_the_first_press_back(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_hand() as hand:
        await a_refused_size(hand, monkeypatch)
        hand.ticket.raise_level()
        hand.desktop.frame.tick()
        if what == "drop":
            hand.ticket.drop()
        elif what == "type":
            await hand.type(lots_text="2001")
        elif what == "stage":
            hand.ticket.stage(Side.SELL)
            hand.ticket.drop()
        else:
            hand.ticket.locked = lambda: "Order entry is locked."
        hand.desktop.frame.tick()
        hand.ticket.raise_level()
        await hand.desktop.settle()
        assert hand.commands.asked == []
        if what == "lock":
            assert hand.words() == "Not changed. Order entry is locked."


async def test_no_level_is_offered_where_none_helps_or_nobody_told_which_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the highest level; where nobody told, what looks like raising might lower it."""
    async with a_hand() as hand:
        await a_refused_size(hand, monkeypatch)
        assert hand.ticket.view.level.can_press
        first, last = some_tiers()
        around = hand.desktop.bench.desk.guarding.surroundings
        low = (first, replace(last, max_value=Decimal(1050)))
        monkeypatch.setattr(around, "tiers", lambda _symbol: low)
        await hand.type(lots_text="2000")
        assert hand.ticket.view.buy_refused
        assert hand.ticket.view.level == NO_LEVEL
        hand.desktop.bench.stream.push(a_position_update(0))
        await hand.type(lots_text="10000")
        assert hand.ticket.view.level == NO_LEVEL


async def test_what_one_side_is_refused_for_stands_by_its_name_below_it_and_beside_its_field() -> (
    None
):
    async with a_hand() as hand:
        await hand.type(price_text="103", lots_text="1")
        view = hand.ticket.view
        assert view.buy_refused.startswith("Buy: 29 ticks above the best ask")
        assert (view.sell_refused, view.price_refused) == ("", view.buy_refused)
        assert (view.price_error, view.blocked_reason) == ("", "")
        await hand.type(kind=K.STOP_LOSS, trigger_text="99")
        view = hand.ticket.view
        assert "would fire now" in view.buy_refused
        assert view.trigger_refused == view.buy_refused
        hand.ticket.locked = lambda: "Order entry is locked."
        hand.ticket.mark_dirty()
        hand.desktop.frame.tick()
        assert (hand.ticket.view.buy_refused, hand.ticket.view.sell_refused) == ("", "")


async def test_refusals_stand_beside_their_field() -> None:
    async with a_hand() as hand:
        await hand.type(price_text="99.5", lots_text="20000")
        assert "your limit is 10\N{NARROW NO-BREAK SPACE}000" in hand.ticket.view.lots_error
        await hand.type(lots_text="40", visible_text="1")
        assert hand.ticket.view.terms_error == "Of 40 lots, 2 to 40 can be seen."
        await hand.type(visible_text="", kind=K.STOP_LIMIT, trigger_text="x")
        assert hand.ticket.view.trigger_error == "Not a price."


async def test_a_test_answers_in_the_exchanges_words_and_leaves_what_is_staged() -> None:
    async with a_hand() as hand:
        trading = hand.desktop.bench.trading
        await hand.type(price_text="99.5", lots_text="3")
        trading.test_outcomes.append(
            Rejected("300003", "The balance is low.", exchange_text="Balance insufficient: 4.2")
        )
        hand.ticket.stage(Side.SELL)
        hand.ticket.test()
        await hand.desktop.settle()
        view = hand.ticket.view
        assert view.staged is not None
        assert view.preflight is not None
        assert view.preflight.role is Role.DANGER
        assert "Balance insufficient: 4.2 (300003)" in view.preflight.text
        ((tested, _),) = trading.tested
        assert tested.side is Side.SELL
        assert trading.placed == []


async def test_each_ticket_is_tested_first_where_that_is_wished() -> None:
    async with a_hand() as hand:
        await hand.type(price_text="99.5", tests_first=True)
        hand.ticket.stage(Side.BUY)
        await hand.desktop.settle()
        assert hand.ticket.view.preflight is not None
        assert "Test passed" in hand.ticket.view.preflight.text
        await hand.type(price_text="99.4")
        assert hand.ticket.view.preflight is None


async def test_a_refresh_walks_the_book_once_for_each_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_hand() as hand:
        await hand.type(price_text="100", lots_text="5")
        walks: list[Side] = []

        def counted(book: Any, contract: Any, side: Side, *rest: Any) -> Any:
            walks.append(side)
            return sweep(book, contract, side, *rest)

        monkeypatch.setattr(ticket_sources, "sweep", counted)
        hand.ticket.mark_dirty()
        hand.desktop.frame.tick()
        assert sorted(walks, key=list(Side).index) == list(Side)


async def test_a_lock_keeps_margin_mode_and_leverage_as_they_are() -> None:
    async with a_hand() as hand:
        ticket, frame = hand.ticket, hand.desktop.frame
        await hand.type(price_text="100", lots_text="100")
        ticket.open_terms(is_open=True)
        ticket.terms.set_leverage_text("10")
        ticket.locked = lambda: "Order entry is locked."
        ticket.apply_terms()
        frame.tick()
        assert ticket.view.terms.button_text == "Isolated 5x"
        assert ticket.view.message is not None
        assert ticket.view.message.text == "Not changed. Order entry is locked."
        ticket.locked = str
        ticket.apply_terms()
        frame.tick()
        assert ticket.view.terms.button_text == "Isolated 10x"


async def test_margin_mode_and_leverage_are_changed_in_place() -> None:
    async with a_hand() as hand:
        ticket, frame = hand.ticket, hand.desktop.frame
        await hand.type(price_text="100", lots_text="100")
        assert ticket.view.terms.button_text == "Isolated 5x"
        ticket.open_terms(is_open=True)
        ticket.terms.set_leverage_text("10")
        frame.tick()
        assert ticket.view.terms.words == (
            "This order: margin 2.01 \N{RIGHTWARDS ARROW} 1.01 USDT."
        )
        ticket.apply_terms()
        frame.tick()
        assert ticket.view.terms.button_text == "Isolated 10x"
        ticket.terms.set_leverage_text("500")
        frame.tick()
        assert ticket.view.terms.problem == "A whole number from 1 to 125."
        assert not ticket.view.terms.can_apply
        ticket.terms.set_leverage_text("")
        ticket.terms.set_mode(MarginMode.CROSS)
        hand.commands.outcomes.append(Rejected("50002", "No."))
        ticket.apply_terms()
        await hand.desktop.settle()
        assert "only without a position" in ticket.view.terms.answer
        assert ticket.view.terms.mode is MarginMode.ISOLATED
        ticket.terms.set_mode(MarginMode.CROSS)
        ticket.apply_terms()
        await hand.desktop.settle()
        assert ticket.view.terms.button_text == "Cross 10x"
        await hand.type(price_text="99")
        await hand.send(Side.BUY)
        assert hand.bodies[0]["marginMode"] == "CROSS"


class Shelf:
    """Templates in memory."""

    def __init__(self, *kept: TicketTemplate, problem: str = "") -> None:
        self.kept, self.problem = kept, problem

    def load(self) -> tuple[tuple[TicketTemplate, ...], str]:
        return self.kept, self.problem

    def save(self, templates: tuple[TicketTemplate, ...]) -> str:
        self.kept = templates
        return self.problem


async def test_templates_are_saved_recalled_and_deleted() -> None:
    async with a_hand() as hand:
        shelf = Shelf()
        hand.ticket.keep_templates(shelf)
        await hand.type(kind=K.STOP_LOSS, lots_text="25", trigger_text="98")
        hand.ticket.save_template("exit")
        assert hand.words() == "Saved as exit, without its prices."
        assert shelf.kept == (TicketTemplate("exit", K.STOP_LOSS, size="25"),)
        await hand.type(kind=K.LIMIT, lots_text="1")
        hand.ticket.recall_template("exit")
        assert (hand.ticket.form.kind, hand.ticket.form.size_text) == (K.STOP_LOSS, "25")
        assert hand.ticket.form.trigger_text == ""
        assert hand.ticket.view.staged is None
        hand.ticket.delete_template("exit")
        assert not shelf.kept
        hand.ticket.save_template("  ")
        assert hand.words().startswith("Not saved")


async def test_what_could_not_be_kept_or_read_is_said() -> None:
    async with a_hand() as hand:
        hand.ticket.keep_templates(Shelf(problem="The disk is full."))
        assert hand.words() == "The disk is full."
        hand.ticket.save_template("one")
        assert hand.words() == "The disk is full."


async def test_a_new_contract_takes_prices_and_the_side_in_hand_away() -> None:
    async with a_hand() as hand:
        await hand.type(price_text="99.5", trigger_text="98")
        hand.ticket.stage(Side.BUY)
        assert hand.ticket.side is Side.BUY
        assert hand.desktop.workspace.choose(OTHER)
        hand.desktop.frame.tick()
        assert hand.ticket.side is None
        assert hand.ticket.form.price_text == hand.ticket.form.trigger_text == ""
        assert str(XBT) != hand.ticket.view.symbol


async def test_while_no_price_is_entered_nothing_is_foretold() -> None:
    """A dash is no figure: neither a slippage of none nor a position that nothing makes."""
    async with a_hand() as hand:
        view = hand.ticket.view
        assert {row.title: (row.buy, row.sell) for row in view.figures}["Slippage"] == (EMPTY, "")
        assert view.effect_text == "Position 0"
        await hand.type(price_text="99.5")
        view = hand.ticket.view
        assert {row.title: (row.buy, row.sell) for row in view.figures}["Slippage"][0] == "none"
        assert view.effect_text.startswith("Position 0: buy makes 1, sell")


async def test_a_size_in_risk_is_reckoned_to_the_stop_loss_that_goes_with_the_order() -> None:
    async with a_hand() as hand:
        await hand.type(price_text="99.5", loss_text="98.5")
        hand.ticket.set_size_text(SizeUnit.RISK, "1")
        hand.desktop.frame.tick()
        view = hand.ticket.view
        # Ten ticks of 0.1 on 0.001 coin are 0.001 a lot; one percent of 1000 is 10.
        assert (view.lots_text, view.sizes[SizeUnit.COIN]) == ("10000", "10")
        assert view.size_note == "Risk to the order's stop-loss at 98.5, 10 ticks"
        assert [view.unit_names[unit] for unit in SizeUnit] == [
            "Lots",
            "XBT",
            "USDT",
            "% risk",
            "% of available",
        ]
        await hand.type(loss_text="")
        assert hand.ticket.view.lots_error == "There is no stop whose distance would say the risk."


async def test_percent_of_what_is_available_says_so_where_the_size_stands() -> None:
    async with a_hand() as hand:
        await hand.type(price_text="99.5")
        hand.ticket.set_size_text(SizeUnit.SHARE, "10")
        hand.desktop.frame.tick()
        assert hand.ticket.view.size_note == "10 % of available, under Advanced"
        assert hand.ticket.view.sizes[SizeUnit.LOTS].isdigit()


async def test_the_position_mode_is_switched_where_margin_and_leverage_are() -> None:
    async with a_hand() as hand:
        terms = hand.ticket.terms
        hand.ticket.open_terms(is_open=True)
        await hand.type()
        view = hand.ticket.view.terms
        assert (view.position_mode, view.can_choose_position_mode) == (PositionMode.ONE_WAY, True)
        terms.set_position_mode(PositionMode.ONE_WAY)
        await hand.type()
        assert not hand.ticket.view.terms.can_apply, "it is that already"
        terms.set_position_mode(PositionMode.HEDGE)
        await hand.type()
        view = hand.ticket.view.terms
        assert view.can_apply
        assert view.words.startswith("Hedge, for the whole account: each contract has a long and")
        assert hand.commands.switched == []
        hand.ticket.apply_terms()
        await hand.desktop.settle()
        view = hand.ticket.view.terms
        assert hand.commands.switched == [PositionMode.HEDGE]
        assert (view.answer, view.answer_role) == ("The account is in hedge mode now.", Role.BUY)
        assert (view.position_mode, view.can_apply) == (PositionMode.HEDGE, False)
        assert hand.ticket.view.lane_help


async def test_the_position_mode_is_not_switched_while_something_is_open() -> None:
    async with a_hand(lots=2) as hand:
        hand.ticket.open_terms(is_open=True)
        hand.ticket.terms.set_position_mode(PositionMode.HEDGE)
        await hand.type()
        view = hand.ticket.view.terms
        assert view.words.endswith("1 position is open. Close and cancel first.")
        assert not view.can_apply
        hand.ticket.apply_terms()
        hand.ticket.terms.set_mode(MarginMode.CROSS)
        await hand.type()
        assert "Cross" in hand.ticket.view.terms.words, "one wish at a time"
        await hand.desktop.settle()
        assert hand.commands.switched == []
