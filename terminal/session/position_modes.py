"""One-way or hedge: the position mode of the whole account, switched once and then read back.

A switch is never sent again by itself. Whatever was answered, what holds is read; readings may be
repeated. Source: API reference 3.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.errors import TernError
from terminal.exchange.outcome import Accepted, NotSent, Rejected
from terminal.session.listeners import Listeners
from terminal.session.trading_terms import TermsAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.events import PositionMode
    from terminal.exchange.outcome import Outcome
    from terminal.session.account import AccountSession
    from terminal.session.tasks import TaskOwner

READ_PAUSES_S = (0.0, 0.5, 1.0, 2.0, 5.0)
"""So often, and after such pauses, the mode is read after a switch."""
_IN_USE = "50002"
_RULE = "The exchange switches it only while no contract has a position or an order"


class PositionModeCommands(Protocol):
    """Who takes the switch; ``exchange.queries.AccountCommands`` says more of it."""

    async def set_position_mode(self, mode: PositionMode) -> Outcome:
        """Choose one-way or hedge for the account."""
        ...


@final
class PositionModes:
    """Switches the position mode. Commands return at once; ``on_changed`` tells their end.

    ``orders`` tells how many orders work.
    """

    def __init__(
        self,
        commands: PositionModeCommands,
        account: AccountSession,
        clock: Clock,
        owner: TaskOwner,
        orders: Callable[[], int],
    ) -> None:
        self._commands = commands
        self._account = account
        self._clock = clock
        self._owner = owner.child("position mode")
        self._orders = orders
        self.answer: TermsAnswer | None = None
        """How the last switch went; None when nothing was asked for, or it was read."""
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    @property
    def mode(self) -> PositionMode | None:
        """The one that holds; None while it is not known."""
        return self._account.position_mode

    @property
    def is_busy(self) -> bool:
        """Whether a switch is under way."""
        return self.answer is not None and self.answer.ok is None

    def why_not(self) -> str:
        """Why the exchange would not switch now; empty where nothing is known against it."""
        if self.mode is None:
            return "The position mode is not known yet."
        positions, orders = len(self._account.positions()), self._orders()
        if not positions and not orders:
            return ""
        found = [
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in ((positions, "position"), (orders, "order"))
            if count
        ]
        verb = "is" if positions + orders == 1 else "are"
        return f"{_RULE}; {' and '.join(found)} {verb} open. Close and cancel first."

    def forget(self) -> None:
        """The answer was read."""
        if not self.is_busy:
            self.answer = None

    def switch(self, mode: PositionMode) -> None:
        """Ask for a mode, once. What already holds, or cannot be switched, is said and not sent."""
        if self.is_busy:
            return
        reason = self.why_not()
        if mode is self.mode:
            self._tell(TermsAnswer(ok=True, sentence=f"It is {mode.value} mode already."))
        elif reason:
            self._tell(TermsAnswer(ok=False, sentence=f"Not switched. {reason}"))
        else:
            self._tell(TermsAnswer(ok=None, sentence="Asking the exchange."))
            self._owner.spawn("switch", self._switch(mode))

    async def _switch(self, mode: PositionMode) -> None:
        answer = TermsAnswer(ok=False, sentence="Something went wrong inside the program.")
        try:
            outcome = await self._commands.set_position_mode(mode)
            if isinstance(outcome, NotSent):
                answer = TermsAnswer(ok=False, sentence=f"Not switched. {outcome.sentence}")
                return
            wished = None
            if not isinstance(outcome, (Accepted, Rejected)):
                wished = mode
                words = f"{outcome.sentence} What holds now is being read.".lstrip()
                self._tell(TermsAnswer(ok=None, sentence=words))
            holds = await self._read(wished)
            answer = _answered(outcome, mode, holds)
        finally:
            self._tell(answer)

    async def _read(self, wished: PositionMode | None) -> PositionMode | None:
        """What holds by the exchange's own word; None where it did not answer.

        Where nobody said how the switch ended it may still be on its way: then the old mode is
        believed only after all pauses, not at the first reading. ``wished`` ends them.
        """
        holds: PositionMode | None = None
        for pause_s in READ_PAUSES_S:
            if pause_s:
                await self._clock.sleep(pause_s)
            try:
                holds = await self._account.read_position_mode()
            except TernError:
                continue  # a reading may be repeated
            if wished is None or holds is wished:
                return holds
        if holds is None:
            self._account.doubt_mode()
        return holds

    def _tell(self, answer: TermsAnswer) -> None:
        self.answer = answer
        self.on_changed.notify()

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()


def _answered(outcome: Outcome, mode: PositionMode, holds: PositionMode | None) -> TermsAnswer:
    if holds is None:
        words = "It is not known which position mode holds; all of the account is read again."
        return TermsAnswer(ok=False, sentence=words)
    if holds is mode:
        return TermsAnswer(ok=True, sentence=f"The account is in {mode.value} mode now.")
    words = f"The account is still in {holds.value} mode."
    if isinstance(outcome, Rejected):
        told = f"{_RULE}." if outcome.code == _IN_USE else outcome.sentence
        remedy = "Close and cancel first." if outcome.code == _IN_USE else outcome.remedy
        return TermsAnswer(ok=False, sentence=f"Not switched. {told} {remedy}".rstrip())
    return TermsAnswer(ok=False, sentence=f"{words} Look again before you switch once more.")
