"""What the window shows is kept: the ladder's columns and ways, through the file and back."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from PySide6.QtCore import QObject, Signal

from terminal.app.settings_keeper import SettingsKeeper
from terminal.domain.sizing import SizeUnit
from terminal.storage.paths import resources
from terminal.storage.settings import Settings, SettingsStore
from terminal.viewmodels.ladder_columns import LadderColumn, shown
from terminal.viewmodels.ladder_options import LADDER, SHIPPED, Centering, to_document
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.tape import TapeViewModel
from terminal.viewmodels.tape_options import TapeOptions
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.desktop import Desktop
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("qapp")


class Layouts(QObject):
    changed = Signal()
    workspace = "default"
    is_locked = False

    def save(self) -> None:
        pass


class NoFurther(QObject):
    """One ladder, and nobody beside it."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.links = SimpleNamespace(written=lambda: {"ladder": "blue XBTUSDTM"})

    def written(self, before: dict[str, Any]) -> dict[str, Any]:
        return before


class Kept:
    """A keeper over a real file, watching a real ladder."""

    def __init__(self, folder: Path, desktop: Desktop) -> None:
        self.store = SettingsStore(folder, FakeClock())
        settings, _ = self.store.load()
        self.parent = QObject()
        self.keeper = SettingsKeeper(self.store, settings, self.parent)
        theme = Theme.load(resources() / "themes", "dark")
        self.tape = TapeViewModel(
            desktop.workspace,
            cast("Any", None),
            desktop.clock,
            desktop.bench.notices,
            desktop.frame,
            self.parent,
        )
        self.ladders = NoFurther()
        program = SimpleNamespace(
            workspace=desktop.workspace,
            ladder=desktop.ladder,
            ladders=self.ladders,
            tape=self.tape,
            theme=theme,
            chart=None,
        )
        self.layouts = Layouts()
        self.keeper.watch(cast("Any", program), cast("Any", self.layouts))


async def test_the_ladder_looks_as_it_was_left(tmp_path: Path) -> None:
    first, second = Desktop(), Desktop()
    kept = Kept(tmp_path, first)
    columns = shown(SHIPPED.columns, LadderColumn.PNL, is_shown=True)
    chosen = replace(SHIPPED, columns=columns, centering=Centering.DRIFT, drift_ticks=7)
    first.ladder.set_options(chosen)
    kept.keeper.save()

    Kept(tmp_path, second)

    assert second.ladder.options == chosen
    assert second.ladder.axis.drift_ticks == 7
    for desktop in (first, second):
        await desktop.bench.owner.close()


async def test_the_tape_is_read_as_it_was_left(tmp_path: Path) -> None:
    first, second = Desktop(), Desktop()
    chosen = TapeOptions(joins_bursts=False, least_lots=5, large_lots=500, alerts=True)
    kept = Kept(tmp_path, first)
    kept.tape.set_options(chosen)
    kept.keeper.save()

    assert Kept(tmp_path, second).tape.options == chosen
    for desktop in (first, second):
        await desktop.bench.owner.close()


async def test_units_of_sizes_are_kept_by_contract_and_lots_for_all(tmp_path: Path) -> None:
    desktop = await Desktop().start()
    kept = Kept(tmp_path, desktop)
    desktop.ladder.choose_size(3)
    desktop.ladder.choose_unit(1)
    desktop.ladder.store_size_text(2, "0.07")
    kept.keeper.save()

    settings, _ = kept.store.load()
    assert (settings.sizes, settings.chosen_size) == ((1, 5, 10, 25, 100), 3)
    again = Sizes(settings.sizes, settings.chosen_size)
    again.restore(settings.contract_sizes)
    again.follow(desktop.ladder.foot.basis)
    again.enter(XBT)
    assert (again.unit, again.chosen, again.current) == (SizeUnit.COIN, 2, 70)
    again.enter("ETHUSDTM")
    assert (again.unit, again.chosen, again.current) == (SizeUnit.LOTS, 3, 10)
    await desktop.stop()


async def test_what_a_later_version_wrote_stays_until_something_is_changed(tmp_path: Path) -> None:
    desktop = Desktop()
    later = {"version": 99, "columns": ["holograms"]}
    other = {"version": 1, "centering": "always"}
    SettingsStore(tmp_path, FakeClock()).save(Settings(ladders={LADDER: later, "second": other}))
    kept = Kept(tmp_path, desktop)
    assert desktop.ladder.options == SHIPPED
    kept.keeper.save()
    assert kept.store.load()[0].ladders == {LADDER: later, "second": other}
    desktop.ladder.set_options(replace(SHIPPED, is_spread_collapsed=True))
    kept.keeper.save()
    written = json.loads(kept.store.path.read_text(encoding="utf-8"))["ladders"]
    assert written == {LADDER: to_document(desktop.ladder.options), "second": other}
    await desktop.bench.owner.close()


async def test_links_are_stored_beside_those_of_panels_that_are_not_there(tmp_path: Path) -> None:
    desktop = Desktop()
    SettingsStore(tmp_path, FakeClock()).save(Settings(links={"tape": "gold XBTUSDM"}))
    kept = Kept(tmp_path, desktop)
    kept.keeper.save()
    assert kept.store.load()[0].links == {"tape": "gold XBTUSDM", "ladder": "blue XBTUSDTM"}
    await desktop.bench.owner.close()
