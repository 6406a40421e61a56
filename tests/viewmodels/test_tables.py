from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester

from terminal.viewmodels.tables import KEY_ROLE, ROLE_ROLE, Column, RowTableModel
from terminal.viewmodels.text import Role


class Pair(NamedTuple):
    key: int
    words: str


COLUMNS: tuple[Column[Pair], ...] = (
    Column("Key", lambda row: str(row.key)),
    Column("Words", lambda row: row.words, lambda _row: Role.BUY, is_number=False),
)


def a_model() -> RowTableModel[Pair]:
    return RowTableModel(COLUMNS, lambda row: row.key)


def test_the_model_keeps_qts_contract(qtmodeltester: ModelTester) -> None:
    """Insert, change, move and remove under Qt's own checks."""
    model = a_model()
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]

    model.set_rows([Pair(1, "a"), Pair(2, "b"), Pair(3, "c")])
    model.set_rows([Pair(3, "c"), Pair(1, "changed")])
    model.set_rows([])


def test_an_update_tells_the_smallest_range_and_never_resets() -> None:
    """Selection and scroll position stay where they are."""
    model = a_model()
    model.set_rows([Pair(1, "a"), Pair(2, "b")])
    told: list[tuple[int, int, int, int]] = []
    resets: list[int] = []

    def on_data(top: QModelIndex, bottom: QModelIndex, _roles: object) -> None:
        told.append((top.row(), top.column(), bottom.row(), bottom.column()))

    model.dataChanged.connect(on_data)
    model.modelReset.connect(lambda: resets.append(1))

    changed = model.set_rows([Pair(1, "a"), Pair(2, "new")])

    assert changed
    assert told == [(1, 1, 1, 1)]
    assert resets == []


def test_setting_the_same_rows_changes_nothing() -> None:
    """No signal, no repaint."""
    model = a_model()
    model.set_rows([Pair(1, "a")])

    assert not model.set_rows([Pair(1, "a")])


def test_cells_answer_text_role_key_and_alignment() -> None:
    """What the view and the delegate need."""
    model = a_model()
    model.set_rows([Pair(7, "words")])
    index = model.index(0, 1)

    assert index.data() == "words"
    assert index.data(ROLE_ROLE) is Role.BUY
    assert index.data(KEY_ROLE) == 7
    assert model.index(0, 0).data(ROLE_ROLE) is Role.TEXT
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Words"
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.row_at(0) == Pair(7, "words")
    assert model.row_at(1) is None


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.text(max_size=2)), unique_by=lambda pair: pair[0]),
        max_size=8,
    )
)
def test_after_any_updates_the_table_shows_the_last_rows(
    updates: list[list[tuple[int, str]]],
) -> None:
    """Reordered, inserted, removed: the table ends where the rows are."""
    model = a_model()
    for update in updates:
        rows = [Pair(*pair) for pair in update]
        model.set_rows(rows)
        assert list(model.rows) == rows
