"""Protection in words: the banner, the table's column, and the two presses that mend."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import StopDirection, StopReference
from terminal.domain.protection import ProtectionSettings, ProtectionState
from terminal.domain.ticket import AttachedExits
from terminal.domain.triggers import References
from terminal.domain.units import ExactPrice, Lots, Price
from terminal.viewmodels import text
from terminal.viewmodels.protection import (
    DIES_WITH_APP,
    exits_words,
    kept_words,
    order_words,
    state_role,
    ticket_words,
    trigger_arrow,
)
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, a_contract, a_ticket, an_order_update
from tests.support.desktop import OTHER
from tests.support.guarded import a_stop_update
from tests.support.protected import Protected

if TYPE_CHECKING:
    from terminal.viewmodels.positions import PositionRow

pytestmark = pytest.mark.usefixtures("qapp")
CONTRACT = a_contract()


def row(protected: Protected) -> PositionRow:
    (found,) = protected.positions.model.rows
    return found


@pytest.mark.parametrize(
    ("stops", "word", "role"),
    [
        ((), "Naked", Role.DANGER),
        ((a_stop_update("s1", 1),), "Covered 1 of 2", Role.DANGER),
        ((a_stop_update("s1", 2),), "Protected", Role.TEXT),
        ((a_stop_update("s1", 3),), "Over-covered", Role.CAUTION),
        ((a_stop_update("s1", 2, stop_direction=None),), "Unknown", Role.CAUTION),
    ],
)
async def test_the_table_says_the_state_of_each_position(
    stops: tuple[object, ...], word: str, role: Role
) -> None:
    protected = await Protected().start(2, *stops)  # type: ignore[arg-type]  # made of updates
    assert (row(protected).protection, row(protected).protection_role) == (word, role)
    await protected.stop()


def test_after_a_reverse_the_line_says_how_far_away_its_stop_would_be() -> None:
    naked = ProtectionState.NAKED
    space = text.THIN_SPACE
    words = f"Protect proposes a stop 1{space}200 ticks away, as before the reverse."
    assert kept_words(1200, naked) == words
    assert kept_words(None, naked) == kept_words(1200, ProtectionState.PROTECTED) == ""


def test_every_state_has_a_colour() -> None:
    assert {state_role(state) for state in ProtectionState} >= {Role.DANGER, Role.CAUTION}


async def test_the_tooltip_names_every_order_with_its_condition_age_and_source() -> None:
    up = StopDirection.UP
    protected = await Protected().start(
        2,
        a_stop_update("s1", 1),
        a_stop_update("tp", 1, stop_direction=up, trigger=Price(1100)),
        a_stop_update("weak", 1, price=Price(940), order_type=a_ticket().order_type),
    )
    lines = row(protected).protection_tip.splitlines()
    assert lines[0].startswith("Covered 1 of 2 for ")
    assert lines[0].endswith("told by the exchange.")
    assert "Stop: sell 1 if mark falls to 95.0." in lines
    assert "Target: sell 1 if mark rises to 110.0." in lines
    assert any(line.startswith("No protection: sell 1") for line in lines)
    await protected.stop()


async def test_one_press_shows_the_exact_order_and_the_second_sends_it() -> None:
    protected = await Protected().start(2)
    assert protected.vm.view.is_loud
    assert protected.vm.view.words.startswith("NAKED")
    assert (protected.vm.view.button, protected.vm.view.can_press) == ("Protect", True)
    protected.vm.press()
    await protected.settle()
    assert protected.sent == []
    assert protected.vm.view.words == (
        "Sell 2 at market, reduce-only, if mark falls to 96.0. Press again to send, Esc drops."
    )
    assert protected.vm.view.button == "Send"
    protected.vm.press()
    await protected.settle()
    assert protected.sent == [("sell", 2, 960)]
    assert protected.vm.view.words == "Done: 1 stop waits."
    assert row(protected).protection == "Protected"
    assert not protected.vm.view.can_press
    await protected.stop()


async def test_what_changed_in_between_is_shown_instead_and_needs_its_own_press() -> None:
    protected = await Protected().start(2)
    protected.vm.press()
    gateway = protected.desktop.bench.gateway
    gateway.held = tuple(replace(position, lots=Lots(5)) for position in gateway.held)
    protected.vm.press()
    await protected.settle()
    assert protected.sent == []
    assert protected.vm.staged is not None
    assert protected.vm.view.words.startswith("Sell 5 at market")
    protected.vm.press()
    await protected.settle()
    assert protected.sent == [("sell", 5, 960)]
    await protected.stop()


async def test_what_is_staged_can_be_dropped_and_goes_with_the_contract() -> None:
    protected = await Protected().start(2)
    protected.vm.press()
    assert protected.vm.drop()
    assert not protected.vm.drop()
    protected.vm.press()
    assert protected.desktop.workspace.choose(OTHER)
    protected.vm.press()
    await protected.settle()
    assert protected.sent == []
    assert protected.vm.view.words == "Nothing to mend."
    await protected.stop()


async def test_a_silenced_contract_is_not_loud_and_is_said_all_the_same() -> None:
    protected = await Protected().start(2)
    protected.guarded.settings = ProtectionSettings(quiet=frozenset({XBT}))
    protected.vm.mark_dirty()
    await protected.settle()
    assert not protected.vm.view.is_loud
    assert protected.vm.view.words.startswith("NAKED")
    assert row(protected).protection == "Naked"
    await protected.stop()


async def test_a_gap_between_last_and_mark_is_warned_of() -> None:
    protected = await Protected().start(2, a_stop_update())
    protected.guarded.now = References(Price(1200), ExactPrice(Decimal(100)))
    protected.vm.mark_dirty()
    await protected.settle()
    assert "Last is 200 ticks above mark" in protected.vm.view.words
    await protected.stop()


async def test_without_a_position_the_banner_is_silent() -> None:
    protected = await Protected().start()
    assert protected.vm.view.words == ""
    assert not protected.vm.view.can_press
    await protected.stop()


async def test_an_orphan_is_canceled_with_two_presses() -> None:
    protected = await Protected().start(0, a_stop_update())
    assert protected.vm.view.words.startswith("A stop waits that closes nothing")
    protected.vm.press()
    await protected.settle()
    assert protected.vm.view.words.startswith("Cancel: sell 2 if mark falls to 95.0.")
    protected.vm.press()
    await protected.settle()
    assert protected.desktop.bench.trading.cancels == ["s1"]
    await protected.stop()


async def test_what_the_app_holds_says_so_in_banner_and_table() -> None:
    protected = await Protected().start(2, a_stop_update())
    protected.hand.hold_trailing()
    await protected.settle()
    assert DIES_WITH_APP in protected.vm.view.words
    assert row(protected).protection == "Protected, held"
    assert DIES_WITH_APP in row(protected).protection_tip
    protected.hand.release()
    await protected.settle()
    assert DIES_WITH_APP not in protected.vm.view.words
    await protected.stop()


def test_words_of_tickets_orders_and_exits() -> None:
    assert ticket_words(a_ticket(), CONTRACT) == "Buy 2 at 100.0"
    exits = AttachedExits(StopReference.LAST, Price(1100), Price(900))
    assert exits_words(exits, CONTRACT) == "exits if last falls to 90.0 or if last rises to 110.0"
    assert trigger_arrow(StopDirection.UP) != trigger_arrow(StopDirection.DOWN)
    assert trigger_arrow(None) == ""


async def test_an_order_whose_trigger_is_not_known_says_so() -> None:
    protected = await Protected().start(2, a_stop_update("s1", trigger=None))
    (order,) = protected.desktop.desk.working(XBT)
    assert order_words(order, CONTRACT) == "sell 2, trigger not known"
    assert "order of" in order_words(replace(order, side=None), CONTRACT)
    protected.desktop.bench.stream.push(an_order_update())
    await protected.stop()


async def test_what_was_said_of_one_situation_is_not_said_of_the_next() -> None:
    """A refusal of a press is no word on a position that has changed since, or is gone."""
    protected = await Protected().start(2, a_stop_update("s1", 2))
    protected.vm.press()
    await protected.settle()
    said = protected.vm.view.words
    assert said
    protected.guarded.bench.stream.push(
        a_stop_update("s1", 2, is_done=True, canceled=Lots(2), untriggered=False)
    )
    await protected.settle()
    assert protected.vm.view.words.startswith("NAKED")
    assert protected.vm.view.words != said
    await protected.stop()


async def test_an_alarm_below_the_rows_goes_once_the_position_is_protected() -> None:
    protected = await Protected().start(2)
    trading = protected.desktop.ladder.trading
    trading.say("Not placed: the stop would fire now.", Role.DANGER)
    protected.vm.press()
    protected.vm.press()
    await protected.settle()
    assert row(protected).protection == "Protected"
    assert trading.message is None
    await protected.stop()
