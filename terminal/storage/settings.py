"""Settings in one JSON file. A damaged file is kept aside under another name, never lost.

Keys that this version does not know are kept, so that going back and forth between versions loses
nothing. Writing replaces the file in one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urlsplit

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import StopReference
from terminal.domain.guard import GuardLimits
from terminal.domain.ladder_habits import LONGEST_HOLD_MS, LadderHabits, OtherButton
from terminal.domain.protection import DistanceUnit, ProtectionSettings, StopDistance
from terminal.domain.units import Lots, Symbol, plain
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 3
FILE_NAME = "settings.json"
LARGEST = 1_000_000_000
"""No number in the settings may be above it: a limit without a bound is none."""
THEMES = (
    "dark",
    "dark-colour-blind",
    "high-contrast",
    "high-contrast-colour-blind",
    "light",
    "light-colour-blind",
)
DENSITIES = ("compact", "usual", "roomy")
SMALLEST_TEXT, LARGEST_TEXT = 100, 200
"""How large letters are, in percent of the usual size."""
_DISTANCE_UNITS = {
    "ticks": DistanceUnit.TICKS,
    "percent": DistanceUnit.PERCENT,
    "liquidation": DistanceUnit.LIQUIDATION_SHARE,
}
_MOST_TEXTS = 100
_MOST_KEYS = 300
_LONGEST_WORD = 40
_THEME = "theme"


class SettingError(ValueError):
    """A value that a setting cannot have; the text names the setting."""


@final
@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the user can set and the program remembers.

    ``sizes`` are lots; ``max_order_value`` is in the contract's quote currency; ``workspace`` names
    the layout that is shown; while ``layout_locked`` no panel is moved by accident. ``proxy`` is
    the address of an HTTP proxy for real hosts, empty for what the environment says.
    ``chart_interval`` is written as traders do, ``chart_hides`` names what is left out of the
    chart. ``stop_distance`` is how far from the price a mending stop is put, in its unit; the
    bracket's ticks are how far the exits of the next order lie from it; last and mark further apart
    than ``gap_ticks`` are warned of; ``quiet_naked`` are contracts without a banner for naked
    positions. The fuse is lit for ``fuse_symbols`` (empty: all contracts), by itself only with
    ``fuse_at_start``; ``fuse_stops`` is what the user has seen the exchange's timer do to stops.
    The kill switch keeps orders that only reduce unless ``kill_keeps_exits`` is off, and flattens
    with ``kill_flattens``. ``text_percent`` and ``density`` say how large letters and rows are;
    ``keys`` are the actions of the ladder that have other keys than the shipped ones, by their
    names; ``ladder_`` begins what is the ladder's habits. ``contract_sizes`` are units of sizes and
    the sizes in them by contract, as the sizes write them. ``ladders`` holds each ladder's choices
    by its name, as the ladder writes them; it reads them leniently, so only their outer shape is
    looked at here; so does the tape with ``tape``. ``links`` holds each linked panel's colour and
    contract. ``unknown`` holds what another version wrote; version 1 kept its layout there, as
    ``window``, and a ``theme`` there is one that this version does not have.
    """

    theme: str = "dark"
    contract: str = "XBTUSDTM"
    sizes: tuple[int, ...] = (1, 5, 10, 25, 100)
    chosen_size: int = 1
    max_order_lots: int = 10_000
    max_order_value: Decimal = Decimal(250_000)
    collar_ticks: int = 20
    workspace: str = "default"
    layout_locked: bool = False
    proxy: str = ""
    chart_interval: str = "1m"
    chart_hides: tuple[str, ...] = ()
    stop_reference: str = "mark"
    stop_distance: Decimal = Decimal(1)
    stop_distance_unit: str = "percent"
    bracket_loss_ticks: int = 200
    bracket_profit_ticks: int = 400
    gap_ticks: int = 50
    quiet_naked: tuple[str, ...] = ()
    fuse_timeout_s: int = 60
    fuse_symbols: tuple[str, ...] = ()
    fuse_at_start: bool = False
    fuse_stops: StopsFate = StopsFate.UNKNOWN
    kill_keeps_exits: bool = True
    kill_flattens: bool = False
    text_percent: int = 100
    density: str = "usual"
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ladder_disarms_on_focus_loss: bool = False
    ladder_acts_on_release: bool = False
    ladder_hold_ms: int = 0
    ladder_infers_type: bool = False
    ladder_other_button: OtherButton = OtherButton.NOTHING
    contract_sizes: dict[str, dict[str, Any]] = field(default_factory=dict)
    ladders: dict[str, dict[str, Any]] = field(default_factory=dict)
    tape: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)

    @property
    def habits(self) -> LadderHabits:
        """How the ladder takes gestures."""
        return LadderHabits(
            self.ladder_disarms_on_focus_loss,
            self.ladder_acts_on_release,
            self.ladder_hold_ms,
            self.ladder_infers_type,
            self.ladder_other_button,
        )

    @property
    def limits(self) -> GuardLimits:
        """The fat-finger limits."""
        return GuardLimits(Lots(self.max_order_lots), self.max_order_value, self.collar_ticks)

    @property
    def protection(self) -> ProtectionSettings:
        """How positions are protected."""
        return ProtectionSettings(
            StopReference(self.stop_reference),
            StopDistance(_DISTANCE_UNITS[self.stop_distance_unit], self.stop_distance),
            self.bracket_loss_ticks,
            self.bracket_profit_ticks,
            gap_ticks=self.gap_ticks,
            quiet=frozenset(map(Symbol, self.quiet_naked)),
        )

    def with_theme(self, name: str) -> Settings:
        """Another theme. While it stays the same, one that another version knows is kept."""
        if name == self.theme:
            return self
        unknown = {key: value for key, value in self.unknown.items() if key != _THEME}
        return replace(self, theme=name, unknown=unknown)

    @property
    def older_layout(self) -> object:
        """The layout as version 1 kept it, None without. Stays in the file for that version."""
        return self.unknown.get("window")


