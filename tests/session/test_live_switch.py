"""On only while everything is green, off by itself, and never beyond what reduces without it."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from terminal.domain.access import Access
from terminal.session.conditions import Condition, Light
from terminal.session.live_switch import LOOK_S
from tests.support.switch import SwitchPanel


def test_it_is_off_at_first_and_sends_nothing() -> None:
    panel = SwitchPanel()
    assert panel.switch.access is Access.WATCH_ONLY
    assert not panel.switch.is_on


@pytest.mark.parametrize(("key", "clock"), list(product(Light, Light)))
def test_it_goes_on_only_when_all_are_green(key: Light, clock: Light) -> None:
    """Not known yet is not green."""
    panel = SwitchPanel()
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
    panel = SwitchPanel()
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
    panel = SwitchPanel()
    assert panel.switch.turn_on() == ""

    def broken() -> Condition:
        raise ZeroDivisionError("ours")

    panel.switch.add_check(broken)
    assert panel.switch.access is Access.REDUCING
    assert (
        panel.switch.turn_on() == "Not switched on. Unknown: This condition could not be looked at."
    )
    assert [one.light for one in panel.switch.conditions()] == [Light.GREEN, Light.GREEN, Light.RED]
    assert len(panel.errors) == 1, "twice a second it is looked at, and told once"


async def test_nobody_is_woken_while_it_is_off() -> None:
    """There is nothing to switch off then; on, it is looked at again."""
    panel = SwitchPanel()
    looks: list[int] = []

    def looked_at() -> Condition:
        looks.append(1)
        return Condition("Looked at", Light.GREEN, "")

    panel.switch.add_check(looked_at)
    panel.switch.start()
    await panel.clock.advance(10.0)
    assert panel.owner.task_names == ()
    for _ in range(2):
        assert panel.switch.turn_on() == ""
        looks.clear()
        await panel.clock.advance(10.0)
        assert len(looks) == 20
        panel.switch.turn_off()
        await panel.clock.advance(LOOK_S)
        assert panel.owner.task_names == ()
    assert len(looks) == 20
    await panel.switch.stop()


async def test_by_hand() -> None:
    """Allowed, on, off, watched only; every change is told once."""
    panel = SwitchPanel()
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
    panel = SwitchPanel()
    panel.switch.start()
    panel.switch.turn_on()
    await panel.switch.stop()
    assert panel.switch.access is Access.REDUCING


def access(panel: SwitchPanel) -> Access:
    return panel.switch.access


async def test_what_must_still_be_sent_is_sent_before_the_account_is_only_watched() -> None:
    """Until then what reduces is sent, and nothing that opens; a second wish changes nothing."""
    panel = SwitchPanel()
    panel.switch.turn_on()
    said = asyncio.Event()

    async def farewell() -> str:
        assert access(panel) is Access.REDUCING
        await said.wait()
        return "The fuse is not out."

    panel.switch.farewell = lambda: farewell
    panel.switch.watch_only()
    panel.switch.watch_only()
    await panel.clock.settle()
    assert access(panel) is Access.REDUCING
    said.set()
    await panel.clock.settle()
    assert access(panel) is Access.WATCH_ONLY
    assert panel.said[-2:] == [
        "The fuse is not out.",
        "This account is only watched now: nothing is sent.",
    ]


@pytest.mark.parametrize("act", ["allow", "turn_on"])
async def test_another_wish_meanwhile_prevails_over_watching_only(act: str) -> None:
    panel = SwitchPanel()
    panel.switch.allow()
    said = asyncio.Event()

    async def farewell() -> str:
        await said.wait()
        return ""

    panel.switch.farewell = lambda: farewell
    panel.switch.watch_only()
    getattr(panel.switch, act)()
    said.set()
    await panel.clock.settle()
    assert access(panel) is (Access.FULL if act == "turn_on" else Access.REDUCING)
    panel.switch.turn_off()
    panel.switch.farewell = lambda: None
    panel.switch.watch_only()
    assert access(panel) is Access.WATCH_ONLY, "with nothing to say it is so at once"
