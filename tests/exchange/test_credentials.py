"""Secrets do not print."""

from __future__ import annotations

from terminal.exchange.credentials import Credentials
from terminal.exchange.token import StreamAddress


def test_no_secret_in_any_text_of_it() -> None:
    secrets = Credentials("the-key", "the-secret", "the-passphrase")
    for text in (repr(secrets), str(secrets), f"{secrets}", f"{secrets!r}"):
        assert "the-" not in text


def test_a_stream_address_hides_its_token() -> None:
    assert "abc" not in repr(StreamAddress("ws://127.0.0.1?token=abc", 1.0, 1.0))
