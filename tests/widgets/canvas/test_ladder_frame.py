"""Frames around the rows: each hand and the focus has its own shape, and none covers another."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from terminal.storage.paths import resources
from terminal.widgets.canvas.ladder_frame import INSET, FramePainter, borders
from terminal.widgets.canvas.ladder_list import CURSOR_END_PX, row_list
from terminal.widgets.canvas.ladder_painter import LadderPainter
from terminal.widgets.canvas.ladder_shapes import Fill
from terminal.widgets.theme import Theme
from tests.widgets.canvas.test_ladder_list import a_layout, a_row

pytestmark = pytest.mark.usefixtures("qapp")
EVERY = tuple(itertools.product((False, True), repeat=3))


@pytest.mark.parametrize(("keys", "mouse", "focus"), EVERY)
def test_frames_lie_inside_one_another_and_leave_the_rows_alone(
    keys: bool, mouse: bool, focus: bool
) -> None:
    frames = borders(has_keys=keys, has_mouse=mouse, has_focus=focus)
    assert len(frames) == keys + mouse + focus
    edge = 0
    for one in frames:
        assert one.inset == edge
        edge += one.thickness
    assert edge <= INSET


def test_no_two_frames_are_told_by_colour_alone() -> None:
    frames = borders(has_keys=True, has_mouse=True, has_focus=True)
    shapes = {(one.thickness, one.is_dashed) for one in frames}
    assert len(shapes) == len(frames)
    assert "accent" not in {one.ink for one in frames}, "that is the cursor's"


def test_the_cursor_has_thick_ends_and_no_frame_is_so_thick() -> None:
    layout, theme = a_layout(), Theme.load(resources() / "themes", "dark")
    items = row_list(a_row(is_cursor=True), layout, LadderPainter(theme).measure)
    ends = [one for one in items if isinstance(one, Fill) and one.ink == "accent"]
    assert [one.width for one in ends] == [CURSOR_END_PX] * 2
    frames = borders(has_keys=True, has_mouse=True, has_focus=True)
    assert max(one.thickness for one in frames) < CURSOR_END_PX


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast"])
def test_a_whole_and_a_broken_frame_are_painted_so(name: str) -> None:
    theme = Theme.load(resources() / "themes", name)
    image = QImage(200, 120, QImage.Format.Format_RGB32)
    image.fill(theme.color("panel"))
    with QPainter(image) as hand:
        frames = borders(has_keys=True, has_mouse=True, has_focus=True)
        FramePainter(theme).paint(hand, QRect(0, 0, 200, 120), frames)
    at = {inset: {image.pixelColor(x, inset).name() for x in range(20, 180)} for inset in (0, 3, 4)}
    assert at[0] == {theme.color("keyboard_armed").name()}
    assert at[3] == {theme.color("mouse_armed").name(), theme.color("panel").name()}
    assert at[4] == {theme.color("text").name()}
