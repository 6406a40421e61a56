"""When a command passed each point of its way out and back, for whoever asked to know.

Whoever sends puts a ``Stamps`` into the context with ``stamping``; the clients below fill it in as
they go, and cost nothing when nobody asked. Source of the exchange's own times: API reference 6.3.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Generator


@final
@dataclass(slots=True)
class Stamps:
    """Monotonic seconds of our clock; ``gateway_in_ms`` and ``gateway_out_ms`` are the exchange's.

    None is a point that this way does not have, or that was not reached: requests over the order
    socket are not signed one by one, and REST does not tell when the gateway had them. The
    exchange's two times come from clocks that may differ by a millisecond: their difference can be
    below zero.
    """

    signed_s: float | None = None
    sent_s: float | None = None
    gateway_in_ms: int | None = None
    gateway_out_ms: int | None = None
    replied_s: float | None = None


_current: ContextVar[Stamps | None] = ContextVar("stamps", default=None)


def current_stamps() -> Stamps | None:
    """The stamps of the command under way in this task, None when nobody asked."""
    return _current.get()


@contextmanager
def stamping(stamps: Stamps) -> Generator[None]:
    """Let the commands that are sent inside fill in ``stamps``; the last one prevails."""
    token = _current.set(stamps)
    try:
        yield
    finally:
        _current.reset(token)
