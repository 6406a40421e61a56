"""The connect dialog: a name, a key with its two secrets, what the exchange says about them.

The fields are emptied whenever the dialog is left; hidden ones show nothing to screen readers. All
rules about what may be entered and what happens next are the view-model's.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.widgets.connect_fields import SECRETS, AnswerBox, EntryField
from terminal.widgets.dialog import Dialog, put_words
from terminal.widgets.styling import ROOM, padding, paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.connect import ConnectViewModel
    from terminal.widgets.theme import Theme

TITLE = "Connect an account"
KEYS_PAGE = "https://www.kucoin.com/account/api"
PERMISSIONS = (
    'Make a key on <a href="{page}" style="color: {color};">the page for API keys of KuCoin</a> '
    "with the permissions General and Futures, nothing else. Never allow Withdrawal."
)
_WIDTH_EM = 46
_HOSTS = ("futures_host", "account_host")


@final
class ConnectDialog(Dialog):
    """Draws a ``ConnectViewModel``, which it starts and stops. Show it with ``open``.

    Ends accepted when the account is handed on and rejected when the user leaves; it deletes
    itself either way.
    """

    def __init__(
        self, view_model: ConnectViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("connect.dialog", TITLE, theme, parent)
        self._vm = view_model
        self._is_asked = self._is_followed = False
        self._scroll = QScrollArea(self)
        self._body = QWidget(self)
        name, futures_host, account_host = view_model.initial
        made = (
            ("name", "&Name", "your own word for this account", name),
            ("key", "&Key", "", ""),
            ("secret", "&Secret", "", ""),
            ("passphrase", "&Passphrase", "the one you chose with the key", ""),
            ("futures_host", "&Futures", "", futures_host),
            ("account_host", "&Account", "", account_host),
        )
        self._fields = {
            field: EntryField(field, (title, hint, text), theme, self._body)
            for field, title, hint, text in made
        }
        self._keeping = QLabel(self._body)
        self._addresses = QToolButton(self._body)
        self._hosts = QWidget(self._body)
        self._answer = AnswerBox(theme, self._body)
        self._foot = QWidget(self)
        self._anyway = QPushButton("Store any&way", self)
        self._cancel = QPushButton("Cancel", self)
        self._submit = QPushButton(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    # Building --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        names: dict[QWidget, str] = {
            self._keeping: "connect.keeping",
            self._addresses: "connect.addresses",
            self._anyway: "connect.store_anyway",
            self._cancel: "connect.cancel",
            self._submit: "connect.submit",
        }
        for widget, name in names.items():
            widget.setObjectName(name)
        for button in (self._anyway, self._cancel, self._submit):
            button.setStyleSheet(padding(self._theme.base_px))
        set_property(self._submit, "main", "true")
        self._submit.setToolTip("Ask the exchange about the key, then connect (Enter)")
        self._cancel.setToolTip("Close; nothing is stored (Esc)")
        self._anyway.setToolTip("Store the account although the check did not pass")
        self._keeping.setTextFormat(Qt.TextFormat.PlainText)
        self._keeping.setWordWrap(True)
        self._addresses.setText("Addresses of the exchange")
        self._addresses.setCheckable(True)
        self._addresses.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._addresses.setArrowType(Qt.ArrowType.RightArrow)
        set_property(self._addresses, "flat", "true")
        self._hosts.hide()

    def _lay_out(self) -> None:
        em = self._theme.base_px
        self._body.setObjectName("shell")
        title = QLabel(TITLE, self._body)
        title.setStyleSheet(f"font-size: {round(1.6 * em)}px; font-weight: 600;")
        column = QVBoxLayout()
        column.setContentsMargins(2 * em, round(1.4 * em), 2 * em, em)
        column.setSpacing(round(0.6 * em))
        column.addWidget(title)
        column.addWidget(self._permissions())
        column.addSpacing(round(0.4 * em))
        column.addLayout(self._grid(("name", *SECRETS)))
        column.addWidget(self._keeping)
        column.addWidget(self._addresses, 0, Qt.AlignmentFlag.AlignLeft)
        self._hosts.setLayout(self._grid(_HOSTS))
        column.addWidget(self._hosts)
        column.addWidget(self._answer)
        column.addStretch(1)
        self._body.setLayout(column)
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(self._foot)
        self._lay_out_foot()
        self._order_tabs()

    def _permissions(self) -> QLabel:
        words = PERMISSIONS.format(page=KEYS_PAGE, color=self._theme.color("accent").name())
        label = QLabel(words, self._body)
        label.setObjectName("connect.permissions")
        label.setWordWrap(True)
        label.setOpenExternalLinks(True)
        # Last in the order of tabs: who types goes from field to field.
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        set_property(label, "dim", "true")
        return label

    def _grid(self, names: tuple[str, ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(self._theme.base_px)
        grid.setVerticalSpacing(round(0.15 * self._theme.base_px))
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, self._theme.text_width("Passphrase "))
        for at, name in enumerate(names):
            field = self._fields[name]
            grid.addWidget(field.label, 2 * at, 0)
            grid.addWidget(field, 2 * at, 1)
            grid.addWidget(field.error, 2 * at + 1, 1)
        return grid

    def _lay_out_foot(self) -> None:
        em = self._theme.base_px
        self._foot.setObjectName("status")
        self._foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(2 * em, round(0.8 * em), 2 * em, round(0.8 * em))
        row.setSpacing(round(0.8 * em))
        row.addWidget(self._anyway)
        row.addStretch(1)
        row.addWidget(self._cancel)
        row.addWidget(self._submit)

    def _order_tabs(self) -> None:
        stops: list[QWidget] = []
        for name in ("name", *SECRETS):
            stops.extend(self._fields[name].stops)
        stops.append(self._addresses)
        for name in _HOSTS:
            stops.extend(self._fields[name].stops)
        permissions = self.findChild(QLabel, "connect.permissions")
        stops += [self._submit, self._cancel, self._anyway]
        if permissions is not None:
            stops.append(permissions)
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        for field in self._fields.values():
            field.edited.connect(self._on_edited)
        self._addresses.toggled.connect(self._on_addresses)
        self._submit.clicked.connect(self._on_submit)
        self._anyway.clicked.connect(self._on_anyway)
        self._cancel.clicked.connect(self.reject)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._on_range_changed)
        self._vm.changed.connect(self._show)
        self._vm.finished.connect(self.accept)

    # Gestures --------------------------------------------------------------------------------

    @Slot(str)
    def _on_edited(self, name: str) -> None:
        self._is_followed = False
        text = self._fields[name].line.text()
        if name in SECRETS:
            self._vm.set_secret(name, text)
        else:
            self._vm.set_text(name, text)

    @Slot()
    def _on_submit(self) -> None:
        self._is_asked = True
        self._vm.submit()

    @Slot()
    def _on_anyway(self) -> None:
        self._is_asked = True
        self._vm.store_anyway()

    @Slot(bool)
    def _on_addresses(self, is_open: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._addresses.setArrowType(arrow)
        self._hosts.setVisible(is_open)
        self._fit()

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._submit

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        for name, field in self._fields.items():
            field.show_error(getattr(view, f"{name}_error"))
        put_words(self._keeping, view.keeping.text)
        paint_role(self._keeping, view.keeping.role)
        self._answer.show_lines(view.lines)
        self._submit.setText(view.button_text)
        self._anyway.setVisible(view.can_store_anyway)
        if any(self._fields[name].has_error for name in _HOSTS):
            self._addresses.setChecked(True)
        self._fit()
        if self._is_asked:
            self._is_asked = view.is_busy  # the answer is looked at, too
            self._look_at_answer()

    def _look_at_answer(self) -> None:
        """After a press: the first field that is wrong, or what the exchange says."""
        wrong = next((field for field in self._fields.values() if field.has_error), None)
        if wrong is not None:
            wrong.line.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(wrong)
        elif not self._answer.isHidden():
            self._is_followed = True
            self._follow()

    @Slot()
    def _on_range_changed(self) -> None:
        """How much room an answer takes, and where, is known only after it has been laid out."""
        self._fit()
        self._follow()

    def _follow(self) -> None:
        if self._is_followed:
            self._scroll.ensureWidgetVisible(self._answer, 0, self._theme.base_px)

    def _fit(self) -> None:
        """As high as what is in it, as far as the screen goes; never smaller than it was."""
        room = self.screen().availableSize()
        width = min(_WIDTH_EM * self._theme.base_px, round(0.95 * room.width()))
        foot = self._foot.sizeHint().height()
        layout = self._body.layout()
        if layout is None:
            return
        layout.activate()
        height = min(layout.totalHeightForWidth(width) + foot, round(ROOM * room.height()))
        if not self.isVisible():
            self.resize(width, height)
            return
        width, height = max(width, self.width()), max(height, self.height())
        self.resize(width, height)
        self.stay_on_screen(height)

    @override
    def on_shown(self) -> None:
        self.place_over_parent()
        self._vm.start()
        empty = [field for field in self._fields.values() if not field.line.text()]
        (empty[0] if empty else self._fields["name"]).line.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def on_hidden(self) -> None:
        for name in SECRETS:
            self._fields[name].empty()
        self._vm.cancel()
        self._vm.stop()
