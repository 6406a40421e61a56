"""Generated histories of an order desk, and a brute-force oracle that knows what is true.

``truth`` has the exchange, ``lossy_wire`` what stands between it and a desk. ``History`` lets a
user, a market, another program and the death of the process happen to a desk, holds every claim of
the desk against the truth the moment it is made, and compares everything once all is quiet. It is
drawn (``plans``) from one number, so that each history can be had again; what happens on the
network is drawn for each occasion by itself, so that a failing history can be made small.
"""

from __future__ import annotations

import asyncio
import random
import re
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, final
from unittest.mock import patch

from terminal.domain.events import (
    OrderType,
    StopDirection,
    StopReference,
)
from terminal.domain.guard import GuardLimits, Touch
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.ticket import AttachedExits, OrderTerms, OrderTicket, StopTrigger
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.session import lane
from terminal.session.account import AccountSession
from terminal.session.feed import Feed
from terminal.session.journal import MemoryJournal
from terminal.session.leaving import LeavingKind, LeavingPhase
from terminal.session.notices import NoticeBoard
from terminal.session.orders import OrderDesk
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from terminal.storage.journal import SqliteJournal
from tests.support.builders import (
    a_contract,
    a_ticket,
)
from tests.support.hands import Hands
from tests.support.jumping import JumpingLoop, LoopClock
from tests.support.keepers import Keepers, PricedMarkets, StopMemory
from tests.support.lossy_wire import Fates, MortalJournal, Socket, Wire
from tests.support.stop_law import StopLaw
from tests.support.truth import OURS, SYMBOLS, Exchange, Truth, a_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from terminal.domain.events import Fill
    from terminal.domain.order import Order
    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.order_socket import Correction
    from terminal.session.results import BatchResult, OrderResult
    from tests.support.plans import Plan, Step

QUIET_S = 150.0
"""After this long without faults everything is known: two comparisons with the exchange fit."""


_OVER = (OrderState.FILLED, OrderState.CANCELED)


