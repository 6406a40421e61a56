"""The exchange's two ways to cut a long list. Source: reference 1.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.simexchange.rest.routing import Call

USUAL_PAGE = 50
LARGEST_PAGE = 1000


def page(call: Call, rows: Sequence[Any], made: Callable[[Any], Any]) -> dict[str, Any]:
    """One page by ``currentPage`` and ``pageSize``; only its rows are ``made``."""
    number = max(1, call.whole("currentPage") or 1)
    size = min(LARGEST_PAGE, max(1, call.whole("pageSize") or USUAL_PAGE))
    return {
        "currentPage": number,
        "pageSize": size,
        "totalNum": len(rows),
        "totalPage": -(-len(rows) // size),
        "items": [made(row) for row in rows[(number - 1) * size : number * size]],
    }
