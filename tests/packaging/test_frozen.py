"""The frozen program itself, moved away from where it was built. Needs ``dev.py build`` before.

Runs when ``TERN_TEST_FROZEN`` is set, or with ``--nightly`` where a build lies in ``dist/``. What
only concerns the exchange as a child process is tried from the checkout, too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.deadlines import STRETCH
from tests.support.scripts import load

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
BUILT = ROOT / "dist" / "tern"
DEADLINE_S = 60 * STRETCH
freezing = load("freezing")


@pytest.fixture(scope="module")
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in a folder of another name, with a blank and a letter beyond ASCII in it."""
    there = freezing.program_of(BUILT).is_file()
    if os.environ.get("TERN_TEST_FROZEN"):
        assert there, "packaging/dev.py build must have run"
    elif not (there and request.config.getoption("--nightly")):
        pytest.skip("needs TERN_TEST_FROZEN, and packaging/dev.py build before")
    source = freezing.program_of(BUILT)
    folder = BUILT if sys.platform != "darwin" else source.parents[2]
    target = tmp_path_factory.mktemp("moved") / "Programs of Zoë" / folder.name
    shutil.copytree(folder, target, symlinks=True)
    program = target / source.relative_to(folder)
    assert isinstance(program, Path)
    return program


def environment(home: Path) -> dict[str, str]:
    known: dict[str, str] = freezing.clean_environment(home)
    known.pop("DISPLAY", None)
    return {**known, "QT_QPA_PLATFORM": "offscreen"}


def run(program: Path, arguments: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_it_knows_its_version(moved: Path, tmp_path: Path) -> None:
    from terminal import __version__

    done = run(moved, ["--version"], tmp_path)
    assert (done.returncode, done.stdout) == (0, f"tern {__version__}\n")


def test_its_tour_agrees_with_the_exchange_inside_it(moved: Path, tmp_path: Path) -> None:
    report, picture = tmp_path / "tour.json", tmp_path / "tour.png"
    arguments = ["demo", "--tour", "--seconds", "2", "--report", str(report)]
    done = run(moved, [*arguments, "--screenshot", str(picture)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(report.read_text())
    assert seen["ok"] is True
    assert seen["exchange"]["differences"] == []
    assert seen["orders_sent"] == seen["exchange"]["orders"] > 5
    assert picture.stat().st_size > 20_000
    assert "ERROR" not in (tmp_path / "logs" / "tern.log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_works_without_any_standard_stream(moved: Path, tmp_path: Path) -> None:
    report = tmp_path / "tour.json"
    command = f'exec "{moved}" demo --tour --seconds 1 --report "{report}" <&- >&- 2>&-'
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=environment(tmp_path),
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(report.read_text())["ok"] is True


def test_nothing_of_the_checkout_and_of_the_tests_is_inside(moved: Path) -> None:
    names = {path.name.lower() for path in moved.parent.rglob("*")}
    for word in ("qtwebengine", "libqt6quick", "hypothesis", "pytest", "pyinstaller"):
        assert not any(word in name for name in names), word
    links = [path for path in moved.parent.rglob("*") if path.is_symlink()]
    assert all(link.exists() for link in links), "links that lead nowhere"
    assert not any(link.readlink().is_absolute() for link in links)


# The exchange as a child process ------------------------------------------------------------------


@pytest.fixture(params=["checkout", "frozen"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """How to start Tern: from the checkout, and the frozen program."""
    if request.param == "checkout":
        return [sys.executable, "-m", "terminal"]
    return [str(request.getfixturevalue("moved"))]


def start_exchange(command: list[str], tmp_path: Path, **more: Any) -> subprocess.Popen[str]:
    known = environment(tmp_path)
    if command[0] == sys.executable:
        known["PYTHONPATH"] = str(ROOT)
    return subprocess.Popen(
        [*command, "simexchange"],
        cwd=tmp_path,
        env=known,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        threading.Event().wait(0.05)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def children_of(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in path.read_text().split()]


def test_the_exchange_ends_with_its_input(command: list[str], tmp_path: Path) -> None:
    with start_exchange(command, tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert "rest" in json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_exchange_never_loads_qt(command: list[str], tmp_path: Path) -> None:
    with start_exchange(command, tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline()
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        process.stdin.close()
    assert "libpython" in maps or "python" in maps
    assert "libQt6" not in maps


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_exchange_is_gone_when_the_program_was_killed(
    command: list[str], tmp_path: Path
) -> None:
    """Killed outright, the program can tell nobody; the child sees it by itself."""
    known = environment(tmp_path)
    if command[0] == sys.executable:
        known["PYTHONPATH"] = str(ROOT)
    program = subprocess.Popen(
        [*command, "demo", "--tour", "--seconds", "60"],
        cwd=tmp_path,
        env=known,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: children_of(program.pid), "the exchange")
        (child,) = children_of(program.pid)
        own = Path(f"/proc/{program.pid}/exe").readlink()
        # Just born it still is the parent's copy, whose program is the same.
        line = Path(f"/proc/{child}/cmdline")
        wait_for(lambda: b"simexchange" in line.read_bytes(), "the exchange's own command")
        assert Path(f"/proc/{child}/exe").readlink() == own
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()
    wait_for(lambda: not is_running(child), "the exchange's end")
