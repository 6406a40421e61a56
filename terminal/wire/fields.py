"""Types of single fields: lax about form, strict about meaning, exact about numbers.

The exchange writes the same number as text here, as a number there, in exponent form elsewhere, and
leaves it null, empty or out when it has none (API reference 9, number rule). A field of a ``Maybe``
type is None then; the plain types demand a value. To a type checker they are the values they hold.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DIGITS = 64
MAX_ADJUSTED, MIN_ADJUSTED = 24, -60
"""Our bounds: what lies beyond is no price, size or amount but a fault, and arithmetic on it would
cost memory without end."""
MAX_WHOLE = 2**63


if TYPE_CHECKING:
    Exact: TypeAlias = Decimal
    MaybeExact: TypeAlias = Decimal | None
    Whole: TypeAlias = int
    MaybeWhole: TypeAlias = int | None
    Text: TypeAlias = str
    MaybeText: TypeAlias = str | None
    MaybeFlag: TypeAlias = bool | None
    MaybeWords: TypeAlias = str | None
    Texts: TypeAlias = list[str]
else:

    class _Field(type):
        """What the hook made is an instance: the hook is the only one who decides."""

        @override
        def __instancecheck__(cls, instance: object) -> bool:
            return True

    Exact = _Field("Exact", (), {})
    MaybeExact = _Field("MaybeExact", (), {})
    Whole = _Field("Whole", (), {})
    MaybeWhole = _Field("MaybeWhole", (), {})
    Text = _Field("Text", (), {})
    MaybeText = _Field("MaybeText", (), {})
    MaybeFlag = _Field("MaybeFlag", (), {})
    MaybeWords = _Field("MaybeWords", (), {})
    Texts = _Field("Texts", (), {})


def exact(value: object) -> Decimal | None:
    """Read a number of any form exactly; None for null and empty text.

    Raises ``ValueError`` for what is no finite number of a sensible size.
    """
    if isinstance(value, str):
        value = _number_of_text(value.strip())
    if value is None:
        return None
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    else:
        raise ValueError("is no number")  # noqa: TRY004 - the codec names the path of ValueErrors
    return _sensible(number)


def _number_of_text(text: str) -> Decimal | None:
    if not text:
        return None
    if not text.isascii() or "_" in text:
        raise ValueError("is no number")
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("is no number") from None


def _sensible(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError("is no finite number")
    if not number:
        return Decimal(0)
    if not MIN_ADJUSTED <= number.adjusted() <= MAX_ADJUSTED:
        raise ValueError("is beyond all bounds")
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise ValueError("has too many digits")
    return number


def whole(value: object) -> int | None:
    """Read a whole number of any form; None for null and empty text. Raises ``ValueError``."""
    if type(value) is int:
        number = value
    else:
        found = exact(value)
        if found is None:
            return None
        if found != found.to_integral_value():
            raise ValueError("is no whole number")
        number = int(found)
    if not -MAX_WHOLE <= number < MAX_WHOLE:
        raise ValueError("is beyond all bounds")
    return number


def text(value: object) -> str | None:
    """Read a text; an id that comes as a whole number keeps all its digits. None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueError("has too many digits")
        return str(value)
    raise ValueError("is no text")


def texts(value: object) -> list[str]:
    """Read a list of texts; null is an empty one. Raises ``ValueError``."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("is no list")  # noqa: TRY004 - the codec names the path of ValueErrors
    return [_needed(text)(one) for one in cast("list[object]", value)]


def words(value: object) -> str | None:
    """Read what is only shown, whatever it is; None for null. Never fails."""
    return value if value is None or isinstance(value, str) else str(value)


def flag(value: object) -> bool | None:
    """Read a truth value, also as text or as 0 and 1; None for null and empty text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if not word:
            return None
        if word in _FLAGS:
            return _FLAGS[word]
    elif value in {0, 1} and isinstance(value, int):
        return bool(value)
    raise ValueError("is neither true nor false")


_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def _needed(read: Callable[[object], Any]) -> Callable[[object], Any]:
    def needed(value: object) -> Any:  # noqa: ANN401 - what the reader makes
        found = read(value)
        if found is None or found == "":
            raise ValueError("is empty")
        return found

    return needed


_READERS: dict[object, Callable[[object], Any]] = {
    Exact: _needed(exact),
    MaybeExact: exact,
    Whole: _needed(whole),
    MaybeWhole: whole,
    Text: _needed(text),
    MaybeText: text,
    MaybeFlag: flag,
    MaybeWords: words,
    Texts: texts,
}


def read_field(kind: type, value: Any) -> Any:  # noqa: ANN401 - the decoder's hook
    """Read one field of a type of this module. Raises ``ValueError`` for what cannot be read."""
    return _READERS[kind](value)
