"""Trying and weighing a program; the programs here are small stand-ins."""

from __future__ import annotations

import configparser
import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.scripts import load

freezing = load("freezing")
ROOT = Path(__file__).parent.parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("tern", "the program and all Python code"),
        ("tern.exe", "the program and all Python code"),
        ("_internal/libpython3.11.so.1.0", "Python"),
        ("_internal/python311.dll", "Python"),
        ("_internal/_ssl.pyd", "Python"),
        ("_internal/base_library.zip", "Python"),
        ("_internal/python3.11/lib-dynload/_ssl.so", "Python"),
        ("_internal/PySide6/Qt/lib/libQt6Gui.so.6", "Qt"),
        ("_internal/PySide6/Qt6Gui.dll", "Qt"),
        ("_internal/PySide6/Qt/lib/libicudata.so.73", "ICU, for Qt"),
        ("_internal/PySide6/plugins/platforms/qwindows.dll", "Qt's plugins"),
        ("_internal/PySide6/QtGui.abi3.so", "PySide6"),
        ("_internal/PySide6QtAds/PySide6QtAds.so", "PySide6QtAds"),
        ("_internal/numpy.libs/libopenblas.so", "numpy"),
        ("_internal/numpy/_core/_multiarray_umath.so", "numpy"),
        ("_internal/keyring-25.7.0.dist-info/METADATA", "keyring"),
        ("_internal/libxcb-cursor.so.0", "libraries of the system"),
        ("_internal/resources/fonts/Inter-Regular.otf", "resources"),
        ("_internal/README", "other files"),
        ("share/applications/tern.desktop", "other files"),
    ],
)
def test_every_file_belongs_to_a_part(path: str, part: str) -> None:
    assert freezing.part_of(path) == part


def test_a_weight_adds_up_and_links_weigh_nothing(tmp_path: Path) -> None:
    inside = tmp_path / "_internal"
    (inside / "numpy").mkdir(parents=True)
    (tmp_path / "tern").write_bytes(b"x" * 10)
    (inside / "numpy" / "a.so").write_bytes(b"x" * 3000)
    (inside / "liba.so").write_bytes(b"x" * 200)
    if os.name == "posix":
        (inside / "libb.so").symlink_to("liba.so")
    weight = freezing.weigh(tmp_path)
    assert weight["bytes"] == sum(part["bytes"] for part in weight["parts"]) == 3210
    assert weight["files"] == 3
    assert [part["name"] for part in weight["parts"]][:2] == ["numpy", "libraries of the system"]
    assert len(list(freezing.lines(weight))) == 4


def stand_in(tmp_path: Path, script: str) -> Path:
    program = tmp_path / "stand-in"
    program.write_text(f"#!{sys.executable}\nimport json, os, sys\n{script}\n")
    program.chmod(0o755)
    return program


REPORT = "open(sys.argv[sys.argv.index('--report') + 1], 'w').write"


@posix
def test_a_tour_runs_in_a_clean_home_without_our_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    program = stand_in(
        tmp_path,
        f"{REPORT}(json.dumps(dict(ok=True, cwd=os.getcwd(), environment=dict(os.environ))))",
    )
    seen = freezing.tour(program)
    assert "PYTHONPATH" not in seen["environment"]
    home = seen["environment"]["TERN_HOME"]
    assert Path(seen["cwd"]).name == Path(home).name
    assert not Path(home).exists(), "it is taken away afterwards"


@posix
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(3)", "failed with code 3"),
        ("pass", "no report that can be read"),
        (f"{REPORT}('nonsense')", "no report that can be read"),
        (f"{REPORT}(json.dumps(dict(ok=False)))", "says that it failed"),
    ],
)
def test_a_tour_that_fails_fails_the_build(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(freezing.FreezeError, match=words):
        freezing.tour(stand_in(tmp_path, script))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(freezing.FreezeError, match="could not be started"):
        freezing.tour(tmp_path / "none")


@posix
def test_a_tour_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "TOUR_DEADLINE_S", 0.3)
    with pytest.raises(freezing.FreezeError, match="did not end"):
        freezing.tour(stand_in(tmp_path, "import threading; threading.Event().wait(60)"))


@posix
def test_a_build_that_fails_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(freezing.FreezeError, match="could not make the program"):
        freezing.make(stand_in(tmp_path, "sys.exit(1)"), tmp_path)


@posix
def test_a_build_tells_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by a stand-in for PyInstaller that lays down one file."""
    maker = stand_in(
        tmp_path,
        "os.makedirs('dist/tern'); open('dist/tern/tern', 'w').write('x' * 7)",
    )
    monkeypatch.setattr(freezing, "strip", lambda folder: None)
    monkeypatch.setattr(freezing, "add_menu_entry", lambda root, folder: None)
    said: list[str] = []
    figures = json.loads(json.dumps(freezing.build(maker, tmp_path, True, said.append)))
    assert figures["size"]["bytes"] == 7
    assert "tour" not in figures
    assert "== size" in said


def test_the_menu_entry_of_linux_starts_the_program_with_its_icon(tmp_path: Path) -> None:
    freezing.add_menu_entry(ROOT, tmp_path)
    entry = configparser.RawConfigParser()
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(tmp_path / "share" / "applications" / "tern.desktop", encoding="utf-8")
    said = entry["Desktop Entry"]
    assert (said["Type"], said["Exec"], said["Name"]) == ("Application", "tern", "Tern")
    icon = tmp_path / "share" / "icons" / "hicolor" / "scalable" / "apps" / f"{said['Icon']}.svg"
    assert icon.is_file()
    assert "unofficial" in said["Comment"]


def test_where_a_user_finds_the_program() -> None:
    folder = Path("dist") / "tern"
    assert freezing.program_of(folder, "linux") == folder / "tern"
    assert freezing.program_of(folder, "win32") == folder / "tern.exe"
    bundle = Path("dist") / "Tern.app" / "Contents" / "MacOS" / "tern"
    assert freezing.program_of(folder, "darwin") == bundle
