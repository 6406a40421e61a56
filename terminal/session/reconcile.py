"""Makes the report of what the exchange has: at the start, on demand, after each comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.intention import OWN_PREFIX, JournalError
from terminal.domain.lanes import is_of_lane
from terminal.domain.reconcile import (
    Heard,
    ModeFinding,
    PositionFinding,
    ReconcileReport,
    findings,
    origin_of,
    unfinished,
)
from terminal.session.listeners import Listeners
from terminal.session.recovery import read_orders

if TYPE_CHECKING:
    from terminal.domain.intention import Procedure
    from terminal.domain.order import Order
    from terminal.domain.reconcile import Comparison, Origin
    from terminal.session.listeners import Handle
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner

LONGEST_WAIT_S = 120.0
NOT_READ = "What was under way when the program last ended is told once it can be read."


@final
class Reconciling:
    """Keeps ``report``, None until the first one; ``on_report`` is told of each.

    What was under way when the program ended is read from the journal at ``start``, or with a later
    report if it could not be read then. It stays in the report, and in the journal, until it is
    ``acknowledge``d.
    """

    def __init__(self, desk: OrderDesk, owner: TaskOwner) -> None:
        self._desk = desk
        self._owner = owner.child("reconcile")
        self._procedures: tuple[Procedure, ...] = ()
        self._unread = ""
        """Why it is not known what was under way; empty once the journal was read."""
        self._began_at = desk.clock.now_ms()
        self._is_told = False
        self._handle: Handle | None = None
        self._is_reading = False
        self.problem = ""
        self.report: ReconcileReport | None = None
        self.on_report: Listeners[[]] = Listeners(self._owner.listener_failed)

    @property
    def compared(self) -> tuple[Comparison | None, Comparison | None]:
        """When orders and positions were last held against the exchange's, and what differed."""
        return self._desk.recorder.comparison, self._desk.account.comparison

    def start(self) -> None:
        """Begin with what was under way, and report once everything is known."""
        self._began_at = self._desk.clock.now_ms()
        if not self._read_procedures():
            self._desk.warn(f"{self._unread} {NOT_READ}")
        self._handle = self._desk.on_compared.add(self.make)
        self._owner.spawn("at the start", self._at_start())

    async def stop(self) -> None:
        """End."""
        if self._handle is not None:
            self._handle.remove()
        await self._owner.close()

    def read(self) -> None:
        """Read orders and positions now, and report; ignored while that is under way."""
        if not self._is_reading:
            self._is_reading = True
            self._owner.spawn("read", self._read())

    def acknowledge(self) -> None:
        """Somebody has seen what was under way and what came of the orders from before."""
        for procedure in self._procedures:
            self._desk.journal.end(
                procedure.procedure_id, "The program ended while it was under way."
            )
        self._procedures = ()
        self._desk.resolution.acknowledge()
        self.make()

    def make(self) -> None:
        """Report what is known now; what could not be read of the journal is tried again."""
        is_late = bool(self._unread) and self._read_procedures()
        self._report()
        if is_late and self._is_told and self.report is not None:
            for one in self.report.unfinished:
                self._desk.warn(one.sentence)

    def _read_procedures(self) -> bool:
        """Take over what was under way; False when the journal does not say."""
        try:
            found = self._desk.journal.open_procedures()
        except JournalError as error:
            self._unread = error.sentence
            return False
        if self._unread:  # what this run began since was cut off by nothing
            found = tuple(one for one in found if one.begun_at <= self._began_at)
        self._procedures, self._unread = found, ""
        return True

    def _report(self) -> None:
        desk, account = self._desk, self._desk.account
        working = desk.working()
        held = account.positions()
        symbols = sorted({one.symbol for one in working} | {one.symbol for one in held})
        self.report = ReconcileReport(
            desk.clock.now_ms(),
            desk.is_trusted
            and account.is_trusted
            and not (self._unread or desk.resolution.unread or desk.resolution.from_before),
            findings(
                working,
                self._lots_of,
                self._origin,
                {oid: (heard.source, heard.at) for oid, heard in desk.recorder.heard.items()},
            ),
            tuple(
                PositionFinding(
                    one.symbol,
                    one.core.lots,
                    Heard() if one.told is None else Heard(one.told.source, one.told.at),
                    one.lane,
                )
                for one in held
            ),
            tuple(ModeFinding(symbol, account.margin_mode(symbol)) for symbol in symbols),
            desk.resolution.to_be_seen,
            tuple(
                unfinished(
                    one,
                    tuple(position.core.lots for position in account.held(one.symbol)),
                    len(desk.working(one.symbol or None)),
                )
                for one in self._procedures
            ),
        )
        self.on_report.notify()

    def _lots_of(self, order: Order) -> int:
        """What an order could be about: in hedge mode one lane, or any if it does not say."""
        held = self._desk.account.held(order.symbol)
        return max((abs(one.core.lots) for one in held if is_of_lane(one.lane, order)), default=0)

    def _origin(self, order: Order) -> Origin:
        return origin_of(
            order, OWN_PREFIX, self._desk.recorder.knows, has_record=self._desk.journal.lasts
        )

    async def _at_start(self) -> None:
        desk = self._desk
        while not (desk.is_trusted and desk.account.is_trusted):
            await desk.pulse.until(lambda: desk.is_trusted and desk.account.is_trusted, 1.0)
        self.make()
        if desk.resolution.from_before:
            await desk.pulse.until(lambda: not desk.resolution.from_before, LONGEST_WAIT_S)
            self.make()
        self._is_told = True
        assert self.report is not None  # noqa: S101 - made just now
        for sentence in self.report.attention:
            desk.warn(sentence)

    async def _read(self) -> None:
        try:
            await read_orders(self._desk)
            await self._desk.account.read_again()
            self.problem = ""
        except TernError as error:
            self.problem = f"Not read again. {error.sentence}"
        finally:
            self._is_reading = False
        self.make()
