"""What is looked at on this machine: versions, folders, files, the key ring. Changes nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

from terminal import __version__
from terminal.domain.access import Access
from terminal.exchange.connect import access_to
from terminal.exchange.findings import Check, Finding

if TYPE_CHECKING:
    from terminal.exchange.hosts import Hosts
    from terminal.storage.paths import Paths
    from terminal.storage.profiles import ProfileStore
    from terminal.storage.vault import Vault

LOW_SPACE_BYTES = 200_000_000
"""Logs alone may grow to a tenth of that."""


@final
class Library(NamedTuple):
    """A library as it is installed and imported; versions from ``least`` up to below ``end``."""

    distribution: str
    module: str
    least: str
    end: str


LIBRARIES = (
    Library("httpx", "httpx", "0.28", "0.29"),
    Library("sniffio", "sniffio", "1.3", "2"),
    Library("websockets", "websockets", "16", "18"),
    Library("msgspec", "msgspec", "0.20", "0.23"),
    Library("qasync", "qasync", "0.28", "0.29"),
    Library("pyqtgraph", "pyqtgraph", "0.14", "0.15"),
    Library("numpy", "numpy", "2.1", "3"),
    Library("keyring", "keyring", "25.6", "26"),
    Library("platformdirs", "platformdirs", "4.3", "5"),
    Library("aiohttp", "aiohttp", "3.12", "4"),
)
"""The same bounds as in ``pyproject.toml``; Qt's own are looked at where Qt is tried."""

VERSIONS = Check(
    "versions", "Python and Tern", ("tern_version", "python_version", "system"), "tern_version"
)
_LIBRARY_FIGURES = tuple(f"{library.module}_version" for library in LIBRARIES)
LIBRARY_VERSIONS = Check("libraries", "Libraries", _LIBRARY_FIGURES, is_vital=True)
ACCESS = Check("access", "What Tern may do", ("access",), "access", is_vital=True)
KEY_RING = Check("key_ring", "Key ring", ("key_ring",), "key_ring")
"""Not vital: without one a key is kept for a session."""
FOLDERS = Check(
    "data_folders",
    "Data folders",
    ("config_folder", "data_folder", "log_folder", "free_bytes"),
    "free_bytes",
)
SETTINGS = Check("settings_file", "Settings")
PROFILES = Check("profiles_file", "Stored accounts", ("account_count",), "account_count")


def versions() -> Finding:
    """What runs here."""
    return VERSIONS.ok(
        "This is what runs here.",
        figures={
            "tern_version": __version__,
            "python_version": platform.python_version(),
            "system": platform.platform(terse=True),
        },
    )


def libraries(wanted: tuple[Library, ...] = LIBRARIES) -> Finding:
    """Whether every library can be found, in a version that Tern was made for."""
    known = {library.module: version_of(library.distribution) for library in wanted}
    figures = {f"{module}_version": version for module, version in known.items()}
    lacking = [one.distribution for one in wanted if importlib.util.find_spec(one.module) is None]
    install = "Install Tern again, with what it needs."
    if lacking:
        words = f"These libraries are not installed: {', '.join(lacking)}."
        return LIBRARY_VERSIONS.failed(words, install, figures)
    others = [
        f"{one.distribution} {version}"
        for one in wanted
        if (version := known[one.module]) is not None and not _fits(version, one)
    ]
    if others:
        words = f"Tern was not made for these versions: {', '.join(others)}."
        return LIBRARY_VERSIONS.warning(words, install, figures)
    return LIBRARY_VERSIONS.ok("Every library is there.", figures=figures)


def version_of(distribution: str) -> str | None:
    """What is installed; None in a frozen program, which carries libraries without their papers."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _fits(version: str, library: Library) -> bool:
    numbers = _numbers(version)
    return _numbers(library.least) <= numbers < _numbers(library.end)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; what follows them is left out."""
    numbers: list[int] = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def access(hosts: Hosts) -> Finding:
    """How far this version of the program goes with an account at these hosts."""
    may = access_to(hosts)
    figures = {"access": may.value}
    if may is Access.FULL:
        return ACCESS.ok("Orders can be sent to these hosts.", figures=figures)
    return ACCESS.failed(may.reason, "The demo trades, on the simulated exchange.", figures)


async def key_ring(vault: Vault) -> Finding:
    """Whether the system's key ring answers, within the vault's deadline."""
    problem = await vault.problem()
    if problem:
        return KEY_RING.warning(
            problem, "Unlock or set up a key ring; without one a key is kept for a session only."
        )
    name = vault.ring_name or "a key ring"
    return KEY_RING.ok(f"Keys can be kept in {name}.", figures={"key_ring": name})


def folders(paths: Paths, low_bytes: int = LOW_SPACE_BYTES) -> Finding:
    """Whether the program's folders can be written, or made; leaves nothing there."""
    named = {
        "config_folder": paths.config,
        "data_folder": paths.data,
        "log_folder": paths.logs,
    }
    free = [space for folder in named.values() if (space := _free_bytes(folder)) is not None]
    figures = {name: shown(folder) for name, folder in named.items()}
    found = {**figures, "free_bytes": min(free, default=None)}
    shut = [shown(folder) for folder in named.values() if not _is_writable(folder)]
    if shut:
        return FOLDERS.failed(
            f"Nothing can be written to {', '.join(shut)}: settings and logs would be lost.",
            "Give yourself the right to write there, or name another folder in TERN_HOME.",
            found,
        )
    if free and min(free) < low_bytes:
        return FOLDERS.warning("Little space is left on the disk.", "Make some room.", found)
    return FOLDERS.ok("Settings and logs can be written.", figures=found)


def shown(path: Path) -> str:
    """A path without its owner's name."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def _nearest(folder: Path) -> Path:
    """The folder itself, or what of its way there is already."""
    return next((one for one in (folder, *folder.parents) if one.exists()), folder)


def _free_bytes(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(_nearest(folder)).free
    except OSError:
        return None


def _is_writable(folder: Path) -> bool:
    try:
        nearest = _nearest(folder)
        if nearest != folder:
            return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def settings_file(problem: str) -> Finding:
    """What reading the settings said."""
    if problem:
        return SETTINGS.warning(problem, "Set it anew in Tern.")
    return SETTINGS.ok("The settings can be read.")


def profiles_file(profiles: ProfileStore, problem: str) -> Finding:
    """What reading the list of accounts said."""
    figures = {"account_count": len(profiles.profiles)}
    if problem:
        return PROFILES.warning(problem, "Connect the accounts again.", figures)
    return PROFILES.ok("The list of accounts can be read.", figures=figures)


def program() -> tuple[str, list[str]]:
    """How this program starts itself as a child, to be followed by its arguments."""
    frozen = getattr(sys, "frozen", False)
    return sys.executable, [] if frozen else ["-m", "terminal"]
