"""Decoding with one kind of error, and encoding without noise.

Lax about form (text or number, extra fields), strict about meaning: what cannot be read raises
``DecodeError`` with the path of the field and a clipped excerpt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_EXCERPT = 200
_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class DecodeError(ValueError):
    """Bytes that are not what they should be. The text names the field and shows an excerpt."""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - any struct type
    known = _decoders.get(kind)
    if known is None:
        known = _decoders[kind] = msgspec.json.Decoder(kind, strict=False)
    return known


def decode(raw: bytes | str, kind: type[T]) -> T:
    """Decode JSON into a struct. Raises ``DecodeError``."""
    try:
        decoded: T = _decoder(kind).decode(raw)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise DecodeError(f"{error} in {excerpt(raw)}") from error
    return decoded


def encode(value: Any) -> bytes:  # noqa: ANN401 - any value that JSON knows
    """Encode compactly; decimals become text."""
    return _encoder.encode(value)


def decimal_of(value: Any, field: str) -> Decimal | None:  # noqa: ANN401 - whatever the wire holds
    """Read a number that may be text, number, exponent form, empty or absent.

    None and empty text are None. Raises ``DecodeError`` naming the field otherwise.
    """
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError as error:
        raise DecodeError(f"{field} is no number: {excerpt(str(value))}") from error
    if not number.is_finite():
        raise DecodeError(f"{field} is no finite number: {excerpt(str(value))}")
    return number


def excerpt(raw: bytes | str) -> str:
    """The beginning of what was received, for a log line."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."
