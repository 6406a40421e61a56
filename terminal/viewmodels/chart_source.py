"""Where the chart's candles come from, as the chart sees it.

``session.candle_sessions`` has the real ones; nothing here knows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from terminal.domain.candles import CandleInterval, CandleSeries, SeriesChange
    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol
    from terminal.session.listeners import Listeners
    from terminal.session.market import Staleness


class CandleSource(Protocol):
    """The candles of one contract and interval, kept true by whoever opened it."""

    @property
    def contract(self) -> Contract:
        """Whose candles these are."""
        ...

    @property
    def interval(self) -> CandleInterval:
        """How long one candle lasts."""
        ...

    @property
    def series(self) -> CandleSeries:
        """The candles known so far; for reading only."""
        ...

    @property
    def on_changed(self) -> Listeners[[SeriesChange]]:
        """Told after each merge and each live update."""
        ...

    @property
    def on_status_changed(self) -> Listeners[[]]:
        """Told when any of the properties below says something else."""
        ...

    @property
    def has_older(self) -> bool:
        """True while the exchange may have candles before the first one."""
        ...

    @property
    def is_loading(self) -> bool:
        """True while candles are being asked for."""
        ...

    @property
    def problem(self) -> str | None:
        """One sentence why candles could not be read; None when all is well."""
        ...

    def staleness(self) -> Staleness | None:
        """Why the live end must not be trusted; None when it can be."""
        ...

    def load_older(self) -> None:
        """Ask for candles before the first one. Asking while loading is fine."""
        ...


SourceT = TypeVar("SourceT", bound=CandleSource)


class CandleSources(Protocol[SourceT]):
    """Opens candle sources and closes them again."""

    def open(self, symbol: Symbol, interval: CandleInterval) -> SourceT:
        """Begin to keep candles; every ``open`` is answered by one ``close``."""
        ...

    def close(self, source: SourceT) -> None:
        """Let a source go."""
        ...