@final
class SettingsStore:
    """Loads and saves the settings of one folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = JsonFile(folder / FILE_NAME, clock)

    @property
    def path(self) -> Path:
        """Where the settings are."""
        return self._file.path

    def load(self) -> tuple[Settings, str]:
        """The settings, and a sentence for the user if they could not be read (else empty)."""
        settings, problem, why = self._read()
        return settings, self._set_aside(why) if why else problem

    def look(self) -> tuple[Settings, str]:
        """As ``load``, but a damaged file stays where it is."""
        settings, problem, why = self._read()
        return settings, f"The settings cannot be read ({why})." if why else problem

    def _read(self) -> tuple[Settings, str, str]:
        """The settings, a sentence about them, and why they could not be read, empty if so."""
        try:
            document = self._file.read()
            settings, problems = (Settings(), []) if document is None else _read(document)
        except OSError as error:
            return Settings(), "", type(error).__name__
        except ValueError as error:  # JSON errors are ValueErrors as well
            return Settings(), "", str(error) or "no settings"
        return settings, " ".join(filter(None, (_theme_problem(settings), *problems))), ""

    def save(self, settings: Settings) -> None:
        """Write the file in one step. Raises ``OSError``."""
        self._file.write(_written(settings))

    def _set_aside(self, why: str) -> str:
        kept = self._file.set_aside()
        if not kept:
            return f"The settings cannot be read ({why}); the defaults are used."
        return (
            f"The settings were damaged ({why}); the defaults are used and the old file is kept "
            f"as {kept}."
        )


def _written(settings: Settings) -> dict[str, Any]:
    document: dict[str, Any] = dict(settings.unknown)
    document["version"] = VERSION
    for one in fields(Settings):
        if one.name != "unknown":
            value = getattr(settings, one.name)
            document[one.name] = _as_json(value)
    if _THEME in settings.unknown:
        document[_THEME] = settings.unknown[_THEME]
    return document


def _as_json(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return plain(value) if isinstance(value, Decimal) else value


def _read(document: dict[str, Any]) -> tuple[Settings, list[str]]:
    """The settings, and a sentence for each value that is none and can do without.

    A value of version 3 that cannot be used is as if it were not there: how large letters are must
    not cost the user what he has set about money. Raises ``SettingError`` for an older one.
    """
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in document.items():
        reader = _READERS.get(name)
        if name == _THEME and _text(name, value) not in THEMES:
            unknown[name] = value
        elif name in _SINCE_3:
            try:
                known[name] = _SINCE_3[name](name, value)
            except SettingError as error:
                problems.append(f"A setting cannot be used and its default holds: {error}.")
        elif reader is not None:
            known[name] = reader(name, value)
        elif name != "version":
            unknown[name] = value
    return Settings(**known, unknown=unknown), problems


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise SettingError(f"{name} is no text")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_TEXTS:
        raise SettingError(f"{name} is no list of texts")
    return tuple(_text(name, one) for one in value)


def _theme_problem(settings: Settings) -> str:
    """A sentence when the theme is one of another version, else empty."""
    word = str(settings.unknown.get(_THEME, ""))
    if not word:
        return ""
    name = f" named {word}" if word.isprintable() and len(word) <= _LONGEST_WORD else ""
    return (
        f"This version has no theme{name}, which the settings ask for; {settings.theme} is shown."
    )


def _positive(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST:
        raise SettingError(f"{name} is no whole number from 1 to {LARGEST}")
    return value


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"{name} is neither true nor false")
    return value


def _sizes(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != 5:
        raise SettingError(f"{name} are not five sizes")
    return tuple(_positive(name, one) for one in value)


def _chosen(name: str, value: object) -> int:
    number = _positive(name, value)
    if number > 5:
        raise SettingError(f"{name} is not 1 to 5")
    return number


def _money(name: str, value: object) -> Decimal:
    try:
        amount = Decimal(_text(name, value))
    except InvalidOperation:
        raise SettingError(f"{name} is no amount") from None
    if not amount.is_finite() or not 0 < amount <= LARGEST:
        raise SettingError(f"{name} is no amount above zero and up to {LARGEST}")
    return amount


def _stop_reference(name: str, value: object) -> str:
    word = _text(name, value)
    if word not in {reference.value for reference in StopReference}:
        raise SettingError(f"{name} is neither last nor mark nor index")
    return word


def _distance_unit(name: str, value: object) -> str:
    word = _text(name, value)
    if word not in _DISTANCE_UNITS:
        raise SettingError(f"{name} is none of {', '.join(_DISTANCE_UNITS)}")
    return word


def _fuse_time(name: str, value: object) -> int:
    seconds = _positive(name, value)
    if not 5 <= seconds <= 86_400:
        raise SettingError(f"{name} is not 5 to 86400 seconds")
    return seconds


def _text_size(name: str, value: object) -> int:
    percent = _positive(name, value)
    if not SMALLEST_TEXT <= percent <= LARGEST_TEXT:
        raise SettingError(f"{name} is not {SMALLEST_TEXT} to {LARGEST_TEXT} percent")
    return percent


def _density(name: str, value: object) -> str:
    word = _text(name, value)
    if word not in DENSITIES:
        raise SettingError(f"{name} is none of {', '.join(DENSITIES)}")
    return word


def _hold_time(name: str, value: object) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, int) or not is_number or not 0 <= value <= LONGEST_HOLD_MS:
        raise SettingError(f"{name} is not 0 to {LONGEST_HOLD_MS} milliseconds")
    return value


def _keys(name: str, value: object) -> dict[str, tuple[str, ...]]:
    """Only their shape: which actions and keys there are is not known here."""
    if not isinstance(value, dict) or len(value) > _MOST_KEYS:
        raise SettingError(f"{name} are no keys by the names of actions")
    return {_text(name, action): _texts(name, keys) for action, keys in value.items()}


def _fate(name: str, value: object) -> StopsFate:
    try:
        return StopsFate(_text(name, value))
    except ValueError:
        words = ", ".join(one.value for one in StopsFate)
        raise SettingError(f"{name} is none of {words}") from None


def distance_word(unit: DistanceUnit) -> str:
    """The word by which the settings know a unit of the stop's distance."""
    return next(word for word, known in _DISTANCE_UNITS.items() if known is unit)


