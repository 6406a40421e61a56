"""The margin of isolated positions and their risk limits. Source: reference 3.10, 3.12, 7.3.

Everything here is checked first and done then, so a refused command leaves no trace.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import booked, plain
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.trading.margin import ISOLATED
from terminal.simexchange.trading.sides import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.engine.checks import Checks
    from terminal.simexchange.engine.reports import Reports
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.market.risk_limits import RiskLevel
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition
    from terminal.simexchange.trading.orders import UserOrder

LEAST_DEPOSIT = Decimal("0.00001667")
"""In bitcoin; other currencies take what is worth as much at the index price."""
_ZERO = Decimal(0)


@final
class Margins:
    """Moves margin between wallets and isolated positions, and changes risk limit levels.

    ``cancel`` takes an order out that works or waits.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        checks: Checks,
        reports: Reports,
        switches: Switches,
        cancel: Callable[[UserOrder], None],
    ) -> None:
        self._markets = markets
        self._checks = checks
        self._reports = reports
        self._switches = switches
        self._cancel = cancel

    # Margin ----------------------------------------------------------------------------------

    def position(self, account: Account, market: Market, side: str) -> SimPosition:
        """The position that a margin call is about. Raises ``Refused`` (330011).

        Whether such calls name a leg in hedge mode is not established (11).
        """
        symbol, sides = (
            market.spec.symbol,
            [leg.side for leg in account.legs.of(market.spec.symbol)],
        )
        if side in sides:
            return account.legs.one(symbol, side).position
        if side == BOTH and self._switches.hedge_margin_side == "found":
            found = list(account.legs.open(symbol))
            if len(found) <= 1:
                return found[0] if found else account.legs.one(symbol, sides[0]).position
        raise Refused("330011", "The position side does not match the account's position mode")

    def deposit(self, account: Account, held: SimPosition, amount: Decimal, number: str) -> bool:
        """Put margin into a position; a number that was used already moves nothing.

        False without a position. Raises ``Refused`` (300003 when it is not there, 300000 when it is
        too little to be taken, 330005 in cross mode).
        """
        market = self._markets[held.spec.symbol]
        self._check(account, market)
        if number in account.deposits:
            return True
        if not held.lots:
            return False
        least = self.least_deposit(market.spec.settle)
        if amount < least:
            raise Refused("300000", f"The margin must not be below {plain(least)}")
        self._check_available(account, market, amount, "300003")
        account.deposited(number)
        held.added += amount
        self._tell(account, held)
        return True

    def least_deposit(self, currency: str) -> Decimal:
        """The smallest amount that may be put in, in a settle currency, on a grid of 1E-8."""
        market = self._markets.get(f"XBT{currency}M")
        price = Decimal(1) if market is None else market.index_price
        return (LEAST_DEPOSIT * price).quantize(Decimal("1E-8"))

    def withdrawable(self, held: SimPosition) -> Decimal:
        """The margin that may be taken out of a position, zero when none.

        The reference says nothing of it. Our reading, which the official sample fits: what is
        there without a profit that is not realized, above the initial margin of the risk level at
        the mark price.
        """
        if not held.lots or held.margin_mode != ISOLATED:
            return _ZERO
        mark = self._markets[held.spec.symbol].mark_price
        there = held.own_margin + min(_ZERO, held.unrealized(mark))
        most = there - held.spec.value(mark, held.lots) * held.level.initial
        return max(_ZERO, min(most, held.own_margin)).quantize(Decimal("1E-10"), "ROUND_FLOOR")

    def withdraw(self, account: Account, held: SimPosition, amount: Decimal) -> bool:
        """Take margin out of a position. False without one. Raises ``Refused`` (300003, 330005)."""
        self._check(account, self._markets[held.spec.symbol])
        if not held.lots:
            return False
        most = self.withdrawable(held)
        if amount > most:
            raise Refused("300003", f"No more than {plain(most)} can be withdrawn")
        held.take_out(amount)
        self._tell(account, held)
        return True

    def set_auto_deposit(self, account: Account, market: Market, *, is_on: bool) -> None:
        """Let a contract's isolated positions take margin by themselves. Raises ``Refused``."""
        self._check(account, market)
        for leg in account.legs.of(market.spec.symbol):
            if leg.position.is_auto_deposit != is_on:
                leg.position.is_auto_deposit = is_on
                reason = "autoAppendMarginStatusChange"
                self._reports.position(account, market, reason, leg.side)

    # Risk limits -----------------------------------------------------------------------------

    def change_level(self, account: Account, market: Market, number: int) -> None:
        """Select the risk limit level of a contract; its working orders are canceled.

        It holds for both legs, each by itself. A position whose leverage is above the level's gets
        the margin that it lacks. Raises ``Refused``: 100005 for a level that there is not, 300005
        when a position is worth more, 300016 or 200005 when its leverage is higher and may not, or
        cannot, be lowered. A switch lets the latter three be told on the feed alone.
        """
        symbol, levels = market.spec.symbol, ladder(market.spec)
        if not 1 <= number <= len(levels):
            raise Refused("100005", f"There is no risk limit level {number}")
        self._check(account, market)
        positions = [leg.position for leg in account.legs.of(symbol)]
        first, level = positions[0], levels[number - 1]
        try:
            lacks = [self._lacking(market, held, level) for held in positions]
            if lacking := sum(lacks, _ZERO):
                freed = account.order_margin(symbol)
                self._check_available(account, market, lacking, "200005", freed)
        except Refused as refused:
            if self._switches.risk_limit_refusal == "answer":
                raise
            self._cancel_orders(account, symbol)
            self._outcome(account, first, refused.text)
            return
        if level == first.level:
            self._outcome(account, first)
            return
        self._cancel_orders(account, symbol)
        for held, lack in zip(positions, lacks, strict=True):
            held.level = level
            if lack:
                held.leverage = Decimal(level.max_leverage)
                held.initial_margin += lack
        self._outcome(account, first)
        for held in account.legs.open(symbol):
            self._tell(account, held)

    def _lacking(self, market: Market, held: SimPosition, level: RiskLevel) -> Decimal:
        """The margin that a position needs in addition at a level."""
        spec = market.spec
        if not held.lots:
            return _ZERO
        if spec.value(market.mark_price, held.lots) > level.most:
            raise Refused("300005", f"The position is above the risk limit {level.most}")
        if held.leverage <= level.max_leverage:
            return _ZERO
        if self._switches.risk_limit_leverage == "refused":
            text = f"The leverage must not be above {level.max_leverage} at level {level.level}"
            raise Refused("300016", text)
        needed = booked(held.cost / level.max_leverage)
        return max(_ZERO, needed - held.initial_margin)

    def _cancel_orders(self, account: Account, symbol: str) -> None:
        for order in list(account.working(symbol).values()):
            # Canceling one may end another.
            if order.is_active:
                self._cancel(order)

    def _outcome(self, account: Account, held: SimPosition, text: str = "") -> None:
        self._reports.risk_limit(
            account, held.spec.symbol, held.level.level, is_success=not text, text=text
        )

    # Common ----------------------------------------------------------------------------------

    def _check(self, account: Account, market: Market) -> None:
        symbol = market.spec.symbol
        if account.mode(symbol) != ISOLATED:
            raise Refused("330005", "The contract is not in isolated margin mode")
        self._checks.check_liquidation(account.uid, symbol)

    @staticmethod
    def _check_available(
        account: Account, market: Market, amount: Decimal, code: str, freed: Decimal = _ZERO
    ) -> None:
        available = account.wallet_state(market.spec.settle).available + freed
        if amount > available:
            raise Refused(code, f"Balance insufficient. {amount:.8f} of {available:.8f}")

    def _tell(self, account: Account, held: SimPosition) -> None:
        market = self._markets[held.spec.symbol]
        self._reports.position(account, market, "marginChange", held.side)
        self._reports.wallet(account, market.spec.settle)
