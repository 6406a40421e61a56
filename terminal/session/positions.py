"""Positions as we know them, one for each contract and lane: what was told of each, and by whom.

No request and no task here: ``account`` hears and asks, this keeps. In one-way mode a contract has
the lane BOTH, in hedge mode LONG and SHORT; nothing here ever adds two lanes up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.clock import TimestampMs, to_ms
from terminal.domain.errors import TernError
from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.intention import Source
from terminal.domain.lanes import HEDGED, ONE_WAY, could_be, known_lane, lane_of_lots, mode_of
from terminal.domain.position import FLAT, PositionCore, after_fill
from terminal.session.hearing import Hearing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill, MarginMode, PositionPatch, PositionUpdate
    from terminal.domain.units import ExactPrice, Money, Symbol
    from terminal.domain.words import UnknownWord

Key: TypeAlias = "tuple[Symbol, PositionSide]"
_NEVER = TimestampMs(0)
_ORDER = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}


@final
class LaneNotNamedError(TernError):
    """In hedge mode somebody asked for the position of a contract without saying which."""

    def __init__(self) -> None:
        super().__init__(
            "a position of hedge mode without its lane",
            sentence="In hedge mode a contract has a long and a short position.",
            remedy="Choose the long or the short lane.",
        )


@final
@dataclass(frozen=True, slots=True)
class Position:
    """One contract's position in one lane, as we know it now.

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
    lane: PositionSide = PositionSide.BOTH
    risk_level: int | None = None
    """The isolated risk level that is set for it; None where nobody told, and when it is flat."""


