"""Tries Qt in a child process: a platform that cannot be loaded ends the process that loads it.

The child writes a line after each step, so that its parent knows which one was its last.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal.app.display import OFFSCREEN, has_display, missing_packages
from terminal.app.doctor.machine import program, version_of
from terminal.exchange.findings import Check, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QT_VERSION = "6.11.2"
DOCKING_VERSION = "5.1.1"
DOCKING_DISTRIBUTION = "PySide6-QtAds"
"""As pinned in ``pyproject.toml``; a frozen program does not know its docking library's."""
DEADLINE_S = 15.0

LIBRARIES = Check("system_libraries", "System libraries", ("missing_packages",), is_vital=True)
BINDING = Check(
    "qt_binding", "Qt for Python", ("pyside6_version",), "pyside6_version", is_vital=True
)
DOCKING = Check(
    "docking_library", "Docking library", ("docking_version",), "docking_version", is_vital=True
)
PLATFORM = Check(
    "qt_platform", "Display", ("platform_plugin", "has_display"), "platform_plugin", is_vital=True
)

_REINSTALL = "Install Tern again, with what it needs."


# The parent ------------------------------------------------------------------------------------


async def probe(deadline_s: float = DEADLINE_S) -> tuple[Finding, ...]:
    """Start the child, read what it wrote, and make findings of it. Never raises by itself."""
    with tempfile.TemporaryDirectory(prefix="tern-doctor-") as folder:
        file = Path(folder) / "steps"
        name, arguments = program()
        said = await _child([name, *arguments, "doctor", "--probe-qt", str(file)], deadline_s)
        steps = _steps(file)
    return explained(steps, said, is_shown=has_display())


async def _child(command: Sequence[str], deadline_s: float) -> str:
    """Run the child to its end; returns what it complained of, or why it did not end."""
    environment = dict(os.environ)
    if not has_display():
        environment["QT_QPA_PLATFORM"] = OFFSCREEN
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        return f"It could not be started ({type(error).__name__})."
    try:
        async with asyncio.timeout(deadline_s):
            _, complaint = await process.communicate()
    except TimeoutError:
        return f"It did not end within {deadline_s:g} s."
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _last_words(complaint.decode(errors="replace"))


def _last_words(text: str) -> str:
    """The last line of Python's or the first of Qt's complaint."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    words = next((line for line in lines if "qt.qpa" in line or "display" in line), lines[-1])
    return words[:200]


def _steps(file: Path) -> dict[str, dict[str, Any]]:
    """What the child wrote, by step; a line that broke off is left out."""
    found: dict[str, dict[str, Any]] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return found
    for line in lines:
        with suppress(ValueError):
            step = json.loads(line)
            if isinstance(step, dict):
                found[str(step.get("step"))] = step
    return found


def explained(
    steps: Mapping[str, Mapping[str, Any]], said: str, *, is_shown: bool
) -> tuple[Finding, ...]:
    """Findings of the steps that the child took; ``said`` is what it complained of."""
    why = f" {said}".rstrip() if said.endswith(".") else f" ({said})" if said else ""
    return (
        _libraries(steps.get("libraries"), why),
        _binding(steps.get("binding"), why),
        _docking(steps, why),
        _platform(steps, why, is_shown=is_shown),
    )


def _libraries(step: Mapping[str, Any] | None, why: str) -> Finding:
    if step is None:
        return LIBRARIES.failed(f"The child process that tries Qt did not begin.{why}", _REINSTALL)
    missing = [str(package) for package in step.get("missing", ())]
    figures = {"missing_packages": " ".join(missing)}
    if missing:
        words = "Qt needs system packages that this machine lacks."
        return LIBRARIES.failed(words, f"Install them: {' '.join(missing)}.", figures)
    return LIBRARIES.ok("Qt finds what it needs of the system.", figures=figures)


def _binding(step: Mapping[str, Any] | None, why: str) -> Finding:
    if step is None:
        return BINDING.failed(f"Qt for Python cannot be loaded.{why}", _REINSTALL)
    return _pinned(BINDING, "Qt for Python", step, QT_VERSION)


def _docking(steps: Mapping[str, Mapping[str, Any]], why: str) -> Finding:
    step = steps.get("docking")
    if "binding" not in steps:
        return DOCKING.skipped("It needs Qt for Python.")
    if step is None:
        return DOCKING.failed(f"The docking library cannot be loaded.{why}", _REINSTALL)
    return _pinned(DOCKING, "The docking library", step, DOCKING_VERSION)


def _pinned(check: Check, what: str, step: Mapping[str, Any], pinned: str) -> Finding:
    version = str(step.get("version") or "")
    figures = {check.shown: version or None}
    if version and version != pinned:
        words = f"{what} is of version {version}; Tern was made for {pinned}."
        return check.warning(words, _REINSTALL, figures)
    return check.ok(f"{what} can be loaded.", figures=figures)


def _platform(steps: Mapping[str, Mapping[str, Any]], why: str, *, is_shown: bool) -> Finding:
    step = steps.get("platform")
    figures = {
        "platform_plugin": None if step is None else str(step.get("name")),
        "has_display": is_shown,
    }
    if "docking" not in steps:
        return PLATFORM.skipped("It was not tried: Qt is not complete.", figures=figures)
    if step is None:
        return PLATFORM.failed(
            f"Qt cannot open a window here.{why}",
            "Look at DISPLAY, WAYLAND_DISPLAY and QT_QPA_PLATFORM.",
            figures,
        )
    if not is_shown:
        return PLATFORM.warning(
            "There is no display here: only the tour runs, offscreen.",
            "Start Tern in a desktop session.",
            figures,
        )
    return PLATFORM.ok("Qt can open windows.", figures=figures)


# The child -------------------------------------------------------------------------------------


def run(file: Path) -> int:
    """Take the steps one by one. May end the process: that is what it is for."""

    def tell(step: str, **more: object) -> None:
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"step": step, **more}) + "\n")

    tell("libraries", missing=missing_packages(window=has_display()))
    import PySide6
    from PySide6 import QtWidgets

    tell("binding", version=PySide6.__version__)
    import terminal.widgets.dock  # noqa: F401 - loads the docking library, which only it knows

    tell("docking", version=version_of(DOCKING_DISTRIBUTION))
    application = QtWidgets.QApplication(["tern"])
    tell("platform", name=application.platformName())
    return 0
