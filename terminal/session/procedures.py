"""What procedures of many steps have in common: how they write themselves down, and how they speak.

The journal gets the beginning, each step by its name, and the end. A procedure that the end of the
program cut off has no end there: that is what the next start tells the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.events import MarginMode
from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import NO_DETAIL
from terminal.domain.order import submitting
from terminal.domain.ticket import close_ticket
from terminal.domain.units import ClientOid

if TYPE_CHECKING:
    from terminal.domain.intention import Detail, Purpose
    from terminal.domain.units import Symbol
    from terminal.session.desk import Desk


@final
class Recorded:
    """One procedure under way, as the journal and the user are told of it.

    ``wanted`` is the sentence that says what it is for; it must make sense after a restart.
    """

    def __init__(
        self, desk: Desk, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail = NO_DETAIL
    ) -> None:
        self._desk = desk
        self._symbol = symbol
        self.procedure_id = desk.journal.begin(kind, symbol, wanted, detail)
        desk.latency.begun(self.procedure_id)

    def step(self, name: str, detail: Detail = NO_DETAIL) -> None:
        """A step begins: written before anything of it is sent."""
        self._desk.journal.step(self.procedure_id, name, detail)

    def unwritten(self) -> Block | None:
        """What keeps a procedure that ends by opening from beginning: it could not be written.

        Without the journal the opening order would be refused, after the first steps were done.
        """
        problem = self._desk.journal.problem
        if not problem:
            return None
        self.end("Not begun: it could not be written down.")
        return Block(BlockField.JOURNAL, problem)

    def close(self, sentence: str, *, ok: bool) -> None:
        """The procedure has ended: it is written and told."""
        self.end(sentence)
        say(self._desk, self._symbol, sentence, ok=ok)

    def break_off(self, name: str, error: BaseException) -> str:
        """An error of our own ended it in the middle: report that, and end it with a sentence.

        Left open it would be told at the next start as cut off by the end of the program. What the
        user has to be told is returned.
        """
        self._desk.report(name, error)
        where = f"{self._symbol}: " if self._symbol else ""
        sentence = (
            f"{where}an error inside the program broke this off ({name}): look at the orders and "
            "the position."
        )
        self.end(sentence)
        return sentence

    def end(self, sentence: str) -> None:
        """The procedure has ended, and what there is to tell was told."""
        self._desk.journal.end(self.procedure_id, sentence)


def say(desk: Desk, symbol: Symbol, sentence: str, *, ok: bool) -> None:
    """Say how a command about a contract ended: to its ladder and to the event log."""
    newest = next((o for o in reversed(desk.orders.values()) if o.symbol == symbol), None)
    nothing = submitting(close_ticket(symbol, MarginMode.ISOLATED), ClientOid(""))
    desk.tell_about(newest or nothing, sentence, ok=ok)
