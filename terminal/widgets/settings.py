"""The settings: pages in a list at the left, what each sets at the right. All of it acts at once.

What acts only at the next start says so where it is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.widgets.dialog import Body, Dialog, show_one
from terminal.widgets.settings_appearance import AppearancePage
from terminal.widgets.settings_keys import KeysPage
from terminal.widgets.settings_trading import TradingPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.settings_appearance import AppearancePageViewModel
    from terminal.viewmodels.settings_keys import KeysPageViewModel
    from terminal.viewmodels.settings_trading import TradingPageViewModel
    from terminal.widgets.theme import Theme

TITLE = "Settings"
_WIDTH_EM, _HEIGHT_EM, _LIST_EM = 62, 42, 10


@final
class SettingsPages(NamedTuple):
    """What the pages show. Without an account there is nothing to set about trading."""

    trading: TradingPageViewModel | None
    appearance: AppearancePageViewModel
    keys: KeysPageViewModel


def show_settings(
    pages: SettingsPages,
    theme: Theme,
    meter: FrameMeter,
    parent: QWidget,
    show_limits: Callable[[], object],
) -> SettingsDialog:
    """Show the dialog; the one that is open already is brought to the front."""

    def make() -> SettingsDialog:
        dialog = SettingsDialog(pages, theme, meter, parent)
        if dialog.trading is not None:
            dialog.trading.limits_asked.connect(show_limits)
        return dialog

    return show_one(SettingsDialog, make, parent)


@final
class SettingsDialog(Dialog):
    """Not modal: orders can be canceled and positions flattened while it is open.

    Enter in a field lets its number hold; Esc closes, and what was typed and not left is forgotten.
    """

    def __init__(
        self, pages: SettingsPages, theme: Theme, meter: FrameMeter, parent: QWidget | None = None
    ) -> None:
        super().__init__("settings.dialog", TITLE, theme, parent)
        self.pages = pages
        self._list = QListWidget(self)
        self._stack = QStackedWidget(self)
        self._close = QPushButton("Close", self)
        self.trading = (
            None if pages.trading is None else TradingPage(pages.trading, theme, self._stack)
        )
        self.appearance = AppearancePage(pages.appearance, theme, self._stack)
        self.keys = KeysPage(pages.keys, theme, meter, self._stack)
        if self.trading is not None:
            self._add("Trading", self.trading)
        self._add("Appearance", self.appearance)
        self._add("Keys", self.keys)
        self._lay_out()
        self._list.currentRowChanged.connect(self._on_page)
        self._close.clicked.connect(self.reject)
        self._list.setCurrentRow(0)
        em = theme.base_px
        self.resize(self.fitting(QSize(_WIDTH_EM * em, _HEIGHT_EM * em)))

    def _add(self, name: str, page: QWidget) -> None:
        """A page scrolls where the screen is too small for it; a table does that by itself."""
        self._list.addItem(name)
        if isinstance(page, KeysPage):
            self._stack.addWidget(page)
            return
        self._stack.addWidget(Body(page, self._stack))

    def _lay_out(self) -> None:
        em = self._theme.base_px
        self._list.setObjectName("settings.pages")
        self._list.setAccessibleName("Pages of the settings")
        self._list.setFixedWidth(_LIST_EM * em)
        self._close.setObjectName("settings.close")
        self._close.setToolTip("Close; what holds stays (Esc)")
        both = QHBoxLayout()
        both.setSpacing(round(1.2 * em))
        both.addWidget(self._list)
        both.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._close)
        column = QVBoxLayout()
        column.setContentsMargins(em, em, em, em)
        column.addLayout(both, 1)
        column.addLayout(foot)
        self.setLayout(column)

    def show_page(self, name: str) -> None:
        """Show a page by its name in the list."""
        for item in self._list.findItems(name, Qt.MatchFlag.MatchExactly):
            self._list.setCurrentItem(item)

    @Slot(int)
    def _on_page(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self.keys.choose_first()

    @override
    def on_shown(self) -> None:
        for page in self.pages:
            if page is not None:
                page.set_paused(False)
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def on_hidden(self) -> None:
        for page in self.pages:
            if page is not None:
                page.set_paused(True)

    @override
    def reject(self) -> None:
        """Esc: before the focus goes, and with it what was typed would hold."""
        if self.pages.trading is not None:
            self.pages.trading.forget()
        self.pages.keys.leave()
        super().reject()
