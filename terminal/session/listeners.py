"""Typed listener lists: the Qt-free signal of the session storey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, ParamSpec, final

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


@final
class Handle:
    """Ends what made it. Removing twice is fine."""

    __slots__ = ("_remove",)

    def __init__(self, remove: Callable[[], None]) -> None:
        self._remove: Callable[[], None] | None = remove

    def remove(self) -> None:
        """Stop listening."""
        remove, self._remove = self._remove, None
        if remove is not None:
            remove()


@final
class Listeners(Generic[P]):
    """Callables that are told, in the order they were added.

    Listeners may be added and removed while being told: who is removed is not told any more, who is
    added is told from the next time on. If one raises, the others are still told; the error goes to
    ``on_error``, or, without it, the first one is raised at the end. What must never be interrupted
    by who listens to it takes ``on_error``.
    """

    __slots__ = ("_added", "_next", "_on_error", "_told")

    def __init__(self, on_error: Callable[[Exception], None] | None = None) -> None:
        self._on_error = on_error
        self._added: dict[int, Callable[P, object]] = {}
        self._told: tuple[tuple[int, Callable[P, object]], ...] = ()
        self._next = 0

    def __len__(self) -> int:
        return len(self._added)

    def add(self, listener: Callable[P, object]) -> Handle:
        """Begin to tell a listener."""
        number = self._next
        self._next += 1
        self._added[number] = listener
        self._told = tuple(self._added.items())

        def remove() -> None:
            self._added.pop(number, None)
            self._told = tuple(self._added.items())

        return Handle(remove)

    def notify(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell all."""
        first: Exception | None = None
        for number, listener in self._told:
            if number not in self._added:
                continue
            try:
                listener(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - reported, or raised after all were told
                if self._on_error is not None:
                    self._on_error(error)
                else:
                    first = first or error
        if first is not None:
            raise first
