"""The isolated risk level of a contract, raised where an order needs it.

Asked for once and never again: the answer only says that it was asked for, the end is told by the
stream (API reference 3.12). Where no word comes, or no answer, the level is read from the position
that it is set for; without a position nobody can read it, and that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode
from terminal.exchange.outcome import NotSent, Rejected
from terminal.session.listeners import Listeners
from terminal.session.trading_terms import TermsAnswer, answer_of

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import RiskLimitUpdate
    from terminal.domain.units import Symbol
    from terminal.exchange.outcome import Outcome
    from terminal.session.account import AccountSession
    from terminal.session.tasks import TaskOwner

WORD_WITHIN_S = 5.0
"""So long the stream's word is waited for before the level is read."""
LOOK_S = 0.25
NOT_ISOLATED = "Not changed. Only isolated margin has risk levels that are set."
NOT_KNOWN = (
    "Not changed. The account is being read again: somebody may have set another level meanwhile."
)
NOBODY_TOLD = (
    "Nobody told how it ended, and without a position the level cannot be read. It was not asked "
    "for again."
)


class LevelCommands(Protocol):
    """Who takes the change."""

    async def set_risk_level(self, symbol: Symbol, level: int) -> Outcome:
        """Ask for another isolated risk level."""
        ...


@final
class RiskLevels:
    """Raises levels. ``raise_to`` returns at once; ``on_changed`` tells the end."""

    def __init__(
        self, commands: LevelCommands, account: AccountSession, clock: Clock, owner: TaskOwner
    ) -> None:
        self._commands = commands
        self._account = account
        self._clock = clock
        self._owner = owner.child("risk levels")
        self._answers: dict[Symbol, TermsAnswer] = {}
        self._asked: dict[Symbol, int] = {}
        self._told: dict[Symbol, RiskLimitUpdate] = {}
        self._handle = account.on_risk_limit.add(self._on_told)
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    def answer(self, symbol: Symbol) -> TermsAnswer | None:
        """How the last change of a contract went; None when nothing was asked for."""
        return self._answers.get(symbol)

    def is_busy(self, symbol: Symbol) -> bool:
        """Whether a change of a contract is under way."""
        return symbol in self._asked

    def forget(self, symbol: Symbol) -> None:
        """The answer was read."""
        if not self.is_busy(symbol):
            self._answers.pop(symbol, None)

    def raise_to(self, contract: Contract, level: int) -> None:
        """Ask for a level of the contract; the exchange cancels its open orders then."""
        symbol = contract.symbol
        if self.is_busy(symbol):
            return
        if self._account.margin_mode(symbol) is not MarginMode.ISOLATED:
            self._tell(symbol, TermsAnswer(ok=False, sentence=NOT_ISOLATED))
            return
        if not self._account.is_trusted:
            self._tell(symbol, TermsAnswer(ok=False, sentence=NOT_KNOWN))
            return
        self._asked[symbol] = level
        self._tell(symbol, TermsAnswer(ok=None, sentence="Asking the exchange."))
        self._owner.spawn(f"risk level of {symbol}", self._ask(symbol, level))

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        self._handle.remove()
        await self._owner.close()

    # One change ------------------------------------------------------------------------------

    async def _ask(self, symbol: Symbol, level: int) -> None:
        answer = TermsAnswer(ok=False, sentence="Something went wrong inside the program.")
        try:
            answer = await self._raise(symbol, level)
        finally:
            self._asked.pop(symbol, None)
            self._told.pop(symbol, None)
            self._tell(symbol, answer)

    async def _raise(self, symbol: Symbol, level: int) -> TermsAnswer:
        outcome = await self._commands.set_risk_level(symbol, level)
        if isinstance(outcome, (Rejected, NotSent)):
            return answer_of(outcome, "")
        told = await self._word(symbol)
        if told is None:
            return await self._read(symbol, level)
        if told.is_done:
            return await self._check(told, symbol, level)
        return TermsAnswer(ok=False, sentence=f"Not changed. {told.message}".strip())

    async def _word(self, symbol: Symbol) -> RiskLimitUpdate | None:
        """The stream's word; it may come before the answer. None when there is none in time."""
        until_s = self._clock.monotonic_s() + WORD_WITHIN_S
        while symbol not in self._told and self._clock.monotonic_s() < until_s:
            await self._clock.sleep(LOOK_S)
        return self._told.get(symbol)

    async def _check(self, told: RiskLimitUpdate, symbol: Symbol, level: int) -> TermsAnswer:
        """What a word leads to; one that names no contract is held against the position.

        The frame of all positions names none (API reference 5.7): it may be about another contract,
        and nobody else has taken the level from it. Where nothing can be read the word holds.
        """
        if told.symbol is None:
            read = await self._levels(symbol)
            if isinstance(read, set) and read - {level}:
                return _unchanged(symbol, read)
        return _done(symbol, level)

    async def _levels(self, symbol: Symbol) -> set[int] | TernError:
        """What is set by the position's own word, empty without one; or why it cannot be read."""
        try:
            lanes = await self._account.read_lanes(symbol)
        except TernError as error:
            return error
        return {one.risk_level for one in lanes if one.risk_level is not None}

    async def _read(self, symbol: Symbol, level: int) -> TermsAnswer:
        """What holds, by the position's own word; asked once, the command is never sent again."""
        levels = await self._levels(symbol)
        if isinstance(levels, TernError):
            words = f"Nobody told how it ended, and it could not be read. {levels.sentence}"
            return TermsAnswer(ok=False, sentence=words)
        if not levels:
            return TermsAnswer(ok=False, sentence=NOBODY_TOLD)
        return _done(symbol, level) if levels == {level} else _unchanged(symbol, levels)

    def _on_told(self, fact: RiskLimitUpdate) -> None:
        """A word about a contract that is asked for; one that names none is about the only one."""
        symbol = fact.symbol
        if symbol is None and len(self._asked) == 1:
            symbol = next(iter(self._asked))
        if symbol is None or symbol not in self._asked:
            return
        if not fact.is_done or fact.level in {None, self._asked[symbol]}:
            self._told[symbol] = fact  # another level is somebody else's change

    def _tell(self, symbol: Symbol, answer: TermsAnswer) -> None:
        self._answers[symbol] = answer
        self.on_changed.notify()


def _done(symbol: Symbol, level: int) -> TermsAnswer:
    words = f"The risk level of {symbol} is {level} now. Any open orders in it were canceled."
    return TermsAnswer(ok=True, sentence=words)


def _unchanged(symbol: Symbol, levels: set[int]) -> TermsAnswer:
    shown = ", ".join(str(one) for one in sorted(levels))
    words = f"The risk level of {symbol} is {shown}: it was not changed so far."
    return TermsAnswer(ok=False, sentence=words)
