"""What a user chooses for the tape, and how it is kept. Read leniently, as a ladder's choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from terminal.domain.tape import TapeSettings
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
LARGEST = 1_000_000_000
BURST_MS = 100
"""Trades of one side within so many ms of the first are one burst. Our choice."""


@final
@dataclass(frozen=True, slots=True)
class TapeOptions:
    """The tape's choices. Sizes are lots; a ``large_lots`` of 0 marks nothing.

    ``alerts`` tells large bursts in the event log.
    """

    joins_bursts: bool = True
    least_lots: int = 0
    large_lots: int = 0
    alerts: bool = False

    @property
    def settings(self) -> TapeSettings:
        """The same as the domain's tape takes it."""
        return TapeSettings(
            BURST_MS if self.joins_bursts else 0,
            Lots(self.least_lots),
            Lots(self.large_lots) if self.large_lots else None,
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
    )


def _yes_or_no(value: object, *, shipped: bool) -> bool:
    return value if isinstance(value, bool) else shipped


def _lots(value: object) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and is_number and 0 <= value <= LARGEST else 0
