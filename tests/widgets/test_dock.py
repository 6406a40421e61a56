"""Panels tab, tear off, hide at the side, close and come back; damaged states are refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QPlainTextEdit, QSplitter, QWidget
from shiboken6 import Shiboken
from typing_extensions import override

from terminal.storage.paths import resources
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.links import LinkColor
from terminal.widgets.dock import Docks, PanelDock, Place, home_of, move_onto_screens
from terminal.widgets.dock_state import DockStateError, panels_in
from terminal.widgets.link_badge import link_icon
from terminal.widgets.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")

PANELS = (
    ("ladder", Place.LEFT),
    ("chart", Place.CHART),
    ("positions", Place.BOTTOM),
    ("orders", Place.BOTTOM),
    ("fills", Place.BOTTOM),
    ("ticket", Place.RIGHT),
    ("log", Place.RIGHT_BELOW),
)


class Watched(ViewModel):
    """Tells whether it rests."""

    is_resting = True

    @override
    def set_paused(self, paused: bool) -> None:
        super().set_paused(paused)
        self.is_resting = paused


class Desk:
    """A window with panels that hold one line each."""

    def __init__(
        self,
        panels: tuple[tuple[str, Place], ...] = PANELS,
        size: tuple[int, int] = (1366, 768),
        scale: float = 1.0,
    ) -> None:
        self.window = QMainWindow()
        self.window.resize(*size)
        self.docks = Docks(self.window, scale)
        self.window.setCentralWidget(self.docks.widget)
        self.models: dict[str, Watched] = {}
        self.lines: dict[str, QPlainTextEdit] = {}
        for name, place in panels:
            self.add(name, place)
        self.docks.build()
        self.window.show()
        self.docks.arrange()

    def add(self, name: str, place: Place) -> PanelDock:
        self.models[name] = Watched(HandFrameClock())
        line = self.lines[name] = QPlainTextEdit()
        line.setMinimumSize(120, 60)
        return self.docks.add(name, name.title(), line, place, self.models[name])

    def panel(self, name: str) -> PanelDock:
        return self.docks.panels[name]

    def box(self, name: str) -> QRect:
        """Where a panel's content is in the window."""
        line = self.lines[name]
        return QRect(line.mapTo(self.window, QPoint()), line.size())

    def grid(self) -> dict[str, str]:
        """Where each panel is, in a word."""
        words = {}
        for name, panel in self.docks.panels.items():
            dock = panel.dock
            if dock.isClosed():
                words[name] = "closed"
            elif panel.is_floating:
                words[name] = "floating"
            elif panel.is_at_side:
                words[name] = "side"
            else:
                words[name] = "front" if dock.isCurrentTab() else "behind"
        return words

    def close(self) -> None:
        self.docks.hide_windows()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


DEFAULT = dict.fromkeys((name for name, _ in PANELS), "front") | {
    "orders": "behind",
    "fills": "behind",
}


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


# Default layout ----------------------------------------------------------------------------------


def test_the_default_layout(desk: Desk) -> None:
    """Ladder left, chart over tabs in the middle, ticket over the event log on the right."""
    assert desk.grid() == DEFAULT
    ladder, chart, positions, ticket, log = (
        desk.box(name) for name in ("ladder", "chart", "positions", "ticket", "log")
    )
    assert ladder.right() < chart.left()
    assert chart.right() < ticket.left()
    assert abs(chart.left() - positions.left()) <= 1
    assert chart.bottom() < positions.top()
    assert chart.height() > positions.height()
    assert ticket.bottom() < log.top()
    assert 390 <= ladder.width() <= 420
    assert 290 <= ticket.width() <= 320
    assert chart.width() > 600
    areas = {
        id(desk.panel(name).dock.dockAreaWidget()) for name in ("positions", "orders", "fills")
    }
    assert len(areas) == 1, "they share one place as tabs"


