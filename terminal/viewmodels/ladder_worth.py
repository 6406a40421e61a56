"""What a position is worth at each price: its charges, breakeven, and liquidation once more fills.

Charges and breakeven are those by which a stop is sent to breakeven (``session.breakevens``). The
exit is an expectation and is called so: it takes at the touch, through it, and as a stop, and pays
the maker's rate where a limit would rest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.breakeven import NO_CHARGES, Backing, Charges, StagedOrder, liquidation
from terminal.domain.guard_terms import Holding
from terminal.domain.lanes import lane_words
from terminal.domain.units import ExactPrice
from terminal.viewmodels import text
from terminal.viewmodels.charge_words import ABOUT, NO_WORDS, charge_words, estimate
from terminal.viewmodels.ladder_tags import PriceTag, TagKind
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.session_marks import DayMarks
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession
    from terminal.session.breakevens import BreakevenPoint, Breakevens
    from terminal.viewmodels.ladder_face import RowFacts


@final
class LadderWorth:
    """Reckons for one ladder. ``tiers`` begins to read what it does not know yet."""

    def __init__(
        self,
        account: AccountSession,
        breakevens: Breakevens,
        tiers: Callable[[Symbol], Sequence[RiskTier]],
    ) -> None:
        self._account = account
        self._breakevens = breakevens
        self._tiers = tiers
        self._of: tuple[Contract, PositionSide, BreakevenPoint] | None = None
        self._words = NO_WORDS
        self._breakeven: tuple[PriceTag, ...] = ()

    # Charges ---------------------------------------------------------------------------------

    def look(self, facts: RowFacts) -> Charges:
        """What the position costs beside its price; its words are kept while nothing changes."""
        contract, lane = facts.market.contract, facts.position.lane
        point = self._breakevens.of(contract, facts.position)
        if point is None:
            self._of, self._words, self._breakeven = None, NO_WORDS, ()
            return NO_CHARGES
        of = (contract, lane, point)
        if of != self._of:
            self._of, self._words = of, charge_words(point.known, contract)
            self._breakeven = self._breakeven_tags(contract, lane, point)
        return point.known.charges

    @property
    def words(self) -> str:
        """What the result at a price has taken off; empty without a position."""
        return self._words.both_ways

    @property
    def breakeven(self) -> PriceTag | None:
        """Where leaving as taker loses nothing, with all that is in it."""
        return next(iter(self._breakeven), None)

    @property
    def breakeven_text(self) -> str:
        """Its price as the head writes it, with a sign before what is estimated."""
        if self._of is None:
            return ""
        contract, _, point = self._of
        if point.price is None:
            return ""
        about = ABOUT if point.known.is_estimated else ""
        return f"{about}{text.price(point.price, contract)}"

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

    def _breakeven_tags(
        self, contract: Contract, lane: PositionSide, point: BreakevenPoint
    ) -> tuple[PriceTag, ...]:
        if point.price is None:
            return ()
        of_lane = f" of the {lane_words(lane)}" if lane_words(lane) else ""
        shown = f"{text.price(point.price, contract)}{estimate(point.known)}"
        words = f"{TagKind.BREAKEVEN.value}{of_lane} {shown} with {self._words.taker}"
        if point.resting is not None and point.resting != point.price:
            words = f"{words}; {text.price(point.resting, contract)} by a limit that rests"
        label = f"BE{ABOUT}" if point.known.is_estimated else "BE"
        return (PriceTag(TagKind.BREAKEVEN, point.price, label, Role.ACCENT, words),)

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
