"""Scenarios by name: what drives markets beside their usual course, for demos, tests and teaching.

A scenario changes how a market's crowd behaves (its ``Mood``), what price it takes for right, or
whether it trades at all. Prices of one base move together: only one contract of it, the leader,
moves them. Everything depends on time and steps alone, so it is the same in every run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, final

from typing_extensions import override

from terminal.simexchange.market.crowd import LEVELS, Mood
from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from terminal.simexchange.market.market import Market

THIN = 0.1
"""How much of its usual sizes a thin book shows."""
SPIKE = 0.012
"""The premium over the index while funding spikes: far beyond what the cap of a rate stands for."""
SPIKES_S = 60.0
SQUEEZE_S = 120.0
TREND_S = 3600.0
TREND = 0.1
WAVES = 10
WAVE_S = 2.0
FORCED_WAVES = 5
"""So many waves of a cascade go as far as the next position that is liquidated there."""
_WAVE_GROWS = 1.35
_WAVE_LEVELS = 6.0
_REBOUND = 0.35
_REBOUND_S = 30.0
_GAP = -0.005
_GAP_STEPS = 3


class Scenario:
    """One scenario in one market. ``is_leader`` moves the price of the base for all."""

    name: ClassVar[str]
    help: ClassVar[str]

    def __init__(self, *, is_leader: bool, ticks: int | None) -> None:
        self.is_leader = is_leader
        self.ticks = ticks
        self.passed_s = 0.0

    def begin(self, market: Market) -> None:
        """What changes at once."""

    def act(self, market: Market, passed_s: float) -> None:  # noqa: ARG002 - scenarios use it
        """Called before the crowd acts; ``passed_s`` is the time since it did."""
        self.passed_s += passed_s

    def end(self, market: Market) -> None:
        """Leave the market to its usual course; its price stays where it is."""
        market.crowd.mood = Mood()
        if self.is_leader:
            market.base.go_on(market.now_s)


@final
class Calm(Scenario):
    """No trades, no moves; makers are at work behind the touch."""

    name = "calm"
    help = "the price stands still and nobody takes; only sizes behind the touch change"

    @override
    def begin(self, market: Market) -> None:
        market.crowd.mood.is_still = True
        if self.is_leader:
            market.base.stand(market.now_s)


@final
class Trend(Scenario):
    """The price leans to one side for an hour."""

    name = "trend"
    help = "for an hour the price rises by a tenth, with the usual noise around it (ticks<0: falls)"

    @override
    def begin(self, market: Market) -> None:
        market.crowd.mood.lean = 0.3 * self._sign

    @property
    def _sign(self) -> int:
        return -1 if (self.ticks or 0) < 0 else 1

    @override
    def act(self, market: Market, passed_s: float) -> None:
        super().act(market, passed_s)
        if self.passed_s > TREND_S:
            market.crowd.mood.lean = 0.0
        elif self.is_leader:
            market.base.shift += self._sign * math.log1p(TREND) / TREND_S * passed_s


@final
class Squeeze(Scenario):
    """Sellers vanish while buyers chase the price."""

    name = "squeeze"
    help = "for two minutes the price only rises, faster and faster, and what is offered shrinks"

    @override
    def begin(self, market: Market) -> None:
        if self.is_leader:
            market.base.stand(market.now_s)

    @override
    def act(self, market: Market, passed_s: float) -> None:
        super().act(market, passed_s)
        mood, share = market.crowd.mood, self.passed_s / SQUEEZE_S
        if share >= 1:
            self.end(market)
            return
        mood.sizes[SELL] = max(0.04, (1 - share) ** 2)
        mood.takers, mood.lean, mood.walks = 2.0 + 4.0 * share, 0.5, 0.3
        if self.is_leader:
            market.base.shift += (0.00015 + 0.00045 * share) * passed_s


@final
class Cascade(Scenario):
    """Forced sales: each wave pushes the price to where the next one is forced.

    Where somebody holds longs that can be reached, some waves run over the next of them; they are
    liquidated as always.
    """

    name = "liquidation_cascade"
    help = "forced sales in ten waves, each larger; longs on the way are liquidated; then a rebound"

    def __init__(self, *, is_leader: bool, ticks: int | None) -> None:
        super().__init__(is_leader=is_leader, ticks=ticks)
        self._wave = self._forced = 0
        self._began = self._fell = 0.0
        self._left_s = _REBOUND_S

    @override
    def begin(self, market: Market) -> None:
        market.crowd.mood.takers, market.crowd.mood.walks = 0.1, 0.01
        self._began = market.motion.fair
        if self.is_leader:
            market.base.stand(market.now_s)

    @override
    def act(self, market: Market, passed_s: float) -> None:
        super().act(market, passed_s)
        if self._wave < WAVES:
            if self.passed_s >= (self._wave + 1) * WAVE_S:
                self._sell(market)
                if self._forced < FORCED_WAVES and self._wave < WAVES:
                    self._forced += market.force(of_longs=True)
        elif self._left_s > 0:
            if self._left_s == _REBOUND_S:
                self._fell = max(0.0, math.log(self._began / market.motion.fair))
            back_s = min(passed_s, self._left_s)
            self._left_s -= back_s
            if self.is_leader:
                market.base.shift += _REBOUND * self._fell * back_s / _REBOUND_S
            if self._left_s <= 0:
                self.end(market)

    def _sell(self, market: Market) -> None:
        """One wave: order after order, through no more than two thirds of the bids."""
        lots = int(market.spec.level_lots * _WAVE_LEVELS * _WAVE_GROWS**self._wave)
        self._wave += 1
        levels = list(market.book.levels(BUY))
        if not levels:
            return
        limit = levels[len(levels) * 2 // 3][0]
        for _ in range(4):
            market.take(SELL, limit, lots // 4)
        best = market.book.best(BUY)
        if best is not None and self.is_leader:
            push = max(0.0, math.log(market.motion.fair / best)) + 0.0002 * (1 + self._wave / 2)
            market.base.shift -= push


@final
class Gap(Scenario):
    """One jump."""

    name = "gap"
    help = "the price jumps once (by ticks, else by half a percent down), with no trade in between"

    def __init__(self, *, is_leader: bool, ticks: int | None) -> None:
        super().__init__(is_leader=is_leader, ticks=ticks)
        self._steps = 0

    @override
    def begin(self, market: Market) -> None:
        market.crowd.mood.walks = 0.0
        market.crowd.mood.takers = 0.0

    @override
    def act(self, market: Market, passed_s: float) -> None:
        super().act(market, passed_s)
        self._steps += 1
        if self._steps == 1 and self.is_leader:
            ticks = self.ticks or round(_GAP * market.motion.fair)
            share = max(-0.5, min(1.0, ticks / market.motion.fair))
            market.base.shift += math.log1p(share)
        elif self._steps == _GAP_STEPS:
            self.end(market)


@final
class FundingSpike(Scenario):
    """The price runs away from its index."""

    name = "funding_spike"
    help = "the price goes 1.2 % above its index (ticks<0: below): funding heads for its cap"

    @override
    def act(self, market: Market, passed_s: float) -> None:
        super().act(market, passed_s)
        if not market.spec.is_dated:
            sign = -1 if (self.ticks or 0) < 0 else 1
            market.motion.premium = sign * SPIKE * min(1.0, self.passed_s / SPIKES_S)

    @override
    def end(self, market: Market) -> None:
        super().end(market)
        market.motion.premium = 0.0


@final
class Maintenance(Scenario):
    """Trading stops."""

    name = "maintenance"
    help = "the contract is Paused: no trades, and orders are refused with 300002"

    @override
    def begin(self, market: Market) -> None:
        market.is_paused = True

    @override
    def end(self, market: Market) -> None:
        super().end(market)
        market.is_paused = False


@final
class ThinBook(Scenario):
    """Makers are nearly gone."""

    name = "thin_book"
    help = "a tenth of the usual sizes on a fifth of the levels"

    @override
    def begin(self, market: Market) -> None:
        mood = market.crowd.mood
        mood.sizes = {BUY: THIN, SELL: THIN}
        mood.levels = LEVELS // 5
        market.crowd.relay()

    @override
    def end(self, market: Market) -> None:
        super().end(market)
        market.crowd.relay()


SCENARIOS: dict[str, type[Scenario]] = {
    kind.name: kind
    for kind in (Calm, Trend, Squeeze, Cascade, Gap, FundingSpike, Maintenance, ThinBook)
}
"""All of them by name."""


def start(
    markets: Mapping[str, Market], name: str, symbols: Iterable[str] = (), ticks: int | None = None
) -> None:
    """Start a scenario in some markets, or in all. What ran there ends before.

    ``ticks`` is the jump of a gap, and the direction of a trend and of a spike; None is the usual.
    Raises ``ValueError`` for an unknown scenario or contract, and then changes nothing.
    """
    kind = SCENARIOS.get(name)
    if kind is None:
        raise ValueError(f"There is no scenario {name!r}; there are {', '.join(SCENARIOS)}.")
    chosen = _chosen(markets, symbols)
    leads: set[str] = set()
    _stop(chosen)
    for market in chosen:
        scenario = kind(is_leader=market.spec.base not in leads, ticks=ticks)
        leads.add(market.spec.base)
        market.scenario = scenario
        scenario.begin(market)


def stop(markets: Mapping[str, Market], symbols: Iterable[str] = ()) -> None:
    """End what runs in some markets, or in all. Raises ``ValueError`` for an unknown contract."""
    _stop(_chosen(markets, symbols))


def _stop(chosen: list[Market]) -> None:
    for market in chosen:
        scenario, market.scenario = market.scenario, None
        if scenario is not None:
            scenario.end(market)


def _chosen(markets: Mapping[str, Market], symbols: Iterable[str]) -> list[Market]:
    wanted = dict.fromkeys(symbols) or markets
    for symbol in wanted:
        if symbol not in markets:
            raise ValueError(f"There is no market {symbol}.")
    return [markets[symbol] for symbol in wanted]