@pytest.mark.parametrize("missing", [{"chart"}, {"ladder"}, {"chart", "positions"}, {"ticket"}])
def test_the_default_layout_does_without_a_panel(missing: set[str]) -> None:
    """The tabs fill the middle while there is no chart; nothing else moves."""
    desk = Desk(tuple(one for one in PANELS if one[0] not in missing))
    try:
        assert set(desk.grid().values()) <= {"front", "behind"}
        order = [name for name in ("ladder", "chart", "orders", "log") if name not in missing]
        lefts = [desk.box(name).left() for name in order if desk.grid()[name] == "front"]
        assert lefts == sorted(lefts)
        used = sum(desk.box(name).width() for name in ("ladder", "log") if name not in missing)
        middle = "chart" if "chart" not in missing else "positions"
        if middle not in missing:
            assert desk.box(middle).width() > 1366 - used - 60
    finally:
        desk.close()


def test_the_order_of_adding_does_not_matter() -> None:
    desk = Desk(tuple(reversed(PANELS)))
    try:
        assert desk.box("ladder").right() < desk.box("chart").left()
        assert desk.box("chart").bottom() < desk.box("fills").top()
        assert desk.box("chart").right() < desk.box("ticket").left()
    finally:
        desk.close()


def test_a_larger_window_gives_its_room_to_the_chart(desk: Desk) -> None:
    before = {name: desk.box(name) for name in ("ladder", "chart", "ticket", "log")}
    desk.window.resize(1920, 1080)
    QApplication.sendPostedEvents()
    desk.lines["chart"].grab()
    after = {name: desk.box(name) for name in before}
    assert after["ladder"].width() == before["ladder"].width()
    assert after["ticket"].width() == before["ticket"].width()
    assert after["chart"].width() > before["chart"].width() + 500
    assert after["log"].height() > before["log"].height() + 250


@pytest.mark.parametrize(
    ("screen", "tape", "log"),
    [
        ((1920, 1080), Place.TAPE, Place.RIGHT_BELOW),
        ((1366, 768), Place.RIGHT_BELOW, Place.BOTTOM),
        ((960, 540), Place.RIGHT, Place.RIGHT),
    ],
)
def test_tape_and_log_go_where_the_screen_has_room(
    screen: tuple[int, int], tape: Place, log: Place
) -> None:
    room = QSize(*screen)
    assert (home_of(Place.TAPE, room), home_of(Place.LOG, room)) == (tape, log)
    fixed = [place for place in Place if place not in {Place.TAPE, Place.LOG}]
    assert [home_of(place, room) for place in fixed] == fixed


def test_the_tape_is_a_column_between_the_ladder_and_the_chart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Docks, "_room", QSize(1920, 1080))
    desk = Desk((*PANELS, ("tape", Place.TAPE)))
    try:
        assert desk.box("ladder").right() < desk.box("tape").left()
        assert desk.box("tape").right() < desk.box("chart").left()
        assert 240 <= desk.box("tape").width() <= 320
        monkeypatch.setattr(Docks, "_room", QSize(1366, 768))
        desk.docks.restore_default()
        assert desk.panel("tape").place is Place.RIGHT_BELOW
        tape, log = (desk.panel(name).dock.dockAreaWidget() for name in ("tape", "log"))
        assert tape is log, "on a smaller screen it is below the ticket"
    finally:
        desk.close()


