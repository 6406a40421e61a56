"""Positions that their margin does not carry any more: when, and how they go.

An isolated position goes when what it must keep is all its margin; cross orders of a currency go
from a risk rate of 95 % on, its positions from 100 % on. First the orders of the position go. Then,
of a position worth more than 600,000, only a part: an isolated one is cut to the next lower risk
limit level, cross ones to that amount. If that is not enough, all of it is taken over at the price
at which nothing of its margin is left. Source: reference 3.12, 5.7, 7.3 to 7.6. That what goes
first is sold into the book in the account's name, how much it is, and that all cross positions of a
currency go together after it are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.engine.adl import Taken
from terminal.simexchange.engine.filling import LIQUID
from terminal.simexchange.engine.forced import Terms, forced_order
from terminal.simexchange.market.contracts import booked
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.trading import risk, sizing
from terminal.simexchange.trading.margin import CROSS, ISOLATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from terminal.simexchange.engine.adl import Holders
    from terminal.simexchange.engine.checks import Halts
    from terminal.simexchange.engine.filling import Filling, Shared
    from terminal.simexchange.engine.forced import Forced
    from terminal.simexchange.engine.insurance import Insurance
    from terminal.simexchange.engine.takeover import Takeovers
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition
    from terminal.simexchange.trading.orders import UserOrder

LASTS_S = 1.0
"""How long a step of a liquidation keeps the contract locked; our choice."""
_ZERO = Decimal(0)


@final
class Tools(NamedTuple):
    """What a liquidation moves."""

    holders: Holders
    insurance: Insurance
    forced: Forced
    takeovers: Takeovers
    filling: Filling
    halts: Halts
    cancel: Callable[[UserOrder], None]
    """Takes an order out that works or waits."""


@final
@dataclass(slots=True)
class _Case:
    """One liquidation: of an isolated position, or of all cross positions of a currency."""

    account: Account
    currency: str
    symbols: tuple[str, ...]
    side: str = ""
    """Of the isolated position; empty when cross."""
    was_cut: bool = False
    """Cross positions are cut once."""

    @property
    def key(self) -> tuple[str, ...]:
        where = (*self.symbols, self.side) if self.side else (self.currency,)
        return (self.account.uid, *where)


@final
class Liquidations:
    """Looks at positions when mark prices or positions moved, and liquidates.

    ``on_worked`` is told after the book was traded in. With ``lasts_s`` of zero a liquidation is
    over within the instant.
    """

    def __init__(self, shared: Shared, markets: Mapping[str, Market], tools: Tools) -> None:
        self._shared = shared
        self._reports, self._clock, self._switches = shared.reports, shared.clock, shared.switches
        self._markets = markets
        self._tools = tools
        self._halts = tools.halts
        self._seen: dict[str, Decimal] = {}
        self._cases: dict[tuple[str, ...], _Case] = {}
        self.lasts_s = LASTS_S
        self.on_worked: Callable[[Market], None] = _ignore

    # Looking ---------------------------------------------------------------------------------

    def held(self, account: Account, market: Market) -> None:
        """A position changed: it is looked at even if the mark price stays."""
        self._tools.holders.note(account, market.spec.symbol)
        self._seen.pop(market.spec.symbol, None)

    def prices(self, symbol: str) -> Iterator[tuple[SimPosition, Decimal]]:
        """The positions of a contract that have a liquidation price, with it."""
        for account in self._tools.holders.of(symbol):
            for held in account.legs.open(symbol):
                if price := risk.prices(account, held).liquidation:
                    yield held, price

    def recount(self) -> None:
        """Look at everybody's positions anew; when some came that no order made."""
        self._tools.holders.recount(self._shared.accounts.by_uid.values())
        self._seen.clear()

    def look(self, market: Market, *, is_due: bool = False) -> None:
        """Liquidate what is due in a contract; nothing to do unless its mark price moved.

        ``is_due``: margins have changed.
        """
        symbol, mark = market.spec.symbol, market.mark_price
        if not self._tools.holders.has(symbol):
            return
        if self._seen.get(symbol) == mark and not is_due:
            return
        self._seen[symbol] = mark
        for account in self._tools.holders.of(symbol):
            for held in list(account.legs.open(symbol)):
                if held.margin_mode == CROSS:
                    self._look_at_cross(account, market.spec.settle)
                    break
                if held.lots and risk.is_spent(account, held, mark):
                    self._isolated(account, held, mark)

    def _isolated(self, account: Account, held: SimPosition, mark: Decimal) -> None:
        case = _Case(account, held.spec.settle, (held.spec.symbol,), held.side)
        if case.key not in self._cases and not self._topped_up(account, held, mark):
            self._begin(case)

    def _topped_up(self, account: Account, held: SimPosition, mark: Decimal) -> bool:
        """Put margin into a position that takes it by itself, up to its initial margin (3.10).

        Nothing moves when what is available would not save it; how much is put in is our choice.
        """
        if not held.is_auto_deposit:
            return False
        spec = held.spec
        there = held.own_margin + held.unrealized(mark)
        wanted = booked(spec.value(mark, held.lots) / held.leverage) - there
        amount = min(wanted, account.wallet_state(spec.settle).available)
        if amount <= 0:
            return False
        held.added += amount
        if risk.is_spent(account, held, mark):
            held.added -= amount
            return False
        self._reports.position(account, self._markets[spec.symbol], "marginChange", held.side)
        self._reports.wallet(account, spec.settle)
        return True

    def _look_at_cross(self, account: Account, currency: str) -> None:
        case = _Case(account, currency, ())
        if case.key in self._cases:
            return
        if risk.cross_risk(account, self._markets, currency) < risk.ORDERS_GO:
            return
        self._cancel(self._orders(case))
        if self._is_due(case):
            symbols = dict.fromkeys(held.spec.symbol for held in self._positions(case))
            case.symbols = tuple(symbols)
            self._begin(case)

    # Going through with it -------------------------------------------------------------------

    def _begin(self, case: _Case) -> None:
        self._cases[case.key] = case
        self._halts.liquidating.update((case.account.uid, symbol) for symbol in case.symbols)
        self._cancel(self._orders(case))
        for held in self._positions(case):
            market = self._markets[held.spec.symbol]
            self._reports.position(case.account, market, "liquidation", held.side)
        self._work(case)

    def _work(self, case: _Case) -> None:
        if case.side:
            self._isolated_step(case)
        else:
            self._cross_step(case)
        if self.lasts_s > 0:
            self._clock.after(self.lasts_s, partial(self._again, case))
        else:
            self._again(case)

    def _again(self, case: _Case) -> None:
        if self._is_due(case):
            self._work(case)
            return
        del self._cases[case.key]
        uid = case.account.uid
        locked = {
            symbol
            for one in self._cases.values()
            if one.account.uid == uid
            for symbol in one.symbols
        }
        self._halts.liquidating.difference_update(
            (uid, symbol) for symbol in case.symbols if symbol not in locked
        )

    def _is_due(self, case: _Case) -> bool:
        if not case.side:
            is_there = any(True for _ in self._positions(case))
            return is_there and risk.cross_risk(case.account, self._markets, case.currency) >= 1
        return any(
            risk.is_spent(case.account, held, self._markets[held.spec.symbol].mark_price)
            for held in self._positions(case)
        )

    def _positions(self, case: _Case) -> Iterator[SimPosition]:
        """The positions of a case that there still are."""
        for held in case.account.legs.open(case.symbols[0] if case.side else None):
            is_meant = held.side == case.side if case.side else held.spec.settle == case.currency
            if is_meant and held.margin_mode == (ISOLATED if case.side else CROSS):
                yield held

    def _orders(self, case: _Case) -> list[UserOrder]:
        """The orders that go first; waiting stops only with the position itself, by a switch."""
        is_for_stops = bool(case.symbols) and self._switches.liquidation_stops == "canceled"
        found = []
        for order in case.account.active(case.symbols[0] if case.side else None):
            if case.side:
                is_meant = order.position_side == case.side
            else:
                spec = self._markets[order.symbol].spec
                is_meant = order.margin_mode == CROSS and spec.settle == case.currency
            is_stop_elsewhere = order.waits and order.symbol not in case.symbols
            if is_meant and (not order.waits or (is_for_stops and not is_stop_elsewhere)):
                found.append(order)
        return found

    def _cancel(self, orders: Iterable[UserOrder]) -> None:
        for order in orders:
            # Canceling one may end another.
            if order.is_active:
                self._tools.cancel(order)

    # Isolated --------------------------------------------------------------------------------

    def _isolated_step(self, case: _Case) -> None:
        account, (held,) = case.account, self._positions(case)
        market = self._markets[held.spec.symbol]
        mark = market.mark_price
        if self._is_large(held, mark) and held.level.level > 1:
            below = ladder(held.spec)[held.level.level - 2]
            kept = sizing.lots_worth(held.spec, mark, Decimal(below.most))
            if self._cut(account, held, abs(held.lots) - kept):
                held.level = below
                self._reports.risk_limit(account, held.spec.symbol, below.level)
                self._reports.position(account, market, "liquidation", held.side)
                return
        own, cash = held.own_margin, account.wallets[case.currency].cash
        self._take_over(account, held, abs(held.lots), own + held.unrealized(mark))
        lost = cash - account.wallets[case.currency].cash
        self.cover(account, held, lost - own)

    def _cut(self, account: Account, held: SimPosition, lots: int) -> bool:
        """Let a part go first. False when not all of it can, or nothing would be left."""
        if lots >= abs(held.lots):
            return False
        if lots > 0:
            mark = self._markets[held.spec.symbol].mark_price
            left = abs(held.lots) - lots
            self._reduce(account, held, lots, held.own_margin + held.unrealized(mark))
            return abs(held.lots) == left
        return True

    # Cross -----------------------------------------------------------------------------------

    def _cross_step(self, case: _Case) -> None:
        account, currency = case.account, case.currency
        if not case.was_cut:
            case.was_cut = True
            if self._cut_large(case):
                return
        last = None
        while shares := risk.cross_shares(account, self._markets, currency):
            last, share = shares[0]
            self._take_over(account, last, abs(last.lots), share)
        if last is not None:
            self.cover(account, last, -account.wallet_state(currency).cross_margin)

    def _cut_large(self, case: _Case) -> bool:
        """Let what is above the amount go first. False when there is nothing above it."""
        was_cut = False
        for held in list(self._positions(case)):
            spec = held.spec
            mark = self._markets[spec.symbol].mark_price
            if not self._is_large(held, mark):
                continue
            one_lot = sizing.quote_value(spec, mark, 1)
            lots = abs(held.lots) - int(risk.PARTIAL_FROM // one_lot)
            shares = risk.cross_shares(case.account, self._markets, case.currency)
            share = next(own for other, own in shares if other is held)
            if lots < abs(held.lots):
                was_cut |= self._reduce(case.account, held, lots, share) > 0
        return was_cut

    # Both ------------------------------------------------------------------------------------

    @staticmethod
    def _is_large(held: SimPosition, mark: Decimal) -> bool:
        return sizing.quote_value(held.spec, mark, held.lots) > risk.PARTIAL_FROM

    def _price(self, held: SimPosition, margin: Decimal) -> int:
        mark = self._markets[held.spec.symbol].mark_price
        fee = risk.liquidation_fee(held.spec, self._switches)
        return risk.takeover_ticks(held, mark, margin, fee)

    def _reduce(self, account: Account, held: SimPosition, lots: int, margin: Decimal) -> int:
        """Close a part, in the book or off it; returns the lots that went."""
        if self._switches.partial_liquidation == "bankruptcy":
            self._take_over(account, held, lots, margin)
            return lots
        market = self._markets[held.spec.symbol]
        terms = Terms(lots, self._price(held, margin), LIQUID)
        order = forced_order(self._shared, account, held, terms)
        self._tools.filling.enter(order, market)
        self.on_worked(market)
        return order.filled

    def _take_over(self, account: Account, held: SimPosition, lots: int, margin: Decimal) -> None:
        """Take lots over where nothing is left of ``margin``, and get rid of them."""
        market, is_long = self._markets[held.spec.symbol], held.lots > 0
        terms = Terms(lots, self._price(held, margin), LIQUID)
        order = self._tools.forced.close(account, held, market, terms)
        taken = Taken(account.uid, is_long, lots, terms.price, order.deal_value)
        self._tools.takeovers.work(market, taken)
        self.on_worked(market)

    def cover(self, account: Account, held: SimPosition, missing: Decimal) -> None:
        """No account loses more than it had, where no price would have prevented it either."""
        if missing > 0:
            self._tools.insurance.book(held.spec.settle, -missing)
            account.earn(held.spec.symbol, missing, held.side)
            self._reports.wallet(account, held.spec.settle)


def _ignore(_market: Market) -> None:
    """Nobody wants to know."""
