"""Panels in docks: they tab, tear off, hide at the side, close and come back.

The only module that knows the docking library. Everything else speaks of panels by name, of places
in the default layout, and of a state as text.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol, final

import PySide6QtAds as ads  # noqa: N813 - the name its own documents use
from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QSplitter, QWidget
from typing_extensions import override

from terminal.widgets.dock_menu import DockMenu
from terminal.widgets.dock_state import DockStateError, panels_in
from terminal.widgets.screens import onto_a_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction, QIcon

    from terminal.viewmodels.links import LinkColor

_HEADER_PX = 28
_LADDER_PX = (400, 470)
_SLIM_LADDER_PX = 380
_TAPE_PX = (250, 320)
_RIGHT_PX = (290, 380)
_WIDE_PX = 1700
"""A screen so wide has a column for the tape."""
_SLIM_PX = 1100
"""A screen less wide than this is short of columns."""
_HIGH_PX = 650
"""A screen so high has room for something below the ticket."""
_TAB_PX = 34
"""What a tab needs beside its words."""
_ICON_PX = 20
_MENU_PX = 30
_SMALLEST_WINDOW = QSize(420, 260)


class Place(Enum):
    """Where a panel goes in the default layout; panels of one place share it as tabs."""

    LEFT = "left, full height"
    LADDERS = "beside the first ladder"
    CHART = "middle"
    BOTTOM = "below the chart"
    RIGHT = "right"
    RIGHT_BELOW = "right, below"
    TAPE = "beside the ladders where the screen is wide, else below"
    LOG = "right, below, where the screen is wide, else a tab below the chart"


_AREA = ads.DockWidgetArea
_BESIDE: dict[Place, tuple[tuple[Place, ads.DockWidgetArea], ...]] = {
    Place.LEFT: (),
    Place.LADDERS: ((Place.LEFT, _AREA.RightDockWidgetArea),),
    Place.TAPE: (
        (Place.LADDERS, _AREA.RightDockWidgetArea),
        (Place.LEFT, _AREA.RightDockWidgetArea),
    ),
    Place.CHART: (
        (Place.BOTTOM, _AREA.TopDockWidgetArea),
        (Place.TAPE, _AREA.RightDockWidgetArea),
        (Place.LEFT, _AREA.RightDockWidgetArea),
    ),
    Place.BOTTOM: (
        (Place.CHART, _AREA.BottomDockWidgetArea),
        (Place.TAPE, _AREA.RightDockWidgetArea),
        (Place.LEFT, _AREA.RightDockWidgetArea),
    ),
    Place.RIGHT: ((Place.RIGHT_BELOW, _AREA.TopDockWidgetArea),),
    Place.RIGHT_BELOW: ((Place.RIGHT, _AREA.BottomDockWidgetArea),),
}
_SIDES = {
    Place.LEFT: ads.SideBarLeft,
    Place.LADDERS: ads.SideBarLeft,
    Place.TAPE: ads.SideBarLeft,
    Place.CHART: ads.SideBarTop,
    Place.BOTTOM: ads.SideBarBottom,
    Place.RIGHT: ads.SideBarRight,
    Place.RIGHT_BELOW: ads.SideBarRight,
}
_GROWING = {
    Qt.Orientation.Horizontal: (Place.CHART, Place.BOTTOM),
    Qt.Orientation.Vertical: (Place.CHART, Place.RIGHT_BELOW),
}


def home_of(place: Place, room: QSize) -> Place:
    """Where a panel goes on a screen with so much room (in the units of layouts)."""
    if place not in {Place.TAPE, Place.LOG}:
        return place
    if room.height() < _HIGH_PX:
        return Place.RIGHT  # behind the ticket
    if room.width() >= _WIDE_PX:
        return Place.TAPE if place is Place.TAPE else Place.RIGHT_BELOW
    return Place.RIGHT_BELOW if place is Place.TAPE else Place.BOTTOM


class Pausable(Protocol):
    """What rests while nobody can see it: a view-model."""

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - as of a view-model
        """Stop computing while the panel cannot be seen; catch up when it can."""
        ...


@final
class PanelDock(QObject):
    """One panel in its dock: its header and menu; its view-model rests while nobody can see it.

    ``opened`` says whether the panel is open now, behind another tab or not, or was closed.
    """

    moved = Signal()
    opened = Signal(bool)
    closed = Signal()

    def __init__(
        self, dock: ads.CDockWidget, title: str, place: Place, view_model: Pausable, docks: Docks
    ) -> None:
        super().__init__(docks)
        self.dock = dock
        self.asked = place
        self.place = place
        self.short_title = title
        self._title = title
        self._note = ""
        self._is_short = False
        self._vm = view_model
        self._docks = docks
        view_model.set_paused(True)
        self._menu = DockMenu(self, docks.widget)
        dock.setTitleBarActions([self._menu.action])
        dock.tabWidget().installEventFilter(self)
        dock.installEventFilter(self)
        dock.visibilityChanged.connect(self._on_visibility_changed)
        dock.viewToggled.connect(self._on_moved)
        dock.viewToggled.connect(self.opened)
        dock.closed.connect(self.closed)
        dock.topLevelChanged.connect(self._on_moved)

    # Header ----------------------------------------------------------------------------------

    def set_note(self, note: str) -> None:
        """Show a few words behind the title: a symbol, a count, or that it is out of date."""
        if note != self._note:
            self._note = note
            self._show_title()
            self._docks.fit_titles(self)

    @property
    def tab_width(self) -> int:
        """The pixels that its tab needs with all its words."""
        tab = self.dock.tabWidget()
        icon = 0 if self.dock.icon().isNull() else _ICON_PX
        words: int = tab.fontMetrics().horizontalAdvance(self._words)
        return words + icon + _TAB_PX

    @property
    def _words(self) -> str:
        return f"{self._title}  {self._note}" if self._note else self._title

    def shorten(self, *, is_short: bool) -> None:
        """Show the short title alone, where tabs that share a place have no room for more."""
        if is_short is not self._is_short:
            self._is_short = is_short
            self._show_title()

    def _show_title(self) -> None:
        words = self.short_title if self._is_short else self._words
        self.dock.tabWidget().setToolTip(self._words)
        if self.dock.windowTitle() != words:
            self.dock.setWindowTitle(words)
            # The menu names the panel, not its note of the moment.
            self.toggle_action.setText(self._title)

    @property
    def toggle_action(self) -> QAction:
        """Shows and hides the panel; checked while it is shown."""
        action: QAction = self.dock.toggleViewAction()
        return action

    def offer_links(self, choose: Callable[[LinkColor], None]) -> None:
        """Offer to link the panel with others; called once."""
        self._menu.offer_links(choose)

    def show_link(self, color: LinkColor, icon: QIcon) -> None:
        """Show what links the panel: beside its title, and in its menu."""
        self.dock.setIcon(icon)
        self._menu.show_link(color)

    def offer_end(self, act: Callable[[], None]) -> None:
        """Offer to close the panel for good; called once."""
        self._menu.offer_end(act)

    # What the menu does ----------------------------------------------------------------------

    @property
    def is_locked(self) -> bool:
        """Whether the layout is locked."""
        return self._docks.is_locked

    @property
    def is_floating(self) -> bool:
        """Whether it is torn off into a window of its own."""
        return bool(self.dock.isInFloatingContainer())

    @property
    def is_at_side(self) -> bool:
        """Whether it is hidden at the side of the window."""
        return bool(self.dock.isAutoHide())

    @property
    def is_docked(self) -> bool:
        """Whether it is open in the main window's grid."""
        dock = self.dock
        is_elsewhere = dock.isClosed() or self.is_floating or self.is_at_side
        return dock.dockAreaWidget() is not None and not is_elsewhere

    def tear_off(self) -> None:
        """Give it a window of its own."""
        self.dock.setFloating()
        window = self.dock.window()
        # A panel that was behind another tab has never had a size.
        window.resize(window.size().expandedTo(_SMALLEST_WINDOW))
        move_onto_screens(window)
        self._take_focus()

    def put_back(self) -> None:
        """Bring it back into the main window: where it was at the side, or to its place."""
        if self.is_at_side:
            self.dock.setAutoHide(False)
        elif not self.is_docked:
            self._docks.place(self)
        self._take_focus()

    def hide_at_side(self) -> None:
        """Leave a tab at the side of the main window that slides it out."""
        if self.is_floating:
            self._docks.place(self)
        self.dock.setAutoHide(True, _SIDES[self.place])  # noqa: FBT003 - Qt has no names

    @property
    def title(self) -> str:
        """The panel's name, without its note of the moment."""
        return self._title

    def come_forward(self) -> None:
        """Show it, wherever it is, and give it the keys."""
        if self.dock.isClosed():
            self.dock.toggleView(True)  # noqa: FBT003 - Qt has no names
        self._take_focus()

    @Slot()
    def show_in_front(self) -> None:
        """Let it be seen, wherever it is; who reads the keys goes on reading them."""
        reads_keys = QApplication.focusWidget()
        if self.dock.isClosed():
            self.dock.toggleView(True)  # noqa: FBT003 - Qt has no names
        if self.is_at_side:
            self.dock.autoHideDockContainer().collapseView(False)  # noqa: FBT003 - Qt has no names
        elif not self.dock.isCurrentTab():
            self.dock.setAsCurrentTab()
        if self.is_floating:
            self.dock.window().raise_()
        if reads_keys is not None and reads_keys is not QApplication.focusWidget():
            reads_keys.setFocus(Qt.FocusReason.OtherFocusReason)

    def close(self) -> None:
        """Hide it; the View menu brings it back."""
        self.dock.toggleView(False)  # noqa: FBT003 - Qt has no names

    def let_go(self) -> None:
        """Follow the dock no longer: at the end it goes piece by piece."""
        self.dock.closed.disconnect(self.closed)
        self.dock.visibilityChanged.disconnect(self._on_visibility_changed)
        self.dock.viewToggled.disconnect(self._on_moved)
        self.dock.viewToggled.disconnect(self.opened)
        self.dock.topLevelChanged.disconnect(self._on_moved)

    @property
    def is_open(self) -> bool:
        """Whether it is shown somewhere: behind another tab and at the side count."""
        return not self.dock.isClosed()

    @property
    def has_focus(self) -> bool:
        """Whether what reads the keys now is in this panel."""
        focused = QApplication.focusWidget()
        return focused is not None and bool(self.dock.isAncestorOf(focused))

    def take_focus(self) -> None:
        """Bring it to the front and let it read the keys."""
        if self.is_at_side:
            self.dock.autoHideDockContainer().collapseView(False)  # noqa: FBT003 - Qt has no names
        self._take_focus()

    def end(self) -> None:
        """Go for good, with the content and the menu; nothing follows the dock any longer."""
        self._menu.end()
        self.dock.deleteLater()
        self.deleteLater()

    def _take_focus(self) -> None:
        self.dock.setAsCurrentTab()
        self.dock.window().activateWindow()
        first = _first_focus(self.dock.widget())
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.dock:
            if event.type() is QEvent.Type.Resize:
                self._docks.fit_titles(self)
            return False
        if isinstance(event, QContextMenuEvent):
            # Our menu, and without a loop of its own, which the library's would spin.
            self._menu.popup(event.globalPos())
            return True
        return super().eventFilter(watched, event)

    @Slot(bool)
    def _on_visibility_changed(self, is_visible: bool) -> None:  # noqa: FBT001 - a Qt signal's value
        self._vm.set_paused(not is_visible)
        self.moved.emit()

    @Slot()
    def _on_moved(self) -> None:
        self.moved.emit()


