"""Says words to whoever has a screen read aloud; nothing is done for whoever has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


def is_read_aloud() -> bool:
    """Whether anything listens to what is announced."""
    return QAccessible.isActive()


@final
class Announcer(QObject):
    """Announces words in the name of a widget. ``tell`` is given each; by default Qt's bridge."""

    def __init__(self, widget: QWidget, tell: Callable[[str, bool], None] | None = None) -> None:
        super().__init__(widget)
        self._widget = widget
        self._tell = tell

    @property
    def is_heard(self) -> bool:
        """Whether it is worth finding words."""
        return self._tell is not None or is_read_aloud()

    @Slot(str, bool)
    def say(self, words: str, is_urgent: bool) -> None:  # noqa: FBT001 - a Qt slot has no names
        """Say words; urgent ones interrupt what is being read."""
        if self._tell is not None:
            self._tell(words, is_urgent)
        elif words and is_read_aloud():
            event = QAccessibleAnnouncementEvent(self._widget, words)
            politeness = QAccessible.AnnouncementPoliteness
            event.setPoliteness(politeness.Assertive if is_urgent else politeness.Polite)
            QAccessible.updateAccessibility(event)
