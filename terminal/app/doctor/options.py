"""The command line of the doctor, and a key from standard input.

A key never comes from the command line: everybody on a machine can read that.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, final

from typing_extensions import override

from terminal.domain.api_key import part_problem
from terminal.domain.errors import TernError
from terminal.domain.secret import Secret
from terminal.exchange.hosts import host_problem, order_socket_problem
from terminal.storage.settings import proxy_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "tern doctor"
STDIN_S = 10.0
"""So long a key is waited for on standard input."""
LONGEST_LINE = 4096
PARTS = ("key", "secret", "passphrase")
_EXAMPLES = """\
exit code:
  0    trading is possible: nothing that was checked stops it
  1    trading is not possible: something that stops it failed, or there is no key to ask with
  2    the command line is wrong
  130  interrupted

Without --profile the account that was used last is looked at, if there is one. A stored key goes
only to the hosts it was stored for. Nothing is ordered, moved or changed.
"""


@final
@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """What was asked for; empty texts for what was not said.

    ``hosts`` stand in for the real ones. ``probe`` is the file that the child process which tries
    Qt writes to.
    """

    is_json: bool = False
    hosts: tuple[str, str] | None = None
    ws_api: str = ""
    profile: str = ""
    has_key_on_stdin: bool = False
    proxy: str = ""
    probe: Path | None = None


@final
class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a screen of usage around it."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}; see --help.\n")


def parsed(arguments: Sequence[str]) -> DoctorOptions:
    """Read the command line. Ends the program (2) with one sentence for what cannot be."""
    parser = _parser()
    given = parser.parse_args(list(arguments))
    if given.profile.strip() and given.key_stdin:
        parser.error("--profile and --key-stdin name two keys")
    if given.account_rest and not given.rest:
        parser.error("--account-rest needs --rest")
    return DoctorOptions(
        is_json=given.json,
        hosts=(given.rest, given.account_rest or given.rest) if given.rest else None,
        ws_api=given.ws_api or "",
        profile=given.profile.strip(),
        has_key_on_stdin=given.key_stdin,
        proxy=given.proxy or "",
        probe=given.probe_qt,
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Look at this machine, the exchange and an account before trusting them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument(
        "--rest",
        type=_host,
        metavar="URL",
        help="what stands in for the futures host, and for the account host unless that is given",
    )
    parser.add_argument("--account-rest", type=_host, metavar="URL", help="stands in for that host")
    parser.add_argument(
        "--ws-api",
        type=_order_socket,
        metavar="URL",
        help="the order socket: its address, main, colocated or none",
    )
    parser.add_argument(
        "--profile", default="", metavar="NAME", help="the stored account to look at"
    )
    parser.add_argument(
        "--key-stdin",
        action="store_true",
        help='take a key from standard input: one line {"key": ..., "secret": ..., '
        '"passphrase": ...}',
    )
    parser.add_argument("--proxy", type=_proxy, metavar="URL", help="HTTP proxy for real hosts")
    parser.add_argument("--probe-qt", type=Path, help=argparse.SUPPRESS)
    return parser


def _host(text: str) -> str:
    problem = host_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text.rstrip("/")


def _order_socket(text: str) -> str:
    problem = order_socket_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text.strip()


def _proxy(text: str) -> str:
    problem = proxy_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text.strip()


# A key from standard input ---------------------------------------------------------------------


def key_from(stream: TextIO | None, deadline_s: float = STDIN_S) -> dict[str, Secret]:
    """The three parts of a key from one line of JSON. Raises ``TernError``; no text has the key."""
    if stream is None or stream.isatty():
        raise TernError(
            "no pipe", sentence="--key-stdin reads from a pipe, so that no key is shown."
        )
    number = stream.fileno()
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        line = b""
        # Not through the stream: the interpreter cannot end while a thread holds its lock.
        with suppress(OSError):
            while b"\n" not in line and len(line) < LONGEST_LINE:
                more = os.read(number, LONGEST_LINE)
                if not more:
                    break
                line += more
        lines.put(line)

    # A daemon: whoever holds the pipe open may never write.
    threading.Thread(target=read, name="standard input", daemon=True).start()
    try:
        line = lines.get(timeout=deadline_s)
    except Empty:
        raise TernError(
            "no line", sentence=f"No key came on standard input within {deadline_s:g} s."
        ) from None
    return _read(line)


def _read(line: bytes) -> dict[str, Secret]:
    try:
        document: Any = json.loads(line.partition(b"\n")[0])
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not all(
        isinstance(document.get(part), str) for part in PARTS
    ):
        # No cause: its text would show what was read.
        raise TernError(
            "no key",
            sentence="Standard input holds no JSON object with key, secret and passphrase.",
        ) from None
    parts = {part: Secret(document[part]) for part in PARTS}
    problem = next((words for part in PARTS if (words := part_problem(parts[part], part))), "")
    if problem:
        raise TernError("unusable key", sentence=f"The key on standard input is wrong. {problem}")
    return parts


def standard_input() -> TextIO | None:
    """This process's standard input; None in a program without any."""
    return sys.stdin
