"""Margin mode and leverage of a contract, changed where orders are made.

The mode, and the leverage of cross mode, are the exchange's: a change is asked for once, never
resent, and what holds is read back whatever the answer was. Isolated leverage is said with each
order (API reference 3.9), so it is only chosen here, for all orders of this run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.domain.events import MarginMode
from terminal.domain.units import plain
from terminal.exchange.errors import adds_words, in_their_words
from terminal.exchange.outcome import Accepted, NotSent, Rejected
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol
    from terminal.exchange.outcome import Outcome
    from terminal.session.account import AccountSession
    from terminal.session.tasks import TaskOwner

_IN_USE = "50002"
IN_USE = "The exchange changes it only without a position and without orders."


class TermsCommands(Protocol):
    """Who takes the changes; ``exchange.queries.AccountCommands`` says more of them."""

    async def set_margin_mode(self, symbol: Symbol, mode: MarginMode) -> Outcome:
        """Choose the margin mode of a contract."""
        ...

    async def set_cross_leverage(self, symbol: Symbol, leverage: Decimal) -> Outcome:
        """Choose the leverage of a contract in cross mode."""
        ...


@final
class TermsAnswer(NamedTuple):
    """How the last change of a contract ended, in one sentence; while it goes on ``ok`` is None."""

    ok: bool | None
    sentence: str


@final
class TradingTerms:
    """Changes modes and leverage. Commands return at once; ``on_changed`` tells their end."""

    def __init__(self, commands: TermsCommands, account: AccountSession, owner: TaskOwner) -> None:
        self._commands = commands
        self._account = account
        self._owner = owner.child("trading terms")
        self._answers: dict[Symbol, TermsAnswer] = {}
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    def answer(self, symbol: Symbol) -> TermsAnswer | None:
        """How the last change went; None when nothing was asked for."""
        return self._answers.get(symbol)

    def is_busy(self, symbol: Symbol) -> bool:
        """Whether a change of a contract is under way."""
        answer = self._answers.get(symbol)
        return answer is not None and answer.ok is None

    def forget(self, symbol: Symbol) -> None:
        """The answer was read."""
        if not self.is_busy(symbol):
            self._answers.pop(symbol, None)

    def set_mode(self, contract: Contract, mode: MarginMode) -> None:
        """Choose the margin mode; the exchange wants neither position nor orders then."""
        symbol = contract.symbol
        if self.is_busy(symbol):
            return
        if mode is self._account.margin_mode(symbol):
            self._tell(symbol, TermsAnswer(ok=True, sentence=f"It is {mode.value} already."))
            return
        asking = self._commands.set_margin_mode(symbol, mode)
        self._begin(symbol, asking, f"The margin mode of {symbol} is {mode.value} now.")

    def set_leverage(self, contract: Contract, leverage: Decimal) -> None:
        """Choose the leverage of the contract's next orders, in cross mode of its position too."""
        symbol = contract.symbol
        if self.is_busy(symbol):
            return
        problem = self.problem(contract, leverage)
        mode = self._account.margin_mode(symbol)
        if problem or mode is None:
            words = problem or "The margin mode is not known yet."
            self._tell(symbol, TermsAnswer(ok=False, sentence=words))
        elif mode is MarginMode.CROSS:
            asking = self._commands.set_cross_leverage(symbol, leverage)
            words = f"The cross leverage of {symbol} is {plain(leverage)}x now."
            self._begin(symbol, asking, words)
        else:
            self._account.choose_leverage(symbol, leverage)
            words = f"The next orders of {symbol} are sent with {plain(leverage)}x."
            self._tell(symbol, TermsAnswer(ok=True, sentence=words))

    @staticmethod
    def problem(contract: Contract, leverage: Decimal) -> str:
        """Why a leverage cannot be chosen; empty when it can. Whole numbers only (3.3)."""
        if leverage != int(leverage) or not 1 <= leverage <= contract.max_leverage:
            return f"A whole number from 1 to {contract.max_leverage}."
        return ""

    def _begin(self, symbol: Symbol, asking: Awaitable[Outcome], done: str) -> None:
        self._tell(symbol, TermsAnswer(ok=None, sentence="Asking the exchange."))
        self._owner.spawn(f"terms of {symbol}", self._ask(symbol, asking, done))

    async def _ask(self, symbol: Symbol, asking: Awaitable[Outcome], done: str) -> None:
        answer = TermsAnswer(ok=False, sentence="Something went wrong inside the program.")
        try:
            answer = answer_of(await asking, done)
        finally:
            self._answers[symbol] = answer
            self._account.read_modes_again(symbol)  # the exchange's word, not ours
            self.on_changed.notify()

    def _tell(self, symbol: Symbol, answer: TermsAnswer) -> None:
        self._answers[symbol] = answer
        self.on_changed.notify()

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()


def answer_of(outcome: Outcome, done: str) -> TermsAnswer:
    """How a change ended, in one sentence; ``done`` is that of one that was accepted."""
    if isinstance(outcome, Accepted):
        return TermsAnswer(ok=True, sentence=done)
    if isinstance(outcome, Rejected):
        words = f"{outcome.sentence} {outcome.remedy}".rstrip()
        if outcome.code == _IN_USE:
            return TermsAnswer(ok=False, sentence=f"Not changed. {IN_USE}")
        told = outcome.exchange_text
        told = f" {in_their_words(told)}" if adds_words(words, told) else ""
        return TermsAnswer(ok=False, sentence=f"Not changed. {words}{told}")
    if isinstance(outcome, NotSent):
        return TermsAnswer(ok=False, sentence=f"Not changed. {outcome.sentence}")
    words = f"{outcome.sentence} What holds now is being read.".lstrip()
    return TermsAnswer(ok=False, sentence=words)
