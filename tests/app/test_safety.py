"""What is known of a place before it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.app.choice import Choice, Mode
from terminal.app.safety import safety_of
from terminal.domain.access import StopRecord
from terminal.domain.account_facts import StopsFate
from terminal.domain.clock import TimestampMs
from terminal.simexchange.switches import Switches
from terminal.storage.settings import Settings
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

DEMO = Choice(Mode.DEMO)
LIVE = Choice(Mode.ACCOUNT, name="Main")


def test_the_demo_knows_what_its_own_exchange_does(tmp_path: Path) -> None:
    """What the program believes of its own child is what that child does."""
    terms = safety_of(DEMO, Settings(), tmp_path, FakeClock()).fuse
    assert terms.stops.value == Switches().dcp_stops


def test_elsewhere_only_what_the_user_has_seen_is_known(tmp_path: Path) -> None:
    clock = FakeClock()
    assert safety_of(LIVE, Settings(), tmp_path, clock).fuse.stops is StopsFate.UNKNOWN
    seen = Settings(fuse_stops=StopsFate.CANCELED, fuse_timeout_s=9)
    terms = safety_of(LIVE, seen, tmp_path, clock).fuse
    assert (terms.stops, terms.timeout_s) == (StopsFate.CANCELED, 9)


def test_a_stop_is_kept_for_its_place(tmp_path: Path) -> None:
    clock = FakeClock()
    record = StopRecord(TimestampMs(5))
    safety_of(LIVE, Settings(), tmp_path, clock).memory.keep(record)
    assert safety_of(LIVE, Settings(), tmp_path, clock).memory.load() == record
    assert safety_of(DEMO, Settings(), tmp_path, clock).memory.load() is None


def test_a_tour_neither_keeps_nor_finds_anything(tmp_path: Path) -> None:
    clock = FakeClock()
    safety_of(DEMO, Settings(), tmp_path, clock).memory.keep(StopRecord(TimestampMs(5)))
    safety = safety_of(DEMO, Settings(fuse_at_start=True), None, clock)
    assert safety.memory.load() is None
    assert not safety.fuse.at_start
    safety.memory.keep(StopRecord(TimestampMs(6)))
    kept = safety_of(DEMO, Settings(), tmp_path, clock).memory.load()
    assert kept is not None
    assert kept.since == 5
