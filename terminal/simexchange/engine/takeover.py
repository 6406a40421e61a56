"""What the exchange does with a position that it took over at its bankruptcy price.

It is worked into the book at once, at better prices for the good of the insurance fund, at worse
ones as long as the fund pays for it and no further than a market order may go. What is left is
deleveraged, and the crowd takes over what is left then, both at the bankruptcy price. So the
exchange never keeps a position. Source: reference 7.3, 5.7; the steps are our reading.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.market.contracts import booked
from terminal.simexchange.market.market import Trade
from terminal.simexchange.market.matching import BUY, SELL, opposite

if TYPE_CHECKING:
    from terminal.simexchange.engine.adl import Deleveraging, Taken
    from terminal.simexchange.engine.insurance import Insurance
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.orders import OrderNumbers

_ZERO = Decimal(0)


@final
class Takeovers:
    """Gets rid of what was taken over, within one instant."""

    def __init__(self, insurance: Insurance, adl: Deleveraging, numbers: OrderNumbers) -> None:
        self._insurance = insurance
        self._adl = adl
        self._numbers = numbers

    def work(self, market: Market, taken: Taken) -> None:
        """Sell it, or buy it back; the fund gets or pays the difference."""
        spec = market.spec
        sign = 1 if taken.is_long != spec.is_inverse else -1
        left, paid = self._into_book(market, taken, sign)
        for lots in self._adl.close(market, taken, left):
            left -= lots
            paid += self._worth(market, taken.price, lots)
        if left:
            value = self._worth(market, taken.price, left)
            signed = left if taken.is_long else -left
            self._insurance.hand_over(spec.symbol, spec.settle, signed, -sign * value)
            paid += value
        # Values of parts are rounded one by one.
        self._insurance.book(spec.settle, sign * (paid - taken.value))

    def _into_book(self, market: Market, taken: Taken, sign: int) -> tuple[int, Decimal]:
        """Match what the fund can bear; returns the lots left, and what the others had cost."""
        spec, insurance = market.spec, self._insurance
        side = SELL if taken.is_long else BUY
        bound = market.sell_limit if taken.is_long else market.buy_limit
        limit, taker_id = int(bound / spec.tick), str(self._numbers.next())
        left, paid = taken.lots, _ZERO
        own = spec.value(spec.price(taken.price), 1)
        while left:
            price = market.book.front(opposite(side))
            if price is None or (price < limit if taken.is_long else price > limit):
                break
            gain = sign * (spec.value(spec.price(price), 1) - own)
            lots = left
            if gain < 0:
                lots = min(left, int(insurance.balances[spec.settle] // -gain))
            met = market.meet(side, price, lots, taker_id) if lots else None
            if not isinstance(met, Trade):
                break
            cost = self._worth(market, taken.price, met.lots)
            insurance.book(spec.settle, sign * (self._worth(market, met.price, met.lots) - cost))
            left, paid = left - met.lots, paid + cost
        market.took()
        return left, paid

    @staticmethod
    def _worth(market: Market, price: int, lots: int) -> Decimal:
        return booked(market.spec.value(market.spec.price(price), lots))
