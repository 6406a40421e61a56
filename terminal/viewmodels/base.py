"""The base of all view-models: start, stop, a dirty mark, one changed signal per frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from terminal.viewmodels.frame import FrameClock


class Removable(Protocol):
    """A handle that ends what made it."""

    def remove(self) -> None:
        """Stop listening; calling it twice is fine."""
        ...


class ViewModel(QObject):
    """What one panel shows, as immutable values, and what it can do, as plain methods.

    ``start`` and ``stop`` are symmetric. Whatever changes calls ``mark_dirty``; at the next frame
    ``refresh`` rebuilds the values and ``changed`` is emitted if it says that something differs.
    While paused (its panel is hidden) nothing is computed; resuming refreshes once.
    """

    changed = Signal()

    def __init__(self, frame: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame = frame
        self._listening: list[Removable] = []
        self._is_running = False
        self._is_paused = False

    def start(self) -> None:
        """Begin to listen and show the present state at the next frame. Idempotent."""
        if self._is_running:
            return
        self._is_running = True
        self.connect_sources()
        self.mark_dirty()

    def stop(self) -> None:
        """Remove every listener and forget the pending frame. Idempotent."""
        self._is_running = False
        for handle in self._listening:
            handle.remove()
        self._listening.clear()
        self._frame.forget(self._on_frame)

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - connected to a Qt bool signal
        """Stop computing while the panel cannot be seen; catch up when it can."""
        self._is_paused = paused
        if not paused:
            self.mark_dirty()

    @property
    def is_seen(self) -> bool:
        """True while it is started and its panel can be seen."""
        return self._is_running and not self._is_paused

    def mark_dirty(self) -> None:
        """Ask for a refresh at the next frame."""
        if self._is_running and not self._is_paused:
            self._frame.request(self._on_frame)

    def listen(self, *handles: Removable) -> None:
        """Keep listener handles until ``stop``."""
        self._listening.extend(handles)

    def connect_sources(self) -> None:
        """Add listeners through ``listen``; called by ``start``."""

    def refresh(self) -> bool:
        """Rebuild the shown values; return True when anything differs from before."""
        return True

    def _on_frame(self) -> None:
        if self._is_running and not self._is_paused and self.refresh():
            self.changed.emit()
