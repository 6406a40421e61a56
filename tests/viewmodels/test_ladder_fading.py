"""What is said of something done goes when it was read; what asks for an answer stays."""

from __future__ import annotations

import pytest

from terminal.viewmodels.ladder_fading import LASTS_MS, Fading
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role


class Hand:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self) -> float:
        return self.ms


def test_a_quiet_word_stands_for_its_time_from_its_first_frame() -> None:
    clock = Hand()
    fading, flat = Fading(clock), Message("XBTUSDTM is flat.", Role.TEXT_DIM)
    clock.ms = 5000.0
    assert not fading.is_over(flat)
    clock.ms += LASTS_MS - 1
    assert not fading.is_over(flat)
    clock.ms += 1
    assert fading.is_over(flat)


def test_the_same_words_said_again_begin_anew() -> None:
    clock = Hand()
    fading = Fading(clock)
    assert not fading.is_over(Message("Nothing was closed.", Role.TEXT_DIM))
    clock.ms = LASTS_MS
    again = Message("Nothing was closed.", Role.TEXT_DIM)
    assert not fading.is_over(again)
    clock.ms += LASTS_MS
    assert fading.is_over(again)


@pytest.mark.parametrize("role", [Role.DANGER, Role.CAUTION, Role.ACCENT, Role.KEYBOARD_ARMED])
def test_what_warns_or_is_still_so_stays(role: Role) -> None:
    clock = Hand()
    fading, word = Fading(clock), Message("Rejected: too much.", role)
    assert not fading.is_over(word)
    clock.ms = 100 * LASTS_MS
    assert not fading.is_over(word)


def test_no_message_is_none_to_end() -> None:
    assert not Fading(Hand()).is_over(None)
