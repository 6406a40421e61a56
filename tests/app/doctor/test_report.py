"""What the doctor says: the verdict, the table, the document; never a secret."""

from __future__ import annotations

import json

import pytest

from terminal.app.doctor import machine
from terminal.app.doctor.report import ONLY_WATCHES, KeySource, Report
from terminal.domain.secret import Secret
from terminal.exchange import findings
from terminal.exchange.findings import Check, Finding
from terminal.exchange.hosts import Hosts

HOSTS = Hosts("https://f.example", "https://a.example")
KEY = findings.KEY.ok("The exchange knows the key.", figures={"key_version": 3})
SIZE = Check("size", "Size", ("size_bytes",), "size_bytes")
TRIP = findings.FUTURES_HOST
WATCHING = machine.access(HOSTS)


def a_report(
    *found: Finding, secrets: tuple[str, ...] = (), profile: str | None = "main"
) -> Report:
    source = KeySource.NONE if profile is None else KeySource.PROFILE
    hidden = tuple(Secret(text) for text in secrets)
    return Report(found, HOSTS, source, profile, 1_760_000_000_000, 1200, hidden)


@pytest.mark.parametrize(
    ("found", "is_possible", "words"),
    [
        ([KEY], True, "Trading is possible."),
        ([KEY, findings.KEY_ADDRESSES.warning("w")], True, "read the warnings"),
        ([KEY, findings.ORDER_SOCKET.failed("f")], True, "does not stop it: Order socket."),
        ([KEY, findings.PERMISSIONS.failed("f")], False, "What stops it: Rights of the key."),
        ([findings.KEY.failed("f")], False, "What stops it: Key accepted."),
        ([findings.KEY.skipped("s")], False, "there is no key"),
        ([TRIP.failed("f"), findings.KEY.skipped("s")], False, "What stops it: Futures host."),
        ([KEY, WATCHING], False, ONLY_WATCHES),
        (
            [KEY, findings.ORDER_SOCKET.failed("f"), WATCHING],
            False,
            f"{ONLY_WATCHES} What failed beside that: Order socket.",
        ),
        ([TRIP.failed("f"), KEY, WATCHING], False, "What stops it: Futures host."),
        ([findings.KEY.skipped("s"), WATCHING], False, "there is no key"),
    ],
)
def test_the_verdict(found: list[Finding], is_possible: bool, words: str) -> None:
    """Trading needs a key, and nothing vital that failed."""
    report = a_report(*found)
    assert report.is_trading_possible is is_possible
    assert words in report.verdict
    assert report.as_table(200).replace("\n", " ").rstrip().endswith(report.verdict)
    assert json.loads(report.as_json())["is_trading_possible"] is is_possible


def test_the_document_has_all_names() -> None:
    """Readers by program find the same names every time."""
    document = json.loads(a_report(TRIP.failed("No.", "Mend it."), profile=None).as_json())
    assert document == {
        "schema": 1,
        "tern_version": document["tern_version"],
        "checked_at_ms": 1_760_000_000_000,
        "duration_ms": 1200,
        "futures_host": HOSTS.futures,
        "account_host": HOSTS.account,
        "order_socket": "",
        "key_source": "none",
        "profile": None,
        "is_trading_possible": False,
        "verdict": "Trading is not possible. What stops it: Futures host.",
        "checks": [
            {
                "name": "futures_host",
                "title": "Futures host",
                "result": "failed",
                "stops_trading": True,
                "sentence": "No.",
                "remedy": "Mend it.",
                "figures": {"round_trip_ms": None, "first_answer_ms": None},
            }
        ],
    }


def test_the_table_is_aligned_and_as_wide_as_the_terminal() -> None:
    """Sentences begin in one column, figures end in one, and nothing is wider."""
    long = "word " * 30
    report = a_report(
        TRIP.ok("Begin.", figures={"round_trip_ms": 42.4}),
        findings.CLOCK.failed(f"Begin {long}", f"Do {long}", {"offset_ms": -30_000}),
        SIZE.warning("Begin.", figures={"size_bytes": 71_800_000_000}),
        findings.KEY_ADDRESSES.ok("Begin.", "No advice where all is well."),
    )
    for columns in (40, 80, 300):
        lines = report.as_table(columns).splitlines()
        assert max(map(len, lines)) <= max(72, min(columns, 110))
        begins = {line.index("Begin") for line in lines if "Begin" in line}
        assert len(begins) == 1
        ends = {
            line.index(text) + len(text)
            for line in lines
            for text in ("42 ms", "-30.0 s", "71.8 GB")
            if text in line
        }
        assert len(ends) == 1
    text = report.as_table(80)
    assert "> Do word" in text
    assert "No advice" not in text
    assert text.isascii()
    assert "\x1b" not in text
    assert "\x1b[31mfailed" in report.as_table(80, is_colored=True)


def test_what_others_say_cannot_steer_a_terminal() -> None:
    report = a_report(TRIP.failed("The exchange says: \x1b[2J\rgone\x07."), profile="ma\x1bin")
    assert "\x1b" not in report.as_table(80)
    assert "\r" not in report.as_table(80)


def test_secrets_are_taken_out_of_everything() -> None:
    """Also of the exchange's own words, and of figures."""
    mode = findings.ACCOUNT_MODE
    report = a_report(
        TRIP.failed("The exchange says: the-key-9c is bad.", "Ask the-secret-9c."),
        mode.warning("Odd.", figures={"mode": "own-words-9c"}),
        findings.SERVICE.warning("Odd.", figures={"service_status": "x" * 40}),
        secrets=("the-key-9c", "the-secret-9c", "own-words-9c", "a"),
    )
    for text in (report.as_table(200), report.as_json()):
        assert "9c" not in text
        assert "(redacted)" in text
    assert json.loads(report.as_json())["checks"][0]["name"] == "futures_host"
