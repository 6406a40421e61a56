"""Books and their changes. Prices between two ticks keep an exact key of their own.

Source: API reference 2.3, 5.6 and 7.11 (orders from before a change of the tick size stay).
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import islice
from operator import gt, lt
from typing import TYPE_CHECKING, Any, cast, final

from terminal.domain.clock import TimestampMs
from terminal.domain.events import BookDelta, BookDepth, BookSnapshot, Level, OffTickLevel
from terminal.domain.units import Lots, Price, Side, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read
from terminal.exchange.translate.scales import OffTickError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from terminal.exchange.translate.scales import Scales
    from terminal.wire.market import BookPayload, BookRow, ChangePayload

SLICE_LEVELS = 1_000
"""So many levels of a snapshot are translated in one go: well below a millisecond as a rule."""
MOST_DIGITS = 18
"""Of lots: below the bounds of machine numbers, above every order."""
_EARLIEST_MS, _LATEST_MS = read.EARLIEST_NS // 10**6, read.LATEST_NS // 10**6
_EXACT = 2**53
"""Below this every whole number is a float, and their quotient is the float nearest to the truth:
the very one that reading the same decimal gives."""
_new = cast("Any", tuple).__new__
"""Makes a fact without the Python call that its class would cost."""
_LEVEL = cast("Callable[[tuple[int, int]], Level]", partial(_new, Level))


def book_snapshot(payload: BookPayload, scales: Scales) -> BookSnapshot:
    """A whole book: bids falling, asks rising, whatever order the exchange sent."""
    reading = SnapshotReading(payload, scales)
    for _ in reading.slices():
        pass
    return reading.snapshot()


@final
class SnapshotReading:
    """A snapshot translated in slices, so that a book of 40,000 levels blocks nobody.

    Run through ``slices`` with pauses as wanted, then take the ``snapshot``. Prices between two
    ticks are kept apart, exactly; levels without lots are left out. Raises ``ProtocolError``.

    Prices come as floats, the one border where they may: ``n`` ticks of ``a / b`` are exactly the
    price if and only if ``n * a / b`` is the same float, as long as the price has no more than 15
    digits, which real ones never have.
    """

    def __init__(self, payload: BookPayload, scales: Scales) -> None:
        self._payload = payload
        self._symbol = Symbol(payload.symbol)
        self._tick = scales.contract(payload.symbol).scale.tick_size
        self._bids: list[Level] = []
        self._asks: list[Level] = []
        self._off_tick: list[OffTickLevel] = []

    def slices(self) -> Iterator[None]:
        """Translate; yields after each ``SLICE_LEVELS`` levels."""
        yield from self._side(self._payload.bids, Side.BUY, self._bids)
        yield from self._side(self._payload.asks, Side.SELL, self._asks)

    def _side(self, rows: list[BookRow], side: Side, levels: list[Level]) -> Iterator[None]:
        for start in range(0, len(rows), SLICE_LEVELS):
            part = rows[start : start + SLICE_LEVELS]
            try:
                self._slice(part, side, levels)
            except (ValueError, ArithmeticError) as error:
                raise ProtocolError(f"{self._symbol}: a level of the book: {error}") from error
            yield

    def _slice(self, rows: list[BookRow], side: Side, levels: list[Level]) -> None:
        """All at once where all are plain; halves of what is not, down to the odd ones."""
        if self._plain(rows, levels):
            return
        if len(rows) == 1:
            self._odd(rows[0], side, levels)
            return
        middle = len(rows) // 2
        self._slice(rows[:middle], side, levels)
        self._slice(rows[middle:], side, levels)

    def _plain(self, rows: list[BookRow], levels: list[Level]) -> bool:
        """Translate rows that are all on the ticks; False, and nothing done, if one is not."""
        top, bottom = self._tick.as_integer_ratio()
        prices, lots = [row.price for row in rows], [row.lots for row in rows]
        if top == 1:
            scale = float(bottom)
            ticks = [round(price * scale) for price in prices]
            again = [count / scale for count in ticks]
        else:
            ticks = [round(price * bottom / top) for price in prices]
            again = [count * top / bottom for count in ticks]
        if again != prices or min(lots) <= 0:
            return False
        if min(ticks) <= 0 or max(ticks) >= _EXACT // max(top, bottom):
            return False
        levels.extend(map(_LEVEL, zip(ticks, lots, strict=True)))
        return True

    def _odd(self, row: BookRow, side: Side, levels: list[Level]) -> None:
        """One level the exact way: it may lie between two ticks, or be no level at all."""
        price, lots = Decimal(repr(row.price)), row.lots
        if not lots:
            return
        if lots < 0 or not price.is_finite() or price <= 0:
            raise ProtocolError(f"{self._symbol}: {price} with {lots} lots is no level")
        whole, rest = divmod(price, self._tick)
        if rest:
            self._off_tick.append(OffTickLevel(side, price / self._tick, Lots(lots)))
        else:
            levels.append(Level(Price(int(whole)), Lots(lots)))

    def snapshot(self) -> BookSnapshot:
        """The book that was read; levels that came in order, as they should, cost no sorting."""
        if not all(map(gt, self._bids, islice(self._bids, 1, None))):
            self._bids.sort(reverse=True)
        if not all(map(lt, self._asks, islice(self._asks, 1, None))):
            self._asks.sort()
        return BookSnapshot(
            symbol=self._symbol,
            sequence=_sequence(self._payload),
            bids=tuple(self._bids),
            asks=tuple(self._asks),
            event_at=read.ns(self._payload.ts, "ts"),
            off_tick=tuple(self._off_tick),
        )


def book_depth(payload: BookPayload, rows: int, scales: Scales) -> BookDepth:
    """The best levels by request; levels between two ticks count for the tick below."""
    whole = book_snapshot(payload, scales)
    totals: dict[Side, dict[Price, int]] = {
        Side.BUY: dict(whole.bids),
        Side.SELL: dict(whole.asks),
    }
    for side, exact, lots in whole.off_tick:
        below = Price(int(exact // 1))
        totals[side][below] = totals[side].get(below, 0) + lots
    bids = sorted(totals[Side.BUY].items(), reverse=True)
    asks = sorted(totals[Side.SELL].items())
    return BookDepth(
        symbol=whole.symbol,
        rows=rows,
        sequence=whole.sequence,
        bids=tuple(Level(price, Lots(lots)) for price, lots in bids),
        asks=tuple(Level(price, Lots(lots)) for price, lots in asks),
        event_at=TimestampMs(whole.event_at // 1_000_000),
    )


def _sequence(payload: BookPayload) -> int:
    if payload.sequence < 0:
        raise ProtocolError(f"sequence: {payload.sequence} is negative")
    return payload.sequence


_DELTA = cast("Callable[[tuple[object, ...]], BookDelta]", partial(_new, BookDelta))


def book_delta(symbol: Symbol, payload: ChangePayload, scales: Scales) -> BookDelta:
    """One change "price,side,size" (API reference 5.6), between two ticks too."""
    place, _, size = payload.change.rpartition(",")
    try:
        side, ticks = scales.places[symbol][place]
        lots = _sizes[size]
    except KeyError:
        return _new_delta(symbol, payload, scales)
    sequence, at = payload.sequence, payload.timestamp
    if not (0 <= sequence < _EXACT and _EARLIEST_MS <= at < _LATEST_MS):
        return _new_delta(symbol, payload, scales)
    return _DELTA((symbol, sequence, side, ticks, lots, at, None))


def _new_delta(symbol: Symbol, payload: ChangePayload, scales: Scales) -> BookDelta:
    """A change with something in it that was not seen lately: checked, and remembered."""
    parts = payload.change.split(",")
    if len(parts) != 3:
        raise ProtocolError(f"{symbol}: change {payload.change[:80]!r} has not three parts")
    price, word, size = parts
    side = read.SIDES.get(word)
    if side is None or not (size.isascii() and size.isdigit() and len(size) <= MOST_DIGITS):
        raise ProtocolError(f"{symbol}: change {payload.change[:80]!r} cannot be read")
    sequence, at = payload.sequence, TimestampMs(payload.timestamp)
    if not 0 <= sequence < _EXACT:
        raise ProtocolError(f"{symbol}: sequence: {sequence} is none")
    if not _EARLIEST_MS <= at < _LATEST_MS:
        at = read.ms(at, "timestamp")
    lots = Lots(int(size))
    try:
        ticks = scales.ticks_of_text(symbol, price)
    except OffTickError:
        number = read.decimal(price, "price")
        below, exact = scales.ticks_below(symbol, number), scales.exact_ticks(symbol, number)
        return BookDelta(symbol, sequence, side, below, lots, at, exact)
    if len(_sizes) >= MAX_SIZES:
        _sizes.clear()
    _sizes[size] = lots
    scales.keep(symbol, f"{price},{word}", (side, ticks))
    return BookDelta(symbol, sequence, side, ticks, lots, at)


MAX_SIZES = 20_000
"""Texts of sizes that are remembered; most changes repeat one of a few thousand."""
_sizes: dict[str, Lots] = {}
