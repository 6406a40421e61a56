"""What a position is worth at each price: its charges, breakeven, and liquidation once more fills.

Everything is an expectation and is called so: nobody tells what a position has paid in fees, so
entry and exit are taken at the account's taker rate.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

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
from terminal.domain.guard_terms import Holding
from terminal.domain.lanes import lane_words
from terminal.domain.units import ExactPrice
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
    from terminal.viewmodels.ladder_face import RowFacts

_HUNDRED = Decimal(100)


@final
class Worth(NamedTuple):
    """The charges of a position, and where they come from in words."""

    charges: Charges
    words: str


@final
class LadderWorth:
    """Reckons for one ladder. ``tiers`` begins to read what it does not know yet."""

    def __init__(
        self,
        account: AccountSession,
        charges: ChargeBook,
        tiers: Callable[[Symbol], Sequence[RiskTier]],
    ) -> None:
        self._account = account
        self._charges = charges
        self._tiers = tiers
        self._key: tuple[object, ...] = ()
        self._worth = Worth(NO_CHARGES, "")
        self._breakeven: tuple[PriceTag, ...] = ()

    # Charges ---------------------------------------------------------------------------------

    def look(self, facts: RowFacts) -> Charges:
        """What the position costs beside its price; kept while nothing of it changes."""
        contract, core = facts.market.contract, facts.position.core
        if core.is_flat or core.average_entry is None:
            self._key, self._worth, self._breakeven = (), Worth(NO_CHARGES, ""), ()
            return NO_CHARGES
        rates = self._charges.fees(contract.symbol)
        funding = self._charges.funding(contract.symbol) if contract.is_perpetual else None
        mark = None if facts.market.mark is None else facts.market.mark.mark_price
        key = (contract.symbol, core, facts.position.lane, rates, funding, mark)
        if key != self._key:
            self._key = key
            taker = contract.taker_fee_rate if rates is None else rates.taker
            self._worth = worth_of(contract, facts.position, taker, funding, mark)
            self._breakeven = self._breakeven_tags(contract, facts.position)
        return self._worth.charges

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
        price, lane = ExactPrice(at), lane_words(position.lane)
        of_lane = f" of the {lane}" if lane else ""
        shown = text.exact_price(price, contract)
        words = f"breakeven{of_lane} {shown} with {self._worth.words}"
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
    taker: Decimal,
    funding: FundingRate | None,
    mark: ExactPrice | None,
) -> Worth:
    """Taker fees in and out and the next funding, as far as it is known; with words for both."""
    core = position.core
    entry = core.average_entry
    if entry is None or entry.value <= 0:
        return Worth(NO_CHARGES, "")
    paid = entry_fee(contract, core.lots, entry.value, taker)
    fees = f"fees of {_percent(taker)} in and out"
    if not contract.is_perpetual:
        return Worth(Charges(paid, taker), fees)
    if funding is None or mark is None or mark.value <= 0:
        words = f"{fees}; the next funding is not known yet"
        return Worth(Charges(paid, taker), words)
    if funding.is_charged is False:
        return Worth(Charges(paid, taker), f"{fees}; this cycle has no funding")
    due = funding_due(contract, core.lots, mark.value, funding.rate)
    at = "" if funding.next_at is None else f" at {text.clock_time(funding.next_at)}"
    words = f"{fees} and the funding of {_percent(funding.rate)}{at}"
    return Worth(Charges(paid, taker, due), words)


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
