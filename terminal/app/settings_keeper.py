"""Keeps the settings on disk: what the window shows is stored a moment after it has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from PySide6.QtCore import QObject, QTimer, Slot

from terminal.domain.candles import CandleInterval
from terminal.session.notices import NoticeLevel
from terminal.viewmodels import tape_options
from terminal.viewmodels.chart_view import ChartPart
from terminal.viewmodels.ladder_options import LADDER, from_document, to_document

if TYPE_CHECKING:
    from terminal.app.layouts import LayoutKeeper
    from terminal.app.wiring import Program
    from terminal.storage.settings import Settings, SettingsStore
    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.ladder_options import LadderOptions
    from terminal.viewmodels.tape_options import TapeOptions

SAVE_DELAY_MS = 500


@final
class SettingsKeeper(QObject):
    """One window's settings. ``stores`` is off for a tour, which leaves no traces."""

    def __init__(
        self, store: SettingsStore, settings: Settings, parent: QObject, *, stores: bool = True
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self._store = store
        self._stores = stores
        self._program: Program | None = None
        self._layouts: LayoutKeeper | None = None
        self._saver = QTimer(self)
        self._saver.setSingleShot(True)
        self._saver.setInterval(SAVE_DELAY_MS)
        self._saver.timeout.connect(self.save)

    def watch(self, program: Program, layouts: LayoutKeeper) -> None:
        """Store what changes in this window from now on."""
        self._program, self._layouts = program, layouts
        program.ladder.set_options(from_document(self.settings.ladders.get(LADDER)))
        program.tape.set_options(tape_options.from_document(self.settings.tape))
        for changed in (
            program.workspace.contract_changed,
            program.ladders.changed,
            program.ladder.sizes_changed,
            program.ladder.options_changed,
            program.tape.options_changed,
            program.theme.changed,
            layouts.changed,
        ):
            changed.connect(self._on_changed)

    def watch_chart(self, chart: ChartViewModel) -> None:
        """Show the chart as it was left, and store what changes from now on."""
        words = self.settings.chart_interval
        left = next((one for one in CandleInterval if one.text == words), None)
        if left is not None:
            chart.choose_interval(left)
        for part in ChartPart:
            if part.name.lower() in self.settings.chart_hides:
                chart.show_part(part, is_shown=False)
        chart.options_changed.connect(self._on_changed)

    def change(self, settings: Settings) -> None:
        """Take over what somebody has set, and store it in a moment.

        What the window shows is not taken from it: the window itself says that.
        """
        self.settings = settings
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        if not self._saver.isActive():
            self._saver.start()

    @Slot()
    def save(self) -> None:
        """Store all of it now."""
        self._saver.stop()
        program, layouts = self._program, self._layouts
        if program is None or layouts is None or not self._stores:
            return
        self.settings = self._now(program, layouts)
        try:
            self._store.save(self.settings)
        except OSError as error:
            words = f"The settings could not be saved: {error.strerror or error}."
            program.backend.notices.post(NoticeLevel.WARNING, "app", words)
        layouts.save()

    def _ladders(self, options: LadderOptions) -> dict[str, dict[str, Any]]:
        """Every ladder's choices. What another version wrote stays until something is changed."""
        before = self.settings.ladders
        if options == from_document(before.get(LADDER)):
            return before
        return {**before, LADDER: to_document(options)}

    def _tape(self, options: TapeOptions) -> dict[str, Any]:
        """The tape's choices, kept as a ladder's."""
        before = self.settings.tape
        if options == tape_options.from_document(before):
            return before
        return tape_options.to_document(options)

    def _now(self, program: Program, layouts: LayoutKeeper) -> Settings:
        before, chart = self.settings, program.chart
        market, sizes = program.workspace.market, program.ladder.trading.sizes
        hidden = (
            () if chart is None else sorted(set(ChartPart) - chart.parts, key=list(ChartPart).index)
        )
        return replace(
            before.with_theme(program.theme.name),
            contract=before.contract if market is None else str(market.contract.symbol),
            sizes=tuple(int(size) for size in sizes.stored),
            chosen_size=sizes.chosen_lots,
            contract_sizes={**before.contract_sizes, **sizes.documents()},
            ladders=program.ladders.written(self._ladders(program.ladder.options)),
            links={**before.links, **program.ladders.links.written()},
            tape=self._tape(program.tape.options),
            workspace=layouts.workspace,
            layout_locked=layouts.is_locked,
            chart_interval=before.chart_interval if chart is None else chart.interval.text,
            chart_hides=before.chart_hides
            if chart is None
            else tuple(part.name.lower() for part in hidden),
        )
