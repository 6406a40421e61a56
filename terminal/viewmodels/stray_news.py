"""Refusals that no panel in sight has told: their ladder was closed, hidden, or shows another one.

Every refusal stands in the event log, but nobody reads a log while he trades: what was asked for in
one place is told there, and what has no place any more is told where everybody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.session.results import OrderResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from terminal.session.orders import OrderDesk
    from terminal.session.results import BatchResult
    from terminal.viewmodels.base import Removable

    Result: TypeAlias = OrderResult | BatchResult


class Teller(Protocol):
    """A panel that tells how commands ended."""

    def tells(self, result: Result) -> bool:
        """Whether it has told this one, in sight of the user."""
        ...


@final
class StrayNews:
    """The newest refusal that nobody told, until it is dropped. ``tellers`` are asked each time."""

    def __init__(self, desk: OrderDesk, tellers: Callable[[], Iterable[Teller]]) -> None:
        self._desk = desk
        self._tellers = tellers
        self._count = 0
        self._newest = ""
        self._changed: Callable[[], None] = _nothing

    def listen(self, changed: Callable[[], None]) -> tuple[Removable, ...]:
        """Listen from now on; the handles end it. ``changed`` is called for each that is kept."""
        self._changed = changed
        return (self._desk.on_outcome.add(self._take), self._desk.on_batch.add(self._take))

    @property
    def words(self) -> str:
        """What to show; empty for nothing."""
        return f"{self._count} refusals: {self._newest}" if self._count > 1 else self._newest

    def drop(self) -> None:
        """It was read."""
        self._count, self._newest = 0, ""
        self._changed()

    def _take(self, result: Result) -> None:
        if result.ok or any(one.tells(result) for one in self._tellers()):
            return
        symbol = result.order.symbol if isinstance(result, OrderResult) else result.symbol
        is_named = symbol is None or str(symbol) in result.sentence
        self._count += 1
        self._newest = result.sentence if is_named else f"{symbol}: {result.sentence}"
        self._changed()


def _nothing() -> None:
    return None
