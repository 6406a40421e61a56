"""Texts are measured and drawn the same whether they are prepared or new."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from terminal.storage.paths import resources
from terminal.widgets.canvas.text_cache import KEPT_FROM, LIMIT, TextCache
from terminal.widgets.theme import Theme


@pytest.fixture
def font(qapp: object) -> QFont:
    return Theme.load(resources() / "themes", "dark").font


def picture(cache: TextCache, text: str, scale: float) -> QImage:
    image = QImage(round(160 * scale), round(30 * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor("black"))
    painter = QPainter(image)
    painter.setFont(cache.font)
    painter.setPen(QColor("white"))
    cache.draw_right(painter, 150.4, 5.6, text)
    painter.end()
    return image


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
@pytest.mark.parametrize(
    "text", ["12\N{NARROW NO-BREAK SPACE}345", "+1.5k", "entry 100.10", "\u25b2 3"]
)
def test_a_text_looks_the_same_before_and_after_it_is_prepared(
    font: QFont, text: str, scale: float
) -> None:
    """At any scale: the eye must not see which drawing it was."""
    cache = TextCache(font)
    first, *others = [picture(cache, text, scale) for _ in range(KEPT_FROM + 1)]
    assert cache.known(text) is not None, "drawn often enough to be kept"
    assert all(other == first for other in others)


def test_a_text_drawn_once_is_not_prepared(font: QFont) -> None:
    cache = TextCache(font)
    picture(cache, "98765", 1.0)
    assert cache.known("98765") is None


@pytest.mark.parametrize(
    "text", ["", "0", "12\N{NARROW NO-BREAK SPACE}345", "-7.25", "\N{MINUS SIGN}1k"]
)
def test_numbers_are_as_wide_as_the_font_says(font: QFont, text: str) -> None:
    """Measured digit by digit."""
    assert TextCache(font).width(text) == pytest.approx(QFontMetricsF(font).horizontalAdvance(text))


def test_words_are_measured_by_the_font_with_its_kerning(font: QFont) -> None:
    words = "AVAILABLE To. Wave"
    assert TextCache(font).width(words) == QFontMetricsF(font).horizontalAdvance(words)


def test_what_was_not_used_for_long_is_forgotten_and_what_is_used_stays(font: QFont) -> None:
    """Never all at once: that would be a frame in which everything is laid out anew."""
    cache = TextCache(font)
    used, unused = cache.get("used"), cache.get("unused")
    for number in range(LIMIT):
        cache.get(f"text {number}")
        assert cache.get("used") is used
    assert cache.get("unused") is not unused
