"""The command palette finds, chooses, and never acts for what may not act."""

from __future__ import annotations

from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.palette import MOST, NOTHING, PaletteCommand, PaletteViewModel


def a_palette(*commands: PaletteCommand) -> PaletteViewModel:
    palette = PaletteViewModel("Commands", "Type", (lambda: commands,), HandFrameClock())
    palette.begin()
    return palette


def a_command(words: str, why_not: str = "") -> PaletteCommand:
    return PaletteCommand(words, "Ladder", "", list, why_not)


def names(palette: PaletteViewModel) -> list[str]:
    return [command.words for command in palette.view.rows]


def test_letters_narrow_the_list_and_the_first_is_chosen() -> None:
    palette = a_palette(a_command("Cancel the buys"), a_command("Flatten"), a_command("Buy"))
    assert names(palette) == ["Cancel the buys", "Flatten", "Buy"]
    palette.set_text("buy")
    assert set(names(palette)) == {"Buy", "Cancel the buys"}
    assert palette.view.chosen == 0
    palette.set_text("qqq")
    assert (palette.view.chosen, palette.view.message) == (-1, NOTHING)
    assert palette.take() is None


def test_arrows_stay_inside_the_list() -> None:
    palette = a_palette(a_command("A"), a_command("B"))
    palette.move(-1)
    assert palette.view.chosen == 0
    palette.move(9)
    assert palette.view.chosen == 1


def test_what_cannot_act_says_why_and_is_not_given() -> None:
    palette = a_palette(a_command("Buy", "Keyboard trading is off: F4 arms it."))
    assert palette.take() is None
    assert palette.view.message == "Keyboard trading is off: F4 arms it."


def test_what_was_run_last_comes_first_next_time() -> None:
    palette = a_palette(a_command("A"), a_command("B"), a_command("C"))
    palette.move(2)
    taken = palette.take()
    assert taken is not None
    assert taken.words == "C"
    palette.begin()
    assert names(palette) == ["C", "A", "B"]


def test_a_long_list_is_cut() -> None:
    assert len(names(a_palette(*(a_command(str(n)) for n in range(500))))) == MOST
