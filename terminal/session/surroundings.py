"""What the guard is told besides orders and account: mark prices, risk levels, the day, locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from terminal.domain.clock import Clock
    from terminal.domain.guard_terms import DayResult, Lockout
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.units import ExactPrice, Symbol
    from terminal.session.daily_loss import DailyLoss
    from terminal.session.limits import LimitKeeper
    from terminal.session.markets import Markets
    from terminal.session.tasks import TaskOwner

    class TierSource(Protocol):
        """Who can be asked for risk levels."""

        async def risk_tiers(self, symbol: Symbol) -> tuple[RiskTier, ...]:
            """The levels of a contract, lowest first."""
            ...


RETRY_S = 5.0


@final
class GuardSurroundings:
    """Implements ``guarding.Surroundings`` on the sessions of one account.

    Risk levels are asked for when a rule first needs them; they hold for the run of the program.
    """

    def __init__(
        self,
        source: TierSource,
        markets: Markets,
        keeper: LimitKeeper,
        loss: DailyLoss,
        clock: Clock,
        owner: TaskOwner,
    ) -> None:
        self._source = source
        self._markets = markets
        self._keeper = keeper
        self._loss = loss
        self._clock = clock
        self._owner = owner.child("surroundings")
        self._tiers: dict[Symbol, tuple[RiskTier, ...]] = {}
        self._asked_at_s: dict[Symbol, float] = {}

    def mark(self, symbol: Symbol) -> ExactPrice | None:
        """The mark price of a market that is followed and fresh."""
        market = self._markets.get(symbol)
        if market is None or market.mark is None or market.staleness() is not None:
            return None
        return market.mark.mark_price

    def tiers(self, symbol: Symbol) -> Sequence[RiskTier]:
        """The risk levels; empty until they were read, which this begins."""
        known = self._tiers.get(symbol, ())
        if not known:
            now_s = self._clock.monotonic_s()
            asked_s = self._asked_at_s.get(symbol)
            if asked_s is None or now_s - asked_s >= RETRY_S:
                self._asked_at_s[symbol] = now_s
                self._owner.spawn(f"risk levels of {symbol}", self._read(symbol))
        return known

    async def _read(self, symbol: Symbol) -> None:
        try:
            self._tiers[symbol] = await self._source.risk_tiers(symbol)
        except TernError as error:
            words = f"The risk levels could not be read. {error.sentence}"
            self._keeper.warn(words, symbol)
            return
        self._keeper.on_changed.notify()

    def day(self, currency: str) -> DayResult | None:
        """What the day brought, None while it is not known."""
        return self._loss.day(currency)

    def lockout(self, currency: str) -> tuple[Lockout, int] | None:
        """What locks a settle currency now, and for how many ms."""
        return self._keeper.lockout(currency)

    def is_lifted(self, currency: str) -> bool:
        """Whether the day's loss rests."""
        return self._keeper.is_lifted(currency)

    def refusal(self) -> str:
        """Why nothing may be opened at all; empty when it may."""
        return self._keeper.refusal()

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()
