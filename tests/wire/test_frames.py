"""What the number and the words of an error frame ask for."""

from __future__ import annotations

import pytest

from terminal.wire.frames import Trouble, limit_in, trouble


@pytest.mark.parametrize(
    ("code", "text", "todo"),
    [
        (400, "topic is invalid", Trouble.TOPIC),
        (401, "token is expired", Trouble.TOKEN),
        (403, "login is required", Trouble.LOGIN),
        (404, "topic /x is not found", Trouble.TOPIC),
        (406, "topic is required", Trouble.OURS),
        (415, "type is invalid", Trouble.OURS),
        (500, "system error", Trouble.RECONNECT),
        (509, "session count exceeds the limit of 50", Trouble.RECONNECT),
        (509, "new connections exceed the limit of 30 per minute", Trouble.RECONNECT),
        (509, "topics of one request exceed the limit of 100", Trouble.SPLIT),
        (509, "topics of one session exceed the limit of 300", Trouble.FULL),
        (509, "exceed max subscription count limitation of 100 per session", Trouble.FULL),
        (509, "messages exceed the limit of 100 in 10 s", Trouble.SLOW_DOWN),
        (509, "exceed max permits per second", Trouble.SLOW_DOWN),
        (509, "service busy", Trouble.SLOW_DOWN),
        (None, "anything", Trouble.RECONNECT),
        (777, "a number of the future", Trouble.TOPIC),
    ],
)
def test_a_number_and_its_words_mean_something(code: int | None, text: str, todo: Trouble) -> None:
    assert trouble(code, text) is todo


def test_the_limit_is_the_last_number() -> None:
    assert limit_in("topics of one session exceed the limit of 300") == 300
    assert limit_in("too many topics") is None