@final
class History:
    """One history, from an empty account until all is quiet. ``wrong`` is what must not have been.

    ``folder`` is for the journals of those that keep them on the disk.
    """

    def __init__(self, plan: Plan, folder: Path | None = None) -> None:
        self.plan = plan
        self.loop = JumpingLoop()
        self.clock = LoopClock(self.loop)
        self.wrong: list[str] = []
        self.log: list[str] = []
        self.fates = Fates(plan.seed, plan.trouble, plan.calmed)
        self.exchange = Exchange(self.now_s)
        self.exchange.tell = self._tell
        self.exchange.look = self._look
        self.has_socket = plan.has_socket
        self.socket = Socket()
        self.stream_up_s = 0.0
        self.rest_up_s = 0.0
        self._oids = count(1)
        self._tags = count(1)
        self._budget: dict[str, int] = {}
        """Lots that the user asked for, by the tag that he gave."""
        self._signed: set[ClientOid] = set()
        self._meant: set[ClientOid] = set()
        self._denied: dict[ClientOid, str] = {}
        """Orders of which the desk said that they are not at the exchange and never will be."""
        self._reversals: list[tuple[float, Symbol, int]] = []
        self.law = StopLaw(self)
        self._hands = Hands(self)
        self._markets = PricedMarkets(SYMBOLS)
        self._stop_memory = StopMemory()
        self._closed_s: float | None = None
        """Since when the user let nothing out that opens."""
        self.pairs: list[tuple[ClientOid, ClientOid, int, int]] = []
        """Pairs of this life, and how much of each had filled when they were linked."""
        self.spikes = False
        """Whether the next stop that is placed fires at once, in a thin book."""
        self._flattens: dict[Symbol, list[float]] = {symbol: [] for symbol in SYMBOLS}
        self._targets: dict[str, set[tuple[Price, bool]]] = {}
        """Where the user moved his orders to, by their tags, and whether they waited there."""
        self._seen: dict[ClientOid, Order] = {}
        self.held_when_marked: dict[ClientOid, int] = {}
        """What the desk knew to be held when it decided to cancel an order."""
        self._told: set[object] = set()
        self._died_at_s: float | None = None
        self._sqlite: SqliteJournal | None = None
        self._memory = MemoryJournal(self.clock)
        self._path = None if folder is None else folder / f"{plan.seed}.sqlite"
        self._errors: list[str] = []
        self.lives = 0

    def now_s(self) -> float:
        return self.loop.now_s

    def say(self, words: str) -> None:
        """Something that happened, for who reads a failing history."""
        self.log.append(f"{self.now_s() - 1000.0:7.2f} {words}")

    def is_wrong(self, words: str) -> None:
        self.say(f"WRONG: {words}")
        self.wrong.append(words)

    # One life of the program -----------------------------------------------------------------

    async def _begin(self) -> None:
        """Start the program, on what an earlier life of it wrote down."""
        self.lives += 1
        self._died_at_s = None
        self.wire = wire = Wire(self)
        self.owner = TaskOwner(
            "life", lambda name, error: self._errors.append(f"{name}: {error!r}")
        )
        if self.plan.on_disk and self._path is not None:
            if self.lives == 1:
                self._path.unlink(missing_ok=True)
            self._sqlite = SqliteJournal(self._path, self.clock)
            assert not self._sqlite.open()
        self.journal = MortalJournal(self._sqlite or self._memory, self._dies)
        most = Lots(self.plan.most_lots)
        contracts = {s: a_contract(symbol=s, max_market_order_lots=most) for s in SYMBOLS}
        notices = NoticeBoard(self.clock)
        self.feed = Feed("account", wire, self.clock, self.owner)
        self.account = AccountSession(wire, self.feed, self.clock, self.owner, notices, contracts)
        self.desk = OrderDesk(
            wire,
            self.account,
            self.feed,
            self.clock,
            self.owner,
            notices,
            contracts,
            lambda _symbol: Touch(Price(1000), Price(1001)),
            GuardLimits,
            lambda: ClientOid(f"{OURS}{next(self._oids)}"),
            self.journal,
        )
        wire.correct = self._correct
        self._seen = {}
        self._told = set()
        self.desk.on_fill.add(self._on_fill)
        self.desk.on_changed.add(self._on_changed)
        self.desk.on_outcome.add(self._on_outcome)
        self.desk.on_batch.add(self._on_batch)
        self.pairs.clear()
        self.keepers = None
        if self.plan.has_keepers:
            self.keepers = Keepers(
                self.desk, self.account, contracts, self._markets, self._stop_memory,
                wire.permit, self.clock, self.owner, notices,
            )  # fmt: skip
            self.keepers.leaving.on_changed.add(self._on_leaving)
        self.feed.start()
        self.account.start()
        self.desk.start()
        if self.keepers is not None:
            self.keepers.start()
        self.law.no_longer()
        self._note_closed()
        for symbol in SYMBOLS:
            self.account.prepare(symbol)

    def _correct(self, correction: Correction) -> None:
        if not self.wire.is_dead:
            self.desk.correct(correction)

    def _dies(self) -> None:
        """From this instant on the program does nothing any more."""
        if self._died_at_s is None:
            self._died_at_s = self.now_s()
            self.wire.is_dead = self.journal.is_dead = True
            self._close_socket()
            self.say("the program dies")

    async def _bury(self) -> None:
        self.wire.is_dead = self.journal.is_dead = True
        if self.keepers is not None:
            await self.keepers.stop()
        await self.desk.stop()
        await self.account.stop()
        await self.feed.stop()
        await self.owner.close()
        if self._sqlite is not None:
            self._sqlite.close()
            self._sqlite = None

    async def _alive(self) -> bool:
        """Whether the program lives; a dead one is buried and started again."""
        if self._died_at_s is None:
            return True
        await self._bury()
        await asyncio.sleep(0.3)
        await self._begin()
        self.say("the program starts again")
        return False

    def _close_socket(self) -> None:
        """The order socket breaks, and there is another one at once."""
        self.socket.closed_s = self.now_s()
        self.socket = Socket()
        self.wire.socket_closed()

    def _tell(self, fact: StreamFact) -> None:
        self.wire.tell(fact)

    # The whole -------------------------------------------------------------------------------

    def run(self) -> list[str]:
        """Let it happen; returns what was wrong."""
        problems: list[str] = []
        self.loop.set_exception_handler(lambda _loop, what: problems.append(str(what)))
        with _no_chance(self.plan.seed), asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._happen())
        self.wrong.extend(self._errors)
        self.wrong.extend(problems)
        return self.wrong

    async def _happen(self) -> None:
        await self._begin()
        await asyncio.sleep(1.0)
        began_s = self.now_s()
        for step in self.plan.steps:
            while (left_s := began_s + step.at_s - self.now_s()) > 0:
                await asyncio.sleep(min(0.25, left_s))
                await self._alive()
            await self._alive()
            self.say(f"* {step.what} {step.a} {step.b}")
            self._do(step)
        await asyncio.sleep(3.0)
        await self._alive()
        self.journal.left = None
        self.fates.is_quiet = True
        self._close_socket()
        if self.keepers is not None and self.keepers.leaving.phase is not LeavingPhase.STAYING:
            await asyncio.sleep(QUIET_S)
            if await self._alive():
                self.is_wrong("leaving does not end")
        await asyncio.sleep(QUIET_S)
        self._compare()
        await self._bury()

    # The user, the market, others ------------------------------------------------------------

    def _do(self, step: Step) -> None:  # noqa: C901, PLR0912 - a table of all that may happen
        a, b = step.a, step.b
        symbol = SYMBOLS[a % 4 == 0]
        side = Side.BUY if a % 8 < 5 else Side.SELL
        lots, desk, exchange = Lots(1 + b % 6), self.desk, self.exchange
        opposite = Side.SELL if exchange.held[symbol] > 0 else Side.BUY
        direction = StopDirection.DOWN if opposite is Side.SELL else StopDirection.UP
        price = Price(990 + b % 20)
        match step.what:
            case "limit":
                self.submit(a_ticket(symbol=symbol, side=side, price=price, lots=lots))
            case "market":
                self.submit(_at_market(symbol, side, Lots(min(lots, self.plan.most_lots))))
            case "protect":
                trigger = StopTrigger(direction, StopReference.MARK, Price(900 + b))
                held = max(1, abs(exchange.held[symbol]))
                self.submit(a_stop(symbol, opposite, held, trigger))
            case "entry stop":
                trigger = StopTrigger(StopDirection.UP, StopReference.LAST, Price(1010 + b))
                entry = a_ticket(symbol=symbol, side=side, price=trigger.price + 1, lots=lots)
                entry = entry if b % 2 else _at_market(symbol, side, lots)
                self.submit(replace(entry, trigger=trigger))
            case "with exits":
                exits = AttachedExits(StopReference.MARK, Price(1100), Price(900))
                ticket = a_ticket(symbol=symbol, side=side, price=price, lots=lots)
                self.submit(replace(ticket, exits=exits))
            case "batch":
                tickets = [
                    self._tagged(a_ticket(symbol=symbol, price=Price(price - n), lots=Lots(1 + n)))
                    for n in range(2 + b % 3)
                ]
                for result in desk.submit_batch(tickets):
                    if isinstance(result, Submitted):
                        self._meant.add(result.client_oid)
            case "cancel":
                if (order := self.of_desk(a)) is not None:
                    self.law.wants_gone(self.same_as(order))
                    desk.cancel(order.client_oid)
            case "cancel side":
                self.law.wants_gone(lambda o: o.ticket.symbol == symbol and o.side is side)
                desk.cancel_side(symbol, side)
            case "cancel stops":
                self.law.wants_gone(lambda o: o.ticket.symbol == symbol)
                desk.cancel_stops(symbol)
            case "cancel all":
                self.law.wants_gone(lambda o: o.ticket.symbol == symbol)
                desk.cancel_all(symbol)
            case "cancel everywhere":
                self.law.wants_gone(lambda _order: True)
                desk.cancel_everywhere()
            case "move":
                self._move(self.of_desk(a), b)
            case "move stop":
                stops = [order for order in desk.working(symbol) if order.is_stop]
                self._move(stops[a % len(stops)] if stops else None, b)
            case "disarm":
                desk.abort_moves(symbol, exits_too=False)
            case "flatten":
                self.wants_flat(symbol)
                desk.flatten(symbol)
            case "reverse":
                self.wants_flat(symbol)
                self._reversals.append((self.now_s(), symbol, 0))
                desk.reverse(symbol)
            case "close":
                desk.close_share(symbol, Decimal(1) if b % 2 else Decimal("0.5"))
            case "fill":
                resting = [order for order in exchange.alive() if not order.waits]
                if resting:
                    exchange.fill(resting[a % len(resting)], lots)
            case "fire":
                waiting = [order for order in exchange.alive() if order.waits]
                if waiting:
                    stop = waiting[a % len(waiting)]
                    is_limit = stop.ticket.order_type is OrderType.LIMIT
                    exchange.fill(stop, 0 if is_limit else stop.lots)
            case "other places":
                ticket = a_ticket(symbol=symbol, side=side, price=price, lots=lots)
                exchange.make(ticket, None if b % 2 else ClientOid(f"web{a}-{b}-{step.at_s}"))
            case "other cancels":
                if alive := exchange.alive():
                    exchange.end(alive[a % len(alive)], "another")
            case "thin book":
                exchange.depth = 1 + b % 3 if exchange.depth > 3 else 1000
            case "gap":
                self.stream_up_s = self.now_s() + 0.1 + b / 8
                self.wire.close("The stream broke off.")
            case "rest down":
                self.rest_up_s = self.now_s() + b / 8
            case "socket closes":
                self._close_socket()
            case "dies":
                self._dies()
            case "dies at a write":
                self.journal.left = 1 + b % 30
            case _:
                assert self.keepers is not None
                self._hands.do(self.keepers, step, symbol)
                self._note_closed()

    def _note_closed(self) -> None:
        """See whether the user lets out what opens; what has passed the gate by now may go."""
        if self.keepers is None or not self.keepers.why_closed:
            self._closed_s = None
        elif self._closed_s is None:
            self._closed_s = self.now_s()

    def wants_flat(self, symbol: Symbol) -> None:
        self._flattens[symbol].append(self.now_s())
        self.law.wants_flat(symbol)

    def _tagged(self, ticket: OrderTicket) -> OrderTicket:
        tag = f"{'stop' if ticket.reduces_only else 'root'}{next(self._tags)}"
        self._budget[tag] = int(ticket.lots or 0)
        return replace(ticket, terms=replace(OrderTerms(), remark=tag))

    def submit(self, ticket: OrderTicket) -> None:
        result = self.desk.submit(self._tagged(ticket))
        if isinstance(result, Submitted):
            self._meant.add(result.client_oid)
            self.say(f"  is {result.client_oid}")
        else:
            self.say(f"  blocked: {result.blocks[0].reason}")

    def of_desk(self, a: int) -> Order | None:
        working = self.desk.working()
        return working[a % len(working)] if working else None

    def _move(self, order: Order | None, b: int) -> None:
        if order is None:
            return
        target = Price(990 + b % 20)
        if order.state is OrderState.UNTRIGGERED:
            target = Price((order.trigger or 950) + 1 + b % 5)
        if (truth := self.truth_of(order)) is not None:
            self.law.moves(truth)
            waits = order.state is OrderState.UNTRIGGERED
            self._targets.setdefault(truth.tag, set()).add((target, waits))
        blocked = self.desk.move(order.client_oid, target)
        self.say(f"  {order.client_oid}: {blocked.blocks[0].reason if blocked else 'moves'}")

    def same_as(self, order: Order) -> Callable[[Truth], bool]:
        """An order, and whatever takes its place while it is moved."""
        known = self.truth_of(order)

        def is_same(other: Truth) -> bool:
            if other.client_oid == order.client_oid or other.order_id == order.order_id:
                return True
            if known is None or other.placed_s < known.placed_s:
                return False
            if (other.ticket.symbol, other.side) != (order.symbol, order.side):
                return False
            if known.tag:
                return other.tag == known.tag
            # What nobody tagged has an heir only where the user moved it.
            intention = (
                None if other.client_oid is None else self.journal.intention(other.client_oid)
            )
            return intention is not None and intention.purpose is Purpose.MOVE

        return is_same

    def cancels_sent(self, orders: list[Truth | None]) -> None:
        """A desk asks for cancels."""
        for order in orders:
            if order is not None:
                self.law.cancel_sent(order)

    # Laws about what is at the exchange ------------------------------------------------------

    def signed(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """A desk sends an order: once, written down, and asked for."""
        self.say(f"  > {client_oid} {_words(ticket)}")
        if client_oid in self._signed:
            self.is_wrong(f"{client_oid} was sent twice")
        self._signed.add(client_oid)
        tag = ticket.terms.remark
        if tag and client_oid not in self._meant:
            at = ticket.price if ticket.trigger is None else ticket.trigger.price
            if (at, ticket.trigger is not None) not in self._targets.get(tag, ()):
                self.is_wrong(f"{client_oid} goes to {at} and nobody moved {tag} there")
        intention = self.journal.intention(client_oid)
        if intention is None or intention.ticket != ticket:
            self.is_wrong(f"{client_oid} was sent and not written down as it was sent")
            return
        self.law.signed(intention)
        if intention.purpose is Purpose.PROTECT and not ticket.reduces_only:
            self.is_wrong(f"{client_oid} is to protect and could open")
        closed_s, sent_s = self._closed_s, self.desk.sent.get(client_oid)
        if (
            closed_s is not None
            and not ticket.reduces_only
            and (sent_s is None or sent_s > closed_s)
        ):
            self.is_wrong(f"{client_oid} opens and nothing may")

    def _look(self, order: Truth, what: str) -> None:
        """After each change, and before the end, of an order at the exchange."""
        self.say(f"    {order.order_id} {order.client_oid} {what} {order.filled}/{order.lots}")
        if what.startswith("ends:"):
            self.law.ends(order, what.removeprefix("ends:"))
            return
        if order.is_ours and what == "made":
            self._look_at_made(order)
            if self.spikes and order.waits:
                self.spikes = False
                self.loop.call_soon(self._spike, order)
        tag = order.tag
        if tag.startswith("root"):
            same = [o for o in self.exchange.orders if o.tag == tag]
            # A stop that only reduces may take the place of a plain one: it opens nothing.
            total = sum(o.filled + o.left for o in same if not o.ticket.reduces_only)
            most = max((o.lots for o in same if o.ticket.reduces_only), default=0)
            if max(total, most) > self._budget[tag]:
                self.is_wrong(f"{tag}: {total} lots instead of {self._budget[tag]}")

    def _look_at_made(self, order: Truth) -> None:
        client_oid = order.client_oid
        assert client_oid is not None
        if sum(o.client_oid == client_oid for o in self.exchange.orders) > 1:
            self.is_wrong(f"{client_oid} is at the exchange twice")
        if client_oid in self._denied:
            self.is_wrong(f"{client_oid} arrived after all: {self._denied[client_oid]}")
        if order.tag or order.ticket.reduces_only:
            return
        # It opens and is no order of the user's own: only reversing does that.
        symbol = order.ticket.symbol
        asked = [at for at, one, _ in self._reversals if one == symbol]
        placed = sum(
            o.is_ours and not o.tag and not o.ticket.reduces_only and o.ticket.symbol == symbol
            for o in self.exchange.orders
        )
        if placed > len(asked):
            self.is_wrong(f"{client_oid} opens {symbol} and nobody asked for it")
        elif not self.exchange.was_flat_since(symbol, asked[0]):
            self.is_wrong(f"{client_oid} opens {symbol} the other way before it was flat")

    def _spike(self, order: Truth) -> None:
        """A stop fires into a thin book: some of it fills, the rest is canceled."""
        if order.waits and not order.done:
            self.exchange.fill(order, 1)
            self.loop.call_later(0.3, self.exchange.end, order, "the price bound")

    # Laws about what the desk says -----------------------------------------------------------

    def _on_changed(self) -> None:
        """Nothing is believed of an order that is not true by now."""
        if self.wire.is_dead:
            return
        for client_oid, order in self.desk.orders.items():
            before = self._seen.get(client_oid)
            if before is not order:
                self._seen[client_oid] = order
                was_going = before is not None and before.pending is PendingCommand.CANCEL
                if order.pending is PendingCommand.CANCEL and not was_going:
                    held = self.account.position(order.symbol).core.lots
                    self.held_when_marked[client_oid] = held
                if before is not None and before.state in _OVER and not order.state.is_terminal:
                    self.is_wrong(f"{client_oid} comes back to life")
                self._look_at_claim(order)

    def _look_at_claim(self, order: Order) -> None:
        truth = self.truth_of(order)
        self.say(f"      desk: {order.client_oid} {order.state.value} {order.filled}")
        if order.state is OrderState.REJECTED:
            if truth is not None:
                self.is_wrong(f"{order.client_oid} is at the exchange and said to be rejected")
            self._denied[order.client_oid] = order.reason
            return
        if order.client_oid.startswith("id:") and order.order_id is None:
            return  # another name of an order that is looked at by its own
        if truth is None:
            if order.state not in {OrderState.SUBMITTING, OrderState.UNKNOWN}:
                self.is_wrong(f"{order.client_oid} is said to be {order.state.value}, is nowhere")
            return
        if order.filled > truth.filled or order.canceled > truth.canceled:
            self.is_wrong(f"{order.client_oid}: more is said to have ended than has")
        if order.state.is_terminal and not truth.done:
            self.is_wrong(f"{order.client_oid} is said to be {order.state.value} and works")
        if order.state is OrderState.FILLED and truth.filled < truth.lots:
            self.is_wrong(f"{order.client_oid} is said to be filled")
        if order.state.is_terminal and (order.filled, order.canceled) != (
            truth.filled,
            truth.canceled,
        ):
            self.is_wrong(f"{order.client_oid} ended otherwise than it is said")

    def truth_of(self, order: Order) -> Truth | None:
        if order.order_id is not None:
            return self.exchange.by_id(order.order_id)
        return self.exchange.named(order.client_oid)

    def _on_outcome(self, result: OrderResult) -> None:
        if self.wire.is_dead:
            return
        words, order = result.sentence, result.order
        self.say(f"      says: {order.client_oid} {words}")
        symbol, truth = order.symbol, self.truth_of(order)
        for one in SYMBOLS:
            asked = self._flattens[one]
            if words == f"{one} is flat." and not any(
                self.exchange.was_flat_since(one, at_s) for at_s in asked
            ):
                self.is_wrong(f"{one} is said to be flat and was not since {asked}")
            if words == f"{one} is flat.":
                missed = any(what.startswith("word") for what in self.fates.hit.values())
                older = [
                    o
                    for o in self.exchange.alive(one)
                    if o.placed_s < asked[0] and (o.is_ours or not missed)
                ]
                if older and len(asked) == 1:
                    self.is_wrong(f"{one} is said to be flat and {older[0].order_id} works")
        if words.startswith("Moved:") and (truth is None or not truth.done or not truth.canceled):
            self.is_wrong(f"{symbol}: said to be moved, and the old order was not canceled")
        if words == "Canceled instead of moved." and (truth is None or not truth.done):
            self.is_wrong("said to be canceled instead of moved, and is not")
        if words.startswith("Filled before") and (truth is None or not truth.filled):
            self.is_wrong("said to be filled before it was moved, and is not")

    def _on_fill(self, fill: Fill) -> None:
        if fill.key in self._told:
            self.is_wrong(f"the fill {fill.trade_id} is told twice")
        self._told.add(fill.key)

    def _on_leaving(self) -> None:
        """The end is due: what was promised must be so. Then the program ends."""
        k = self.keepers
        self._note_closed()
        if self.wire.is_dead or k is None or k.leaving.phase is not LeavingPhase.READY:
            return
        self.say(f"      says: ready to leave, {k.leaving.kind}")
        missed = any(what.startswith("word") for what in self.fates.hit.values())
        if not missed and k.leaving.kind is LeavingKind.CANCEL_ENTRIES:
            self._look_for_openers("leaving")
        if not missed and k.leaving.kind is LeavingKind.FLATTEN:
            held = [symbol for symbol in SYMBOLS if self.exchange.held[symbol]]
            # What the user sends by himself meanwhile is his; what follows by itself is not.
            alive = [o.order_id for o in self.exchange.alive() if o.is_ours and not o.tag]
            if held or alive:
                self.is_wrong(f"left as flat with {held} held and {alive} alive")
        self._dies()

    def _look_for_openers(self, who: str) -> None:
        openers = [
            order.order_id
            for order in self.exchange.alive()
            if order.is_ours and not order.ticket.reduces_only and not self.law.protects(order)
        ]
        if openers:
            self.is_wrong(f"{who} is done with what opens, and {openers} work")

    def _on_batch(self, result: BatchResult) -> None:
        if self.wire.is_dead:
            return
        self.say(f"      says: {result.sentence}")
        for item in result.items:
            order = self.desk.orders.get(item.client_oid)
            truth = None if order is None else self.truth_of(order)
            if item.ok and truth is not None and not truth.done:
                self.is_wrong(f"{item.client_oid}: {item.sentence} And it works.")

    # When all is quiet -----------------------------------------------------------------------

    def _compare(self) -> None:
        """Everything the desk says, against everything that is."""
        desk, exchange = self.desk, self.exchange
        if not (desk.is_trusted and self.account.is_trusted):
            self.is_wrong("not trusted after all this time")
        if desk.resolution.reason:
            self.is_wrong(desk.resolution.reason)
        self._compare_orders()
        working = {o.order_id for o in desk.working()}
        alive = {o.order_id for o in exchange.alive()}
        if working != alive:
            self.is_wrong(f"working: {sorted(map(str, working))}, alive: {sorted(alive)}")
        told = sorted((f.key, f.lots) for f in desk.fills)
        true = sorted((f.key, f.lots) for o in exchange.orders for f in o.trades)
        if told != true:
            self.is_wrong(f"fills: {told} instead of {true}")
        for symbol in SYMBOLS:
            position = self.account.position(symbol)
            if position.core.lots != exchange.held[symbol] or position.is_provisional:
                held = exchange.held[symbol]
                self.is_wrong(f"{symbol}: {position.core.lots} held instead of {held}")
            if desk.flattening(symbol) or desk.reversing(symbol):
                self.is_wrong(f"{symbol}: a procedure does not end")
        if self.keepers is not None:
            self._compare_keepers(self.keepers)
        open_oids = {str(one.intention.client_oid) for one in desk.journal.open_intentions()}
        ours = {str(o.client_oid) for o in exchange.alive() if o.is_ours}
        if open_oids != ours:
            self.is_wrong(f"journal: {sorted(open_oids)} open instead of {sorted(ours)}")

    def _compare_keepers(self, k: Keepers) -> None:
        status = k.kill.status
        if status.is_on and status.kind is not None and not status.ended_by:
            if not status.is_finished:
                self.is_wrong(f"the stop does not end: {status.progress}")
            self._look_for_openers("the stop")
        if k.exits.under_way() or k.watch.under_way():
            self.is_wrong("moving or mending does not end")
        for one, other, one_before, other_before in self.pairs:
            if k.pairs.of(one) is None:
                continue
            for name, before in ((one, one_before), (other, other_before)):
                truth = self.truth_of(self.desk.orders[name])
                partner = self.truth_of(self.desk.orders[other if name == one else one])
                is_kept = partner is not None and self.law.protects(partner)
                if truth is not None and truth.filled > before and not is_kept:
                    self.is_wrong(f"{name} has filled and its pair is held on")

    def _compare_orders(self) -> None:
        unclear = {OrderState.SUBMITTING, OrderState.UNKNOWN}
        for order in self.desk.orders.values():
            if order.state in unclear or order.pending is not PendingCommand.NONE:
                self.is_wrong(f"{order.client_oid} stays {order.state.value}, {order.pending}")
        for truth in self.exchange.orders:
            named = None if truth.client_oid is None else self.desk.orders.get(truth.client_oid)
            known = named or next(
                (o for o in self.desk.orders.values() if o.order_id == truth.order_id), None
            )
            if known is None:
                # What ended before it was heard of, or in an earlier life, need not be known.
                if not truth.done or (truth.client_oid in self._signed and self.lives == 1):
                    self.is_wrong(f"{truth.order_id} {truth.client_oid} is not known")
                continue
            counts = (known.order_id, known.filled, known.canceled, known.state.is_terminal)
            right = (truth.order_id, truth.filled, truth.canceled, truth.done)
            is_waiting = known.state is OrderState.UNTRIGGERED
            if counts != right or (not truth.done and is_waiting is not truth.waits):
                self.is_wrong(f"{known.client_oid}: {counts}, {known.state} instead of {right}")


def _at_market(symbol: Symbol, side: Side, lots: Lots) -> OrderTicket:
    return a_ticket(symbol=symbol, side=side, order_type=OrderType.MARKET, price=None, lots=lots)


def _words(ticket: OrderTicket) -> str:
    side = "close" if ticket.side is None else ticket.side.value
    at = "" if ticket.trigger is None else f" when {ticket.trigger.price}"
    reduces = " reduces" if ticket.reduces_only else ""
    price = ticket.price or "market"
    return f"{ticket.symbol} {side} {ticket.lots} at {price}{at}{reduces} {ticket.terms.remark}"


@contextmanager
def _no_chance(seed: int) -> Generator[None]:
    """What spreads reconnections draws from the history's number, too."""

    class Drawn:
        @staticmethod
        def Random() -> random.Random:  # noqa: N802 - stands in for the class
            return random.Random(seed)

    with patch.object(lane, "random", Drawn):
        yield


def happened(plan: Plan, folder: Path | None = None) -> History:
    """Let a plan happen."""
    history = History(plan, folder)
    history.run()
    return history


def smallest(plan: Plan, folder: Path | None = None) -> History:
    """A failing plan without all that it fails without, as it happened."""
    best = happened(plan, folder)
    wanted = {_kind(words) for words in best.wrong[:1]}
    is_smaller = bool(wanted)

    def less_of(plan: Plan) -> History | None:
        less = happened(plan)
        return less if wanted & {_kind(words) for words in less.wrong} else None

    if is_smaller and (in_memory := less_of(replace(best.plan, on_disk=False))) is not None:
        best = in_memory
    while is_smaller:
        is_smaller = False
        for index in reversed(range(len(best.plan.steps))):
            steps = best.plan.steps
            less = less_of(replace(best.plan, steps=(*steps[:index], *steps[index + 1 :])))
            if less is not None:
                best, is_smaller = less, True
        for number in sorted(best.fates.hit):
            less = less_of(replace(best.plan, calmed=best.plan.calmed | {number}))
            if less is not None:
                best, is_smaller = less, True
    return best


def _kind(words: str) -> str:
    """What a failure is, without the names of the orders it is about."""
    return re.sub(r"\d+", "", words)


def story(history: History) -> str:
    """A history in words."""
    steps = "\n".join(map(str, history.plan.steps))
    hit = ", ".join(f"{number} {what}" for number, what in sorted(history.fates.hit.items()))
    log = "\n".join(history.log)
    wrong = "\n".join(history.wrong)
    return f"{wrong}\n\nseed {history.plan.seed}\n{steps}\nfaults: {hit}\n\n{log}"
