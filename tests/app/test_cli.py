"""The command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal import __version__
from terminal.app.cli import DEFAULT_TOUR_S, Command, Options, parse

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_run_and_everything_can_be_said(tmp_path: Path) -> None:
    assert parse([]) == Options(Command.RUN)
    report, picture = tmp_path / "r.json", tmp_path / "p.png"
    options = parse(
        [
            "demo",
            "--tour",
            "--seconds",
            "3.5",
            "--report",
            str(report),
            "--screenshot",
            str(picture),
            "--seed",
            "11",
        ]
    )
    assert options == Options(Command.DEMO, 11, True, 3.5, picture, report)
    assert parse(["demo", "--tour"]).seconds == DEFAULT_TOUR_S


def test_the_simulated_exchange_gets_its_own_arguments() -> None:
    assert parse(["simexchange", "--port", "5"]).rest == ("--port", "5")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], "invalid choice"),
        (["--what"], "unrecognized arguments"),
        (["demo", "--seed", "x"], "invalid int"),
        (["demo", "--tour", "--seconds", "0"], "not between"),
        (["demo", "--tour", "--seconds", "nan"], "not between"),
        (["demo", "--tour", "--seconds", "soon"], "no number of seconds"),
        (["demo", "--report", "r.json"], "need --tour"),
        (["demo", "--tour", "--report", "/no/such/folder/r.json"], "does not exist"),
        (["demo", "--seconds", "3"], "need --tour"),
        (["watch", "--tour"], "simulated exchange only"),
        (["watch", "--profile", "main"], "belongs to connect"),
        (["watch", "--futures-host", "http://example.org"], "must be encrypted"),
        (["watch", "--account-host", "nonsense"], "cannot be used"),
        (["watch", "--futures-host", "https://example.org/path"], "Only the host"),
        (["watch", "--ws-api", "main"], "belongs to connect and demo"),
        (["--ws-api", "none"], "belongs to connect and demo"),
        (["demo", "--ws-api", "main"], "none or an address on this machine"),
        (["demo", "--ws-api", "wss://example.org/v1/private"], "an address on this machine"),
        (["connect", "--ws-api", "ws://example.org/v1/private"], "must be encrypted"),
        (["connect", "--ws-api", "wss://example.org/v1?apikey=x"], "Only the address"),
        (["connect", "--ws-api", "second"], "is main, colocated, none or an address"),
        (["watch", "--proxy", "http://u:p@127.0.0.1:1"], "must not hold a password"),
        (["watch", "--proxy", "socks5://127.0.0.1:1"], "no address of a proxy"),
    ],
)
def test_wrong_arguments_end_with_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for flag, words in (("--version", __version__), ("--help", "unofficial")):
        with pytest.raises(SystemExit) as ended:
            parse([flag])
        assert ended.value.code == 0
        assert words in capsys.readouterr().out


def test_the_live_commands() -> None:
    """Watching, an account by name, a proxy, and a run that ends by itself."""
    assert parse(["watch"]) == Options(Command.WATCH)
    assert parse(["connect", "--profile", " main "]) == Options(Command.CONNECT, profile="main")
    assert parse(["connect", "--proxy", "http://127.0.0.1:3128"]).proxy == "http://127.0.0.1:3128"
    limited = parse(["watch", "--seconds", "3"])
    assert (limited.seconds, limited.is_limited) == (3.0, True)
    assert not parse(["demo", "--tour", "--seconds", "3"]).is_limited


@pytest.mark.parametrize(
    ("command", "choice"),
    [
        ("connect", "main"),
        ("connect", "Colocated"),
        ("connect", "none"),
        ("connect", "wss://orders.example/v1/private"),
        ("demo", "none"),
        ("demo", "ws://127.0.0.1:1/v1/private"),
    ],
)
def test_the_order_socket_is_chosen_by_a_word_or_an_address(command: str, choice: str) -> None:
    assert parse([command, "--ws-api", choice]).order_socket == choice


def test_what_stands_in_for_the_exchange() -> None:
    """One host for both, or one for each; these options are not advertised."""
    here, there = "http://127.0.0.1:1", "https://stand-in.example"
    assert parse(["watch"]).hosts is None
    assert parse(["watch", "--futures-host", here]).hosts == (here, here)
    assert parse(["connect", "--account-host", there]).hosts == (there, there)
    both = parse(["connect", "--futures-host", here, "--account-host", there])
    assert both.hosts == (here, there)
