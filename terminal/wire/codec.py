"""Decoding with one kind of error, and encoding without noise.

Lax about form (text or number, extra fields; ``wire.fields``), strict about meaning: what cannot be
read raises ``DecodeError`` with the path of the field and a clipped excerpt without secrets.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from terminal.wire.fields import exact, read_field

T = TypeVar("T")

Raw = msgspec.Raw
"""JSON that is left as it came; what a caller asks for who chooses the shape himself."""

_EXCERPT = 200
_LOOKED_AT = 4 * _EXCERPT
_NAMES = (
    r"(?:token|key|secret|passphrase|password|sign|signature|uid|user_?id|ipwhitelist"
    r"|connectid|sessionid|kc-api-timestamp)"
)
_SECRET = re.compile(
    # A field of an object, as JSON (also inside a text) or as this program prints it: text (cut off
    # or not), a number. Of a list or an object in its place nothing is shown, nor of what follows:
    # where it ends is not known here.
    rf"""(["'][^"']*{_NAMES}\\*["']\s*:\s*)"""
    r"""(\\*"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|-?\d[\d.eE+-]*|[\[{].*)"""
    # A parameter of an address, or a header.
    rf"""|(\b[\w-]*{_NAMES}\s*[=:]\s*)(["']?[^\s"'&,;<>]+)""",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_encoder = msgspec.json.Encoder()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class DecodeError(ValueError):
    """Bytes that are not what they should be. The text names the field and shows an excerpt."""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - any struct type
    # What is wanted as any object is plain JSON values; the hook is for our own types.
    made = _decoders[kind] = msgspec.json.Decoder(
        Any if kind is object else kind, strict=False, dec_hook=read_field, float_hook=Decimal
    )
    return made


def decode(raw: bytes | str | memoryview, kind: type[T]) -> T:
    """Decode JSON into a struct. Raises ``DecodeError``."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoder(kind)
    try:
        decoded: T = decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        raise DecodeError(f"{_told(error)} in {excerpt(raw)}") from None
    return decoded


def decode_rows(raw: bytes | str | memoryview, kind: type[T]) -> list[T]:
    """Decode what is sometimes a list, sometimes one object and sometimes nothing.

    Null is no row. Raises ``DecodeError``.
    """
    data = memoryview(raw.encode() if isinstance(raw, str) else raw)
    begin = bytes(data[:32]).lstrip()
    if begin.startswith(b"["):
        return decode(data, list[kind])  # type: ignore[valid-type]  # the kind is known at run time
    if begin.startswith(b"null") or not data:
        return []
    return [decode(data, kind)]


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return excerpt(str(error)) if isinstance(error, ValueError) else "a number beyond all bounds"


def encode(value: Any) -> bytes:  # noqa: ANN401 - any value that JSON knows
    """Encode compactly; decimals become text."""
    return _encoder.encode(value)


def number(value: Decimal) -> msgspec.Raw:
    """A decimal that is encoded as a JSON number, exactly: for the calls that want no text."""
    return msgspec.Raw(format(value, "f").encode())


def decimal_of(value: Any, field: str) -> Decimal | None:  # noqa: ANN401 - whatever the wire holds
    """Read a number that may be text, number, exponent form, empty or absent.

    None and empty text are None. Raises ``DecodeError`` naming the field otherwise.
    """
    try:
        return exact(value)
    except ValueError as error:
        raise DecodeError(f"{field} {error}: {excerpt(str(value))}") from None


def excerpt(raw: bytes | str | memoryview) -> str:
    """The beginning of what was received, on one line, with what could be a secret left out."""
    if isinstance(raw, str):
        text = raw[:_LOOKED_AT]
    else:
        text = bytes(raw[:_LOOKED_AT]).decode("utf-8", "replace")
    shown = _CONTROL.sub(" ", _SECRET.sub(_hidden, text))
    return shown if len(shown) <= _EXCERPT and len(raw) <= _LOOKED_AT else f"{shown[:_EXCERPT]}..."


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1] or found[3]}***"
