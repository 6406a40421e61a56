"""The file of an exchange: taken at the start, saved meanwhile and at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.__main__ import made
from terminal.simexchange.options import parsed
from terminal.simexchange.saved import files
from terminal.simexchange.saved.keeper import Keeper
from tests.support.deadlines import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.simexchange.server import SimExchange

START = "2026-01-01T00:00:00Z"
USUAL = ("--calm", "--paused")


def started(path: Path, *arguments: str) -> tuple[Keeper, SimExchange]:
    keeper = Keeper(path)
    return keeper, made(parsed(["--state", str(path), *USUAL, *arguments]), keeper)


def test_the_first_start_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    keeper, exchange = started(tmp_path / "s", "--start", START)
    assert keeper.beginning is None
    keeper.save(exchange)
    assert keeper.saved == 1
    assert keeper.longest_s > 0


def test_a_later_start_goes_on_at_its_own_time_but_never_earlier(tmp_path: Path) -> None:
    path = tmp_path / "s"
    keeper, exchange = started(path, "--start", START)
    exchange.clock.advance(3600)
    sequence = exchange.engine.markets["XBTUSDTM"].book.sequence
    keeper.save(exchange)
    _, again = started(path, "--start", START)
    assert again.clock.now_ms() == exchange.clock.now_ms()
    assert again.clock.drift_ms()[0] < 60_000
    assert again.start_ms == exchange.start_ms
    assert again.engine.markets["XBTUSDTM"].book.sequence > sequence
    _, later = started(path, "--start", "2026-01-02T00:00:00Z")
    assert later.clock.now_ms() - exchange.clock.now_ms() == 23 * 3_600_000
    _, now = started(path)
    assert now.clock.now_ms() >= exchange.clock.now_ms()


def test_options_of_the_new_start_win_but_money_stays(tmp_path: Path) -> None:
    """Keys of a name are replaced, new accounts are opened, old ones keep what they have."""
    path, plan = tmp_path / "s", tmp_path / "accounts"
    row = {"name": "desk", "balances": {"main": {"USDT": 5}}, "keys": [{"name": "d"}]}
    plan.write_text(json.dumps({"accounts": [row]}))
    keeper, exchange = started(path, "--accounts", str(plan), "--key", "bot")
    keeper.save(exchange)
    row["balances"] = {"main": {"USDT": 9}}
    plan.write_text(json.dumps({"accounts": [row, {**row, "name": "new", "keys": []}]}))
    _, again = started(
        path, "--accounts", str(plan), "--key", "bot:Spot", "--funding-interval", "60"
    )
    shown = {one["name"]: one for one in again.accounts()}
    assert list(shown) == ["main", "desk", "new"]
    assert [shown[name]["balances"]["main"]["USDT"] for name in ("desk", "new")] == ["5", "9"]
    assert sorted(again.keys) == ["bot", "d", "demo"]
    assert "Spot" in again.keys["bot"].key.permissions
    assert {market.funding_ms for market in again.engine.markets.values()} == {60_000}


def test_another_seed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    keeper, exchange = started(path, "--seed", "3")
    keeper.save(exchange)
    with pytest.raises(files.BadFile, match="was saved with --seed 3"):
        started(path, "--seed", "4")


def test_a_state_of_other_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    keeper, exchange = started(path)
    keeper.save(exchange)
    found = files.read(path)
    assert found is not None
    files.write(path, files.text_of({**found, "classes": []}))
    with pytest.raises(files.BadFile, match="another version"):
        started(path)
    files.write(path, files.text_of({**found, "seed": None}))
    with pytest.raises(files.BadFile, match="damaged"):
        started(path)


async def test_it_is_saved_again_and_again_and_a_full_disk_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    keeper, exchange = started(folder / "s")
    keeper.most_share = 1
    async with keeper.saving(exchange, 0.01):
        await eventually(lambda: keeper.saved > 2, "savings")
        (folder / "s").unlink()
        await eventually((folder / "s").exists, "a file")
    (folder / "s").unlink()
    (folder / "s").mkdir()
    keeper.save_at_last(exchange)
    async with keeper.saving(exchange, 0.01):
        count = keeper.saved
        await eventually(lambda: keeper.saved > count + 2, "more savings")
    assert "was not saved: " in capsys.readouterr().err
