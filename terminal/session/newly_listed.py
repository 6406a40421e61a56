"""Contracts that were listed after the start: each is read by itself when something names it.

A position or an order in one cannot be read without its tick size, and nothing is trusted until it
can be. The whole list is never read again: a tick size that changed under open books, orders and
staged prices would turn whole ticks into other prices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

AGAIN_S = 60.0
"""After so long a contract that could not be read may be asked for again."""
MOST = 50
"""So many are remembered; a name that is made up must not make us ask without end."""
LONGEST = 40


@final
class NewlyListed:
    """Reads contracts that are not known, one at a time. ``on_listed`` is told of each found.

    ``read`` asks the exchange about one contract; it raises ``TernError``.
    """

    def __init__(
        self,
        read: Callable[[Symbol], Awaitable[Contract]],
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
    ) -> None:
        self._read = read
        self._clock = clock
        self._owner = owner
        self._notices = notices
        self._waiting: dict[Symbol, None] = {}
        self._asked_s: dict[Symbol, float] = {}
        self._is_running = False
        self.on_listed: Listeners[[Contract]] = Listeners(owner.listener_failed)

    def met(self, symbol: Symbol) -> None:
        """Something names a contract that is not known. Cheap, however often it is said."""
        now_s = self._clock.monotonic_s()
        asked_s = self._asked_s.get(symbol)
        is_known = asked_s is not None and now_s - asked_s < AGAIN_S
        if is_known or not symbol.isalnum() or len(symbol) > LONGEST:
            return
        if len(self._asked_s) >= MOST:
            self._asked_s = {s: at_s for s, at_s in self._asked_s.items() if now_s - at_s < AGAIN_S}
            if len(self._asked_s) >= MOST:
                return
        self._asked_s[symbol] = now_s
        self._waiting[symbol] = None
        if not self._is_running:
            self._is_running = True
            self._owner.spawn("read new contracts", self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                symbol = next(iter(self._waiting))
                del self._waiting[symbol]
                await self._ask(symbol)
        finally:
            self._is_running = False

    async def _ask(self, symbol: Symbol) -> None:
        try:
            contract = await self._read(symbol)
        except TernError as error:
            words = f"{symbol} is not in the contract list, and could not be read. {error.sentence}"
            self._notices.post(NoticeLevel.WARNING, "app", words, symbol)
            return
        self._notices.post(NoticeLevel.INFO, "app", f"{symbol} was listed meanwhile.", symbol)
        self.on_listed.notify(contract)
