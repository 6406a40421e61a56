"""The menu in a dock's header: tear off, put back, hide at the side, close, link."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QAction, QActionGroup, QCursor
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from terminal.viewmodels.links import LinkColor

if TYPE_CHECKING:
    from collections.abc import Callable


class Movable(Protocol):
    """What the menu can do with a panel."""

    @property
    def is_locked(self) -> bool:
        """Whether the layout is locked, and with it all that would change it."""
        ...

    @property
    def is_floating(self) -> bool:
        """Whether it is torn off into a window of its own."""
        ...

    @property
    def is_at_side(self) -> bool:
        """Whether it is hidden at the side of the window."""
        ...

    def tear_off(self) -> None:
        """Give it a window of its own."""
        ...

    def put_back(self) -> None:
        """Bring it back into the main window."""
        ...

    def hide_at_side(self) -> None:
        """Leave a tab at the side that slides it out."""
        ...

    def close(self) -> None:
        """Hide it."""
        ...


@final
class DockMenu(QObject):
    """One button in the header, and what it opens. Opened by ``popup``: nothing waits for it."""

    def __init__(self, panel: Movable, parent: QWidget) -> None:
        super().__init__(parent)
        self._panel = panel
        self._menu = QMenu(parent)
        self.action = QAction("\N{VERTICAL ELLIPSIS}", self)
        self.action.setToolTip("Tear off, hide at the side or close this panel")
        self.action.triggered.connect(self._on_pressed)
        self._tear_off = self._entry("&Tear off into a window", panel.tear_off)
        self._put_back = self._entry("&Put back into the main window", panel.put_back)
        self._hide = self._entry("&Hide at the side", panel.hide_at_side)
        self._menu.addSeparator()
        self._close = self._entry("&Close (View brings it back)", panel.close)
        self._end: QAction | None = None
        self._end_of_panel = self._menu.addSeparator()
        self._links: dict[LinkColor, QAction] = {}
        self._locked = self._entry("The layout is locked: View unlocks it", panel.close)
        self._locked.setEnabled(False)

    def offer_links(self, choose: Callable[[LinkColor], None]) -> None:
        """Offer the colours that link panels; called once."""
        menu = QMenu("&Linked with", self._menu)
        group = QActionGroup(menu)
        for color in LinkColor:
            action = QAction(f"&{color.words}", menu)
            action.setCheckable(True)
            action.triggered.connect(partial(choose, color))
            group.addAction(action)
            menu.addAction(action)
            self._links[color] = action
        self._menu.insertMenu(self._end_of_panel, menu)

    def show_link(self, color: LinkColor) -> None:
        """Check the colour that holds."""
        self._links[color].setChecked(True)

    def offer_end(self, act: Callable[[], None]) -> None:
        """Offer to close the panel for good; called once."""
        self._end = QAction("Close for &good", self._menu)
        self._end.triggered.connect(act)
        self._menu.insertAction(self._end_of_panel, self._end)

    def end(self) -> None:
        """Go for good, with what it opens: that is a child of the window, not of this."""
        self._menu.deleteLater()
        self.deleteLater()

    def _entry(self, words: str, act: Callable[[], None]) -> QAction:
        action = QAction(words, self._menu)
        action.triggered.connect(act)
        self._menu.addAction(action)
        return action

    def popup(self, at: QPoint) -> None:
        """Open at a point of the screen."""
        panel = self._panel
        self._tear_off.setVisible(not panel.is_floating)
        self._put_back.setVisible(panel.is_floating or panel.is_at_side)
        self._hide.setVisible(not panel.is_at_side)
        for entry in (self._tear_off, self._put_back, self._hide, self._close):
            entry.setEnabled(not panel.is_locked)
        if self._end is not None:
            self._end.setEnabled(not panel.is_locked)
        self._locked.setVisible(panel.is_locked)
        self._menu.popup(at)

    @Slot()
    def _on_pressed(self) -> None:
        buttons = [one for one in self.action.associatedObjects() if isinstance(one, QToolButton)]
        shown = next((button for button in buttons if button.isVisible()), None)
        at = QCursor.pos() if shown is None else shown.mapToGlobal(shown.rect().bottomLeft())
        self.popup(at)