@final
class Docks(QObject):
    """All panels of a window.

    ``changed`` is emitted when panels were moved, shown or hidden; ``torn_off`` with each window
    that is made for panels outside of this one. ``scale`` is how large letters are, 1.0 is usual: a
    screen has as much less room for the default layout, and its columns are as much wider.
    """

    changed = Signal()
    torn_off = Signal(QWidget)

    def __init__(self, parent: QWidget, scale: float = 1.0) -> None:
        super().__init__(parent)
        self.is_locked = False
        self._scale = scale
        self._manager = _dock_manager(parent)
        self._panels: dict[str, PanelDock] = {}
        self._is_built = False
        self._default = QByteArray()
        self._manager.floatingWidgetCreated.connect(self._on_torn_off)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.screenRemoved.connect(self.bring_onto_screens)

    @property
    def widget(self) -> QWidget:
        """What holds the docks."""
        widget: QWidget = self._manager
        return widget

    @property
    def panels(self) -> dict[str, PanelDock]:
        """All panels by name."""
        return dict(self._panels)

    def add(
        self, name: str, title: str, widget: QWidget, place: Place, view_model: Pausable
    ) -> PanelDock:
        """Add a panel. ``name`` is what layouts are stored by."""
        place = self._home_of(place) if self._is_built else place
        dock = ads.CDockWidget(self._manager, title)
        dock.setObjectName(name)
        dock.setWidget(widget, ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setMinimumSizeHintMode(ads.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromContent)
        panel = self._panels[name] = PanelDock(dock, title, place, view_model, self)
        panel.moved.connect(self._on_changed)
        if self._is_built:
            self.place(panel)
        return panel

    def remove(self, name: str) -> None:
        """Take a panel away for good, wherever it is; its content goes with it."""
        panel = self._panels.pop(name)
        panel.let_go()
        if panel.is_at_side:
            panel.dock.setAutoHide(False)
        self._manager.removeDockWidget(panel.dock)
        panel.end()
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        self._lock_handles()
        self.changed.emit()

    def _on_torn_off(self, window: QWidget) -> None:
        if QGuiApplication.platformName() == "xcb":
            # X11 window managers keep only such windows above the one that they belong to.
            flags = window.windowFlags() & ~Qt.WindowType.WindowType_Mask
            window.setWindowFlags(flags | Qt.WindowType.Dialog)
        self.torn_off.emit(window)
        self._on_changed()

    # Lock ------------------------------------------------------------------------------------

    def set_locked(self, *, is_locked: bool) -> None:
        """Keep panels where they are, against the hand that slips; menus and the program may."""
        self.is_locked = is_locked
        features = ads.CDockWidget.DockWidgetFeature
        self._manager.lockDockWidgetFeaturesGlobally(
            features.GloballyLockableFeatures if is_locked else features.NoDockWidgetFeatures
        )
        self._lock_handles()

    def _lock_handles(self) -> None:
        for splitter in self._manager.findChildren(QSplitter):
            for number in range(1, splitter.count()):
                splitter.handle(number).setEnabled(not self.is_locked)

    # Default layout --------------------------------------------------------------------------

    def build(self) -> None:
        """Put all panels into their places, once; in whatever order they were added."""
        if self._is_built:
            return
        self._is_built = True
        for panel in self._panels.values():
            panel.place = self._home_of(panel.asked)
        for place in Place:
            for panel in self._panels.values():
                if panel.place is place:
                    self.place(panel)
        self._show_first_tabs()
        self._default = self._manager.saveState()

    def place(self, panel: PanelDock) -> None:
        """Put one panel into its place in the main window, whatever is left of that place."""
        neighbor = self._docked(panel.place, other_than=panel)
        if neighbor is not None:
            self._manager.addDockWidgetTabToArea(panel.dock, neighbor.dock.dockAreaWidget())
        else:
            self._place_beside(panel)
        panel.dock.toggleView(True)  # noqa: FBT003 - Qt has no names

    def _place_beside(self, panel: PanelDock) -> None:
        for place, side in _BESIDE[panel.place]:
            neighbor = self._docked(place, other_than=panel)
            if neighbor is not None:
                area = neighbor.dock.dockAreaWidget()
                self._manager.addDockWidget(side, panel.dock, area)
                return
        is_left = panel.place is Place.LEFT
        edge = _AREA.LeftDockWidgetArea if is_left else _AREA.RightDockWidgetArea
        self._manager.addDockWidget(edge, panel.dock)

    def _docked(self, place: Place, other_than: PanelDock | None = None) -> PanelDock | None:
        return next(
            (
                panel
                for panel in self._panels.values()
                if panel.place is place and panel is not other_than and panel.is_docked
            ),
            None,
        )

    def _show_first_tabs(self) -> None:
        for place in Place:
            first = self._docked(place)
            if first is not None:
                first.dock.setAsCurrentTab()

    def restore_default(self) -> None:
        """Every panel open, in its place."""
        self.build()
        self._manager.restoreState(self._default)
        self._place_strays()
        for panel in self._panels.values():
            home = self._home_of(panel.asked)  # the screen may be another one by now
            if home is not panel.place:
                panel.place = home
                self.place(panel)
        self._show_first_tabs()
        self.arrange()
        self._on_changed()

    def arrange(self) -> None:
        """Give the parts of the default layout their sizes."""
        for splitter in self._splitters():
            is_row = splitter.orientation() is Qt.Orientation.Horizontal
            size_of = self._width_of if is_row else self._height_of
            wanted = [size_of(part) for part in _parts(splitter)]
            room = (self.widget.width() if is_row else self.widget.height()) - sum(wanted)
            growing = wanted.count(0)
            share = max(200, room // growing) if growing else 0
            splitter.setSizes([size or share for size in wanted])
        self._let_grow()

    def _width_of(self, part: QWidget) -> int:
        """How wide a part of the default layout is; 0 for what is left."""
        return round(
            self._usual_width_of(part, round(self.widget.width() / self._scale)) * self._scale
        )

    def _usual_width_of(self, part: QWidget, width: int) -> int:
        """The same for letters of the usual size, of so much width."""
        if self._holds(part, Place.TAPE):
            return _between(_TAPE_PX, width * 13 // 100)
        if width < _SLIM_PX and self._holds(part, Place.LEFT):
            return _SLIM_LADDER_PX
        if self._holds(part, Place.LEFT) or self._holds(part, Place.LADDERS):
            return _between(_LADDER_PX, width * 22 // 100)
        if self._holds(part, Place.RIGHT) or self._holds(part, Place.RIGHT_BELOW):
            return _between(_RIGHT_PX, width * 18 // 100)
        return 0

    def _height_of(self, part: QWidget) -> int:
        """How high a part of the default layout is; 0 for what is left."""
        if self._holds(part, Place.BOTTOM) and self._docked(Place.CHART) is not None:
            return self.widget.height() * 30 // 100
        if self._holds(part, Place.RIGHT):
            return self._ticket_height()
        return 0

    def _ticket_height(self) -> int:
        """What it asks for, as long as what is below it has its own; 0 without a ticket."""
        ticket, below = self._docked(Place.RIGHT), self._docked(Place.RIGHT_BELOW)
        if ticket is None:
            return 0
        header = round(_HEADER_PX * self._scale)
        content: QWidget = ticket.dock.widget()
        wanted = content.sizeHint().height() + header
        if below is None:
            return wanted
        other: QWidget = below.dock.widget()
        room = self.widget.height() - other.sizeHint().height() - header
        return max(content.minimumSizeHint().height() + header, min(wanted, room))

    def _holds(self, part: QWidget, place: Place) -> bool:
        """Whether a part of a splitter holds a panel of a place."""
        return any(
            panel.place is place and panel.is_docked and part.isAncestorOf(panel.dock)
            for panel in self._panels.values()
        )

    def _let_grow(self) -> None:
        """When the window grows, the chart and the event log do; the ladder keeps its width."""
        for splitter in self._splitters():
            places = _GROWING[splitter.orientation()]
            for number, part in enumerate(_parts(splitter)):
                grows = any(self._holds(part, place) for place in places)
                splitter.setStretchFactor(number, int(grows))

    def _splitters(self) -> list[QSplitter]:
        window = self.widget.window()
        found = self.widget.findChildren(QSplitter)
        return [one for one in found if one.window() is window]

    def _home_of(self, place: Place) -> Place:
        return home_of(place, self._room / self._scale)

    @property
    def _room(self) -> QSize:
        """How much of the screen a window may fill."""
        return self.widget.screen().availableSize()

    def fit_titles(self, panel: PanelDock) -> None:
        """Panels that share a panel's place say less where their tabs have no room for all."""
        area = panel.dock.dockAreaWidget()
        if area is None:
            return
        sharing = [
            one
            for one in self._panels.values()
            if one.dock.dockAreaWidget() is area and one.is_open
        ]
        needed = sum(one.tab_width for one in sharing)
        is_short = len(sharing) > 1 and needed > area.width() - _MENU_PX
        for one in sharing:
            one.shorten(is_short=is_short)

    # State -----------------------------------------------------------------------------------

    def state(self) -> str:
        """Where all panels are, as XML for ``restore``."""
        self.build()
        return bytes(self._manager.saveState().data()).decode("utf-8")

    def restore(self, state: str) -> None:
        """Bring panels to where a state says; those that it does not know go to their places.

        Panels that no longer exist are passed over. Raises ``DockStateError`` when the state cannot
        be used; the default layout is shown then, or what was there if nothing was touched yet.
        """
        panels_in(state)
        self.build()
        if not self._manager.restoreState(QByteArray(state.encode("utf-8"))):
            self.restore_default()
            raise DockStateError("it does not fit together")
        self._place_strays()
        self._let_grow()
        self.bring_onto_screens()
        self._on_changed()

    def _place_strays(self) -> None:
        for panel in self._panels.values():
            if panel.dock.dockAreaWidget() is None:
                self.place(panel)

    # Keys ------------------------------------------------------------------------------------

    @Slot()
    def next_panel(self) -> None:
        """Give the keys to the next open panel, in the order in which they were added."""
        self._step_focus(1)

    @Slot()
    def previous_panel(self) -> None:
        """Give the keys to the open panel before."""
        self._step_focus(-1)

    def _step_focus(self, step: int) -> None:
        panels = [panel for panel in self._panels.values() if panel.is_open]
        if not panels:
            return
        here = next((at for at, panel in enumerate(panels) if panel.has_focus), None)
        start = -1 if step > 0 else 0
        panels[((start if here is None else here) + step) % len(panels)].take_focus()

    # Windows ---------------------------------------------------------------------------------

    @Slot()
    def bring_onto_screens(self) -> None:
        """Move torn-off panels that are out of reach, as after a monitor is gone."""
        for window in self._manager.floatingWidgets():
            move_onto_screens(window)

    def put_all_back(self) -> None:
        """Bring every torn-off panel back into the main window."""
        for panel in self._panels.values():
            if panel.is_floating:
                panel.put_back()

    def hide_windows(self) -> None:
        """Take torn-off panels off the screen at the end, without closing their panels."""
        self._manager.hideManagerAndFloatingWidgets()
        for panel in self._panels.values():
            panel.let_go()


def move_onto_screens(window: QWidget) -> None:
    """Move a window that no hand can reach onto the nearest screen."""
    areas = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    now = window.frameGeometry()
    wanted = onto_a_screen(now, areas)
    if wanted != now:
        # What the frame takes is kept free beside the window itself.
        window.resize(window.size() - (now.size() - wanted.size()))
        window.move(wanted.topLeft())


def _first_focus(content: QWidget) -> QWidget | None:
    """What a panel reads its keys with: what it names itself, else its first part that can."""
    if content.focusProxy() is not None or content.focusPolicy() is not Qt.FocusPolicy.NoFocus:
        return content
    part = content.nextInFocusChain()
    while part is not None and part is not content:
        takes_tab = bool(part.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_tab and content.isAncestorOf(part) and part.isEnabled() and part.isVisible():
            return part
        part = part.nextInFocusChain()
    return None


def _parts(splitter: QSplitter) -> list[QWidget]:
    parts = (splitter.widget(number) for number in range(splitter.count()))
    return [part for part in parts if part is not None]


def _between(bounds: tuple[int, int], value: int) -> int:
    return max(bounds[0], min(value, bounds[1]))


def _dock_manager(parent: QWidget) -> ads.CDockManager:
    # The first torn-off window would make system windows of all that is docked beside it: they
    # cost time to paint, and each panel that moves between them leaves a warning.
    QGuiApplication.setAttribute(Qt.ApplicationAttribute.AA_DontCreateNativeWidgetSiblings)
    flags = ads.CDockManager.eConfigFlag
    for flag, is_on in (
        (flags.OpaqueSplitterResize, True),
        (flags.FocusHighlighting, False),
        # One menu of our own instead of four buttons.
        (flags.DockAreaHasCloseButton, False),
        (flags.DockAreaHasTabsMenuButton, False),
        (flags.DockAreaHasUndockButton, False),
        (flags.ActiveTabHasCloseButton, False),
        # What is stored is looked at before it is applied.
        (flags.XmlCompressionEnabled, False),
        # The theme's sheet comes from the window; the library's would return with each palette.
        (flags.DisableStylesheet, True),
    ):
        ads.CDockManager.setConfigFlag(flag, is_on)
    sides = ads.CDockManager.eAutoHideFlag
    for side, is_on in (
        (sides.AutoHideFeatureEnabled, True),
        (sides.DockAreaHasAutoHideButton, False),
        (sides.AutoHideHasMinimizeButton, False),
        (sides.AutoHideCloseOnOutsideMouseClick, True),
    ):
        ads.CDockManager.setAutoHideConfigFlag(side, is_on)
    manager = ads.CDockManager(parent)
    if QGuiApplication.platformName() != "xcb":
        # Elsewhere it changes a flag of the torn-off windows at each activation, which hides them.
        # They stay above the main window anyway: they are its children.
        parent.window().removeEventFilter(manager)
    return manager
