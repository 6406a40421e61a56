"""What Qt needs of this machine: a display for a real window, and system libraries on Linux.

Standard library only and importable without anything installed: the developer script uses it too.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFSCREEN = "offscreen"

ALWAYS = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
)
FOR_X11 = (
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-util.so.1", "libxcb-util1"),
    ("libxcb-image.so.0", "libxcb-image0"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-randr.so.0", "libxcb-randr0"),
    ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
    ("libxcb-sync.so.1", "libxcb-sync1"),
    ("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    ("libxcb-xkb.so.1", "libxcb-xkb1"),
    ("libX11-xcb.so.1", "libx11-xcb1"),
)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT_PACKAGE = "fonts-dejavu-core"


def has_display(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> bool:
    """True when a window can be shown, as far as the environment tells."""
    known = os.environ if environment is None else environment
    if known.get("QT_QPA_PLATFORM"):
        return not known["QT_QPA_PLATFORM"].startswith((OFFSCREEN, "minimal"))
    if not system.startswith("linux"):
        return True
    return bool(known.get("DISPLAY") or known.get("WAYLAND_DISPLAY"))


def missing_packages(*, window: bool, system: str = sys.platform) -> tuple[str, ...]:
    """Debian packages that Qt needs and this Linux lacks, for a real ``window`` or without one."""
    if not system.startswith("linux"):
        return ()
    wanted = ALWAYS + (FOR_X11 if window else ())
    missing = [package for library, package in wanted if not _loads(library)]
    if not _has_fonts():
        missing.append(FONT_PACKAGE)
    return tuple(missing)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_fonts() -> bool:
    return any(
        next(Path(folder).expanduser().glob(pattern), None) is not None
        for folder in FONT_FOLDERS
        for pattern in ("**/*.ttf", "**/*.otf", "**/*.ttc")
    )
