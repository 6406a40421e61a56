"""Which Qt platform can be used: a real window, or none when there is no display."""

from __future__ import annotations

import ctypes.util
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFSCREEN = "offscreen"


def has_display(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> bool:
    """True when a window can be shown, as far as the environment tells."""
    known = os.environ if environment is None else environment
    if known.get("QT_QPA_PLATFORM"):
        return not known["QT_QPA_PLATFORM"].startswith((OFFSCREEN, "minimal"))
    if not system.startswith("linux"):
        return True
    return bool(known.get("DISPLAY") or known.get("WAYLAND_DISPLAY"))


def missing_x11_packages() -> tuple[str, ...]:
    """Debian packages that Qt's X11 platform needs and this Linux lacks."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(
        package for library, package in X11_LIBRARIES if ctypes.util.find_library(library) is None
    )


X11_LIBRARIES = (
    ("EGL", "libegl1"),
    ("xkbcommon-x11", "libxkbcommon-x11-0"),
    ("xcb-cursor", "libxcb-cursor0"),
    ("xcb-icccm", "libxcb-icccm4"),
    ("xcb-keysyms", "libxcb-keysyms1"),
    ("xcb-image", "libxcb-image0"),
    ("xcb-render-util", "libxcb-render-util0"),
)
