"""Topic names."""

from __future__ import annotations

from terminal.wire.topics import LEVEL2, WALLET, build, split


def test_topics_are_built_and_split() -> None:
    assert build(LEVEL2, ("A", "B")) == "/contractMarket/level2:A,B"
    assert build(WALLET, ()) == "/contractAccount/wallet"
    assert split("/contractMarket/level2:A") == (LEVEL2, "A")
    assert split("/contractAccount/wallet") == (WALLET, "")
