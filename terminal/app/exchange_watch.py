"""Looks after the simulated exchange while a window is open on it: tells its end, restarts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Slot

from terminal.app.demo import DemoError
from terminal.session.notices import NoticeLevel
from terminal.viewmodels.connection import Banner
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.app.demo import DemoExchange
    from terminal.app.wiring import Program
    from terminal.session.tasks import TaskOwner


@final
class ExchangeWatch(QObject):
    """One child and the window on it."""

    def __init__(
        self, demo: DemoExchange, program: Program, owner: TaskOwner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._demo = demo
        self._program = program
        self._owner = owner
        demo.died.connect(self._on_died)

    @Slot()
    def _on_died(self) -> None:
        words = "The simulated exchange has ended. What is shown is the last that was known."
        self._program.backend.notices.post(NoticeLevel.ERROR, "app", words)
        banner = Banner(words, Role.DANGER, "Restart it")
        self._program.status.show_banner(banner, self._on_restart_asked)

    def _on_restart_asked(self) -> None:
        self._program.status.show_banner(None, None)
        self._owner.spawn("restart exchange", self._restart())

    async def _restart(self) -> None:
        backend = self._program.backend
        try:
            await self._demo.start()
        except DemoError as error:
            backend.notices.post(NoticeLevel.ERROR, "app", error.sentence)
            self._on_died()
            return
        backend.notices.post(
            NoticeLevel.INFO, "app", "The simulated exchange runs again, with a fresh account."
        )
        await backend.market_feed.restart()
        await backend.account_feed.restart()
