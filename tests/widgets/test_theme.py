"""Palettes: complete, readable, and with colours that can be told apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QCheckBox

from terminal.storage.paths import resources
from terminal.storage.settings import DENSITIES as SETTABLE
from terminal.storage.settings import THEMES
from terminal.widgets.theme import (
    COLOR_BLIND,
    COLOR_ROLES,
    DENSITIES,
    Theme,
    ThemeError,
    read_palette,
    theme_label,
)

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = resources() / "themes"
GROUNDS = ("window", "panel", "raised")
TEXTS = (
    "text",
    "text_dim",
    "text_off",
    "buy",
    "sell",
    "accent",
    "caution",
    "danger",
    "demo",
    "live",
)
BADGES = (
    "buy",
    "sell",
    "accent",
    "caution",
    "danger",
    "keyboard_armed",
    "mouse_armed",
    "demo",
    "live",
)
MARKS = ("accent", "caution", "danger", "keyboard_armed", "mouse_armed", "demo", "live")
# How those see who lack one kind of cone, in linear RGB: Machado, Oliveira and Fernandes 2009.
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)


def linear(color: str) -> list[float]:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2."""
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def lab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """CIE 1976 L*a*b* of linear RGB under D65: equal distances look about equally far apart."""
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883

    def root(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    return 116 * root(y) - 16, 500 * (root(x) - root(y)), 200 * (root(y) - root(z))


def difference(one: str, other: str, eyes: tuple[tuple[float, ...], ...]) -> float:
    """How far apart two colours look to such eyes."""

    def seen(color: str) -> tuple[float, float, float]:
        parts = linear(color)
        red, green, blue = (
            min(1.0, max(0.0, sum(share * part for share, part in zip(row, parts, strict=True))))
            for row in eyes
        )
        return lab(red, green, blue)

    return math.dist(seen(one), seen(other))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=THEMES)
def palette(request: pytest.FixtureRequest) -> dict[str, str]:
    return read_palette(FOLDER / f"{request.param}.toml")


def test_every_theme_that_can_be_set_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(THEMES)


def test_the_measure_is_the_one_of_the_recommendation() -> None:
    """Black on white is 21 to 1; the grey 767676 is the well-known last one that can be read."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("role", TEXTS)
def test_texts_can_be_read(palette: dict[str, str], role: str, ground: str) -> None:
    """WCAG 2, 1.4.3: at least 4.5 to 1 for texts of our sizes."""
    assert contrast(palette[role], palette[ground]) >= 4.5


@pytest.mark.parametrize("role", BADGES)
def test_words_on_badges_can_be_read(palette: dict[str, str], role: str) -> None:
    """A badge has the ground of a role and the window's colour as its text."""
    assert contrast(palette["window"], palette[role]) >= 4.5


@pytest.mark.parametrize("ground", [*GROUNDS, "buy_ground", "sell_ground"])
@pytest.mark.parametrize("role", MARKS)
def test_frames_and_marks_can_be_seen(palette: dict[str, str], role: str, ground: str) -> None:
    """WCAG 2, 1.4.11: at least 3 to 1 for what is drawn and carries meaning."""
    assert contrast(palette[role], palette[ground]) >= 3.0


def test_a_chosen_entry_can_be_read(palette: dict[str, str]) -> None:
    """Menus and lists choose with the strong line's colour, selected text with the accent."""
    assert contrast(palette["text"], palette["line_strong"]) >= 4.5
    assert contrast(palette["window"], palette["accent"]) >= 4.5


def test_digits_of_the_ladder_stand_out(palette: dict[str, str]) -> None:
    for role, ground in (
        ("text", "raised"),
        ("buy", "buy_ground"),
        ("sell", "sell_ground"),
        ("buy", "panel"),
        ("sell", "panel"),
    ):
        assert contrast(palette[role], palette[ground]) >= 7.0, (role, ground)


@pytest.mark.parametrize("name", [name for name in THEMES if "high-contrast" in name])
def test_high_contrast_is_high(name: str) -> None:
    """WCAG 2, 1.4.6 for every text, 1.4.11 for every line that separates."""
    colors = read_palette(FOLDER / f"{name}.toml")
    for ground in GROUNDS:
        assert contrast(colors["text"], colors[ground]) >= 18
        for role in (*TEXTS, *MARKS):
            assert contrast(colors[role], colors[ground]) >= 7.0, (role, ground)
    for role, ground in (("buy", "buy_ground"), ("sell", "sell_ground")):
        assert contrast(colors[role], colors[ground]) >= 8.5
    assert contrast(colors["line_strong"], colors["panel"]) >= 3.0


def test_every_theme_has_its_colour_blind_pair() -> None:
    """The pair is a switch of its own: it changes sides and what would be taken for one."""
    for name in THEMES:
        usual = name.removesuffix(COLOR_BLIND)
        assert usual + COLOR_BLIND in THEMES
        palettes = [read_palette(FOLDER / f"{one}.toml") for one in (usual, usual + COLOR_BLIND)]
        differing = {role for role in COLOR_ROLES if palettes[0][role] != palettes[1][role]}
        assert differing <= {"buy", "buy_ground", "sell", "sell_ground", "accent", "caution"}


