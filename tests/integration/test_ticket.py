"""The ticket on a simulated exchange: each type that it takes, margin mode, leverage, the test."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.draft import OrderKind
from terminal.domain.events import MarginMode, SelfTrade, StopReference, TimeInForce
from terminal.domain.order import OrderState
from terminal.domain.sizing import SizeUnit
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Submitted
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.ticket_form import TicketForm
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.ticket_view import TicketView

pytestmark = pytest.mark.usefixtures("qapp")
K = OrderKind


class Stage:
    """A ticket on a backend that lives."""

    async def start(self) -> None:
        self.live = Live(is_calm=True)
        await self.live.start()
        backend = self.live.backend
        self.frame = HandFrameClock()
        self.workspace = Workspace(backend.markets)
        self.ticket = TicketViewModel(self.workspace, backend.desk, backend.account, self.frame)
        self.ticket.terms.changes = backend.terms
        self.ticket.level.levels = backend.risk_levels
        self.ticket.sources.candles = backend.candles
        assert self.workspace.choose(XBT)
        self.ticket.start()
        self.frame.tick()

    async def stop(self) -> None:
        self.ticket.stop()
        await self.live.stop()

    @property
    def account(self) -> Any:
        return self.live.exchange.engine.account

    def view(self) -> TicketView:
        """What is shown at the next frame."""
        self.ticket.mark_dirty()
        self.frame.tick()
        return self.ticket.view

    def words(self) -> str:
        message = self.view().message
        return "" if message is None else message.text

    def text(self, ticks_away: int) -> str:
        scale = self.live.market.contract.scale
        touch = self.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        return f"{scale.decimal(Price(touch.best_bid + ticks_away)):f}"

    def fill_in(self, **typed: Any) -> None:
        for name, value in typed.items():
            away = name in {"price_text", "trigger_text"} and isinstance(value, int)
            getattr(self.ticket, f"set_{name}")(self.text(value) if away else value)
        self.frame.tick()

    async def send(self, side: Side) -> Any:
        """Both presses; the order as the exchange has it."""
        self.ticket.stage(side)
        self.frame.tick()
        assert self.ticket.view.staged, self.ticket.view.message
        known = set(self.live.backend.desk.orders)
        self.ticket.stage(side)
        (oid,) = set(self.live.backend.desk.orders) - known
        desk = self.live.backend.desk
        clear = {OrderState.SUBMITTING, OrderState.UNKNOWN}
        await eventually(lambda: desk.orders[oid].state not in clear, "word of the order")
        assert desk.orders[oid].state is not OrderState.REJECTED, desk.orders[oid].reason
        return self.account.by_client_oid(oid)

    async def hold(self, lots: int) -> None:
        result = self.live.backend.desk.submit(
            a_ticket(price=Price(int(self.live.market.touch().best_ask) + 5), lots=Lots(lots))  # type: ignore[union-attr, arg-type]  # the market is live
        )
        assert isinstance(result, Submitted)
        account = self.live.backend.account
        await eventually(lambda: account.position(XBT).core.lots == lots, "a position")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    await made.start()
    yield made
    await made.stop()


# The index lies off the market by a premium that follows the time of day (some 400 ticks of 0.1):
# triggers are farther away.
TYPES: tuple[tuple[Side, dict[str, Any], dict[str, Any]], ...] = (
    (Side.BUY, {"price_text": -300}, {"type": "limit", "size": 8}),
    (Side.BUY, {"price_text": -300, "post_only": True}, {"is_post_only": True}),
    (Side.BUY, {"price_text": -300, "hidden": True}, {"is_hidden": True}),
    (Side.BUY, {"price_text": -300, "visible_text": "2"}, {"visible_size": 2}),
    (Side.BUY, {"price_text": -300, "self_trade": SelfTrade.CANCEL_BOTH}, {"stp": "CB"}),
    (Side.BUY, {"price_text": -300, "time_in_force": TimeInForce.RPI}, {"is_retail": True}),
    (Side.BUY, {"kind": K.STOP_LIMIT, "trigger_text": 4000, "price_text": 4010},
     {"stop": "up", "type": "limit", "stop_price_type": "MP"}),
    (Side.SELL, {"kind": K.STOP_MARKET, "trigger_text": -4000, "reference": StopReference.LAST},
     {"stop": "down", "type": "market", "stop_price_type": "TP"}),
    (Side.SELL, {"kind": K.STOP_LOSS, "trigger_text": -4000, "reference": StopReference.INDEX},
     {"stop": "down", "is_reduce_only": True, "stop_price_type": "IP"}),
    (Side.SELL, {"kind": K.TAKE_PROFIT, "trigger_text": 4000},
     {"stop": "up", "is_reduce_only": True}),
    (Side.SELL, {"kind": K.STOP_LOSS, "trigger_text": -4000, "closes": True},
     {"stop": "down", "is_close_order": True}),
)  # fmt: skip


async def test_each_type_waits_at_the_exchange_as_it_was_filled_in(stage: Stage) -> None:
    """One exchange for all: starting one takes longer than all these orders."""
    await stage.hold(9)
    for side, typed, facts in TYPES:
        stage.ticket.form = TicketForm()
        stage.fill_in(lots_text="8", **typed)
        order = await stage.send(side)
        assert order.is_active, typed
        assert {name: getattr(order, name) for name in facts} == facts


async def test_what_takes_at_once_and_what_closes_all(stage: Stage) -> None:
    stage.fill_in(price_text=-300, time_in_force=TimeInForce.IOC, lots_text="4")
    assert not (await stage.send(Side.BUY)).is_active
    account = stage.live.backend.account
    assert account.position(XBT).core.is_flat
    stage.fill_in(kind=K.MARKET, lots_text="7")
    await stage.send(Side.BUY)
    await eventually(lambda: account.position(XBT).core.lots == 7, "the position")
    stage.fill_in(closes=True)
    await stage.send(Side.SELL)
    await eventually(lambda: account.position(XBT).core.is_flat, "the end of it")


async def test_what_was_told_before_is_what_the_exchange_does(stage: Stage) -> None:
    """Its test, the distance, and the balance that is left against its own words afterwards."""
    stage.fill_in(price_text=-300)
    stage.ticket.set_size_text(SizeUnit.SHARE, "10")
    stage.ticket.test()
    await eventually(lambda: "Test passed" in stage.words(), "the answer")
    assert stage.account.active() == []
    await eventually(lambda: "ATR" in stage.view().distance_text, "candles")
    assert "ticks below last" in stage.view().distance_text
    rows = {row.title: row for row in stage.view().figures}
    said = rows["Free after"].buy.replace("\N{NARROW NO-BREAK SPACE}", "")
    await stage.send(Side.BUY)

    def left() -> str:
        wallet = stage.live.backend.account.wallet("USDT")
        return "" if wallet is None else f"{wallet.available.amount:.2f}"

    await eventually(lambda: left() == said, "the balance that was foretold")


async def test_margin_mode_and_leverage_are_changed_at_the_exchange(stage: Stage) -> None:
    ticket, account = stage.ticket, stage.live.backend.account

    async def answered() -> str:
        busy = stage.live.backend.terms.is_busy
        await eventually(lambda: not busy(XBT), "an answer")
        return stage.view().terms.answer

    ticket.open_terms(is_open=True)
    ticket.terms.set_leverage_text("12")
    ticket.apply_terms()
    stage.fill_in(price_text=-300, lots_text="4")
    order = await stage.send(Side.BUY)
    assert order.leverage == 12, "isolated leverage goes with the order"
    stage.live.backend.desk.cancel_all(XBT)
    await eventually(lambda: not stage.account.active(), "no orders")
    ticket.terms.set_mode(MarginMode.CROSS)
    ticket.apply_terms()
    assert await answered() == "The margin mode of XBTUSDTM is cross now."
    await eventually(lambda: account.margin_mode(XBT) is MarginMode.CROSS, "the mode")
    ticket.terms.set_leverage_text("20")
    ticket.apply_terms()
    assert await answered() == "The cross leverage of XBTUSDTM is 20x now."
    assert stage.account.cross_leverage[XBT] == 20
    await eventually(lambda: account.leverage(XBT) == 20, "the leverage")
    stage.fill_in(price_text=-310)
    assert (await stage.send(Side.BUY)).is_active
    ticket.terms.set_mode(MarginMode.ISOLATED)
    ticket.apply_terms()
    words = await answered()
    assert "only without a position and without orders" in words
    assert "exist.order.or.position" not in words, "it says the same"
    assert account.margin_mode(XBT) is MarginMode.CROSS


async def test_the_risk_level_is_raised_from_the_ticket_and_the_order_then_taken(
    stage: Stage,
) -> None:
    """The exchange's own word ends it; what worked was canceled with it, as was said before."""
    await stage.hold(10)
    stage.fill_in(price_text=-900, lots_text="5")
    resting = await stage.send(Side.BUY)
    account = stage.live.backend.account
    await eventually(lambda: account.position(XBT).risk_level == 1, "the level that is set")
    stage.fill_in(price_text=-40, lots_text="1500")
    await eventually(lambda: stage.view().level.can_press, "the levels of the contract")
    assert not stage.ticket.view.can_buy
    stage.ticket.raise_level()
    assert "open orders (1 now)" in stage.view().level.words
    stage.ticket.raise_level()
    words = "The risk level of XBTUSDTM is 2 now."
    await eventually(lambda: stage.words().startswith(words), "the word of the stream")
    assert not resting.is_active
    assert stage.account.positions[XBT].level.level == 2
    await eventually(lambda: stage.view().can_buy, "room for the order")
    assert (await stage.send(Side.BUY)).size == 1500


async def test_a_level_that_the_exchange_refuses_on_the_stream_is_said_in_the_ticket(
    stage: Stage,
) -> None:
    """A position at a higher leverage than the level has, where the exchange lowers none."""
    stage.live.exchange.engine.switches.set("risk_limit_leverage", "refused")
    stage.live.exchange.engine.switches.set("risk_limit_refusal", "feed")
    await stage.hold(10)
    stage.account.positions[XBT].leverage = Decimal(120)
    stage.fill_in(price_text=-40, lots_text="1500")
    await eventually(lambda: stage.view().level.can_press, "the levels of the contract")
    stage.ticket.raise_level()
    stage.view()
    stage.ticket.raise_level()
    await eventually(lambda: stage.words().startswith("Not changed."), "the word of the stream")
    assert stage.account.positions[XBT].level.level == 1
