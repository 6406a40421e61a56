"""Pictures of the window in every mode and palette, for eyes: ``packaging/dev.py shots FOLDER``.

The simulated exchange, the real clients and the real window, offscreen. Qt takes the scale from the
environment at the start. A sheet of all palettes is made of each mode.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSplitter, QWidget

from terminal.domain.access import Access
from terminal.domain.events import MarginMode, PositionSide
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.order import OrderState
from terminal.domain.sizing import SizeUnit
from terminal.domain.ticket import OrderTerms
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.permit import Permit
from terminal.storage.paths import resources
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.viewmodels.ladder_options import Centering
from terminal.widgets.theme import Theme
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live
from tests.support.open_program import OpenProgram, an_open_program
from tests.support.pointer import point_at
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from PySide6.QtCore import QPoint

PALETTES = ("dark", "light", "dark-colour-blind", "light-colour-blind", "high-contrast")
SETTLED_S = 0.25
WIDE_PX = 900
LONGEST_S = 180
K, NONE, LEFT = Qt.Key, Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
C = LadderColumn


@final
class Stage:
    """A program that is looked at, and hands on it."""

    def __init__(self, one: OpenProgram) -> None:
        self.live, self.program = one.live, one.program
        self.ladder, self.desk = one.program.ladder, one.live.backend.desk
        self.canvas = one.program.ladder_widget.canvas

    def press(self, *keys: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        for key in keys:
            QTest.keyClick(self.canvas, key, held)

    @property
    def inside(self) -> tuple[int, int]:
        touch = self.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        assert touch.best_ask is not None
        return touch.best_bid, touch.best_ask

    def point(self, price: int, column: str) -> QPoint:
        rows = self.ladder.view.rows
        row = next((n for n, one in enumerate(rows) if one.price == price), len(rows) // 2)
        return self.canvas.point_of(row, column)

    def hover(self, price: int, column: str) -> None:
        point_at(self.canvas, self.point(price, column))

    def button(self, name: str) -> QPushButton:
        found = self.program.window.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        return found

    @property
    def rows(self) -> int:
        """Whole rows of the ladder."""
        return self.canvas.layout_grid.row_count

    def picture(self) -> QImage:
        """The window, and over it what is a window of its own."""
        window = self.program.window
        image = window.grab().toImage()
        painter = QPainter(image)
        for other in QApplication.topLevelWidgets():
            if other is not window and other.isVisible() and other.width() > 1:
                painter.drawPixmap(other.pos() - window.pos(), other.grab())
        painter.end()
        return image

    async def take_size(self, size: QSize) -> None:
        """Be as large as a screen, in the default layout of such a screen."""
        self.program.window.resize(size)
        await self.rest()
        self.program.window.docks.arrange()
        await self.rest()

    async def widen(self) -> None:
        """Give the ladder the room that all its columns ask for, as far as the window has it."""
        for splitter in self.program.window.findChildren(QSplitter):
            is_row = splitter.orientation() is Qt.Orientation.Horizontal
            if is_row and splitter.isAncestorOf(self.canvas):
                wide, *others = splitter.sizes()
                more = min(max(0, WIDE_PX - wide), max(others))
                given = others.index(max(others))
                others[given] -= more
                splitter.setSizes([wide + more, *others])
        await self.rest()

    async def rest(self) -> None:
        """Let a few frames be painted."""
        await self.live.backend.clock.sleep(SETTLED_S)

    async def orders(self, *placed: tuple[Side, int, int]) -> None:
        """Rest orders: side, ticks away from the inside, lots."""
        bid, ask = self.inside
        before = len(self.desk.working())
        for side, away, lots in placed:
            price = bid - away if side is Side.BUY else ask + away
            self.desk.submit(a_ticket(side=side, price=Price(price), lots=Lots(lots)))
        await eventually(lambda: len(self.desk.working()) > before, "an order that rests")
        await eventually(
            lambda: all(one.state is OrderState.OPEN for one in self.desk.working()), "all at rest"
        )

    async def position(self, lots: int = 5) -> None:
        _, ask = self.inside
        self.desk.submit(a_ticket(side=Side.BUY, price=Price(ask + 20), lots=Lots(lots)))
        await eventually(
            lambda: self.live.backend.account.position(XBT).core.lots > 0, "the position"
        )

    async def reset(self) -> None:
        """As it was: nothing rests, nothing is held, armed or chosen."""
        self.press(K.Key_Escape, K.Key_Escape, K.Key_Escape)
        self.ladder.disarm("another picture.")
        self.ladder.trading.message = None
        self.ladder.habits = LadderHabits()
        if self.ladder.trading.bracket is not None:
            self.ladder.toggle_exits()
        self.ladder.set_options(replace(self.ladder.options, centering=Centering.STATIC))
        self.ladder.set_columns(DEFAULT_COLUMNS)
        self.program.window.docks.arrange()
        self.program.ticket.drop()
        self.program.ticket.set_price_text("")
        self.button("ticket.advanced").setChecked(False)
        for name in ("palette", "ladder.note"):
            shown = self.program.window.findChild(QWidget, name)
            if shown is not None:
                shown.hide()
        self.desk.cancel_everywhere()
        if self.desk.is_trusted and self.live.backend.account.positions():
            self.desk.flatten(XBT)
            await eventually(lambda: not self.desk.flattening(XBT), "the end of it", 20.0)
        await self.rest()
        self.press(K.Key_Space)


Mode: TypeAlias = "Callable[[Stage], Awaitable[None]]"


async def flat(_stage: Stage) -> None: ...


async def armed(stage: Stage, *hands: str) -> None:
    stage.canvas.setFocus()
    if "keys" in hands:
        stage.press(K.Key_F4)
    if "mouse" in hands:
        stage.ladder.toggle_mouse()
        stage.hover(stage.inside[0] - 3, "bid")


async def working(stage: Stage) -> None:
    await stage.position()
    await stage.orders((Side.BUY, 2, 4), (Side.BUY, 5, 120), (Side.SELL, 3, 5), (Side.SELL, 6, 900))
    stage.canvas.setFocus()


async def staged(stage: Stage) -> None:
    await armed(stage, "keys")
    stage.press(K.Key_Down, K.Key_Down)
    stage.press(K.Key_B, held=Qt.KeyboardModifier.ShiftModifier)


async def grabbed(stage: Stage) -> None:
    await stage.orders((Side.BUY, 3, 4))
    await armed(stage, "keys")
    (order,) = stage.desk.working(stage.live.market.contract.symbol)
    assert order.price is not None
    stage.ladder.axis.place_cursor(order.price)  # the market moves, and Home with it
    stage.press(K.Key_G, K.Key_Down, K.Key_Down)
    await eventually(lambda: stage.ladder.view.is_grabbing, "an order in hand")


async def bracket(stage: Stage) -> None:
    await armed(stage, "keys")
    stage.press(K.Key_T, K.Key_Down)


async def stale(stage: Stage) -> None:
    stage.live.exchange.drop_streams()
    await eventually(lambda: stage.ladder.view.stale is not None, "an old book")
    stage.program.frame.stop()


async def held(stage: Stage) -> None:
    stage.ladder.habits = LadderHabits(hold_ms=400)
    await armed(stage, "keys")
    stage.press(K.Key_Home, K.Key_Down, K.Key_Down, K.Key_B)


async def several(stage: Stage) -> None:
    await stage.orders((Side.BUY, 3, 4), (Side.BUY, 3, 7), (Side.BUY, 3, 1))
    await stage.rest()
    stage.ladder.toggle_mouse()
    point = stage.point(stage.inside[0] - 3, "own_bid")
    QTest.mouseClick(stage.canvas, LEFT, NONE, point)


async def every_column(stage: Stage) -> None:
    stage.ladder.set_columns(tuple(replace(one, is_shown=True) for one in DEFAULT_COLUMNS))
    await stage.widen()
    await working(stage)


async def notes(stage: Stage) -> None:
    shown = {C.NOTES, C.PNL}
    stage.ladder.set_columns(
        tuple(replace(one, is_shown=one.is_shown or one.column in shown) for one in DEFAULT_COLUMNS)
    )
    await stage.position()
    stage.canvas.setFocus()
    stage.press(K.Key_N)


async def centered(stage: Stage) -> None:
    stage.ladder.set_options(replace(stage.ladder.options, centering=Centering.ALWAYS))
    await stage.orders((Side.BUY, 2, 4), (Side.SELL, 2, 4))
    await armed(stage, "mouse")
    stage.hover(stage.inside[0] - 2, "own_bid")


async def ticket(stage: Stage, how: str) -> None:
    bid, _ = stage.inside
    panel, scale = stage.program.ticket, stage.live.market.contract.scale
    panel.set_price_text(str(scale.tick_size * (bid - 20)))
    panel.set_size_text(SizeUnit.LOTS, "9999999" if how == "refused" else "25")
    await stage.rest()
    if how == "advanced":
        stage.button("ticket.advanced").setChecked(True)
    if how in {"staged", "refused"}:
        panel.stage(Side.BUY)


async def palette(stage: Stage) -> None:
    stage.canvas.setFocus()
    QTest.keyClick(stage.program.window, K.Key_K, Qt.KeyboardModifier.ControlModifier)


async def burst(stage: Stage) -> None:
    bid, ask = stage.inside
    for side, price in ((Side.BUY, ask + 30), (Side.SELL, bid - 30), (Side.BUY, ask + 30)):
        stage.desk.submit(a_ticket(side=side, price=Price(price), lots=Lots(900)))
    await stage.rest()


async def locked(stage: Stage) -> None:
    stage.live.backend.entry_lock.lock()
    await stage.rest()


async def lanes(stage: Stage) -> None:
    await armed(stage, "keys")
    bid, ask = stage.inside
    for side, price, lane in (
        (Side.BUY, ask + 20, PositionSide.LONG),
        (Side.SELL, bid - 20, PositionSide.SHORT),
        (Side.BUY, bid - 3, PositionSide.LONG),
        (Side.SELL, ask + 3, PositionSide.SHORT),
    ):
        terms = OrderTerms(position_side=lane)
        made = a_ticket(
            side=side,
            price=Price(price),
            lots=Lots(6),
            margin_mode=MarginMode.CROSS,
            terms=terms,
        )
        stage.desk.submit(made)
    await stage.rest()
    await stage.rest()


@final
class Group(NamedTuple):
    """Modes on one kind of account; what cannot be undone stands last."""

    make: Callable[[], Live]
    modes: dict[str, Mode]


def _hedged() -> Live:
    live = Live(is_calm=False)
    account = live.exchange.engine.account
    account.margin_modes[XBT] = MarginMode.CROSS.name
    account.set_hedged(is_on=True)
    return live


GROUPS = (
    Group(
        partial(Live, is_calm=False),
        {
            "flat": flat,
            "keys": lambda stage: armed(stage, "keys"),
            "mouse": lambda stage: armed(stage, "mouse"),
            "both": lambda stage: armed(stage, "keys", "mouse"),
            "working": working,
            "staged": staged,
            "grabbed": grabbed,
            "bracket": bracket,
            "held": held,
            "several": several,
            "columns": every_column,
            "notes": notes,
            "centered": centered,
            "ticket": lambda stage: ticket(stage, "filled in"),
            "ticket-staged": lambda stage: ticket(stage, "staged"),
            "ticket-refused": lambda stage: ticket(stage, "refused"),
            "ticket-advanced": lambda stage: ticket(stage, "advanced"),
            "burst": burst,
            "palette": palette,
        },
    ),
    Group(partial(Live, is_calm=False), {"locked": locked}),
    Group(partial(Live, is_calm=False), {"stale": stale}),
    Group(_hedged, {"lanes": lanes}),
    Group(lambda: Live(is_calm=False, permit=Permit(Access.WATCH_ONLY)), {"watch": flat}),
)
# Taking ------------------------------------------------------------------------------------------


async def take(given: argparse.Namespace, failed: list[str]) -> None:
    """Write a picture of each mode of a group in a palette; what failed is added to ``failed``."""
    async with an_open_program(
        live=GROUPS[given.group].make(), theme=given.palette, has_chart=True, scale=given.letters
    ) as one:
        stage = Stage(one)
        await stage.take_size(QSize(*given.size) / _ratio())
        for mode in _wanted(given):
            path = given.folder / _file(mode, given.size, given.palette)
            try:
                await stage.reset()
                await GROUPS[given.group].modes[mode](stage)
                await stage.rest()
            except AssertionError as error:
                failed.append(f"{path.stem}: {error}")
            stage.picture().save(str(path))
        sys.stdout.write(f"{given.palette} at {_name(given.size)}: {stage.rows} rows\n")


def _wanted(given: argparse.Namespace) -> list[str]:
    modes = GROUPS[given.group].modes
    return [one for one in modes if not given.modes or one in given.modes]


def _all(given: argparse.Namespace, argv: Sequence[str]) -> int:
    """A process for each palette and group: nothing of one program is left in the next."""
    worst = 0
    for group in range(len(GROUPS)):
        given.group = group
        wanted = _wanted(given)
        for palette_name in PALETTES if wanted else ():
            part = ["--palette", palette_name, "--group", str(group)]
            command = [sys.executable, "-m", "tests.support.shots", *argv, *part]
            try:
                worst = max(worst, subprocess.call(command, timeout=LONGEST_S))
            except subprocess.TimeoutExpired:
                sys.stderr.write(f"{palette_name}, {', '.join(wanted)}: no end in sight.\n")
                worst = 1
        for mode in wanted:
            files = [given.folder / _file(mode, given.size, one) for one in PALETTES]
            pictures = [QImage(str(one)) for one in files if one.is_file()]
            if pictures:
                _sheet(pictures).save(str(given.folder / f"sheet-{mode}-{_name(given.size)}.png"))
    return worst


def _name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}-{round(100 * _ratio())}"


def _file(mode: str, size: tuple[int, int], palette_name: str) -> str:
    return f"{mode}-{_name(size)}-{palette_name}.png"


def _ratio() -> float:
    screen = QGuiApplication.primaryScreen()
    return screen.devicePixelRatio()


def _sheet(pictures: Sequence[QImage]) -> QImage:
    """All palettes of a mode side by side, half as large each."""
    width, height = pictures[0].width() // 2, pictures[0].height() // 2
    across = (len(pictures) + 1) // 2
    sheet = QImage(across * width, 2 * height, QImage.Format.Format_RGB32)
    sheet.fill(0)
    painter = QPainter(sheet)
    for number, picture in enumerate(pictures):
        plain = picture.copy()
        plain.setDevicePixelRatio(1)
        down, right = divmod(number, across)
        smooth = Qt.TransformationMode.SmoothTransformation
        small = plain.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        painter.drawImage(right * width, down * height, small)
    painter.end()
    return sheet


def main(argv: Sequence[str]) -> int:
    """Take the pictures of one size; the environment says the scale."""
    parser = argparse.ArgumentParser(prog="shots", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=_pixels, default=(1366, 768), help="of the window, WxH")
    parser.add_argument("--letters", type=float, default=1.0, help="scale of the letters")
    parser.add_argument("--modes", type=_words, default=(), help="some modes only, with commas")
    parser.add_argument("--palette", default="", help=argparse.SUPPRESS)
    parser.add_argument("--group", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    if not given.palette:
        return _all(given, argv)
    Theme.register_fonts(resources() / "fonts")
    failed: list[str] = []
    try:
        run_on_qt(take(given, failed))
    except AssertionError as error:
        # How it ended is the tests' concern; the pictures have been taken.
        sys.stderr.write(f"{error}\n")
    sys.stderr.write("".join(f"Not shown as wanted: {words}\n" for words in failed))
    application.quit()
    return 1 if failed else 0


def _pixels(words: str) -> tuple[int, int]:
    width, height = words.split("x")
    return int(width), int(height)


def _words(words: str) -> tuple[str, ...]:
    return tuple(words.split(","))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main(sys.argv[1:]))
