"""The settings dialog by real keys."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar, final

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QWidget,
)

from terminal.domain.ladder_habits import OtherButton
from terminal.domain.protection import DistanceUnit, StopDistance
from terminal.storage.paths import resources
from terminal.storage.settings import THEMES
from terminal.viewmodels.frame import FrameMeter, HandFrameClock
from terminal.viewmodels.keys import (
    DEFAULT_KEYS,
    GLOBAL_KEYS,
    WINDOW_KEYS,
    Chord,
    LadderAction,
)
from terminal.viewmodels.settings_appearance import AppearanceChoices, AppearancePageViewModel
from terminal.viewmodels.settings_keys import KeysPageViewModel
from terminal.viewmodels.settings_trading import TradingChoices, TradingPageViewModel
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import Body
from terminal.widgets.keys import KeysDialog
from terminal.widgets.settings import SettingsPages, show_settings
from terminal.widgets.theme import COLOR_BLIND, Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")
K, M = Qt.Key, Qt.KeyboardModifier
AnyWidget = TypeVar("AnyWidget", bound=QWidget)


@final
class Stage:
    """A window with the settings open; what they hand on is kept."""

    def __init__(self, theme: str = "dark", scale: float = 1.0) -> None:
        self.theme = Theme.load(resources() / "themes", theme, scale)
        self.window = QWidget()
        self.window.show()
        self.frame = HandFrameClock()
        self.trading: list[TradingChoices] = []
        self.looks: list[AppearanceChoices] = []
        self.limits: list[str] = []
        self.map = dict(DEFAULT_KEYS)
        self.pages = SettingsPages(
            TradingPageViewModel(TradingChoices(), self.trading.append, self.frame),
            AppearancePageViewModel(AppearanceChoices(), self._take_look, self.frame),
            KeysPageViewModel(lambda: self.map, self._take_keys, dict, self.frame),
        )
        for page in self.pages:
            assert page is not None
            page.start()
        self.dialog = show_settings(
            self.pages, self.theme, FrameMeter(), self.window, lambda: self.limits.append("asked")
        )
        self.dialog.activateWindow()

    def _take_look(self, choices: AppearanceChoices) -> str:
        self.looks.append(choices)
        self.theme.switch_to(choices.theme + (COLOR_BLIND if choices.is_colour_blind else ""))
        return ""

    def _take_keys(self, keys: object) -> None:
        self.map = dict(keys)  # type: ignore[call-overload] # a mapping, as its Protocol says

    def part(self, kind: type[AnyWidget], name: str) -> AnyWidget:
        found = self.dialog.findChild(kind, f"settings.{name}")
        assert isinstance(found, kind), name
        return found

    def retype(self, name: str, words: str) -> QLineEdit:
        """Replace a field's text by hand."""
        line = self.part(QLineEdit, f"trading.{name}")
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, words)
        return line

    def close(self) -> None:
        for page in self.pages:
            assert page is not None
            page.stop()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.close()


def test_the_pages_are_chosen_in_the_list_by_arrows(stage: Stage) -> None:
    pages = stage.part(QListWidget, "pages")
    assert pages.hasFocus()
    assert [pages.item(n).text() for n in range(pages.count())] == ["Trading", "Appearance", "Keys"]
    assert stage.dialog.trading is not None
    assert stage.dialog.trading.isVisible()
    QTest.keyClick(pages, K.Key_Down)
    assert stage.dialog.appearance.isVisible()
    QTest.keyClick(pages, K.Key_Down)
    assert stage.dialog.keys.isVisible()
    assert not stage.dialog.trading.isVisible()


def test_a_number_holds_by_enter_and_the_dialog_stays(stage: Stage) -> None:
    line = stage.retype("bracket_loss_ticks", "350")
    assert stage.trading == []
    QTest.keyClick(line, K.Key_Return)
    assert [choices.bracket_loss_ticks for choices in stage.trading] == [350]
    assert stage.dialog.isVisible()


def test_the_habits_of_the_ladders_hands_are_set_here(stage: Stage) -> None:
    line = stage.retype("hold_ms", "401")
    QTest.keyClick(line, K.Key_Return)
    assert stage.trading == [], "longer would be felt as a program that hangs"
    line = stage.retype("hold_ms", "250")
    QTest.keyClick(line, K.Key_Return)
    for name in ("disarms_on_focus_loss", "infers_type"):
        QTest.keyClick(stage.part(QCheckBox, f"trading.{name}"), K.Key_Space)
    last = stage.trading[-1]
    assert (last.hold_ms, last.disarms_on_focus_loss, last.infers_type) == (250, True, True)


