"""The fuse against the simulated exchange: a killed client, faults, sleep, and what is left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.domain.account_facts import StopsFate
from terminal.domain.order import OrderState
from terminal.session.fuse import Fuse, FuseState, FuseTerms
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from tests.support.deadlines import eventually
from tests.support.quick_time import run_quickly, until
from tests.support.rig import Rig
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from tests.support.quick_time import QuickClock

SET = "POST /api/ua/v1/dcp/set"
ROOT = Path(__file__).parent.parent.parent
T = 6


async def a_killed_client(switches: Switches) -> None:
    """Kill it with SIGKILL after a renewal; its orders go when the exchange's time is over."""
    exchange = SimExchange(is_calm=True, switches=switches, clock=steady_time())
    await exchange.start()
    key = exchange.key
    account = exchange.engine.account
    last = exchange.engine.markets["XBTUSDTM"].last
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.fuse_child", exchange.rest, key.key, key.secret,
        key.passphrase, str(last), str(T), switches.dcp_stops, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        assert await child.stdout.readline() == b"lit\n"
        await eventually(lambda: exchange.gateway.calls[SET] >= 2, "a renewal")
    finally:
        child.kill()
        await child.wait()
    (setting,) = exchange.engine.dead_man.settings.values()
    left_s = (setting.trigger_ms - exchange.clock.now_ms()) / 1000
    assert T / 3 < left_s <= T, "it was renewed when its first third was over"
    assert len(account.active()) == 2
    exchange.clock.advance(left_s - 0.3)
    assert len(account.active()) == 2, "not a moment before its time"
    exchange.clock.advance(0.6)
    waiting = [order for order in account.active() if order.waits]
    assert len(account.active()) == len(waiting), "the entry is gone"
    assert len(waiting) == (1 if switches.dcp_stops == "kept" else 0)
    assert account.positions["XBTUSDTM"].lots == 3, "the position stands, with its stop or without"
    await exchange.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
async def test_the_exchange_cancels_for_a_client_that_was_killed_in_each_reading() -> None:
    """Both readings of what becomes of stops, each on an exchange of its own."""
    readings = []
    for number, fate in enumerate(("kept", "canceled")):
        switches = Switches()
        switches.set("dcp_stops", fate)
        switches.set("dcp_time_unit", ("ms", "s")[number])
        readings.append(a_killed_client(switches))
    await asyncio.gather(*readings)


class Lit:
    """A rig in quick time whose fuse burns."""

    def __init__(self, clock: QuickClock, unit: str = "ms") -> None:
        switches = Switches()
        switches.set("dcp_time_unit", unit)
        self.rig = Rig(clock, is_moving=False, switches=switches)

    async def start(self) -> None:
        rig = self.rig
        await rig.start()
        await rig.open()
        self.order = rig.rests()
        await rig.clear_up(self.order)
        self.fuse = rig.backend.fuse
        self.fuse.terms = FuseTerms(StopsFate.KEPT)
        assert self.fuse.light(30) == ""
        await until(lambda: self.fuse.status.state is FuseState.LIT, "a burning fuse", 10)

    @property
    def is_set(self) -> bool:
        return bool(self.rig.exchange.engine.dead_man.settings)

    @property
    def theirs_left_s(self) -> float:
        (setting,) = self.rig.exchange.engine.dead_man.settings.values()
        return (setting.trigger_ms - self.rig.exchange.clock.now_ms()) / 1000


@pytest.mark.parametrize(
    ("unit", "minutes"),
    [("ms", 2), ("s", 2), pytest.param("ms", 60, marks=pytest.mark.nightly)],
)
def test_it_burns_at_three_requests_in_its_time(unit: str, minutes: int) -> None:
    async def play(clock: QuickClock) -> None:
        lit = Lit(clock, unit)
        await lit.start()
        before = lit.rig.exchange.gateway.calls[SET]
        for _ in range(minutes * 6):
            await asyncio.sleep(10.3)
            assert lit.fuse.left_s is not None
            assert lit.fuse.left_s <= lit.theirs_left_s + 0.05, "never more than there is"
            assert lit.fuse.left_s == pytest.approx(lit.theirs_left_s, abs=1.0)
        assert lit.rig.state(lit.order) is OrderState.OPEN
        assert lit.rig.exchange.gateway.calls[SET] - before == pytest.approx(
            minutes * 6, rel=0.1, abs=2
        )
        await lit.rig.stop()

    run_quickly(play)


def test_a_short_outage_is_survived_and_a_long_one_is_told_as_it_was() -> None:
    async def play(clock: QuickClock) -> None:
        lit = Lit(clock)
        await lit.start()
        await lit.rig.vanish()
        await until(lambda: lit.fuse.status.state is FuseState.NOT_RENEWED, "the trouble", 25)
        await lit.rig.reappear()
        await until(lambda: lit.fuse.status.state is FuseState.LIT, "a renewal", 15)
        assert lit.is_set
        await lit.rig.vanish()
        await until(lambda: lit.fuse.status.state is FuseState.BLOWN, "its time", 60)
        assert not lit.fuse.status.is_certain, "nobody has said it yet"
        await asyncio.sleep(5)
        await lit.rig.reappear()
        await until(lambda: lit.fuse.status.is_certain, "the exchange's word", 60)
        await until(lambda: lit.fuse.status.canceled == 1, "the order that ended", 90)
        assert lit.fuse.status.state is FuseState.BLOWN
        assert lit.rig.state(lit.order) is OrderState.CANCELED
        assert any("has blown" in words and "1 order ended" in words for words in lit.rig.said)
        await lit.rig.stop()

    run_quickly(play)


@pytest.mark.parametrize("slept_s", [9, 600])
def test_after_sleep_the_exchange_is_asked(slept_s: int) -> None:
    async def play(clock: QuickClock) -> None:
        lit = Lit(clock)
        await lit.start()
        clock.machine_sleeps(slept_s)
        if slept_s > 30:
            await until(lambda: lit.fuse.status.state is FuseState.BLOWN, "the truth", 60)
            await until(lambda: lit.fuse.status.is_certain, "the exchange's word", 60)
            await until(lambda: lit.fuse.status.canceled == 1, "the order that ended", 90)
        else:
            await asyncio.sleep(8)
            assert lit.fuse.status.state is FuseState.LIT
            assert lit.rig.state(lit.order) is OrderState.OPEN
        await lit.rig.stop()

    run_quickly(play)


def test_put_out_the_orders_stay_for_ever() -> None:
    async def play(clock: QuickClock) -> None:
        lit = Lit(clock)
        await lit.start()
        assert await lit.fuse.end(10) == ""
        assert not lit.is_set
        await asyncio.sleep(70)
        assert lit.rig.state(lit.order) is OrderState.OPEN
        await lit.rig.stop()

    run_quickly(play)


def test_what_a_dead_run_left_is_found_by_the_next() -> None:
    async def play(clock: QuickClock) -> None:
        lit = Lit(clock)
        await lit.start()
        fuse = lit.fuse
        await fuse.stop()  # as if it had died: not a word to the exchange
        backend = lit.rig.backend
        again = Fuse(
            lit.rig.clients.funds, backend.desk, backend.exchange_clock, lit.rig.owner,
            backend.notices, FuseTerms(StopsFate.KEPT),
        )  # fmt: skip
        again.start()
        await until(lambda: again.status.state is FuseState.FOUND, "what was left", 10)
        assert again.status.timeout_s == 30
        again.put_out()
        await until(lambda: again.status.state is FuseState.OFF, "the end", 10)
        assert not lit.is_set
        await again.stop()
        await lit.rig.stop()

    run_quickly(play)
