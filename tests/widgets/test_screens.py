"""A window comes back whole on a screen that exists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QSize

from terminal.widgets.screens import centred, is_whole, onto_a_screen

MAIN = QRect(0, 0, 1366, 768)
RIGHT = QRect(1366, 0, 1920, 1080)

rectangles = st.builds(
    QRect,
    st.integers(-5000, 5000),
    st.integers(-5000, 5000),
    st.integers(20, 4000),
    st.integers(20, 4000),
)


@pytest.mark.parametrize(
    ("window", "screens", "wanted"),
    [
        pytest.param(QRect(10, 10, 400, 300), [MAIN], QRect(10, 10, 400, 300), id="whole"),
        pytest.param(QRect(1200, 9, 400, 300), [MAIN, RIGHT], QRect(1200, 9, 400, 300), id="both"),
        pytest.param(QRect(1500, 100, 400, 300), [MAIN], QRect(966, 100, 400, 300), id="gone"),
        pytest.param(QRect(1200, 100, 400, 300), [MAIN], QRect(966, 100, 400, 300), id="half gone"),
        pytest.param(QRect(-900, -900, 400, 300), [MAIN], QRect(0, 0, 400, 300), id="left above"),
        pytest.param(QRect(1400, 0, 1900, 1000), [MAIN], MAIN, id="larger than what is left"),
        pytest.param(QRect(2000, 900, 400, 300), [MAIN, RIGHT], QRect(2000, 780, 400, 300), id="2"),
        pytest.param(QRect(-6, 10, 400, 300), [MAIN], QRect(-6, 10, 400, 300), id="thin border"),
        pytest.param(QRect(9999, 9, 400, 300), [], QRect(9999, 9, 400, 300), id="no screen told"),
    ],
)
def test_a_window_is_moved_only_if_it_must(
    window: QRect, screens: list[QRect], wanted: QRect
) -> None:
    assert onto_a_screen(window, screens) == wanted


@given(rectangles, st.lists(rectangles, min_size=1, max_size=4))
def test_every_window_ends_up_whole_and_stays(window: QRect, screens: list[QRect]) -> None:
    """Wherever it was, whatever screens there are; and asking again moves nothing."""
    moved = onto_a_screen(window, screens)
    assert is_whole(moved, screens)
    assert onto_a_screen(moved, screens) == moved
    assert moved.width() <= window.width()
    assert moved.height() <= window.height()


def test_a_window_is_centred_over_another_and_stays_whole() -> None:
    """Near an edge being whole counts for more than the middle."""
    screen = QRect(0, 0, 1366, 768)
    over = QRect(400, 150, 640, 460)
    middle = centred(QSize(540, 430), over, [screen])
    assert middle.center() == over.center()
    assert middle.size() == QSize(540, 430)
    corner = centred(QSize(540, 430), QRect(0, 0, 300, 200), [screen])
    assert screen.contains(corner)
