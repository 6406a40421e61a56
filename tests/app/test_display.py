"""What Qt needs of the machine."""

from __future__ import annotations

import pytest

from terminal.app import display
from terminal.app.display import FONT_PACKAGE, has_display, missing_packages


@pytest.mark.parametrize(
    ("environment", "system", "answer"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "linux", False),
        ({"QT_QPA_PLATFORM": "xcb"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_displays(environment: dict[str, str], system: str, *, answer: bool) -> None:
    assert has_display(environment, system) is answer


def test_missing_libraries_are_named_by_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "ALWAYS", (("libnosuch.so.9", "nosuch9"),))
    monkeypatch.setattr(display, "FOR_X11", (("libneither.so.1", "neither1"),))
    assert missing_packages(window=False)[0] == "nosuch9"
    assert missing_packages(window=True)[:2] == ("nosuch9", "neither1")
    assert missing_packages(window=True, system="darwin") == ()


def test_a_machine_without_fonts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "ALWAYS", ())
    monkeypatch.setattr(display, "FONT_FOLDERS", ("/no/such/folder",))
    assert missing_packages(window=False, system="linux") == (FONT_PACKAGE,)