def _other_button(name: str, value: object) -> OtherButton:
    try:
        return OtherButton(_text(name, value))
    except ValueError:
        words = ", ".join(one.value for one in OtherButton)
        raise SettingError(f"{name} is none of {words}") from None


def _ladders(_name: str, value: object) -> dict[str, dict[str, Any]]:
    """How ladders look is no reason to lose limits: what is no choice of a ladder is left out.

    So it is with the units of sizes by contract.
    """
    found = value.items() if isinstance(value, dict) else ()
    return {name: one for name, one in found if isinstance(one, dict)}


def _tape(_name: str, value: object) -> dict[str, Any]:
    """The tape reads its choices itself; what is none is as if nothing was chosen."""
    return value if isinstance(value, dict) else {}


def _links(_name: str, value: object) -> dict[str, str]:
    """As of ladders: what is no text is left out."""
    found = value.items() if isinstance(value, dict) else ()
    return {name: one for name, one in found if isinstance(one, str)}


def _proxy(name: str, value: object) -> str:
    """An address without a password: this file holds no secrets."""
    address = _text(name, value).strip()
    problem = proxy_problem(address) if address else ""
    if problem:
        raise SettingError(f"{name}: {problem}")
    return address


def proxy_problem(address: str) -> str:
    """Why an address cannot be that of a proxy, one sentence; empty when it can."""
    words = "This is no address of a proxy such as http://127.0.0.1:3128."
    try:
        parts = urlsplit(address.strip())
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return words
    if not is_good:
        return words
    if parts.username or parts.password:
        return "The address of a proxy must not hold a password."
    return ""


