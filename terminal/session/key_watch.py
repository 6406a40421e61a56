"""Looks at the account's key now and then, because its rights can change while it is in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.exchange.errors import AuthError
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.api_key import ApiKeyFacts
    from terminal.domain.clock import Clock
    from terminal.session.tasks import TaskOwner

INTERVAL_S = 600.0
RETRY_S = 30.0


@final
@dataclass(frozen=True, slots=True)
class KeyState:
    """What is known of the key and since when (monotonic seconds, None before the first answer).

    ``problem`` is a sentence when the exchange refused the key itself. Silence is none: then the
    last facts grow old.
    """

    facts: ApiKeyFacts | None = None
    read_at_s: float | None = None
    problem: str = ""
    remedy: str = ""


@final
class KeyWatch:
    """Asks every ten minutes from ``start`` to ``stop``; after silence every half minute."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[ApiKeyFacts]],
        clock: Clock,
        owner: TaskOwner,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._owner = owner.child("key")
        self.state = KeyState()
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    def start(self) -> None:
        """Begin to ask."""
        self._owner.spawn("look at the key", self._run())

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()

    async def _run(self) -> None:
        while True:
            is_answered = await self._look()
            self.on_changed.notify()
            await self._clock.sleep(INTERVAL_S if is_answered else RETRY_S)

    async def _look(self) -> bool:
        try:
            facts = await self._ask()
        except AuthError as error:
            self.state = KeyState(problem=error.sentence, remedy=error.remedy)
            return False
        except TernError:
            return False
        except Exception as error:  # noqa: BLE001 - reported; the next look must come
            self._owner.report("look at the key", error)
            return False
        self.state = KeyState(facts, self._clock.monotonic_s())
        return True
