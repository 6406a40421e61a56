"""The settings dialog: what it shows, what lets a choice hold at once, and how it is stored."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Slot

from terminal.app.safety import DEMO_STOPS
from terminal.app.safety_panels import kill_kind
from terminal.session.clearing import ClearingKind
from terminal.session.notices import NoticeLevel
from terminal.storage.settings import distance_word
from terminal.viewmodels.key_map import effective_keys, own_keys
from terminal.viewmodels.settings_appearance import AppearanceChoices, AppearancePageViewModel
from terminal.viewmodels.settings_keys import KeysPageViewModel
from terminal.viewmodels.settings_trading import TradingChoices, TradingPageViewModel
from terminal.widgets.limits import show_limits
from terminal.widgets.settings import SettingsPages, show_settings
from terminal.widgets.theme import COLOR_BLIND, ThemeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.app.settings_keeper import SettingsKeeper
    from terminal.app.wiring import Program
    from terminal.storage.settings import Settings
    from terminal.viewmodels.keys import Chord, LadderAction

SETTINGS_KEY = "Ctrl+,"
ENTRY = "&Settings\N{HORIZONTAL ELLIPSIS}"
DEMO_STOPS_NOTE = "The exchange of the demo keeps waiting stops; there is nothing to choose here."


@final
class SettingPages(QObject):
    """Lets what is chosen hold in a running program, and the keeper store it."""

    def __init__(self, program: Program, keeper: SettingsKeeper, *, is_demo: bool) -> None:
        super().__init__(keeper)
        self._program = program
        self._keeper = keeper
        self._is_demo = is_demo
        frame, settings = program.frame, keeper.settings
        self.pages = SettingsPages(
            TradingPageViewModel(
                replace(trading_choices(settings), fuse_stops=DEMO_STOPS)
                if is_demo
                else trading_choices(settings),
                self._take_trading,
                frame,
                stops_note=DEMO_STOPS_NOTE if is_demo else "",
            )
            if program.backend.has_account
            else None,
            AppearancePageViewModel(self._appearance(), self._take_appearance, frame),
            KeysPageViewModel(
                lambda: program.ladder.keys, self._take_keys, program.window.taken_keys, frame
            ),
        )
        program.theme.changed.connect(self._on_theme)

    # Trading ---------------------------------------------------------------------------------

    def _take_trading(self, choices: TradingChoices) -> None:
        program, before = self._program, self._keeper.settings
        if self._is_demo:  # what its exchange does says nothing of others
            choices = replace(choices, fuse_stops=before.fuse_stops)
        self._keeper.change(with_trading(before, choices))
        program.safety.kill_switch.kind = choices.kill
        program.safety.fuse.timeout_s = choices.fuse_timeout_s
        program.ladders.take_habits(self._keeper.settings.habits)
        # What is known of stops is a term of the fuse's start: it holds from the next one on.

    # Appearance ------------------------------------------------------------------------------

    def _appearance(self) -> AppearanceChoices:
        settings, name = self._keeper.settings, self._program.theme.name
        return AppearanceChoices(
            name.removesuffix(COLOR_BLIND),
            name.endswith(COLOR_BLIND),
            settings.text_percent,
            settings.density,
        )

    def _take_appearance(self, choices: AppearanceChoices) -> str:
        name = choices.theme + (COLOR_BLIND if choices.is_colour_blind else "")
        try:
            self._program.theme.switch_to(name)
        except ThemeError as error:
            return f"This theme cannot be shown: {error}. The one before stays."
        settings = self._keeper.settings
        self._keeper.change(
            replace(settings, text_percent=choices.text_percent, density=choices.density)
        )
        return ""

    @Slot()
    def _on_theme(self) -> None:
        """The theme can be chosen in the menu, too."""
        self.pages.appearance.show(self._appearance())

    # Keys ------------------------------------------------------------------------------------

    def _take_keys(self, keys: Mapping[Chord, LadderAction]) -> None:
        self._program.ladder.set_keys(keys)
        self._keeper.change(replace(self._keeper.settings, keys=own_keys(keys)))


def add_settings(program: Program, keeper: SettingsKeeper, *, is_demo: bool) -> SettingPages:
    """Let the stored keys hold, and put the dialog into the program's menu."""
    keys, problems = effective_keys(keeper.settings.keys)
    program.ladder.set_keys(keys)
    for words in problems:
        program.backend.notices.post(NoticeLevel.WARNING, "app", words)
    made = SettingPages(program, keeper, is_demo=is_demo)
    for page in made.pages:
        if page is not None:
            page.set_paused(True)  # until the dialog is shown
            page.start()
            program.view_models = (*program.view_models, page)
    theme, window, meter = program.theme, program.window, program.frame.meter
    limits = partial(show_limits, program.limits, theme, window)
    show = partial(show_settings, made.pages, theme, meter, window, limits)
    window.add_program_action(ENTRY, SETTINGS_KEY, show)
    return made


def trading_choices(settings: Settings) -> TradingChoices:
    """What the settings say about trading."""
    protection = settings.protection
    return TradingChoices(
        kill=kill_kind(settings),
        fuse_timeout_s=settings.fuse_timeout_s,
        fuse_at_start=settings.fuse_at_start,
        fuse_stops=settings.fuse_stops,
        reference=protection.reference,
        distance=protection.distance,
        bracket_loss_ticks=settings.bracket_loss_ticks,
        bracket_profit_ticks=settings.bracket_profit_ticks,
        gap_ticks=settings.gap_ticks,
        hold_ms=settings.ladder_hold_ms,
        disarms_on_focus_loss=settings.ladder_disarms_on_focus_loss,
        infers_type=settings.ladder_infers_type,
        acts_on_release=settings.ladder_acts_on_release,
        other_button=settings.ladder_other_button,
    )


def with_trading(settings: Settings, choices: TradingChoices) -> Settings:
    """The settings with other choices of trading."""
    return replace(
        settings,
        kill_keeps_exits=choices.kill is ClearingKind.ENTRIES,
        kill_flattens=choices.kill is ClearingKind.FLATTEN,
        fuse_timeout_s=choices.fuse_timeout_s,
        fuse_at_start=choices.fuse_at_start,
        fuse_stops=choices.fuse_stops,
        stop_reference=choices.reference.value,
        stop_distance=choices.distance.value,
        stop_distance_unit=distance_word(choices.distance.unit),
        bracket_loss_ticks=choices.bracket_loss_ticks,
        bracket_profit_ticks=choices.bracket_profit_ticks,
        gap_ticks=choices.gap_ticks,
        ladder_hold_ms=choices.hold_ms,
        ladder_disarms_on_focus_loss=choices.disarms_on_focus_loss,
        ladder_infers_type=choices.infers_type,
        ladder_acts_on_release=choices.acts_on_release,
        ladder_other_button=choices.other_button,
    )
