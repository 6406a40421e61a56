"""What the program is opened on: the simulated exchange, the live market, or an account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.hosts import Hosts
    from terminal.exchange.permit import Permit

LIVE_BADGE = "LIVE \N{MIDDLE DOT} watch only"


class Mode(Enum):
    """The three ways of opening the window."""

    DEMO = "demo"
    WATCH = "watch"
    ACCOUNT = "account"


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One way of opening the window, with what it needs.

    The demo brings its own hosts and key when it runs; watching has no key. ``words`` are what
    the user should read in the event log. ``order_key`` is the order socket's own key, None for
    the same. With ``may_trade`` cancels and orders that reduce are sent to the account at once, and
    live trading can be switched on; without it, it is only watched until somebody does. ``owner``
    stands for the account itself, or is the name under which its files were begun.
    """

    mode: Mode
    hosts: Hosts | None = None
    credentials: Credentials | None = None
    name: str = ""
    words: tuple[str, ...] = ()
    order_key: Credentials | None = None
    may_trade: bool = False
    owner: str = ""

    @property
    def access(self) -> Access:
        """How far commands go, but for orders to an account, which its permit decides about."""
        if self.mode is Mode.DEMO:
            return Access.FULL
        return Access.WATCH_ONLY if self.mode is Mode.ACCOUNT else Access.MARKET_DATA

    @property
    def permit(self) -> Permit | None:
        """What decides about orders to an account of the real exchange; None for what has none."""
        from terminal.exchange.permit import Permit

        if self.mode is not Mode.ACCOUNT:
            return None
        return Permit(Access.REDUCING if self.may_trade else Access.WATCH_ONLY, Access.FULL)

    @property
    def account(self) -> str:
        """What journal, lock, limits and the stop are kept under: environment and account.

        The same whatever key it has and, where the exchange told whose it is, whatever its name.
        """
        if self.mode is not Mode.ACCOUNT or self.hosts is None:
            return self.mode.value
        return f"{self.owner or self.name} at {self.hosts.futures}"

    @property
    def badge(self) -> tuple[str, Role]:
        """The first words of the status bar: whether anything is real."""
        return ("DEMO", Role.DEMO) if self.mode is Mode.DEMO else (LIVE_BADGE, Role.LIVE)

    @property
    def title(self) -> str:
        """The window's title."""
        if self.mode is Mode.DEMO:
            return "Simulated exchange"
        return f"{self.name}, live" if self.name else "Live market, watch only"

    @property
    def opening_words(self) -> str:
        """What is said while it opens."""
        if self.mode is Mode.DEMO:
            return "Starting the simulated exchange."
        return f"Opening {self.name}." if self.name else "Opening the live market."
