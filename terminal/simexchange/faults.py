"""Scripted misbehavior: what a test or a curious user can ask the exchange to get wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from terminal.simexchange.errors import Refused

_LOST = {"place": "answers_lost", "cancel": "cancels_lost", "transfer": "transfers_lost"}


@final
@dataclass(slots=True)
class Faults:
    """Counters and switches; a counter is used up by one each time it takes effect.

    ``answers_lost`` orders are accepted and their answer never comes; ``transfers_lost`` does the
    same to transfers. ``server_errors`` requests of any kind are answered 500 before they are
    looked at. ``level2_skipped`` frames are left out, ``level2_doubled`` are sent twice.
    ``refuses_streams`` refuses new streams, ``withholds_pongs`` keeps quiet. ``answer_delay_s``
    holds back the answers to orders, cancels and transfers. ``mark_is_silent`` stops the mark
    price.
    """

    answers_lost: int = 0
    cancels_lost: int = 0
    transfers_lost: int = 0
    server_errors: int = 0
    overloads: int = 0
    level2_skipped: int = 0
    level2_doubled: int = 0
    refuses_streams: bool = False
    withholds_pongs: bool = False
    mark_is_silent: bool = False
    answer_delay_s: float = 0.0
    rejects: list[tuple[str, str]] = field(default_factory=list)

    def use(self, name: str) -> bool:
        """True, and one less, when the counter of that name is above zero."""
        left: int = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True

    def check_gate(self) -> None:
        """What goes wrong before a request is looked at. Raises ``Refused``."""
        if self.use("server_errors"):
            raise Refused("500000", "Internal Server Error", 500)
        if self.use("overloads"):
            raise Refused("429000", "Too many requests in a short period of time", 429)

    def check_command(self, kind: str) -> None:
        """What is refused instead of being done. ``kind`` as in ``Route.fault``."""
        if kind == "place" and self.rejects:
            code, text = self.rejects.pop(0)
            raise Refused(code, text)

    def fate(self, kind: str) -> tuple[float, bool]:
        """The answer of a command that was done: how late it is, and whether it is lost."""
        lost = _LOST.get(kind)
        if lost is None:
            return 0.0, False
        return self.answer_delay_s, self.use(lost)

    def frames(self, topic: str, text: str) -> tuple[str, ...]:
        """What is sent instead of a frame of a topic: itself, unless something goes wrong."""
        if not topic.startswith("/contractMarket/level2:"):
            return (text,)
        if self.use("level2_skipped"):
            return ()
        return (text, text) if self.use("level2_doubled") else (text,)
