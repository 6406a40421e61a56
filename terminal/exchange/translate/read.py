"""The smallest steps of translating: one value each, named in the error that it can raise.

Every function raises ``ProtocolError`` for what makes no sense; none guesses.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from terminal.domain.clock import TimestampMs, TimestampNs, to_ns
from terminal.domain.events import Liquidity, MarginMode, OrderType, PositionSide
from terminal.domain.units import ExactPrice, Lots, Money, Side
from terminal.domain.words import UnknownWord
from terminal.exchange.errors import ProtocolError
from terminal.wire import enums
from terminal.wire.codec import DecodeError, decimal_of, excerpt

if TYPE_CHECKING:
    from decimal import Decimal


Meaning = TypeVar("Meaning", bound=Enum)
Value = TypeVar("Value")

SIDES = {"buy": Side.BUY, "sell": Side.SELL}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
_MARGIN_MODES = {"ISOLATED": MarginMode.ISOLATED, "CROSS": MarginMode.CROSS}
_LIQUIDITY = {"maker": Liquidity.MAKER, "taker": Liquidity.TAKER}

EARLIEST_NS = 1_262_304_000 * 10**9
LATEST_NS = 4_102_444_800 * 10**9
"""2010 and 2100: no exchange of this kind existed before, no order will live that long."""


def needed(value: Value | None, field: str) -> Value:
    """What must be there."""
    if value is None:
        raise ProtocolError(f"{field} is missing")
    return value


# Words -------------------------------------------------------------------------------------------


def side(word: str) -> Side:
    """Buy or sell."""
    found = SIDES.get(word)
    if found is None:
        raise ProtocolError(f"side: unknown word {excerpt(word)!r}")
    return found


def order_type(word: str) -> OrderType:
    """Limit or market."""
    found = TYPES.get(word)
    if found is None:
        raise ProtocolError(f"type: unknown order type {excerpt(word)!r}")
    return found


def liquidity(word: str) -> Liquidity:
    """Maker or taker."""
    found = _LIQUIDITY.get(word)
    if found is None:
        raise ProtocolError(f"liquidity: unknown word {excerpt(word)!r}")
    return found


def margin_mode(word: str) -> MarginMode:
    """A margin mode that decides something. Raises for a word that is none."""
    found = _MARGIN_MODES.get(word.upper())
    if found is None:
        raise ProtocolError(f"marginMode: unknown word {excerpt(word)!r}")
    return found


def meaning(kind: type[Meaning], words: type[Enum], text: str | None) -> Meaning | UnknownWord:
    """The domain's value for one of the exchange's words; a new word survives as it came."""
    word = enums.read(words, text or "")
    if isinstance(word, enums.Unknown):
        return UnknownWord(word.text)
    return kind[word.name]


def told(kind: type[Meaning], words: type[Enum], text: str | None) -> Meaning | UnknownWord | None:
    """Like ``meaning``; None where nothing, or an empty text, was told."""
    return meaning(kind, words, text) if text else None


def told_margin_mode(text: str | None) -> MarginMode | UnknownWord | None:
    """A margin mode that is only shown."""
    return told(MarginMode, enums.MarginMode, text)


def told_position_side(text: str | None) -> PositionSide | UnknownWord | None:
    """A position side that is only shown."""
    return told(PositionSide, enums.PositionSide, text)


# Times -------------------------------------------------------------------------------------------


def ns(stamp: int, field: str) -> TimestampNs:
    """An instant by its magnitude (API reference 9), refused when it makes no sense."""
    instant = to_ns(stamp)
    if not EARLIEST_NS <= instant < LATEST_NS:
        raise ProtocolError(f"{field}: {stamp} is no instant of these decades")
    return instant


def ms(stamp: int, field: str) -> TimestampMs:
    """Like ``ns`` in milliseconds, rounded down."""
    return TimestampMs(ns(stamp, field) // 1_000_000)


def told_ms(stamp: int | None, field: str) -> TimestampMs | None:
    """Like ``ms``; None where nothing, or zero, was told."""
    return ms(stamp, field) if stamp else None


# Numbers -----------------------------------------------------------------------------------------


def lots(count: int, field: str) -> Lots:
    """An unsigned size."""
    if count < 0:
        raise ProtocolError(f"{field}: {count} is negative")
    return Lots(count)


def told_lots(count: int | None, field: str) -> Lots | None:
    """An unsigned size that may be untold."""
    return None if count is None else lots(count, field)


def optional(value: object, field: str) -> Decimal | None:
    """A number of any form; None for nothing."""
    try:
        return decimal_of(value, field)
    except DecodeError as error:
        raise ProtocolError(str(error)) from error


def decimal(text: str, field: str) -> Decimal:
    """A number that must be there."""
    found = optional(text, field)
    if found is None:
        raise ProtocolError(f"{field} is empty")
    return found


def positive(value: Decimal, field: str) -> Decimal:
    """A number that makes sense only above zero."""
    if value <= 0:
        raise ProtocolError(f"{field}: {value} is not above zero")
    return value


def rate(value: Decimal, field: str) -> Decimal:
    """A fraction per interval: far above one, somebody mixed it up with percent or with a price."""
    if not -1 < value < 1:
        raise ProtocolError(f"{field}: {value} is no funding rate")
    return value


def exact_price(value: Decimal | None) -> ExactPrice | None:
    """A price off the ticks; None for nothing and for zero, which says that there is none."""
    return None if not value else ExactPrice(value)


def money(value: Decimal | None, currency: str) -> Money | None:
    """An amount that may be untold."""
    return None if value is None else Money(value, currency)
