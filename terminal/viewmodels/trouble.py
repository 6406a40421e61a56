"""Says above the panels when the real exchange cannot be reached or refuses the key.

The feeds try again by themselves; the bar only says what they wait for, and goes when it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.feed import FeedStatus
from terminal.viewmodels.connection import Banner
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.viewmodels.connection import StatusViewModel


@final
class TroubleBanner:
    """Listens to feeds, the most important first, and shows the first trouble there is."""

    def __init__(self, status: StatusViewModel, feeds: tuple[tuple[str, Feed], ...]) -> None:
        self._status = status
        self._feeds = feeds
        self._start_problem = ""
        self._shown = ""
        self._handles: list[Handle] = []

    def start(self) -> None:
        """Begin to listen."""
        self._handles = [feed.on_changed.add(self._look) for _, feed in self._feeds]

    def stop(self) -> None:
        """Stop listening."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def not_loaded(self, sentence: str) -> None:
        """The contract list could not be read; it is tried again until ``loaded``."""
        self._start_problem = f"The contract list cannot be read. {sentence}"
        self._look()

    def loaded(self) -> None:
        """The contract list is there."""
        self._start_problem = ""
        self._look()

    def _look(self) -> None:
        words = self._start_problem or self._feed_problem()
        if words == self._shown:
            return
        self._shown = words
        banner = Banner(f"{words} Trying again.", Role.DANGER, "") if words else None
        self._status.show_banner(banner, None)

    def _feed_problem(self) -> str:
        for what, feed in self._feeds:
            health = feed.health
            is_down = health.status is FeedStatus.WAITING
            if is_down and health.reason:
                return f"{what} {health.reason}"
            if health.status is FeedStatus.CONNECTING and health.attempt and self._shown:
                return self._shown  # a try is no news: the words stay until one succeeds
        return ""
