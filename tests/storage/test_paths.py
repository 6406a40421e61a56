"""Where things live."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.storage.paths import Paths, resources

if TYPE_CHECKING:
    import pytest


def test_one_folder_for_everything_when_asked() -> None:
    paths = Paths.of_system({"TERN_HOME": "/somewhere"})
    assert paths.config == Path("/somewhere/config")
    assert paths.logs == Path("/somewhere/logs")


def test_the_systems_folders_otherwise() -> None:
    paths = Paths.of_system({})
    assert "tern" in str(paths.config)
    assert paths.config.is_absolute()


def test_resources_of_a_checkout_and_of_a_frozen_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (resources() / "themes" / "dark.toml").is_file()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources() == tmp_path / "resources"
