"""What a user chooses for the tape, and how it is kept. Read leniently, as a ladder's choices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.domain.tape import TapeSettings
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.contract import Contract
    from terminal.domain.tape import Burst

VERSION = 1
LARGEST = 1_000_000_000
BURST_MS = 100
"""Trades of one side within so many ms of the first are one burst. Our choice."""


@final
class LargeRule(NamedTuple):
    """From when on a burst is large: of so many lots, or of such a value in the quote currency.

    0 is no rule. The one rule of the row's mark, of the event log and of the sound.
    """

    least: int = 0
    is_value: bool = False

    def holds(self, burst: Burst, contract: Contract) -> bool:
        """Whether a burst is large; its value is that at its last price."""
        if not self.least:
            return False
        if not self.is_value:
            return burst.lots >= self.least
        return contract.notional(burst.last, burst.lots).amount >= self.least


@final
@dataclass(frozen=True, slots=True)
class TapeOptions:
    """The tape's choices. Sizes are lots; a ``large_lots`` or ``large_value`` of 0 marks nothing.

    ``large_value`` is in the quote currency and holds with ``is_large_by_value``. ``alerts`` tells
    large bursts in the event log, ``sounds`` makes a short sound.
    """

    joins_bursts: bool = True
    least_lots: int = 0
    large_lots: int = 0
    alerts: bool = False
    sounds: bool = False
    large_value: int = 0
    is_large_by_value: bool = False

    @property
    def large(self) -> LargeRule:
        """What is large now."""
        by_value = self.is_large_by_value
        return LargeRule(self.large_value if by_value else self.large_lots, by_value)

    def with_large(self, least: int) -> TapeOptions:
        """Another threshold, in the unit that holds now."""
        if self.is_large_by_value:
            return replace(self, large_value=least)
        return replace(self, large_lots=least)

    @property
    def settings(self) -> TapeSettings:
        """The same as the domain's tape takes it."""
        return TapeSettings(
            BURST_MS if self.joins_bursts else 0,
            Lots(self.least_lots),
            Lots(self.large_lots) if self.large_lots and not self.is_large_by_value else None,
        )


SHIPPED = TapeOptions()


def to_document(options: TapeOptions) -> dict[str, Any]:
    """The choices as the settings file keeps them."""
    return {
        "version": VERSION,
        "joins_bursts": options.joins_bursts,
        "least_lots": options.least_lots,
        "large_lots": options.large_lots,
        "alerts": options.alerts,
        "sounds": options.sounds,
        "large_value": options.large_value,
        "is_large_by_value": options.is_large_by_value,
    }


def from_document(document: Mapping[str, Any] | None) -> TapeOptions:
    """The choices of a file; whatever cannot be used, or is of another version, is as shipped."""
    if not document or document.get("version") != VERSION:
        return SHIPPED
    return TapeOptions(
        _yes_or_no(document.get("joins_bursts"), shipped=SHIPPED.joins_bursts),
        _lots(document.get("least_lots")),
        _lots(document.get("large_lots")),
        _yes_or_no(document.get("alerts"), shipped=SHIPPED.alerts),
        _yes_or_no(document.get("sounds"), shipped=SHIPPED.sounds),
        _lots(document.get("large_value")),
        _yes_or_no(document.get("is_large_by_value"), shipped=SHIPPED.is_large_by_value),
    )


def _yes_or_no(value: object, *, shipped: bool) -> bool:
    return value if isinstance(value, bool) else shipped


def _lots(value: object) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_number and 0 <= value <= LARGEST else 0
