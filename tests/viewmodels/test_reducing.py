"""While nothing may be opened: what only reduces works by every key and from every menu."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING, final

import pytest

from terminal.domain.access import Access
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.session.clearing import ClearingKind
from terminal.session.kill_switch import KillSwitch, NoMemory
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.kill_switch import KillSwitchViewModel
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.row_commands import PriceCommand, RowCommand
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.guarded import a_stop_update, prices
from tests.support.pocket import some_details, stop_at
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.row_commands import RowEntry

pytestmark = pytest.mark.usefixtures("qapp")
ENTRY, EXIT = OrderId("e1"), OrderId("x1")
STATES = ("live trading off", "stopped", "orders of before unresolved")


@final
class Kept:
    """Long 2 with a stop at 950, an entry at 995 and a reduce-only limit at 1005."""

    def __init__(self, protected: Protected) -> None:
        self.protected = protected
        self.desktop = protected.desktop
        self.trading = protected.desktop.bench.trading
        self._now_ms = count(1000, 1000)

    async def press(self, *names: str) -> str:
        for name in names:
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert self.desktop.ladder.key_pressed(chord, next(self._now_ms), False), name
        await self.protected.settle()
        message = self.desktop.ladder.view.message
        return "" if message is None else message.text

    async def twice(self, name: str) -> None:
        at_ms = next(self._now_ms)
        for number in (0, 100):
            assert self.desktop.ladder.key_pressed(Chord(name), at_ms + number, False)
        await self.desktop.clock.advance(3)

    def cursor(self, price: int) -> None:
        self.desktop.ladder.axis.cursor = price

    @property
    def acts(self) -> int:
        """How many commands have reached the exchange."""
        return len(self.trading.placed) + len(self.trading.cancels)


@contextlib.asynccontextmanager
async def kept(state: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    protected = await Protected().start(
        2, a_stop_update(details=some_details(a_ticket(**stop_at(950))))
    )
    protected.guarded.now = prices(1010)
    bench = protected.desktop.bench
    for name, price, side, reduces in (
        (ENTRY, 995, Side.BUY, False),
        (EXIT, 1005, Side.SELL, True),
    ):
        bench.stream.push(
            an_order_update(
                order_id=name, client_oid=ClientOid(name), price=Price(price), side=side,
                lots=Lots(2), is_reduce_only=reduces,
                details=some_details(a_ticket(price=Price(price), side=side)),
            )
        )  # fmt: skip
    await protected.settle()
    if state == STATES[0]:
        bench.trading.access = Access.REDUCING
    elif state == STATES[1]:
        bench.desk.stops.append(lambda: "Stopped.")
    else:
        monkeypatch.setattr(type(bench.desk.resolution), "reason", "Not resolved.")
    try:
        yield Kept(protected)
    finally:
        await protected.stop()


@pytest.fixture(params=STATES)
async def still(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Kept]:
    async with kept(request.param, monkeypatch) as one:
        yield one


async def test_nothing_can_be_armed_and_nothing_that_opens_is_sent(still: Kept) -> None:
    assert "Not armed." in await still.press("F4")
    for name in ("B", "S", "Q", "A", "W", "Z", "Shift+B", "Shift+S"):
        said = await still.press(name)
        assert "Not sent." in said or "F4 arms it" in said, name
    still.cursor(995)
    assert "Not moved." in (said := await still.press("G")) or "F4 arms it" in said
    assert still.acts == 0


async def test_a_close_linked_stop_is_sent_by_its_key(still: Kept) -> None:
    still.cursor(940)
    assert "sent" in await still.press("Ctrl+S")
    assert still.trading.placed[-1][0].is_close_order


async def test_the_stop_goes_to_breakeven_by_its_key(still: Kept) -> None:
    await still.press("Y")
    assert still.protected.sent == [("sell", 2, 1002)]
    assert still.trading.cancels == ["s1"]


async def test_a_protective_stop_is_grabbed_and_moved(still: Kept) -> None:
    still.cursor(950)
    assert "Holding" in await still.press("G")
    assert "the new stop waits" in await still.press("Up", "Enter")
    assert still.protected.sent == [("sell", 2, 951)]


async def test_a_reduce_only_limit_is_grabbed_and_moved(still: Kept) -> None:
    still.cursor(1005)
    assert "Holding" in await still.press("G")
    assert "cancel first" in await still.press("Up", "Enter")
    assert still.trading.cancels == ["x1"]


@pytest.mark.parametrize("key", ["S", "A", "Z"])
async def test_a_reduce_only_limit_is_sent_by_key(still: Kept, key: str) -> None:
    still.cursor(1005)
    await still.press("I")
    assert still.desktop.ladder.trading.is_reduce_only
    assert "sent" in await still.press(key)
    (ticket, _), *others = still.trading.placed
    assert ticket.is_reduce_only
    assert not others
    await still.press(key)
    assert len(still.trading.placed) == 1, "the flag is for one order"


async def test_a_click_sends_nothing_unarmed(still: Kept) -> None:
    await still.press("I")
    still.desktop.ladder.trading.send_limit(Side.SELL, Price(1005), ArmedBy.MOUSE)
    await still.protected.settle()
    assert still.acts == 0


@pytest.mark.parametrize("key", ["F", "H"])
async def test_flattening_and_closing_half_work_by_key(still: Kept, key: str) -> None:
    await still.twice(key)
    assert still.acts


@pytest.mark.parametrize(
    "key", ["Delete", "Backspace", "D", "U", "Ctrl+Delete", "Ctrl+Shift+Delete"]
)
async def test_every_cancel_works_by_key(still: Kept, key: str) -> None:
    still.cursor(995)
    await still.press(key)
    assert still.trading.cancels


def entries(rows: tuple[RowEntry, ...]) -> list[RowCommand | PriceCommand]:
    return [row for row in rows if row is not None]


@pytest.mark.parametrize("number", range(6))
async def test_every_entry_of_an_orders_menu_works(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(STATES[0], monkeypatch) as still:
        vm = OrdersViewModel(still.desktop.desk, still.desktop.bench.contracts, still.desktop.frame)
        menu = entries(vm.commands_of(ENTRY))
        assert len(menu) == 6, "a new entry is tested, too"
        entry = menu[number]
        assert entry.why_not == ""
        assert isinstance(entry, RowCommand)
        asked: list[object] = []
        vm.trail_asked.connect(asked.append)
        entry.act()
        await still.protected.settle()
        assert still.trading.cancels or asked, entry.words


@pytest.mark.parametrize("number", range(11))
async def test_every_entry_of_a_positions_menu_works_but_reverse(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(STATES[0], monkeypatch) as still:
        positions = still.protected.positions
        menu = entries(positions.commands_of(XBT))
        assert len(menu) == 11, "a new entry is tested, too"
        entry = menu[number]
        if entry.words.startswith("Reverse"):
            assert entry.why_not == Access.REDUCING.reason
            return
        assert entry.why_not == ""
        asked: list[object] = []
        positions.exit_asked.connect(lambda *what: asked.append(what))
        if isinstance(entry, PriceCommand):
            entry.act("100.5")
        else:
            entry.act()
        await still.desktop.clock.advance(3)
        assert still.acts or asked, entry.words


async def test_a_proposal_that_mends_is_sent(still: Kept) -> None:
    watch = still.protected.guarded.watch
    still.desktop.bench.stream.push(a_stop_update(is_done=True, canceled=Lots(2)))
    still.trading.stops = ()
    await still.protected.settle()
    watch.mend(watch.propose(XBT))
    await still.protected.settle()
    assert still.trading.placed[-1][0].reduces_only
    assert still.protected.guarded.mended[-1].ok


async def test_the_ticket_says_nothing_against_an_order_that_only_reduces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with kept(STATES[0], monkeypatch) as still:
        ticket = still.protected.ticket
        ticket.set_price_text("100.5")
        still.desktop.frame.tick()
        assert ticket.view.blocked_reason == Access.REDUCING.reason
        ticket.set_reduce_only(True)
        still.desktop.frame.tick()
        assert (ticket.view.blocked_reason, ticket.view.can_sell) == ("", True)
        ticket.stage(Side.SELL)
        still.desktop.frame.tick()
        ticket.confirm()
        await still.protected.settle()
        assert still.trading.placed[-1][0].is_reduce_only


async def test_the_way_of_orders_is_shown_while_something_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with kept(STATES[0], monkeypatch) as still:
        assert still.desktop.health.way.can_send


@pytest.mark.parametrize("kind", ClearingKind)
async def test_the_kill_switch_is_thrown(
    kind: ClearingKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(STATES[0], monkeypatch) as still:
        bench = still.desktop.bench
        switch = KillSwitch(bench.desk, bench.account, bench.owner, bench.notices, NoMemory())
        switch.start()
        vm = KillSwitchViewModel(switch, still.desktop.frame, kind)
        vm.start()
        still.desktop.frame.tick()
        assert vm.view.why_not == ""
        vm.throw()
        still.desktop.frame.tick()
        assert vm.view.is_on
        await still.protected.settle()
        assert still.acts
        vm.stop()
        await switch.stop()
