"""Qt is tried in a child process; its steps become findings, also when it dies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from terminal.app.doctor import qt_probe
from terminal.app.doctor.qt_probe import DOCKING_VERSION, QT_VERSION, explained, probe
from terminal.exchange.findings import Finding, Verdict
from tests.support.deadlines import STRETCH

if TYPE_CHECKING:
    from pathlib import Path

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
STEPS: dict[str, dict[str, Any]] = {
    "libraries": {"missing": []},
    "binding": {"version": QT_VERSION},
    "docking": {"version": DOCKING_VERSION},
    "platform": {"name": "xcb"},
}


def verdicts(found: tuple[Finding, ...]) -> list[Verdict]:
    assert [one.check.name for one in found] == [
        "system_libraries",
        "qt_binding",
        "docking_library",
        "qt_platform",
    ]
    return [one.verdict for one in found]


def until(step: str) -> dict[str, dict[str, Any]]:
    """The steps before this one."""
    names = list(STEPS)
    return {name: STEPS[name] for name in names[: names.index(step)]}


@pytest.mark.parametrize(
    ("steps", "is_shown", "wanted"),
    [
        (STEPS, True, [OK, OK, OK, OK]),
        (STEPS, False, [OK, OK, OK, WARNING]),
        (until("platform"), True, [OK, OK, OK, FAILED]),
        (until("docking"), True, [OK, OK, FAILED, SKIPPED]),
        (until("binding"), True, [OK, FAILED, SKIPPED, SKIPPED]),
        ({}, True, [FAILED, FAILED, SKIPPED, SKIPPED]),
        ({**STEPS, "binding": {"version": "6.12.0"}}, True, [OK, WARNING, OK, OK]),
        ({**STEPS, "docking": {"version": None}}, True, [OK, OK, OK, OK]),
    ],
)
def test_the_last_step_tells_what_is_wrong(
    steps: dict[str, dict[str, Any]], is_shown: bool, wanted: list[Verdict]
) -> None:
    """What comes after the one that failed was not tried."""
    found = explained(steps, "ImportError: libEGL.so.1", is_shown=is_shown)
    assert verdicts(found) == wanted
    broken = [one for one in found if one.verdict is FAILED]
    assert all("libEGL.so.1" in one.sentence and one.stops_trading for one in broken)


def test_missing_packages_are_named_for_installing() -> None:
    steps = {**until("binding"), "libraries": {"missing": ["libegl1", "libxcb-cursor0"]}}
    (libraries, *_) = explained(steps, "", is_shown=True)
    assert libraries.stops_trading
    assert libraries.remedy == "Install them: libegl1 libxcb-cursor0."
    assert libraries.figures["missing_packages"] == "libegl1 libxcb-cursor0"


def test_the_complaint_of_qt_is_found_among_others() -> None:
    words = qt_probe._last_words(
        "qt.qpa.xcb: could not connect to display :77\nqt.qpa.plugin: more\nAborted\n"
    )
    assert words == "qt.qpa.xcb: could not connect to display :77"
    assert qt_probe._last_words("Traceback\n  File x\nImportError: libEGL.so.1\n").startswith("Imp")
    assert qt_probe._last_words("\n") == ""


def test_lines_that_broke_off_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    assert qt_probe._steps(file) == {}
    file.write_text('{"step": "libraries", "missing": []}\n{"step": "bin')
    assert list(qt_probe._steps(file)) == ["libraries"]


async def test_a_platform_that_aborts_takes_only_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that is not there ends the process that asked for it."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    found = await probe(60 * STRETCH)
    assert verdicts(found)[1:] == [OK, OK, FAILED]
    assert "nonsense" in found[3].sentence


async def test_a_child_that_hangs_or_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await probe(0.001)
    assert "did not end within" in found[0].sentence
    monkeypatch.setattr(qt_probe, "program", lambda: ("/no/such/program", []))
    found = await probe()
    assert "could not be started" in found[0].sentence
