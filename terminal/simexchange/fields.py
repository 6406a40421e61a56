"""Reading what a client sent: every value comes out whole, exact and small, or is refused.

Values come from JSON (numbers, text, true) or from a query (text). Numbers may be written as text
everywhere, which the exchange takes too (reference 3.3, 8). Whatever the value is, nothing but
``Refused`` is raised: code 400100 with the name of the parameter, HTTP status 400.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_DEPTH = 32
"""Arrays and objects inside each other in a body; the exchange's own have three."""
_LONGEST_NUMBER = 40
_LARGEST_EXPONENT = 30
_LONGEST_TEXT = 4096
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def _refuse(name: str, what: str = "is invalid") -> NoReturn:
    raise Refused("400100", f"{name} {what}", 400)


def decimal_of(name: str, value: object) -> Decimal:
    """A finite number of at most 40 characters, whose exponent is within 30."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        _refuse(name)
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # an integer of thousands of digits
        _refuse(name)
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        _refuse(name)
    number = Decimal(text)
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        _refuse(name)
    return number


def whole_of(name: str, value: object) -> int:
    """A whole number of at most 18 digits, as number or as text; ``2.0`` is one, too."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            _refuse(name)
        return int(value)
    number = decimal_of(name, value)
    if number != number.to_integral_value() or abs(number) >= 10**18:
        _refuse(name)
    return int(number)


def text_of(name: str, value: object, longest: int = _LONGEST_TEXT) -> str:
    """Text as it came, at most so many characters."""
    if not isinstance(value, str):
        _refuse(name)
    if len(value) > longest:
        _refuse(name, f"is longer than {longest} characters")
    return value


def flag_of(name: str, value: object) -> bool:
    """``true`` or ``false``, as JSON has them or as text in any case."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else None
    if word not in ("true", "false"):
        _refuse(name)
    return word == "true"


@final
class Fields(dict[str, Any]):
    """An object that a client sent, and its members one by one. ``null`` and "" are absent."""

    def _given(self, name: str) -> object:
        value = self.get(name)
        return None if value == "" else value

    def text(self, name: str, default: str = "", longest: int = _LONGEST_TEXT) -> str:
        """Text, or the default when absent."""
        value = self._given(name)
        return default if value is None else text_of(name, value, longest)

    def required(self, name: str, longest: int = _LONGEST_TEXT) -> str:
        """Text that must be there."""
        return self.text(name, longest=longest) or _refuse(name, "is required")

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of some words; without a default it must be there."""
        value = self._given(name)
        if value is None:
            return _refuse(name, "is required") if default is None else default
        word = text_of(name, value)
        return word if word in allowed else _refuse(name)

    def whole(self, name: str) -> int | None:
        """A whole number, None when absent."""
        value = self._given(name)
        return None if value is None else whole_of(name, value)

    def decimal(self, name: str) -> Decimal | None:
        """An exact number, None when absent."""
        value = self._given(name)
        return None if value is None else decimal_of(name, value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A flag, or the default when absent."""
        value = self._given(name)
        return default if value is None else flag_of(name, value)

    def texts(self, name: str, most: int = 100) -> list[str]:
        """A list of texts, empty when absent."""
        value = self._given(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            _refuse(name)
        return [text_of(name, item) for item in value]

    def objects(self, name: str, most: int = 100) -> list[Fields]:
        """A list of objects, empty when absent."""
        value = self._given(name)
        return [] if value is None else objects_of(name, value, most)


def objects_of(name: str, value: object, most: int = 100) -> list[Fields]:
    """A list of objects."""
    if not isinstance(value, list) or len(value) > most:
        _refuse(name)
    return [Fields(item) if isinstance(item, dict) else _refuse(name) for item in value]


# A whole body ----------------------------------------------------------------------------------


def decoded(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """A body as JSON: the last of repeated names counts. Raises ``Refused`` (400100).

    Refused are bytes that are no UTF-8 (a byte order mark included), halves of surrogate pairs,
    NaN and Infinity, numbers beyond any use (``1e999``, thousands of digits, more digits than a
    double holds), and what lies deeper than 32 levels.
    """
    try:
        text = body.decode("utf-8")
        value = _decoder.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Refused("400100", "The body is no JSON", 400) from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise Refused("400100", "The body is nested too deeply", 400)
    return value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return any(isinstance(one, (dict, list)) for one in level)


def _read_whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    return int(text)


def _read_float(text: str) -> float:
    """A float that says what was written, digit for digit."""
    number = decimal_of("number", text)
    value = float(text)
    if Decimal(repr(value)) != number:
        raise ValueError(text)
    return value


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


_decoder = json.JSONDecoder(
    parse_int=_read_whole, parse_float=_read_float, parse_constant=_no_constant
)
