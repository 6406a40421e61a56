"""The lock on order entry: while it is on nothing is entered, and everybody can still get out.

It is a state of the running program, set by hand and never stored: a start begins disarmed anyway.
Where the limits have a password only that opens it, else a plain wish does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from terminal.domain.secret import Secret
    from terminal.session.limits import LimitKeeper
    from terminal.session.notices import NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner

LOCKED = "Order entry is locked. Cancelling and flattening go on."
WRONG = "The password is needed to unlock order entry."


@final
class EntryLock:
    """One account's lock. ``on_locked`` is told at once, ``on_changed`` of all that changes.

    While it is on the desk lets nothing out that can open or enlarge a position; those who enter
    orders by hand ask ``reason`` for the rest.
    """

    def __init__(
        self, desk: OrderDesk, limits: LimitKeeper, owner: TaskOwner, notices: NoticeBoard
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._notices = notices
        self.is_locked = False
        self.message = ""
        """Why it was not unlocked; empty otherwise."""
        self.on_locked: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_changed: Listeners[[]] = Listeners(owner.listener_failed)
        desk.stops.append(self.reason)
        limits.on_changed.add(self._on_answer)

    def reason(self) -> str:
        """Why no order is entered; empty while some may be."""
        return LOCKED if self.is_locked else ""

    def other_reason(self) -> str:
        """Why nothing opens but for this lock: locking is a pause, it ends no live trading."""
        others = (stop() for stop in self._desk.stops if stop != self.reason)
        return next(filter(None, others), "")

    @property
    def needs_password(self) -> bool:
        """Whether the password of the limits opens it."""
        return self._limits.has_password

    def lock(self) -> None:
        """Lock; once more changes nothing."""
        if self.is_locked:
            return
        self.is_locked = True
        self.message = ""
        self._notices.post(NoticeLevel.WARNING, "orders", LOCKED)
        self.on_locked.notify()
        self.on_changed.notify()

    def unlock(self, password: Secret | None = None) -> None:
        """Unlock, with the password where there is one. The hands stay disarmed."""
        if not self.is_locked:
            return
        if not self.needs_password:
            self._open()
        elif not password:
            self.message = WRONG
            self.on_changed.notify()
        else:
            self.message = ""
            self._limits.prove(password, self._open)

    def _open(self) -> None:
        self.is_locked = False
        self.message = ""
        self._notices.post(NoticeLevel.INFO, "orders", "Order entry is unlocked.")
        self.on_changed.notify()

    def _on_answer(self) -> None:
        """The limits have looked at a password, ours or another's."""
        answer = self._limits.answer
        if self.is_locked and answer is not None and not answer.ok:
            self.message = answer.sentence
        if self.is_locked:
            self.on_changed.notify()
