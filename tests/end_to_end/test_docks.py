"""Docks in a real window: torn off by the mouse, traded by the keyboard, back after a restart."""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.real_window import DEADLINE_S, environment, wait_for, xdotool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def windows(display: str, name: str) -> list[str]:
    return xdotool(display, "search", "--onlyvisible", "--name", name).split()


def place(display: str, window: str) -> tuple[int, int, int, int]:
    """Left, top, width and height."""
    words = xdotool(display, "getwindowgeometry", "--shell", window)
    values = dict(line.split("=") for line in words.split())
    x, y, width, height = (int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))
    return x, y, width, height


@contextlib.contextmanager
def running(display: str, home: Path) -> Iterator[str]:
    """The program from its first live frame to its polite end; the main window's number."""
    program = subprocess.Popen(
        [sys.executable, "-m", "terminal", "demo", "--seed", "4244"],
        cwd=home,
        env=environment(home, DISPLAY=display),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = home / "logs" / "tern.log"
    already = log.read_text().count("market stream is connected") if log.is_file() else 0
    try:
        wait_for(lambda: windows(display, "Simulated"), "the window")
        wait_for(
            lambda: log.read_text().count("market stream is connected") > already, "the market"
        )
        yield windows(display, "Simulated")[0]
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=DEADLINE_S)
        assert program.returncode == 0
        assert "Traceback" not in errors
        assert "ERROR" not in log.read_text()
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()


def test_a_torn_off_ladder_trades_and_comes_back_after_a_restart(
    x_server: str, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "tern.log"
    with running(x_server, tmp_path) as main:
        looks = itertools.count()

        def torn_off() -> list[str]:
            # The ladder's tab is below the menu bar, at the left. Another tab is there when the
            # ladder has left: before a second try there is time for its window to show.
            if next(looks) % 60 == 0:
                xdotool(x_server, "mousemove", "--window", main, "70", "33")
                xdotool(x_server, "click", "--repeat", "2", "--delay", "60", "1")
            return windows(x_server, "^Ladder")

        wait_for(torn_off, "the ladder's own window")
        (ladder,) = windows(x_server, "^Ladder")
        xdotool(x_server, "windowactivate", "--sync", ladder)
        xdotool(x_server, "mousemove", "--window", ladder, "200", "400", "click", "1")

        def bought() -> bool:
            xdotool(x_server, "key", "w")
            return "Bought 1" in log.read_text()

        xdotool(x_server, "key", "F4")
        wait_for(bought, "the fill")
        xdotool(x_server, "key", "F1")
        wait_for(lambda: windows(x_server, "Keys of the ladder"), "the map of keys")
        fills = log.read_text().count("Sold 1")
        xdotool(x_server, "key", "Escape")
        wait_for(lambda: not windows(x_server, "Keys of the ladder"), "its end")

        def sold() -> bool:
            """The keys are the ladder's again."""
            xdotool(x_server, "key", "z")
            return log.read_text().count("Sold 1") > fills

        wait_for(sold, "the second fill")
        before = place(x_server, ladder)
    stored = json.loads((tmp_path / "config" / "layouts" / "default.json").read_text())
    assert stored["docks"].count('Floating="1"') == 1
    with running(x_server, tmp_path):
        wait_for(lambda: windows(x_server, "^Ladder"), "the ladder's own window again")
        (ladder,) = windows(x_server, "^Ladder")

        def is_back() -> bool:
            after = place(x_server, ladder)
            # A window manager that is late with its frame puts the window a title bar higher.
            far = (8, 24, 2, 2)
            apart = (abs(one - other) for one, other in zip(before, after, strict=True))
            return all(one <= most for one, most in zip(apart, far, strict=True))

        wait_for(is_back, "its old place")


def test_a_window_on_a_monitor_that_is_gone_comes_back(x_server: str, tmp_path: Path) -> None:
    """Stored far to the right, as on a second monitor; whole on the only one after the start."""
    with running(x_server, tmp_path):
        pass
    path = tmp_path / "config" / "layouts" / "default.json"
    state = far_to_the_right(json.loads(path.read_text())["docks"])
    store(path, state)
    with running(x_server, tmp_path):
        wait_for(lambda: windows(x_server, "^Ladder"), "the ladder's own window")
        (ladder,) = windows(x_server, "^Ladder")

        def is_whole() -> bool:
            x, y, width, height = place(x_server, ladder)
            return x >= 0 and y >= 0 and x + width <= 1366 and y + height <= 768

        wait_for(is_whole, "the window on the screen")


def far_to_the_right(docks: str) -> str:
    """The same state with the ladder torn off at 3000, 200."""
    from PySide6.QtWidgets import QApplication, QWidget

    application = QApplication.instance() or QApplication([])
    window = QWidget()
    window.setGeometry(3000, 200, 420, 600)
    geometry = bytes(window.saveGeometry().data()).hex(" ")
    window.deleteLater()
    assert application is not None
    area = docks[docks.index("<Area") : docks.index("</Area>") + len("</Area>")]
    assert '"ladder"' in area
    closed = area.replace("ladder", "gone")
    return (
        docks.replace(area, closed)
        .replace('Containers="1"', 'Containers="2"')
        .replace(
            "</QtAdvancedDockingSystem>",
            f'<Container Floating="1"><Geometry>{geometry}</Geometry>'
            f'<Splitter Orientation="|" Count="1">{area}<Sizes>400</Sizes></Splitter></Container>'
            "</QtAdvancedDockingSystem>",
        )
    )


def store(path: Path, docks: str) -> None:
    from terminal.storage.layouts import Layout, LayoutStore
    from tests.support.fake_clock import FakeClock

    geometry = json.loads(path.read_text())["geometry"]
    LayoutStore(path.parent.parent, FakeClock()).save("default", Layout(geometry, docks))
