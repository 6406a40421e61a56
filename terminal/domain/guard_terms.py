"""What the guard is told and what it says: limits, facts, blocks. Its rules are in ``guard``.

Everything here is a value. Sizes are whole lots, prices whole ticks or exact, amounts in the
currency that is named, percentages of a hundred, times in ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import PositionSide
from terminal.domain.units import Lots, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terminal.domain.market_facts import RiskTier
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ExactPrice, Price, Symbol

WHERE = "Account, Limits"
"""The menu entry under which limits are changed; every way out that needs it names it."""


class BlockField(Enum):
    """Which part of the intention a block is about; widgets speak next to it."""

    ACCESS = "access"
    CONTRACT = "contract"
    BOOK = "book"
    PRICE = "price"
    LOTS = "lots"
    VALUE = "value"
    ORDER = "order"
    POSITION = "position"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    LIQUIDATION = "liquidation"
    PACE = "pace"
    LOSS = "loss"
    JOURNAL = "journal"


@final
@dataclass(frozen=True, slots=True)
class Block:
    """Why an intention is not sent: the field, one calm sentence with the limit, the way out.

    Where one text is shown, ``reason`` is both sentences together.
    """

    field: BlockField
    sentence: str
    remedy: str = ""

    @property
    def reason(self) -> str:
        """What the user reads."""
        return f"{self.sentence} {self.remedy}".rstrip()


# Limits ------------------------------------------------------------------------------------------


@final
@dataclass(frozen=True, slots=True)
class OrderRate:
    """At most so many opening orders within so many seconds, both at least one."""

    orders: int
    seconds: int


@final
@dataclass(frozen=True, slots=True)
class ContractLimits:
    """The limits of one contract, inclusive; None leaves it to those of all contracts.

    ``max_value`` is in the contract's quote currency; ``max_position`` is unsigned.
    """

    max_lots: Lots | None = None
    max_value: Decimal | None = None
    max_position: Lots | None = None


@final
@dataclass(frozen=True, slots=True)
class GuardLimits:
    """The user's limits, all inclusive. None, zero and an empty mapping switch a rule off.

    ``max_lots`` and ``max_value`` (in the contract's quote currency) bound one order;
    ``collar_ticks`` is how far a limit may lie through the touch; ``mark_percent`` how far from the
    mark price, either way. ``max_position`` bounds what is held after all working entries would
    have filled, for each side. ``repeat_ms`` is how soon an order must not look like the one before
    it. ``liquidation_percent`` is the least distance to the estimated liquidation price.
    ``max_losses`` is the loss of a day by settle currency, above zero; the day begins at midnight
    in ``zone`` (an IANA name); with ``counts_unrealized`` open positions count.
    """

    max_lots: Lots = Lots(10_000)
    max_value: Decimal = Decimal(250_000)
    collar_ticks: int = 20
    max_position: Lots | None = None
    mark_percent: Decimal | None = None
    rate: OrderRate | None = None
    repeat_ms: int = 0
    max_leverage: Decimal | None = None
    checks_margin: bool = False
    liquidation_percent: Decimal | None = None
    max_losses: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    counts_unrealized: bool = False
    zone: str = "UTC"
    contracts: Mapping[Symbol, ContractLimits] = field(
        default_factory=dict["Symbol", ContractLimits]
    )

    def of(self, symbol: Symbol) -> ContractLimits:
        """What holds for one contract: its own limits before those of all."""
        own = self.contracts.get(symbol, _NO_OWN)
        return ContractLimits(
            self.max_lots if own.max_lots is None else own.max_lots,
            self.max_value if own.max_value is None else own.max_value,
            self.max_position if own.max_position is None else own.max_position,
        )

    def with_contract(self, symbol: Symbol, own: ContractLimits) -> GuardLimits:
        """These limits with other ones for a contract; without any of its own it has no entry."""
        others = {name: limits for name, limits in self.contracts.items() if name != symbol}
        if own != _NO_OWN:
            others[symbol] = own
        return replace(self, contracts=others)


_NO_OWN = ContractLimits()


def loosened(before: GuardLimits, after: GuardLimits) -> tuple[str, ...]:
    """Names of the limits that would allow more than before; empty when all are as tight.

    A changed zone or way of counting counts while there is a limit of the day's loss: it moves
    what has been lost already out of sight.
    """
    symbols = (*before.contracts, *after.contracts)
    found = [
        name
        for name, old, new in (
            *_upper(before, after),
            ("distance to liquidation", _floor(before.liquidation_percent),
             _floor(after.liquidation_percent)),
            ("repeated click", -before.repeat_ms, -after.repeat_ms),
            ("margin", not before.checks_margin, not after.checks_margin),
        )
        if _allows_more(old, new)
    ]  # fmt: skip
    for symbol in dict.fromkeys(symbols):
        old_own, new_own = before.of(symbol), after.of(symbol)
        if (
            _allows_more(old_own.max_lots, new_own.max_lots)
            or _allows_more(old_own.max_value, new_own.max_value)
            or _allows_more(old_own.max_position, new_own.max_position)
        ):
            found.append(symbol)
    if before.max_losses and (before.zone, before.counts_unrealized) != (
        after.zone,
        after.counts_unrealized,
    ):
        found.append("day")
    return tuple(found)


def _upper(
    before: GuardLimits, after: GuardLimits
) -> list[tuple[str, Decimal | int | None, Decimal | int | None]]:
    """Limits of which a higher one allows more, with their names."""
    old_rate, new_rate = before.rate, after.rate
    return [
        ("order size", before.max_lots, after.max_lots),
        ("order value", before.max_value, after.max_value),
        ("collar", before.collar_ticks, after.collar_ticks),
        ("position", before.max_position, after.max_position),
        ("distance from the mark price", before.mark_percent, after.mark_percent),
        ("order rate", old_rate and old_rate.orders, new_rate and new_rate.orders),
        ("order rate", old_rate and -old_rate.seconds, new_rate and -new_rate.seconds),
        ("leverage", before.max_leverage, after.max_leverage),
        *(
            (f"loss in {currency}", before.max_losses[currency], after.max_losses.get(currency))
            for currency in before.max_losses
        ),
    ]


def _floor(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else -percent


def _allows_more(old: Decimal | int | None, new: Decimal | int | None) -> bool:
    return old is not None and (new is None or new > old)


# Facts -------------------------------------------------------------------------------------------


@final
@dataclass(frozen=True, slots=True)
class Touch:
    """Best bid and best ask of a live book; a side without orders is None."""

    best_bid: Price | None
    best_ask: Price | None

    def best(self, side: Side) -> Price | None:
        """The best price of those who buy, or of those who sell."""
        return self.best_bid if side is Side.BUY else self.best_ask


@final
class Holding(NamedTuple):
    """What is held in the lane of a ticket: signed lots, average entry, margin it holds.

    ``margin`` is in the settle currency: its own when isolated, by the mark price when cross; None
    while it is not known.
    """

    lots: Lots
    entry: Decimal | None
    margin: Decimal | None


NOTHING_HELD = Holding(Lots(0), None, Decimal(0))


@final
class Entry(NamedTuple):
    """A working order of the same lane that may open or enlarge, by what can still fill of it.

    ``side`` is None where it is not known, ``price`` (exact) for market orders. ``is_held`` tells
    that the exchange has it, so that its margin is out of the available balance. One that ``waits``
    is a stop: it freezes no margin before it fires.
    """

    side: Side | None
    lots: Lots
    price: Decimal | None
    is_held: bool = True
    waits: bool = False


@final
class Sent(NamedTuple):
    """An opening order that was sent; ``at_ms`` counts like ``GuardFacts.now_ms``."""

    at_ms: int
    symbol: Symbol
    side: Side | None
    price: Price | None
    lots: Lots | None
    trigger: Price | None


@final
@dataclass(frozen=True, slots=True)
class DayResult:
    """What a day brought in one settle currency; losses are negative.

    ``realized`` is realized profit, fees and funding by the exchange's ledger, as of ``age_ms``
    ago; ``unrealized`` is None where it does not count.
    """

    currency: str
    realized: Decimal
    unrealized: Decimal | None
    age_ms: int

    @property
    def total(self) -> Decimal:
        """All that counts."""
        return self.realized + (self.unrealized or 0)


@final
@dataclass(frozen=True, slots=True)
class Lockout:
    """No opening orders in a settle currency until an instant of the exchange's clock.

    ``why`` is a sentence; ``until`` says the instant in words, such as midnight in UTC. An empty
    currency means all.
    """

    currency: str
    until_ms: int
    until: str
    why: str


@final
@dataclass(frozen=True, slots=True)
class GuardFacts:
    """All that the guard may have to know about a ticket's contract and account, besides both.

    ``touch`` is None while the book is not live. ``holding`` and ``entries`` are those of the lane
    that the ticket acts in, the order it replaces left out, and None while they are not known.
    ``cross_leverage`` is the contract's; ``available`` is in the settle currency. ``tiers`` are the
    risk levels, lowest first. ``now_ms`` never goes back and is what ``sent`` (oldest first) counts
    by. ``risk_level`` is the isolated one that is set, None while nobody told. ``left_ms`` is how
    long ``lockout`` goes on; with ``is_loss_lifted`` the day's loss rests.
    """

    touch: Touch | None
    mark: ExactPrice | None = None
    holding: Holding | None = None
    entries: Sequence[Entry] | None = None
    cross_leverage: Decimal | None = None
    available: Decimal | None = None
    tiers: Sequence[RiskTier] = ()
    now_ms: int = 0
    sent: Sequence[Sent] = ()
    day: DayResult | None = None
    lockout: Lockout | None = None
    left_ms: int = 0
    is_loss_lifted: bool = False
    risk_level: int | None = None


def gets_out(ticket: OrderTicket) -> bool:
    """Whether the words on the wire keep a ticket from opening or enlarging a position.

    Those are ``reduceOnly`` and ``closeOrder``; in hedge mode also a sell of the long and a buy of
    the short lane, which cannot become each other (API reference 3.9).
    """
    if ticket.reduces_only:
        return True
    lane = ticket.terms.position_side
    return (lane is PositionSide.LONG and ticket.side is Side.SELL) or (
        lane is PositionSide.SHORT and ticket.side is Side.BUY
    )
