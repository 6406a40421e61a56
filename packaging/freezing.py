"""The frozen program of ``dev.py build``: made by PyInstaller, weighed, tried by its own tour.

Standard library only; PyInstaller runs in the project's environment.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import contents

TOUR_S = 5
TOUR_DEADLINE_S = 180
LARGEST = 10
# Of the builder's own environment; the frozen program must do without.
PYTHON_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class FreezeError(Exception):
    """The frozen program could not be made, or does not work; one sentence."""


# Making ------------------------------------------------------------------------------------------


def make(python, root):
    """Make the program into ``dist/``. Returns its folder. Raises ``FreezeError``."""
    folder = root / "dist" / contents.NAME
    command = [
        str(python), "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
        "--workpath", str(root / "build"), "--distpath", str(root / "dist"),
        str(root / "packaging" / "tern.spec"),
    ]  # fmt: skip
    # The seed makes two builds of the same sources the same.
    environment = dict(os.environ, PYTHONHASHSEED="1", QT_QPA_PLATFORM="offscreen")
    if subprocess.call(command, cwd=str(root), env=environment):
        raise FreezeError("PyInstaller could not make the program; the lines above say why.")
    strip(folder)
    if sys.platform.startswith("linux"):
        add_menu_entry(root, folder)
    return folder


def add_menu_entry(root, folder):
    """Lay the menu entry and its icon where a Linux desktop looks below a prefix."""
    for source, place in (
        (root / "packaging" / "linux" / "tern.desktop", "share/applications"),
        (root / "resources" / "icons" / "tern.svg", "share/icons/hicolor/scalable/apps"),
    ):
        (folder / place).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / place / source.name)


def strip(folder):
    """Take debug information out of Linux libraries, where the tool for it is installed.

    Libraries whose names a wheel builder changed are left alone: they do not survive it.
    """
    tool = shutil.which("strip")
    if tool is None or not sys.platform.startswith("linux"):
        return
    libraries = [
        str(path)
        for path in sorted(folder.rglob("*.so*"))
        if path.is_file() and not path.is_symlink() and not path.parent.name.endswith(".libs")
    ]
    if subprocess.call([tool, "--strip-debug", *libraries]):
        raise FreezeError("The libraries could not be stripped of debug information.")


def program_of(folder, system=sys.platform):
    """What a user starts: the program in the folder, on macOS the one in the bundle beside it."""
    if system == "darwin":
        return folder.parent / "Tern.app" / "Contents" / "MacOS" / contents.NAME
    return folder / (contents.NAME + (".exe" if system == "win32" else ""))


# Trying ------------------------------------------------------------------------------------------


def tour(program):
    """Let the program show itself, in a home of its own. Returns the report of its tour.

    Its simulated exchange runs from inside it, as a child process. Raises ``FreezeError``.
    """
    with tempfile.TemporaryDirectory(prefix="tern build ") as home:
        report = Path(home) / "tour.json"
        command = [
            str(program), "demo", "--tour", "--seconds", str(TOUR_S), "--report", str(report),
            "--screenshot", str(Path(home) / "tour.png"),
        ]  # fmt: skip
        try:
            code = subprocess.call(
                command, cwd=home, env=clean_environment(home), timeout=TOUR_DEADLINE_S
            )
        except subprocess.TimeoutExpired:
            raise FreezeError("The tour did not end in %d s." % TOUR_DEADLINE_S) from None
        except OSError as error:
            raise FreezeError("The program could not be started: %s." % error) from None
        if code:
            raise FreezeError("The tour of the frozen program failed with code %d." % code)
        try:
            seen = json.loads(report.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FreezeError("The tour left no report that can be read: %s." % error) from None
    if seen.get("ok") is not True:
        raise FreezeError("The tour ended well, but its report says that it failed.")
    return seen


def clean_environment(home):
    """The environment of a user who has no Python: nothing of ours may help the program."""
    known = {name: value for name, value in os.environ.items() if name not in PYTHON_VARIABLES}
    known["TERN_HOME"] = str(home)
    return known


# Weighing ----------------------------------------------------------------------------------------

_PARTS = (
    (r"(?:.*/)?libicu|(?:.*/)?icu\w*\.dll$", "ICU, for Qt"),
    (r"PySide6/(?:Qt/)?plugins/", "Qt's plugins"),
    (r"PySide6/(?:Qt/lib/|Qt6\w+\.dll$)", "Qt"),
    (r"PySide6/|shiboken6/", "PySide6"),
    (r"(?:lib)?python3\w*[./]|base_library|.*lib-dynload/|[^/]+\.pyd$", "Python"),
    (r"numpy(?:\.libs)?/", "numpy"),
    (r"resources/", "resources"),
    (r"[^/]+\.(?:so|dll|dylib)\b", "libraries of the system"),
    (r"([^/]+?)(?:-[^/-]+\.dist-info)?/", None),  # any other library by its own name
)
_PATTERNS = tuple((re.compile(pattern), name) for pattern, name in _PARTS)


def part_of(path):
    """Which part of the program a file belongs to; ``path`` is inside its folder."""
    if not path.startswith("_internal/"):
        return "other files" if "/" in path else "the program and all Python code"
    inside = path[len("_internal/") :]
    for pattern, name in _PATTERNS:
        found = pattern.match(inside)
        if found:
            return name or found.group(1)
    return "other files"


def weigh(folder):
    """Bytes and number of files of a folder, and bytes by part, the largest first.

    Links weigh nothing.
    """
    total, files, parts = 0, 0, {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        size = path.stat().st_size
        name = part_of(path.relative_to(folder).as_posix())
        total, files = total + size, files + 1
        parts[name] = parts.get(name, 0) + size
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return {
        "bytes": total,
        "files": files,
        "parts": [{"name": name, "bytes": size} for name, size in ordered],
    }


def lines(weight):
    """The size report for people."""
    yield "%.1f MB in %d files. The largest parts:" % (weight["bytes"] / 1e6, weight["files"])
    for part in weight["parts"][:LARGEST]:
        yield "%8.1f MB  %s" % (part["bytes"] / 1e6, part["name"])


# All of it ---------------------------------------------------------------------------------------


def build(python, root, skip_tour, say):
    """Make, weigh and try the program. Returns the figures. Raises ``FreezeError``."""
    say("== freezing")
    started = time.monotonic()
    folder = make(python, root)
    figures = {"build_s": round(time.monotonic() - started, 1), "size": weigh(folder)}
    say("Made %s in %.0f s." % (program_of(folder), figures["build_s"]))
    say("== size")
    for line in lines(figures["size"]):
        say(line)
    if not skip_tour:
        say("== tour of the frozen program")
        figures["tour"] = tour(program_of(folder))
        say("It showed its first live ladder after %.0f ms." % figures["tour"]["startup_ms"])
    return figures
