"""Market data at a steady rate into a painted ladder, on the program's loop; each message is timed.

A message's time begins when it was due, not when a busy loop came to take it: waiting counts. It
ends with the paint event that shows what the message said.
"""

from __future__ import annotations

import asyncio
import gc
import random
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QObject, Qt, QTimer

from terminal.exchange.stream import SLICE_S
from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.viewmodels.ladder_pace import NEAR_ROWS
from terminal.wire.connection import Pushed, StreamConnection
from tests.support.builders import NOW_MS, NOW_NS, a_contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.exchange.gateway import StreamFact
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.ladder import LadderViewModel

STALL_MS = 50.0
_KEPT_TURNS = 5
BEST_BID, BEST_ASK = 1000, 1001
DEPTH = 24
"""So far from the inside changes are: all of them on show in sixty rows."""


@final
class Turn(NamedTuple):
    """One turn of the loop: how long it took, ``own_ms`` of which our own thread computed.

    The rest of it the machine did something else. Of our own part messages were taken for
    ``taken_ms``, views made and rows written for ``made_ms``, ``painted_ms`` followed until the
    paint event was over, and garbage was collected for ``collected_ms`` in any of them.
    """

    own_ms: float
    ms: float
    taken_ms: float
    made_ms: float
    painted_ms: float
    collected_ms: float


@final
class Writer:
    """Frames as the exchange writes them: seven changes of the book, then a trade."""

    def __init__(self, book_sequence: int, trade_sequence: int) -> None:
        self._book = book_sequence
        self._trade = trade_sequence
        self._dice = random.Random(11)
        self._count = 0

    def next(self) -> tuple[str, bool]:
        """A frame, and whether it concerns rows that are never held back."""
        self._count += 1
        return self._a_trade() if self._count % 8 == 0 else self._a_change()

    def last(self) -> tuple[str, bool]:
        """A change that is seen whatever was there before."""
        self._book += 1
        return self._change(f"{BEST_BID / 10},buy,{5000 + self._book % 999}"), True

    def _a_change(self) -> tuple[str, bool]:
        self._book += 1
        dice = self._dice
        away, is_bid = dice.randrange(DEPTH), dice.random() < 0.5
        ticks = BEST_BID - away if is_bid else BEST_ASK + away
        change = f"{ticks / 10},{'buy' if is_bid else 'sell'},{dice.randrange(1, 2000)}"
        return self._change(change), away < NEAR_ROWS

    def _change(self, change: str) -> str:
        return (
            '{"topic":"/contractMarket/level2:XBTUSDTM","type":"message","subject":"level2",'
            f'"sn":{self._book},"data":{{"sequence":{self._book},"change":"{change}",'
            f'"timestamp":{NOW_MS}}}}}'
        )

    def _a_trade(self) -> tuple[str, bool]:
        self._trade += 1
        dice = self._dice
        is_buy = dice.random() < 0.5
        price = (BEST_ASK if is_buy else BEST_BID) / 10
        return (
            '{"topic":"/contractMarket/execution:XBTUSDTM","type":"message","subject":"match",'
            f'"sn":{self._trade},"data":{{"symbol":"XBTUSDTM","sequence":{self._trade},'
            f'"side":"{"buy" if is_buy else "sell"}","size":{dice.randrange(1, 90)},'
            f'"price":"{price}","takerOrderId":"t","makerOrderId":"m",'
            f'"tradeId":"{self._trade}","ts":{int(NOW_NS) + self._count * 1_000_000}}}}}'
        ), True


