"""One account's positions and balances, kept true by snapshot, stream and reconciliation.

A fill changes the position at once; the exchange's own word about the position replaces that as
soon as it comes. In hedge mode a contract has two positions, one in each lane: who asks for one
says which, and nothing here ever adds them up.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import (
    CrossLeverageUpdate,
    MarginMode,
    MarginModesUpdate,
    PositionMode,
    PositionPatch,
    PositionSettlement,
    PositionUpdate,
    RiskLimitUpdate,
    WalletPatch,
    WalletUpdate,
)
from terminal.domain.lanes import known_lane, lane_of_lots, lane_words
from terminal.domain.reconcile import Comparison
from terminal.domain.units import plain
from terminal.exchange.errors import RejectedError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel
from terminal.session.positions import LaneNotNamedError, Position, PositionBook, told_side
from terminal.session.recovering import Recovery
from terminal.session.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.clock import Clock, TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill, PositionSide
    from terminal.domain.units import ExactPrice, Money, Symbol
    from terminal.domain.words import UnknownWord
    from terminal.exchange.gateway import AccountGateway, StreamFact
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.positions import Key
    from terminal.session.tasks import TaskOwner

__all__ = ["AccountSession", "LaneNotNamedError", "Position"]

PROVISIONAL_LIMIT_S = 5.0
RECONCILE_INTERVAL_S = 60.0
RETRY_S = (0.5, 1.0, 2.0, 5.0)
POSITION_READS = 5
POSITION_READ_LIMIT_S = 10.0
"""So often and so long a position is asked for again because it changed during the answer."""
DEFAULT_ISOLATED_LEVERAGE = Decimal(5)
"""Isolated leverage is a parameter of each order and is asked from nobody (reference 3.9)."""
_DAY_MS = 86_400_000


@final
class AccountSession:
    """Positions, wallets and modes. ``is_trusted`` only after everything was read anew."""

    def __init__(
        self,
        gateway: AccountGateway,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
        contracts: Mapping[Symbol, Contract],
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._owner = owner.child("account")
        self._notices = notices
        self._contracts = contracts
        self._handles: list[Handle] = []
        self._book = PositionBook(clock, contracts)
        self._doubted: set[PositionSide] = set()
        """Lanes that were told and that the mode does not have: it is read again."""
        self._wallets: dict[str, WalletUpdate] = {}
        self._margin_modes: dict[Symbol, MarginMode] = {}
        self._cross_leverage: dict[Symbol, Decimal] = {}
        self._chosen_leverage: dict[Symbol, Decimal] = {}
        self._mode_revisions = 0
        self._prepared: set[Symbol] = set()
        self._reading_modes: set[Symbol] = set()
        self._are_modes_doubted = False
        self._days: dict[str, tuple[int, Money, TimestampMs]] = {}
        self._wallet_revisions: dict[str, int] = {}
        self.comparison: Comparison | None = None
        """The last reading of all positions."""
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_risk_limit: Listeners[[RiskLimitUpdate]] = Listeners(self._owner.listener_failed)
        """How changes of the isolated risk level ended, whoever asked for them."""
        self.trust = Trust(clock, self.on_changed.notify)
        self._recovery = Recovery(
            self._owner,
            clock,
            self.trust,
            frozenset({ChannelKind.POSITIONS, ChannelKind.WALLET}),
            self._read_anew,
            self._could_not_read,
        )

    # Truth -----------------------------------------------------------------------------------

    @property
    def is_trusted(self) -> bool:
        """True once everything was read on the present connection."""
        return self.trust.is_given

    @property
    def position_mode(self) -> PositionMode | None:
        """One position for a contract, or two beside each other; None until it was read."""
        return self._book.mode

    @property
    def is_hedged(self) -> bool:
        """True in hedge mode: each contract has a long and a short position."""
        return self._book.mode is PositionMode.HEDGE

    def lanes(self, symbol: Symbol) -> tuple[PositionSide, ...]:
        """The lanes of a contract: BOTH in one-way mode, LONG and SHORT in hedge mode."""
        return self._book.lanes(symbol)

    def lane(self, symbol: Symbol, lane: PositionSide | None) -> PositionSide:
        """The lane that is meant; None means the only one.

        Raises ``LaneNotNamedError`` in hedge mode, where that would be a guess.
        """
        return self._book.lane(symbol, lane)

    def position(self, symbol: Symbol, lane: PositionSide | None = None) -> Position:
        """A contract's position in a lane; flat when none is known.

        Without a lane it is the only one of one-way mode; in hedge mode ``LaneNotNamedError`` is
        raised then, because a sum of two lanes is no position.
        """
        return self._book.get(symbol, self._book.lane(symbol, lane))

    def held(self, symbol: Symbol) -> tuple[Position, ...]:
        """A contract's positions that are not flat, long before short."""
        return self._book.of(symbol)

    def positions(self) -> tuple[Position, ...]:
        """All positions that are not flat, by symbol, long before short."""
        return self._book.held()

    def unconfirmed(self) -> tuple[Symbol, ...]:
        """Contracts of which a position is a sum of ours, flat ones too, by symbol."""
        return tuple(sorted({one.symbol for one in self._book.all() if one.is_provisional}))

    def mark(self, symbol: Symbol) -> ExactPrice | None:
        """The mark price as it was told with a position last; None where none was told."""
        marked = [one for one in self._of_all_lanes(symbol) if one.mark is not None]
        return max(marked, key=lambda one: one.event_at).mark if marked else None

    def _of_all_lanes(self, symbol: Symbol) -> list[Position]:
        return [self._book.get(symbol, lane) for lane in self._book.lanes(symbol)]

    def wallet(self, currency: str) -> WalletUpdate | None:
        """The account in one settle currency, None when not known yet."""
        return self._wallets.get(currency)

    def day_pnl(self, currency: str) -> tuple[Money, TimestampMs] | None:
        """Change of equity since this program's first reading of this UTC day, and when that was.

        Transfers that were told to ``note_transfer`` are no gain and no loss. None while no equity
        is known. Our choice: the exchange offers no figure for the day.
        """
        wallet, day = self._wallets.get(currency), self._days.get(currency)
        if wallet is None or day is None:
            return None
        return wallet.equity - day[1], day[2]

    def margin_mode(self, symbol: Symbol) -> MarginMode | None:
        """The margin mode of a contract, the same in both lanes; None until it was read."""
        for position in self._book.of(symbol):
            if position.margin_mode is not None:
                return position.margin_mode
        return self._margin_modes.get(symbol)

    def leverage(self, symbol: Symbol, lane: PositionSide | None = None) -> Decimal | None:
        """The leverage an opening order is sent with; None while it is not known.

        An isolated position has one of its own, by which more of the same ``lane`` is opened,
        unless the user chose another one for the next orders.
        """
        mode = self.margin_mode(symbol)
        if mode is MarginMode.CROSS:
            return self._cross_leverage.get(symbol)
        if mode is not None and symbol in self._chosen_leverage:
            return self._chosen_leverage[symbol]
        for position in self._book.of(symbol):
            if position.leverage and lane in {None, position.lane}:
                return position.leverage
        contract = self._contracts.get(symbol)
        if contract is None or mode is None:
            return None
        return min(DEFAULT_ISOLATED_LEVERAGE, Decimal(contract.max_leverage))

    def choose_leverage(self, symbol: Symbol, leverage: Decimal) -> None:
        """The leverage of a contract's next isolated orders, in this run: nobody else keeps it."""
        self._chosen_leverage[symbol] = leverage
        self.on_changed.notify()

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to keep the account true."""
        self._handles = [
            self._feed.on_opened.add(self._on_opened),
            self._feed.on_lost.add(self._on_lost),
        ]
        if self._feed.is_live:
            self._on_opened()
        for kind in (ChannelKind.POSITIONS, ChannelKind.WALLET):
            self._handles.append(self._feed.subscribe(Channel(kind), self._on_fact))
        for kind in (ChannelKind.MARGIN_MODES, ChannelKind.CROSS_LEVERAGE):
            self._handles.append(self._feed.subscribe(Channel(kind), self._on_mode))
        self._owner.spawn("reconcile", self._reconcile_now_and_then())
        self._owner.spawn("trust", self.trust.watch())

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def prepare(self, symbol: Symbol) -> None:
        """A contract is about to be traded: read its modes."""
        self._prepared.add(symbol)
        if self._feed.is_live:
            self._ask_for_modes(symbol)

    def read_modes_again(self, symbol: Symbol) -> None:
        """The modes of a contract were changed, perhaps: what is being read is older."""
        self._mode_revisions += 1
        self.prepare(symbol)

    def _on_opened(self) -> None:
        self._recovery.opened()

    def _on_lost(self) -> None:
        self._recovery.lost()
        self.on_changed.notify()

    # Recovery --------------------------------------------------------------------------------

    async def _read_anew(self) -> None:
        await self._read_all()
        self._are_modes_doubted = False  # without a contract to trade, nothing else ends it
        self._read_modes_anew()

    def _read_modes_anew(self) -> None:
        self._mode_revisions += 1  # who is reading reads once more
        for symbol in tuple(self._prepared):
            self._ask_for_modes(symbol)

    def _ask_for_modes(self, symbol: Symbol) -> None:
        """Read a contract's modes, once at a time however often it is asked for."""
        if symbol not in self._reading_modes:
            self._reading_modes.add(symbol)
            self._owner.spawn(f"modes of {symbol}", self._read_modes(symbol))

    async def _read_all(self) -> None:
        book = self._book
        await self._read_position_mode()
        before, asked_at = dict(book.revisions), self._clock.now_ms()
        stated = await self._gateway.positions()
        lanes = {known_lane(told_side(update)) for update in stated}
        odd = {lane for lane in lanes if lane is not None and book.contradicts(lane)}
        if odd:  # switched between the two answers, or told oddly
            self._doubted |= odd
            await self._read_position_mode()
        updates = self._by_lane(stated)
        differences = 0
        for key in book.keys() | updates.keys():
            if book.revisions.get(key) == before.get(key):
                differences += book.believe(key, updates.get(key), asked_at)
        is_first = self.comparison is None
        self.comparison = Comparison(self._clock.now_ms(), None if is_first else differences)
        for currency in sorted({c.settle_currency for c in self._contracts.values()}):
            try:
                await self._ask_for_wallet(currency)
            except RejectedError as error:
                # A currency the account does not have must not take the others away.
                self._warn(f"No balance in {currency}: {error.sentence}")

    def _by_lane(self, updates: tuple[PositionUpdate, ...]) -> dict[Key, PositionUpdate]:
        """Positions as they were read, each in its lane; a flat one needs none."""
        found: dict[Key, PositionUpdate] = {}
        for update in updates:
            lane = self._book.lane_told(told_side(update), update.lots)
            if lane is not None:
                found[update.symbol, lane] = update
        return found

    async def _read_position_mode(self) -> None:
        """Ask for the mode; positions of another one are forgotten, and the change is said."""
        mode = await self._gateway.position_mode()
        doubted, self._doubted = self._doubted, set()
        is_first = self._book.mode is None
        if not self._book.take_mode(mode, doubted):
            return
        if mode is PositionMode.HEDGE:
            words = "The account is in hedge mode: long and short positions are kept apart."
            self._notices.post(NoticeLevel.INFO, "account", words)
        elif not is_first:
            self._warn("The account was changed to one-way mode.")
        self.on_changed.notify()

    async def read_position_mode(self) -> PositionMode | None:
        """Ask the exchange now for the position mode, and believe it. Raises what reading does."""
        await self._read_position_mode()
        return self._book.mode

    def doubt_mode(self) -> None:
        """The exchange refused a lane: read the mode, and all else, again.

        Nobody tells when the position mode is changed elsewhere (API reference 11).
        """
        self._recovery.again()
        self.on_changed.notify()

    def _note_lane(self, told: PositionSide | UnknownWord | None) -> None:
        """Something named a lane; if the mode has no such one, the mode is read again."""
        lane = known_lane(told)
        if lane is not None and self._book.contradicts(lane):
            self._doubted.add(lane)
            self.doubt_mode()

    async def _read_modes(self, symbol: Symbol) -> None:
        try:
            await self._read_modes_until_it_worked(symbol)
        finally:
            self._reading_modes.discard(symbol)
            if not self._reading_modes:
                self._are_modes_doubted = False

    async def _read_modes_until_it_worked(self, symbol: Symbol) -> None:
        attempt = 0
        while self._feed.is_live:
            before = self._mode_revisions
            try:
                margin_mode = await self._gateway.margin_mode(symbol)
                leverage = await self._gateway.cross_leverage(symbol)
            except TernError as error:
                if attempt == 0:
                    self._warn(f"The margin mode could not be read. {error.sentence}", symbol)
                await self._clock.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1
                continue
            if before != self._mode_revisions:
                continue  # what was heard meanwhile may be newer than the answers
            self._margin_modes[symbol] = margin_mode
            self._cross_leverage[symbol] = leverage
            self.on_changed.notify()
            return

    async def _reconcile_now_and_then(self) -> None:
        while True:
            await self._clock.sleep(RECONCILE_INTERVAL_S)
            if not self.is_trusted:
                continue
            try:
                await self._read_all()
            except TernError as error:
                self._warn(f"The account could not be compared. {error.sentence}")
            except Exception as error:  # noqa: BLE001 - reported; the next comparison must come
                self._owner.report("reconcile", error)
            self.on_changed.notify()

    # Facts -----------------------------------------------------------------------------------

    def _on_fact(self, fact: StreamFact) -> None:
        if isinstance(fact, ChannelConfirmed):
            self._recovery.confirmed(fact.channel.kind)
            return
        if isinstance(fact, PositionUpdate):
            self._take_position(fact)
        elif isinstance(fact, PositionPatch):
            self._book.patch(fact)
        elif isinstance(fact, WalletUpdate):
            self._take_wallet(fact)
        elif isinstance(fact, WalletPatch):
            self._patch_wallet(fact)
        elif isinstance(fact, (PositionSettlement, RiskLimitUpdate)):
            self._tell_of(fact)
            return
        elif isinstance(fact, ChannelInterrupted):
            self._recovery.interrupted(fact.channel.kind)
        elif isinstance(fact, ChannelRefused):
            self._recovery.interrupted(fact.channel.kind)
            self._distrust(f"The exchange refused the account stream: {fact.sentence}")
        elif isinstance(fact, FrameUnreadable):
            self._warn(f"A message of the account stream could not be read: {fact.error}")
            self._recovery.again()
        else:
            return
        self.on_changed.notify()

    def _on_mode(self, fact: StreamFact) -> None:
        """Modes were changed, perhaps elsewhere. Without these channels they are read as before.

        What could not be read, or was not heard, may have been a mode: an order in the wrong one is
        refused (330005).
        """
        if isinstance(fact, (FrameUnreadable, ChannelInterrupted)):
            if isinstance(fact, FrameUnreadable) and not self._are_modes_doubted:
                self._are_modes_doubted = True  # told once for all that one reading makes good
                self._warn(f"A change of modes could not be read: {fact.error}")
            self._read_modes_anew()
            return
        if isinstance(fact, MarginModesUpdate):
            self._margin_modes.update(fact.modes)
        elif isinstance(fact, CrossLeverageUpdate):
            self._cross_leverage.update(fact.leverages)
        else:
            return
        self._mode_revisions += 1
        self.on_changed.notify()

    def _tell_of(self, fact: PositionSettlement | RiskLimitUpdate) -> None:
        level = NoticeLevel.INFO
        if isinstance(fact, PositionSettlement):
            text = f"Funding: {plain(fact.fee.amount)} {fact.fee.currency} on {fact.lots} lots."
            lane = lane_of_lots(fact.lots) if self.is_hedged else None
            if lane is not None:
                text = f"{text[:-1]} of the {lane_words(lane)}."
        elif fact.is_done:
            text = f"The risk level is {fact.level} now."
            self._take_risk_level(fact)
        else:
            level = NoticeLevel.WARNING
            text = f"The risk level was not changed. {fact.message}".strip()
        self._notices.post(level, "account", text, fact.symbol)
        if isinstance(fact, RiskLimitUpdate):
            self.on_risk_limit.notify(fact)

    def _take_risk_level(self, fact: RiskLimitUpdate) -> None:
        if fact.symbol is not None and fact.level is not None:
            self._book.take_risk_level(fact.symbol, fact.level)
            self.on_changed.notify()

    def _distrust(self, why: str) -> None:
        self.trust.take_away()
        self._warn(why)

    def _could_not_read(self, sentence: str) -> None:
        self._warn(f"The account could not be read. {sentence}")

    def _take_position(self, update: PositionUpdate) -> None:
        self._note_lane(told_side(update))
        lane = self._book.lane_of(update)
        if lane is not None:
            self._book.take(update, lane)
        elif self._book.of(update.symbol):  # one of two lanes is flat, and nobody says which
            self._doubt_lanes(update.symbol)

    def _patch_wallet(self, patch: WalletPatch) -> None:
        """The old account model tells one part at a time; what it does not tell is unchanged."""
        known = self._wallets.get(patch.currency)
        if known is not None:
            self._take_wallet(
                replace(
                    known,
                    available=patch.available or known.available,
                    order_margin=patch.order_margin or known.order_margin,
                    frozen=patch.withdraw_hold or known.frozen,
                    event_at=patch.event_at,
                )
            )

    def note_transfer(self, change: Money, sent_at: TimestampMs) -> None:
        """Money came into the futures account (negative: left it): the day's start moves along.

        A day after the one it was sent on began with it, and stays as it is.
        """
        known = self._days.get(change.currency)
        if known is not None and known[0] <= sent_at // _DAY_MS:
            self._days[change.currency] = (known[0], known[1] + change, known[2])
            self.on_changed.notify()

    def _take_wallet(self, update: WalletUpdate) -> None:
        self._wallets[update.currency] = update
        self._wallet_revisions[update.currency] = self._wallet_revisions.get(update.currency, 0) + 1
        now_ms = self._clock.now_ms()
        day = now_ms // _DAY_MS
        known = self._days.get(update.currency)
        if known is None or known[0] != day:
            self._days[update.currency] = (day, update.equity, now_ms)

    def apply_fill(self, fill: Fill, lane: PositionSide | None = None) -> None:
        """Let a fill of ours change its position at once, unless it is covered already.

        Its lane is told by itself, else it is that of its order; in hedge mode, without either,
        nothing is added and the exchange is asked.
        """
        told = fill.position_side or lane
        self._note_lane(told)
        found = self._book.lane_told(told)
        if found is None:
            self._doubt_lanes(fill.symbol)
            self.on_changed.notify()
            return
        before = self._book.get(fill.symbol, found).core
        is_first = self._book.add(fill, found)
        if is_first:
            is_doubt = self._book.get(fill.symbol, found).core == before
            wait_s = 0.0 if is_doubt else PROVISIONAL_LIMIT_S
            verifying = self._verify(fill.symbol, found, wait_s)
            self._owner.spawn(f"verify {fill.symbol}", verifying)
        if is_first is not None:
            self.on_changed.notify()

    def _doubt_lanes(self, symbol: Symbol) -> None:
        """One lane changed and nobody said which: none is sure before the exchange was asked."""
        for lane in self._book.lanes(symbol):
            if not self._book.get(symbol, lane).is_provisional:
                self._owner.spawn(f"verify {symbol}", self._verify(symbol, lane, wait_s=0.0))
        self._book.doubt(symbol)

    async def _verify(
        self, symbol: Symbol, lane: PositionSide, wait_s: float = PROVISIONAL_LIMIT_S
    ) -> None:
        """Fills that the exchange's position does not confirm in time are not believed longer."""
        is_told = False
        while True:
            await self._clock.sleep(wait_s)
            wait_s = PROVISIONAL_LIMIT_S
            if not self._book.get(symbol, lane).is_provisional:
                return
            try:
                await self.read_position(symbol, lane)
            except TernError as error:
                if not is_told:
                    words = f"The position could not be confirmed. {error.sentence}"
                    self._warn(words, symbol)
                is_told = True

    async def read_again(self) -> None:
        """Ask the exchange now for all positions and balances. Raises from ``exchange.errors``."""
        await self._read_all()
        self.on_changed.notify()

    async def read_position(self, symbol: Symbol, lane: PositionSide | None = None) -> Position:
        """Ask the exchange now and believe it: what is returned is never a sum of ours.

        Raises like ``read_lanes``, and ``LaneNotNamedError`` in hedge mode without a lane.
        """
        named = self._book.lane(symbol, lane)
        await self.read_lanes(symbol, only=named)
        return self._book.get(symbol, named)

    async def read_lanes(
        self, symbol: Symbol, only: PositionSide | None = None
    ) -> tuple[Position, ...]:
        """Ask the exchange now for all lanes of a contract, or for one, and believe it.

        What is heard of a position while the answer is on its way is newer and stays, and the
        exchange is asked again. Raises from ``exchange.errors``, and ``TernError`` when one would
        not stand still and the exchange itself has not told the latest of it.
        """
        deadline_s = self._clock.monotonic_s() + POSITION_READ_LIMIT_S
        for _ in range(POSITION_READS):
            if await self._read_once(symbol, only):
                self.on_changed.notify()
                return tuple(self._of_all_lanes(symbol))
            if self._clock.monotonic_s() >= deadline_s:
                break
        found = [one for one in self._of_all_lanes(symbol) if only in {None, one.lane}]
        if any(one.is_provisional for one in found):
            raise TernError(
                f"{symbol} changed during every answer",
                sentence="The position changes faster than it can be read; it is not known yet.",
            )
        return tuple(found)

    async def _read_once(self, symbol: Symbol, only: PositionSide | None) -> bool:
        """Ask once; whether what was asked for stood still while the answer was on its way."""
        book = self._book
        before, asked_at = dict(book.revisions), self._clock.now_ms()
        if book.mode is PositionMode.ONE_WAY:
            update = await self._gateway.position(symbol)
            stated: tuple[PositionUpdate, ...] = () if update is None else (update,)
        else:
            stated = await self._gateway.positions_of(symbol)
        for update in stated:
            self._note_lane(told_side(update))
        updates, is_still = self._by_lane(stated), True
        for lane in {*book.lanes(symbol), *(lane for _, lane in updates)}:
            key = (symbol, lane)
            if book.revisions.get(key) == before.get(key):
                book.believe(key, updates.get(key), asked_at)
            elif only in {None, lane}:
                is_still = False
        return is_still

    async def read_wallet(self, currency: str) -> WalletUpdate:
        """Ask the exchange now for the account in one currency. Raises from ``exchange.errors``.

        What is heard of the wallet while the answer is on its way is newer: it stays and is
        returned. What may leave is then the answer's, if the stream does not tell it.
        """
        update = await self._ask_for_wallet(currency)
        self.on_changed.notify()
        return update

    async def _ask_for_wallet(self, currency: str) -> WalletUpdate:
        before = self._wallet_revisions.get(currency)
        update = await self._gateway.wallet(currency)
        known = self._wallets.get(currency)
        if known is None or self._wallet_revisions.get(currency) == before:
            self._take_wallet(update)
            return update
        if known.withdrawable is not None:
            return known
        return replace(known, withdrawable=update.withdrawable)

    def _warn(self, text: str, symbol: Symbol | None = None) -> None:
        self._notices.post(NoticeLevel.WARNING, "account", text, symbol)
