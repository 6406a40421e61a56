"""Whether a session's state may be believed, and for how long it has not been."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock

TELL_INTERVAL_S = 1.0


@final
class Trust:
    """Trust is given when everything was read, and lost with the connection.

    ``on_age`` is called about once a second while it is missing, because its age is shown, and when
    it is given back.
    """

    def __init__(self, clock: Clock, on_age: Callable[[], None]) -> None:
        self._clock = clock
        self._on_age = on_age
        self._missing_since_s: float | None = clock.monotonic_s()
        self.is_absent = False

    @property
    def is_given(self) -> bool:
        """True while the state may be believed."""
        return self._missing_since_s is None

    @property
    def missing_for_s(self) -> float | None:
        """How long trust has been missing, None while it is given or there is nothing to trust."""
        if self._missing_since_s is None or self.is_absent:
            return None
        return self._clock.monotonic_s() - self._missing_since_s

    def say_absent(self) -> None:
        """There is no account: nothing will ever be read, and nothing is out of date."""
        self.is_absent = True

    def give(self) -> None:
        """Everything was read."""
        self._missing_since_s = None
        self._on_age()

    def take_away(self) -> None:
        """Something may have been missed; the age counts from the first time."""
        if self._missing_since_s is None:
            self._missing_since_s = self._clock.monotonic_s()

    async def watch(self) -> None:
        """Tell the age while trust is missing; runs until it is cancelled."""
        while True:
            await self._clock.sleep(TELL_INTERVAL_S)
            if not self.is_given:
                self._on_age()
