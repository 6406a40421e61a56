"""What the panels' headers say."""

from __future__ import annotations

import pytest

from terminal.domain.access import Access
from terminal.viewmodels.headers import HeadersViewModel
from tests.support.builders import XBT, a_position_update, an_order_update
from tests.support.desktop import OTHER, Desktop


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """Signals need an application."""


async def test_headers_name_the_contract_the_environment_and_the_counts() -> None:
    """The counts follow the account, and a question mark stands while they may be old."""
    desktop = await Desktop().start()
    headers = HeadersViewModel(
        desktop.workspace, desktop.desk, desktop.account, desktop.frame, "DEMO"
    )
    headers.start()
    desktop.frame.tick()
    assert headers.notes["ladder"] == headers.notes["chart"] == f"{XBT}  DEMO"
    assert (headers.notes["positions"], headers.notes["orders"]) == ("", "")
    desktop.bench.stream.push(a_position_update(2), an_order_update())
    desktop.frame.tick()
    assert (headers.notes["positions"], headers.notes["orders"]) == ("1", "1")
    desktop.workspace.choose(OTHER)
    desktop.frame.tick()
    assert headers.notes["ticket"] == f"{OTHER}  DEMO"
    desktop.bench.stream.drop()
    await desktop.settle()
    desktop.frame.tick()
    assert (headers.notes["positions"], headers.notes["orders"]) == ("1?", "1?")
    headers.stop()
    await desktop.stop()


async def test_without_an_account_there_is_nothing_to_doubt() -> None:
    """No question mark over counts that nobody will ever read."""
    desktop = await Desktop(Access.MARKET_DATA).start()
    headers = HeadersViewModel(
        desktop.workspace, desktop.desk, desktop.account, desktop.frame, "LIVE"
    )
    headers.start()
    desktop.bench.stream.drop()
    await desktop.settle()
    desktop.frame.tick()
    assert (headers.notes["positions"], headers.notes["orders"]) == ("", "")
    headers.stop()
    await desktop.stop()