def test_the_map_shows_every_key_of_ladder_and_program() -> None:
    window = QWidget()
    theme = Theme.load(resources() / "themes", "dark", 1.0)
    dialog = KeysDialog(DEFAULT_KEYS, theme, window)
    words = {label.text() for label in dialog.findChildren(QLabel)}
    assert {action.value for action in LadderAction} <= words
    for told in (WINDOW_KEYS, GLOBAL_KEYS):
        assert {*told.keys(), *told.values()} <= words
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_number_holds_by_leaving_its_field(stage: Stage) -> None:
    line = stage.retype("distance", "2.5")
    QTest.keyClick(line, K.Key_Tab)
    assert stage.trading[-1].distance == StopDistance(DistanceUnit.PERCENT, Decimal("2.5"))


def test_esc_forgets_what_was_typed(stage: Stage) -> None:
    """The field loses the focus when the dialog closes; that must not let it hold."""
    line = stage.retype("gap_ticks", "7")
    QTest.keyClick(line, K.Key_Escape)
    stage.frame.tick()
    assert stage.trading == []
    assert not stage.dialog.isVisible()


def test_what_is_wrong_is_said_beside_its_field(stage: Stage) -> None:
    line = stage.retype("fuse_timeout_s", "3")
    QTest.keyClick(line, K.Key_Return)
    stage.frame.tick()
    assert "5 to 86400" in line.accessibleDescription()
    assert line.property("wrong") == "true"
    assert stage.trading == []


def test_a_choice_of_a_box_holds_at_once_and_the_wheel_passes_by(stage: Stage) -> None:
    """Who scrolls the page must not change what happens to lie under the pointer."""
    box = stage.part(ChoiceBox, "trading.kill")
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        M.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turn)
    assert stage.trading == []
    box.setFocus()
    QTest.keyClick(box, K.Key_Down)
    assert [choices.kill.value for choices in stage.trading] == ["all orders"]


def test_the_mouse_of_the_ladder_is_set_by_box_and_switches(stage: Stage) -> None:
    box = stage.part(ChoiceBox, "trading.other_button")
    box.setFocus()
    QTest.keyClick(box, K.Key_Down)
    for name in ("acts_on_release", "infers_type"):
        stage.part(QCheckBox, f"trading.{name}").click()
    taken = stage.trading[-1]
    assert (taken.acts_on_release, taken.infers_type) == (True, True)
    assert taken.other_button is OtherButton.SECOND_SIZE


def test_the_way_to_the_limits_leads_there(stage: Stage) -> None:
    QTest.mouseClick(stage.part(QPushButton, "trading.limits"), Qt.MouseButton.LeftButton)
    assert stage.limits == ["asked"]


def test_theme_and_pair_act_at_once_on_the_dialog_itself(stage: Stage) -> None:
    stage.dialog.show_page("Appearance")
    pair = stage.part(QCheckBox, "appearance.colour_blind")
    QTest.keyClick(pair, K.Key_Space)
    assert stage.theme.name == "dark-colour-blind"
    box = stage.part(ChoiceBox, "appearance.theme")
    QTest.keyClick(box, K.Key_Down)
    assert stage.theme.name == "light-colour-blind"
    assert stage.dialog.styleSheet() == stage.theme.style_sheet


# Keys --------------------------------------------------------------------------------------------


def begin(stage: Stage, action: LadderAction) -> QWidget:
    """Enter on the row of an action."""
    stage.dialog.show_page("Keys")
    table = stage.dialog.keys.panel.table
    table.setFocus()
    table.selectRow(list(LadderAction).index(action))
    QTest.keyClick(table, K.Key_Return)
    catcher = stage.dialog.keys.catcher
    assert catcher.hasFocus()
    return catcher


def test_a_key_is_caught_and_the_focus_is_back_in_the_table(stage: Stage) -> None:
    catcher = begin(stage, LadderAction.BUY)
    QTest.keyClick(catcher, K.Key_Shift, M.ShiftModifier)
    QTest.keyClick(catcher, K.Key_J, M.ShiftModifier)
    assert stage.map[Chord("J", shift=True)] is LadderAction.BUY
    assert stage.dialog.keys.panel.table.hasFocus()
    assert stage.dialog.isVisible()


def test_a_taken_key_is_refused_in_words_and_a_better_one_taken(stage: Stage) -> None:
    catcher = begin(stage, LadderAction.BUY)
    QTest.keyClick(catcher, K.Key_F)
    assert "no key has two meanings" in stage.dialog.keys.catcher.text()
    QTest.keyClick(catcher, K.Key_Return)
    assert "stays so" in stage.dialog.keys.catcher.text()
    QTest.keyClick(catcher, K.Key_F9)
    assert "cannot read" in stage.dialog.keys.catcher.text()
    assert stage.map == dict(DEFAULT_KEYS)
    QTest.keyClick(catcher, K.Key_J)
    assert stage.map[Chord("J")] is LadderAction.BUY


