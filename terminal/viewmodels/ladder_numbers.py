"""Sizes as the ladder writes them: lots, coins, value or abbreviated; each made once and kept."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import NumberFormat
from terminal.viewmodels.text import MINUS, THIN_SPACE

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.units import Price

_CACHE_LIMIT = 20_000
_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
_SHORTEST = 1000
"""Smaller numbers are never abbreviated."""


def short(value: Decimal) -> str:
    """Three digits at least and a letter: 12.3k, 4.50M; below 1000 the whole number.

    Rounds towards zero: no size looks larger than it is.
    """
    size = abs(value)
    sign = MINUS if value < 0 else ""
    for unit, letter in _UNITS:
        if size >= unit:
            shown = size / unit
            decimals = 2 if shown < 10 else 1 if shown < 100 else 0
            cut = int(shown * 10**decimals)
            return f"{sign}{Decimal(cut).scaleb(-decimals):f}{letter}"
    return f"{sign}{int(size)}"


def shortened(words: str) -> str:
    """A number's text, abbreviated where that makes it shorter; other texts stay as they are."""
    value = _value(words)
    if value is None or abs(value) < _SHORTEST:
        return words
    plus = "+" if words.startswith("+") else ""
    made = plus + short(value)
    return made if len(made) < len(words) else words


def shorter_forms(words: str) -> tuple[str, ...]:
    """A number ever shorter: 1 234 567, 1.23M, 1.2M, 1M; 0.125, 0.12, 0.1. Other texts as they are.

    Cut towards zero, and never to zero where there is something.
    """
    value = _value(words)
    if value is None:
        return (words,)
    forms, is_large = [words], abs(value) >= _SHORTEST
    sign = "+" if words.startswith("+") else ""
    made = sign + short(value) if is_large else words
    while True:
        if len(made) < len(forms[-1]):
            forms.append(made)
        letter = made[-1] if is_large else ""
        whole, dot, decimals = made.removesuffix(letter).partition(".")
        made = f"{whole}.{decimals[:-1]}".removesuffix(".") + letter
        if not dot or not made.strip(f"+{MINUS}0."):
            return tuple(forms)


def _value(words: str) -> Decimal | None:
    """The number that a text is; None for any other text."""
    bare = words.replace(THIN_SPACE, "").replace(MINUS, "-")
    return Decimal(bare) if bare.lstrip("+-").replace(".", "", 1).isdigit() else None


def brief_forms(count: int) -> tuple[str, str]:
    """A count (0 or more) in two digits and in one, to the nearest: 1.2k and 1k, 640 and .6k."""
    return _brief(count, 2), _brief(count, 1)


def _brief(count: int, digits: int) -> str:
    if count < (_SHORTEST if digits > 1 else _SHORTEST // 10):
        return str(count)
    unit = 10 ** (len(str(count)) - digits)
    rounded = (count + unit // 2) // unit * unit
    scale, letter = next((one for one in _UNITS if rounded >= one[0]), _UNITS[-1])
    shown = Decimal(rounded) / scale
    return f"{shown.normalize():f}".removeprefix("0") + letter


@final
class SizeTexts:
    """Texts of sizes of one contract, kept (bounded)."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._whole: dict[int, str] = {0: ""}
        self._short: dict[int, str] = {0: ""}
        self._priced: dict[tuple[NumberFormat, int, int], str] = {}
        exponent = contract.multiplier.normalize().as_tuple().exponent
        self._coin_decimals = max(0, -exponent) if isinstance(exponent, int) else 0

    def text(self, lots: int, price: Price, number_format: NumberFormat) -> str:
        """A size at a price in a format; nothing is written for zero. Lots may be negative."""
        if number_format is NumberFormat.LOTS:
            return self.lots(lots)
        if lots == 0:
            return ""
        if number_format is NumberFormat.SHORT:
            found = self._short.get(lots)
            if found is None:
                if len(self._short) > _CACHE_LIMIT:
                    self._short = {0: ""}
                found = self._short[lots] = short(Decimal(lots))
            return found
        key = (number_format, lots, price)
        made = self._priced.get(key)
        if made is None:
            if len(self._priced) > _CACHE_LIMIT:
                self._priced.clear()
            made = self._priced[key] = self._at(lots, price, number_format)
        return made

    def lots(self, lots: int) -> str:
        """So many lots; nothing for zero."""
        found = self._whole.get(lots)
        if found is None:
            if len(self._whole) > _CACHE_LIMIT:
                self._whole = {0: ""}
            found = self._whole[lots] = text.whole(lots)
        return found

    def unit(self, number_format: NumberFormat) -> str:
        """The unit of a format, for the heading."""
        contract = self._contract
        if number_format is NumberFormat.COIN:
            return contract.base_currency
        return contract.quote_currency if number_format is NumberFormat.VALUE else "lots"

    def _at(self, lots: int, price: Price, number_format: NumberFormat) -> str:
        """Coins exactly (inverse: rounded to six digits), or the value without its decimals."""
        contract = self._contract
        size = contract.multiplier * lots
        at = contract.scale.decimal(price)
        if number_format is NumberFormat.VALUE:
            return text.number(size if contract.is_inverse else size * at, 0)
        if not contract.is_inverse:
            return text.number(size, self._coin_decimals)
        return text.number(size / at, 6) if at > 0 else ""
