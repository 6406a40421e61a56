"""Limits on the disk: twice, whole, with a password as a hash, and never silently loose."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from terminal.domain.guard_terms import ContractLimits, GuardLimits, Lockout
from terminal.domain.limit_book import LimitBook, PasswordHash
from terminal.domain.secret import Secret
from terminal.domain.units import Lots, Symbol
from terminal.storage.limits import SCRYPT, LimitStore, file_name, scrypt_of
from tests.support.builders import XBT
from tests.support.fake_clock import FakeClock
from tests.support.guarding import any_limits

if TYPE_CHECKING:
    from pathlib import Path

FIRST = GuardLimits(Lots(7))
BOOK = LimitBook(
    GuardLimits(
        max_losses={"USDT": Decimal("200.5")},
        contracts={XBT: ContractLimits(max_lots=Lots(3), max_value=Decimal("0.1"))},
        zone="Europe/Berlin",
    ),
    PasswordHash(2, 1, 1, "00ff", "ab"),
    (Lockout("USDT", 1_800_000_000_000, "midnight in UTC", "It was lost."),),
    (Lockout("XBT", 1_800_000_000_000, "midnight in UTC", "It was lost."),),
    wrong=3,
    wrong_at_ms=1_790_000_000_000,
)


def a_store(folder: Path, account: str = "main") -> LimitStore:
    return LimitStore((folder / "config", folder / "data"), account, FakeClock())


def edit(path: Path, change: dict[str, Any]) -> None:
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, **change}))


def test_without_a_file_the_first_limits_hold_and_nothing_is_written(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.load(FIRST) == (LimitBook(FIRST), "")
    assert not list(tmp_path.iterdir())


def test_all_of_it_comes_back_from_either_file(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(BOOK)
    for gone in (None, *store.paths):
        if gone is not None:
            store.save(BOOK)
            gone.unlink()
        assert a_store(tmp_path).load(FIRST) == (BOOK, "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_limits())
def test_any_limits_come_back(tmp_path: Path, limits: GuardLimits) -> None:
    store = a_store(tmp_path)
    store.save(LimitBook(limits))
    assert a_store(tmp_path).load(FIRST)[0].limits == limits


def test_the_newer_of_two_files_counts(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(LimitBook(FIRST))
    old = store.paths[1].read_text()
    store.save(BOOK)
    store.paths[1].write_text(old)
    assert a_store(tmp_path).load(FIRST)[0] == BOOK


@pytest.mark.parametrize("which", [0, 1])
def test_damage_of_one_file_changes_nothing_and_is_kept_aside(tmp_path: Path, which: int) -> None:
    store = a_store(tmp_path)
    store.save(BOOK)
    store.paths[which].write_text('{"version": 1}')
    book, sentence = a_store(tmp_path).load(FIRST)
    assert book == BOOK
    assert "second copy" in sentence
    assert any("damaged" in path.name for path in store.paths[which].parent.iterdir())
    assert a_store(tmp_path).load(FIRST) == (BOOK, "")  # it is whole again


def test_when_all_is_lost_nothing_opens_also_after_another_start(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(BOOK)
    for path in store.paths:
        path.write_text("{")
    book, sentence = a_store(tmp_path).load(FIRST)
    assert book == LimitBook(FIRST, must_confirm=True)
    assert "Nothing opens until they are set anew" in sentence
    assert a_store(tmp_path).load(GuardLimits())[0].must_confirm


@pytest.mark.parametrize(
    "change",
    [
        {"limits": {}},
        {"lockouts": None},
        {"lifted": 0},
        {"lockouts": [{"currency": "USDT"}]},
        {"lockouts": [{"currency": "USDT", "until_ms": -1, "until": "", "why": ""}]},
        {"password": {"n": 3, "r": 8, "p": 1, "salt": "00", "digest": "00"}},
        {"password": {"n": 2**30, "r": 8, "p": 1, "salt": "00", "digest": "00"}},
        {"password": {"n": 2, "r": 8, "p": 1, "salt": "xx", "digest": "00"}},
        {"must_confirm": 1},
        {"wrong": True},
        {"revision": -1},
        {"version": 0.5},
    ],
)
def test_what_no_limits_are_is_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    store = a_store(tmp_path)
    store.save(BOOK)
    for path in store.paths:
        edit(path, change)
    assert a_store(tmp_path).load(FIRST)[0].must_confirm


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_lots", 0),
        ("max_lots", None),
        ("max_value", "NaN"),
        ("max_value", "1e99"),
        ("collar_ticks", -1),
        ("rate", [1]),
        ("rate", [0, 1]),
        ("max_losses", {"USDT": "0"}),
        ("max_losses", {"USDT": 5}),
        ("contracts", {"XBTUSDTM": {"max_lots": 3}}),
        ("contracts", []),
        ("mark_percent", "-1"),
        ("zone", 5),
        ("zone", "x" * 300),
        ("checks_margin", None),
    ],
)
def test_one_bad_limit_makes_all_unreadable(tmp_path: Path, name: str, value: object) -> None:
    """A limit that is dropped would be one that is off."""
    store = a_store(tmp_path)
    store.save(BOOK)
    for path in store.paths:
        limits = json.loads(path.read_text())["limits"]
        edit(path, {"limits": {**limits, name: value}})
    assert a_store(tmp_path).load(FIRST)[0].must_confirm
    for path in store.paths:
        path.unlink()
    store.save(BOOK)
    for path in store.paths:
        limits = json.loads(path.read_text())["limits"]
        del limits[name]
        edit(path, {"limits": limits})
    assert a_store(tmp_path).load(FIRST)[0].must_confirm


def test_what_a_newer_version_wrote_stays_as_it_is(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(BOOK)
    edit(store.paths[0], {"version": 2})
    before = store.paths[0].read_text()
    again = a_store(tmp_path)
    book, sentence = again.load(FIRST)
    assert book.must_confirm
    assert "newer version" in sentence
    with pytest.raises(OSError, match="newer version"):
        again.save(LimitBook(FIRST))
    assert store.paths[0].read_text() == before


def test_one_file_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    (tmp_path / "data").write_text("no folder")
    store.save(BOOK)
    assert a_store(tmp_path).load(FIRST)[0] == BOOK
    (tmp_path / "config").rename(tmp_path / "elsewhere")
    (tmp_path / "config").write_text("no folder")
    with pytest.raises(OSError, match=r"."):
        store.save(BOOK)


def test_every_account_has_a_file_of_its_own_whatever_it_is_called() -> None:
    names = ["main", "Main ", "../../etc/passwd", "\N{SNOWMAN}", "a" * 500, "demo"]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(set(name) <= set(string.ascii_lowercase + string.digits + "-.") for name in files)
    assert all(len(name) < 80 for name in files)
    assert file_name("MAIN") == file_name("main")


async def test_a_password_is_a_salted_hash_and_nothing_else(tmp_path: Path) -> None:
    store, password = a_store(tmp_path), Secret("correct horse")
    first, second = await store.hashed(password), await store.hashed(password)
    assert (first.n, first.r, first.p) == SCRYPT
    assert first.salt != second.salt
    assert first.digest != second.digest
    assert await store.matches(password, first)
    assert not await store.matches(Secret("correct hors"), first)
    store.save(replace(BOOK, password=first))
    for path in store.paths:
        assert "horse" not in path.read_text()
    loaded = a_store(tmp_path).load(FIRST)[0].password
    assert loaded is not None
    assert await store.matches(password, loaded)


def test_the_parameters_beside_the_hash_are_those_that_count() -> None:
    """RFC 7914, section 12, second vector; the first 32 of its 64 octets are not asked for."""
    made = scrypt_of("password", b"NaCl".hex(), (1024, 8, 16))
    assert made.startswith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")


def test_a_contract_keeps_its_name(tmp_path: Path) -> None:
    limits = FIRST.with_contract(Symbol("1000PEPEUSDTM"), ContractLimits(max_position=Lots(5)))
    a_store(tmp_path).save(LimitBook(limits))
    assert a_store(tmp_path).load(GuardLimits())[0].limits == limits
