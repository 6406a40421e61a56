"""Frames of known provenance, and what it means for another frame to be like one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "fixtures" / "kucoin"
_SMALLEST_TIME = 10**11
"""Whole numbers from here on are times, if no sequences: their digits tell the unit."""
_SEQUENCES = ("sn", "sequence")


def fixture(name: str) -> dict[str, Any]:
    """The payload of a fixture."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert document["provenance"].startswith("KuCoin Futures API reference, section")
    payload: dict[str, Any] = document["payload"]
    return payload


def assert_alike(
    ours: Any,
    theirs: Any,
    *,
    less: frozenset[str] = frozenset(),
    more: frozenset[str] = frozenset(),
    where: str = "frame",
) -> None:
    """The same fields of the same kinds and units; ``less`` may be missing, ``more`` be extra."""
    assert kind_of(ours) == kind_of(theirs), where
    if isinstance(theirs, dict):
        assert set(theirs) - less <= set(ours), where
        assert set(ours) - more <= set(theirs), where
        for name in set(ours) & set(theirs):
            assert_alike(ours[name], theirs[name], less=less, more=more, where=f"{where}.{name}")
    elif isinstance(theirs, list):
        for index, one in enumerate(theirs[: len(ours)]):
            assert_alike(ours[index], one, where=f"{where}[{index}]")
    elif kind_of(theirs) == "number" and isinstance(theirs, int) and theirs >= _SMALLEST_TIME:
        assert isinstance(ours, int), where
        if not where.endswith(_SEQUENCES):
            assert len(str(ours)) == len(str(theirs)), f"{where} has another unit"


def kind_of(value: Any) -> str:
    """The JSON kind; whole and broken numbers are one."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    kinds = {dict: "object", list: "list", str: "text", type(None): "null"}
    return kinds[type(value)]
