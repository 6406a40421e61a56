"""Numbers to text by tick, lot and currency: signs, thousands, ages.

Minus is the true minus sign, thousands are set apart by a thin space at which no line
breaks, and no digit is invented.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import TYPE_CHECKING

from terminal.domain.access import Access
from terminal.domain.units import THIN_SPACE as _APART
from terminal.domain.units import set_apart

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.units import ExactPrice, Money, Price

THIN_SPACE = _APART
MINUS = "\N{MINUS SIGN}"
EMPTY = "\N{EN DASH}"
NO_ACCOUNT = "No account is connected."
"""What panels of the account say while only the market is watched."""
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15}")


class Role(Enum):
    """Colour roles of the look page; widgets turn them into the theme's colours."""

    TEXT = "text"
    TEXT_DIM = "text_dim"
    TEXT_OFF = "text_off"
    BUY = "buy"
    SELL = "sell"
    ACCENT = "accent"
    CAUTION = "caution"
    DANGER = "danger"
    KEYBOARD_ARMED = "keyboard_armed"
    MOUSE_ARMED = "mouse_armed"
    DEMO = "demo"
    LIVE = "live"


def number(value: Decimal, decimals: int) -> str:
    """Write with exactly so many decimals, rounded half to even, thousands set apart."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    text = set_apart(f"{abs(rounded):,.{decimals}f}")
    return f"{MINUS}{text}" if rounded < 0 else text


def signed(value: Decimal, decimals: int) -> str:
    """Like ``number`` with a plus sign for gains; zero has no sign."""
    text = number(value, decimals)
    rounded_up = value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if rounded_up else text


def whole(value: int) -> str:
    """A whole number with thousands set apart."""
    text = set_apart(f"{abs(value):,}")
    return f"{MINUS}{text}" if value < 0 else text


def counted(value: Decimal | int, word: str) -> str:
    """A whole count with its word, in the plural where it is not one: ``1 tick``, ``2 ticks``."""
    shown = whole(int(value))
    return f"{shown} {word}" if abs(int(value)) == 1 else f"{shown} {word}s"


def price(ticks: Price, contract: Contract) -> str:
    """A tick price with all decimals of its contract."""
    return number(contract.scale.decimal(ticks), contract.scale.decimals)


def exact_price(value: ExactPrice | None, contract: Contract) -> str:
    """A mark, entry or liquidation price, with one decimal more than the tick; dash if unknown."""
    if value is None:
        return EMPTY
    return number(value.value, contract.scale.decimals + 1)


def money_decimals(currency: str) -> int:
    """How many decimals an amount is shown with: 2 for dollars, 6 for coins."""
    return 2 if currency in {"USDT", "USDC", "USD"} else 6


def money(amount: Money | None, *, sign: bool = False) -> str:
    """An amount with its currency; dash if unknown."""
    if amount is None:
        return EMPTY
    decimals = money_decimals(amount.currency)
    text = signed(amount.amount, decimals) if sign else number(amount.amount, decimals)
    return f"{text} {amount.currency}"


def exact_money(amount: Money) -> str:
    """An amount with its currency and all its decimals, at least the usual ones."""
    exponent = amount.amount.normalize().as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) else 0
    decimals = max(money_decimals(amount.currency), needed)
    return f"{number(amount.amount, decimals)} {amount.currency}"


def bare_number(typed: str) -> str:
    """A number as typed, without what sets thousands apart; anything doubtful reads as no number.

    A comma is taken only where it can be nothing but a thousands separator: 100012,3 must never
    become ten times its price.
    """
    bare = "".join(typed.split())
    if "," in bare:
        bare = bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else "x"
    return bare if _NUMBER.fullmatch(bare) else "x"


def gain_role(gain: Money) -> Role:
    """Colour role of a profit or loss; what is shown as zero is neutral."""
    shown = round(gain.amount, money_decimals(gain.currency))
    if shown > 0:
        return Role.BUY
    return Role.SELL if shown < 0 else Role.TEXT_DIM


def age(seconds: float) -> str:
    """An age in one unit: 0.4 s, 12 s, 3 min, 2 h."""
    if seconds < 10:
        return f"{Decimal(seconds).quantize(Decimal('0.1'), rounding=ROUND_DOWN)} s"
    if seconds < 90:
        return f"{int(seconds)} s"
    if seconds < 5400:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h"


def clock_time(at_ms: TimestampMs) -> str:
    """Time of day in the user's zone."""
    return _local(at_ms).strftime("%H:%M:%S")


def clock_time_ms(at_ms: TimestampMs) -> str:
    """Time of day in the user's zone, to the millisecond."""
    return _local(at_ms).strftime("%H:%M:%S.%f")[:-3]


def day(at_ms: TimestampMs) -> str:
    """The date in the user's zone."""
    return _local(at_ms).strftime("%Y-%m-%d")


def exact_time(at_ms: TimestampMs) -> str:
    """Date, time and zone offset in the user's zone, to the millisecond: for tooltips."""
    return _local(at_ms).isoformat(sep=" ", timespec="milliseconds")


def _local(at_ms: TimestampMs) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()


def out_of_date(what: str, seconds: float | None) -> str | None:
    """Say that something may be out of date and for how long; None when it is not."""
    return None if seconds is None else f"{what} may be out of date for {age(seconds)}."


def empty_words(access: Access, short: str, with_hint: str) -> str:
    """What an empty panel of the account says: the hint only where orders can be sent."""
    if access is Access.MARKET_DATA:
        return NO_ACCOUNT
    return with_hint if access is Access.FULL else short
