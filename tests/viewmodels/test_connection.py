"""The status bar: which way orders go, and how much of the exchange's quotas is used."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.exchange.meter import Figures
from terminal.exchange.outcome import Route
from terminal.exchange.routes import RouteState
from terminal.session.health import ExchangeHealth
from terminal.viewmodels.connection import StatusSources, StatusViewModel
from terminal.viewmodels.text import Role
from terminal.wire.endpoints import Pool, endpoint
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.exchange.order_socket import SocketState
    from terminal.viewmodels.connection import StatusCell

pytestmark = pytest.mark.usefixtures("qapp")


class SomeSocket:
    """There is an order socket; what it does is told by the route."""

    state: SocketState
    on_changed: Callable[[], None] | None = None


class Bar:
    """A status bar on a desktop, looked at through its cells."""

    def __init__(self, desktop: Desktop, *, has_socket: bool) -> None:
        self.desktop = desktop
        socket = SomeSocket() if has_socket else None
        health = ExchangeHealth(
            desktop.bench.trading, desktop.budget, desktop.clock, desktop.bench.notices, socket
        )
        self.status = StatusViewModel(
            StatusSources(
                desktop.market_feed,
                desktop.bench.feed,
                desktop.account,
                desktop.workspace,
                desktop.clock,
                desktop.ladder,
                health,
            ),
            ("DEMO", Role.DEMO),
            desktop.frame,
        )

    def cell(self, name: str) -> StatusCell:
        """A cell as it is at the next look at the clock."""
        self.status.mark_dirty()
        self.desktop.frame.tick()
        return next(cell for cell in self.status.view.cells if cell.name == name)

    def shown(self, name: str) -> tuple[str, str, Role]:
        cell = self.cell(name)
        return cell.label, cell.text, cell.role

    def tell(self, used: int, pool: Pool = Pool.FUTURES, reset_ms: int = 12_000) -> None:
        """The exchange's own figures of a pool."""
        now_s = self.desktop.clock.monotonic_s()
        figures = Figures(2000, 2000 - used, reset_ms)
        self.desktop.budget.told(pool, figures, sent_s=now_s, now_s=now_s)


@contextlib.asynccontextmanager
async def a_bar(access: Access = Access.FULL, *, has_socket: bool = True) -> AsyncIterator[Bar]:
    desktop = Desktop(access)
    bar = Bar(desktop, has_socket=has_socket)
    await desktop.start()
    bar.status.start()
    try:
        yield bar
    finally:
        bar.status.stop()
        await desktop.stop()


# The way of orders -------------------------------------------------------------------------------


async def test_the_way_of_orders_is_told_with_its_reason() -> None:
    """By socket nothing catches the eye; by REST for want of it something does."""
    async with a_bar() as bar:
        bar.desktop.bench.trading.route = RouteState(Route.SOCKET)
        assert bar.shown("way") == ("Orders", "WS", Role.TEXT)
        assert bar.cell("way").tooltip == "Orders go over the order socket."
        bar.desktop.bench.trading.route = RouteState(Route.REST, "It broke off.", "Wait.")
        assert bar.shown("way") == ("Orders", "REST", Role.CAUTION)
        assert bar.cell("way").tooltip == "Orders go by REST. It broke off. Wait."


async def test_without_an_order_socket_rest_is_no_cause_for_concern() -> None:
    async with a_bar(has_socket=False) as bar:
        assert bar.shown("way") == ("Orders", "REST", Role.TEXT_DIM)


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_where_nothing_is_sent_no_way_is_shown(access: Access) -> None:
    """The budget is: reading costs, too."""
    async with a_bar(access) as bar:
        assert bar.cell("way").text == ""
        assert bar.shown("budget") == ("Budget", "0 %", Role.TEXT)


# The budget --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "shown", "role"),
    [
        (0, "0 %", Role.TEXT),
        (1, "1 %", Role.TEXT),
        (1380, "69 %", Role.TEXT),
        (1400, "70 %", Role.CAUTION),
        (2000, "100 %", Role.CAUTION),
    ],
)
async def test_the_fullest_quota_is_shown(used: int, shown: str, role: Role) -> None:
    """From where questions wait it catches the eye; a full one that nobody blocked is no block."""
    async with a_bar() as bar:
        bar.tell(used)
        bar.tell(used // 2, Pool.PUBLIC)
        assert bar.shown("budget") == ("Budget", shown, role)


async def test_the_tooltip_tells_every_quota_in_use() -> None:
    async with a_bar() as bar:
        bar.tell(1700)
        bar.tell(40, Pool.PUBLIC, 3_000)
        bar.desktop.budget.endpoint_limited(
            endpoint("GET", "/api/v1/positions"), bar.desktop.clock.monotonic_s()
        )
        assert bar.cell("budget").tooltip.splitlines() == [
            "What of the exchange's quotas of requests is used.",
            "Public: 40 of 2\N{NARROW NO-BREAK SPACE}000, new in 4 s",
            "Futures: 1\N{NARROW NO-BREAK SPACE}700 of 2\N{NARROW NO-BREAK SPACE}000, new in 13 s",
            "Futures: Questions wait, so that orders still fit.",
            "Futures: the reserve of cancels and closing orders is in use.",
            "GET /api/v1/positions: paused for 10 s",
        ]


async def test_a_block_counts_down_and_ends() -> None:
    """In the color of danger, with the sentence; afterwards as if nothing had been."""
    async with a_bar() as bar:
        clock = bar.desktop.clock
        bar.desktop.budget.quota_spent(Pool.FUTURES, 12_000, clock.monotonic_s())
        assert bar.shown("budget") == ("Budget", "Blocked 13 s", Role.DANGER)
        first = bar.cell("budget").tooltip.splitlines()[0]
        assert first == "The exchange says that the quota of requests is used up. 13 s left."
        await clock.advance(10.0)
        assert bar.shown("budget") == ("Budget", "Blocked 3 s", Role.DANGER)
        await clock.advance(3.0)
        assert bar.shown("budget") == ("Budget", "0 %", Role.TEXT)


async def test_a_blocked_address_is_said_before_any_quota() -> None:
    async with a_bar() as bar:
        now_s = bar.desktop.clock.monotonic_s()
        bar.desktop.budget.quota_spent(Pool.FUTURES, 5_000, now_s)
        bar.desktop.budget.address_blocked(now_s, now_s)
        assert bar.shown("budget") == ("Budget", "Blocked 30 s", Role.DANGER)
        assert "shield blocks this address" in bar.cell("budget").tooltip
