"""One JSON document in one file: read, replaced in one step, kept aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.storage.json_file import LARGEST, JsonFile
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path


def a_file(folder: Path) -> JsonFile:
    return JsonFile(folder / "new" / "thing.json", FakeClock())


def test_what_is_written_is_read_and_no_draft_is_left(tmp_path: Path) -> None:
    """The folder is made on the way; only the file itself is in it afterwards."""
    file = a_file(tmp_path)
    assert file.read() is None
    file.write({"a": [1, "zwei"]})
    file.write({"a": [2]})
    assert file.read() == {"a": [2]}
    assert [path.name for path in file.path.parent.iterdir()] == ["thing.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b" " * LARGEST + b"{}", id="large"),
    ],
)
def test_what_is_no_document_raises_one_kind_of_error(tmp_path: Path, content: bytes) -> None:
    """Broken text, other types, other encodings, endless nesting."""
    file = a_file(tmp_path)
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        file.read()


def test_a_damaged_file_is_kept_under_a_name_with_the_time(tmp_path: Path) -> None:
    """Nothing is overwritten and nothing is lost."""
    file = a_file(tmp_path)
    file.path.parent.mkdir()
    file.path.write_text("{")
    aside = file.set_aside()
    assert aside == "thing.json.damaged-20251009-085320"
    assert file.path.with_name(aside).read_text() == "{"
    assert file.read() is None
    assert file.set_aside() == "", "there is nothing to keep any more"