_READERS: dict[str, Callable[[str, object], Any]] = {
    _THEME: _text,
    "contract": _text,
    "sizes": _sizes,
    "chosen_size": _chosen,
    "max_order_lots": _positive,
    "max_order_value": _money,
    "collar_ticks": _positive,
    "workspace": _text,
    "layout_locked": _yes_or_no,
    "proxy": _proxy,
    "chart_interval": _text,
    "chart_hides": _texts,
    "stop_reference": _stop_reference,
    "stop_distance": _money,
    "stop_distance_unit": _distance_unit,
    "bracket_loss_ticks": _positive,
    "bracket_profit_ticks": _positive,
    "gap_ticks": _positive,
    "quiet_naked": _texts,
    "fuse_timeout_s": _fuse_time,
    "fuse_symbols": _texts,
    "fuse_at_start": _yes_or_no,
    "fuse_stops": _fate,
    "kill_keeps_exits": _yes_or_no,
    "kill_flattens": _yes_or_no,
    "ladders": _ladders,
    "tape": _tape,
}
_SINCE_3: dict[str, Callable[[str, object], Any]] = {
    "text_percent": _text_size,
    "density": _density,
    "keys": _keys,
    "ladder_disarms_on_focus_loss": _yes_or_no,
    "ladder_acts_on_release": _yes_or_no,
    "ladder_hold_ms": _hold_time,
    "ladder_infers_type": _yes_or_no,
    "ladder_other_button": _other_button,
    "contract_sizes": _ladders,
    "links": _links,
}
