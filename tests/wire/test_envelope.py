"""Envelopes and codes."""

from __future__ import annotations

import pytest

from terminal.wire.codec import decode
from terminal.wire.envelope import MEANINGS, Envelope, Kind, meaning, unwrapped


@pytest.mark.parametrize(
    ("raw", "success", "has_data"),
    [
        (b'{"code":"200000","data":[1]}', True, True),
        (b'{"code":"200000","data":null}', True, False),
        (b'{"code":"200000","msg":"Position does not exist"}', True, False),
        (b'{"success":true,"code":"200","msg":"success","retry":false,"data":1}', True, True),
        (b'{"success":false,"code":"200000"}', False, False),
        (b'{"code":"300003","msg":"Balance insufficient"}', False, False),
        (b'{"code":400002}', False, False),
    ],
)
def test_success_and_data(raw: bytes, *, success: bool, has_data: bool) -> None:
    envelope = decode(raw, Envelope)
    assert envelope.is_success is success
    assert envelope.has_data is has_data


def test_unknown_codes_keep_the_exchanges_words() -> None:
    assert meaning("999999", "strange things").sentence == "strange things"
    assert "999999" in meaning("999999", "").sentence
    assert meaning("100004", "").kind is Kind.NOT_CANCELLABLE


def test_every_meaning_is_a_sentence() -> None:
    for code, known in MEANINGS.items():
        assert code.isdigit()
        assert known.sentence.endswith(".")


def test_data_can_be_looked_at_raw() -> None:
    assert unwrapped(decode(b'{"code":"200000","data":{"a":1}}', Envelope).data) == {"a": 1}
