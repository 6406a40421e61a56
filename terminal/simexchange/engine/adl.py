"""Who holds positions of a contract, and who is deleveraged when the insurance fund is empty.

The positions of the other side with the highest rank are closed at the bankruptcy price of the one
that was liquidated, as many as it takes. Source: reference 3.8, 5.7; the order is that of
``trading.ranking``. Only who has a profit at that price is asked (our choice); the rest is the
crowd's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.engine.filling import ADL
from terminal.simexchange.engine.forced import Terms
from terminal.simexchange.trading.ranking import score

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from terminal.simexchange.engine.forced import Forced
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition


@final
class Holders:
    """The accounts that have a position, by contract and uid, in the order they came."""

    def __init__(self, symbols: Iterable[str]) -> None:
        self._by_symbol: dict[str, dict[str, Account]] = {symbol: {} for symbol in symbols}

    def of(self, symbol: str) -> list[Account]:
        """Those of a contract."""
        return list(self._by_symbol[symbol].values())

    def has(self, symbol: str) -> bool:
        """True when anybody has a position in a contract."""
        return bool(self._by_symbol[symbol])

    def note(self, account: Account, symbol: str) -> None:
        """A position changed."""
        found = self._by_symbol[symbol]
        if any(leg.lots for leg in account.legs.of(symbol)):
            found[account.uid] = account
        else:
            found.pop(account.uid, None)

    def recount(self, accounts: Iterable[Account]) -> None:
        """Look at everybody; when accounts came with positions that no order made."""
        for found in self._by_symbol.values():
            found.clear()
        for account in accounts:
            for symbol in self._by_symbol:
                self.note(account, symbol)


@final
class Taken(NamedTuple):
    """Lots that were taken over from an account at a price (ticks), for so much in all."""

    uid: str
    is_long: bool
    lots: int
    price: int
    value: Decimal


@final
class Deleveraging:
    """Closes profitable positions of the other side."""

    def __init__(self, holders: Holders, forced: Forced) -> None:
        self._holders = holders
        self._forced = forced

    def queue(self, market: Market, taken: Taken) -> list[tuple[Account, SimPosition]]:
        """Who stands against what was taken over, the next one first; never its own account."""
        mark, spec = market.mark_price, market.spec
        price = spec.price(taken.price)
        rows = [
            (-score(account, held, mark), account.number, account, held)
            for account in self._holders.of(spec.symbol)
            if account.uid != taken.uid
            for held in account.legs.open(spec.symbol)
            if (held.lots > 0) != taken.is_long and held.unrealized(price) > 0
        ]
        rows.sort(key=lambda row: row[:2])
        return [(account, held) for _, _, account, held in rows]

    def close(self, market: Market, taken: Taken, lots: int) -> list[int]:
        """Close up to so many lots at the price; returns the lots of each position closed."""
        closed: list[int] = []
        for account, held in self.queue(market, taken):
            part = min(lots, abs(held.lots))
            if not part:
                break
            self._forced.close(account, held, market, Terms(part, taken.price, ADL))
            closed.append(part)
            lots -= part
        return closed
