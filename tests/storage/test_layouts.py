"""Layouts survive restarts, damage and other versions; nothing that was stored is ever lost."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.storage.json_file import LARGEST
from terminal.storage.layouts import (
    DEFAULT,
    Layout,
    LayoutStore,
    NewerLayoutError,
    name_problem,
    older_layout,
)
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

A_LAYOUT = Layout("AAEC", "<docks/>")


def a_store(folder: Path) -> LayoutStore:
    return LayoutStore(folder / "config", FakeClock())


def change(store: LayoutStore, name: str, **changes: Any) -> str:
    """Change a stored file behind the store's back; its text."""
    document = {**json.loads(store.path(name).read_text()), **changes}
    store.path(name).write_text(json.dumps(document))
    return store.path(name).read_text()


def test_a_layout_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.load(DEFAULT) == (None, "")
    assert not store.exists(DEFAULT)
    store.save(DEFAULT, A_LAYOUT)
    assert store.exists(DEFAULT)
    assert store.load(DEFAULT) == (A_LAYOUT, "")
    assert [path.name for path in store.path(DEFAULT).parent.iterdir()] == ["default.json"]


def test_named_layouts_are_listed_and_deleted(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.names() == (DEFAULT,)
    for name in ("Two ladders", "Scalp", "a/b: \N{GREEK SMALL LETTER ALPHA}", "default"):
        store.save(name, A_LAYOUT)
    assert store.names() == (DEFAULT, "a/b: \N{GREEK SMALL LETTER ALPHA}", "Scalp", "Two ladders")
    store.save("SCALP", Layout("AAAA", "<other/>"))
    assert store.load("scalp")[0] == Layout("AAAA", "<other/>"), "one name in two spellings"
    store.delete("Scalp")
    store.delete("Scalp")
    assert not store.exists("SCALP")
    assert store.names() == (DEFAULT, "a/b: \N{GREEK SMALL LETTER ALPHA}", "Two ladders")


def test_keys_that_this_version_does_not_know_are_kept(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(DEFAULT, A_LAYOUT)
    change(store, DEFAULT, links={"ladder": "green"})
    layout, problem = store.load(DEFAULT)
    assert problem == ""
    assert layout is not None
    store.save(DEFAULT, layout)
    assert json.loads(store.path(DEFAULT).read_text())["links"] == {"ladder": "green"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"{}",
        b'{"version": 2}',
        b'{"version": "2", "geometry": "", "docks": "", "checksum": ""}',
        b'{"version": true, "geometry": "", "docks": "", "checksum": ""}',
        b'{"version": 0, "geometry": "", "docks": "", "checksum": ""}',
        b'{"version": 2, "geometry": 5, "docks": "", "checksum": ""}',
        b'{"version": 2, "geometry": "", "docks": "", "checksum": "00"}',
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b" " * (LARGEST + 1), id="large"),
    ],
)
def test_a_damaged_file_is_kept_aside_and_the_user_is_told(tmp_path: Path, content: bytes) -> None:
    store = a_store(tmp_path)
    path = store.path("Scalp")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    layout, problem = store.load("Scalp")
    assert layout is None
    (aside,) = path.parent.glob("scalp.json.damaged-*")
    assert aside.read_bytes() == content
    assert aside.name in problem
    assert store.load("Scalp") == (None, "")
    assert store.names() == (DEFAULT,), "what is kept aside is no layout any more"


@pytest.mark.parametrize("part", ["geometry", "docks", "checksum"])
def test_one_changed_letter_is_damage(tmp_path: Path, part: str) -> None:
    store = a_store(tmp_path)
    store.save(DEFAULT, A_LAYOUT)
    value = json.loads(store.path(DEFAULT).read_text())[part]
    change(store, DEFAULT, **{part: ("B" if value[0] == "A" else "A") + value[1:]})
    layout, problem = store.load(DEFAULT)
    assert layout is None
    assert "checksum" in problem


def test_a_file_that_cannot_be_moved_aside_is_said_all_the_same(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    words = store.set_aside(DEFAULT, "no such thing")
    assert words == (
        "The window layout cannot be read (no such thing); the default layout is shown."
    )


def test_a_layout_of_a_newer_version_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save("Scalp", A_LAYOUT)
    assert not store.is_newer("Scalp")
    text = change(store, "Scalp", version=3, docks={"another": "shape"})
    layout, problem = store.load("Scalp")
    assert layout is None
    assert "newer version" in problem
    assert store.is_newer("SCALP")
    with pytest.raises(NewerLayoutError):
        store.save("Scalp", A_LAYOUT)
    assert store.path("Scalp").read_text() == text
    assert store.names() == (DEFAULT, "Scalp")
    assert not store.is_newer("never stored")


def an_older_text(geometry: bytes, docks: bytes) -> str:
    packed = len(docks).to_bytes(4, "big") + zlib.compress(docks)
    parts = (base64.b64encode(part).decode() for part in (geometry, packed))
    return "tern-layout-1:" + ":".join(parts)


def test_the_layout_of_version_1_is_understood() -> None:
    text = an_older_text(b"\x01\x02", b"<QtAdvancedDockingSystem/>")
    assert older_layout(text) == Layout("AQI=", "<QtAdvancedDockingSystem/>")


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "tern-layout-1:",
        "tern-layout-1:###:###",
        "tern-layout-1:AAAA",
        "tern-layout-1:AAAA:AAAAAAAA",
        an_older_text(b"", b"\xff\xfe"),
        "tern-layout-2:AAAA:AAAA",
    ],
)
def test_what_is_no_layout_of_version_1_is_none(text: object) -> None:
    assert older_layout(text) is None


def test_a_packed_bomb_is_not_unpacked() -> None:
    """Ten thousand times the size it has on disk stays out of memory."""
    layout = older_layout(an_older_text(b"", b" " * (50 * LARGEST)))
    assert layout is None


@given(st.text(max_size=60))
def test_every_name_is_a_file_of_its_own_folder(name: str) -> None:
    """No name leads out of the folder, and a sensible one is refused by nothing."""
    from pathlib import Path

    path = LayoutStore(Path("config"), FakeClock()).path(name)
    assert path.parent == Path("config/layouts")
    assert path.name.endswith(".json")


@given(st.text(max_size=60))
def test_a_name_without_a_problem_can_be_stored_and_kept_aside(name: str) -> None:
    """The longest file names that come of it fit into every usual file system."""
    from pathlib import Path

    if not name_problem(name):
        path = LayoutStore(Path("config"), FakeClock()).path(name)
        assert len(f"{path.name}.damaged-20251009-085320".encode()) < 200


def test_a_name_that_no_file_can_have_is_not_there(tmp_path: Path) -> None:
    """The settings may name anything; the program starts all the same."""
    store = a_store(tmp_path)
    store.save(DEFAULT, A_LAYOUT)
    assert not store.exists("\u5de5" * 30)
    assert not store.is_newer("\u5de5" * 30)
    assert store.load("\u5de5" * 30)[0] is None


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "x" * 41, "\x07", "\u5de5" * 30, "/" * 60, "\U0001f680" * 40]
)
def test_names_that_cannot_be_used_are_refused_with_a_sentence(name: str) -> None:
    assert name_problem(name).endswith(".")
    assert name_problem("Scalp 2") == ""
