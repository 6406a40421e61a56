"""What is looked at on this machine, and that nothing is changed by looking."""

from __future__ import annotations

import re
import shutil
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terminal import __version__
from terminal.app.doctor import machine
from terminal.app.doctor.machine import LIBRARIES, Library
from terminal.app.doctor.qt_probe import DOCKING_DISTRIBUTION, DOCKING_VERSION, QT_VERSION
from terminal.domain.access import Access
from terminal.domain.secret import Secret
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.findings import Verdict
from terminal.exchange.hosts import REAL, Hosts
from terminal.session.clock import SystemClock
from terminal.storage.paths import Paths
from terminal.storage.profiles import Profile, ProfileStore
from terminal.storage.vault import Vault
from tests.support.fake_clock import FakeClock
from tests.support.rings import MemoryRing

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent.parent
HTTPX = LIBRARIES[0]


def test_versions_are_told() -> None:
    found = machine.versions()
    assert found.figures["tern_version"] == __version__
    assert re.match(r"3\.\d+", str(found.figures["python_version"]))


def test_the_bounds_are_those_of_the_project() -> None:
    """Two places, one truth."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = {re.split(r"[<>=]", text)[0]: text for text in wanted}
    for library in LIBRARIES:
        name = library.distribution
        assert bounds.pop(name) == f"{name}>={library.least},<{library.end}"
    assert bounds.pop("PySide6-Essentials") == f"PySide6-Essentials=={QT_VERSION}"
    assert bounds.pop(DOCKING_DISTRIBUTION) == f"{DOCKING_DISTRIBUTION}=={DOCKING_VERSION}"
    assert set(bounds) == {"shiboken6", "typing-extensions"}


def test_libraries_are_there_in_versions_that_fit() -> None:
    found = machine.libraries()
    assert found.verdict is Verdict.OK
    assert all(found.figures.values())


@pytest.mark.parametrize(
    ("library", "verdict", "words"),
    [
        (Library("no-such-thing", "httpx", "1", "2"), Verdict.OK, "is there"),
        (HTTPX._replace(module="no_such_thing"), Verdict.FAILED, "not installed: httpx"),
        (HTTPX._replace(end="0.1"), Verdict.WARNING, "was not made for these versions: httpx"),
        (HTTPX._replace(least="99"), Verdict.WARNING, "was not made for these versions: httpx"),
    ],
)
def test_libraries_that_lack_or_do_not_fit(
    library: Library, verdict: Verdict, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library without papers, as in a frozen program, is there all the same."""
    figures = (f"{library.module}_version",)
    monkeypatch.setattr(
        machine, "LIBRARY_VERSIONS", replace(machine.LIBRARY_VERSIONS, figures=figures)
    )
    found = machine.libraries((library,))
    assert found.verdict is verdict
    assert words in found.sentence


@pytest.mark.parametrize(
    "hosts",
    [
        REAL,
        Hosts("http://127.0.0.1:1", "http://127.0.0.1:1"),
        Hosts("http://127.0.0.1:1", "https://a.example"),
        Hosts("https://f.example", "http://127.0.0.1:1"),
    ],
)
async def test_what_tern_does_with_an_account_is_told_as_it_is(hosts: Hosts) -> None:
    """As the clients for these hosts would do it: where they send no order, trading stops."""
    clients = connect(hosts, Credentials(Secret("k"), Secret("s"), Secret("p")), SystemClock())
    access = clients.trading.access
    await clients.aclose()
    found = machine.access(hosts)
    assert found.figures["access"] == access.value
    assert found.stops_trading is (access is not Access.FULL)
    assert (found.verdict is Verdict.OK) is (access.reason == "")


# Folders ---------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for path in tmp_path.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)


def paths_of(home: Path) -> Paths:
    return Paths.of_system({"TERN_HOME": str(home / "tern")})


def test_folders_that_can_be_made_are_not_made(home: Path) -> None:
    found = machine.folders(paths_of(home))
    assert found.verdict is Verdict.OK
    assert isinstance(found.figures["free_bytes"], int)
    assert list(home.iterdir()) == []
    paths = paths_of(home)
    for folder in (paths.config, paths.data, paths.logs):
        folder.mkdir(parents=True)
    assert machine.folders(paths).verdict is Verdict.OK
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_file_in_the_place_of_a_folder_is_told(home: Path) -> None:
    paths = paths_of(home)
    paths.config.parent.mkdir()
    paths.config.write_text("")
    found = machine.folders(paths)
    assert found.verdict is Verdict.FAILED
    assert str(paths.config) in found.sentence
    assert str(paths.logs) not in found.sentence


def test_a_full_disk_is_told(home: Path) -> None:
    free = shutil.disk_usage(home).free
    assert machine.folders(paths_of(home), low_bytes=2 * free).verdict is Verdict.WARNING


def test_a_path_is_shown_without_its_owner() -> None:
    assert machine.shown(Path.home() / "x") == str(Path("~") / "x")
    assert machine.shown(Path("/x")) == str(Path("/x"))


# Files and key ring ----------------------------------------------------------------------------


def test_files_are_told_by_what_reading_them_said(tmp_path: Path) -> None:
    profiles = ProfileStore(tmp_path, FakeClock())
    profiles.put(Profile("main", "a1", "https://f.example", "https://a.example"))
    assert machine.settings_file("").verdict is Verdict.OK
    assert machine.settings_file("They are damaged.").sentence == "They are damaged."
    assert machine.profiles_file(profiles, "").figures["account_count"] == 1
    assert machine.profiles_file(profiles, "Newer.").verdict is Verdict.WARNING


async def test_a_key_ring_is_named_or_told_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = MemoryRing()
    ring.install(monkeypatch)
    vault = Vault(lambda: ring)
    found = await machine.key_ring(vault)
    assert found.verdict is Verdict.OK
    ring.fails = RuntimeError("a text of its own")
    found = await machine.key_ring(vault)
    assert found.verdict is Verdict.WARNING
    assert "a text of its own" not in found.sentence
    assert not found.stops_trading
    await vault.close()


async def test_a_key_ring_that_asks_its_owner_is_not_waited_for() -> None:
    ring = MemoryRing()
    ring.holds = threading.Event()
    vault = Vault(lambda: ring, deadline_s=0.05)
    found = await machine.key_ring(vault)
    assert "did not answer within 0.05 s" in found.sentence
    ring.holds.set()
    await vault.close()


def test_it_starts_itself_as_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    from_source: tuple[str, list[str]] = machine.program()
    assert from_source[1] == ["-m", "terminal"]
    frozen: Any = True
    monkeypatch.setattr("sys.frozen", frozen, raising=False)
    assert machine.program() == (from_source[0], [])
