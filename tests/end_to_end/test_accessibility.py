"""The real windows: everything that takes keys has a name and shows its focus; F6 goes round."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from terminal.domain.units import Lots, Price
from terminal.session.results import Submitted
from terminal.widgets.orders import OrdersPanel
from tests.support.builders import a_ticket
from tests.support.deadlines import eventually
from tests.support.whole_window import called, focusable, spoken_name, with_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtGui import QAction, QImage

    from terminal.app.wiring import Program

pytestmark = pytest.mark.usefixtures("qapp")
AROUND_PX = 3


def dialogs_of(program: Program) -> Iterator[QDialog]:
    """Each dialog of the menus, an order's trail and the last question, while it is open."""
    window = program.window
    order = next(iter(program.backend.desk.working()), None)
    assert order is not None, "an order to ask about"
    orders = window.docks.panels["orders"].dock.widget()
    assert isinstance(orders, OrdersPanel)
    key = str(order.client_oid)
    openers: list[Callable[[], object]] = [one.trigger for one in _entries(window)]
    openers += [partial(orders.table.row_activated.emit, key), partial(_ask_to_leave, program)]
    for show in openers:
        show()
        QApplication.sendPostedEvents()
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                yield dialog
                dialog.close()


def _entries(window: QWidget) -> list[QAction]:
    from PySide6.QtWidgets import QMainWindow

    assert isinstance(window, QMainWindow)
    found = [
        action
        for menu in window.menuBar().actions()
        for action in menu.menu().actions()  # type: ignore[attr-defined] # every one has its menu
        if action.text().split("\t")[0].endswith("\N{HORIZONTAL ELLIPSIS}")
        or "Keys of" in action.text()
    ]
    return [action for action in found if "Lift" not in action.text()]


def test_everything_that_takes_keys_has_a_name_in_all_panels_and_dialogs() -> None:
    nameless: set[str] = set()
    seen: set[str] = set()

    def look(top: QWidget) -> None:
        for widget in focusable(top):
            seen.add(called(widget))
            if not spoken_name(widget):
                nameless.add(called(widget))

    async def play(program: Program) -> None:
        for panel in program.window.docks.panels.values():
            panel.take_focus()
            QApplication.sendPostedEvents()
            look(program.window)
        await _an_order(program)
        opened = 0
        for dialog in dialogs_of(program):
            look(dialog)
            opened += 1
        assert opened >= 9

    with_window(play)
    assert not nameless
    assert len(seen) > 60


def _ask_to_leave(program: Program) -> None:
    program.safety.leaving.ask()
    program.safety.leaving._on_frame()  # its question is drawn with the next frame


async def _an_order(program: Program) -> None:
    """Something to ask about."""
    desk = program.backend.desk
    ticket = a_ticket(price=Price(500_000), lots=Lots(1))
    assert isinstance(desk.submit(ticket), Submitted)
    await eventually(lambda: bool(desk.working()), "a working order")


def _picture(widget: QWidget) -> QImage:
    """A widget and a few pixels around it."""
    window = widget.window()
    corner = widget.mapTo(window, QPoint(0, 0))
    area = QRect(corner, widget.size()).adjusted(-AROUND_PX, -AROUND_PX, AROUND_PX, AROUND_PX)
    return window.grab(area).toImage()


@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
def test_the_focus_of_everything_can_be_seen(theme: str) -> None:
    unseen: set[str] = set()

    def look(top: QWidget) -> None:
        for widget in focusable(top):
            if not widget.isEnabled():
                continue

            focused = QApplication.focusWidget()
            if focused is not None:
                focused.clearFocus()
            without = _picture(widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if widget.hasFocus() and _picture(widget) == without:
                unseen.add(called(widget))

    async def play(program: Program) -> None:
        program.window.activateWindow()
        program.frame.stop()  # only the focus may change the picture
        panels = program.window.docks.panels
        for panel in panels.values():
            panel.take_focus()
            QApplication.sendPostedEvents()
            look(panel.dock.widget())
        await _an_order(program)
        program.ladder.toggle_keyboard()
        program.ladder_widget.canvas.show_view()
        look(panels["ladder"].dock.widget())
        for dialog in dialogs_of(program):
            dialog.activateWindow()
            look(dialog)

    with_window(play, theme)
    assert not unseen


def test_f6_goes_round_all_panels_and_back_the_other_way() -> None:
    async def play(program: Program) -> None:
        window = program.window
        window.activateWindow()
        program.ladder_widget.canvas.setFocus()
        panels = window.docks.panels

        def here() -> str:
            return next((name for name, panel in panels.items() if panel.has_focus), "nowhere")

        def press(modifier: Qt.KeyboardModifier) -> str:
            QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F6, modifier)
            QApplication.sendPostedEvents()
            return here()

        forth = [press(Qt.KeyboardModifier.NoModifier) for _ in panels]
        assert sorted(forth) == sorted(panels)
        assert forth[-1] == "ladder"
        back = [press(Qt.KeyboardModifier.ShiftModifier) for _ in panels]
        assert back[:-1] == forth[-2::-1]
        panels["tape"].close()
        assert "tape" not in [press(Qt.KeyboardModifier.NoModifier) for _ in panels]

    with_window(play)
