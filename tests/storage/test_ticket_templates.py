"""Templates on the disk: kept, and never lost when a file is damaged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from terminal.domain.draft import OrderKind
from terminal.domain.ticket_template import MOST_TEMPLATES, TicketTemplate
from terminal.storage.ticket_templates import FILE_NAME, TemplateStore
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

ONE = TicketTemplate("one", OrderKind.STOP_LOSS, size="25")


def a_store(folder: Path) -> TemplateStore:
    return TemplateStore(folder, FakeClock())


def test_templates_are_kept(tmp_path: Path) -> None:
    assert a_store(tmp_path).load() == ((), "")
    assert a_store(tmp_path).save((ONE, TicketTemplate("two"))) == ""
    assert a_store(tmp_path).load() == ((ONE, TicketTemplate("two")), "")


def test_a_template_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save((ONE,))
    file = tmp_path / FILE_NAME
    document = json.loads(file.read_text())
    document["templates"].append({"name": "later", "kind": "of another version"})
    file.write_text(json.dumps(document))
    found, words = store.load()
    assert found == (ONE,)
    assert words == "1 of the ticket's templates cannot be read and are left out."
    store.save((ONE,))
    (aside,) = tmp_path.glob(f"{FILE_NAME}.damaged-*")
    assert "of another version" in aside.read_text()


def test_a_damaged_file_is_said_and_set_aside(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for text in ("{", '{"templates": 3}'):
        (tmp_path / FILE_NAME).write_text(text)
        found, words = store.load()
        assert found == ()
        assert "cannot be read" in words
    assert store.save((ONE,)) == ""
    assert a_store(tmp_path).load() == ((ONE,), "")


def test_too_many_are_cut_and_said(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.save(tuple(TicketTemplate(f"t{n}") for n in range(MOST_TEMPLATES + 2)))
    found, words = store.load()
    assert len(found) == MOST_TEMPLATES
    assert words.startswith("2 of")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    words = a_store(tmp_path / "file").save((ONE,))
    assert words.startswith("The templates could not be saved")
