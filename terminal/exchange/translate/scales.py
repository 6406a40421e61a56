"""The tick sizes learned from the contract list; without them no price can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.errors import UnitError
from terminal.domain.units import Price, Side, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from terminal.domain.contract import Contract


class OffTickError(ProtocolError):
    """A price between two ticks."""


MOST_TICKS = 2**53
"""No price is that many ticks; columns of machine numbers hold less than twice the bits."""


def _sensible(symbol: str, ticks: Price, field: str) -> Price:
    if not 0 <= ticks < MOST_TICKS:
        raise ProtocolError(f"{symbol}: {field}: {ticks} ticks are no price")
    return ticks


@final
class Scales:
    """All contracts that were ever listed, by symbol.

    Also keeps caches from text to ticks per symbol, because a stream repeats a few thousand texts
    for ever. ``places`` holds side and ticks by "price,side", of what was ``keep``-t.
    ``on_unknown`` is told of contracts that were asked for and never listed.
    """

    __slots__ = ("_cache", "_contracts", "on_unknown", "places")

    CACHE_LIMIT = 20_000

    def __init__(self) -> None:
        self._contracts: dict[Symbol, Contract] = {}
        self._cache: dict[Symbol, dict[str, Price]] = {}
        self.places: dict[Symbol, dict[str, tuple[Side, Price]]] = {}
        self.on_unknown: Callable[[Symbol], None] | None = None

    def learn(self, contracts: Iterable[Contract]) -> None:
        """Remember (anew) what contracts there are."""
        for contract in contracts:
            self._contracts[contract.symbol] = contract
            self._cache[contract.symbol] = {}
            self.places[contract.symbol] = {}

    def contract(self, symbol: str) -> Contract:
        """The contract of a symbol. Raises ``ProtocolError`` when it was never listed."""
        known = self._contracts.get(Symbol(symbol))
        if known is None:
            if self.on_unknown is not None:
                self.on_unknown(Symbol(symbol))
            raise ProtocolError(f"unknown contract {symbol[:40]!r}")
        return known

    def ticks(self, symbol: Symbol, price: Decimal) -> Price:
        """Whole ticks of a price. Raises ``ProtocolError`` when it is off the grid."""
        try:
            return _sensible(symbol, self.contract(symbol).scale.ticks(price), "price")
        except UnitError as error:
            raise OffTickError(f"{symbol}: price: {error}") from error
        except ArithmeticError as error:
            raise ProtocolError(f"{symbol}: price: {price} cannot be in ticks") from error

    def exact_ticks(self, symbol: Symbol, price: Decimal) -> Decimal:
        """A price in ticks, fractional between two of them; equal prices give equal keys."""
        return price / self.contract(symbol).scale.tick_size

    def ticks_below(self, symbol: Symbol, price: Decimal) -> Price:
        """The tick at or below a price. Raises ``ProtocolError`` for what has none."""
        try:
            return _sensible(symbol, self.contract(symbol).scale.ticks_below(price), "price")
        except ArithmeticError as error:
            raise ProtocolError(f"{symbol}: price: {price} cannot be in ticks") from error

    def nearest(self, symbol: Symbol, price: Decimal, field: str) -> Price:
        """The nearest tick, for showing only. Raises ``ProtocolError`` for what has none."""
        try:
            return _sensible(symbol, self.contract(symbol).scale.ticks_nearest(price), field)
        except ArithmeticError as error:
            raise ProtocolError(f"{symbol}: {field}: {price} cannot be in ticks") from error

    def keep(self, symbol: Symbol, text: str, place: tuple[Side, Price]) -> None:
        """Remember what a text of a listed contract says; bounded like the other cache."""
        places = self.places[symbol]
        if len(places) >= self.CACHE_LIMIT:
            places.clear()
        places[text] = place

    def ticks_of_text(self, symbol: Symbol, text: str) -> Price:
        """Whole ticks of a price as the stream writes it. Raises ``ProtocolError``."""
        cache = self._cache.get(symbol)
        if cache is None:
            raise ProtocolError(f"unknown contract {symbol[:40]!r}")
        ticks = cache.get(text)
        if ticks is None:
            ticks = self.ticks(symbol, read.positive(read.decimal(text, "price"), "price"))
            if len(cache) >= self.CACHE_LIMIT:
                cache.clear()
            cache[text] = ticks
        return ticks
