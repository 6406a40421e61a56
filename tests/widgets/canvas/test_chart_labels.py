"""Labels of axes and lines: none covers another one, none is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFont

from terminal.domain.units import Side
from terminal.viewmodels.chart_axis import AxisTick
from terminal.viewmodels.chart_view import FillMark, LineKind, LineStyle, PriceLine
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_axes import place_labels, place_tags, place_times
from terminal.widgets.canvas.chart_scale import PaneScale
from terminal.widgets.canvas.line_item import place_lines
from terminal.widgets.canvas.mark_item import SIZE_PX, triangle
from terminal.widgets.canvas.text_cache import TextCache

HEIGHT = 18
SCALE = PaneScale(600, 400, 0.0, 8.0, 1000.0, 1400.0)


@pytest.fixture
def texts(qapp: object) -> TextCache:
    return TextCache(QFont())


def an_order(price: float, detail: str = "") -> PriceLine:
    return PriceLine(
        LineKind.ORDER, price, Role.BUY, LineStyle.DASHED, "▲ Buy 5", str(price), detail
    )


LAST = PriceLine(LineKind.LAST, 1200.0, Role.SELL, LineStyle.DOTTED, "", "1200", "0:42")


def test_labels_stand_on_their_lines_and_apart(texts: TextCache) -> None:
    """Lines keep their rows; labels that would collide are moved, out of sight is left out."""
    lines = [an_order(p) for p in (1300.0, 1299.0, 1100.0, 900.0)] + [LAST]
    placed = place_lines(lines, SCALE, texts, HEIGHT)
    assert [one.line.price for one in placed] == [1300.0, 1299.0, 1200.0, 1100.0]
    assert [one.y for one in placed] == [SCALE.y(one.line.price) for one in placed]
    boxes = [one.top for one in placed if one.width]
    assert all(after - before >= HEIGHT for before, after in itertools.pairwise(boxes))
    assert [one.width > 0 for one in placed] == [True, True, False, True]


def test_a_detail_makes_a_label_wider(texts: TextCache) -> None:
    """The second part stands behind the first one."""
    plain, detailed = place_lines(
        [an_order(1300.0), an_order(1100.0, "partly filled")], SCALE, texts, HEIGHT
    )
    assert detailed.width > plain.width
    assert detailed.detail_at > 0


@given(prices=st.lists(st.integers(1000, 1400), max_size=12))
def test_tags_cover_each_other_never(prices: list[int]) -> None:
    """Tags of any orders and the last price with its countdown stand below each other."""
    tags = place_tags((*(an_order(float(p)) for p in prices), LAST), SCALE, HEIGHT)
    assert len(tags) == len(prices) + 2
    rows = [tag.middle for tag in tags]
    assert all(after - before >= HEIGHT for before, after in itertools.pairwise(rows))
    words = [tag.text for tag in tags]
    assert words.index("0:42") == words.index("1200") + 1 or 1200 in prices


def test_labels_give_way_to_tags() -> None:
    """A price of the axis that a tag would cover is left out, and so is a cut one."""
    ticks = tuple(AxisTick(float(p), str(p)) for p in (1000, 1100, 1200, 1300, 1400))
    labels = place_labels(ticks, [SCALE.y(1200.0) + 5], SCALE, HEIGHT)
    assert [label.text for label in labels] == ["1100", "1300"]


def test_times_are_whole_and_give_way(texts: TextCache) -> None:
    """No time is cut at the edge, covers another one, or lies under the cursor's."""
    ticks = tuple(AxisTick(float(at), "08:00") for at in (0, 20, 21, 40, 60, 75))
    shown = [label.at for label in place_times(ticks, SCALE, texts)]
    assert shown == [160, 320, 480]
    shown = [label.at for label in place_times(ticks, SCALE, texts, range(300, 330))]
    assert shown == [160, 480]


@pytest.mark.parametrize(("side", "base"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_fills_point_at_their_price(side: Side, base: int) -> None:
    """A buy lies below its price and points up, a sell lies above and points down."""
    points = triangle(FillMark(10, 1200.0, side, 3), SCALE)
    tip = points.at(0)
    assert (tip.x(), tip.y()) == (84, SCALE.y(1200.0))
    assert {points.at(n).y() for n in (1, 2)} == {tip.y() + base * 2 * SIZE_PX}
