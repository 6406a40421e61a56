"""What happened, in sentences for the user: the source of the event log."""

from __future__ import annotations

import logging
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from terminal.domain.clock import Clock, TimestampMs
    from terminal.domain.units import Symbol

KEPT = 500


class NoticeLevel(Enum):
    """How much a notice matters. The values are those of the logging module."""

    INFO = logging.INFO
    WARNING = logging.WARNING
    ERROR = logging.ERROR


@final
class Notice(NamedTuple):
    """One event. ``topic`` is a logger's name: app, feed, book, orders, account."""

    level: NoticeLevel
    topic: str
    text: str
    symbol: Symbol | None
    at_ms: TimestampMs


@final
class NoticeBoard:
    """Keeps the last notices and writes each to the log of its topic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.notices: deque[Notice] = deque(maxlen=KEPT)
        self.on_posted: Listeners[[Notice]] = Listeners()

    def post(self, level: NoticeLevel, topic: str, text: str, symbol: Symbol | None = None) -> None:
        """Say something."""
        notice = Notice(level, topic, text, symbol, self._clock.now_ms())
        self.notices.append(notice)
        where = f" ({symbol})" if symbol else ""
        logging.getLogger(topic).log(min(level.value, logging.WARNING), "%s%s", text, where)
        self.on_posted.notify(notice)
