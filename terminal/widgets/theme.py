"""Colours and fonts by role. One palette file per theme under ``resources/themes``.

Roles: window, panel and raised are grounds, from far to near; line and line_strong separate; text,
text_dim and text_off are values, labels and what is disabled; buy, sell and their grounds are the
sides, gains and losses; accent is focus and the cursor; caution is stale or pending; danger is
blocked or disconnected; keyboard_armed and mouse_armed frame an armed ladder; demo and live mark
the environment and are never the colour of a side.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.viewmodels.text import Role

COLOR_ROLES = (
    "window",
    "panel",
    "raised",
    "line",
    "line_strong",
    "text",
    "text_dim",
    "text_off",
    "buy",
    "buy_ground",
    "sell",
    "sell_ground",
    "accent",
    "caution",
    "danger",
    "keyboard_armed",
    "mouse_armed",
    "demo",
    "live",
)
FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
BASE_PX = 12
ROW_PX = 19


class ThemeError(ValueError):
    """A palette file that cannot be used; the text says what is wrong with it."""


def read_palette(path: Path) -> dict[str, str]:
    """Read a palette file: every role, each ``#RRGGBB``. Raises ``ThemeError``."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.name}: {error}") from error
    colors = document.get("colors", {})
    missing = [role for role in COLOR_ROLES if role not in colors]
    if missing:
        raise ThemeError(f"{path.name}: no colour for {', '.join(missing)}")
    wrong = [
        role for role in COLOR_ROLES if not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(colors[role]))
    ]
    if wrong:
        raise ThemeError(f"{path.name}: {', '.join(wrong)} is no #RRGGBB")
    return {role: colors[role] for role in COLOR_ROLES}


@final
class Theme:
    """A palette with fonts, prepared once. ``scale`` is the user's density, 1.0 is usual."""

    def __init__(self, palette: dict[str, str], style_template: str, scale: float = 1.0) -> None:
        self.colors = {role: QColor(value) for role, value in palette.items()}
        self.base_px = max(9, round(BASE_PX * scale))
        self.row_height = max(14, round(ROW_PX * scale))
        self.font = _font(self.base_px)
        self.bold_font = _font(self.base_px, QFont.Weight.DemiBold)
        self.small_font = _font(max(8, self.base_px - 1))
        values = {
            **palette,
            "family": self.font.family(),
            "font_px": str(self.base_px),
            "small_px": str(max(8, self.base_px - 1)),
        }
        self.style_sheet = _filled(style_template, values)

    @staticmethod
    def register_fonts(folder: Path) -> tuple[str, ...]:
        """Make the fonts of a folder known to Qt; returns the files that it could not read."""
        return tuple(
            path.name
            for path in sorted(folder.glob("*.otf"))
            if QFontDatabase.addApplicationFont(str(path)) < 0
        )

    @classmethod
    def load(cls, folder: Path, name: str, scale: float = 1.0) -> Theme:
        """Load a theme of ``resources/themes`` by name. Raises ``ThemeError``."""
        palette = read_palette(folder / f"{name}.toml")
        try:
            template = (folder / "tern.qss").read_text(encoding="utf-8")
        except OSError as error:
            raise ThemeError(f"tern.qss: {error}") from error
        return cls(palette, template, scale)

    def color(self, role: Role | str) -> QColor:
        """The colour of a role."""
        return self.colors[role if isinstance(role, str) else role.value]

    def faded(self, role: Role | str, alpha: int) -> QColor:
        """The colour of a role, let through: alpha 0 to 255."""
        color = QColor(self.color(role))
        color.setAlpha(alpha)
        return color

    def text_width(self, text: str) -> int:
        """How wide a text is in the table font, in pixels."""
        return QFontMetrics(self.font).horizontalAdvance(text)


def _filled(template: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def _font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    installed = set(QFontDatabase.families())
    family = next((name for name in FAMILIES if name in installed), "")
    font = (
        QFont(family) if family else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    )
    font.setPixelSize(pixels)
    font.setWeight(weight)
    # Digits of one width, so that columns of numbers stand still.
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
