"""What all dialogs share: Enter that acts once, Esc that goes back, one of a kind, on the screen.

What a dialog is about is its own; no dialog is modal to orders unless it says so itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)
from typing_extensions import override

from terminal.widgets.inputs import HeldKeys
from terminal.widgets.screens import centred
from terminal.widgets.styling import ROOM, set_property

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent

    from terminal.widgets.theme import Theme

AnyDialog = TypeVar("AnyDialog", bound="Dialog")
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Dialog(QDialog):
    """The base of all dialogs; it deletes itself when closed and follows the theme.

    Enter presses the button that has the focus, else the one that ``main_button`` names for the
    widget that has it, else nothing; a held Enter presses nothing more. Esc rejects, which never
    sends. ``on_shown`` and ``on_hidden`` are called when it comes and goes, not when it is only
    minimized. ``width_em`` is the least width in letters, 0 for what the content asks.
    """

    def __init__(
        self,
        name: str,
        title: str,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        width_em: int = 0,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(width_em * theme.base_px)
        self._theme = theme
        self._held = HeldKeys()
        self._take_theme()
        theme.changed.connect(self._take_theme)

    @Slot()
    def _take_theme(self) -> None:
        self.setStyleSheet(self._theme.style_sheet)

    # For the dialogs -------------------------------------------------------------------------

    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        """The button that Enter presses while a widget that is no button has the focus.

        None, as long as a dialog does not say otherwise: Enter never sends by accident.
        """
        del focused
        return None

    def on_shown(self) -> None:
        """It is about to be seen."""

    def on_hidden(self) -> None:
        """It is out of sight: closed, or hidden by us."""

    def name_parts(self, prefix: str, named: dict[QWidget, tuple[str, str]]) -> None:
        """Give its parts the names that tests and style use, and those that are read aloud."""
        for widget, (name, words) in named.items():
            widget.setObjectName(f"{prefix}.{name}")
            widget.setAccessibleName(words)

    def label_of(self, words: str, buddy: QWidget) -> QLabel:
        """A dim label whose letter leads to a field."""
        label = QLabel(words, self)
        label.setBuddy(buddy)
        set_property(label, "dim", "true")
        return label

    def fitting(self, size: QSize) -> QSize:
        """A size, no larger than what the screen has for a window."""
        room = self.screen().availableSize()
        return size.boundedTo(QSize(round(0.98 * room.width()), round(ROOM * room.height())))

    def place_over_parent(self) -> None:
        """Over its window from the start: asked for at once, that one may not be mapped yet."""
        parent = self.parentWidget()
        if parent is not None:
            screens = [self.screen().availableGeometry()]
            self.move(centred(self.size(), parent.window().frameGeometry(), screens).topLeft())

    def give_back(self) -> None:
        """Let the window that it was asked from have the keys again."""
        parent = self.parentWidget()
        if parent is not None:
            parent.window().activateWindow()

    def stay_on_screen(self, height: int) -> None:
        """What has grown downwards moves up, so that its buttons can be pressed."""
        screen = self.screen().availableGeometry()
        frame = self.frameGeometry().height() - self.geometry().height()
        over = self.y() + frame + height - screen.bottom() - 1
        if over > 0:
            self.move(self.x(), max(screen.top(), self.y() - over))

    # Keys ------------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in ENTER:
            super().keyPressEvent(event)
        elif not self._held.is_repeat(event):
            focused = self.focusWidget()
            button = focused if isinstance(focused, QPushButton) else self.main_button(focused)
            if button is not None:
                button.click()

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held.released(event)
        super().keyReleaseEvent(event)

    # Life ------------------------------------------------------------------------------------

    @override
    def showEvent(self, event: QShowEvent) -> None:
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter is handled here: a held one must not press twice
        super().showEvent(event)
        if not event.spontaneous():
            self.on_shown()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # else it is only minimized
            self.on_hidden()


class Body(QScrollArea):
    """The part of a dialog that scrolls where the screen is too small for all of it.

    It asks for as much room as its content does, and is content with a few lines of it.
    """

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)

    @override
    def sizeHint(self) -> QSize:
        return self._beside_bar(self._content.sizeHint())

    @override
    def minimumSizeHint(self) -> QSize:
        least = self._beside_bar(self._content.minimumSizeHint())
        return QSize(least.width(), min(least.height(), 6 * self.fontMetrics().height()))

    def _beside_bar(self, size: QSize) -> QSize:
        return QSize(size.width() + self.verticalScrollBar().sizeHint().width(), size.height())


def show_one(
    kind: type[AnyDialog],
    make: Callable[[], AnyDialog],
    parent: QWidget,
    *,
    takes_focus: bool = True,
) -> AnyDialog:
    """Show a dialog of a window; the one of its kind that is open already is brought to the front.

    One that opens by itself leaves the focus where it is.
    """
    found = parent.findChild(kind)
    dialog = found if isinstance(found, kind) else make()
    dialog.show()
    dialog.raise_()
    if takes_focus:
        dialog.activateWindow()
    return dialog


def put_words(widget: QLabel | QPushButton | QLineEdit, words: str) -> None:
    """Show a text, if it is another one: what stays is not laid out again, nor its cursor moved."""
    if widget.text() != words:
        widget.setText(words)
