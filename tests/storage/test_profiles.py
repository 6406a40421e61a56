"""Profiles are remembered without secrets, and a damaged list is never lost."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from terminal.storage.profiles import NewerProfilesError, Profile, ProfileStore
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

MAIN = Profile(
    "main", "a1", "https://f.example", "https://a.example", "\N{HORIZONTAL ELLIPSIS}89ab"
)


def a_store(folder: Path) -> ProfileStore:
    store = ProfileStore(folder / "config", FakeClock())
    assert store.load() == ""
    return store


def test_profiles_come_back_the_last_used_first(tmp_path: Path) -> None:
    """Everything about a profile survives a restart."""
    store = a_store(tmp_path)
    assert store.profiles == ()
    side = replace(
        MAIN, name="side", ident="b2", last_used_ms=9, is_stored=True, key_version=2,
        order_socket="colocated", has_order_key=True,
    )  # fmt: skip
    store.put(MAIN)
    store.put(side)
    again = a_store(tmp_path)
    assert again.profiles == (side, MAIN)
    assert len({MAIN.entry, MAIN.order_entry, side.entry, side.order_entry}) == 4


def test_a_profile_from_before_the_order_socket_has_the_usual_one(tmp_path: Path) -> None:
    """What an older version did not write, and what nobody can read, is taken for the default."""
    store = a_store(tmp_path)
    store.put(MAIN)
    for change in ({}, {"order_socket": 5, "has_order_key": "yes"}):
        document = json.loads(store.path.read_text())
        for name in ("order_socket", "has_order_key"):
            document["profiles"][0].pop(name, None)
        document["profiles"][0].update(change)
        store.path.write_text(json.dumps(document))
        assert a_store(tmp_path).profiles == (MAIN,)


def test_a_name_is_one_profile_whatever_its_case(tmp_path: Path) -> None:
    """Putting a name again replaces; removing what is not there is fine."""
    store = a_store(tmp_path)
    store.put(MAIN)
    changed = replace(MAIN, name="MAIN", key_tail="")
    store.put(changed)
    assert a_store(tmp_path).profiles == (changed,)
    assert store.find(" Main ") == changed
    store.remove("nobody")
    store.remove("main")
    assert a_store(tmp_path).profiles == ()


def test_what_another_version_wrote_is_kept(tmp_path: Path) -> None:
    """Unknown keys of the file and of a profile survive reading and writing."""
    store = a_store(tmp_path)
    store.put(MAIN)
    document = json.loads(store.path.read_text())
    document["later"] = {"x": 1}
    document["profiles"][0]["colour"] = "red"
    store.path.write_text(json.dumps(document))
    again = a_store(tmp_path)
    again.put(replace(MAIN, name="second", ident="c3"))
    written = json.loads(again.path.read_text())
    assert written["later"] == {"x": 1}
    assert [row.get("colour") for row in written["profiles"]] == ["red", None]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"profiles": {}}',
        '{"profiles": ["main"]}',
        '{"profiles": [{"name": "main"}]}',
        '{"profiles": [{"name": "", "ident": "a", "futures_host": "x", "account_host": "y"}]}',
    ],
)
def test_a_damaged_list_is_kept_aside_and_told(tmp_path: Path, content: str) -> None:
    """The user is told once, and can go on."""
    store = ProfileStore(tmp_path, FakeClock())
    store.path.write_text(content)
    problem = store.load()
    (aside,) = tmp_path.glob("profiles.json.damaged-*")
    assert aside.read_text() == content
    assert aside.name in problem
    assert store.profiles == ()
    store.put(MAIN)
    assert a_list(store) == ["main"]


def a_list(store: ProfileStore) -> list[str]:
    return [row["name"] for row in json.loads(store.path.read_text())["profiles"]]


def test_a_list_of_a_newer_version_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    """It is said, it stays as it is, and nothing is kept aside."""
    store = a_store(tmp_path)
    store.put(MAIN)
    text = json.dumps({**json.loads(store.path.read_text()), "version": 2, "profiles": {"a": 1}})
    store.path.write_text(text)
    again = ProfileStore(tmp_path / "config", FakeClock())
    assert "newer version" in again.load()
    assert again.profiles == ()
    with pytest.raises(NewerProfilesError) as raised:
        again.put(MAIN)
    with pytest.raises(NewerProfilesError):
        again.remove("main")
    assert "is not replaced" in raised.value.sentence
    assert store.path.read_text() == text
    assert [path.name for path in store.path.parent.iterdir()] == ["profiles.json"]


def test_values_of_a_wrong_kind_are_left_out(tmp_path: Path) -> None:
    """What only decorates a profile does not cost the profile."""
    store = a_store(tmp_path)
    store.put(MAIN)
    document = json.loads(store.path.read_text())
    document["profiles"][0].update(key_version="x", last_used_ms=-1, is_stored=1, key_tail=None)
    store.path.write_text(json.dumps(document))
    (profile,) = a_store(tmp_path).profiles
    assert profile == replace(MAIN, key_tail="")


def test_a_list_that_cannot_be_written_is_not_changed(tmp_path: Path) -> None:
    """What is in memory is what is in the file."""
    store = a_store(tmp_path)
    store.path.parent.parent.joinpath("config").write_text("a file where the folder should be")
    with pytest.raises(OSError, match=r"."):
        store.put(MAIN)
    assert store.profiles == ()


def test_there_is_no_place_for_a_secret() -> None:
    """The fields are known, one by one."""
    assert {one.name for one in fields(Profile)} == {
        "name", "ident", "futures_host", "account_host", "key_tail", "key_version",
        "created_ms", "last_used_ms", "is_stored", "order_socket", "has_order_key",
        "may_trade", "owner", "unknown",
    }  # fmt: skip


def test_a_damaged_list_can_be_looked_at_without_being_moved(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path, FakeClock())
    store.path.write_text("{")
    assert store.load(keeps_in_place=True).startswith("The list of accounts cannot be read")
    assert [path.name for path in tmp_path.iterdir()] == ["profiles.json"]
