"""The status bar: where we are connected, how fresh the data is, what the account is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QTimer
from typing_extensions import override

from terminal.session.feed import FeedStatus
from terminal.session.health import BY_REST, BY_SOCKET
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.reconcile import comparison_words
from terminal.viewmodels.text import EMPTY, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.session.account import AccountSession
    from terminal.session.feed import Feed
    from terminal.session.health import BudgetHealth, ExchangeHealth
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.fuse import FuseViewModel
    from terminal.viewmodels.ladder import LadderViewModel
    from terminal.viewmodels.stray_news import StrayNews
    from terminal.viewmodels.workspace import Workspace

AGE_INTERVAL_MS = 500
"""Ages grow while nothing happens, so the bar looks at the clock twice a second."""

STALE_AGE_S = 3.0
FULL_PERCENT = 70
"""From here on questions wait."""


@final
@dataclass(frozen=True, slots=True)
class StatusCell:
    """One labelled value of the status bar."""

    name: str
    label: str
    text: str
    role: Role
    tooltip: str


@final
@dataclass(frozen=True, slots=True)
class Banner:
    """A bar above the panels that asks for one press."""

    text: str
    role: Role
    button_text: str


@final
@dataclass(frozen=True, slots=True)
class StatusView:
    """Everything the status bar and the banner show."""

    badge_text: str
    badge_role: Role
    cells: tuple[StatusCell, ...]
    banner: Banner | None
    news: str = ""
    """A refusal that no panel in sight has told; empty for none."""


@final
@dataclass(frozen=True, slots=True)
class StatusSources:
    """What the status bar looks at."""

    market_feed: Feed
    account_feed: Feed
    account: AccountSession
    workspace: Workspace
    clock: Clock
    ladder: LadderViewModel
    health: ExchangeHealth
    fuse: FuseViewModel | None = None
    desk: OrderDesk | None = None
    ladders: LadderGroup | None = None
    """All ladders where there are several; ``ladder`` is the first one."""
    news: StrayNews | None = None


@final
class StatusViewModel(ViewModel):
    """Connection, data age, round trip, way of orders, budget, money, and the banner."""

    def __init__(
        self,
        sources: StatusSources,
        badge: tuple[str, Role],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._sources = sources
        self._ladders = sources.ladders or LadderGroup(sources.ladder, self)
        self._badge = badge
        self._banner: Banner | None = None
        self._on_banner: Callable[[], None] | None = None
        self.view = StatusView(badge[0], badge[1], (), None)
        self._timer = QTimer(self)
        self._timer.setInterval(AGE_INTERVAL_MS)
        self._timer.timeout.connect(self.mark_dirty)

    def show_badge(self, words: str, role: Role) -> None:
        """Show whether anything is real, and how far commands go."""
        self._badge = (words, role)
        self.mark_dirty()

    def show_banner(self, banner: Banner | None, on_press: Callable[[], None] | None) -> None:
        """Show a banner with what its button does, or take it away (None)."""
        self._banner, self._on_banner = banner, on_press
        self.mark_dirty()

    def banner_pressed(self) -> None:
        """The banner's button."""
        if self._on_banner is not None:
            self._on_banner()

    def drop_news(self) -> None:
        """The news was read: it stands in the event log still."""
        if self._sources.news is not None:
            self._sources.news.drop(self.view.news)

    @override
    def connect_sources(self) -> None:
        sources = self._sources
        self.listen(
            sources.market_feed.on_changed.add(self.mark_dirty),
            sources.account_feed.on_changed.add(self.mark_dirty),
            sources.account.on_changed.add(self.mark_dirty),
            sources.health.on_changed.add(self.mark_dirty),
        )
        self._ladders.changed.connect(self.mark_dirty)
        if sources.fuse is not None:
            sources.fuse.changed.connect(self.mark_dirty)
        if sources.news is not None:
            self.listen(*sources.news.listen(self.mark_dirty))
        self._timer.start()

    @override
    def stop(self) -> None:
        self._timer.stop()
        self._ladders.changed.disconnect(self.mark_dirty)
        if self._sources.fuse is not None:
            self._sources.fuse.changed.disconnect(self.mark_dirty)
        super().stop()

    @override
    def refresh(self) -> bool:
        cells = (
            *self._armed(),
            self._connection(),
            self._age(),
            self._round_trip(),
            self._way(),
            self._budget(),
            self._fuse(),
            *self._money(),
        )
        news = "" if self._sources.news is None else self._sources.news.words
        view = StatusView(self._badge[0], self._badge[1], cells, self._banner, news)
        changed = view != self.view
        self.view = view
        return changed

    def _armed(self) -> tuple[StatusCell, StatusCell]:
        """Which hands are live, told even when the ladder itself cannot be seen."""
        keyboard, mouse = map(self._ladders.armed_on, (ArmedBy.KEYBOARD, ArmedBy.MOUSE))
        return (
            StatusCell(
                "keyboard",
                "",
                f"KEYS {keyboard}" if keyboard else "",
                Role.KEYBOARD_ARMED,
                "Keyboard trading is armed: F4 in the ladder disarms.",
            ),
            StatusCell(
                "mouse",
                "",
                f"MOUSE {mouse}" if mouse else "",
                Role.MOUSE_ARMED,
                "Mouse trading is armed: its button in the ladder disarms.",
            ),
        )

    def _connection(self) -> StatusCell:
        feeds, sources = self._feeds(), self._sources
        worst = max((feed.health for feed in feeds), key=lambda health: _BADNESS[health.status])
        words, role = _STATUS[worst.status]
        lines = [
            f"{name}: {_STATUS[feed.health.status][0].lower()}"
            + (f" ({feed.health.reason})" if feed.health.reason else "")
            for name, feed in zip(("Market stream", "Account stream"), feeds, strict=False)
        ]
        if sources.account.trust.is_absent:
            lines.append(text.NO_ACCOUNT)
        elif sources.desk is not None:
            lines.append(comparison_words("Orders", sources.desk.recorder.comparison))
            lines.append(comparison_words("Positions", sources.account.comparison))
        return StatusCell("connection", "", words, role, "\n".join(lines))

    def _age(self) -> StatusCell:
        frames = [feed.health.last_frame_at_s for feed in self._feeds()]
        tooltip = "Time since the last frame of the market stream."
        last = frames[0]
        if last is None:
            return StatusCell("age", "Age", EMPTY, Role.TEXT_DIM, tooltip)
        seconds = max(0.0, self._sources.clock.monotonic_s() - last)
        role = Role.CAUTION if seconds > STALE_AGE_S else Role.TEXT
        return StatusCell("age", "Age", text.age(seconds), role, tooltip)

    def _round_trip(self) -> StatusCell:
        is_private = not self._sources.account.trust.is_absent
        feeds = self._sources
        health = (feeds.account_feed if is_private else feeds.market_feed).health
        name = "account" if is_private else "market"
        trip = health.round_trip_ms
        words = EMPTY if trip is None else f"{trip:.0f} ms" if trip >= 10 else f"{trip:.1f} ms"
        return StatusCell(
            "round_trip", "Round trip", words, Role.TEXT, f"Ping to pong of the {name} stream."
        )

    def _way(self) -> StatusCell:
        """The way of orders; nothing where none is sent."""
        way = self._sources.health.way
        if not way.can_send:
            return StatusCell("way", "", "", Role.TEXT_DIM, "")
        if way.is_socket:
            return StatusCell("way", "Orders", "WS", Role.TEXT, BY_SOCKET)
        role = Role.CAUTION if way.has_socket else Role.TEXT_DIM
        tooltip = f"{BY_REST} {way.reason} {way.remedy}".rstrip()
        return StatusCell("way", "Orders", "REST", role, tooltip)

    def _fuse(self) -> StatusCell:
        """The fuse with its seconds; nothing where none is offered."""
        fuse = self._sources.fuse
        if fuse is None:
            return StatusCell("fuse", "", "", Role.TEXT_DIM, "")
        view = fuse.view_now()
        return StatusCell("fuse", "Fuse", view.cell_text, view.cell_role, view.tooltip)

    def _budget(self) -> StatusCell:
        """How much of the exchange's quotas is used: the fullest, or the block of the moment."""
        budget = self._sources.health.budget
        tooltip = _budget_lines(budget)
        blocked = budget.blocked
        if blocked is not None:
            words = f"Blocked {_seconds(blocked.blocked_for_ms)}"
            return StatusCell("budget", "Budget", words, Role.DANGER, tooltip)
        percent = budget.fullest.percent
        role = Role.CAUTION if percent >= FULL_PERCENT else Role.TEXT
        return StatusCell("budget", "Budget", f"{percent} %", role, tooltip)

    def _money(self) -> tuple[StatusCell, ...]:
        market = self._sources.workspace.market
        currency = "USDT" if market is None else market.contract.settle_currency
        wallet = self._sources.account.wallet(currency)
        if self._sources.account.trust.is_absent:
            return tuple(
                StatusCell(name, label, EMPTY, Role.TEXT_DIM, text.NO_ACCOUNT)
                for name, label in _MONEY_LABELS
            )
        trusted = self._sources.account.is_trusted
        role = Role.TEXT if trusted else Role.CAUTION
        note = "" if trusted else "\nBeing read again: may be out of date."
        return (
            StatusCell(
                "equity",
                "Equity",
                text.money(None if wallet is None else wallet.equity),
                role,
                f"Wallet balance plus unrealized profit in {currency}.{note}",
            ),
            StatusCell(
                "available",
                "Available",
                text.money(None if wallet is None else wallet.available),
                role,
                f"What can still be used as margin in {currency}.{note}",
            ),
            self._day_cell(currency),
        )

    def _day_cell(self, currency: str) -> StatusCell:
        day = self._sources.account.day_pnl(currency)
        if day is None:
            return StatusCell("day_pnl", "Day P&L", EMPTY, Role.TEXT_DIM, "Not known yet.")
        amount, since = day
        return StatusCell(
            "day_pnl",
            "Day P&L",
            text.money(amount, sign=True),
            text.gain_role(amount),
            f"Change of equity since {text.clock_time(since)}, "
            "the first reading of this UTC day by this program; transfers made here do not count.",
        )

    def _feeds(self) -> tuple[Feed, ...]:
        """The feeds that run: without an account there is none of it."""
        if self._sources.account.trust.is_absent:
            return (self._sources.market_feed,)
        return (self._sources.market_feed, self._sources.account_feed)


