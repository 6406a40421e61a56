"""Palettes: complete, readable, and with colours that can be told apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from terminal.storage.paths import resources
from terminal.storage.settings import THEMES
from terminal.widgets.theme import COLOR_ROLES, Theme, ThemeError, read_palette

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = resources() / "themes"
GROUNDS = ("window", "panel", "raised")


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=THEMES)
def palette(request: pytest.FixtureRequest) -> dict[str, str]:
    return read_palette(FOLDER / f"{request.param}.toml")


def test_every_theme_that_can_be_set_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(THEMES)


@pytest.mark.parametrize("ground", GROUNDS)
def test_texts_can_be_read(palette: dict[str, str], ground: str) -> None:
    for role in ("text", "text_dim", "caution", "danger", "accent", "buy", "sell"):
        assert contrast(palette[role], palette[ground]) >= 4.5, role


def test_what_is_off_can_still_be_read_on_panels(palette: dict[str, str]) -> None:
    assert contrast(palette["text_off"], palette["panel"]) >= 4.5


def test_digits_of_the_ladder_stand_out(palette: dict[str, str]) -> None:
    for role, ground in (
        ("text", "raised"),
        ("buy", "buy_ground"),
        ("sell", "sell_ground"),
        ("buy", "panel"),
        ("sell", "panel"),
    ):
        assert contrast(palette[role], palette[ground]) >= 7.0, (role, ground)


def test_colours_that_meet_differ(palette: dict[str, str]) -> None:
    """In plain RGB distance: coarse, but it fails for colours that look alike."""

    def distance(one: str, other: str) -> float:
        a, b = ([int(palette[role][at : at + 2], 16) for at in (1, 3, 5)] for role in (one, other))
        return math.dist(a, b)

    for one, other in (
        ("buy", "sell"),
        ("keyboard_armed", "mouse_armed"),
        ("demo", "buy"),
        ("demo", "sell"),
        ("caution", "buy"),
        ("caution", "sell"),
        ("accent", "buy"),
    ):
        assert distance(one, other) > 60, (one, other)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", THEMES)
def test_a_theme_loads_and_fills_its_style_sheet(name: str) -> None:
    theme = Theme.load(FOLDER, name)
    assert theme.color("buy").isValid()
    assert set(theme.colors) == set(COLOR_ROLES)
    for role in COLOR_ROLES:
        assert f"{{{role}}}" not in theme.style_sheet
    assert Theme.load(FOLDER, name, 1.5).row_height > theme.row_height


@pytest.mark.parametrize(
    ("text", "words"),
    [("[colors]\nbuy = '#12'", "no colour for"), ("x", "broken.toml"), ("", "no colour for")],
)
def test_a_damaged_palette_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ThemeError, match=words):
        read_palette(path)


def test_a_colour_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    lines = [f'{role} = "{"red" if role == "sell" else "#112233"}"' for role in COLOR_ROLES]
    path.write_text("[colors]\n" + "\n".join(lines))
    with pytest.raises(ThemeError, match="sell is no #RRGGBB"):
        read_palette(path)


@pytest.mark.usefixtures("qapp")
def test_our_own_font_is_used_with_digits_of_one_width(tmp_path: Path) -> None:
    fonts = resources() / "fonts"
    assert (fonts / "OFL.txt").is_file(), "its licence goes with it"
    assert Theme.register_fonts(fonts) == ()
    theme = Theme.load(FOLDER, "dark")
    assert theme.font.family().startswith("Inter")
    assert len({theme.text_width(digit * 8) for digit in "0123456789"}) == 1
    (tmp_path / "broken.otf").write_text("no font")
    assert Theme.register_fonts(tmp_path) == ("broken.otf",)
