"""The event log: what happened, newest first, in sentences."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.session.notices import Notice, NoticeLevel
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.session.notices import NoticeBoard
    from terminal.viewmodels.frame import FrameClock

SHOWN_NOTICES = 300

_ROLES = {
    NoticeLevel.INFO: Role.TEXT_DIM,
    NoticeLevel.WARNING: Role.CAUTION,
    NoticeLevel.ERROR: Role.DANGER,
}


@final
class LogRow(NamedTuple):
    """One event in texts."""

    key: int
    time: str
    exact_time: str
    about: str
    words: str
    role: Role


COLUMNS: tuple[Column[LogRow], ...] = (
    Column(
        "Time", lambda r: r.time, None, lambda r: r.exact_time, is_number=False, sample="00:00:00"
    ),
    Column("About", lambda row: row.about, is_number=False, sample="XBTUSDTM"),
    Column(
        "Event",
        lambda row: row.words,
        lambda row: row.role,
        lambda row: row.words,
        is_number=False,
        sample="An order was sent and its end is known",
    ),
)


@final
class LogViewModel(ViewModel):
    """The newest events, at most ``SHOWN_NOTICES``."""

    empty_text = "Nothing has happened yet."
    stale = None

    def __init__(
        self, board: NoticeBoard, frame: FrameClock, parent: QObject | None = None
    ) -> None:
        super().__init__(frame, parent)
        self.model: RowTableModel[LogRow] = RowTableModel(COLUMNS, lambda row: row.key, self)
        self._board = board
        self._numbers = count()
        self._notices: list[tuple[int, Notice]] = []
        self._is_narrow = False

    @override
    def connect_sources(self) -> None:
        kept = list(self._board.notices)[-SHOWN_NOTICES:]
        self._notices = [(next(self._numbers), notice) for notice in kept]
        self.listen(self._board.on_posted.add(self._on_posted))

    @override
    def refresh(self) -> bool:
        return self.model.set_rows([self._row(*one) for one in reversed(self._notices)])

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Whether there is no room for a column of contracts: each event names its own then."""
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.mark_dirty()

    def _on_posted(self, notice: Notice) -> None:
        self._notices.append((next(self._numbers), notice))
        del self._notices[:-SHOWN_NOTICES]
        self.mark_dirty()

    def _row(self, key: int, notice: Notice) -> LogRow:
        is_named = (
            self._is_narrow
            and notice.symbol is not None
            and not notice.text.startswith(str(notice.symbol))
        )
        return LogRow(
            key=key,
            time=text.clock_time(notice.at_ms),
            exact_time=text.exact_time(notice.at_ms),
            about=notice.topic if notice.symbol is None else str(notice.symbol),
            words=f"{notice.symbol}: {notice.text}" if is_named else notice.text,
            role=_ROLES[notice.level],
        )
