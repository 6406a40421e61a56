"""What a position is worth at each price: its charges, breakeven, and liquidation once more fills.

The fees of the entry are those that the account's fills really paid, as far as they are known. The
exit is an expectation and is called so: it takes at the touch, through it, and as a stop, and pays
the maker's rate where a limit would rest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.account_facts import FeeRates
from terminal.domain.breakeven import (
    NO_CHARGES,
    Backing,
    Charges,
    StagedOrder,
    breakeven,
    entry_fee,
    funding_due,
    liquidation,
)
from terminal.domain.fees_paid import PaidFees, fees_of
from terminal.domain.guard_terms import Holding
from terminal.domain.lanes import lane_words
from terminal.domain.units import ExactPrice, Money
from terminal.viewmodels import text
from terminal.viewmodels.ladder_tags import PriceTag, TagKind
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.market_facts import FundingRate, RiskTier
    from terminal.domain.session_marks import DayMarks
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.charges import ChargeBook
    from terminal.session.own_fills import OwnFills
    from terminal.viewmodels.ladder_face import RowFacts

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


@final
class Worth(NamedTuple):
    """The charges of a position, and in words where they come from when it is left as taker."""

    charges: Charges
    words: str
    both_ways: str
    """The same with both ways of leaving."""


NOTHING = Worth(NO_CHARGES, "", "")


@final
class LadderWorth:
    """Reckons for one ladder. ``tiers`` begins to read what it does not know yet."""

    def __init__(
        self,
        account: AccountSession,
        charges: ChargeBook,
        tiers: Callable[[Symbol], Sequence[RiskTier]],
        fills: OwnFills,
    ) -> None:
        self._fills = fills
        self._account = account
        self._charges = charges
        self._tiers = tiers
        self._key: tuple[object, ...] = ()
        self._paid: tuple[tuple[object, ...], PaidFees] = ((), PaidFees(_ZERO, _ZERO))
        self._worth = NOTHING
        self._breakeven: tuple[PriceTag, ...] = ()

    # Charges ---------------------------------------------------------------------------------

    def look(self, facts: RowFacts) -> Charges:
        """What the position costs beside its price; kept while nothing of it changes."""
        contract, core = facts.market.contract, facts.position.core
        if core.is_flat or core.average_entry is None:
            self._key, self._worth, self._breakeven = (), NOTHING, ()
            return NO_CHARGES
        rates = self._charges.fees(contract.symbol)
        funding = self._charges.funding(contract.symbol) if contract.is_perpetual else None
        mark = None if facts.market.mark is None else facts.market.mark.mark_price
        lane = facts.position.lane
        known = rates or FeeRates(contract.symbol, contract.maker_fee_rate, contract.taker_fee_rate)
        paid = self._paid_by(contract, facts.position, known)
        key = (contract.symbol, core, lane, known, funding, mark, paid)
        if key != self._key:
            self._key = key
            self._worth = worth_of(contract, facts.position, (paid, known), funding, mark)
            self._breakeven = self._breakeven_tags(contract, facts.position)
        return self._worth.charges

    def _paid_by(self, contract: Contract, position: Position, rates: FeeRates) -> PaidFees:
        """The fees of what is held, looked up when a fill or the position is another."""
        lots, lane = position.core.lots, position.lane
        of = (contract.symbol, lane, lots, rates, self._fills.revision)
        if of != self._paid[0]:
            fills = self._fills.of_lane(contract.symbol, lane)
            self._paid = of, fees_of(contract, lots, fills, rates)
        return self._paid[1]

    @property
    def words(self) -> str:
        """What the result at a price has taken off; empty without a position."""
        return self._worth.both_ways

    @property
    def breakeven(self) -> PriceTag | None:
        """Where leaving as taker brings nothing, with all that is in it."""
        return next(iter(self._breakeven), None)

    # Tags ------------------------------------------------------------------------------------

    def tags(self, facts: RowFacts) -> tuple[PriceTag, ...]:
        """Breakeven, and liquidation if what is staged fills. After ``look``."""
        staged = next((one for one in facts.staged if one.side and one.lots), None)
        if staged is None or staged.side is None or staged.lots is None:
            return self._breakeven
        contract = facts.market.contract
        order = (staged.side.sign * staged.lots, contract.scale.decimal(staged.price))
        at = self._liquidation(facts, order)
        if at is None:
            return self._breakeven
        price = ExactPrice(at)
        words = f"{TagKind.LIQUIDATION_STAGED.value} {text.exact_price(price, contract)}, estimated"
        tag = PriceTag(TagKind.LIQUIDATION_STAGED, price, "LIQ+", Role.DANGER, words)
        return (*self._breakeven, tag)

    def _breakeven_tags(self, contract: Contract, position: Position) -> tuple[PriceTag, ...]:
        core, entry = position.core, position.core.average_entry
        if entry is None:
            return ()
        at = breakeven(contract, core.lots, entry.value, self._worth.charges)
        if at is None:
            return ()
        charges = self._worth.charges
        price, lane = ExactPrice(at), lane_words(position.lane)
        of_lane = f" of the {lane}" if lane else ""
        shown = text.exact_price(price, contract)
        words = f"breakeven{of_lane} {shown} with {self._worth.words}"
        resting = breakeven(contract, core.lots, entry.value, charges.resting)
        if resting is not None and charges.resting != charges:
            words = (
                f"{words}; {text.exact_price(ExactPrice(resting), contract)} by a limit that rests"
            )
        return (PriceTag(TagKind.BREAKEVEN, price, "BE", Role.ACCENT, words),)

    def _liquidation(self, facts: RowFacts, order: tuple[int, Decimal]) -> Decimal | None:
        contract, position, account = facts.market.contract, facts.position, self._account
        symbol = contract.symbol
        mode = position.margin_mode or account.margin_mode(symbol)
        leverage = account.leverage(symbol, position.lane)
        if mode is None or leverage is None or leverage <= 0 or order[1] <= 0:
            return None
        core = position.core
        margin = Decimal(0) if core.is_flat else None
        if position.margin is not None and not core.is_flat:
            margin = position.margin.amount
        entry = None if core.average_entry is None else core.average_entry.value
        wallet = account.wallet(contract.settle_currency)
        mark = facts.market.mark
        backing = Backing(
            mode,
            None if wallet is None else wallet.available.amount,
            None if mark is None else mark.mark_price.value,
        )
        held = Holding(core.lots, entry, margin)
        tiers = self._tiers(symbol)
        found = liquidation(contract, held, backing, tiers, StagedOrder(*order, leverage))
        return found if found is not None and found > 0 else None


def worth_of(
    contract: Contract,
    position: Position,
    fees: tuple[PaidFees, FeeRates],
    funding: FundingRate | None,
    mark: ExactPrice | None,
) -> Worth:
    """The fees paid, those of leaving and the next funding, as far as known; with words for all."""
    core, (paid, rates) = position.core, fees
    entry = core.average_entry
    if entry is None or entry.value <= 0:
        return Worth(NO_CHARGES, "", "")
    whole = entry_fee(contract, core.lots, entry.value, rates.taker)
    unknown = paid.unknown_lots / abs(core.lots)
    opened, words = paid.paid + whole * unknown, _entry_words(contract, paid, unknown, rates)
    due, funding_words = _ZERO, ""
    if contract.is_perpetual:
        due, funding_words = _funding(contract, core.lots, funding, mark)
    charges = Charges(opened, rates.taker, due, rates.maker)
    exits = f"{_percent(rates.taker)} for leaving as taker"
    return Worth(
        charges,
        f"{words}, {exits}{funding_words}",
        f"{words}, {exits} or {_percent(rates.maker)} where a limit rests{funding_words}",
    )


def _entry_words(contract: Contract, paid: PaidFees, unknown: Decimal, rates: FeeRates) -> str:
    assumed = f"an entry fee of {_percent(rates.taker)}, assumed"
    if unknown == 1:
        return assumed
    about = "" if paid.is_exact else "about "
    told = text.money(Money(paid.paid, contract.settle_currency))
    words = f"{about}{told} of entry fees paid"
    return words if unknown == 0 else f"{words} and {assumed} for fills that are not known"


def _funding(
    contract: Contract, lots: int, funding: FundingRate | None, mark: ExactPrice | None
) -> tuple[Decimal, str]:
    """What is due at the next settlement, and how it is said."""
    if funding is None or mark is None or mark.value <= 0:
        return _ZERO, "; the next funding is not known yet"
    if funding.is_charged is False:
        return _ZERO, "; this cycle has no funding"
    at = "" if funding.next_at is None else f" at {text.clock_time(funding.next_at)}"
    due = funding_due(contract, lots, mark.value, funding.rate)
    return due, f" and the next funding of {_percent(funding.rate)}{at}"


def day_tags(day: DayMarks | None, contract: Contract) -> tuple[PriceTag, ...]:
    """High, low and volume-weighted average of the UTC day, and since when they hold."""
    if day is None:
        return ()
    since = f"since {text.clock_time(day.since)}"
    hole = ", trades missed in between" if day.has_hole else ""
    average = ExactPrice(day.average * contract.scale.tick_size)
    return (
        _day_tag(TagKind.DAY_HIGH, ExactPrice(contract.scale.decimal(day.high)), "H", contract,
                 f"{since}{hole}"),
        _day_tag(TagKind.DAY_LOW, ExactPrice(contract.scale.decimal(day.low)), "L", contract,
                 f"{since}{hole}"),
        _day_tag(TagKind.VWAP, average, "VW", contract, f"{since}{hole}"),
    )  # fmt: skip


def _day_tag(
    kind: TagKind, price: ExactPrice, label: str, contract: Contract, tail: str
) -> PriceTag:
    words = f"{kind.value} {text.exact_price(price, contract)} {tail}"
    return PriceTag(kind, price, label, Role.TEXT_DIM, words)


def _percent(rate: Decimal) -> str:
    return f"{(rate * _HUNDRED).normalize():f} %"
