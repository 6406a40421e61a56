"""Every kind of fault, over real sockets: what is seen, how soon it is over, nothing is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.faults import COUNT, FrameRule, kind_of
from tests.faults.rows import ROWS
from tests.support.quick_time import run_quickly, until
from tests.support.recoveries import Recovery, note
from tests.support.rig import Rig

if TYPE_CHECKING:
    from tests.faults.rows import Row
    from tests.support.quick_time import QuickClock


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_client_survives(row: Row, request: pytest.FixtureRequest) -> None:
    """The user is told the truth meanwhile, and at the end both sides are equal."""

    async def live_through(clock: QuickClock) -> None:
        rig = Rig(clock, has_socket=row.has_socket)
        try:
            recovery_s = await _through(rig, row)
        finally:
            rig.faults.clear()
            rig.tamper.clear()
            await rig.stop()
        found = Recovery(row.name, recovery_s, row.within_s, rig.outage_s, rig.believed_s)
        note(request.config, found)

    run_quickly(live_through)


async def _through(rig: Rig, row: Row) -> float:
    if row.is_from_start:
        _begin(rig, row)
    await rig.start()
    if not row.is_from_start:
        await rig.open()
        await rig.prepare()
        rig.forget()
        _begin(rig, row)
    began_s = rig.now_s
    await row.act(rig)
    if row.is_from_start:
        await rig.open()
        recovery_s = rig.now_s - began_s
    else:
        if row.lasts_s is not None:
            await asyncio.sleep(row.lasts_s)
            began_s = rig.now_s
        await until(lambda: _is_met(rig, row), "the fault", 60.0)
        if row.lasts_s is not None:
            rig.faults.clear()
            rig.tamper.clear()
        await _whole(rig, row)
        recovery_s = rig.now_s - began_s
    assert recovery_s < row.within_s
    _assert_told(rig, row)
    assert row.is_lied_to or not rig.lies, rig.lies
    assert not rig.told_twice_or_never()
    assert rig.believed_s <= row.believes_s
    # Whole is not enough: it stays so.
    await asyncio.sleep(3.0)
    await _whole(rig, row)
    return recovery_s


def _begin(rig: Rig, row: Row) -> None:
    if callable(row.begin):
        row.begin(rig)
    else:
        rig.faults.set_all(row.begin)


def _is_met(rig: Rig, row: Row) -> bool:
    """What was to go wrong did."""
    if callable(row.begin):
        return not rig.tamper.is_used or bool(rig.tamper.applied)
    for name, value in row.begin.items():
        left = getattr(rig.faults, name)
        if kind_of(name) == COUNT and left >= value:
            return False
        if isinstance(left, FrameRule) and left.left:
            return False
    return True


async def _whole(rig: Rig, row: Row) -> None:
    try:
        await until(rig.is_whole, "equality", row.within_s)
    except AssertionError:
        state = (rig.market.staleness(), rig.desk.is_trusted, rig.account.is_trusted)
        raise AssertionError(f"{state} {rig.apart()} after {rig.said}") from None


def _assert_told(rig: Rig, row: Row) -> None:
    seen = "\n".join((*rig.said, *rig.stale))
    for words in row.sees:
        assert words in seen, f"{words!r} is not in:\n{seen}"
    is_stale, is_doubted = row.is_lost or row.is_stale, row.is_lost or row.is_doubted
    if is_stale is not None:
        assert any(rig.stale) is is_stale, rig.stale
    if is_doubted is not None:
        assert rig.was_doubted is is_doubted
