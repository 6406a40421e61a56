"""Colours and fonts by role. One palette file per theme under ``resources/themes``.

Roles: window, panel and raised are grounds, from far to near; line and line_strong separate; text,
text_dim and text_off are values, labels and what is disabled; buy, sell and their grounds are the
sides, gains and losses; accent is focus and the cursor; caution is stale or pending; danger is
blocked or disconnected; keyboard_armed and mouse_armed frame an armed ladder; demo and live mark
the environment and are never the colour of a side; link_1 to link_4 are panels that follow one
contract, told by their number as well.

There is one ``Theme`` in the program and its colours can change while it runs: who keeps a colour,
a pen or a brush prepares it again when ``changed`` is emitted.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette

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
    "link_1",
    "link_2",
    "link_3",
    "link_4",
)
FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
BASE_PX = 12
ROW_PX = 19
DENSITIES = {"compact": 0.9, "usual": 1.0, "roomy": 1.2}
"""How high rows are, by the word of the settings."""
MIDDLE_LIGHTNESS = 0.5
HAIRLINE_PX = 3
"""Lines up to this width stay as they are when letters grow."""
COLOR_BLIND = "-colour-blind"
"""At the end of a theme's name: the same theme, with sides that colour-blind eyes tell apart."""


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


def theme_label(path: Path) -> str:
    """What a palette file calls itself; its own name when it does not say."""
    try:
        label = tomllib.loads(path.read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError):
        label = None
    return label if isinstance(label, str) and label else path.stem


@final
class Theme(QObject):
    """A palette with fonts. ``scale`` is how large letters and all around them are, 1.0 is usual.

    ``row_scale`` is the user's density: how high rows are beside their letters.

    ``changed`` is emitted after ``switch_to`` has put other colours in place; fonts and sizes stay.
    """

    changed = Signal()

    def __init__(
        self,
        palette: dict[str, str],
        style_template: str,
        scale: float = 1.0,
        folder: Path | None = None,
        name: str = "",
        row_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._template = _scaled(style_template, scale)
        self.scale = scale
        self.base_px = max(9, round(BASE_PX * scale))
        self.row_height = max(14, round(ROW_PX * scale * row_scale))
        self.font = _font(self.base_px)
        self.bold_font = _font(self.base_px, QFont.Weight.DemiBold)
        self.small_font = _font(max(8, self.base_px - 1))
        self._use(name, palette)

    def _use(self, name: str, palette: dict[str, str]) -> None:
        self.name = name
        self.colors = {role: QColor(value) for role, value in palette.items()}
        values = {
            **palette,
            "family": self.font.family(),
            "font_px": str(self.base_px),
            "small_px": str(max(8, self.base_px - 1)),
            "tick": self._tick(),
        }
        self.style_sheet = _filled(self._template, values)

    def _tick(self) -> str:
        """The tick of a checked box, dark on a bright accent and bright on a dark one."""
        if self._folder is None:
            return "none"
        is_bright = self.color("accent").lightnessF() > MIDDLE_LIGHTNESS
        name = "tick.svg" if is_bright else "tick-light.svg"
        return f'url("{(self._folder.parent / "icons" / name).as_posix()}")'

    @property
    def choices(self) -> dict[str, str]:
        """The themes that can be switched to: their names, and what they are called."""
        files = [] if self._folder is None else sorted(self._folder.glob("*.toml"))
        return {path.stem: theme_label(path) for path in files}

    def switch_to(self, name: str) -> None:
        """Take the colours of another theme of the same folder and tell everyone.

        Raises ``ThemeError`` and changes nothing when that theme cannot be used.
        """
        if self._folder is None:
            raise ThemeError("this theme comes from no folder")
        if name != self.name:
            self._use(name, read_palette(self._folder / f"{name}.toml"))
            self.changed.emit()

    @property
    def qt_palette(self) -> QPalette:
        """For what no style sheet reaches: placeholders, links, native parts."""
        groups, roles = QPalette.ColorGroup, QPalette.ColorRole
        palette = QPalette()
        for role, name in _QT_ROLES.items():
            palette.setColor(role, self.color(name))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(groups.Disabled, role, self.color("text_off"))
        return palette

    @staticmethod
    def register_fonts(folder: Path) -> tuple[str, ...]:
        """Make the fonts of a folder known to Qt; returns the files that it could not read."""
        return tuple(
            path.name
            for path in sorted(folder.glob("*.otf"))
            if QFontDatabase.addApplicationFont(str(path)) < 0
        )

    @classmethod
    def load(cls, folder: Path, name: str, scale: float = 1.0, *, row_scale: float = 1.0) -> Theme:
        """Load a theme of ``resources/themes`` by name. Raises ``ThemeError``."""
        palette = read_palette(folder / f"{name}.toml")
        try:
            template = (folder / "tern.qss").read_text(encoding="utf-8")
        except OSError as error:
            raise ThemeError(f"tern.qss: {error}") from error
        return cls(palette, template, scale, folder, name, row_scale)

    def color(self, role: Role | str) -> QColor:
        """The colour of a role."""
        return self.colors[role if isinstance(role, str) else role.value]

    def faded(self, role: Role | str, alpha: int) -> QColor:
        """The colour of a role, let through: alpha 0 to 255."""
        color = QColor(self.color(role))
        color.setAlpha(alpha)
        return color

    def px(self, usual: int) -> int:
        """A length in pixels at the usual size, as it is at this one."""
        return round(usual * self.scale)

    def text_width(self, text: str) -> int:
        """How wide a text is in the table font, in pixels."""
        return QFontMetrics(self.font).horizontalAdvance(text)


_QT_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "panel",
    QPalette.ColorRole.AlternateBase: "raised",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text_off",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "window",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.BrightText: "danger",
}


def _scaled(template: str, scale: float) -> str:
    """The lengths of a style sheet grow with its letters; hairlines stay."""

    def grown(match: re.Match[str]) -> str:
        length = int(match[1])
        return f"{length if length <= HAIRLINE_PX else round(length * scale)}px"

    return re.sub(r"\b(\d+)px", grown, template)


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
