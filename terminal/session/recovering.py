"""Reading everything anew until it worked, one reading at a time. Source: API reference 5.9.

A connection that opened and a message that could not be read both ask for it. Trust is given only
when nothing asked again while the last reading was on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.session.tasks import Pulse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.clock import Clock
    from terminal.exchange.gateway import ChannelKind
    from terminal.session.tasks import TaskOwner
    from terminal.session.trust import Trust

CONFIRM_WAIT_S = 3.0
RETRY_S = (0.5, 1.0, 2.0, 5.0)
APART_S = (0.0, 0.0, 0.0, 1.0, 2.0, 5.0, 10.0)
"""Between two readings on one connection, ever longer: what cannot be read may come without end."""
CALM_S = 60.0
"""After so long without a reading the next one need not wait."""


@final
class Recovery:
    """Keeps ``trust`` honest: takes it away at every doubt, gives it after a whole reading.

    ``wanted`` channels must be confirmed before anything is read, ``read`` reads everything and
    raises ``TernError`` when it could not, ``on_problem`` is told the first sentence of each try.
    """

    def __init__(
        self,
        owner: TaskOwner,
        clock: Clock,
        trust: Trust,
        wanted: frozenset[ChannelKind],
        read: Callable[[], Awaitable[None]],
        on_problem: Callable[[str], None],
    ) -> None:
        self._owner = owner
        self._clock = clock
        self._trust = trust
        self._wanted = wanted
        self._read = read
        self._on_problem = on_problem
        self._pulse = Pulse(clock)
        self._confirmed: set[ChannelKind] = set()
        self._generation = 0
        self._is_connected = False
        self._is_running = False
        self._readings = 0
        self._read_at_s: float | None = None

    def opened(self) -> None:
        """A fresh connection: nothing is confirmed on it yet."""
        self._is_connected = True
        self._confirmed.clear()
        self._readings = 0
        self.again()

    def lost(self) -> None:
        """The connection ended."""
        self._is_connected = False
        self._generation += 1
        self._trust.take_away()
        self._pulse.beat()

    def confirmed(self, kind: ChannelKind) -> None:
        """The exchange confirmed a channel."""
        self._confirmed.add(kind)
        self._pulse.beat()

    def interrupted(self, kind: ChannelKind) -> None:
        """A channel may have missed something; it is to be confirmed anew before all is read."""
        self._confirmed.discard(kind)
        self.again()

    def again(self) -> None:
        """Something may have been missed: read everything, once more if that is under way."""
        self._generation += 1
        self._trust.take_away()
        if not self._is_running and self._is_connected:
            self._is_running = True
            self._owner.spawn("recover", self._run())

    async def _run(self) -> None:
        try:
            await self._read_until_it_worked()
        finally:
            self._is_running = False

    async def _read_until_it_worked(self) -> None:
        attempt = 0
        while self._is_connected:
            if not await self._pulse.until(self._may_go_on, CONFIRM_WAIT_S):
                continue
            if not self._is_connected:
                return
            wait_s = self._apart_s()
            if wait_s > 0 and await self._pulse.until(self._is_another, wait_s):
                continue
            generation = self._generation
            self._read_at_s = self._clock.monotonic_s()
            problem = await self._read_once()
            if problem is None:
                self._readings += 1
            if problem is None and generation == self._generation:
                self._trust.give()
                return
            if problem is not None and attempt == 0:
                self._on_problem(problem)
            await self._clock.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1

    def _may_go_on(self) -> bool:
        return self._wanted <= self._confirmed or not self._is_connected

    def _is_another(self) -> bool:
        """Whether the connection ended, or another one has not been read on."""
        return not (self._is_connected and self._readings)

    def _apart_s(self) -> float:
        """How long to wait before the next reading on this connection."""
        if not self._readings or self._read_at_s is None:
            return 0.0
        passed_s = self._clock.monotonic_s() - self._read_at_s
        if passed_s >= CALM_S:
            self._readings = 0
            return 0.0
        return APART_S[min(self._readings, len(APART_S) - 1)] - passed_s

    async def _read_once(self) -> str | None:
        """Read; the sentence of what went wrong, None when nothing did."""
        try:
            await self._read()
        except TernError as error:
            return error.sentence
        except Exception as error:  # noqa: BLE001 - reported; trust must be able to come back
            self._owner.report("recover", error)
            return "An error inside the program stopped the reading."
        return None
