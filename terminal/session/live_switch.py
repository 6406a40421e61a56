"""Whether an account of a real exchange is traded: off at every start, on by a deliberate act.

It goes on only while every condition is green, and off by itself as soon as one is not. What makes
a position smaller, and cancels, stay possible then: only "watch only" sends nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.access import Access
from terminal.session.conditions import Condition, Light
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from terminal.domain.clock import Clock
    from terminal.exchange.permit import Permit
    from terminal.session.conditions import Check
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

LOOK_S = 0.5
"""Some conditions change without a word, by growing old."""
BROKEN = "This condition could not be looked at."


def _nothing_to_say() -> None:
    """Nothing has to be sent any more."""


Farewell: TypeAlias = "Callable[[], Coroutine[object, object, str]]"
"""Waits until what must still be sent was; answers a sentence when that failed, else nothing."""


@final
class LiveSwitch:
    """Raises and lowers the permit of one account. ``on_changed`` is told of every change.

    Made with a permit that does not allow opening orders yet. More conditions can be added by
    whoever knows one; a condition that raises counts as red. ``farewell`` begins to send what must
    still be sent before nothing is, and gives what waits for it; None when it is nothing.
    """

    def __init__(
        self,
        permit: Permit,
        checks: Iterable[Check],
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
    ) -> None:
        self._permit = permit
        self._checks = list(checks)
        self._clock = clock
        self._owner = owner.child("live")
        self._notices = notices
        self._is_looking = False
        self._is_started = False
        self._is_leaving = False
        self._broken: set[Check] = set()
        self.farewell: Callable[[], Farewell | None] = _nothing_to_say
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    @property
    def access(self) -> Access:
        """How far commands go now."""
        return self._permit.access

    @property
    def is_on(self) -> bool:
        """Whether orders that open are sent."""
        return self._permit.access is Access.FULL

    def add_check(self, check: Check) -> None:
        """One more condition; it counts at once."""
        self._checks.append(check)
        self.look()

    def conditions(self) -> tuple[Condition, ...]:
        """How every condition stands now."""
        return tuple(map(self._look_at, self._checks))

    def _look_at(self, check: Check) -> Condition:
        """A condition that raises is red, and its error is reported once."""
        try:
            condition = check()
        except Exception as error:  # noqa: BLE001 - reported; not knowing is not green
            if check not in self._broken:
                self._broken.add(check)
                self._owner.report("condition", error)
            return Condition("Unknown", Light.RED, BROKEN)
        self._broken.discard(check)
        return condition

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look at the conditions now and then while it is on; ``look`` does it at once."""
        self._is_started = True
        self._look_while_on()

    async def stop(self) -> None:
        """Switch off and wait until nothing runs."""
        await self._owner.close()
        if self.is_on:
            self._permit.change(Access.REDUCING)

    def _look_while_on(self) -> None:
        """Nobody is woken while it is off: there is nothing to switch off then."""
        if self._is_started and self.is_on and not self._is_looking:
            self._is_looking = True
            self._owner.spawn("look", self._run())

    async def _run(self) -> None:
        try:
            while self.is_on:
                await self._clock.sleep(LOOK_S)
                self.look()
        finally:
            self._is_looking = False

    def look(self) -> None:
        """Switch off if a condition is not green any more. Cheap while it is off."""
        if not self.is_on:
            return
        failed = self._failed()
        if failed is not None:
            self._off(f"Live trading went off: {failed}")

    def _failed(self) -> str | None:
        for condition in self.conditions():
            if condition.light is not Light.GREEN:
                return f"{condition.name}: {condition.sentence}"
        return None

    # Acting ----------------------------------------------------------------------------------

    def allow(self) -> None:
        """From now on cancels and orders that reduce are sent; the switch stays off."""
        self._is_leaving = False
        if self.access is Access.WATCH_ONLY:
            self._change(Access.REDUCING)

    def watch_only(self) -> None:
        """Send nothing at all any more, once what must still be sent was."""
        if self.access is Access.WATCH_ONLY or self._is_leaving:
            return
        farewell = self.farewell()
        if farewell is None:
            self._watch()
            return
        self._is_leaving = True
        if self.is_on:
            self._change(Access.REDUCING)
        self._owner.spawn("farewell", self._say_farewell(farewell))

    async def _say_farewell(self, farewell: Farewell) -> None:
        problem = ""
        try:
            problem = await farewell()
        except Exception as error:  # noqa: BLE001 - reported; watching only was asked for
            self._owner.report("farewell", error)
        if self._is_leaving:  # nobody wished otherwise meanwhile
            self._is_leaving = False
            if problem:
                self._say(NoticeLevel.ERROR, problem)
            self._watch()

    def _watch(self) -> None:
        self._change(Access.WATCH_ONLY)
        self._say(NoticeLevel.INFO, "This account is only watched now: nothing is sent.")

    def turn_on(self) -> str:
        """Switch on if every condition is green; returns why not, empty when it is on."""
        if self.is_on:
            return ""
        failed = self._failed()
        if failed is not None:
            return f"Not switched on. {failed}"
        self._is_leaving = False
        self._change(Access.FULL)
        self._say(NoticeLevel.WARNING, "Live trading is on: orders are sent with real money.")
        return ""

    def turn_off(self) -> None:
        """Switch off by hand; cancels and orders that reduce are still sent."""
        if self.is_on:
            self._off("Live trading is off.")

    def _off(self, words: str) -> None:
        self._change(Access.REDUCING)
        self._say(NoticeLevel.WARNING, f"{words} Cancels and orders that reduce are still sent.")

    def _change(self, access: Access) -> None:
        self._permit.change(access)
        self._look_while_on()
        self.on_changed.notify()

    def _say(self, level: NoticeLevel, words: str) -> None:
        self._notices.post(level, "app", words)
