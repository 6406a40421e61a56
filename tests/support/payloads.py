"""Payloads for tests: the fixtures by name, and made-up ones decoded like answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from terminal.exchange.translate import Scales
from terminal.wire.codec import decode
from tests.support.builders import a_contract

FOLDER = Path(__file__).parent.parent / "fixtures" / "kucoin"


def load(name: str) -> Any:
    """The payload of a fixture as plain values."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert document["provenance"].startswith("KuCoin Futures API reference, section")
    return document["payload"]


def raw(name: str) -> bytes:
    """The payload of a fixture as it comes over the wire."""
    return json.dumps(load(name)).encode()


def read(kind: Any, **values: Any) -> Any:
    """A made-up payload, decoded."""
    return decode(json.dumps(values, default=str).encode(), kind)


def known_scales() -> Scales:
    """Scales that know one contract."""
    scales = Scales()
    scales.learn([a_contract()])
    return scales
