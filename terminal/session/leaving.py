"""Leaving with something standing: what stands, and what is done about it before the end.

The default keeps everything that the exchange keeps. Nothing here ends the program: it says when
the end is due, and what would not be true yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.bounding import guard_words, guards_in_lanes
from terminal.domain.events import PositionSide
from terminal.domain.lanes import never_opens
from terminal.domain.order import UNCLEAR, OrderState
from terminal.domain.units import Lots
from terminal.session.clearing import Clearing, ClearingKind, ClearingProgress
from terminal.session.fuse import FuseState
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.order import Order
    from terminal.domain.protection import Cover
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.account import AccountSession
    from terminal.session.fuse import Fuse
    from terminal.session.orders import OrderDesk
    from terminal.session.protection import Watched
    from terminal.session.tasks import TaskOwner

FUSE_WAIT_S = 10.0
LATE_S = 6.0
"""After so long it is offered to leave without the last word of the exchange."""
LOOK_S = 0.5
LEAVING = "The program is being left: no opening order is sent."


class LeavingKind(Enum):
    """What happens to what stands."""

    KEEP = "keep"
    CANCEL_ENTRIES = "cancel entries"
    FLATTEN = "flatten"


class LeavingPhase(Enum):
    """Where it is: nobody leaves, work is being done, the end is due."""

    STAYING = "staying"
    WORKING = "working"
    READY = "ready"


@final
@dataclass(frozen=True, slots=True)
class StandingContract:
    """What stands in one lane of a contract: signed lots held, and working orders by kind.

    ``stops`` and ``exits`` only reduce and are the exchange's; ``stops`` wait for a trigger, which
    says nothing of protection: that is ``cover``, None where nothing is held or nothing is known.
    ``guards`` are stops that protect and could open all the same. In hedge mode ``lane`` is BOTH
    for orders that do not say of which position they are.
    """

    symbol: Symbol
    lots: Lots
    entries: int
    stops: int
    exits: int
    unclear: int
    is_flattening: bool
    guards: int = 0
    cover: Cover | None = None
    lane: PositionSide = PositionSide.BOTH


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """All that stands. ``held`` are sentences about exits that end with this program.

    ``doing`` are sentences about procedures that are in the middle of what they do.
    ``is_known`` is False while orders or positions are not trusted.
    """

    contracts: tuple[StandingContract, ...]
    held: tuple[str, ...]
    is_known: bool
    doing: tuple[str, ...] = ()

    @property
    def is_anything(self) -> bool:
        """Whether there is something to ask about."""
        return bool(self.contracts or self.held or self.doing)


def nothing_held() -> tuple[str, ...]:
    """No exit is held by this program."""
    return ()


@final
class Leaving:
    """The way out of one account. ``held`` names the exits that end with the program.

    ``watched`` tells how a contract's position is protected.
    """

    def __init__(  # noqa: PLR0913 - all that an end could leave behind
        self,
        desk: OrderDesk,
        account: AccountSession,
        fuse: Fuse,
        clock: Clock,
        owner: TaskOwner,
        watched: Callable[[Symbol, PositionSide], Watched | None],
        *,
        held: Callable[[], tuple[str, ...]] = nothing_held,
    ) -> None:
        self._desk = desk
        self._account = account
        self._fuse = fuse
        self._clock = clock
        self._parent = owner
        self._watched = watched
        self._owner: TaskOwner | None = None
        self._clearing: Clearing | None = None
        self._since_s = 0.0
        self.held = held
        self.busy: list[Callable[[], tuple[str, ...]]] = [desk.under_way]
        """Each tells, in sentences, of procedures that an end would break off halfway."""
        self.phase = LeavingPhase.STAYING
        self.kind: LeavingKind | None = None
        self.problem = ""
        self.on_changed: Listeners[[]] = Listeners(owner.listener_failed)
        desk.stops.append(self._reason)

    # Truth -----------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """What stands now, as far as known; nothing where nothing can be sent."""
        if self._desk.access.silence:
            return Standing((), (), is_known=True)
        symbols = {position.symbol for position in self._account.positions()}
        symbols |= {order.symbol for order in self._desk.working()}
        contracts = tuple(one for symbol in sorted(symbols) for one in self._lanes(symbol))
        is_known = self._desk.is_trusted and self._account.is_trusted
        return Standing(contracts, self.held(), is_known, self._doing())

    def _doing(self) -> tuple[str, ...]:
        return tuple(words for busy in self.busy for words in busy())

    def _lanes(self, symbol: Symbol) -> list[StandingContract]:
        """What stands in each lane in which anything does."""
        lanes = self._account.lanes(symbol)
        orders: dict[PositionSide, list[Order]] = {}
        for order in self._desk.working(symbol):
            told = order.position_side
            orders.setdefault(told if told in lanes else PositionSide.BOTH, []).append(order)
        guards = self._guards(symbol)
        return [
            self._lane(symbol, lane, orders.get(lane, []), guards)
            for lane in dict.fromkeys((*lanes, *orders))
            if lane in orders or not self._account.position(symbol, lane).core.is_flat
        ]

    def _is_sure_of(self, symbol: Symbol) -> bool:
        """Whether what is held is the exchange's word, as clearing goes by it."""
        return self._account.is_trusted and symbol not in self._account.unconfirmed()

    def _guards(self, symbol: Symbol) -> frozenset[ClientOid]:
        """Stops that protect and could open; all that may be such while nobody is sure."""
        is_sure = self._is_sure_of(symbol)
        held = {
            lane: self._account.position(symbol, lane).core.lots if is_sure else None
            for lane in self._account.lanes(symbol)
        }
        return guards_in_lanes(self._desk.working(symbol), held, self._desk.flags_unknown)

    def _lane(
        self,
        symbol: Symbol,
        lane: PositionSide,
        orders: list[Order],
        may_guard: frozenset[ClientOid],
    ) -> StandingContract:
        unknown, is_sure = self._desk.flags_unknown, self._is_sure_of(symbol)
        entries = stops = exits = unclear = guards = 0
        is_lane = lane in self._account.lanes(symbol)
        held = self._account.position(symbol, lane).core.lots if is_lane else Lots(0)
        for order in orders:
            if order.client_oid in unknown:
                unclear += 1
            elif order.client_oid in may_guard:
                is_clear = is_sure and order.state not in UNCLEAR
                guards, unclear = guards + is_clear, unclear + (not is_clear)
            elif not never_opens(order):
                entries += 1
            elif order.state is OrderState.UNTRIGGERED:
                stops += 1
            else:
                exits += 1
        watched = self._watched(symbol, lane) if held else None
        return StandingContract(
            symbol,
            held,
            entries,
            stops,
            exits,
            unclear,
            self._desk.flattening(symbol, lane),
            guards,
            None if watched is None else watched.cover,
            lane,
        )

    @property
    def needs_work(self) -> bool:
        """Whether something must be done before an end even when nobody is asked."""
        return self._fuse.is_burning

    @property
    def progress(self) -> ClearingProgress:
        """What is left to cancel or to flatten."""
        return ClearingProgress() if self._clearing is None else self._clearing.progress

    @property
    def is_late(self) -> bool:
        """Whether it takes so long that leaving without the last word is offered."""
        if self.phase is not LeavingPhase.WORKING:
            return False
        return bool(self.problem) or self._clock.monotonic_s() - self._since_s >= LATE_S

    @property
    def truth_if_left_now(self) -> str:
        """What would be true if the program ended at this moment, one or two sentences."""
        words: list[str] = []
        progress = self.progress
        if progress.orders or progress.unclear:
            count = progress.orders + progress.unclear
            words.append(f"{count} {'order' if count == 1 else 'orders'} may still work.")
        words.append(guard_words(progress.guards))
        if progress.positions:
            words.append(f"Not verified flat: {', '.join(progress.positions)}.")
        if progress.problem:
            words.append(progress.problem)
        words.extend(self._doing())
        words.append(self._fuse.warning)
        return " ".join(filter(None, words))

    def _reason(self) -> str:
        is_clearing = self.kind in {LeavingKind.CANCEL_ENTRIES, LeavingKind.FLATTEN}
        return LEAVING if is_clearing and self.phase is not LeavingPhase.STAYING else ""

    # Commands --------------------------------------------------------------------------------

    def begin(self, kind: LeavingKind) -> None:
        """Do what was chosen; ``phase`` becomes READY when that is verified."""
        if self.phase is not LeavingPhase.STAYING:
            return
        self.kind, self.phase, self.problem = kind, LeavingPhase.WORKING, ""
        self._since_s = self._clock.monotonic_s()
        self._clearing = {
            LeavingKind.KEEP: None,
            LeavingKind.CANCEL_ENTRIES: Clearing(self._desk, self._account, ClearingKind.ENTRIES),
            LeavingKind.FLATTEN: Clearing(self._desk, self._account, ClearingKind.FLATTEN),
        }[kind]
        self._owner = self._parent.child("leaving")
        self._owner.spawn(kind.value, self._work())
        self.on_changed.notify()

    def stay(self) -> None:
        """Do not leave after all. Commands that are on their way are carried out all the same."""
        if self.phase is LeavingPhase.STAYING:
            return
        self.phase, self.kind, self.problem = LeavingPhase.STAYING, None, ""
        self._clearing = None
        owner, self._owner = self._owner, None
        if owner is not None:
            self._parent.spawn("end of leaving", owner.close())
        self.on_changed.notify()

    def leave_now(self) -> None:
        """The user leaves without the last word, knowing ``truth_if_left_now``."""
        if self.phase is LeavingPhase.WORKING:
            self._ready()

    async def stop(self) -> None:
        """End."""
        if self._owner is not None:
            await self._owner.close()

    # Working ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        clearing = self._clearing
        if clearing is not None:
            await clearing.run()
            if clearing.ended_by:
                self._say(clearing.ended_by)
                return  # not what was asked for: the user decides
        while self._doing():  # between its steps a procedure may have nothing that stands
            await self._desk.pulse.until(lambda: False, LOOK_S)  # a look now and then is enough
        if self._fuse.is_burning:
            warning = await self._fuse.end(FUSE_WAIT_S)
            while warning:
                self._say(warning)
                warning = await self._fuse.end(LOOK_S)
            if self._fuse.status.state is FuseState.BLOWN:
                self._say(self._fuse.status.why)
                return  # not what was asked for: the user decides
        self._ready()

    def _say(self, problem: str) -> None:
        self.problem = problem
        self.on_changed.notify()

    def _ready(self) -> None:
        self.phase, self.problem = LeavingPhase.READY, ""
        self.on_changed.notify()
