"""The icon files, read back by a reader that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImageReader

from tests.support.scripts import load

icons = load("icons")
DRAWING = Path(__file__).parent.parent.parent / "resources" / "icons" / "tern.svg"


def sizes_in(path: Path) -> set[int]:
    reader = QImageReader(str(path))
    found = set()
    for number in range(reader.imageCount()):
        assert reader.jumpToImage(number)
        image = reader.read()
        assert not image.isNull(), reader.errorString()
        assert image.width() == image.height()
        assert image.pixelColor(0, 0).alpha() == 0, "the corner is clear"
        assert image.pixelColor(image.width() // 2, image.height() // 2).alpha() == 255
        found.add(image.width())
    return found


def test_the_windows_icon_holds_all_sizes(tmp_path: Path) -> None:
    path = icons.make(DRAWING, tmp_path / "made", "win32")
    assert sizes_in(Path(path)) == set(icons.ICO_SIZES)


def test_the_apple_icon_holds_all_sizes(tmp_path: Path) -> None:
    path = icons.make(DRAWING, tmp_path / "made", "darwin")
    found = sizes_in(Path(path))
    assert {16, 32, 128, 256, 512, 1024} <= found


def test_linux_wants_none(tmp_path: Path) -> None:
    assert icons.make(DRAWING, tmp_path / "made", "linux") is None
    assert not (tmp_path / "made").exists()


def test_small_entries_show_the_same_picture(tmp_path: Path) -> None:
    path = Path(icons.make(DRAWING, tmp_path, "win32"))
    reader = QImageReader(str(path))
    assert reader.jumpToImage(icons.ICO_SIZES.index(32))
    read = reader.read()  # Qt keeps it with colors multiplied by their opacity
    assert read == icons.render(DRAWING, 32).convertToFormat(read.format())


@pytest.mark.qt_log_ignore("Cannot read file")
def test_what_is_no_drawing(tmp_path: Path) -> None:
    other = tmp_path / "other.svg"
    other.write_text("this is none")
    with pytest.raises(ValueError, match="is no drawing"):
        icons.render(other, 16)


def test_pixels_of_the_wrong_number() -> None:
    with pytest.raises(ValueError, match="no 4 x 4 picture"):
        icons.bitmap(b"\0" * 63, 4)