def test_the_densities_are_those_that_can_be_set() -> None:
    assert set(DENSITIES) == set(SETTABLE)


@pytest.mark.usefixtures("qapp")
def test_letters_and_all_around_them_grow_together_and_hairlines_stay() -> None:
    usual, twice = Theme.load(FOLDER, "dark"), Theme.load(FOLDER, "dark", 2.0)
    assert (twice.base_px, twice.row_height) == (2 * usual.base_px, 2 * usual.row_height)
    assert twice.font.pixelSize() == 24
    assert twice.px(9) == 18
    assert "padding: 3px 22px" not in twice.style_sheet
    assert "min-height: 36px" in twice.style_sheet
    assert "font-size: 24px" in twice.style_sheet, "it is not doubled twice"
    assert "border: 1px solid" in twice.style_sheet
    assert "border: 2px solid" not in twice.style_sheet.split("#start_window")[0]
    roomy = Theme.load(FOLDER, "dark", row_scale=DENSITIES["roomy"])
    assert roomy.row_height > usual.row_height
    assert roomy.base_px == usual.base_px


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


@pytest.mark.parametrize("eyes", [PROTANOPIA, DEUTERANOPIA], ids=("protanopia", "deuteranopia"))
@pytest.mark.parametrize("name", [name for name in THEMES if "colour-blind" in name])
def test_colour_blind_eyes_tell_the_sides_apart(
    name: str, eyes: tuple[tuple[float, ...], ...]
) -> None:
    """Further apart than they are in the usual themes, and by far enough."""
    safe = read_palette(FOLDER / f"{name}.toml")
    usual = read_palette(FOLDER / f"{name.removesuffix('-colour-blind')}.toml")
    seen = difference(safe["buy"], safe["sell"], eyes)
    assert seen >= 60
    assert seen > 2 * difference(usual["buy"], usual["sell"], eyes)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", THEMES)
def test_a_theme_loads_and_fills_its_style_sheet(name: str) -> None:
    theme = Theme.load(FOLDER, name)
    assert theme.color("buy").isValid()
    assert set(theme.colors) == set(COLOR_ROLES)
    for role in COLOR_ROLES:
        assert f"{{{role}}}" not in theme.style_sheet
    assert Theme.load(FOLDER, name, 1.5).row_height > theme.row_height


@pytest.mark.usefixtures("qapp")
def test_a_theme_switches_its_colours_and_tells() -> None:
    theme = Theme.load(FOLDER, "dark")
    told: list[str] = []
    theme.changed.connect(lambda: told.append(theme.name))
    assert theme.choices == {
        "dark": "Dark",
        "dark-colour-blind": "Dark, colour-blind safe",
        "high-contrast": "High contrast",
        "high-contrast-colour-blind": "High contrast, colour-blind safe",
        "light": "Light",
        "light-colour-blind": "Light, colour-blind safe",
    }
    theme.switch_to("dark")
    assert told == [], "it is the same"
    before = theme.style_sheet
    theme.switch_to("light")
    assert told == ["light"]
    assert theme.color("panel").name().upper() == "#FFFFFF"
    assert theme.qt_palette.base().color() == theme.color("panel")
    assert theme.style_sheet != before
    with pytest.raises(ThemeError, match=r"pink\.toml"):
        theme.switch_to("pink")
    assert theme.name == "light"
    assert told == ["light"]


@pytest.mark.usefixtures("qapp")
def test_a_theme_from_no_folder_has_no_choice() -> None:
    theme = Theme(read_palette(FOLDER / "dark.toml"), "")
    assert theme.choices == {}
    with pytest.raises(ThemeError, match="no folder"):
        theme.switch_to("light")


def test_a_theme_file_that_says_no_name_goes_by_its_own(tmp_path: Path) -> None:
    for name, text in (("plain", "[colors]"), ("broken", "x"), ("odd", "name = 5")):
        (tmp_path / f"{name}.toml").write_text(text)
        assert theme_label(tmp_path / f"{name}.toml") == name


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


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", THEMES)
def test_a_checked_box_has_a_tick_that_stands_out_from_its_ground(name: str) -> None:
    theme = Theme.load(FOLDER, name)
    box = QCheckBox("on")
    box.setStyleSheet(theme.style_sheet)
    box.setChecked(True)
    box.resize(box.sizeHint())
    picture = box.grab().toImage()
    accent, size = theme.color("accent").lightnessF(), 13
    found = [
        abs(picture.pixelColor(x, y).lightnessF() - accent)
        for x in range(2, size)
        for y in range(box.height() // 2 - 5, box.height() // 2 + 5)
    ]
    assert max(found) > 0.3
    assert sum(difference < 0.1 for difference in found) > len(found) // 3
    box.deleteLater()
