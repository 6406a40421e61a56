"""Panels of one colour follow one contract; a panel without one has a contract of its own."""

from __future__ import annotations

import contextlib
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.links import LinkColor, Links
from tests.support.builders import XBT
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
BLUE, GOLD, NONE = LinkColor.BLUE, LinkColor.GOLD, LinkColor.NONE


@contextlib.asynccontextmanager
async def linked() -> AsyncIterator[tuple[Desktop, Links]]:
    desktop = await Desktop().start()
    links = Links(desktop.markets)
    for name in ("ladder", "chart"):
        links.workspace(name)
    links.workspace("ladder-2", NONE)
    yield desktop, links
    for name in links.names:
        links.drop(name)
    await desktop.stop()


def shown(links: Links) -> dict[str, str]:
    return {name: links.symbol(name) for name in links.names}


async def test_who_chooses_moves_its_colour_and_nobody_else() -> None:
    async with linked() as (_, links):
        links.workspace("chart").choose(XBT)
        assert shown(links) == {"ladder": XBT, "chart": XBT, "ladder-2": ""}
        links.workspace("ladder-2").choose(OTHER)
        assert shown(links) == {"ladder": XBT, "chart": XBT, "ladder-2": OTHER}
        links.workspace("ladder").choose(OTHER)
        assert shown(links)["chart"] == OTHER


async def test_who_joins_a_colour_takes_its_contract() -> None:
    async with linked() as (_, links):
        links.workspace("ladder").choose(XBT)
        links.workspace("ladder-2").choose(OTHER)
        links.link("ladder-2", GOLD)
        assert shown(links)["ladder-2"] == OTHER, "nobody else is gold"
        links.link("chart", GOLD)
        assert shown(links) == {"ladder": XBT, "chart": OTHER, "ladder-2": OTHER}
        links.link("ladder-2", BLUE)
        assert shown(links)["ladder-2"] == XBT
        assert links.workspace("tape").market is not None, "a panel that comes later joins, too"


async def test_a_market_is_open_as_long_as_somebody_shows_it() -> None:
    async with linked() as (desktop, links):
        links.workspace("ladder").choose(OTHER)
        links.workspace("ladder-2").choose(OTHER)
        links.workspace("ladder").choose(XBT)
        assert desktop.markets.get(OTHER) is not None
        links.drop("ladder-2")
        assert desktop.markets.get(OTHER) is None
        assert desktop.markets.get(XBT) is not None
        await desktop.settle()


async def test_links_and_contracts_come_back_from_the_file() -> None:
    async with linked() as (_, links):
        links.workspace("ladder").choose(XBT)
        links.workspace("ladder-2").choose(OTHER)
        links.link("ladder-2", GOLD)
        left = links.written()
        assert left == {
            "ladder": "blue XBTUSDTM", "chart": "blue XBTUSDTM", "ladder-2": "gold XBTUSDM",
        }  # fmt: skip
    async with linked() as (_, links):
        links.read({**left, "nobody": "gold", "chart": "octarine"})
        links.contracts_loaded(left, "GONE")
        assert links.written() == left
    async with linked() as (_, links):
        links.contracts_loaded({"ladder": "blue GONE", "ladder-2": "none"}, str(OTHER))
        assert set(shown(links).values()) == {OTHER}
    async with linked() as (_, links):
        links.contracts_loaded({}, "GONE")
        assert set(shown(links).values()) == {XBT}, "the first of the list"


class Counted:
    """Markets that only count who has what open."""

    def __init__(self) -> None:
        self.contracts = {symbol: SimpleNamespace(symbol=symbol) for symbol in "ABC"}
        self.open_: Counter[str] = Counter()

    def open(self, symbol: str) -> object:
        self.open_[symbol] += 1
        return SimpleNamespace(contract=self.contracts[symbol])

    def close(self, symbol: str) -> None:
        assert self.open_[symbol] > 0
        self.open_[symbol] -= 1


PANELS = ("ladder", "chart", "ticket", "ladder-2")
STEPS = st.one_of(
    st.tuples(st.just("choose"), st.sampled_from(PANELS), st.sampled_from("ABCD")),
    st.tuples(st.just("link"), st.sampled_from(PANELS), st.sampled_from(LinkColor)),
    st.tuples(st.just("drop"), st.sampled_from(PANELS), st.just("")),
)


@given(st.lists(STEPS, max_size=20))
def test_one_colour_is_one_contract_whatever_is_done(steps: list[tuple[str, str, Any]]) -> None:
    """And each market is open once for every panel that shows it, never more or less."""
    markets = Counted()
    links = Links(cast("Any", markets))
    for deed, name, what in steps:
        if deed == "choose":
            assert links.workspace(name).choose(what) is (what != "D")
        elif deed == "link":
            links.link(name, what)
        else:
            links.drop(name)
        for color in set(LinkColor) - {NONE}:
            symbols = {links.symbol(one) for one in links.names if links.color(one) is color}
            assert len(symbols) <= 1, color
        assert +markets.open_ == Counter(filter(None, shown(links).values()))
    for name in links.names:
        links.drop(name)


def test_a_colour_is_told_by_its_number_too() -> None:
    assert [color.number for color in LinkColor] == [0, 1, 2, 3, 4]
    assert GOLD.words == "2 Gold"
    assert NONE.words.startswith("None")
