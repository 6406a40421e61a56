"""A long life of client and exchange: a trader who never rests, and faults that never end."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.domain.units import Price, Side
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.quick_time import until
from tests.support.tamper import cut_off, lost_before, page_after, page_before, wrong_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.rig import Rig

WHOLE_S = 240.0
"""After all faults have ended, everything is whole again within so long."""
CLIENT = ("domain", "wire", "exchange", "session")


@final
class Figures(NamedTuple):
    """What the process holds: the client's own memory, tasks, timers of the loop, open files."""

    client_kb: int
    tasks: int
    timers: int
    files: int

    @override
    def __str__(self) -> str:
        return (
            f"{self.client_kb} KB of the client, {self.tasks} tasks, {self.timers} timers, "
            f"{self.files} files"
        )


NOTHING = Figures(0, 0, 0, 0)


def figures() -> Figures:
    """Count now; files on systems that tell, memory while it is traced."""
    gc.collect()
    client_kb = 0
    if tracemalloc.is_tracing():
        wanted = [tracemalloc.Filter(True, f"*/terminal/{name}/*") for name in CLIENT]
        found = tracemalloc.take_snapshot().filter_traces(wanted)
        client_kb = sum(trace.size for trace in found.traces) // 1024
    loop = asyncio.get_running_loop()
    timers = sum(not timer.cancelled() for timer in loop._scheduled)  # type: ignore[attr-defined]  # told nowhere else
    files = Path("/proc/self/fd")
    count = len(os.listdir(files)) if files.is_dir() else 0  # noqa: PTH208 - counts, keeps none open
    return Figures(client_kb, len(asyncio.all_tasks()), timers, count)


