"""One account's positions and balances, kept true by snapshot, stream and reconciliation.

A fill changes the position at once; the exchange's own word about the position replaces that as
soon as it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs, to_ms
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
from terminal.domain.intention import Source
from terminal.domain.position import FLAT, PositionCore, after_fill
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
from terminal.session.hearing import Hearing
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel
from terminal.session.recovering import Recovery
from terminal.session.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.units import ExactPrice, Money, Symbol
    from terminal.exchange.gateway import AccountGateway, StreamFact
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

PROVISIONAL_LIMIT_S = 5.0
RECONCILE_INTERVAL_S = 60.0
RETRY_S = (0.5, 1.0, 2.0, 5.0)
POSITION_READS = 5
POSITION_READ_LIMIT_S = 10.0
"""So often and so long a position is asked for again because it changed during the answer."""
DEFAULT_ISOLATED_LEVERAGE = Decimal(5)
"""Isolated leverage is a parameter of each order and is asked from nobody (reference 3.9)."""
HEDGE_WORDS = "The account is in hedge mode, which is not traded here."
_DAY_MS = 86_400_000
_NEVER = TimestampMs(0)


@final
@dataclass(frozen=True, slots=True)
class Position:
    """One contract's position as we know it now.

    ``is_provisional`` says that fills were added that the exchange's own word does not cover yet.
    ``told`` is who told last how much is held, and when; with fills added that is assumed. What
    changes nothing but its worth (mark, margin) is not counted. Money is in the contract's settle
    currency.
    """

    symbol: Symbol
    core: PositionCore
    mark: ExactPrice | None
    realized: Money | None
    liquidation: ExactPrice | None
    margin: Money | None
    leverage: Decimal | None
    margin_mode: MarginMode | None
    is_provisional: bool = False
    event_at: TimestampMs = _NEVER
    told: Hearing | None = None


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
        """True for an account with a long and a short position of each contract (hedge mode)."""
        self._positions: dict[Symbol, Position] = {}
        self._wallets: dict[str, WalletUpdate] = {}
        self._margin_modes: dict[Symbol, MarginMode] = {}
        self._cross_leverage: dict[Symbol, Decimal] = {}
        self._mode_revisions = 0
        self._prepared: set[Symbol] = set()
        self._reading_modes: set[Symbol] = set()
        self._are_modes_doubted = False
        self.position_mode: PositionMode | None = None
        self._days: dict[str, tuple[int, Money, TimestampMs]] = {}
        self._wallet_revisions: dict[str, int] = {}
        self._revisions: dict[Symbol, int] = {}
        self.comparison: Comparison | None = None
        """The last reading of all positions."""
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
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
    def is_hedged(self) -> bool:
        """True in hedge mode, as far as that is known."""
        return self.position_mode is PositionMode.HEDGE

    def position(self, symbol: Symbol) -> Position:
        """A contract's position; flat when none is known."""
        return self._positions.get(symbol) or _flat(symbol)

    def positions(self) -> tuple[Position, ...]:
        """All positions that are not flat, by symbol."""
        held = (p for p in self._positions.values() if not p.core.is_flat)
        return tuple(sorted(held, key=lambda position: position.symbol))

    def unconfirmed(self) -> tuple[Symbol, ...]:
        """Contracts whose position is a sum of ours, flat ones too, by symbol."""
        return tuple(sorted(p.symbol for p in self._positions.values() if p.is_provisional))

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
        """The margin mode of a contract; None until it was read."""
        position = self._positions.get(symbol)
        if position is not None and not position.core.is_flat and position.margin_mode is not None:
            return position.margin_mode
        return self._margin_modes.get(symbol)

    def leverage(self, symbol: Symbol) -> Decimal | None:
        """The leverage an opening order is sent with; None while it is not known."""
        mode = self.margin_mode(symbol)
        if mode is MarginMode.CROSS:
            return self._cross_leverage.get(symbol)
        position = self._positions.get(symbol)
        if position is not None and not position.core.is_flat and position.leverage:
            return position.leverage
        contract = self._contracts.get(symbol)
        if contract is None or mode is None:
            return None
        return min(DEFAULT_ISOLATED_LEVERAGE, Decimal(contract.max_leverage))

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
        mode = self.position_mode = await self._gateway.position_mode()
        if mode is PositionMode.HEDGE:
            self._warn(f"{HEDGE_WORDS} Orders will fail.")
        before = dict(self._revisions)
        updates = {update.symbol: update for update in await self._gateway.positions()}
        differences = 0
        for symbol in self._positions.keys() | updates.keys():
            if self._revisions.get(symbol) == before.get(symbol):
                differences += self._believe(symbol, updates.get(symbol))
        is_first = self.comparison is None
        self.comparison = Comparison(self._clock.now_ms(), None if is_first else differences)
        for currency in sorted({c.settle_currency for c in self._contracts.values()}):
            try:
                await self._ask_for_wallet(currency)
            except RejectedError as error:
                # A currency the account does not have must not take the others away.
                self._warn(f"No balance in {currency}: {error.sentence}")

    def _believe(self, symbol: Symbol, update: PositionUpdate | None) -> bool:
        """Take the answer to a request during which nothing was heard: it is the latest word.

        Times are not compared here. The answer's is the exchange's, and ours may run ahead of it.
        Returns whether another size was believed before.
        """
        known, told = self.position(symbol), self._hear(symbol, Source.REST)
        if update is None:
            now = replace(_flat(symbol), event_at=known.event_at, told=told)
        else:
            now = _position_of(update, told)
        self._positions[symbol] = now
        return now.core.lots != known.core.lots

    def _hear(self, symbol: Symbol, source: Source) -> Hearing:
        """Somebody tells of a position now, and is believed."""
        revision = self._revisions[symbol] = self._revisions.get(symbol, 0) + 1
        return Hearing(source, self._clock.now_ms(), self._clock.monotonic_s(), revision)

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
            self._patch_position(fact)
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
        elif fact.is_done:
            text = f"The risk limit level is {fact.level} now."
        else:
            level = NoticeLevel.WARNING
            text = f"The risk limit was not changed. {fact.message}".strip()
        self._notices.post(level, "account", text, fact.symbol)

    def _distrust(self, why: str) -> None:
        self.trust.take_away()
        self._warn(why)

    def _could_not_read(self, sentence: str) -> None:
        self._warn(f"The account could not be read. {sentence}")

    def _take_position(self, update: PositionUpdate) -> None:
        known = self._positions.get(update.symbol)
        if known is not None and update.event_at < known.event_at:
            if update.event_at:
                return  # older than what is known already, our own fills included
            # One without a time came last, and does not make what follows look new.
            update = replace(update, event_at=known.event_at)
        told = self._hear(update.symbol, Source.STREAM)
        self._positions[update.symbol] = _position_of(update, told, known)

    def _patch_position(self, patch: PositionPatch) -> None:
        """A part of a position changes what it tells and nothing else (reference 5.7).

        It says nothing of fills: the time up to which those are known stays.
        """
        known = self._positions.get(patch.symbol)
        if known is None or known.core.is_flat or patch.event_at < known.event_at:
            return
        self._positions[patch.symbol] = replace(
            known,
            mark=patch.mark or known.mark,
            margin=patch.margin or known.margin,
            liquidation=patch.liquidation or known.liquidation,
            leverage=patch.leverage or known.leverage,
        )

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

    def apply_fill(self, fill: Fill) -> None:
        """Let a fill of ours change the position at once, unless it is covered already."""
        known = self.position(fill.symbol)
        contract = self._contracts.get(fill.symbol)
        at_ms = to_ms(fill.event_at)
        if contract is None or (at_ms <= known.event_at and not known.is_provisional):
            return
        self._positions[fill.symbol] = replace(
            known,
            core=after_fill(known.core, fill, contract),
            is_provisional=True,
            event_at=max(at_ms, known.event_at),
            told=self._hear(fill.symbol, Source.ASSUMED),
        )
        if not known.is_provisional:
            self._owner.spawn(f"verify {fill.symbol}", self._verify(fill.symbol))
        self.on_changed.notify()

    async def _verify(self, symbol: Symbol) -> None:
        """Fills that the exchange's position does not confirm in time are not believed longer."""
        is_told = False
        while True:
            await self._clock.sleep(PROVISIONAL_LIMIT_S)
            if not self.position(symbol).is_provisional:
                return
            try:
                await self.read_position(symbol)
            except TernError as error:
                if not is_told:
                    words = f"The position could not be confirmed. {error.sentence}"
                    self._warn(words, symbol)
                is_told = True

    async def read_again(self) -> None:
        """Ask the exchange now for all positions and balances. Raises from ``exchange.errors``."""
        await self._read_all()
        self.on_changed.notify()

    async def read_position(self, symbol: Symbol) -> Position:
        """Ask the exchange now and believe it: what is returned is never a sum of ours.

        What is heard of the position while the answer is on its way is newer and stays, and the
        exchange is asked again. Raises from ``exchange.errors``, and ``TernError`` when it would
        not stand still and the exchange itself has not told the latest of it.
        """
        deadline_s = self._clock.monotonic_s() + POSITION_READ_LIMIT_S
        for _ in range(POSITION_READS):
            before = self._revisions.get(symbol)
            update = await self._gateway.position(symbol)
            if self._revisions.get(symbol) == before:
                self._believe(symbol, update)
                self.on_changed.notify()
                return self.position(symbol)
            if self._clock.monotonic_s() >= deadline_s:
                break
        position = self.position(symbol)
        if position.is_provisional:
            raise TernError(
                f"{symbol} changed during every answer",
                sentence="The position changes faster than it can be read; it is not known yet.",
            )
        return position

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


def _position_of(update: PositionUpdate, told: Hearing, known: Position | None = None) -> Position:
    """A whole position; of what it left out, what was known stays as long as it is held."""
    position = Position(
        symbol=update.symbol,
        core=PositionCore(update.lots, update.average_entry) if update.lots else FLAT,
        mark=update.mark,
        realized=update.realized,
        liquidation=update.liquidation,
        margin=update.margin,
        leverage=update.leverage,
        margin_mode=update.margin_mode,
        event_at=update.event_at,
        told=told,
    )
    untold = update.untold
    if known is None or not untold:
        return position
    if "average_entry" in untold and update.lots:
        position = replace(position, core=PositionCore(update.lots, known.core.average_entry))
    return replace(
        position,
        mark=known.mark if "mark" in untold else position.mark,
        realized=known.realized if "realized" in untold else position.realized,
        liquidation=known.liquidation if "liquidation" in untold else position.liquidation,
        margin=known.margin if "margin" in untold else position.margin,
        leverage=known.leverage if "leverage" in untold else position.leverage,
        margin_mode=known.margin_mode if "margin_mode" in untold else position.margin_mode,
    )


def _flat(symbol: Symbol) -> Position:
    return Position(symbol, FLAT, None, None, None, None, None, None)