@final
class PositionBook:
    """All positions by contract and lane, and the position mode that says which lanes there are.

    ``revisions`` count what was believed of each, so that an answer that was overtaken is noticed.
    """

    def __init__(self, clock: Clock, contracts: Mapping[Symbol, Contract]) -> None:
        self._clock = clock
        self._contracts = contracts
        self._positions: dict[Key, Position] = {}
        self._odd: set[PositionSide] = set()
        """Told although the mode, asked again, has no such lanes: the mode is believed."""
        self._flat_at: dict[Key, TimestampMs] = {}
        """When was asked, by our clock, what was answered with nothing held; it tells no time."""
        self.mode: PositionMode | None = None
        self.revisions: dict[Key, int] = {}

    # Lanes -----------------------------------------------------------------------------------

    def lanes(self, symbol: Symbol) -> tuple[PositionSide, ...]:
        """The lanes of a contract; while the mode is not known those that were told, or BOTH."""
        if self.mode is PositionMode.HEDGE:
            return HEDGED
        if self.mode is PositionMode.ONE_WAY:
            return ONE_WAY
        told = {lane for name, lane in self._positions if name == symbol}
        return HEDGED if told & set(HEDGED) else ONE_WAY

    def lane(self, symbol: Symbol, lane: PositionSide | None) -> PositionSide:
        """The lane that is meant. Raises ``LaneNotNamedError`` where that would be a guess."""
        if lane is not None:
            return lane
        if self.lanes(symbol) == HEDGED:
            raise LaneNotNamedError
        return PositionSide.BOTH

    def lane_told(
        self, told: PositionSide | UnknownWord | None, lots: int = 0
    ) -> PositionSide | None:
        """The lane of what was told; None in hedge mode where neither word nor lots say it."""
        lane = known_lane(told)
        if lane is not None and lane not in self._odd:
            return lane
        return lane_of_lots(lots) if self.mode is PositionMode.HEDGE else PositionSide.BOTH

    def lane_of(self, update: PositionUpdate) -> PositionSide | None:
        """The lane of a whole position. A flat one without a word is that of the only one held."""
        lane = self.lane_told(told_side(update), update.lots)
        if lane is None:
            held = [one.lane for one in self.of(update.symbol)]
            return held[0] if len(held) == 1 else None
        return lane

    def contradicts(self, told: PositionSide | UnknownWord | None) -> bool:
        """Whether a told lane does not exist in the mode that we believe in."""
        lane = known_lane(told)
        if lane is None or self.mode is None or lane in self._odd:
            return False
        return mode_of(lane) is not self.mode

    def take_mode(self, mode: PositionMode, doubted: set[PositionSide]) -> bool:
        """Believe a mode that was read; whether it is another. ``doubted`` lanes asked for it.

        The positions of the other mode are forgotten: a mode can only be changed without any.
        """
        is_new, self.mode = mode is not self.mode, mode
        if is_new:
            self._odd.clear()
            for key in [key for key in self._positions if mode_of(key[1]) is not mode]:
                del self._positions[key]
                self.revisions[key] = self.revisions.get(key, 0) + 1
        else:
            self._odd |= {lane for lane in doubted if mode_of(lane) is not mode}
        return is_new

    # Truth -----------------------------------------------------------------------------------

    def get(self, symbol: Symbol, lane: PositionSide) -> Position:
        """A position; flat when none is known."""
        return self._positions.get((symbol, lane)) or flat(symbol, lane)

    def of(self, symbol: Symbol) -> tuple[Position, ...]:
        """A contract's positions that are not flat, long before short."""
        found = (self._positions.get((symbol, lane)) for lane in _ORDER)
        return tuple(one for one in found if one is not None and not one.core.is_flat)

    def held(self) -> tuple[Position, ...]:
        """All positions that are not flat, by symbol, long before short."""
        held = (one for one in self._positions.values() if not one.core.is_flat)
        return tuple(sorted(held, key=lambda one: (one.symbol, _ORDER[one.lane])))

    def all(self) -> tuple[Position, ...]:
        """All positions that are known, flat ones too."""
        return tuple(self._positions.values())

    def keys(self) -> set[Key]:
        """What is known of."""
        return set(self._positions)

    def take_risk_level(self, symbol: Symbol, level: int) -> None:
        """The isolated risk level of a contract is another one now."""
        for key, position in self._positions.items():
            if key[0] == symbol and not position.core.is_flat:
                self._positions[key] = replace(position, risk_level=level)

    # Words -----------------------------------------------------------------------------------

    def hear(self, key: Key, source: Source) -> Hearing:
        """Somebody tells of a position now, and is believed."""
        revision = self.revisions[key] = self.revisions.get(key, 0) + 1
        return Hearing(source, self._clock.now_ms(), self._clock.monotonic_s(), revision)

    def believe(self, key: Key, update: PositionUpdate | None, asked_at: TimestampMs) -> bool:
        """Take the answer to a request during which nothing was heard: it is the latest word.

        Times are not compared here. The answer's is the exchange's, and ours may run ahead of it.
        ``asked_at`` is by our clock. Returns whether another size was believed before.
        """
        self._flat_at.pop(key, None)
        if update is None:
            self._flat_at[key] = asked_at
        known, told = self.get(*key), self.hear(key, Source.REST)
        if update is None:
            now = replace(flat(*key), event_at=known.event_at, told=told)
        else:
            now = replace(position_of(update, told), lane=key[1])
        self._positions[key] = now
        return now.core.lots != known.core.lots

    def take(self, update: PositionUpdate, lane: PositionSide) -> None:
        """Take a whole position from the stream, unless it is older than what is known."""
        key = (update.symbol, lane)
        known = self._positions.get(key)
        if known is not None and update.event_at < known.event_at:
            if update.event_at:
                return  # older than what is known already, our own fills included
            # One without a time came last, and does not make what follows look new.
            update = replace(update, event_at=known.event_at)
        self._flat_at.pop(key, None)
        told = self.hear(key, Source.STREAM)
        self._positions[key] = replace(position_of(update, told, known), lane=lane)

    def patch(self, patch: PositionPatch) -> None:
        """A part of a position changes what it tells and nothing else (reference 5.7).

        It says nothing of fills: the time up to which those are known stays. One that does not say
        of which of two lanes it is tells both the mark price, and neither anything else.
        """
        lane = self.lane_told(patch.side)
        held = [one for one in self.of(patch.symbol) if lane in {None, one.lane}]
        for known in held:
            if patch.event_at < known.event_at:
                continue
            now = replace(known, mark=patch.mark or known.mark)
            if len(held) == 1:
                now = replace(
                    now,
                    margin=patch.margin or known.margin,
                    liquidation=patch.liquidation or known.liquidation,
                    leverage=patch.leverage or known.leverage,
                )
            self._positions[known.symbol, known.lane] = now

    def add(self, fill: Fill, lane: PositionSide) -> bool | None:
        """Add a fill of ours; None if it is covered already, else whether it is the first.

        A lane cannot become its opposite: where a fill would make it so, something was not heard,
        and it is flat until the exchange tells. A fill from before "nothing is held" was asked for
        is a part of that answer: added, it would make a position of nothing. Our clock may be off,
        so it is not left out either, but makes what is believed unsure.
        """
        known = self.get(fill.symbol, lane)
        contract = self._contracts.get(fill.symbol)
        at_ms = to_ms(fill.event_at)
        if contract is None or (at_ms <= known.event_at and not known.is_provisional):
            return None
        core = after_fill(known.core, fill, contract)
        if at_ms <= self._flat_at.get((fill.symbol, lane), _NEVER):
            core = known.core
        self._positions[fill.symbol, lane] = replace(
            known,
            core=core if could_be(lane, core.lots) else FLAT,
            is_provisional=True,
            event_at=max(at_ms, known.event_at),
            told=self.hear((fill.symbol, lane), Source.ASSUMED),
        )
        return not known.is_provisional

    def doubt(self, symbol: Symbol) -> None:
        """Something happened in one of the lanes, and nobody told in which: both are to be read."""
        for lane in self.lanes(symbol):
            known = self.get(symbol, lane)
            told = self.hear((symbol, lane), Source.ASSUMED)
            self._positions[symbol, lane] = replace(known, is_provisional=True, told=told)


def told_side(update: PositionUpdate) -> PositionSide | UnknownWord | None:
    """What a whole position says of its lane."""
    return None if update.details is None else update.details.side


def position_of(update: PositionUpdate, told: Hearing, known: Position | None = None) -> Position:
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
        risk_level=_risk_level(update, known),
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


def _risk_level(update: PositionUpdate, known: Position | None) -> int | None:
    """As told; frames that leave it out change nothing of it."""
    if not update.lots:
        return None
    told = None if update.details is None else update.details.risk_level
    return known.risk_level if told is None and known is not None else told


def flat(symbol: Symbol, lane: PositionSide = PositionSide.BOTH) -> Position:
    """A position of which nothing is known but that nothing is held."""
    return Position(symbol, FLAT, None, None, None, None, None, None, lane=lane)