def _budget_lines(budget: BudgetHealth) -> str:
    """Every quota that is in use, and whatever waits."""
    blocked = budget.blocked
    lines = ["What of the exchange's quotas of requests is used."]
    if blocked is not None:
        lines = [f"{blocked.reason} {_seconds(blocked.blocked_for_ms)} left."]
    for pool in budget.pools:
        if pool.used == 0:
            continue
        used, limit = text.whole(pool.used), text.whole(pool.limit)
        lines.append(f"{pool.name}: {used} of {limit}, new in {_seconds(pool.resets_in_ms)}")
        if pool.reason and not pool.is_blocked:
            lines.append(f"{pool.name}: {pool.reason}")
        if pool.is_reserve_used:
            lines.append(f"{pool.name}: the reserve of cancels and closing orders is in use.")
    lines.extend(f"{call}: paused for {_seconds(ms)}" for call, ms in budget.paused)
    return "\n".join(lines)


def _seconds(ms: int) -> str:
    return f"{-(-ms // 1000)} s"


_MONEY_LABELS = (("equity", "Equity"), ("available", "Available"), ("day_pnl", "Day P&L"))


_BADNESS = {
    FeedStatus.LIVE: 0,
    FeedStatus.CONNECTING: 1,
    FeedStatus.WAITING: 2,
    FeedStatus.STOPPED: 3,
}

_STATUS = {
    FeedStatus.LIVE: ("Connected", Role.BUY),
    FeedStatus.CONNECTING: ("Connecting", Role.CAUTION),
    FeedStatus.WAITING: ("Disconnected", Role.DANGER),
    FeedStatus.STOPPED: ("Not connected", Role.TEXT_OFF),
}