@final
class MarketPour(QObject):
    """Pours frames into ``take`` at a rate per second; ``run`` returns when all is painted.

    ``passed`` is told the seconds since the beginning with every batch. ``meter`` must be the
    ladder's alone. ``near_ms`` are the latencies of rows near the inside and of trades, ``deep_ms``
    those of the rows beyond, which a burst holds back. ``stalls`` are turns that took too long,
    ``worst`` the dearest ones, the dearest last.
    """

    def __init__(
        self,
        ladder: LadderViewModel,
        meter: FrameMeter,
        take: Callable[[StreamFact], None],
        passed: Callable[[float], None],
        writer: Writer,
    ) -> None:
        super().__init__()
        self.near_ms: list[float] = []
        self.deep_ms: list[float] = []
        self.stalls: list[Turn] = []
        self.worst: list[Turn] = []
        self.turns = 0
        self.longest_collection_ms = 0.0
        self._ladder, self._meter = ladder, meter
        self._take, self._passed, self._writer = take, passed, writer
        self._scales = Scales()
        self._scales.learn([a_contract()])
        self._connection = StreamConnection(ping_interval_s=1e6, ping_timeout_s=1e6, now_s=0.0)
        self._near: list[float] = []
        self._deep: list[float] = []
        self._sent = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._pour)
        ladder.changed.connect(self._taken)

    @property
    def is_all_painted(self) -> bool:
        """Whether nothing that was poured is still to be painted."""
        return not self._near and not self._ladder.face.is_behind and self._waiting == 0

    async def run(self, rate: int, seconds: float) -> None:
        """Pour for so long, then wait until the last of it is painted, for two seconds at most."""
        self._end = asyncio.get_running_loop().create_future()
        self._rate, self._count = rate, int(rate * seconds)
        self._sent, self._late = 0, seconds + 2.0
        self._began_s = self._turn_s = perf_counter()
        self._cpu_s = self._poured_s = self._made_s = self._painted_s = thread_time()
        gc.callbacks.append(self._collected)
        self._timer.start()
        try:
            await self._end
        finally:
            self._timer.stop()
            gc.callbacks.remove(self._collected)

    def _pour(self) -> None:
        self._look_for_stall()
        passed_s = perf_counter() - self._began_s
        self._passed(passed_s)
        due = min(self._count, int(passed_s * self._rate))
        until_s = perf_counter() + SLICE_S  # as the program's streams do
        for number in range(self._sent, due):
            self._push(self._writer.next(), passed_s, self._began_s + number / self._rate)
            self._sent = number + 1
            if self._sent == self._count:
                self._push(self._writer.last(), passed_s, perf_counter())
            if perf_counter() >= until_s:
                break
        self._poured_s = self._made_s = self._painted_s = thread_time()
        if passed_s > self._late or (self._sent == self._count and self.is_all_painted):
            self._timer.stop()
            self._end.set_result(None)

    def _push(self, frame: tuple[str, bool], passed_s: float, due_s: float) -> None:
        text, is_near = frame
        pushed = self._connection.received(text, passed_s)
        assert type(pushed) is Pushed
        fact = translated(pushed, self._scales)
        assert fact is not None
        self._take(fact)
        (self._near if is_near else self._deep).append(due_s)

    def _look_for_stall(self) -> None:
        now_s, cpu_s = perf_counter(), thread_time()
        parts_s = (
            cpu_s - self._cpu_s,
            now_s - self._turn_s,
            self._poured_s - self._cpu_s,
            self._made_s - self._poured_s,
            self._painted_s - self._made_s,
            self._collected_s,
        )
        turn = Turn(*(part_s * 1000 for part_s in parts_s))
        if turn.ms > STALL_MS:
            self.stalls.append(turn)
        self.worst = sorted((*self.worst, turn))[-_KEPT_TURNS:]
        self._collected_s = 0.0
        self._turn_s, self._cpu_s = now_s, cpu_s
        self.turns += 1

    def _taken(self) -> None:
        """A view was made of everything so far: the paint that follows shows it."""
        near, self._near = self._near, []
        deep: list[float] = []
        if not self._ladder.face.is_behind:
            deep, self._deep = self._deep, []

        self._waiting += 1
        self._made_s = self._painted_s = thread_time()

        def painted() -> None:
            now_s = perf_counter()
            self._waiting -= 1
            self._painted_s = thread_time()
            self.near_ms += [(now_s - due_s) * 1000 for due_s in near]
            self.deep_ms += [(now_s - due_s) * 1000 for due_s in deep]

        self._meter.after_next_paint(painted)

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_s = perf_counter()
        else:
            took_s = perf_counter() - self._collecting_s
            self._collected_s += took_s
            self.longest_collection_ms = max(self.longest_collection_ms, took_s * 1000)

    _rate = _count = _waiting = 0
    _late = _began_s = _turn_s = _cpu_s = _collecting_s = 0.0
    _poured_s = _made_s = _painted_s = _collected_s = 0.0
    _end: asyncio.Future[None]