@final
class Soak:
    """Runs a rig under random faults; all dice are of one seed."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self._rig = rig
        self._dice = random.Random(seed)
        self.met: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.longest_s = 0.0
        """The longest that it took until everything was whole after faults had ended."""

    async def run(self, seconds: float) -> None:
        """Trade under faults for so long; then all is whole again."""
        rig = self._rig
        until_s = rig.now_s + seconds
        next_fault_s = rig.now_s + 5.0
        while rig.now_s < until_s:
            await asyncio.sleep(self._dice.uniform(0.5, 4.0))
            self._trade()
            if rig.now_s >= next_fault_s:
                await self._go_wrong()
                next_fault_s = rig.now_s + self._dice.uniform(5.0, 40.0)
        await self.calm_down()

    async def calm_down(self) -> None:
        """Let all faults end, and wait until everything is whole."""
        rig = self._rig
        rig.faults.clear()
        rig.tamper.clear()
        try:
            passed_s = await until(rig.is_whole, "equality", WHOLE_S)
        except AssertionError:
            state = (rig.market.staleness(), rig.desk.is_trusted, rig.account.is_trusted)
            raise AssertionError(f"{state} {rig.apart()} after {rig.said[-20:]}") from None
        self.longest_s = max(self.longest_s, passed_s)
        assert not rig.lies, rig.lies
        assert not rig.told_twice_or_never()
        rig.forget()

    # Trading ---------------------------------------------------------------------------------

    def _trade(self) -> None:
        rig, dice = self._rig, self._dice
        kind = dice.choices(
            ("rest", "take", "cancel", "move", "all", "flatten"), (30, 20, 30, 8, 2, 2)
        )[0]
        working = rig.desk.working(XBT)
        if len(working) > 30 and kind == "rest":
            kind = "all"
        side = dice.choice((Side.BUY, Side.SELL))
        if kind == "rest":
            away = dice.randint(2, 300)
            self._submit(side, rig.bid - away if side is Side.BUY else rig.ask + away)
        elif kind == "take":
            side = Side.SELL if rig.account.position(XBT).core.lots > 0 else Side.BUY
            self._submit(side, rig.ask + 9 if side is Side.BUY else rig.bid - 9)
        elif kind == "cancel" and working:
            rig.desk.cancel(dice.choice(working).client_oid)
        elif kind == "move" and working:
            rig.desk.move(dice.choice(working).client_oid, Price(rig.bid - dice.randint(2, 200)))
        elif kind == "all":
            rig.desk.cancel_all(XBT)
        elif kind == "flatten":
            rig.desk.flatten(XBT)
        self.done[kind] += 1

    def _submit(self, side: Side, price: int) -> None:
        lots = self._dice.randint(1, 4)
        result = self._rig.desk.submit(a_ticket(side=side, price=Price(price), lots=lots))
        if not isinstance(result, Submitted):
            self.done["blocked"] += 1

    # Faults ----------------------------------------------------------------------------------

    async def _go_wrong(self) -> None:
        name = self._dice.choice(tuple(FAULTS))
        self.met[name] += 1
        FAULTS[name](self._rig, self._dice)


def _counted(name: str, most: int) -> Callable[[Rig, random.Random], None]:
    return lambda rig, dice: rig.faults.set(name, dice.randint(1, most))


def _for_a_while(
    name: str, value: object, off: object, most_s: float
) -> Callable[[Rig, random.Random], None]:
    def begin(rig: Rig, dice: random.Random) -> None:
        rig.faults.set(name, value)
        rig.exchange.clock.after(dice.uniform(1.0, most_s), lambda: rig.faults.set(name, off))

    return begin


def _frames(name: str, topics: str) -> Callable[[Rig, random.Random], None]:
    return lambda rig, dice: rig.faults.set(name, f"{dice.randint(1, 6)}:2@{topics}")


def _drop_sockets(rig: Rig) -> None:
    rig.exchange.order_sockets.drop_all()


FAULTS: dict[str, Callable[[Rig, random.Random], None]] = {
    **{
        name: _counted(name, most)
        for name, most in (
            ("server_errors", 6), ("unavailable", 6), ("overloads", 4), ("quotas_spent", 1),
            ("blocked", 1), ("answers_lost", 2), ("cancels_lost", 2), ("replies_swapped", 2),
            ("tokens_expired", 3), ("connections_dropped", 2), ("level2_skipped", 3),
            ("level2_doubled", 5),
        )
    },
    **{
        f"{name} {topics}": _frames(name, topics)
        for name in ("frames_dropped", "frames_doubled", "frames_swapped", "frames_delayed",
                     "frames_truncated")
        for topics in ("/contractMarket/level2*", "/contractMarket/tradeOrders*", "*")
    },
    "read_delay_s": _for_a_while("read_delay_s", 7.0, 0, 15.0),
    "answer_delay_s": _for_a_while("answer_delay_s", 7.0, 0, 15.0),
    "refuses_connections": _for_a_while("refuses_connections", True, False, 8.0),
    "refuses_streams": _for_a_while("refuses_streams", True, False, 20.0),
    "half_open": _for_a_while("half_open", True, False, 50.0),
    "withholds_pongs": _for_a_while("withholds_pongs", True, False, 50.0),
    "silent book": _for_a_while("silent_topics", "*level2*", "", 50.0),
    "silent orders": _for_a_while("silent_topics", "*tradeOrders*", "", 20.0),
    "mark_is_silent": _for_a_while("mark_is_silent", True, False, 15.0),
    "events_first": _for_a_while("events_first", True, False, 30.0),
    "reply_first": _for_a_while("reply_first", True, False, 30.0),
    "cancelonly": _for_a_while("status", "cancelonly", "open", 20.0),
    "close": _for_a_while("status", "close", "open", 20.0),
    "snapshot_lag": _for_a_while("snapshot_lag", 30, 0, 20.0),
    "gap_move": lambda rig, dice: rig.faults.set("gap_move", dice.randint(-150, 150)),
    "rejects": lambda rig, dice: rig.faults.set("rejects", "300003:Balance insufficient."),
    "streams closed": lambda rig, dice: rig.exchange.drop_streams(),
    "order socket closed": lambda rig, dice: rig.exchange.order_sockets.end_all("maintenance"),
    "order socket broken": lambda rig, dice: _drop_sockets(rig),
    "clock": lambda rig, dice: setattr(
        rig.exchange.clock, "shift_ms", rig.exchange.clock.shift_ms + dice.randint(0, 20_000)
    ),
    "our clock": lambda rig, dice: setattr(rig.clock, "shift_ms", dice.randint(-10**5, 10**5)),
    "sleep": lambda rig, dice: rig.clock.machine_sleeps(dice.uniform(10.0, 900.0)),
    "page": lambda rig, dice: rig.tamper.answers("GET *", page_before, dice.randint(1, 5)),
    "cut off": lambda rig, dice: rig.tamper.answers("GET *", cut_off, dice.randint(1, 5)),
    "order denied": lambda rig, dice: rig.tamper.answers("POST /api/v1/orders", wrong_code),
    "order page": lambda rig, dice: rig.tamper.answers("POST /api/v1/orders", page_after),
    "order lost": lambda rig, dice: rig.tamper.answers("POST /api/v1/orders", lost_before),
    "cancel lost": lambda rig, dice: rig.tamper.answers("DELETE *", lost_before, 2),
}  # fmt: skip
