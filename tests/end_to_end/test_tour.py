"""The assembled program as a user starts it: a process that trades in its own window."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.real_window import DEADLINE_S, environment, wait_for, xdotool

FIGURES = (
    "frame_ms_p50", "frame_ms_p95", "frame_ms_p99", "key_to_wire_ms_p50", "key_to_wire_ms_p99",
    "startup_ms",
)  # fmt: skip


def run(arguments: list[str], home: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "terminal", *arguments],
        cwd=home,
        env=environment(home, **changes),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def children_named(words: str) -> list[str]:
    """Command lines of running processes that hold these words (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if words in line:
            found.append(line)
    return found


def check_report(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text())
    assert report["ok"] is True
    assert all(step["ok"] and step["ms"] >= 0 for step in report["steps"])
    assert len(report["steps"]) >= 10
    assert report["orders_sent"] == report["exchange"]["orders"] >= 5
    assert report["fills"] == report["exchange"]["fills"] >= 2
    assert report["position_after_entry"] > 0
    assert report["position_at_end"] == report["exchange"]["position"] == 0
    assert report["exchange"]["differences"] == []
    assert report["exchange"]["book_levels"] >= 200
    assert report["exchange"]["candles"] >= 400
    # What was moved left the futures account and is in the main one.
    assert report["exchange"]["funds"]["main"] != "0 USDT"
    assert report["feed_messages"] > 100
    assert report["frames"] > 10
    assert all(report[name] > 0 for name in FIGURES)
    assert report["faults"] == []
    return report


def test_without_a_display_the_tour_runs_offscreen_and_leaves_a_picture(tmp_path: Path) -> None:
    picture, report = tmp_path / "tour.png", tmp_path / "tour.json"
    done = run(
        [
            "demo",
            "--seed",
            "4242",
            "--tour",
            "--seconds",
            "4",
            "--screenshot",
            str(picture),
            "--report",
            str(report),
        ],
        tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check_report(report)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    assert "Traceback" not in done.stderr
    if sys.platform == "linux":
        assert not children_named("--seed 4242"), "a child was left"
    log = (tmp_path / "logs" / "tern.log").read_text()
    assert "ERROR" not in log
    assert "secret" not in log


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_demo_without_a_display_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "terminal", "demo"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("There is no display: running the tour offscreen instead")
    assert (tmp_path / "tern-tour.png").is_file()


def test_a_damaged_settings_file_is_kept_aside_and_the_program_starts(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "settings.json").write_text("{ this is no json")
    report = tmp_path / "tour.json"
    done = run(["demo", "--tour", "--seconds", "1", "--report", str(report)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(config.glob("settings.json.damaged-*"))
    check_report(report)


def test_a_picture_that_cannot_be_saved_fails_the_tour(tmp_path: Path) -> None:
    folder = tmp_path / "picture.png"
    folder.mkdir()
    done = run(["demo", "--tour", "--seconds", "1", "--screenshot", str(folder)], tmp_path)
    assert done.returncode == 1
    assert "could not be saved" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no polite kill")
def test_a_tour_that_is_ended_has_not_passed(tmp_path: Path) -> None:
    """Ended in the middle: in order, without an error in the log, and not as if all went well."""
    running = subprocess.Popen(
        [sys.executable, "-m", "terminal", "demo", "--tour", "--seconds", "60"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "logs" / "tern.log"
    wait_for(lambda: log.exists() and "Canceled" in log.read_text(), "a tour that trades")
    running.terminate()
    output, errors = running.communicate(timeout=DEADLINE_S)
    assert running.returncode == 1, output + errors
    assert "Traceback" not in errors
    assert "ERROR" not in log.read_text()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_questions_are_answered_without_a_window(arguments: list[str], tmp_path: Path) -> None:
    done = run(arguments, tmp_path)
    assert done.returncode == 0
    assert "tern" in done.stdout.lower()


def test_the_tour_in_a_real_window(x_server: str, tmp_path: Path) -> None:
    report, picture = tmp_path / "tour.json", tmp_path / "tour.png"
    done = run(
        ["demo", "--tour", "--seconds", "3", "--report", str(report), "--screenshot", str(picture)],
        tmp_path,
        DISPLAY=x_server,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check_report(report)


def hold_a_key(display: str, log: Path) -> None:
    """A key held down for a second of auto-repeat sends one order."""
    # Far away, so that the market does not meet it.
    xdotool(display, "key", "F4", "Home", *["Next"] * 40, "1")
    sent = 0

    def taken() -> bool:
        # Run at eight o'clock, the order comes amid a settlement of funding and is refused.
        nonlocal sent
        refused = log.read_text().count("Rejected: Settlement is in progress")
        if refused == sent:
            sent += 1
            xdotool(display, "keydown", "b")
            threading.Event().wait(1.5)
            xdotool(display, "keyup", "b")
        return log.read_text().count("Rejected: Settlement is in progress") < sent

    wait_for(taken, "an order that is not refused for a settlement")

    def canceled() -> int:
        xdotool(display, "key", "ctrl+Delete")
        return log.read_text().count("Canceled buy")

    wait_for(canceled, "the order's cancel")
    threading.Event().wait(0.5)
    assert canceled() == 1
    xdotool(display, "key", "F4")


def test_real_keys_from_the_system_and_a_polite_end(x_server: str, tmp_path: Path) -> None:
    """Shift+2 arrives as an at sign under X11; the window closes by the manager's wish."""
    program = subprocess.Popen(
        [sys.executable, "-m", "terminal", "demo", "--seed", "4243"],
        cwd=tmp_path,
        env=environment(tmp_path, DISPLAY=x_server),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    settings = tmp_path / "config" / "settings.json"
    try:
        wait_for(
            lambda: xdotool(x_server, "search", "--onlyvisible", "--name", "Simulated").strip(),
            "the window",
        )
        wait_for(lambda: children_named("--seed 4243"), "the exchange")

        def stored() -> list[int]:
            # Size 5 is 100; stored as number 2 it is in the file.
            xdotool(x_server, "key", "5")
            xdotool(x_server, "key", "shift+2")
            if not settings.is_file():
                return []
            sizes: list[int] = json.loads(settings.read_text())["sizes"]
            return sizes

        wait_for(lambda: stored() == [1, 100, 10, 25, 100], "the stored size")
        hold_a_key(x_server, tmp_path / "logs" / "tern.log")
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=DEADLINE_S)
        assert program.returncode == 0
        assert "Traceback" not in errors
        assert not children_named("demo --seed 4243")
        assert not children_named("simexchange --port 0 --seed 4243")
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20, 26))
def test_long_tours_of_many_markets_agree_with_the_exchange(tmp_path: Path, seed: int) -> None:
    report = tmp_path / "tour.json"
    arguments = ["demo", "--seed", str(seed), "--tour", "--seconds", "45", "--report", str(report)]
    done = run(arguments, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert check_report(report)["book_resyncs"] == 0
