"""Reading all orders anew after a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

from dataclasses import replace

from terminal.domain.events import MarginMode
from terminal.domain.order import OrderState, submitting
from terminal.domain.units import ClientOid, Lots, OrderId, Symbol
from terminal.exchange.errors import TransportError
from terminal.session.order_hearing import RECONCILE_INTERVAL_S
from tests.support.builders import XBT, a_fill, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench, an_open_order


async def test_orders_that_changed_while_we_were_away_are_found_out() -> None:
    bench = await a_started_bench()
    gone = await an_open_order(bench)
    stays = await an_open_order(bench)
    bench.trading.done = (
        an_order_update(order_id=OrderId("id-1"), client_oid=gone, filled=Lots(2), is_done=True),
    )
    bench.trading.open = (
        an_order_update(order_id=OrderId("id-2"), client_oid=stays, filled=Lots(1)),
        an_order_update(order_id=OrderId("web"), client_oid=None),
    )
    bench.trading.fills = (a_fill(order_id=OrderId("id-1")),)
    bench.stream.drop()
    await bench.clock.settle()
    assert not bench.desk.is_trusted
    await bench.clock.advance(1.0)
    assert bench.desk.is_trusted
    assert bench.desk.orders[gone].state is OrderState.FILLED
    assert bench.desk.orders[stays].state is OrderState.PARTLY_FILLED
    assert len(bench.desk.working()) == 2
    assert len(bench.desk.fills) == 1
    assert bench.account.position(a_fill().symbol).core.is_flat, "positions are read, not summed"
    await bench.stop()


async def test_a_list_that_lags_brings_no_order_back_that_the_same_reading_saw_end() -> None:
    bench = Bench()
    old = an_order_update(order_id=OrderId("old"), client_oid=ClientOid("tern-old"))
    bench.trading.open = (old,)
    bench.trading.done = (replace(old, is_done=True, canceled=Lots(2), remaining=Lots(0)),)
    await bench.start()
    assert bench.desk.is_trusted
    assert bench.desk.working() == ()
    await bench.stop()


async def test_it_is_tried_until_it_works() -> None:
    bench = Bench()
    bench.trading.query_error = TransportError("down", was_sent=True)
    await bench.start()
    await bench.clock.advance(3.0)
    assert not bench.desk.is_trusted
    bench.trading.query_error = None
    await bench.clock.advance(5.0)
    assert bench.desk.is_trusted
    await bench.stop()


async def test_an_order_that_nobody_lists_is_unknown_until_the_exchange_is_sure() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.stream.drop()
    await bench.clock.advance(1.5)
    assert bench.desk.orders[oid].state is OrderState.UNKNOWN
    await bench.clock.advance(25.0)
    assert bench.desk.orders[oid].state is OrderState.REJECTED
    assert bench.desk.orders[oid].reason == "The exchange no longer knows this order."
    await bench.stop()


async def test_an_order_on_its_way_during_recovery_is_not_taken_for_missing() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known["id-1"] = an_order_update(order_id=OrderId("id-1"), client_oid=oid)
    bench.stream.drop()
    await bench.clock.advance(1.5)
    assert bench.desk.orders[ClientOid(oid)].state is OrderState.OPEN
    await bench.stop()


async def test_an_order_about_which_there_is_no_word_keeps_us_untrusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.stream.drop()
    original = bench.trading.order

    async def silent(order_id: OrderId) -> None:
        raise TransportError("down", was_sent=True)

    monkeypatch.setattr(bench.trading, "order", silent)
    await bench.clock.advance(20.0)
    assert not bench.desk.is_trusted
    monkeypatch.setattr(bench.trading, "order", original)
    bench.trading.known["id-1"] = an_order_update(
        order_id=OrderId("id-1"), client_oid=oid, filled=Lots(2), is_done=True
    )
    await bench.clock.advance(6.0)
    assert bench.desk.is_trusted
    assert bench.desk.orders[oid].state is OrderState.FILLED
    assert any("could not be read" in notice.text for notice in bench.notices.notices)
    await bench.stop()


async def test_an_order_that_nobody_sees_to_any_more_is_looked_for() -> None:
    """Whoever sent it is gone without a word: the next comparison asks for it."""
    bench = await a_started_bench()
    oid = ClientOid("lost")
    bench.desk.sent[oid] = bench.clock.monotonic_s()
    bench.desk.put(submitting(a_ticket(), oid))
    bench.trading.known[oid] = an_order_update(client_oid=oid, filled=Lots(2), is_done=True)
    await bench.clock.advance(RECONCILE_INTERVAL_S - 1.0)
    assert bench.desk.orders[oid].state is OrderState.SUBMITTING
    await bench.clock.advance(RECONCILE_INTERVAL_S + 2.0)
    assert bench.desk.orders[oid].state is OrderState.FILLED
    await bench.stop()


async def test_the_margin_mode_is_read_wherever_an_order_works() -> None:
    """Also where no market is open: what is not known of it keeps nothing from being compared."""
    bench = Bench()
    other = Symbol("ETHUSDTM")
    bench.trading.open = (an_order_update(order_id=OrderId("web"), symbol=other),)
    await bench.start()
    assert bench.account.margin_mode(other) is MarginMode.ISOLATED
    assert bench.account.margin_mode(XBT) is MarginMode.ISOLATED
    await bench.stop()