def test_esc_leaves_the_catching_and_not_the_dialog(stage: Stage) -> None:
    catcher = begin(stage, LadderAction.SELL)
    QTest.keyClick(catcher, K.Key_Escape)
    assert stage.dialog.isVisible()
    assert stage.dialog.keys.panel.table.hasFocus()
    assert stage.map == dict(DEFAULT_KEYS)
    QTest.keyClick(stage.dialog.keys.panel.table, K.Key_Escape)
    assert not stage.dialog.isVisible()


def test_the_enter_that_began_is_not_the_key_that_is_caught(stage: Stage) -> None:
    """It is still held down when the catching begins."""
    catcher = begin(stage, LadderAction.BUY)
    before = stage.dialog.keys.catcher.text()
    held = QKeyEvent(QEvent.Type.KeyPress, K.Key_Return, M.NoModifier, "\r", autorep=True)
    QApplication.sendEvent(catcher, held)
    assert stage.dialog.keys.catcher.text() == before


@pytest.mark.parametrize(
    ("key", "modifiers", "is_caught"),
    [
        (K.Key_T, M.ControlModifier, True),
        (K.Key_F12, M.NoModifier, False),
        (K.Key_F12, M.ShiftModifier, False),
        (K.Key_F1, M.NoModifier, False),
    ],
)
def test_keys_of_the_program_are_caught_but_the_stop_goes_on_stopping(
    stage: Stage, key: Qt.Key, modifiers: Qt.KeyboardModifier, *, is_caught: bool
) -> None:
    catcher = begin(stage, LadderAction.BUY)
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    asked.ignore()
    QApplication.sendEvent(catcher, asked)
    assert asked.isAccepted() is is_caught


def test_the_focus_that_goes_elsewhere_ends_the_catching(stage: Stage) -> None:
    begin(stage, LadderAction.BUY)
    stage.part(QPushButton, "keys.add").setFocus()
    assert not stage.pages.keys.is_waiting
    QTest.keyClick(stage.part(QPushButton, "keys.add"), K.Key_J)
    assert stage.map == dict(DEFAULT_KEYS)


def test_buttons_take_a_key_away_and_put_all_back(stage: Stage) -> None:
    begin(stage, LadderAction.GRAB)
    QTest.mouseClick(stage.part(QPushButton, "keys.unbind"), Qt.MouseButton.LeftButton)
    assert Chord("G") not in stage.map
    QTest.mouseClick(stage.part(QPushButton, "keys.add"), Qt.MouseButton.LeftButton)
    QTest.keyClick(stage.dialog.keys.catcher, K.Key_J)
    assert stage.map[Chord("J")] is LadderAction.GRAB
    QTest.mouseClick(stage.part(QPushButton, "keys.reset"), Qt.MouseButton.LeftButton)
    assert stage.map == dict(DEFAULT_KEYS)
    begin(stage, LadderAction.BUY)
    QTest.keyClick(stage.dialog.keys.catcher, K.Key_K)
    QTest.mouseClick(stage.part(QPushButton, "keys.reset_all"), Qt.MouseButton.LeftButton)
    assert stage.map == dict(DEFAULT_KEYS)


# Looks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", THEMES)
def test_every_page_is_drawn_in_every_theme(name: str) -> None:
    stage = Stage(name)
    try:
        for page in ("Trading", "Appearance", "Keys"):
            stage.dialog.show_page(page)
            picture = stage.dialog.grab().toImage()
            ground = stage.theme.color("window")
            assert picture.pixelColor(2, picture.height() - 2) == ground, page
    finally:
        stage.close()


@pytest.mark.parametrize(("scale", "room"), [(1.0, 1366), (1.5, 1366), (2.0, 1920)])
def test_nothing_is_cut_off_where_letters_are_large(scale: float, room: int) -> None:
    """The least width of every page is within the screen's; what is too high scrolls."""
    stage = Stage(scale=scale)
    try:
        assert stage.dialog.minimumSizeHint().width() <= 0.98 * room
        assert stage.dialog.trading is not None
        assert stage.dialog.trading.minimumSizeHint().width() <= 0.7 * room
        keys = KeysDialog(DEFAULT_KEYS, stage.theme, stage.window)
        keys.show()
        assert isinstance(keys.focusWidget(), Body), "arrows scroll it"
        available = keys.screen().availableSize()
        assert keys.width() <= room
        assert keys.height() <= available.height()
        QTest.keyClick(keys.focusWidget(), K.Key_Return)
        assert not keys.isVisible()
    finally:
        stage.close()
