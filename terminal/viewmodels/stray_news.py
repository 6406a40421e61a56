"""Refusals that no panel in sight has told: their ladder was closed, hidden, or shows another one.

Every refusal stands in the event log, but nobody reads a log while he trades: what was asked for in
one place is told there, and what has no place any more is told where everybody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.session.results import BatchResult, OrderResult
from terminal.viewmodels.asked_about import is_asked_about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from terminal.domain.units import ClientOid
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.base import Removable

    Result: TypeAlias = OrderResult | BatchResult


class Teller(Protocol):
    """A panel that tells how commands ended."""

    def tells(self, result: Result) -> bool:
        """Whether it has told this one, in sight of the user."""
        ...


@final
class _News(NamedTuple):
    """One sentence; ``is_asked`` while it says that the exchange is asked what became of it."""

    words: str
    order: ClientOid | None
    is_asked: bool


@final
class StrayNews:
    """What went wrong and nobody told, until it is dropped. ``tellers`` are asked each time.

    Of one order only the newest word holds; that its end is not known, only until it is.
    """

    def __init__(self, desk: OrderDesk, tellers: Callable[[], Iterable[Teller]]) -> None:
        self._desk = desk
        self._tellers = tellers
        self._kept: list[_News] = []
        self._changed: Callable[[], None] = _nothing

    def listen(self, changed: Callable[[], None]) -> tuple[Removable, ...]:
        """Listen from now on; the handles end it. ``changed`` is called for each that is kept."""
        self._changed = changed
        return (self._desk.on_outcome.add(self._take), self._desk.on_batch.add(self._take))

    @property
    def words(self) -> str:
        """What to show; empty for nothing."""
        kept = self._kept = [one for one in self._kept if not self._is_answered(one)]
        if not kept:
            return ""
        return f"{len(kept)} warnings: {kept[-1].words}" if len(kept) > 1 else kept[0].words

    def drop(self, read: str) -> None:
        """These words were read; what has come since stays."""
        if read == self.words:
            self._kept = []
        self._changed()

    def _take(self, result: Result) -> None:
        order = result.order if isinstance(result, OrderResult) else None
        symbol = result.symbol if isinstance(result, BatchResult) else result.order.symbol
        before = self._kept
        if order is not None:
            self._kept = [one for one in before if one.order != order.client_oid]
        if not result.ok and not any(one.tells(result) for one in self._tellers()):
            is_named = symbol is None or str(symbol) in result.sentence
            words = result.sentence if is_named else f"{symbol}: {result.sentence}"
            oid = None if order is None else order.client_oid
            self._kept = [*self._kept, _News(words, oid, is_asked=is_asked_about(order))]
        if self._kept != before:
            self._changed()

    def _is_answered(self, one: _News) -> bool:
        """Whether it is known by now what was asked for; nothing else is told of a good end."""
        if one.order is None or not one.is_asked:
            return False
        return not is_asked_about(self._desk.orders.get(one.order))


def _nothing() -> None:
    return None
