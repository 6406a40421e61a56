"""The table of what the exchange has, and the sentences above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.intention import Purpose
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.session.reconcile import Reconciling
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.reconcile import BARE, ReconcileViewModel
from terminal.viewmodels.text import Role
from tests.session.test_resolution import intended
from tests.support.builders import XBT, a_position_update, an_order_update
from tests.support.desk import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Shown:
    """A report on fakes, shown."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.frame = HandFrameClock()
        self.reconciling = Reconciling(self.bench.desk, self.bench.owner)
        self.vm = ReconcileViewModel(self.reconciling, self.bench.contracts, self.frame)
        self.asked = 0
        self.vm.attention_asked.connect(self._on_asked)

    def _on_asked(self) -> None:
        self.asked += 1

    async def start(self) -> None:
        self.vm.start()
        await self.bench.start()
        self.reconciling.start()
        await self.bench.clock.settle()
        self.frame.tick()

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        return [(row.what, row.words, row.origin) for row in self.vm.model.rows]


@pytest.fixture
async def shown() -> AsyncIterator[Shown]:
    made = Shown()
    yield made
    made.vm.stop()
    await made.reconciling.stop()
    await made.bench.stop()


async def test_everything_that_is_there_has_a_row(shown: Shown) -> None:
    bench = shown.bench
    bench.gateway.held = (a_position_update(lots=-5),)
    stop = an_order_update(
        order_id=OrderId("s"), client_oid=ClientOid("tern-s"), untriggered=True, is_close_order=True
    )
    bench.trading.stops = (stop,)
    bench.trading.open = (an_order_update(order_id=OrderId("o"), client_oid=None),)
    await shown.start()
    assert shown.rows == [
        ("Position", "-5 lots", ""),
        ("Order", "Buy 2 at 100.0, open", "placed elsewhere"),
        ("Stop", "Buy 2 at 100.0, untriggered", "this program"),
        ("Margin mode", "isolated", ""),
    ]
    order = shown.vm.model.rows[1]
    assert (order.told_by, order.age) == ("a reading", "0.0 s")
    assert shown.asked == 0
    assert shown.vm.headline.startswith("As of ")
    assert shown.vm.sentences == ()


async def test_an_exit_with_nothing_to_exit_is_marked_and_asks(shown: Shown) -> None:
    stop = an_order_update(
        order_id=OrderId("s"), client_oid=ClientOid("tern-s"), untriggered=True, is_close_order=True
    )
    shown.bench.trading.stops = (stop,)
    await shown.start()
    (row, _mode) = shown.vm.model.rows
    assert (row.origin, row.role) == (BARE, Role.CAUTION)
    assert shown.asked == 1
    shown.reconciling.make()
    assert shown.asked == 1, "once is enough"


async def test_what_was_under_way_is_there_until_it_was_read(shown: Shown) -> None:
    shown.bench.desk.journal.begin(Purpose.MOVE, XBT, "Moving a buy.")
    await shown.start()
    assert shown.rows == [("Under way", "Moving a buy.", "before")]
    assert "was under way" in shown.vm.sentences[0]
    assert shown.asked == 1
    shown.vm.acknowledge()
    shown.frame.tick()
    assert shown.rows == []
    assert shown.vm.sentences == ()


async def test_while_an_order_is_looked_for_nothing_is_asked_yet(shown: Shown) -> None:
    intended(shown.bench)
    await shown.start()
    assert shown.vm.headline.endswith("Still looking.")
    assert shown.asked == 0
    await shown.bench.clock.advance(20.0)
    shown.frame.tick()
    assert shown.asked == 1
    (row,) = shown.vm.model.rows
    assert row.words.endswith("The exchange does not know this order; it was not placed.")
    assert row.told_by == "silence"


async def test_reading_again_is_one_press_away(shown: Shown) -> None:
    await shown.start()
    assert shown.rows == []
    shown.bench.trading.open = (an_order_update(order_id=OrderId("o"), client_oid=None),)
    shown.vm.read_again()
    await shown.bench.clock.settle()
    shown.frame.tick()
    assert [row[0] for row in shown.rows] == ["Order", "Margin mode"]


async def test_it_says_when_all_was_compared_last_and_how_much_differed(shown: Shown) -> None:
    bench = shown.bench
    bench.trading.open = (an_order_update(order_id=OrderId("o"), client_oid=None),)
    await shown.start()
    assert shown.vm.headline.count(" first read ") == 2
    bench.gateway.held = (a_position_update(lots=3),)
    await bench.clock.advance(61.0)
    shown.frame.tick()
    assert "Orders compared " in shown.vm.headline
    assert ": no difference." in shown.vm.headline
    shown.vm.read_again()
    await bench.clock.settle()
    shown.frame.tick()
    assert "Positions compared " in shown.vm.headline
    bench.gateway.held = ()
    bench.trading.open = (
        an_order_update(order_id=OrderId("o"), client_oid=None, filled=Lots(1)),
        an_order_update(order_id=OrderId("new"), client_oid=None),
    )
    shown.vm.read_again()
    await bench.clock.settle()
    shown.frame.tick()
    assert ": 2 differences. Positions compared " in shown.vm.headline
    assert shown.vm.headline.endswith(": one difference.")


async def test_a_position_is_told_by_whoever_told_it(shown: Shown) -> None:
    bench = shown.bench
    await shown.start()
    bench.stream.push(a_position_update(lots=3))
    await bench.clock.advance(2.0)
    shown.reconciling.make()
    shown.frame.tick()
    row = shown.vm.model.rows[0]
    assert (row.what, row.told_by, row.age) == ("Position", "the stream", "2.0 s")
