"""Where things live on each system. ``TERN_HOME`` puts everything under one folder instead."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATION = "tern"
HOME_VARIABLE = "TERN_HOME"


@final
@dataclass(frozen=True, slots=True)
class Paths:
    """Folders of this program; they need not exist yet."""

    config: Path
    data: Path
    logs: Path

    @classmethod
    def of_system(cls, environment: Mapping[str, str] | None = None) -> Paths:
        """The folders that this system's conventions name."""
        home = (os.environ if environment is None else environment).get(HOME_VARIABLE)
        if home:
            base = Path(home)
            return cls(base / "config", base / "data", base / "logs")
        return cls(
            Path(platformdirs.user_config_dir(APPLICATION, appauthor=False)),
            Path(platformdirs.user_data_dir(APPLICATION, appauthor=False)),
            Path(platformdirs.user_log_dir(APPLICATION, appauthor=False)),
        )


def resources() -> Path:
    """The folder of icons, fonts and themes: in a checkout, a wheel or a frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen) / "resources"
    package = Path(__file__).resolve().parent.parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"
