"""Canceling one order: asked again if nobody answers, until its end is known.

Many at once are ``sweeps`` and ``batches``, which follow each order as it is done here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.order import UNCLEAR, OrderState, PendingCommand
from terminal.exchange.batches import Subject
from terminal.exchange.outcome import Accepted, Rejected, Route, Unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.units import ClientOid, Symbol
    from terminal.exchange.outcome import Outcome
    from terminal.session.desk import Desk
    from terminal.session.listeners import Handle

EVENT_WAIT_S = 2.0
"""How long an accepted cancel may go without an event before the exchange is asked."""
TRIES = 3
RETRY_WAIT_S = 0.6
UNKNOWN_WAITS_S = (0.6, 1.2, 2.4, 4.0)
"""Between questions about an order of which nobody says whether its cancel was carried out."""
SETTLED_REST_S = 6.0
"""So long after nobody answered a cancel by REST, it is not carried out any more.

The exchange takes a stamp for 5 s (API reference 1.3); one more for what is not known of clocks.
"""
TO_BE_CANCELED = (
    "Not canceled yet: it is not known whether the order arrived. It is canceled when it turns up."
)
NOT_LOOKED_AT = frozenset({"400002", "429000"})
"""Wrong time and spent quota prove that nothing was done, and both pass: the cancel is repeated."""


@final
class Canceling:
    """The cancel procedures of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asking: dict[ClientOid, object] = {}
        self._settled_after_s: dict[ClientOid, float] = {}
        self._over_socket: dict[ClientOid, int] = {}
        """Cancels whose connection stands and that may still be carried out."""
        self._promised: set[ClientOid] = set()
        """Orders to be canceled when they turn up, and of which silence says they never arrived."""
        self._handle: Handle | None = None

    def start(self, client_oid: ClientOid) -> None:
        """Cancel one order. Unknown ids and ended orders are ignored."""
        if self.mark(client_oid):
            self._desk.spawn(f"cancel {client_oid}", self.run(client_oid))

    def mark(self, client_oid: ClientOid, pending: PendingCommand = PendingCommand.CANCEL) -> bool:
        """Note that a cancel is on its way; False when there is nothing (more) to cancel."""
        if pending is PendingCommand.CANCEL:
            self._desk.abort_move(client_oid)
        order = self._desk.orders.get(client_oid)
        if order is None or not order.is_working or order.pending is PendingCommand.CANCEL:
            return False
        # A mover that is gone leaves nothing under way, whatever it left behind.
        if order.pending is PendingCommand.MOVE and self._desk.is_moving(client_oid):
            if pending is PendingCommand.CANCEL:  # its mover goes on to cancel it
                self._desk.put(replace(order, pending=pending))
            return False
        self._desk.put(replace(order, pending=pending))
        return True

    async def run(
        self,
        client_oid: ClientOid,
        first: Outcome | None = None,
        why_no_more: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        """Ask for a cancel, again if nobody answers, until the order's end is known.

        ``first`` is the answer to a first try that was made already, as one of a batch;
        ``why_no_more`` may say before each repetition why there must be none.
        """
        try:
            await self._see_through(client_oid, first, why_no_more or _nothing)
        except Exception as error:  # noqa: BLE001 - reported; the order must stay cancelable
            self._desk.report("cancel", error)
            self._set_pending(client_oid, PendingCommand.CANCEL_UNKNOWN)
            words = "Not known whether it was canceled: an error inside the program hid it."
            self._desk.tell(client_oid, words, ok=False)
        finally:
            self._forget_ended(client_oid)

    def correct(self, client_oid: ClientOid, outcome: Outcome) -> None:
        """Take what became known of a cancel after its outcome was given: its way has ended."""
        # That may be told before the outcome came to whoever waited for it: then it is below zero.
        self._over_socket[client_oid] = self._over_socket.get(client_oid, 0) - 1
        if isinstance(outcome, Unknown):
            self._settle_after(client_oid, outcome.settled_after_s or 0.0)
        self._forget_ended(client_oid)

    def _note_settling(self, client_oid: ClientOid, outcome: Outcome) -> None:
        """Until when an order that is seen open is no proof that it is not canceled yet."""
        if not isinstance(outcome, Unknown):
            return
        if outcome.settled_after_s is not None:
            self._settle_after(client_oid, outcome.settled_after_s)
        elif outcome.route is Route.SOCKET:
            # Over the order socket a request may arrive as long as its connection stands.
            self._over_socket[client_oid] = self._over_socket.get(client_oid, 0) + 1
        else:
            self._settle_after(client_oid, self._desk.clock.monotonic_s() + SETTLED_REST_S)

    def _settle_after(self, client_oid: ClientOid, after_s: float) -> None:
        self._settled_after_s[client_oid] = max(after_s, self._settled_after_s.get(client_oid, 0.0))

    async def _is_proven(self, client_oid: ClientOid) -> bool:
        """Ask about the order: whether what is known of it then can be believed."""
        asked_s = self._desk.clock.monotonic_s()
        is_settled = (
            asked_s >= self._settled_after_s.get(client_oid, 0.0)
            and self._over_socket.get(client_oid, 0) <= 0
        )
        is_answered = await self._desk.refresh_order(client_oid) is not None
        # Of one that may still be on its way, "not known" is no end: it may arrive and work.
        return is_answered and is_settled and not self._is_unclear(client_oid)

    def _is_unclear(self, client_oid: ClientOid) -> bool:
        return self._desk.orders[client_oid].state in UNCLEAR

    def _forget_ended(self, client_oid: ClientOid) -> None:
        order = self._desk.orders.get(client_oid)
        if order is None or not order.is_working:
            self._settled_after_s.pop(client_oid, None)
            self._over_socket.pop(client_oid, None)

    async def _see_through(
        self,
        client_oid: ClientOid,
        first: Outcome | None,
        why_no_more: Callable[[], Awaitable[str]],
    ) -> None:
        self._asking.pop(client_oid, None)  # this one says how it ends
        while True:
            was_unclear = self._is_unclear(client_oid)
            sentence, is_proven = await self._tried(client_oid, first, why_no_more)
            was_unclear |= self._is_unclear(client_oid)
            if not self._desk.orders[client_oid].is_working:
                if self._desk.orders[client_oid].is_guess:
                    self._promise(client_oid)
                return
            if not is_proven and not await self._is_found_out(client_oid, sentence):
                return
            if was_unclear and self._desk.orders[client_oid].is_guess:
                self._promise(client_oid)
                return
            if not was_unclear or not self._desk.orders[client_oid].is_working:
                break
            first = None  # it has turned up: only now can it be canceled
        if self._desk.orders[client_oid].is_working:
            self._set_pending(client_oid, PendingCommand.NONE)
            self._desk.tell(client_oid, f"Not canceled. {sentence}".strip(), ok=False)

    def _promise(self, client_oid: ClientOid) -> None:
        """Keep the wish as long as the order's end is no more than a guess."""
        self._promised.add(client_oid)
        if self._handle is None:
            self._handle = self._desk.on_changed.add(self._keep_promises)

    def _keep_promises(self) -> None:
        for client_oid in tuple(self._promised):
            order = self._desk.orders.get(client_oid)
            if order is None or not order.is_guess:
                self._promised.discard(client_oid)
                self.start(client_oid)  # of one that ended, or is forgotten, nothing comes
        if not self._promised and self._handle is not None:
            self._handle.remove()
            self._handle = None

    async def _tried(
        self,
        client_oid: ClientOid,
        first: Outcome | None,
        why_no_more: Callable[[], Awaitable[str]],
    ) -> tuple[str, bool]:
        """Ask for a cancel some times; what was said, and whether it is sure how the order is."""
        sentence = ""
        is_proven = True
        for attempt in range(TRIES):
            if attempt and (why := await why_no_more()):
                sentence = why
                break
            is_of_batch = first is not None and attempt == 0
            outcome = first if first is not None and is_of_batch else await self._ask(client_oid)
            self._note_settling(client_oid, outcome)
            self._desk.on_answer.notify(Subject(client_oid, is_cancel=True), outcome)
            if isinstance(outcome, Accepted) and await self._ends_soon(client_oid):
                break
            is_proven = await self._is_proven(client_oid)
            if not self._desk.orders[client_oid].is_working:
                break
            if isinstance(outcome, Rejected) and outcome.code not in NOT_LOOKED_AT:
                sentence = outcome.sentence
                if is_of_batch:
                    continue  # whether a batch cancels stops is not established (reference 3.4)
                break
            if not isinstance(outcome, Accepted):
                sentence = outcome.sentence
                self._set_pending(client_oid, PendingCommand.CANCEL_UNKNOWN)
                await self._desk.clock.sleep(RETRY_WAIT_S)
        return sentence, is_proven

    async def _is_found_out(self, client_oid: ClientOid, sentence: str) -> bool:
        """Nobody says whether the order works and goes on to: ask until somebody does.

        False when another cancel was asked for meanwhile, which says how it ended.
        """
        self._set_pending(client_oid, PendingCommand.CANCEL_UNKNOWN)
        words = f"Not known whether it was canceled: asking what became of it. {sentence}".strip()
        is_unclear = self._is_unclear(client_oid)
        self._desk.tell(client_oid, TO_BE_CANCELED if is_unclear else words, ok=False)
        mine = self._asking[client_oid] = object()
        attempt = 0
        while self._asking.get(client_oid) is mine:
            wait_s = UNKNOWN_WAITS_S[min(attempt, len(UNKNOWN_WAITS_S) - 1)]
            attempt += 1
            if is_unclear:  # others ask about it until it is known what became of it
                if await self._turns_up(client_oid, wait_s):
                    break
                continue
            is_over = await self._ends_soon(client_oid, wait_s)
            if is_over or await self._is_proven(client_oid):
                break
        if self._asking.get(client_oid) is not mine:
            return False
        del self._asking[client_oid]
        return True

    async def _turns_up(self, client_oid: ClientOid, wait_s: float) -> bool:
        """Whether it is known what an order is: it works, it ended, or it never arrived."""
        if self._desk.orders[client_oid].state is OrderState.UNKNOWN:
            self._desk.look_for(client_oid)
        return await self._desk.pulse.until(lambda: not self._is_unclear(client_oid), wait_s)

    async def _ask(self, client_oid: ClientOid) -> Outcome:
        order = self._desk.orders[client_oid]
        if order.order_id is None:
            # Its answer is on the way; a cancel by our id could overtake the order itself.
            await self._desk.pulse.until(lambda: self._is_named_or_ended(client_oid), EVENT_WAIT_S)
            order = self._desk.orders[client_oid]
        if order.order_id is not None:
            return await self._desk.answer("cancel", self._desk.gateway.cancel(order.order_id))
        cancel = self._desk.gateway.cancel_by_client_oid(order.symbol, client_oid)
        return await self._desk.answer("cancel", cancel)

    def _is_named_or_ended(self, client_oid: ClientOid) -> bool:
        order = self._desk.orders[client_oid]
        return order.order_id is not None or not order.is_working

    async def _ends_soon(self, client_oid: ClientOid, wait_s: float = EVENT_WAIT_S) -> bool:
        return await self._desk.pulse.until(
            lambda: not self._desk.orders[client_oid].is_working, wait_s
        )

    def newest(self, symbol: Symbol) -> bool:
        """Cancel the newest order that is not being canceled; False when there is none.

        One that is being moved is such an order: it is canceled, and no new one follows. One that
        is to be canceled when it turns up is none.
        """
        for order in reversed(self._desk.working(symbol)):
            is_awaited = order.state in UNCLEAR and order.client_oid in self._asking
            if order.pending is not PendingCommand.CANCEL and not is_awaited:
                self.start(order.client_oid)
                return True
        return False

    def _set_pending(self, client_oid: ClientOid, pending: PendingCommand) -> None:
        order = self._desk.orders[client_oid]
        if order.is_working and order.pending is not pending:
            self._desk.put(replace(order, pending=pending))


async def _nothing() -> str:
    """Nothing speaks against a repetition."""
    return ""
