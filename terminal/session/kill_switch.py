"""The kill switch: no opening order leaves any more, and what could open is taken away everywhere.

It stops first and asks afterwards: the block holds from the very moment, whatever the connection
does. Its usual kind keeps orders that only reduce, and stops that bound the loss of what is held
even if they are not reduce-only, because a stop must not take the protection of an open position;
flattening takes them last, when the position is verified flat. Such a stop goes by itself, as any
entry, once what it protected is gone. It is lifted by
``lift`` alone, never by being thrown again, and survives a restart: then it only blocks, because
nobody knows any more whether what stands now was meant to be cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.access import StopRecord
from terminal.domain.bounding import guard_words
from terminal.domain.lanes import never_opens
from terminal.session.clearing import NOTHING_LEFT, Clearing, ClearingKind, ClearingProgress
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.units import ClientOid
    from terminal.session.account import AccountSession
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner

STOPPED = (
    "Stopped: no opening order is sent. To trade again, lift the stop with the button above the "
    "panels."
)
_WORDS = {
    ClearingKind.ENTRIES: "canceling what could open a position; exits and stops that protect stay",
    ClearingKind.ALL: "canceling every order, protective stops too",
    ClearingKind.FLATTEN: "canceling every order and flattening every position",
}


class StopMemory(Protocol):
    """Keeps over a restart that trading is stopped."""

    def load(self) -> StopRecord | None:
        """What was kept; None when trading is not stopped."""
        ...

    def keep(self, record: StopRecord | None) -> str:
        """Keep it at once, or that there is none; answers a sentence when that failed."""
        ...


@final
class NoMemory:
    """For runs that leave no traces."""

    def load(self) -> StopRecord | None:
        """Nothing was kept."""
        return None

    def keep(self, record: StopRecord | None) -> str:  # noqa: ARG002 - the protocol's
        """Keep nothing."""
        return ""


@final
@dataclass(frozen=True, slots=True)
class KillStatus:
    """How the switch stands. ``since`` is None while it is not thrown.

    ``kind`` is None when it was thrown before a restart. ``is_working`` while it still cancels;
    ``late`` are orders that turned up after it was done, not placed here. ``ended_by`` says why it
    stopped canceling before it was done, empty otherwise.
    """

    since: TimestampMs | None = None
    kind: ClearingKind | None = None
    is_working: bool = False
    is_finished: bool = False
    progress: ClearingProgress = NOTHING_LEFT
    late: int = 0
    ended_by: str = ""

    @property
    def is_on(self) -> bool:
        """Whether trading is stopped."""
        return self.since is not None


@final
class KillSwitch:
    """One account's kill switch. ``on_thrown`` is told at once; ``on_changed`` of all progress."""

    def __init__(
        self,
        desk: OrderDesk,
        account: AccountSession,
        owner: TaskOwner,
        notices: NoticeBoard,
        memory: StopMemory,
    ) -> None:
        self._desk = desk
        self._account = account
        self._parent = owner
        self._owner: TaskOwner | None = None
        self._notices = notices
        self._memory = memory
        self._clearing: Clearing | None = None
        self._ours: set[ClientOid] = set()
        self._handles: list[Handle] = []
        self._record = memory.load()
        self.on_thrown: Listeners[[]] = Listeners(owner.listener_failed)
        self.on_changed: Listeners[[]] = Listeners(owner.listener_failed)
        desk.stops.append(self._reason)
        if self._record is not None:
            words = self._record.problem or "Trading is still stopped, as before the restart."
            notices.post(NoticeLevel.WARNING, "orders", words)

    # Truth -----------------------------------------------------------------------------------

    @property
    def refusal(self) -> str:
        """Why there is nothing to stop here; empty when there is: wherever a cancel may be sent."""
        return self._desk.access.silence

    @property
    def status(self) -> KillStatus:
        """How it stands now."""
        record, clearing = self._record, self._clearing
        if record is None:
            return KillStatus()
        if clearing is None:
            return KillStatus(record.since, is_finished=record.is_finished)
        progress = clearing.progress
        is_working = not clearing.is_over
        return KillStatus(
            record.since,
            clearing.kind,
            is_working=is_working,
            is_finished=clearing.is_verified,
            progress=progress,
            late=progress.orders if clearing.is_verified else 0,
            ended_by=clearing.ended_by,
        )

    def _reason(self) -> str:
        return "" if self._record is None else STOPPED

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen: late answers may bring an order back to life, and positions end."""
        self._handles = [
            self._desk.on_changed.add(self._on_changed),
            self._account.on_changed.add(self._on_changed),
        ]

    async def stop(self) -> None:
        """End; trading stays stopped."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        if self._owner is not None:
            await self._owner.close()

    # Commands --------------------------------------------------------------------------------

    def throw(self, kind: ClearingKind = ClearingKind.ENTRIES) -> None:
        """Stop now. Thrown again it starts anew, at least as far as before; it is never lifted."""
        if self.refusal:
            self._notices.post(NoticeLevel.INFO, "orders", f"Nothing to stop. {self.refusal}")
            return
        is_new = self._record is None
        before = self._clearing
        if before is not None and _RANK[before.kind] > _RANK[kind]:
            kind = before.kind
        if self._record is None:
            self._record = StopRecord(self._desk.clock.now_ms())
        # Blocked from here on; hands and moves next, then the disk and the exchange.
        self.on_thrown.notify()
        self._keep(StopRecord(self._record.since))
        if before is None or before.is_over or before.kind is not kind:
            self._begin(kind)
            level = NoticeLevel.WARNING
            opening = "Stopped" if is_new else "Still stopped"
            self._notices.post(level, "orders", f"{opening}: {_WORDS[kind]}.")
        self._tell()

    def lift(self) -> None:
        """Allow opening orders again. What is still being canceled is left as it is."""
        if self._record is None:
            return
        self._record = None
        self._clearing = None
        self._spawn_end()
        self._keep(None)
        self._notices.post(NoticeLevel.WARNING, "orders", "The stop was lifted.")
        self._tell()

    def _begin(self, kind: ClearingKind) -> None:
        self._spawn_end()
        clearing = self._clearing = Clearing(self._desk, self._account, kind)
        self._ours = set(self._desk.orders)
        self._owner = self._parent.child("kill switch")
        self._owner.spawn(kind.value, self._clear(clearing))

    def _spawn_end(self) -> None:
        """The clearing before ends; its commands under way are the desk's and go on."""
        owner, self._owner = self._owner, None
        if owner is not None:
            self._parent.spawn("end of a clearing", owner.close())

    async def _clear(self, clearing: Clearing) -> None:
        await clearing.run()
        if self._clearing is not clearing or self._record is None:
            return
        if clearing.ended_by:
            words = f"Stopped, but nothing more is canceled. {clearing.ended_by}"
            self._notices.post(NoticeLevel.ERROR, "orders", words)
            self._tell()
            return
        self._ours |= set(self._desk.orders)
        self._keep(StopRecord(self._record.since, is_finished=True))
        self._notices.post(NoticeLevel.INFO, "orders", _end_words(clearing))
        self._tell()

    def _on_changed(self) -> None:
        clearing = self._clearing
        if self._record is None:
            return
        if clearing is not None and clearing.is_verified and self._has_come_back():
            self._begin(clearing.kind)
        self._tell()

    def _has_come_back(self) -> bool:
        """Whether an order of before works after all, and must go.

        Its end was a guess, its answer late, or what it protected is gone.
        """
        clearing, unknown = self._clearing, self._desk.flags_unknown
        return clearing is not None and any(
            order.client_oid in self._ours
            and order.client_oid not in unknown
            and not never_opens(order)
            for order in clearing.to_go()
        )

    def _keep(self, record: StopRecord | None) -> None:
        if record is not None:
            self._record = record
        problem = self._memory.keep(record)
        if problem:
            self._notices.post(NoticeLevel.ERROR, "orders", problem)

    def _tell(self) -> None:
        self.on_changed.notify()


def _end_words(clearing: Clearing) -> str:
    progress = clearing.progress
    if clearing.kind is not ClearingKind.ENTRIES:
        return f"Stopped, and verified: {clearing.kind.value} are gone."
    other = "else " if progress.guards else ""
    words = f"Stopped, and verified: nothing {other}is left that could open a position."
    if progress.kept:
        words += f" Kept, because they only reduce: {progress.kept}."
    return f"{words} {guard_words(progress.guards)}".rstrip()


_RANK = {ClearingKind.ENTRIES: 0, ClearingKind.ALL: 1, ClearingKind.FLATTEN: 2}
