"""Pages."""

from __future__ import annotations

from terminal.simexchange.rest.paging import page
from terminal.simexchange.rest.routing import Call


def test_only_the_rows_of_the_page_are_made() -> None:
    made: list[int] = []

    def make(row: int) -> int:
        made.append(row)
        return row

    call = Call("GET", "/", {"currentPage": "2", "pageSize": "3"})
    found = page(call, range(8), make)
    assert found == {
        "currentPage": 2,
        "pageSize": 3,
        "totalNum": 8,
        "totalPage": 3,
        "items": [3, 4, 5],
    }
    assert made == [3, 4, 5]
