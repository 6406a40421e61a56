"""On only while everything is green, off by itself, and never beyond what reduces without it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.exchange.permit import Permit
from terminal.session.conditions import Condition, Light
from terminal.session.live_switch import LOOK_S, LiveSwitch
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.session.conditions import Check


class Panel:
    """A switch with conditions that the test sets."""

    def __init__(self, names: tuple[str, ...] = ("Key", "Clock")) -> None:
        self.lights = dict.fromkeys(names, Light.GREEN)
        self.clock = FakeClock()
        self.errors: list[str] = []
        owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.notices = NoticeBoard(self.clock)
        self.permit = Permit(Access.WATCH_ONLY, Access.FULL)
        checks = [self._check(name) for name in names]
        self.switch = LiveSwitch(self.permit, checks, self.clock, owner, self.notices)

    def _check(self, name: str) -> Check:
        return lambda: Condition(name, self.lights[name], f"{name} is {self.lights[name].value}.")

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices.notices]


def test_it_is_off_at_first_and_sends_nothing() -> None:
    panel = Panel()
    assert panel.switch.access is Access.WATCH_ONLY
    assert not panel.switch.is_on


@pytest.mark.parametrize(("key", "clock"), list(product(Light, Light)))
def test_it_goes_on_only_when_all_are_green(key: Light, clock: Light) -> None:
    """Not known yet is not green."""
    panel = Panel()
    panel.lights.update(Key=key, Clock=clock)
    why = panel.switch.turn_on()
    is_green = key is clock is Light.GREEN
    assert panel.switch.is_on is is_green
    assert (why == "") is is_green
    if not is_green:
        name = "Key" if key is not Light.GREEN else "Clock"
        assert why == f"Not switched on. {name}: {name} is {panel.lights[name].value}."
        assert panel.switch.access is Access.WATCH_ONLY


@pytest.mark.parametrize("light", [Light.WAITING, Light.RED])
@pytest.mark.parametrize("name", ["Key", "Clock"])
async def test_it_goes_off_by_itself(name: str, light: Light) -> None:
    """Within half a second, with the reason; reducing stays; it never comes back by itself."""
    panel = Panel()
    panel.switch.start()
    assert panel.switch.turn_on() == ""
    await panel.clock.advance(LOOK_S * 3)
    assert panel.switch.is_on
    panel.lights[name] = light
    await panel.clock.advance(LOOK_S)
    assert panel.switch.access is Access.REDUCING
    assert panel.said[-1].startswith(f"Live trading went off: {name}: {name} is {light.value}.")
    panel.lights[name] = Light.GREEN
    await panel.clock.advance(60.0)
    assert panel.switch.access is Access.REDUCING
    await panel.switch.stop()


async def test_a_condition_that_fails_is_not_green() -> None:
    """It is reported, and the switch goes off."""
    panel = Panel()
    assert panel.switch.turn_on() == ""

    def broken() -> Condition:
        raise ZeroDivisionError("ours")

    panel.switch.add_check(broken)
    assert panel.switch.access is Access.REDUCING
    assert panel.switch.turn_on() == "Not switched on. a condition could not be looked at."
    assert len(panel.errors) == 2


async def test_by_hand() -> None:
    """Allowed, on, off, watched only; every change is told once."""
    panel = Panel()
    told: list[Access] = []
    panel.switch.on_changed.add(lambda: told.append(panel.switch.access))
    panel.switch.allow()
    panel.switch.allow()
    panel.switch.turn_on()
    panel.switch.turn_on()
    panel.switch.allow()
    panel.switch.turn_off()
    panel.switch.turn_off()
    panel.switch.watch_only()
    panel.switch.watch_only()
    assert told == [Access.REDUCING, Access.FULL, Access.REDUCING, Access.WATCH_ONLY]
    assert panel.said == [
        "Live trading is on: orders are sent with real money.",
        "Live trading is off. Cancels and orders that reduce are still sent.",
        "This account is only watched now: nothing is sent.",
    ]


async def test_stopping_leaves_nothing_open() -> None:
    """A session that ends sends no opening order behind its end."""
    panel = Panel()
    panel.switch.start()
    panel.switch.turn_on()
    await panel.switch.stop()
    assert panel.switch.access is Access.REDUCING
