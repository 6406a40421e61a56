"""The command line: what may be asked for, and clear words when it may not."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, final

from terminal import __version__
from terminal.exchange.hosts import (
    NO_ORDER_SOCKET,
    host_problem,
    is_loopback,
    order_socket_problem,
)
from terminal.storage.settings import proxy_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_TOUR_S = 10.0
_COMMANDS = ("run", "demo", "watch", "connect")
EPILOG = """\
commands:
  (none)        ask: demo, watching the live market, or an account of yours
  demo          open the terminal on the simulated exchange; takes the options of the tour
  watch         watch the live market; needs no key, sends nothing
  connect       connect an account, watch only; --profile NAME opens one that is stored
  doctor        look at this machine, the exchange and an account (--help after it lists options)
  simexchange   run the simulated exchange alone (--help after it lists its options)
"""


class Command(Enum):
    """What to run."""

    RUN = "run"
    DEMO = "demo"
    WATCH = "watch"
    CONNECT = "connect"
    SIMEXCHANGE = "simexchange"
    DOCTOR = "doctor"


@final
@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. ``rest`` goes to commands that read their own options.

    ``seconds`` is how long a tour lasts, or with ``is_limited`` the program itself. ``proxy`` and
    ``hosts`` (of futures and account) are empty and None for what the settings and the exchange
    say; other hosts stand in for the real ones. ``order_socket`` is a word or an address, empty for
    what the account, the demo or the exchange says.
    """

    command: Command
    seed: int = 7
    tour: bool = False
    seconds: float = DEFAULT_TOUR_S
    screenshot: Path | None = None
    report: Path | None = None
    rest: tuple[str, ...] = ()
    is_limited: bool = False
    profile: str = ""
    proxy: str = ""
    hosts: tuple[str, str] | None = None
    order_socket: str = ""

    @property
    def is_unattended(self) -> bool:
        """Whether nobody is there to be asked anything: a tour, or a run that ends by itself."""
        return self.tour or self.is_limited


def parse(argv: Sequence[str]) -> Options:
    """Read the command line; ends the program with a sentence when it is wrong."""
    for own in (Command.SIMEXCHANGE, Command.DOCTOR):
        if argv and argv[0] == own.value:
            return Options(own, rest=tuple(argv[1:]))
    parser = _parser()
    given = parser.parse_args(list(argv))
    command = Command(given.command)
    is_live = command in {Command.WATCH, Command.CONNECT}
    if given.tour and is_live:
        parser.error("--tour runs on the simulated exchange only")
    is_lone = given.report is not None or (given.seconds is not None and command is Command.DEMO)
    if is_lone and not given.tour:
        parser.error("--report and --seconds need --tour")
    if given.profile and command is not Command.CONNECT:
        parser.error("--profile belongs to connect")
    problem = _order_socket_problem(given.ws_api, command, is_demo=given.tour)
    if problem:
        parser.error(problem)
    for path in (given.screenshot, given.report):
        if path is not None and not path.absolute().parent.is_dir():
            parser.error(f"the folder of {path} does not exist")
    return Options(
        command=command,
        seed=given.seed,
        tour=given.tour,
        seconds=DEFAULT_TOUR_S if given.seconds is None else given.seconds,
        screenshot=given.screenshot,
        report=given.report,
        is_limited=given.seconds is not None and not given.tour,
        profile=given.profile.strip(),
        proxy=given.proxy or "",
        hosts=_hosts(given),
        order_socket=given.ws_api,
    )


def _order_socket_problem(choice: str, command: Command, *, is_demo: bool) -> str:
    """Why an order socket is not for this command, empty when it is."""
    if not choice:
        return ""
    if is_demo or command is Command.DEMO:
        # The key of the demo stays on this machine.
        is_here = choice.lower() == NO_ORDER_SOCKET or is_loopback(choice)
        return "" if is_here else "--ws-api of the demo is none or an address on this machine"
    return "" if command is Command.CONNECT else "--ws-api belongs to connect and demo"


def _hosts(given: argparse.Namespace) -> tuple[str, str] | None:
    """The hosts that stand in for the real ones: one for both, or one for each."""
    futures, account = given.futures_host, given.account_host
    return None if not futures and not account else (futures or account, account or futures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tern",
        description="Tern, an unofficial trading terminal for KuCoin Futures.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tern {__version__}")
    parser.add_argument("command", nargs="?", choices=_COMMANDS, default="run", help="see below")
    parser.add_argument("--seed", type=int, default=7, help="seed of the simulated market")
    parser.add_argument("--tour", action="store_true", help="let the program show itself, then end")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        help=f"how long the tour lasts (default {DEFAULT_TOUR_S:.0f}), or a run without a tour",
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE.png", help="save a picture of the window"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.json", help="write what the tour saw and measured"
    )
    parser.add_argument("--profile", default="", metavar="NAME", help="the stored account to open")
    parser.add_argument("--proxy", type=_proxy, metavar="URL", help="HTTP proxy for real hosts")
    parser.add_argument(
        "--ws-api",
        type=_order_socket,
        default="",
        metavar="URL",
        help="the order socket of connect and demo: main, colocated, none or an address",
    )
    # For tests and for whoever puts a stand-in between: not for everyday use.
    for name in ("--futures-host", "--account-host"):
        parser.add_argument(name, type=_host, help=argparse.SUPPRESS)
    return parser


def _host(text: str) -> str:
    problem = host_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text


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


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not math.isfinite(seconds) or not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} seconds is not between 0 and a day")
    return seconds
