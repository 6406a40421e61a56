"""Finding out what became of orders of which nobody knows, all of them at one shared pace.

One rule for orders whose answer was lost and for those that the journal knows from before: they are
looked for by our id (or the exchange's) and in the lists of active orders, waiting stops and
recently done ones. "Never arrived" takes at least three such rounds without a trace, the last of
them begun when the order could no longer arrive: its stamp is taken for 5 s (API reference 1.3),
and 2 s are for what is not known of clocks. Over the order socket that is 10 s after the connection
was closed. Until then, and while nobody answers, nothing is concluded. An order older than the
recently done ones go back is looked for among all done ones; without a trace there it is "no longer
known", never "never arrived".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.domain.events import OrderType
from terminal.domain.intention import Intention, JournalError
from terminal.domain.order import UNCLEAR, Order, OrderState, PendingCommand, submitting
from terminal.domain.reconcile import NOT_PLACED
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from terminal.domain.events import OrderUpdate
    from terminal.domain.intention import OpenIntention, UnreadIntention
    from terminal.domain.units import ClientOid
    from terminal.session.desk import Desk

SIGNED_FOR_S = 7.0
"""So long after signing an order sent by REST cannot arrive any more: 5 s, and 2 s more."""
SOCKET_CLOSED_S = 10.0
"""So long after an order socket was closed, nothing that was sent over it arrives any more."""
LEAST_ROUNDS = 3
WAITS_S = (0.3, 0.6, 1.2, 2.4, 4.0)
"""Before each round of questions; the last for all that follow."""
APART_S = 0.2
"""Between two questions about single orders, when there are several: 25 points a second of 66."""
FEW = 3
"""Up to so many orders are asked for one by one first; with more of them the lists go first."""
_LONG_S = 60.0
COVERED_MS = 23 * 3_600_000
COVERED_ROWS = 1000
"""The list of recently done orders goes back 24 h and has so many rows at most (API reference 3.5);
an hour is for clocks and for what is told late."""
PAST_RETRY_S = 60.0
"""Between walks through the past that came to no end."""
EARLIER_MS = 60_000
"""So much before its signing an order is looked for: by the exchange's clock it may be earlier."""
FROM_BEFORE = "Sent before the program ended; asking what became of it."
UNREAD = "Sent before the program ended, and what it was cannot be read; asking what became of it."


Past: TypeAlias = "Callable[[TimestampMs, TimestampMs], AsyncIterable[tuple[OrderUpdate, ...]]]"


@dataclass(slots=True)
class _Case:
    """An order that is looked for; ``rounds`` without a trace, ``settled_after_s`` monotonic."""

    settled_after_s: float
    rounds: int = 0


