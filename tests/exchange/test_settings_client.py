"""Settings: the very bodies of the reference, outcomes that claim nothing, never sent twice."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.account_facts import MarginModes
from terminal.domain.events import MarginMode, PositionMode, PositionSide
from terminal.domain.units import ClientOid
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from terminal.exchange.settings_client import SettingsClient
from tests.support.answers import refusing, saying
from tests.support.builders import XBT
from tests.support.payloads import load

if TYPE_CHECKING:
    from collections.abc import Callable

BIZ = ClientOid("b-1")

CASES: list[tuple[Callable[[SettingsClient], Any], Any, str, Any]] = [
    (
        lambda c: c.set_margin_mode(XBT, MarginMode.ISOLATED),
        load("margin_mode"),
        "/api/v2/position/changeMarginMode",
        {"symbol": XBT, "marginMode": "ISOLATED"},
    ),
    (
        lambda c: c.set_cross_leverage(XBT, Decimal("8.0")),
        load("change_cross_leverage"),
        "/api/v2/changeCrossUserLeverage",
        {"symbol": XBT, "leverage": "8"},
    ),
    (
        lambda c: c.set_position_mode(PositionMode.ONE_WAY),
        load("position_mode"),
        "/api/v2/position/switchPositionMode",
        {"positionMode": "0"},
    ),
    (
        lambda c: c.add_margin(XBT, Decimal("0.5"), BIZ),
        load("position_isolated"),
        "/api/v1/position/margin/deposit-margin",
        {"symbol": XBT, "margin": 0.5, "bizNo": "b-1"},
    ),
    (
        lambda c: c.add_margin(XBT, Decimal("0.5"), BIZ, PositionSide.LONG),
        load("position_isolated"),
        "/api/v1/position/margin/deposit-margin",
        {"symbol": XBT, "margin": 0.5, "bizNo": "b-1", "positionSide": "LONG"},
    ),
    (
        lambda c: c.withdraw_margin(XBT, Decimal("0.10")),
        "0.1",
        "/api/v1/margin/withdrawMargin",
        {"symbol": XBT, "withdrawAmount": "0.1"},
    ),
    (
        lambda c: c.set_auto_deposit(XBT, is_on=True),
        True,
        "/api/v1/position/margin/auto-deposit-status",
        {"symbol": XBT, "status": True},
    ),
    (
        lambda c: c.set_risk_level(XBT, 2),
        True,
        "/api/v1/position/risk-limit-level/change",
        {"symbol": XBT, "level": 2},
    ),
]


@pytest.mark.parametrize(("command", "data", "path", "body"), CASES)
async def test_a_change_is_sent_once_and_its_end_is_an_outcome(
    command: Callable[[SettingsClient], Any], data: Any, path: str, body: Any
) -> None:
    answers = saying(data)
    assert await command(SettingsClient(answers.http)) == Accepted()
    assert (answers.line(), answers.body()) == (f"POST {path}", body)
    refused = refusing("300000")
    assert isinstance(await command(SettingsClient(refused.http)), Rejected)
    lost = refusing("500000", status=500)
    assert isinstance(await command(SettingsClient(lost.http)), Unknown)
    assert len(lost.asked) == 1, "never resent"
    off = saying(data)
    assert await command(SettingsClient(off.http, "Off.")) == NotSent("Off.")
    assert not off.asked
    unread = saying(None)
    assert isinstance(await command(SettingsClient(unread.http)), Unknown)


async def test_an_answer_that_says_something_else_is_no_success() -> None:
    other = SettingsClient(saying(load("margin_mode")).http)
    assert isinstance(await other.set_margin_mode(XBT, MarginMode.CROSS), Unknown)
    mode = SettingsClient(saying(load("position_mode")).http)
    assert isinstance(await mode.set_position_mode(PositionMode.HEDGE), Unknown)
    no = SettingsClient(saying(data=False).http)
    assert isinstance(await no.set_risk_level(XBT, 2), Rejected)


async def test_many_margin_modes_each_end_by_themselves() -> None:
    changed = await SettingsClient(saying(load("margin_modes")).http).set_margin_modes(
        (XBT,), MarginMode.CROSS
    )
    assert isinstance(changed, MarginModes)
    assert changed.failures
    off = await SettingsClient(saying(None).http, "Off.").set_margin_modes((XBT,), MarginMode.CROSS)
    assert off == NotSent("Off.")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN"])
async def test_amounts_of_no_sense_are_not_sent(amount: str) -> None:
    answers = saying(None)
    client = SettingsClient(answers.http)
    assert isinstance(await client.add_margin(XBT, Decimal(amount), BIZ), NotSent)
    assert isinstance(await client.withdraw_margin(XBT, Decimal(amount)), NotSent)
    long = ClientOid("x" * 37)
    assert isinstance(await client.add_margin(XBT, Decimal(1), long), NotSent)
    assert not answers.asked
