"""The keeper: layouts come back after a restart, damage is said, nothing is replaced silently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from terminal.app.layouts import LayoutKeeper
from terminal.storage.layouts import DEFAULT, LayoutStore
from tests.support.window import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("qapp")


class Session:
    """One start of the program, as far as its window is concerned."""

    def __init__(
        self, folder: Path, workspace: str = DEFAULT, *, stores: bool = True, older: object = None
    ) -> None:
        self.bench = Workbench()
        self.window = self.bench.window
        self.window.resize(1000, 700)
        self.notices = self.bench.desktop.bench.notices
        self.store = LayoutStore(folder, self.bench.desktop.clock)
        self.keeper = LayoutKeeper(self.window, self.store, self.notices, workspace, stores=stores)
        self.keeper.show(older)

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices.notices]

    def panel_is(self, name: str) -> str:
        panel = self.window.docks.panels[name]
        if panel.dock.isClosed():
            return "closed"
        return "floating" if panel.is_floating else "side" if panel.is_at_side else "docked"

    def end(self) -> None:
        self.keeper.save()
        self.bench.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def begin(*args: str, stores: bool = True, older: object = None) -> Session:
        sessions.append(Session(tmp_path, *args, stores=stores, older=older))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.bench.close()


def test_panels_and_window_come_back_after_a_restart(start: Callable[..., Session]) -> None:
    first = start()
    assert first.window.isVisible()
    assert first.said == []
    first.window.docks.panels["ladder"].tear_off()
    first.window.docks.panels["log"].close()
    first.window.docks.panels["ticket"].hide_at_side()
    first.end()
    second = start()
    assert [second.panel_is(name) for name in ("ladder", "log", "ticket", "orders")] == [
        "floating", "closed", "side", "docked",
    ]  # fmt: skip
    assert second.said == []


def test_a_change_is_stored_without_being_asked(
    start: Callable[..., Session], qtbot: object
) -> None:
    """Shortly after it, so that a killed program loses little."""
    session = start()
    session.keeper.save()
    before = session.store.load(DEFAULT)
    session.window.docks.panels["log"].close()
    qtbot.waitUntil(  # type: ignore[attr-defined]
        lambda: session.store.load(DEFAULT) != before, timeout=5000
    )


def test_a_tour_leaves_no_traces(start: Callable[..., Session]) -> None:
    session = start(stores=False)
    session.window.docks.panels["log"].close()
    session.end()
    assert not session.store.exists(DEFAULT)


def test_a_damaged_file_is_said_and_kept_and_the_default_shown(
    start: Callable[..., Session],
) -> None:
    first = start()
    first.window.docks.panels["log"].close()
    first.end()
    path = first.store.path(DEFAULT)
    text = path.read_text()
    path.write_text(text.replace("QtAdvanced", "QtAmended"))
    second = start()
    assert second.window.isVisible()
    assert second.panel_is("log") == "docked"
    (words,) = second.said
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.name in words


def test_docks_that_do_not_fit_are_said_and_kept_although_the_checksum_is_right(
    start: Callable[..., Session],
) -> None:
    first = start()
    first.end()
    layout, _ = first.store.load(DEFAULT)
    assert layout is not None
    odd = type(layout)(layout.geometry, layout.docks.replace('"log"', '"orders"'))
    first.store.save(DEFAULT, odd)
    second = start()
    assert second.panel_is("log") == "docked"
    (words,) = second.said
    assert "in two places" in words
    assert list(first.store.path(DEFAULT).parent.glob("*.damaged-*"))


def test_a_layout_of_a_newer_version_stays_as_it_is(start: Callable[..., Session]) -> None:
    first = start()
    first.end()
    path = first.store.path(DEFAULT)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    text = path.read_text()
    second = start()
    (words,) = second.said
    assert "newer version" in words
    second.window.docks.panels["log"].close()
    second.end()
    assert path.read_text() == text
    third = start()
    third.window.view_menu.workspace_named.emit("default")
    assert path.read_text() == text, "not under its name, either"
    third.window.view_menu.workspace_named.emit("Mine")
    assert third.store.exists("Mine")


def test_the_layout_of_version_1_is_taken_over_once(start: Callable[..., Session]) -> None:
    import base64
    import zlib

    first = start()
    first.window.docks.panels["log"].close()
    first.end()
    layout, _ = first.store.load(DEFAULT)
    assert layout is not None
    docks = layout.docks.encode()
    packed = base64.b64encode(len(docks).to_bytes(4, "big") + zlib.compress(docks)).decode()
    first.store.delete(DEFAULT)
    second = start(older=f"tern-layout-1:{layout.geometry}:{packed}")
    assert second.panel_is("log") == "closed"
    second.window.docks.panels["log"].toggle_action.trigger()
    second.end()
    third = start(older=f"tern-layout-1:{layout.geometry}:{packed}")
    assert third.panel_is("log") == "docked", "what was stored since then counts"


def test_named_workspaces_are_saved_opened_and_deleted(start: Callable[..., Session]) -> None:
    session = start()
    menu, docks = session.window.view_menu, session.window.docks
    told: list[str] = []
    session.keeper.changed.connect(lambda: told.append(session.keeper.workspace))
    docks.panels["log"].close()
    menu.workspace_named.emit(" Scalp ")
    assert session.keeper.workspace == "Scalp"
    docks.panels["orders"].close()
    menu.workspace_chosen.emit(DEFAULT)
    assert session.keeper.workspace == DEFAULT
    assert session.panel_is("orders") == "docked"
    assert session.panel_is("log") == "closed"
    docks.panels["log"].toggle_action.trigger()
    menu.workspace_chosen.emit("Scalp")
    assert session.panel_is("orders") == "closed", "stored when it was left"
    assert told[-1] == "Scalp"
    session.end()
    again = start("scalp")
    assert again.panel_is("orders") == "closed"
    again.window.view_menu.workspace_dropped.emit(again.keeper.workspace)
    assert again.keeper.workspace == DEFAULT
    assert again.panel_is("orders") == "docked"
    assert again.store.names() == (DEFAULT,)
    again.window.bring_back()
    assert again.panel_is("orders") == "closed", "a slip of the hand is undone"


@pytest.mark.parametrize("name", ["never stored", "", "\ud800", "x" * 5000, "a\0b"])
def test_a_workspace_that_is_not_there_is_the_default_one(
    start: Callable[..., Session], name: str
) -> None:
    session = start(name)
    assert session.keeper.workspace == DEFAULT
    assert session.window.isVisible()


def test_a_name_that_cannot_be_used_is_refused_with_a_sentence(
    start: Callable[..., Session],
) -> None:
    session = start()
    session.window.view_menu.workspace_named.emit("   ")
    assert session.said == ["A workspace needs a name."]
    assert session.keeper.workspace == DEFAULT


def test_a_full_disk_is_said_and_nothing_else_happens(
    start: Callable[..., Session], tmp_path: Path
) -> None:
    (tmp_path / "layouts").write_text("a file where the folder should be")
    session = start()
    session.keeper.save()
    assert session.said
    assert all("could not be saved" in words for words in session.said)


def test_a_workspace_that_could_not_be_stored_is_not_taken_up(
    start: Callable[..., Session], tmp_path: Path
) -> None:
    """The settings go on to name the one that is there, and the next start finds it."""
    session = start()
    session.keeper.save()
    told: list[str] = []
    session.keeper.changed.connect(lambda: told.append(session.keeper.workspace))
    (tmp_path / "layouts" / "mine.new").mkdir()
    session.window.view_menu.workspace_named.emit("Mine")
    (words,) = session.said
    assert "could not be saved" in words
    assert session.keeper.workspace == DEFAULT
    assert told == []
    (tmp_path / "layouts" / "mine.new").rmdir()
    session.window.view_menu.workspace_named.emit("Mine")
    assert told == ["Mine"]
    assert session.store.names() == (DEFAULT, "Mine")


def test_a_name_that_is_too_long_for_a_file_is_refused_and_does_no_harm_later(
    start: Callable[..., Session],
) -> None:
    """Each of its letters takes nine bytes in a file's name."""
    name = "\u5de5" * 30
    session = start()
    session.keeper.save()
    session.window.view_menu.workspace_named.emit(name)
    (words,) = session.said
    assert "too long" in words
    assert session.keeper.workspace == DEFAULT
    session.end()
    again = start(name)
    assert again.keeper.workspace == DEFAULT
    assert again.window.isVisible()
