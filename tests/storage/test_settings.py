"""Settings survive everything, and a damaged file is never lost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import StopReference
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.protection import DistanceUnit, ProtectionSettings, StopDistance
from terminal.storage.settings import Settings, SettingsStore
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


def a_store(folder: Path) -> SettingsStore:
    return SettingsStore(folder / "config", FakeClock())


def test_defaults_without_a_file_and_back_again(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.load() == (Settings(), "")
    changed = Settings(theme="light", sizes=(2, 4, 6, 8, 10), max_order_value=Decimal("1E+3"))
    store.save(changed)
    assert store.load() == (changed, "")
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]


def test_keys_of_another_version_are_kept(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(Settings())
    document = json.loads(store.path.read_text())
    store.path.write_text(json.dumps({**document, "version": 9, "new_thing": {"a": [1]}}))
    settings, problem = store.load()
    assert problem == ""
    store.save(settings)
    assert json.loads(store.path.read_text())["new_thing"] == {"a": [1]}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        '{"theme": 5}',
        '{"sizes": [1, 2, 3]}',
        '{"sizes": [1, 2, 3, 4, 0]}',
        '{"chosen_size": 6}',
        '{"max_order_lots": true}',
        '{"max_order_value": "NaN"}',
        '{"max_order_value": "lots"}',
        '{"collar_ticks": -1}',
        '{"collar_ticks": 1000000001}',
        '{"max_order_value": "1e999999"}',
        pytest.param("[" * 200_000, id="deep"),
        '{"contract": 5}',
        '{"stop_reference": "bid"}',
        '{"stop_distance": "0"}',
        '{"stop_distance_unit": "miles"}',
        '{"bracket_loss_ticks": 0}',
        '{"quiet_naked": "XBTUSDTM"}',
        '{"fuse_timeout_s": 4}',
        '{"fuse_timeout_s": 86401}',
        '{"fuse_stops": "maybe"}',
        '{"fuse_symbols": "XBTUSDTM"}',
        '{"kill_flattens": 1}',
        '{"proxy": 5}',
        '{"proxy": "127.0.0.1:3128"}',
        '{"proxy": "http://127.0.0.1:port"}',
        '{"proxy": "socks5://127.0.0.1:1080"}',
        '{"proxy": "http://user:word@127.0.0.1:3128"}',
    ],
)
def test_a_damaged_file_is_kept_aside_and_the_user_is_told(tmp_path: Path, content: str) -> None:
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_text(content)
    settings, problem = store.load()
    assert settings == Settings()
    (aside,) = store.path.parent.glob("settings.json.damaged-*")
    assert aside.read_text() == content
    assert aside.name in problem
    assert store.load() == (Settings(), "")


@pytest.mark.parametrize(
    ("theme", "said"), [("sepia", "no theme named sepia"), ("\n", "no theme,")]
)
def test_a_theme_of_another_version_costs_nothing_else(
    tmp_path: Path, theme: str, said: str
) -> None:
    """The default is shown and that is said; the word stays until another theme is chosen."""
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_text(json.dumps({"theme": theme, "contract": "ETHUSDTM"}))
    settings, problem = store.load()
    assert (settings.theme, settings.contract) == ("dark", "ETHUSDTM")
    assert said in problem
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]
    store.save(settings.with_theme("dark"))
    assert json.loads(store.path.read_text())["theme"] == theme
    assert store.load() == (settings, problem)
    chosen = settings.with_theme("light")
    store.save(chosen)
    assert store.load()[0].theme == "light"
    store.save(chosen.with_theme("dark"))
    assert store.load() == (Settings(contract="ETHUSDTM"), "")


def test_bytes_that_are_no_text_are_damage_too(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_bytes(b"\xff\xfe\x00")
    assert store.load()[1]
    assert list(store.path.parent.glob("settings.json.damaged-*"))


def test_every_setting_is_read_and_written(tmp_path: Path) -> None:
    """A setting that is written but not read would be lost at the next start."""
    store = a_store(tmp_path)
    store.save(Settings())
    document: dict[str, Any] = json.loads(store.path.read_text())
    names = {name for name in Settings.__slots__ if name != "unknown"}
    assert set(document) == names | {"version"}
    settings, _ = store.load()
    assert not settings.unknown


def test_what_the_user_saw_the_exchanges_timer_do_is_kept(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert Settings().fuse_stops is StopsFate.UNKNOWN
    store.save(Settings(fuse_stops=StopsFate.CANCELED, fuse_symbols=("XBTUSDTM",)))
    assert json.loads(store.path.read_text())["fuse_stops"] == "canceled"
    settings, _ = store.load()
    assert (settings.fuse_stops, settings.fuse_symbols) == (StopsFate.CANCELED, ("XBTUSDTM",))


def test_limits_come_from_the_settings() -> None:
    limits = Settings(max_order_lots=7, max_order_value=Decimal(5), collar_ticks=3).limits
    assert limits.max_lots == 7
    assert limits.max_value == 5
    assert limits.collar_ticks == 3


def test_a_proxy_is_an_address_without_a_password(tmp_path: Path) -> None:
    """The settings hold no secrets; spaces around an address do not matter."""
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_text(json.dumps({"proxy": " http://127.0.0.1:3128 "}))
    assert store.load()[0].proxy == "http://127.0.0.1:3128"


def test_damaged_settings_can_be_looked_at_without_being_moved(tmp_path: Path) -> None:
    """A look changes nothing on the disk, and says the same about settings that are well."""
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_text("{")
    settings, problem = store.look()
    assert settings == Settings()
    assert problem.startswith("The settings cannot be read")
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]
    store.save(Settings(chosen_size=5))
    assert store.look() == store.load()


def test_how_positions_are_protected_comes_from_the_settings(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    wanted = Settings(
        stop_reference="last",
        stop_distance=Decimal("25.5"),
        stop_distance_unit="liquidation",
        bracket_loss_ticks=7,
        bracket_profit_ticks=9,
        gap_ticks=3,
        quiet_naked=("XBTUSDTM",),
    )
    store.save(wanted)
    assert store.load()[0] == wanted
    protection = wanted.protection
    assert protection.reference is StopReference.LAST
    assert protection.distance == StopDistance(DistanceUnit.LIQUIDATION_SHARE, Decimal("25.5"))
    assert (protection.bracket_loss_ticks, protection.bracket_profit_ticks) == (7, 9)
    assert protection.gap_ticks == 3
    assert protection.quiet == {"XBTUSDTM"}
    assert Settings().protection == ProtectionSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text_percent", 99),
        ("text_percent", 201),
        ("text_percent", "150"),
        ("density", "huge"),
        ("keys", []),
        ("keys", {"BUY": "J"}),
        ("keys", {"BUY": [5]}),
        ("ladder_hold_ms", 401),
        ("ladder_hold_ms", -1),
        ("ladder_hold_ms", True),
        ("ladder_acts_on_release", 1),
        ("ladder_other_button", "both"),
        ("ladder_other_button", 2),
    ],
)
def test_a_value_that_can_do_without_costs_nothing_else(
    tmp_path: Path, name: str, value: object
) -> None:
    """Its default is used, a sentence says so, and all the rest holds."""
    store = a_store(tmp_path)
    store.save(Settings(max_order_lots=7))
    document = json.loads(store.path.read_text())
    store.path.write_text(json.dumps({**document, name: value}))
    settings, problem = store.load()
    assert settings == Settings(max_order_lots=7)
    assert name in problem
    assert "default" in problem
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]


def test_settings_of_version_2_mean_the_same_in_version_3(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_text('{"version": 2, "theme": "light", "collar_ticks": 33}')
    settings, problem = store.load()
    assert problem == ""
    assert settings == Settings(theme="light", collar_ticks=33)
    assert settings.habits == LadderHabits()
    store.save(settings)
    assert json.loads(store.path.read_text())["version"] == 3


def test_keys_and_habits_come_back_as_they_were_stored(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    changed = Settings(
        text_percent=150,
        density="roomy",
        keys={"BUY": ("J", "Ctrl+Shift+J"), "FLATTEN": ()},
        ladder_hold_ms=400,
        ladder_infers_type=True,
        ladder_other_button=OtherButton.NET_SIZE,
        contract_sizes={"XBTUSDTM": {"unit": "value", "chosen": 2}},
    )
    store.save(changed)
    assert store.load() == (changed, "")
    assert changed.habits == LadderHabits(
        hold_ms=400, infers_type=True, other_button=OtherButton.NET_SIZE
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"ladder": {"version": 1}}, {"ladder": {"version": 1}}),
        ({"ladder": 7, "second": {"a": 1}}, {"second": {"a": 1}}),
        ([1, 2], {}),
        (None, {}),
    ],
)
def test_how_ladders_look_never_costs_the_limits(
    tmp_path: Path, written: object, read: object
) -> None:
    """What is no choice of a ladder is left out, everything else is kept."""
    (tmp_path / "settings.json").write_text(
        json.dumps({"version": 2, "max_order_lots": 77, "ladders": written}), encoding="utf-8"
    )

    settings, problem = SettingsStore(tmp_path, FakeClock()).load()

    assert (settings.max_order_lots, settings.ladders, problem) == (77, read, "")