@final
class Resolution:
    """Looks for orders until it is known what became of them. One task, however many they are."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cases: dict[ClientOid, _Case] = {}
        self._settled_after_s: dict[ClientOid, float] = {}
        self._from_before: dict[ClientOid, bool] = {}
        """Orders from before, and whether the exchange had named them then."""
        self._is_running = False
        self._attempt = 0
        self._made_at: dict[ClientOid, TimestampMs] = {}
        self._is_list_full = False
        self._past_asked_s = -math.inf
        self.unread = ""
        """Why the orders from before are not known; empty once the journal was read."""
        self.past: Past | None = None
        """Done orders of any time, if somebody has them; set by who built the desk."""

    # From before -----------------------------------------------------------------------------

    def read_journal(self) -> None:
        """Take over what the journal knows from before; ``unread`` says why that did not work."""
        is_late = bool(self.unread)
        try:
            found = self._desk.journal.open_intentions()
        except JournalError as error:
            self.unread = error.sentence
            return
        self.unread = ""
        self.take_over(found)
        if is_late:  # at the start, whoever reads all lists begins to look for them
            for order in self.from_before:
                self.look_for(order.client_oid)
            self._desk.on_changed.notify()

    def read_again(self) -> None:
        """Try again what could not be read; cheap once it was."""
        if self.unread:
            self.read_journal()

    def take_over(self, found: tuple[OpenIntention, ...]) -> None:
        """Orders whose end the journal does not know: from now on they are looked for."""
        desk, now_s = self._desk, self._desk.clock.monotonic_s()
        for one in found:
            client_oid = one.intention.client_oid
            if client_oid in desk.orders:
                continue
            if isinstance(one.intention, Intention):
                order = submitting(one.intention.ticket, client_oid)
            else:
                order = _unread(one.intention)
                desk.flags_unknown.add(client_oid)
            # Whatever the program signed was signed, and its sockets closed, before this one began.
            by_rest = one.signed_at is not None and not one.went_by_socket
            apart_s = SIGNED_FOR_S if by_rest else SOCKET_CLOSED_S
            self._settled_after_s[client_oid] = now_s + apart_s
            self._made_at[client_oid] = one.signed_at or one.intention.made_at
            self._from_before[client_oid] = one.was_heard_of
            desk.recorder.intended(client_oid)
            reason = order.reason or FROM_BEFORE
            desk.put(replace(order, order_id=one.order_id, state=OrderState.UNKNOWN, reason=reason))

    @property
    def from_before(self) -> tuple[Order, ...]:
        """Orders from before of which it is not known yet what became of them."""
        orders = self._desk.orders
        known = (orders.get(client_oid) for client_oid in self._from_before)
        return tuple(order for order in known if order is not None and order.state in UNCLEAR)

    @property
    def to_be_seen(self) -> tuple[Order, ...]:
        """Orders from before that were never answered, or have ended since, as they are now.

        What worked then and goes on working is as it was left.
        """
        orders = self._desk.orders
        return tuple(
            order
            for client_oid, was_named in self._from_before.items()
            if (order := orders.get(client_oid)) is not None
            and not (was_named and order.is_working)
        )

    def acknowledge(self) -> None:
        """Somebody has seen what came of those that are found; the others are still looked for."""
        left = {order.client_oid for order in self.from_before}
        self._from_before = {oid: named for oid, named in self._from_before.items() if oid in left}

    @property
    def reason(self) -> str:
        """Why nothing opens until orders from before are found, with the way out; else empty."""
        if self.unread:
            return (
                f"Orders from before could not be read. {self.unread} It is tried again by itself "
                "and at every order. Canceling and closing work."
            )
        left = self.from_before
        if not left:
            return ""
        what = "An order" if len(left) == 1 else f"{len(left)} orders"
        verb = "is" if len(left) == 1 else "are"
        where = ", ".join(dict.fromkeys(order.symbol for order in left[:3]))
        return (
            f"{what} from before the program ended ({where}) {verb} still being looked for; wait a "
            "moment. Canceling and closing work."
        )

    # Looking ---------------------------------------------------------------------------------

    def settle(self, client_oid: ClientOid, after_s: float) -> None:
        """From when on an order's not being known proves that it never arrived."""
        self._settled_after_s[client_oid] = after_s
        if client_oid in self._cases:
            self._cases[client_oid].settled_after_s = after_s

    def settled_after_s(self, client_oid: ClientOid) -> float | None:
        """What ``settle`` was told of an order, if anything."""
        return self._settled_after_s.get(client_oid)

    async def resolve(self, client_oid: ClientOid) -> None:
        """Look for an order until it is known, or known never to have arrived."""
        self.look_for(client_oid)
        desk = self._desk
        while client_oid in self._cases and self._is_unclear(client_oid):
            await desk.pulse.until(lambda: not self._is_unclear(client_oid), _LONG_S)

    def look_for(self, client_oid: ClientOid) -> None:
        """Begin to look for an order; ignored while that is under way."""
        if not self._is_unclear(client_oid):
            return
        if client_oid not in self._cases:
            now_s = self._desk.clock.monotonic_s()
            after_s = self._settled_after_s.get(client_oid, now_s + SIGNED_FOR_S)
            self._cases[client_oid] = _Case(after_s)
            self._attempt = 0  # a new one is asked for soon
        if not self._is_running:
            self._is_running = True
            self._desk.spawn("resolve", self._run())

    def _is_unclear(self, client_oid: ClientOid) -> bool:
        order = self._desk.orders.get(client_oid)
        return order is not None and order.state in UNCLEAR

    async def _run(self) -> None:
        try:
            while self._left():
                wait_s = WAITS_S[min(self._attempt, len(WAITS_S) - 1)]
                self._attempt += 1
                if await self._desk.pulse.until(lambda: not self._left(), wait_s):
                    return
                try:
                    await self._round()
                except Exception as error:  # noqa: BLE001 - reported; no order is forgotten for it
                    self._desk.report("look for orders", error)
        finally:
            self._is_running = False

    def _left(self) -> list[ClientOid]:
        """Orders that are still looked for; those of which something is known are forgotten."""
        for client_oid in [oid for oid in self._cases if not self._is_unclear(oid)]:
            del self._cases[client_oid]
            self._settled_after_s.pop(client_oid, None)
            self._made_at.pop(client_oid, None)
        return list(self._cases)

    async def _round(self) -> None:
        """Ask everywhere once; who is found nowhere has one round more."""
        began_s = self._desk.clock.monotonic_s()
        asked = self._left()
        if len(asked) <= FEW:
            missing = await self._not_known(asked)
            if not missing or not await self._lists_read():
                return
        else:
            if not await self._lists_read():
                return
            missing = await self._not_known([oid for oid in asked if self._is_unclear(oid)])
        await self._judge(missing, began_s)

    async def _judge(self, missing: list[ClientOid], began_s: float) -> None:
        """Conclude what can be concluded of orders that a round from ``began_s`` did not find."""
        too_old: list[ClientOid] = []
        for client_oid in missing:
            case = self._cases.get(client_oid)
            if case is None or not self._is_unclear(client_oid):
                continue
            case.rounds += 1
            if case.rounds < LEAST_ROUNDS or began_s < case.settled_after_s:
                continue
            if self._is_covered(client_oid):
                self._never_arrived(client_oid, case.rounds)
            else:
                too_old.append(client_oid)
        if too_old and await self._is_past_read(too_old):
            for client_oid in too_old:
                if client_oid in self._cases and self._is_unclear(client_oid):
                    self._no_longer_known(client_oid, self._cases[client_oid].rounds)

    def _begun_at(self, client_oid: ClientOid) -> TimestampMs | None:
        """When an order was signed at the earliest, by our clock; None for one of others."""
        known = self._made_at.get(client_oid)
        begun_s = self._desk.sent.get(client_oid)
        if known is not None or begun_s is None:
            return known
        ago_ms = int((self._desk.clock.monotonic_s() - begun_s) * 1000)
        return TimestampMs(self._desk.clock.now_ms() - ago_ms)

    def _is_covered(self, client_oid: ClientOid) -> bool:
        """Whether the list of recently done orders would have an order, had it been placed."""
        at_ms = self._begun_at(client_oid)
        if at_ms is None or self._is_list_full:
            return False
        return self._desk.clock.now_ms() - at_ms < COVERED_MS

    async def _is_past_read(self, asked: list[ClientOid]) -> bool:
        """Take what is told of orders that ended long ago; False when that must be asked again."""
        begun = [at_ms for oid in asked if (at_ms := self._begun_at(oid)) is not None]
        if self.past is None or not begun:
            return True
        now_s = self._desk.clock.monotonic_s()
        if now_s - self._past_asked_s < PAST_RETRY_S:
            return False
        self._past_asked_s = now_s
        start_at = TimestampMs(min(begun) - EARLIER_MS)
        end_at = TimestampMs(self._desk.clock.now_ms() + EARLIER_MS)
        try:
            async for updates in self.past(start_at, end_at):
                for update in updates:
                    self._desk.take_past(update)
        except TernError:
            return False
        return True

    async def _not_known(self, asked: list[ClientOid]) -> list[ClientOid]:
        """Ask for each; those of which the exchange said that it does not know them."""
        missing: list[ClientOid] = []
        for client_oid in asked:
            if not self._is_unclear(client_oid):
                continue
            if await self._desk.refresh_order(client_oid) is False:
                missing.append(client_oid)
            if len(asked) > 1:
                await self._desk.clock.sleep(APART_S)
        return missing

    async def _lists_read(self) -> bool:
        """Take what the lists say of orders that are looked for; False without an answer."""
        gateway = self._desk.gateway
        try:
            done = await gateway.recent_done_orders()
            self._is_list_full = len(done) >= COVERED_ROWS
            for update in done:
                self._desk.take_past(update)
            for read in (gateway.open_orders, gateway.open_stops):
                for update in await read():
                    self._desk.take(update)
        except TernError:
            return False
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            self._desk.report("read the lists", error)
            return False
        return True

    def _never_arrived(self, client_oid: ClientOid, rounds: int) -> None:
        if self._desk.orders[client_oid].order_id is not None:
            self._no_longer_known(client_oid, rounds)
            return
        self._desk.recorder.never_arrived(client_oid, rounds)
        self._conclude(client_oid, NOT_PLACED)

    def _no_longer_known(self, client_oid: ClientOid, rounds: int) -> None:
        words = "The exchange no longer knows this order."
        if self._desk.orders[client_oid].order_id is None:
            words = f"{words} Nobody can tell whether it was placed; look at the position."
        self._desk.recorder.no_longer_known(client_oid, rounds)
        self._conclude(client_oid, words)

    def _conclude(self, client_oid: ClientOid, words: str) -> None:
        order = self._desk.orders[client_oid]
        self._desk.put(
            replace(
                order,
                state=OrderState.REJECTED,
                reason=words,
                is_guess=True,
                # Nothing is asked of it any more; should it turn up, it can be canceled anew.
                pending=PendingCommand.NONE,
            )
        )
        self._desk.tell(client_oid, words, ok=False)


def _unread(intention: UnreadIntention) -> Order:
    """An order whose terms could not be read; the exchange tells them if it has the order."""
    return Order(
        symbol=intention.symbol,
        client_oid=intention.client_oid,
        order_id=None,
        side=None,
        order_type=OrderType.MARKET,
        price=None,
        lots=Lots(0),
        state=OrderState.UNKNOWN,
        reason=UNREAD,
    )
