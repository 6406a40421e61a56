"""What goes into the frozen program and what stays out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.scripts import load

contents = load("contents")
ROOT = Path(__file__).parent.parent.parent
NAMES = st.sampled_from("abcdefgh")


@pytest.mark.parametrize(
    "path",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6\\plugins\\styles\\qmodernwindowsstyle.dll",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/iconengines/libqsvgicon.so",
        "PySide6/Qt/lib/libQt6Gui.so.6",
        "PySide6QtAds/PySide6QtAds.so",
        "keyring/backends/SecretService.py",
        "certifi/cacert.pem",
        "pyqtgraph/colors/maps/viridis.csv",
        "resources/fonts/Inter-Regular.otf",
    ],
)
def test_what_the_program_needs_stays(path: str) -> None:
    assert contents.is_wanted(path)


@pytest.mark.parametrize(
    "path",
    [
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/plugins/tls/qopensslbackend.dll",
        "PySide6\\translations\\qtbase_de.qm",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/opengl32sw.dll",
        "numpy/tests/test_x.py",
        "numpy/_core/tests/data/x.csv",
        "pyqtgraph/examples/x.png",
        "a/__pycache__/b.pyc",
        "shiboken6/Shiboken.pyi",
    ],
)
def test_what_it_does_without_stays_out(path: str) -> None:
    assert not contents.is_wanted(path)


def test_nothing_that_stays_out_is_asked_for() -> None:
    """Every module of ours, and what comes late, with a plot shown, where the excluded is gone."""
    ours = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "terminal").rglob("*.py")
        if path.name not in {"__init__.py", "__main__.py"}
    )
    code = f"""
import importlib, sys
class Refusal:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if any(name == gone or name.startswith(gone + ".") for gone in {contents.EXCLUDED!r}):
            raise ModuleNotFoundError(name + " stays out")
sys.meta_path.insert(0, Refusal)
for name in {[*contents.LATE_IMPORTS, *ours]!r}:
    importlib.import_module(name)
from PySide6.QtWidgets import QApplication
application = QApplication([])
import pyqtgraph
widget = pyqtgraph.PlotWidget()
widget.plot([1.0, 2.0, 1.5])
widget.show()
assert not widget.grab().isNull()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_what_must_be_inside_and_is_not_is_named() -> None:
    pure = {"keyring", "numpy", "pyqtgraph", "terminal.simexchange.__main__", "jeepney"}
    pure |= {"secretstorage", "keyring.backends.SecretService"}
    compiled = ["PySide6/QtOpenGL.abi3.so", "PySide6\\QtOpenGLWidgets.pyd"]
    assert contents.absent("linux", pure, compiled) == []
    assert contents.absent("linux", pure - {"jeepney"}, compiled[:1]) == [
        "PySide6.QtOpenGLWidgets",
        "jeepney",
    ]


def test_libraries_that_came_for_dropped_files_alone_leave_with_them() -> None:
    needs = {"plugin": {"qml", "core"}, "program": {"core"}, "qml": {"net"}, "net": {"core"}}
    assert contents.orphans({"plugin"}, {"program", "core", "qml", "net"}, needs) == {"qml", "net"}


def test_a_library_that_is_also_needed_stays_with_all_that_it_needs() -> None:
    needs = {"plugin": {"qml"}, "program": {"qml"}, "qml": {"net"}}
    assert contents.orphans({"plugin"}, {"program", "qml", "net"}, needs) == set()


@given(st.dictionaries(NAMES, st.frozensets(NAMES)), st.frozensets(NAMES))
def test_nothing_that_stays_misses_a_library(
    needs: dict[str, frozenset[str]], dropped: frozenset[str]
) -> None:
    """Whatever the graph: what a kept file loads is kept, unless it was itself unwanted."""
    kept = set("abcdefgh") - dropped
    lost = contents.orphans(dropped, kept, needs)
    left = kept - lost
    for name in left:
        assert not set(needs.get(name, ())) & lost
    assert not lost & dropped


def test_the_version_is_the_packages_own(tmp_path: Path) -> None:
    import terminal

    assert contents.version_of(ROOT / "terminal" / "__init__.py") == terminal.__version__
    empty = tmp_path / "empty.py"
    empty.write_text("")
    with pytest.raises(ValueError, match="states no version"):
        contents.version_of(empty)


@pytest.mark.parametrize(
    ("version", "numbers"), [("0.1.0", (0, 1, 0, 0)), ("2.11", (2, 11, 0, 0)), ("1.2.3rc4", None)]
)
def test_the_windows_version_can_be_read(version: str, numbers: tuple[int, ...] | None) -> None:
    def keep(**fields: Any) -> SimpleNamespace:
        return SimpleNamespace(**fields)

    def table(*fields: Any) -> tuple[Any, ...]:
        return fields

    names = {
        "VSVersionInfo": keep, "FixedFileInfo": keep, "StringFileInfo": table,
        "StringTable": table, "StringStruct": table, "VarFileInfo": table, "VarStruct": table,
    }  # fmt: skip
    found = eval(contents.windows_version(version), names)  # noqa: S307 - our own text
    assert found.ffi.filevers == (numbers or (1, 2, 3, 4))
    strings = dict(found.kids[0][0][0][1])
    assert strings["ProductVersion"] == version
    assert strings["OriginalFilename"] == "tern.exe"
    assert "unofficial" in strings["FileDescription"]
