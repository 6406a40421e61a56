"""Delivery: how a dated contract ends. Source: reference 7.8, 7.9, 3.7.

It is settled by the mean of its index in the last half hour, second by second. In that half hour
the mark price becomes that mean; in its last ten minutes nothing is opened any more. Then all
orders are canceled and every position is closed at that price for a fee of its own, off the book:
the other side of it is the crowd. A while later the contract is no longer listed. That the price is
one on the contract's grid, how the mark becomes the mean, and that no frame tells everybody are our
choice; the reference does not say whether another contract follows: none does before a new start.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.engine.checks import CLOSING_ONLY_MS
from terminal.simexchange.engine.filling import SETTLEMENT
from terminal.simexchange.engine.forced import Terms
from terminal.simexchange.market import scenarios
from terminal.simexchange.market.market import BEING_SETTLED, SETTLED
from terminal.simexchange.market.matching import SELL
from terminal.simexchange.trading.margin import ISOLATED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.clock import Timer
    from terminal.simexchange.engine.adl import Holders
    from terminal.simexchange.engine.filling import Shared
    from terminal.simexchange.engine.forced import Forced
    from terminal.simexchange.engine.insurance import Insurance
    from terminal.simexchange.engine.liquidation import Liquidations
    from terminal.simexchange.engine.settlements import Settlements
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition
    from terminal.simexchange.trading.orders import UserOrder

AVERAGED_S = 30 * 60
"""The settlement price is the mean of so many seconds of the index."""


@final
class Hands(NamedTuple):
    """What a delivery moves."""

    holders: Holders
    liquidations: Liquidations
    insurance: Insurance
    forced: Forced
    cancel: Callable[[UserOrder], None]
    """Takes an order out that works or waits."""
    moved: Callable[[Market], None]
    """Told when the mark price moved."""


@final
@dataclass(slots=True)
class _Mean:
    """A mean under way: the sum of the index (steps) of the seconds before ``until_s``.

    ``mark`` is the mark price with which it began.
    """

    until_s: int
    mark: Decimal
    steps: int = 0
    is_closing: bool = False
    """True when what would open was canceled."""


@final
class Deliveries:
    """Delivers each dated contract when its time has come; begun by ``start``.

    A settlement takes as long as one of funding (``Settlements.lasts_s``).
    """

    def __init__(
        self, shared: Shared, markets: Mapping[str, Market], settlements: Settlements, hands: Hands
    ) -> None:
        self._accounts, self._clock, self._switches = shared.accounts, shared.clock, shared.switches
        self._markets = markets
        self._settlements = settlements
        self._hands = hands
        self._means: dict[str, _Mean] = {}
        self._timers: dict[str, Timer] = {}

    def start(self) -> None:
        """Wait for every contract's delivery, from now on; what was missed happens at once."""
        for market in self._markets.values():
            self._look(market)

    def bring(self, market: Market, ahead_s: int) -> None:
        """Let a contract be delivered so many seconds from now, or up to a second later.

        Raises ``ValueError`` with a sentence, and nothing has changed, for one that has no end or
        came to it.
        """
        symbol = market.spec.symbol
        if market.expires_ms is None:
            raise ValueError(f"{symbol} is perpetual: it is never delivered.")
        if market.phase:
            raise ValueError(f"{symbol} was delivered.")
        market.expires_ms = -(-self._clock.now_ms() // 1000) * 1000 + ahead_s * 1000
        if self._means.pop(symbol, None) is not None:
            market.give_mark(None)
        self._look(market)

    def _look(self, market: Market) -> None:
        """Do what is due, and wait for what comes next."""
        due_ms, now_ms = market.expires_ms, self._clock.now_ms()
        if due_ms is None or market.phase:
            return
        if now_ms >= due_ms:
            self._deliver(market, due_ms)
            return
        next_ms = due_ms - AVERAGED_S * 1000
        if now_ms >= next_ms:
            self._approach(market, due_ms, now_ms)
            next_ms = now_ms - now_ms % 1000 + 1000
        self._wait(market, (min(next_ms, due_ms) - now_ms) / 1000)

    def _wait(self, market: Market, ahead_s: float) -> None:
        symbol = market.spec.symbol
        if symbol in self._timers:
            self._timers[symbol].cancel()
        self._timers[symbol] = self._clock.after(ahead_s, partial(self._reached, market))

    def _reached(self, market: Market) -> None:
        # The clock may have been shifted since, or the delivery.
        self._look(market)

    # Before ----------------------------------------------------------------------------------

    def _approach(self, market: Market, due_ms: int, now_ms: int) -> None:
        """Let the mark be a mean of half an hour: what is not over yet counts as it began."""
        mean = self._counted(market, due_ms, now_ms)
        left = due_ms // 1000 - mean.until_s
        known = mean.steps * market.spec.index_tick
        market.give_mark(_on_grid((known + left * mean.mark) / AVERAGED_S, market.spec.index_tick))
        if not mean.is_closing and now_ms >= due_ms - CLOSING_ONLY_MS:
            mean.is_closing = True
            if self._switches.delivery_resting == "canceled":
                self._cancel(market, self._opening(market))
        self._hands.moved(market)

    def _counted(self, market: Market, due_ms: int, now_ms: int) -> _Mean:
        """The mean up to now, without the second that is not over."""
        end_s = due_ms // 1000
        mean = self._means.get(market.spec.symbol)
        if mean is None:
            mean = _Mean(end_s - AVERAGED_S, market.mark_price)
            self._means[market.spec.symbol] = mean
        until_s = min(now_ms // 1000, end_s)
        index = market.series.index
        mean.steps += sum(index(at_s * 1000) for at_s in range(mean.until_s, until_s))
        mean.until_s = max(until_s, mean.until_s)
        return mean

    def _opening(self, market: Market) -> list[UserOrder]:
        """The working orders of a contract that would open a position."""
        symbol = market.spec.symbol
        return [
            order
            for account in self._accounts.by_uid.values()
            for order in account.working(symbol).values()
            if not order.only_reduces
            and _would_open(account.legs.one(symbol, order.position_side).lots, order)
        ]

    # Then ------------------------------------------------------------------------------------

    def _deliver(self, market: Market, due_ms: int) -> None:
        spec, symbol = market.spec, market.spec.symbol
        mean = self._counted(market, due_ms, due_ms)
        price = mean.steps * spec.index_tick / AVERAGED_S
        scenarios.stop(self._markets, [symbol])
        market.give_mark(_on_grid(price, spec.index_tick))
        # Who cannot carry the loss any more is liquidated, as at any other price.
        self._hands.liquidations.look(market, is_due=True)
        market.phase = BEING_SETTLED
        for account in self._accounts.by_uid.values():
            self._cancel(market, account.active(symbol))
        market.book.clear()
        ticks = max(1, int((price / spec.tick).to_integral_value(ROUND_HALF_EVEN)))
        for account in self._hands.holders.of(symbol):
            for held in list(account.legs.open(symbol)):
                self._close(account, held, market, ticks)
        market.open_interest = 0
        self._means.pop(symbol, None)
        self._clock.after(self._settlements.lasts_s, partial(self._finish, market))

    def _close(self, account: Account, held: SimPosition, market: Market, ticks: int) -> None:
        spec, lots, hands = market.spec, held.lots, self._hands
        own, cash = held.own_margin, account.wallets[spec.settle].cash
        sign = 1 if (lots > 0) != spec.is_inverse else -1
        order = hands.forced.close(account, held, market, Terms(abs(lots), ticks, SETTLEMENT))
        hands.insurance.hand_over(spec.symbol, spec.settle, lots, -sign * order.deal_value)
        if held.margin_mode == ISOLATED:
            missing = cash - account.wallets[spec.settle].cash - own
        elif any(one.spec.settle == spec.settle and one.margin_mode != ISOLATED
                 for one in account.legs.open()):  # fmt: skip
            return  # what is left has the whole balance, and is looked at by itself
        else:
            missing = -account.wallet_state(spec.settle).cross_margin
        hands.liquidations.cover(account, held, missing)

    def _finish(self, market: Market) -> None:
        market.phase = SETTLED

    def _cancel(self, market: Market, orders: list[UserOrder]) -> None:
        for order in orders:
            # Canceling one may end another.
            if order.is_active and order.symbol == market.spec.symbol:
                self._hands.cancel(order)


def _would_open(lots: int, order: UserOrder) -> bool:
    """True unless an order can do no more than close what is held."""
    closes = lots and (lots > 0) == (order.side == SELL)
    return not closes or order.remaining > abs(lots)


def _on_grid(price: Decimal, step: Decimal) -> Decimal:
    return max(step, (price / step).to_integral_value(ROUND_HALF_EVEN) * step)
