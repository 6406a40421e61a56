"""How long a ladder's word on what was done stands: it is no word on what is there now.

"XBTUSDTM is flat." below a position that somebody opened since would be a lie. Warnings, refusals
and what a hand holds stay until they are answered; the event log keeps everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder_view import Message

LASTS_MS: Final = 12_000.0
_QUIET: Final = frozenset({Role.TEXT, Role.TEXT_DIM})


@final
class Fading:
    """Tells when a message has been read. ``now_ms`` is any steady clock."""

    def __init__(self, now_ms: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._seen: Message | None = None
        self._since_ms = 0.0

    def is_over(self, message: Message | None) -> bool:
        """Whether a quiet message was on show long enough; asked with every frame."""
        if message is None or message.role not in _QUIET:
            self._seen = None
            return False
        if message is not self._seen:  # the same words said again begin anew
            self._seen, self._since_ms = message, self._now_ms()
        return self._now_ms() - self._since_ms >= LASTS_MS
