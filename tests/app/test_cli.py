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
