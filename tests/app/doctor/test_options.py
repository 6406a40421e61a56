"""The doctor's command line, and a key by standard input."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from terminal.app.cli import Command, parse
from terminal.app.doctor.options import LONGEST_LINE, DoctorOptions, key_from, parsed
from terminal.domain.errors import TernError
from tests.support.deadlines import STRETCH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import TextIOWrapper

KEY = {"key": "the-key-9c", "secret": "the-secret-9c", "passphrase": "own words 9c"}


def test_nothing_need_be_said_and_everything_can_be() -> None:
    """One host stands in for both unless the other one is given, too."""
    assert parsed([]) == DoctorOptions()
    given = parsed(
        [
            "--json",
            "--rest",
            "http://127.0.0.1:5/",
            "--ws-api",
            "ws://127.0.0.1:5/v1/private",
            "--key-stdin",
        ]
    )
    assert given == DoctorOptions(
        is_json=True,
        hosts=("http://127.0.0.1:5",) * 2,
        ws_api="ws://127.0.0.1:5/v1/private",
        has_key_on_stdin=True,
    )
    two = parsed(["--rest", "https://f.example", "--account-rest", "https://a.example"])
    assert two.hosts == ("https://f.example", "https://a.example")
    assert parsed(["--profile", " main ", "--proxy", "http://p:3128"]).profile == "main"


def test_it_reads_its_own_options() -> None:
    assert parse(["doctor", "--json"]).command is Command.DOCTOR
    assert parse(["doctor", "--json"]).rest == ("--json",)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rest", "http://example.org"], "must be encrypted"),
        (["--rest", "https://example.org/path"], "Only the host"),
        (["--ws-api", "ws://example.org/v1/private"], "must be encrypted"),
        (["--ws-api", "wss://example.org/v1?apikey=x"], "Only the address"),
        (["--proxy", "http://u:p@127.0.0.1:1"], "must not hold a password"),
        (["--account-rest", "https://example.org"], "needs --rest"),
        (["--profile", "main", "--key-stdin"], "two keys"),
        (["--js"], "unrecognized"),
        (["--key", "x"], "unrecognized"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


class Pipe:
    """Standard input of which the test holds the other end."""

    def __init__(self) -> None:
        ours, theirs = os.pipe()
        self.stream: TextIOWrapper = os.fdopen(ours, "r")
        self._theirs = theirs
        self._is_open = True

    def write(self, text: str | bytes) -> None:
        os.write(self._theirs, text if isinstance(text, bytes) else text.encode())

    def end(self) -> None:
        if self._is_open:
            os.close(self._theirs)
            self._is_open = False


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.end()
    pipe.stream.close()


def test_a_key_is_read_without_waiting_for_the_end(pipe: Pipe) -> None:
    """One line is enough, in as many pieces as it comes."""
    text = json.dumps(KEY)
    pipe.write(text[:9])
    pipe.write(f"{text[9:]}\nmore")
    parts = key_from(pipe.stream)
    assert {name: part.reveal() for name, part in parts.items()} == KEY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no JSON object"),
        ("the-secret-9c", "holds no JSON object"),
        (json.dumps({**KEY, "secret": None}), "holds no JSON object"),
        (json.dumps([KEY]), "holds no JSON object"),
        (b"\xff\xfe", "holds no JSON object"),
        ("[" * 3000, "holds no JSON object"),
        ("x" * (2 * LONGEST_LINE), "holds no JSON object"),
        (json.dumps({**KEY, "secret": "the-secret 9c"}), "There is a space in the secret."),
        (json.dumps({**KEY, "passphrase": ""}), "Enter the passphrase."),
    ],
)
def test_what_is_no_key_is_refused_without_showing_it(
    pipe: Pipe, text: str | bytes, words: str
) -> None:
    pipe.write(text)
    pipe.end()
    with pytest.raises(TernError) as raised:
        key_from(pipe.stream)
    assert words in raised.value.sentence
    assert "9c" not in f"{raised.value.sentence}{raised.value!r}{raised.value.__cause__!r}"


def test_a_pipe_that_stays_silent_is_given_up(pipe: Pipe) -> None:
    with pytest.raises(TernError, match="no line"):
        key_from(pipe.stream, 0.01 * STRETCH)
    pipe.end()


def test_a_program_without_standard_input_has_no_key() -> None:
    with pytest.raises(TernError, match="no pipe"):
        key_from(None)
