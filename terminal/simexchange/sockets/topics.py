"""What a client may write as a topic, and which topics that means. Source: reference 5.2, 5.5."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.payloads import frames
from terminal.simexchange.sockets.limits import FrameRefused

if TYPE_CHECKING:
    from collections.abc import Container

MAX_QUOTED = 100
"""A refused topic is repeated in the answer, but not at any length."""


class _Names(Enum):
    """What stands behind the colon."""

    NONE = auto()
    SYMBOLS = auto()
    CANDLES = auto()
    MAYBE_SYMBOLS = auto()


_PUBLIC = {
    frames.TICKER_V2: _Names.SYMBOLS,
    frames.TICKER: _Names.SYMBOLS,
    frames.LEVEL2: _Names.SYMBOLS,
    frames.DEPTH5: _Names.SYMBOLS,
    frames.DEPTH50: _Names.SYMBOLS,
    frames.EXECUTION: _Names.SYMBOLS,
    frames.CANDLES: _Names.CANDLES,
    frames.INSTRUMENT: _Names.SYMBOLS,
    frames.ANNOUNCEMENT: _Names.MAYBE_SYMBOLS,
    frames.SNAPSHOT: _Names.SYMBOLS,
}
_PRIVATE = {
    frames.ORDERS: _Names.MAYBE_SYMBOLS,
    frames.STOPS: _Names.NONE,
    frames.WALLET: _Names.NONE,
    frames.POSITION: _Names.SYMBOLS,
    frames.POSITIONS: _Names.NONE,
    frames.MARGIN_MODE: _Names.NONE,
    frames.CROSS_LEVERAGE: _Names.NONE,
}


@final
class Asked(NamedTuple):
    """Topics with one name each, as pushes carry them; without repetition, in order."""

    topics: tuple[str, ...]
    is_private: bool


def read(text: object, symbols: Container[str], most: int) -> Asked:
    """Take a topic of a client apart; at most ``most`` names. Raises ``FrameRefused``."""
    if text is None or text == "":
        raise FrameRefused(406, "topic is required")
    if not isinstance(text, str):
        raise FrameRefused(400, "topic is no text")
    base, colon, listed = text.partition(":")
    names = listed.split(",") if colon else []
    is_private = base in _PRIVATE
    kind = _PRIVATE.get(base) or _PUBLIC.get(base)
    if kind is None:
        raise _not_found(text)
    if len(names) > most:
        raise FrameRefused(509, f"topics of one request exceed the limit of {most}")
    if not names:
        if kind in (_Names.SYMBOLS, _Names.CANDLES):
            raise FrameRefused(400, f"topic {base} needs a symbol")
        return Asked((base,), is_private)
    for name in names:
        if not _is_known(name, kind, symbols):
            raise _not_found(f"{base}:{name}")
    return Asked(tuple(dict.fromkeys(f"{base}:{name}" for name in names)), is_private)


def _is_known(name: str, kind: _Names, symbols: Container[str]) -> bool:
    if kind is _Names.NONE:
        return False
    if kind is _Names.CANDLES:
        symbol, _, candle = name.partition("_")
        return symbol in symbols and candle in frames.CANDLE_TYPES
    return name in symbols


def _not_found(text: str) -> FrameRefused:
    return FrameRefused(404, f"topic {text[:MAX_QUOTED]} is not found")
