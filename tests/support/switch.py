"""A live switch whose conditions are set by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.exchange.permit import Permit
from terminal.session.conditions import Condition, Light
from terminal.session.live_switch import LiveSwitch
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.session.conditions import Check


@final
class SwitchPanel:
    """The switch, its lights by name, and what was said and reported."""

    def __init__(self, names: tuple[str, ...] = ("Key", "Clock")) -> None:
        self.lights = dict.fromkeys(names, Light.GREEN)
        self.clock = FakeClock()
        self.errors: list[str] = []
        owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.owner = owner
        self.notices = NoticeBoard(self.clock)
        self.permit = Permit(Access.WATCH_ONLY, Access.FULL)
        checks = [self._check(name) for name in names]
        self.switch = LiveSwitch(self.permit, checks, self.clock, owner, self.notices)

    def _check(self, name: str) -> Check:
        return lambda: Condition(name, self.lights[name], f"{name} is {self.lights[name].value}.")

    @property
    def said(self) -> list[str]:
        """What the event log says."""
        return [notice.text for notice in self.notices.notices]
