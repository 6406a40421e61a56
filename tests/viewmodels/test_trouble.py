"""The bar above the panels: what the program waits for, and that it goes on trying."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.trouble import TroubleBanner
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Bar:
    """A status bar with a trouble banner on both feeds of a desktop."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.status = StatusViewModel(
            StatusSources(
                desktop.market_feed,
                desktop.bench.feed,
                desktop.account,
                desktop.workspace,
                desktop.clock,
                desktop.ladder,
                desktop.health,
            ),
            ("LIVE", Role.LIVE),
            desktop.frame,
        )
        self.banner = TroubleBanner(
            self.status,
            (("Account:", desktop.bench.feed), ("Market:", desktop.market_feed)),
        )

    def words(self) -> str:
        """What the bar says after the next frame."""
        self.desktop.frame.tick()
        banner = self.status.view.banner
        return "" if banner is None else banner.text


@pytest.fixture
async def bar() -> AsyncIterator[Bar]:
    desktop = await Desktop().start()
    bar = Bar(desktop)
    bar.status.start()
    bar.banner.start()
    yield bar
    bar.banner.stop()
    bar.status.stop()
    await desktop.stop()


async def test_a_lost_stream_is_said_until_it_is_back(bar: Bar) -> None:
    """The words stay over the tries and go with the first success."""
    assert bar.words() == ""
    bar.desktop.market_stream.connects = False
    bar.desktop.market_stream.drop()
    await bar.desktop.clock.settle()
    words = bar.words()
    assert words == "Market: The stream broke off. Trying again."
    await bar.desktop.clock.advance(10.0)
    assert bar.words() == "Market: The stream could not be opened. Trying again."
    bar.desktop.market_stream.connects = True
    await bar.desktop.clock.advance(40.0)
    assert bar.words() == ""


async def test_the_more_important_trouble_comes_first(bar: Bar) -> None:
    """Of two streams that are down the first in the list is told."""
    for stream in (bar.desktop.market_stream, bar.desktop.bench.stream):
        stream.connects = False
        stream.drop()
    await bar.desktop.clock.settle()
    assert bar.words().startswith("Account:")


async def test_a_contract_list_that_cannot_be_read_is_said(bar: Bar) -> None:
    """Nothing else matters before it is there."""
    bar.banner.not_loaded("The exchange did not answer.")
    assert bar.words() == (
        "The contract list cannot be read. The exchange did not answer. Trying again."
    )
    bar.banner.loaded()
    assert bar.words() == ""


async def test_a_stopped_banner_listens_to_nothing(bar: Bar) -> None:
    """What happens at the end of the program is no trouble."""
    bar.banner.stop()
    bar.desktop.market_stream.drop()
    await bar.desktop.clock.settle()
    assert bar.words() == ""
