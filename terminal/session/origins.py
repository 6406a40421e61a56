"""Which surface asked for a command: an answer is told where it was asked, and to nobody else.

Whoever takes a gesture puts itself into the context with ``asked_by``. Tasks that are begun inside
keep it, so that what a procedure sends later knows it as well.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Generator

    from terminal.domain.units import ClientOid

KEPT = 2000


@final
class Surface:
    """One place where a hand acts: a ladder, or the ticket. Each is only itself."""

    __slots__ = ()


_asking: ContextVar[Surface | None] = ContextVar("surface", default=None)


def asking() -> Surface | None:
    """Who asks for what is done now; None where no surface does, as on the stream's word."""
    return _asking.get()


@contextmanager
def asked_by(surface: Surface | None) -> Generator[None]:
    """What is asked for inside, and in tasks that begin inside, comes from a surface."""
    token = _asking.set(surface)
    try:
        yield
    finally:
        _asking.reset(token)


@final
class Origins:
    """Who asked for something about an order last; the newest ``KEPT`` orders are known."""

    def __init__(self) -> None:
        self._surfaces: dict[ClientOid, Surface] = {}

    def note(self, client_oid: ClientOid) -> None:
        """Something is asked for about an order now."""
        surface = asking()
        if surface is None:
            return
        self._surfaces.pop(client_oid, None)
        self._surfaces[client_oid] = surface
        if len(self._surfaces) > KEPT:
            del self._surfaces[next(iter(self._surfaces))]

    def of(self, client_oid: ClientOid) -> Surface | None:
        """Who asked about an order last, or else who asks now."""
        return self._surfaces.get(client_oid) or asking()
