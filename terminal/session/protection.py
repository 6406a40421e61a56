"""Keeps true how every position is protected, and mends it when asked twice, never by itself.

The classification is the domain's; here it is fed with the desk's orders and the account's
positions, given an age and a source, and a grace period while exits attached to an order are on
their way. A mending order is proposed in exact figures, and sent only after the stop list and the
position were read again and nothing had changed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.bounding import may_bound_loss
from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode, PositionSide, StopDirection
from terminal.domain.lanes import about, is_of_lane
from terminal.domain.order import OrderState
from terminal.domain.protection import (
    Cover,
    Held,
    Mending,
    ProtectionSettings,
    ProtectionState,
    classify,
    mending,
)
from terminal.domain.ticket import ASSUMED_MODE
from terminal.domain.triggers import Fires, watched_price, would_fire_now
from terminal.domain.units import ExactPrice, Lots, Side
from terminal.session.awaited import AwaitedExits
from terminal.session.kept_distance import KeptDistances
from terminal.session.listeners import Listeners
from terminal.session.swaps import swap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.triggers import References
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.account import AccountSession
    from terminal.session.awaited import AwaitedFill
    from terminal.session.desk import Desk
    from terminal.session.listeners import Handle
    from terminal.session.orders import OrderDesk
    from terminal.session.positions import Key
    from terminal.session.tasks import TaskOwner

PROPOSAL_LIMIT_S = 30.0
"""After so long a proposal is made anew instead of being sent."""
LOUD_AFTER_S = 1.0
"""A state that has to be noticed is told to the event log once it has lasted so long."""
KEPT_FILLED = 1000
"""Above so many orders with exits, those that the desk has forgotten are forgotten."""
FIRST_LOOK_S = 1.0
"""So long after a fill the stop list is read for attached exits the first time."""

OrderFacts: TypeAlias = "tuple[str, int, int | None, StopDirection | None, bool]"


@final
@dataclass(frozen=True, slots=True)
class Watched:
    """How a position stands: its cover, since when the state lasts, and how well it is known."""

    cover: Cover
    since_s: float
    is_provisional: bool
    is_trusted: bool

    @property
    def source(self) -> str:
        """Where the knowledge comes from, in words."""
        if not self.is_trusted:
            return "being read again"
        return "own fills, not confirmed yet" if self.is_provisional else "told by the exchange"


@final
@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be sent to mend a position, exactly. ``reason`` says why nothing would be.

    ``held`` and ``facts`` are what it rests on: if they are others when it is sent, it is not.
    """

    symbol: Symbol
    state: ProtectionState
    held: Lots
    facts: tuple[OrderFacts, ...]
    places: tuple[OrderTicket, ...]
    cancels: tuple[Order, ...]
    reason: str
    made_at_s: float
    lane: PositionSide = PositionSide.BOTH

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to send."""
        return not self.places and not self.cancels


@final
@dataclass(frozen=True, slots=True)
class Mended:
    """How a mending ended. ``instead`` is the new proposal when things had changed."""

    symbol: Symbol
    sentence: str
    instead: Proposal | None = None
    ok: bool = False
    lane: PositionSide = PositionSide.BOTH


@final
class ProtectionWatch:
    """Every position's protection. ``on_changed`` tells changes, ``on_mended`` ends of mendings.

    A lane that is not named is the only one; in hedge mode ``LaneNotNamedError`` is raised then.
    """

    def __init__(
        self,
        desk: OrderDesk,
        account: AccountSession,
        contracts: Mapping[Symbol, Contract],
        references: Callable[[Symbol], References],
        settings: Callable[[], ProtectionSettings],
        owner: TaskOwner,
    ) -> None:
        self._desk = desk
        self._account = account
        self._contracts = contracts
        self._references = references
        self._settings = settings
        self._owner = owner.child("protection")
        self._clock = desk.clock
        self._dirty = asyncio.Event()
        self._handles: list[Handle] = []
        self._watched: dict[Key, Watched] = {}
        self._is_news = False
        self._filled: dict[ClientOid, Lots] = {}
        self._awaited = AwaitedExits()
        self._mending: set[Key] = set()
        self._told: dict[Key, ProtectionState] = {}
        self._kept = KeptDistances()
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_mended: Listeners[[Mended]] = Listeners(self._owner.listener_failed)

    # Truth -----------------------------------------------------------------------------------

    @property
    def settings(self) -> ProtectionSettings:
        """The settings as they are now."""
        return self._settings()

    def watched(self, symbol: Symbol, lane: PositionSide | None = None) -> Watched | None:
        """How a contract's position stands; None where nothing is held and no exit waits."""
        key = (symbol, self._account.lane(symbol, lane))
        self._evaluate(key)
        return self._watched.get(key)

    def all(self) -> tuple[Watched, ...]:
        """All positions and orphan stops, by symbol and lane."""
        keys = sorted(self._watched, key=lambda key: (key[0], key[1].value))
        return tuple(self._watched[key] for key in keys)

    def lasts_s(self, watched: Watched) -> float:
        """For how long a state has lasted."""
        return self._clock.monotonic_s() - watched.since_s

    def references(self, symbol: Symbol) -> References:
        """Last, mark and index price of a contract as far as they can be trusted."""
        return self._references(symbol)

    def lanes(self, symbol: Symbol) -> tuple[PositionSide, ...]:
        """The lanes of a contract, as the account has them."""
        return self._account.lanes(symbol)

    def is_mending(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """True while a mending is being checked and sent."""
        return (symbol, self._account.lane(symbol, lane)) in self._mending

    def held(self, symbol: Symbol, lane: PositionSide | None = None) -> Held | None:
        """What is to be protected of a contract; None for one that is not listed."""
        contract = self._contracts.get(symbol)
        if contract is None:
            return None
        position = self._account.position(symbol, lane)
        is_end = position.margin_mode is MarginMode.ISOLATED
        return Held(
            contract,
            position.core.lots,
            position.lane,
            position.liquidation if is_end else None,
        )

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch."""
        self._handles = [
            self._desk.on_changed.add(self._dirty.set),
            self._account.on_changed.add(self._dirty.set),
        ]
        self._dirty.set()
        self._owner.spawn("watch", self._watch())

    async def stop(self) -> None:
        """End and wait until nothing runs. What waits at the exchange stays."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    async def _watch(self) -> None:
        """Look once however many changes came at once."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._note_fills()
            for key in self._keys():
                self._evaluate(key)
            if self._is_news:
                self._is_news = False
                self.on_changed.notify()

    def _keys(self) -> set[Key]:
        account = self._account
        symbols = {position.symbol for position in account.positions()}
        symbols.update(order.symbol for order in self._desk.working() if order.is_stop)
        known = symbols & self._contracts.keys()
        keys = {(symbol, lane) for symbol in known for lane in account.lanes(symbol)}
        return keys.union(self._watched)

    def _evaluate(self, key: Key) -> None:
        symbol, lane = key
        held = self.held(symbol, lane)
        if held is None or lane not in self._account.lanes(symbol):
            self._is_news |= self._watched.pop(key, None) is not None  # of another position mode
            return
        cover = self._cover(held)
        at = self._clock.monotonic_s(), self._desk.reversing(symbol)
        self._kept.look(key, cover, self._price_now(symbol) if at[1] else None, at)
        if cover.state is ProtectionState.FLAT or _is_nothing(cover):
            self._is_news |= self._watched.pop(key, None) is not None
            self._told.pop(key, None)
            return
        before = self._watched.get(key)
        is_same = before is not None and before.cover.state is cover.state
        now = Watched(
            cover,
            before.since_s if before is not None and is_same else self._clock.monotonic_s(),
            self._account.position(symbol, lane).is_provisional,
            self._is_trusted,
        )
        if now == before:
            return
        self._watched[key] = now
        self._is_news = True
        self._dirty.set()  # whoever asked first, all others are told
        if not is_same:
            self._owner.spawn(f"tell {symbol}", self._tell_later(key, cover.state))

    @property
    def _is_trusted(self) -> bool:
        return self._desk.is_trusted and self._account.is_trusted

    def _cover(self, held: Held) -> Cover:
        symbol = held.contract.symbol
        key = (symbol, held.lane)
        orders = _each_once(self._desk.working(symbol))
        self._awaited.see(key, held.lots, self._made_there(held, orders))
        return classify(
            held,
            orders,
            flags_unknown=frozenset(self._desk.flags_unknown),
            is_trusted=self._is_trusted,
            awaited=self._awaited.lots(key, held.lots, self._clock.monotonic_s()),
        )

    def _made_there(self, held: Held, orders: tuple[Order, ...]) -> list[tuple[str, int]]:
        """Waiting stops for a lane that we did not send ourselves: attached exits are of them."""
        return [
            (order.order_id, held.size if order.is_close_order else order.remaining)
            for order in orders
            if order.state is OrderState.UNTRIGGERED
            and order.order_id is not None
            and order.client_oid not in self._desk.sent
            and is_of_lane(held.lane, order)
            and may_bound_loss(order, held.lots)
        ]

    async def _tell_later(self, key: Key, state: ProtectionState) -> None:
        """Put what must be noticed into the event log once it lasts."""
        await self._clock.sleep(LOUD_AFTER_S)
        now = self._watched.get(key)
        if now is None or now.cover.state is not state or self._told.get(key) is state:
            return
        self._told[key] = state
        words = _LOUD.get(state)
        if words:
            self._desk.warn(f"{about(*key)}: {words}", key[0])

    # Exits on their way ----------------------------------------------------------------------

    def _note_fills(self) -> None:
        """See which orders with exits attached have filled further."""
        if len(self._filled) > KEPT_FILLED:  # those that the desk forgot are nobody's any more
            known = self._desk.orders
            self._filled = {oid: lots for oid, lots in self._filled.items() if oid in known}
        for order in self._desk.orders.values():
            if order.exits is None or order.filled <= self._filled.get(order.client_oid, 0):
                continue
            more = order.filled - self._filled.get(order.client_oid, 0)
            self._filled[order.client_oid] = order.filled
            stops_loss = order.exits.down if order.side is Side.BUY else order.exits.up
            if stops_loss is not None:
                key = (order.symbol, order.position_side or PositionSide.BOTH)
                self._await_exits(key, more, 0 if order.side is None else order.side.sign)

    def _await_exits(self, key: Key, lots: int, sign: int) -> None:
        now_s = self._clock.monotonic_s()
        until_s = now_s + self.settings.grace_s
        fill = self._awaited.fill(key, lots, sign, now_s, now_s + FIRST_LOOK_S, until_s)
        if fill is not None:
            self._owner.spawn(f"exits of {key[0]}", self._look_for_exits(key, fill))

    async def _look_for_exits(self, key: Key, fill: AwaitedFill) -> None:
        """After a fill the stop list is read: when exits are made is not established (11)."""
        symbol, lane = key
        try:
            await self._clock.sleep(FIRST_LOOK_S)
            if fill.lots:  # else they were told, or nothing is held any more
                await self._look(symbol)
            await self._clock.sleep(max(0.0, fill.until_s - self._clock.monotonic_s()))
            is_awaited = fill.lots > 0
            if is_awaited:
                await self._look(symbol)
        finally:
            self._awaited.over(key, fill)
            self._dirty.set()
        if not is_awaited or lane not in self._account.lanes(symbol):
            return
        watched = self.watched(symbol, lane)
        if watched is not None and watched.cover.is_loud:
            words = "The exits attached to the order have not appeared, or not for all of it."
            self._desk.warn(f"{about(symbol, lane)}: {words}", symbol)

    async def _look(self, symbol: Symbol) -> None:
        try:
            await read_stops(self._desk, symbol)
        except TernError as error:
            self._desk.warn(f"The stops could not be read. {error.sentence}", symbol)
        except Exception as error:  # noqa: BLE001 - reported; the watch must not die of a query
            self._owner.report("read the stops", error)
            self._desk.warn("The stops could not be read.", symbol)

    # Mending ---------------------------------------------------------------------------------

    def propose(self, symbol: Symbol, lane: PositionSide | None = None) -> Proposal:
        """What would mend a position, by what is known now. Nothing is sent."""
        held = self.held(symbol, lane)
        now_s = self._clock.monotonic_s()
        if held is None:
            words = f"{symbol} is not listed."
            return Proposal(symbol, ProtectionState.UNKNOWN, _NO_LOTS, (), (), (), words, now_s)
        cover = self._cover(held)
        if cover.state in {ProtectionState.FLAT, ProtectionState.PROTECTED}:
            found = Mending(reason="Nothing to mend.")
        else:
            mode = self._mode(symbol, held.lane)
            settings, kept = self.settings, self._kept.of((symbol, held.lane), held)
            if kept is not None:
                settings = replace(settings, distance=kept)
            found = mending(cover, mode, self._price_now(symbol), settings)
        return Proposal(
            symbol,
            cover.state,
            held.lots,
            _facts(cover),
            found.places,
            found.cancels,
            found.reason,
            now_s,
            held.lane,
        )

    def kept_ticks(self, symbol: Symbol, lane: PositionSide) -> int | None:
        """How far the stop was that stood before a reverse; None where none stood."""
        held = self.held(symbol, lane)
        kept = None if held is None else self._kept.of((symbol, lane), held)
        return None if kept is None else int(kept.value)

    def _mode(self, symbol: Symbol, lane: PositionSide) -> MarginMode:
        account = self._account
        known = account.position(symbol, lane).margin_mode or account.margin_mode(symbol)
        return known or ASSUMED_MODE

    def _price_now(self, symbol: Symbol) -> ExactPrice | None:
        """The price that a mending stop is measured from: of its own reference, no other."""
        contract, now = self._contracts[symbol], self._references(symbol)
        price = watched_price(self.settings.reference, contract.scale, now)
        return None if price is None else ExactPrice(price)

    def under_way(self) -> tuple[str, ...]:
        """Positions that are being mended now, one sentence each."""
        names = sorted(about(*key) for key in self._mending)
        return tuple(f"The stops of {name} are being mended." for name in names)

    def mend(self, proposal: Proposal) -> None:
        """Send a proposal, if nothing has changed by the exchange's own word, asked right now."""
        symbol, lane = key = (proposal.symbol, proposal.lane)
        reason = self._desk.access.silence  # a mending only reduces
        if reason:
            self._end(Mended(symbol, f"Not sent. {reason}", lane=lane))
        elif proposal.is_empty:
            words = proposal.reason or "There is nothing to send."
            self._end(Mended(symbol, words, lane=lane))
        elif key not in self._mending:
            self._mending.add(key)
            self._owner.spawn(f"mend {symbol}", self._mend(proposal))

    async def _mend(self, proposal: Proposal) -> None:
        try:
            self._end(replace(await self._check_and_send(proposal), lane=proposal.lane))
        finally:
            self._mending.discard((proposal.symbol, proposal.lane))
            self.on_changed.notify()

    async def _check_and_send(self, proposal: Proposal) -> Mended:
        symbol = proposal.symbol
        try:
            await read_stops(self._desk, symbol)
            await self._account.read_position(symbol, proposal.lane)
        except TernError as error:
            words = f"Not sent: stops and position could not be read again. {error.sentence}"
            return Mended(symbol, words)
        except Exception as error:  # noqa: BLE001 - reported; a procedure must not die of a query
            self._owner.report("read stops and position", error)
            return Mended(symbol, "Not sent: stops and position could not be read again.")
        fresh = self.propose(symbol, proposal.lane)
        if (fresh.held, fresh.facts) != (proposal.held, proposal.facts):
            return Mended(symbol, "Not sent: it changed meanwhile. Look again.", fresh)
        if self._clock.monotonic_s() - proposal.made_at_s > PROPOSAL_LIMIT_S:
            return Mended(symbol, "Not sent: it was proposed too long ago.", fresh)
        why = self._why_not_waiting(proposal)
        if why:
            return Mended(symbol, f"Not sent: {why}.", fresh)
        wanted = "Mending the protection (new stops first, then the cancel of others)."
        cancels = [order.client_oid for order in proposal.cancels]
        done = await swap(self._desk, symbol, proposal.places, cancels, wanted)
        return Mended(symbol, done.sentence, ok=done.ok)

    def _why_not_waiting(self, proposal: Proposal) -> str:
        """Why a stop of a proposal would, or might, fire at once; empty when all would wait."""
        scale, now = self._contracts[proposal.symbol].scale, self._references(proposal.symbol)
        for trigger in (ticket.trigger for ticket in proposal.places):
            fires = Fires.NO if trigger is None else would_fire_now(trigger, scale, now)
            if fires is Fires.YES:
                return "the stop would fire now"
            if trigger is not None and fires is Fires.UNKNOWN:
                return (
                    f"the {trigger.reference.value} price is not known, so the stop might fire now"
                )
        return ""

    def _end(self, mended: Mended) -> None:
        if not mended.ok:
            name = about(mended.symbol, mended.lane)
            self._desk.warn(f"{name}: {mended.sentence}", mended.symbol)
        self.on_mended.notify(mended)


async def read_stops(desk: Desk, symbol: Symbol) -> None:
    """Read a contract's stop list now and believe it. Raises ``TernError``.

    A stop that we know and the list does not is asked for by itself: it may have been placed, fired
    or canceled while the answer was on its way.
    """
    listed = await desk.gateway.open_stops(symbol)
    for update in listed:
        desk.take(update)
    seen = {update.order_id for update in listed}
    for order in desk.working(symbol):
        if order.state is not OrderState.UNTRIGGERED or order.order_id in seen:
            continue
        is_known = await desk.refresh_order(order.client_oid)
        if is_known is None:
            raise TernError(
                f"no word about stop {order.client_oid}",
                sentence="The exchange did not answer about every stop.",
            )
        now = desk.orders[order.client_oid]
        if not is_known and now.state is OrderState.UNTRIGGERED:
            words = "The exchange does not list this stop."
            desk.put(replace(now, state=OrderState.UNKNOWN, reason=words))
            desk.spawn(f"resolve {now.client_oid}", desk.resolve_unknown(now.client_oid))


def _facts(cover: Cover) -> tuple[OrderFacts, ...]:
    """What a mending rests on, of every order that it looked at."""
    looked_at = {order.client_oid: order for order in (*cover.stops, *cover.strays)}
    return tuple(
        sorted(
            (
                str(order.order_id or order.client_oid),
                int(order.remaining),
                order.trigger,
                order.stop_direction,
                order.is_close_order,
            )
            for order in looked_at.values()
        )
    )


def _each_once(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """One order for each id of the exchange: an event may name one before its answer did."""
    named = {order.order_id: order for order in orders if order.order_id is not None}
    return (*named.values(), *(order for order in orders if order.order_id is None))


def _is_nothing(cover: Cover) -> bool:
    """Neither a position nor an exit that waits."""
    return not cover.held.lots and not cover.strays


_NO_LOTS = Lots(0)
_LOUD = {
    ProtectionState.NAKED: "the position is naked: no stop at the exchange limits its loss.",
    ProtectionState.UNDER_COVERED: "the position's stops do not cover all of it.",
    ProtectionState.OVER_COVERED: "the stops are for more than is held.",
    ProtectionState.ORPHAN_STOPPED: "a stop waits that closes nothing that is held.",
}