def test_the_default_layout_has_room_for_large_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits 1280 pixels at the usual size fits 1920 at 150 %: as many columns, but wider."""
    monkeypatch.setattr(Docks, "_room", QSize(1920, 1080))
    desk = Desk((*PANELS, ("tape", Place.TAPE)), (1920, 1050), 1.5)
    try:
        assert desk.panel("tape").place is Place.RIGHT_BELOW, "no column of its own"
        assert desk.box("ladder").width() >= 590
        assert desk.box("ticket").width() >= 430
    finally:
        desk.close()


def test_tabs_that_share_a_place_shorten_their_titles_when_it_is_narrow(desk: Desk) -> None:
    """The whole title stays in the tooltip; with room it comes back."""
    orders, fills = desk.panel("orders"), desk.panel("fills")
    orders.short_title = "O"
    orders.set_note("XBTUSDTM  DEMO")
    assert orders.dock.windowTitle() == "Orders  XBTUSDTM  DEMO"
    fills.set_note("a note of the moment that is longer than any tab can be " * 3)
    assert orders.dock.windowTitle() == "O"
    assert fills.dock.windowTitle() == "Fills"
    assert orders.dock.tabWidget().toolTip() == "Orders  XBTUSDTM  DEMO"
    assert orders.toggle_action.text() == "Orders"
    fills.set_note("")
    assert orders.dock.windowTitle() == "Orders  XBTUSDTM  DEMO"


# Tear off, side, close ---------------------------------------------------------------------------


def test_a_torn_off_panel_has_a_window_of_its_own_and_comes_back(desk: Desk) -> None:
    changes: list[int] = []
    windows: list[QWidget] = []
    desk.docks.changed.connect(lambda: changes.append(1))
    desk.docks.torn_off.connect(windows.append)
    panel = desk.panel("ladder")
    panel.tear_off()
    assert desk.grid() == DEFAULT | {"ladder": "floating"}
    assert desk.lines["ladder"].window() is not desk.window
    assert windows == [desk.lines["ladder"].window()]
    assert desk.lines["ladder"].isVisible()
    assert not desk.models["ladder"].is_resting
    assert changes
    assert not desk.docks.widget.testAttribute(Qt.WidgetAttribute.WA_NativeWindow)
    QTest.keyClicks(desk.lines["ladder"], "typed")
    panel.put_back()
    assert desk.grid() == DEFAULT
    assert desk.lines["ladder"].window() is desk.window
    assert desk.lines["ladder"].toPlainText() == "typed", "it is the same panel"
    assert desk.box("ladder").right() < desk.box("chart").left()


def test_a_panel_that_was_never_shown_tears_off_into_a_window_of_a_sensible_size(
    desk: Desk,
) -> None:
    desk.panel("fills").tear_off()
    window = desk.lines["fills"].window()
    assert window.width() >= 420
    assert window.height() >= 260


def test_all_torn_off_panels_come_back_at_once(desk: Desk) -> None:
    for name in ("ladder", "orders", "chart"):
        desk.panel(name).tear_off()
    desk.docks.put_all_back()
    assert "floating" not in desk.grid().values()
    assert desk.box("ladder").right() < desk.box("chart").left()


def test_a_closed_panel_rests_and_comes_back_where_it_was(desk: Desk) -> None:
    panel = desk.panel("ticket")
    panel.close()
    assert desk.grid()["ticket"] == "closed"
    assert desk.models["ticket"].is_resting
    assert not panel.toggle_action.isChecked()
    panel.toggle_action.trigger()
    assert desk.grid() == DEFAULT
    assert not desk.models["ticket"].is_resting


def test_a_panel_behind_another_tab_rests(desk: Desk) -> None:
    assert desk.models["orders"].is_resting
    assert not desk.models["positions"].is_resting
    desk.panel("orders").dock.setAsCurrentTab()
    assert not desk.models["orders"].is_resting
    assert desk.models["positions"].is_resting


@pytest.mark.parametrize("name", ["ladder", "chart", "positions", "log"])
def test_a_panel_hides_at_the_side_slides_out_and_comes_back(desk: Desk, name: str) -> None:
    panel = desk.panel(name)
    panel.hide_at_side()
    assert desk.grid()[name] == "side"
    assert desk.models[name].is_resting, "it is a tab at the window's side"
    tab = panel.dock.sideTabWidget()
    assert tab.isVisible()
    QTest.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert desk.lines[name].isVisible()
    assert not desk.models[name].is_resting
    QTest.keyClicks(desk.lines[name], "typed")
    QTest.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert desk.models[name].is_resting
    panel.put_back()
    QApplication.sendPostedEvents()
    assert desk.grid()[name] == "front"
    assert desk.lines[name].toPlainText() == "typed"
    assert not desk.models[name].is_resting


def test_a_torn_off_panel_hides_at_the_side_of_the_main_window(desk: Desk) -> None:
    panel = desk.panel("ladder")
    panel.tear_off()
    panel.hide_at_side()
    assert desk.grid()["ladder"] == "side"
    assert panel.dock.sideTabWidget().window() is desk.window


def test_the_menu_of_a_header_offers_what_can_be_done(desk: Desk) -> None:
    """Opened by the button and by the right mouse key; nothing waits for it."""
    panel = desk.panel("ladder")
    tab = panel.dock.tabWidget()
    QApplication.sendEvent(
        tab, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(3, 3), QPoint(50, 50))
    )
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert offered(menu) == [
        "Tear off into a window",
        "Hide at the side",
        "Close (View brings it back)",
    ]
    QTest.keyClick(menu, Qt.Key.Key_T)
    assert desk.grid()["ladder"] == "floating"
    panel._menu.popup(QPoint(50, 50))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert offered(menu) == [
        "Put back into the main window", "Hide at the side", "Close (View brings it back)",
    ]  # fmt: skip
    QTest.keyClick(menu, Qt.Key.Key_P)
    assert desk.grid() == DEFAULT
    panel._menu.popup(QPoint(50, 50))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    QTest.keyClick(menu, Qt.Key.Key_H)
    assert desk.grid()["ladder"] == "side"


def offered(menu: QMenu) -> list[str]:
    return [
        action.text().replace("&", "")
        for action in menu.actions()
        if action.isVisible() and action.isEnabled() and not action.isSeparator()
    ]


def test_a_note_stands_in_the_header_and_not_in_the_menu(desk: Desk) -> None:
    panel = desk.panel("orders")
    panel.set_note("3?")
    assert panel.dock.windowTitle() == "Orders  3?"
    assert panel.toggle_action.text() == "Orders"
    panel.set_note("")
    assert panel.dock.windowTitle() == "Orders"


def test_a_locked_layout_is_not_changed_by_a_slip_of_the_hand(desk: Desk) -> None:
    """No header drags, no border moves, and the menus of the headers offer nothing."""
    desk.docks.set_locked(is_locked=True)
    panel = desk.panel("ladder")
    panel._menu.popup(QPoint(50, 50))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert offered(menu) == []
    menu.close()
    QTest.mouseDClick(panel.dock.tabWidget(), Qt.MouseButton.LeftButton)
    assert desk.grid() == DEFAULT, "a double click would tear it off"
    state = desk.docks.state()
    for handle in handles(desk):
        drag(handle)
    assert desk.docks.state() == state
    desk.docks.set_locked(is_locked=False)
    QTest.mouseDClick(panel.dock.tabWidget(), Qt.MouseButton.LeftButton)
    assert desk.grid()["ladder"] == "floating"
    panel.put_back()
    drag(handles(desk)[0])
    assert desk.docks.state() != state


def handles(desk: Desk) -> list[QWidget]:
    return [
        splitter.handle(number)
        for splitter in desk.docks.widget.findChildren(QSplitter)
        for number in range(1, splitter.count())
    ]


def drag(handle: QWidget) -> None:
    QTest.mousePress(handle, Qt.MouseButton.LeftButton)
    QTest.mouseMove(handle, handle.rect().center() + QPoint(40, 40))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)


# State -------------------------------------------------------------------------------------------


def move_all_around(desk: Desk) -> dict[str, str]:
    desk.panel("ladder").tear_off()
    desk.panel("ticket").hide_at_side()
    desk.panel("log").close()
    desk.panel("fills").dock.setAsCurrentTab()
    return desk.grid()


def test_a_state_brings_every_panel_back_to_where_it_was() -> None:
    first = Desk()
    wanted = move_all_around(first)
    state = first.docks.state()
    first.close()
    second = Desk()
    try:
        second.docks.restore(state)
        assert second.grid() == wanted
        assert second.lines["ladder"].window().isVisible()
        second.docks.restore_default()
        assert second.grid() == DEFAULT
        assert second.box("ladder").right() < second.box("chart").left()
    finally:
        second.close()


def test_panels_survive_ten_rounds(desk: Desk) -> None:
    for _ in range(10):
        move_all_around(desk)
        state = desk.docks.state()
        desk.docks.restore_default()
        desk.docks.restore(state)
        desk.docks.restore_default()
    assert desk.grid() == DEFAULT


def test_a_panel_that_a_stored_state_does_not_know_goes_to_its_place() -> None:
    """As after an update of the program: the chart is new, everything else is where it was."""
    older = Desk(tuple(one for one in PANELS if one[0] != "chart"))
    state = older.docks.state()
    older.close()
    newer = Desk()
    try:
        newer.docks.restore(state)
        assert newer.grid() == DEFAULT
        assert newer.box("ladder").right() < newer.box("chart").left()
        assert newer.box("chart").bottom() < newer.box("positions").top()
        assert newer.box("chart").height() > 150
    finally:
        newer.close()


def test_a_panel_that_no_longer_exists_is_passed_over() -> None:
    newer = Desk()
    state = newer.docks.state()
    newer.close()
    older = Desk(tuple(one for one in PANELS if one[0] != "chart"))
    try:
        older.docks.restore(state)
        assert set(older.grid().values()) <= {"front", "behind"}
    finally:
        older.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "nonsense",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("Widget", "Midget"),
        lambda text: text.replace('Tabs="3"', 'Tabs="30"'),
        lambda text: text.replace('"fills"', '"orders"'),
        lambda text: re.sub(r"<Sizes>\d+", "<Sizes>x", text),
        lambda text: text.replace("QtAdvancedDockingSystem", "Other"),
        lambda text: text.replace(" Version=", " Aversion="),
        lambda text: text.replace("<Sizes>", "<Area>").replace("</Sizes>", "</Area>"),
        lambda text: "<a>" * 2000,
        lambda text: text + text,
    ],
)
def test_a_damaged_state_is_refused_and_nothing_moves(desk: Desk, damage: object) -> None:
    state = desk.docks.state()
    assert panels_in(state) == {name for name, _ in PANELS}
    damaged = damage(state)  # type: ignore[operator]
    assert damaged != state
    with pytest.raises(DockStateError):
        desk.docks.restore(damaged)
    assert desk.grid() == DEFAULT
    assert desk.docks.state() == state


def test_a_state_that_the_library_refuses_leads_to_the_default(desk: Desk) -> None:
    """Another user version is well-formed; the library says no to it."""
    desk.panel("ladder").close()
    state = desk.docks.state()
    refused = re.sub(r'UserVersion="\d+"', 'UserVersion="77"', state)
    assert refused != state
    with pytest.raises(DockStateError):
        desk.docks.restore(refused)
    assert desk.grid() == DEFAULT


def test_a_state_is_plain_text(desk: Desk) -> None:
    state = desk.docks.state()
    assert state.isprintable() or "\n" in state
    assert not QByteArray(state.encode()).startsWith(b"\x00")


# Windows -----------------------------------------------------------------------------------------


def test_windows_on_a_monitor_that_is_gone_come_back_whole(desk: Desk) -> None:
    """A panel torn off onto a second monitor, restored where there is only one."""
    panel = desk.panel("ladder")
    panel.tear_off()
    window = desk.lines["ladder"].window()
    window.move(5000, 3000)
    state = desk.docks.state()
    panel.put_back()
    desk.docks.restore(state)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    window = desk.lines["ladder"].window()
    assert window is not desk.window
    assert screen.adjusted(-8, -8, 8, 8).contains(window.frameGeometry())


def test_a_window_larger_than_the_screen_is_made_to_fit() -> None:
    window = QWidget()
    window.setGeometry(4000, 50, 5000, 5000)
    window.show()
    move_onto_screens(window)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.adjusted(-8, -8, 8, 8).contains(window.frameGeometry())
    window.close()
    window.deleteLater()


# Links and the end of a panel ---------------------------------------------------------------------


def menu_of(panel: PanelDock) -> QMenu:
    panel._menu.popup(QPoint(50, 50))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_the_menu_links_a_panel_and_shows_by_what(desk: Desk) -> None:
    panel = desk.panel("ladder")
    chosen: list[LinkColor] = []
    panel.offer_links(chosen.append)
    theme = Theme.load(resources() / "themes", "dark")
    panel.show_link(LinkColor.GOLD, link_icon(LinkColor.GOLD, theme))
    assert not panel.dock.icon().isNull()
    menu = menu_of(panel)
    (links,) = [action.menu() for action in menu.actions() if action.menu() is not None]
    assert isinstance(links, QMenu)
    assert [action.isChecked() for action in links.actions()] == [False, False, True, False, False]
    links.actions()[3].trigger()
    assert chosen == [LinkColor.VIOLET]
    menu.close()
    panel.show_link(LinkColor.NONE, link_icon(LinkColor.NONE, theme))
    assert panel.dock.icon().isNull()


@pytest.mark.parametrize("where", ["grid", "floating", "side", "closed"])
def test_a_panel_is_taken_away_for_good_wherever_it_is(desk: Desk, where: str) -> None:
    ended: list[str] = []
    extra = desk.add("ladder-2", Place.LADDERS)
    assert desk.box("ladder").right() < desk.box("ladder-2").left() < desk.box("chart").left()
    extra.offer_end(lambda: ended.append("ladder-2"))
    {"grid": lambda: None, "floating": extra.tear_off, "side": extra.hide_at_side,
     "closed": extra.close}[where]()  # fmt: skip
    menu = menu_of(extra)
    next(one for one in menu.actions() if "good" in one.text()).trigger()
    menu.close()
    assert ended == ["ladder-2"]
    desk.docks.remove("ladder-2")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert "ladder-2" not in desk.docks.panels
    assert not Shiboken.isValid(menu)
    assert "ladder-2" not in panels_in(desk.docks.state())
    desk.docks.restore(desk.docks.state())
    desk.docks.restore_default()
    assert desk.grid() == DEFAULT


def test_closing_is_told_and_a_locked_layout_ends_no_panel(desk: Desk) -> None:
    panel = desk.panel("ladder")
    told: list[str] = []
    panel.closed.connect(lambda: told.append("closed"))
    panel.offer_end(lambda: told.append("ended"))
    panel.tear_off()
    panel.put_back()
    assert told == [], "moved is not closed"
    panel.close()
    assert told == ["closed"]
    desk.docks.set_locked(is_locked=True)
    menu = menu_of(panel)
    assert "Close for good" not in offered(menu)
    menu.close()


@pytest.mark.parametrize("where", ["behind another tab", "closed", "at the side", "in front"])
def test_a_panel_is_shown_in_front_and_the_keys_stay_where_they_are(desk: Desk, where: str) -> None:
    desk.window.activateWindow()
    reading = desk.lines["chart"]
    panel = desk.panel("orders")
    desk.panel("positions").take_focus()
    if where == "closed":
        panel.close()
    elif where == "at the side":
        panel.hide_at_side()
    elif where == "in front":
        panel.take_focus()
    reading.setFocus()
    assert desk.lines["orders"].isVisible() is (where == "in front")
    panel.show_in_front()
    QApplication.sendPostedEvents()
    assert desk.lines["orders"].isVisible()
    assert QApplication.focusWidget() is reading
