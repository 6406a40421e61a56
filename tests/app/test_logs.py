"""Logs: written, rotated, and without secrets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from terminal.app.logs import Logs, redact

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "KC-API-SIGN: I+kCbtDSwU9GIw=",
        "'KC-API-PASSPHRASE': 'aEChcstw4Ql7'",
        '{"secret": "0123456789abcdef"}',
        "ws://127.0.0.1/endpoint?token=AAAA1234BBBB==&connectId=1",
        "api_key=0123456789abcdef",
        "Illegal header value b'0123456789abcdef\\n'",
        'Invalid header value: "0123456789\'abcdef"',
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    redacted = redact(text)
    assert "(redacted)" in redacted
    for secret in ("I+kC", "aECh", "0123456789", "AAAA1234"):
        assert secret not in redacted


def test_plain_words_stay() -> None:
    for text in ("no stream token: POST /api/v1/bullet-private", "the order was rejected"):
        assert redact(text) == text


def test_a_file_with_what_happened(tmp_path: Path) -> None:
    logs = Logs(tmp_path / "logs")
    logs.start()
    logging.getLogger("orders").warning("Rejected with secret=%s", "0123456789abcdef")
    logs.stop()
    text = (tmp_path / "logs" / "tern.log").read_text()
    assert "WARNING orders: Rejected with secret=(redacted)" in text


def test_tracebacks_hold_no_secrets_either(tmp_path: Path) -> None:
    """Neither those of the record nor what led to them."""
    logs = Logs(tmp_path)
    logs.start()
    try:
        try:
            raise ValueError("Illegal header value b'0123456789abcdef\\n'")  # noqa: TRY301
        except ValueError as error:
            raise RuntimeError("it failed with passphrase=0123456789abcdef") from error
    except RuntimeError:
        logging.getLogger("faults").exception("a fault with token=0123456789abcdef")
    logs.stop()
    text = (tmp_path / "tern.log").read_text()
    assert "Traceback" in text
    assert "Illegal header value (redacted)" in text
    assert "it failed with passphrase=(redacted)" in text
    assert "a fault with token=(redacted)" in text
    assert "0123456789abcdef" not in text


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file in the way")
    logs = Logs(tmp_path / "logs")
    assert logs.problem.startswith("No log file can be written")
    logs.start()
    logs.stop()
